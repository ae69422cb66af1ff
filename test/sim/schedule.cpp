#include "schedule.h"

#include <algorithm>
#include <memory>

#include "archive.h"
#include "callers.h"
#include "core/exclusion.h"
#include "core/pruning.h"
#include "core/views.h"
#include "daemon.h"
#include "log_disk.h"
#include "memory_disk.h"
#include "violation.h"
#include "world.h"

namespace sendonce::sim {

namespace {

constexpr int32_t kConflictDepth = 20;
constexpr int32_t kShallow = core::kMinConflictDepth;
constexpr int kRounds = 50;    // of the rest at the end
constexpr int kPatience = 28;  // rounds before somebody gives a verdict
constexpr int kPutBacks = 4;   // in so many schedules an operator puts copies back
constexpr int kSplits = 2;     // in so many somebody splits batches
constexpr int kStepsToASplit = 5;
constexpr int kMorePatience = 6;  // rounds before he clears up by hand
constexpr int kStepsToACopy = 15;
constexpr int kStepsToPutBack = 40;

core::Entry FirstEntry() {
  core::Ledger ledger;
  return ledger.Apply(core::samples::LogBeginning(), 1);
}

core::Policy AnyPolicy(Dice& dice, Canary canary) {
  core::Policy policy;
  policy.conflict_depth = canary == Canary::kShallowConflict ? kShallow : kConflictDepth;
  policy.finality = 2 + dice.Roll(3);
  policy.bump_after_blocks = dice.OneIn(3) ? 2 : 0;
  policy.target_coins = dice.OneIn(2) ? 0 : 4;
  if (dice.OneIn(16)) policy.prune_depth = core::kMinPruneDepth + dice.Roll(20);
  policy.max_company_wait_ms = dice.OneIn(4) ? 1'000 : 0;
  return policy;
}

World::Limits AnyLimits(Dice& dice, Canary canary, bool splits) {
  World::Limits limits;
  limits.deepest_reorganisation = dice.OneIn(4) ? 8 : 4;
  limits.has_legacy_coins = dice.OneIn(3) || NeedsPutBack(canary);
  limits.wallet = static_cast<World::Wallet>(dice.Roll(3));
  limits.takes_reserved_coins = dice.OneIn(2);
  if (dice.OneIn(3)) limits.most_takings = 12;
  if (splits) limits.wallet = World::Wallet::kTinyCoins;
  return limits;
}

std::unique_ptr<Disk> MakeDisk(const ScheduleOptions& options) {
  if (!options.log_folder.empty())
    return std::make_unique<LogDisk>(options.log_folder, FirstEntry());
  auto disk = std::make_unique<MemoryDisk>(FirstEntry());
  if (options.canary == Canary::kStaleIndex) disk->KeepStaleSends();
  if (options.canary == Canary::kAnchorIgnored) disk->IgnoreAnchor();
  return disk;
}

class Schedule {
 public:
  Schedule(uint64_t seed, const ScheduleOptions& options, std::ostream* out)
      : options_(options),
        dice_(seed),
        puts_back_(NeedsPutBack(options.canary) || Dice(~seed).OneIn(kPutBacks)),
        splits_(!puts_back_ && options.canary == Canary::kNone && Dice(seed * 3).OneIn(kSplits)),
        trace_(out),
        policy_(AnyPolicy(dice_, options.canary)),
        limits_(AnyLimits(dice_, options.canary, splits_)),
        checkers_(node_, kConflictDepth - limits_.deepest_reorganisation),
        world_(node_, condition_, checkers_, trace_, dice_, limits_),
        disk_(Prepare()),
        daemon_({node_, condition_, *disk_, checkers_, trace_}, policy_, options.canary),
        callers_(daemon_, checkers_, world_, dice_) {
    if (puts_back_) {
      archive_.emplace(node_, *disk_, checkers_, trace_, dice_);
      callers_.AskForOneLike();
    }
    if (dice_.OneIn(4)) return;
    world_.DrawWeights();
    callers_.DrawWeights();
    steps_.Draw(dice_, 3);
    fates_.Draw(dice_, 1);
  }

  ScheduleResult Run() {
    if (!dice_.OneIn(4)) daemon_.Settle();
    for (int step = 0; step < options_.steps; ++step) TakeStep();
    ComeToRest();
    if (policy_.prune_depth > 0) GrowOld();
    CheckTheEnd();
    return Result();
  }

 private:
  std::unique_ptr<Disk> Prepare() {
    if (HidesFromEffectChecker(options_.canary)) checkers_.IgnoreEffects();
    node_.remembers_spends = puts_back_;
    world_.Begin();
    auto disk = MakeDisk(options_);
    for (const core::Entry& entry : disk->TakeDurable()) checkers_.OnDurable(entry);
    return disk;
  }

  void TakeStep() {
    if (archive_ && dice_.OneIn(kStepsToACopy)) archive_->CopyAside();
    if (archive_ && dice_.OneIn(kStepsToPutBack)) return PutBack();
    if (splits_ && dice_.OneIn(kStepsToASplit)) return Split();
    switch (steps_.Roll(dice_)) {
      case 0:
        return UseALane();
      case 1:
        return SyncSome();
      case 2:
        return callers_.CallOnce();
      case 3:
        return world_.Happen();
      case 4:
        return Hint();
      case 5:
        return PassTime();
      case 6:
        return Die();
      case 7:
        return Rest();
      case 8:
        return StopPolitely();
      default:
        return daemon_.CarryLateOne(dice_);
    }
  }

  void SyncSome() {
    const auto waiting = static_cast<int>(disk_->waiting());
    if (waiting == 0) return UseALane();
    daemon_.Sync(static_cast<size_t>(dice_.OneIn(3) ? 1 + dice_.Roll(waiting) : waiting));
  }

  void UseALane() {
    const size_t first = static_cast<size_t>(dice_.Roll(kLanes));
    for (size_t i = 0; i < kLanes; ++i) {
      const size_t lane = (first + i) % kLanes;
      if (daemon_.HasReply(lane)) return daemon_.Reply(lane);
      if (!daemon_.IsAsked(lane)) continue;
      daemon_.Call(lane, AnyFate(), dice_.Roll(60));
      // Most replies come before anything else happens.
      if (daemon_.HasReply(lane) && !dice_.OneIn(4)) daemon_.Reply(lane);
      return;
    }
    if (disk_->waiting() > 0) return SyncSome();
    daemon_.Wake();
  }

  Fate AnyFate() {
    static constexpr Fate kFates[] = {Fate::kHonest,      Fate::kTwice,       Fate::kReplyLost,
                                      Fate::kRequestLost, Fate::kLate,        Fate::kNotExecuted,
                                      Fate::kWhim,        Fate::kGarbledReply};
    return kFates[fates_.Roll(dice_)];
  }

  // True ones and forged ones.
  void Hint() {
    const auto& known = checkers_.book().all();
    if (known.empty() || dice_.OneIn(2)) return daemon_.Give(core::ChainHint{});
    daemon_.Give(core::TransactionHint{dice_.Pick(known).transaction});
  }

  void PassTime() {
    if (dice_.OneIn(2)) return daemon_.Wake();
    // Now and then the clock is set back.
    daemon_.Elapse(dice_.OneIn(10) ? -5'000 : 100 * (1 + dice_.Roll(200)));
  }

  void Die() {
    ++result_.crashes;
    daemon_.Crash(dice_);
    if (dice_.OneIn(2)) Rest();
  }

  void Split() {
    if (dice_.OneIn(2)) return callers_.BumpHigh();
    world_.Split();
    checkers_.OnWorld();
  }

  // An older log, with nothing of the last life on its way to the node.
  void PutBack() {
    ++result_.crashes;
    daemon_.Crash(dice_, [this] {
      daemon_.WaitWhileDown(dice_);
      if (archive_->PutBack()) callers_.OnPutBack();
    });
    if (dice_.OneIn(2)) Rest();
  }

  // Some still call; in the end everybody is answered, and all of it is durable.
  void StopPolitely() {
    daemon_.StopAccepting();
    checkers_.promises().OnStop();
    for (int calls = dice_.Roll(3); calls > 0; --calls) callers_.CallBriefly();
    daemon_.Sync(disk_->waiting());
    checkers_.promises().CheckAllAreAnswered();
    Die();
  }

  // For a while everything goes well.
  void Rest() {
    daemon_.Settle();
    if (dice_.OneIn(2)) return;
    callers_.AcceptAlarms();
    daemon_.Settle();
  }

  // Ages later: detail is pruned while everything goes on.
  void GrowOld() {
    world_.LetAgesPass(policy_.prune_depth + dice_.Roll(20));
    daemon_.Elapse(60'000);
    daemon_.Settle();
    for (int step = 0; step < options_.steps; ++step) TakeStep();
    ComeToRest();
  }

  // --- the end

  bool AllAreDone() const {
    for (const auto& [id, send] : checkers_.facts().ledger().sends()) {
      const auto* live = checkers_.facts().ledger().LiveBatchOf(send);
      const core::SendState state = core::StateOf(send, live);
      const bool done =
          state == core::SendState::kFinal || core::OutcomeOf(state) == core::SendOutcome::kNever;
      if (!done) return false;
    }
    return true;
  }

  // No more troubles; blocks come, there is money, and somebody looks at the alarms.
  void ComeToRest() {
    world_.ComeToRest();
    daemon_.ForgetLateOnes();
    daemon_.Settle();
    // Without any hint everything still works (R6).
    const bool has_hints = dice_.OneIn(2);
    for (int round = 0; round < kRounds; ++round) {
      daemon_.Elapse(15'000);
      if (has_hints) daemon_.Give(core::ChainHint{});
      daemon_.Settle();
      callers_.AcceptAlarms();
      daemon_.Settle();
      if (AllAreDone()) break;
      if (round >= kPatience) DecideWhatIsStuck();
      if (splits_ && round >= kPatience + kMorePatience) ClearUp();
      world_.Mine();
      checkers_.OnWorld();
    }
    daemon_.Elapse(core::kMaxWaitMs);
    daemon_.Settle();
    for (int number = 0; number < kMaxSends; ++number) callers_.Query(number);
    daemon_.Elapse(core::kMaxWaitMs);
    daemon_.Settle();
  }

  // Where a parent of the only coin is gone, nothing but a verdict helps.
  void DecideWhatIsStuck() {
    for (const auto& [id, send] : std::map(checkers_.facts().ledger().sends())) {
      const auto* live = checkers_.facts().ledger().LiveBatchOf(send);
      if (core::StateOf(send, live) != core::SendState::kConflicted) continue;
      ++result_.verdicts;
      if (callers_.IsPaidAnyway(NumberOf(id)) || IsTakenForPaid(NumberOf(id))) continue;
      callers_.GiveVerdict(NumberOf(id), AnyVerdict());
      if (dice_.OneIn(2)) Die();
    }
  }

  // Where the verdict is refused as long as something can confirm beside what did.
  void ClearUp() {
    for (const auto& [id, send] : std::map(checkers_.facts().ledger().sends())) {
      const auto* live = checkers_.facts().ledger().LiveBatchOf(send);
      if (core::StateOf(send, live) != core::SendState::kConflicted) continue;
      world_.ClearUp(NumberOf(id));
    }
    checkers_.OnWorld();
  }

  // One of several like sends is paid by somebody else's transaction: a person says which.
  bool IsTakenForPaid(int number) {
    for (const auto& known : checkers_.book().all()) {
      const bool is_unclear =
          known.parts.contains(number) && TransactionBook::HasOneOf(known, number);
      if (!IsLike(number) || !is_unclear || node_.ConfirmationsOf(known.txid) == 0) continue;
      callers_.GiveVerdict(number, core::OperatorVerdict::kPaid, false);
      checkers_.Assign(bitcoin::Txid(known.txid), number);
      return true;
    }
    return false;
  }

  core::OperatorVerdict AnyVerdict() {
    static constexpr core::OperatorVerdict kVerdicts[] = {core::OperatorVerdict::kPayAgain,
                                                          core::OperatorVerdict::kNever,
                                                          core::OperatorVerdict::kPaid};
    return kVerdicts[dice_.Roll(3)];
  }

  void CheckTheEnd() {
    checkers_.promises().CheckNothingIsLost();
    checkers_.promises().CheckAllAreAnswered();
    checkers_.OnWorld();
    for (const auto& [id, send] : checkers_.facts().ledger().sends()) CheckIsDone(id, send);
    CheckForeignSpends();
  }

  void CheckIsDone(const core::SendId& id, const core::Send& send) const {
    const auto& ledger = checkers_.facts().ledger();
    const core::SendState state = core::StateOf(send, ledger.LiveBatchOf(send));
    const bool never = core::OutcomeOf(state) == core::SendOutcome::kNever;
    if (!never && state != core::SendState::kFinal) {
      throw Violation("G5", id + " ends as " + std::string(core::StateName(state)));
    }
    int payments = 0;
    int covered = 0;  // whether they count is the operator's word
    int beside = 0;   // by somebody, who answers for them
    for (const int place : checkers_.book().PayersOf(NumberOf(id))) {
      const auto& known = checkers_.book().all()[static_cast<size_t>(place)];
      if (node_.ConfirmationsOf(known.txid) == 0) continue;
      const bool is_covered = checkers_.payments().IsCoveredByVerdict(NumberOf(id), known.txid);
      ++(is_covered ? covered : known.splits ? beside : payments);
    }
    const bool is_otherwise = !never && payments == 0 && covered + beside > 0;
    if (payments != (never ? 0 : 1) && !is_otherwise) {
      throw Violation("G2", id + " ends with " + std::to_string(payments) + " payments");
    }
  }

  // G8: each spend in the chain that the log cannot explain has raised an alarm.
  void CheckForeignSpends() const {
    const auto& ledger = checkers_.facts().ledger();
    for (const auto& known : checkers_.book().all()) {
      const bool is_unknown = known.foreign || checkers_.was_put_back();
      if (!is_unknown || node_.ConfirmationsOf(known.txid) == 0) continue;
      if (!node_.SpendsFromWallet(known.transaction)) continue;
      if (ledger.FindBatchByTxid(known.txid) || checkers_.facts().IsPruned(known.txid)) continue;
      const auto& alarms = ledger.alarms();
      const bool raised = std::any_of(alarms.begin(), alarms.end(), [&](const auto& item) {
        return item.second.raised.txid == known.txid;
      });
      if (!raised) throw Violation("G8", "a spend from the wallet that nobody was told of");
    }
  }

  ScheduleResult Result() {
    const auto& ledger = checkers_.facts().ledger();
    result_.records = ledger.last_seq();
    result_.commands = daemon_.commands();
    result_.sends = ledger.sends().size();
    if (archive_) {
      result_.put_backs = archive_->times_put_back();
      result_.refused_starts = archive_->times_refused();
    }
    result_.batches = ledger.batches().size();
    for (const auto& [id, batch] : ledger.batches()) {
      if (!batch.exclusions.empty()) ++result_.rebuilds;
    }
    for (const auto& [id, send] : ledger.sends()) {
      if (send.pruned) ++result_.pruned;
    }
    return result_;
  }

  const ScheduleOptions& options_;
  Dice dice_;
  const bool puts_back_;
  const bool splits_;
  Trace trace_;
  const core::Policy policy_;
  const World::Limits limits_;
  Weights steps_ = {48, 17, 15, 11, 2, 4, 2, 2, 1, 1};
  Weights fates_ = {46, 2, 3, 2, 2, 2, 2, 1};
  core::ToyNode node_;
  Condition condition_;
  Checkers checkers_;
  World world_;
  std::unique_ptr<Disk> disk_;
  Daemon daemon_;
  Callers callers_;
  std::optional<Archive> archive_;
  ScheduleResult result_;
};

}  // namespace

ScheduleResult& ScheduleResult::operator+=(const ScheduleResult& other) {
  commands += other.commands;
  records += other.records;
  sends += other.sends;
  crashes += other.crashes;
  batches += other.batches;
  rebuilds += other.rebuilds;
  verdicts += other.verdicts;
  pruned += other.pruned;
  put_backs += other.put_backs;
  refused_starts += other.refused_starts;
  return *this;
}

ScheduleResult RunSchedule(uint64_t seed, const ScheduleOptions& options, std::ostream* trace) {
  return Schedule(seed, options, trace).Run();
}

}  // namespace sendonce::sim
