#include "daemon.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "planted_bugs.h"
#include "violation.h"

namespace sendonce::sim {

namespace {

// What a later part of a step makes due for an earlier one is done by a tick at once, as the
// driver's timer does it; a core that is due again and again would never sleep.
constexpr int kMaxTicksAtOnce = 3;

// A core that goes on asking while everything is answered honestly is in a loop.
constexpr int kMaxStepsToSettle = 2'000;

bool IsAnswered(const core::Effect& effect) {
  return !std::holds_alternative<core::Append>(effect) &&
         !std::holds_alternative<core::Answer>(effect);
}

// What a node that has lost its mind would say; nullopt: nothing that could be taken for a reply.
std::optional<core::Command> Garbled(core::Command reply) {
  if (auto* made = std::get_if<core::Signed>(&reply)) {
    auto* raw = std::get_if<bitcoin::Bytes>(&made->outcome);
    if (!raw) return std::nullopt;
    auto transaction = bitcoin::ParseTransaction(*raw).value();
    transaction.outputs.back().amount_sat -= 1;
    *raw = bitcoin::SerializeTransaction(transaction);
    return reply;
  }
  if (auto* made = std::get_if<core::Drafted>(&reply)) {
    auto* draft = std::get_if<core::Draft>(&made->outcome);
    if (!draft || draft->unsigned_tx.empty()) return std::nullopt;
    auto transaction = bitcoin::ParseTransaction(draft->unsigned_tx).value();
    transaction.outputs.front().amount_sat += 1;
    draft->unsigned_tx = bitcoin::SerializeTransaction(transaction);
    return reply;
  }
  return std::nullopt;
}

}  // namespace

Daemon::Daemon(const Surroundings& around, const core::Policy& policy, Canary canary)
    : around_(around), policy_(policy), canary_(canary) {
  Start();
}

void Daemon::Start() {
  auto contents = around_.disk.Load();
  PlantInContents(canary_, contents);
  machine_ = std::make_unique<core::Machine>(policy_, core::Ledger(std::move(contents)));
  told_seq_ = around_.disk.durable_seq();
  ++lives_;
  has_read_spends_ = false;
  Give(core::Tick{});
}

// --- one step

void Daemon::Give(core::Command command) {
  Step(std::move(command));
  if (canary_ == Canary::kLostWakeUp) return;
  for (int ticks = 0; machine_->next_tick_ms() <= now_ms_; ++ticks) {
    if (ticks == kMaxTicksAtOnce) throw Violation("G5", "the core does not sleep");
    Step(core::Tick{});
  }
}

void Daemon::Step(core::Command command) {
  ++commands_;
  FillIn(command);
  PlantInCommand(canary_, around_.node, machine_->ledger(), command);
  if (around_.trace.on()) around_.trace.Given(command, now_ms_);
  const auto* spends = std::get_if<core::SpendsRead>(&command);
  if (spends && std::holds_alternative<std::vector<core::WalletSpend>>(spends->outcome))
    has_read_spends_ = true;
  for (core::Effect& effect : machine_->Step(command, now_ms_)) Carry(effect);
}

void Daemon::Carry(core::Effect& effect) {
  if (auto* answer = std::get_if<core::Answer>(&effect)) PlantInAnswer(canary_, *answer);
  around_.trace.Emitted(effect);
  around_.checkers.OnEffect(effect);
  if (const auto* append = std::get_if<core::Append>(&effect)) {
    around_.disk.Append(append->entries);
    const core::Seq last = append->entries.back().seq;
    if (!LiesAboutSync(canary_, append->entries)) return;
    told_seq_ = last;
    Give(core::Durable{last});
  } else if (IsAnswered(effect)) {
    lanes_[LaneOf(effect)].asked.push_back(std::move(effect));
  }
}

std::optional<core::Send> Daemon::StoredOf(const core::SendId& id) const {
  if (machine_->ledger().FindSend(id)) return std::nullopt;
  if (canary_ == Canary::kUnknownAfterStart && lives_ > 1) return std::nullopt;
  auto stored = around_.disk.FindSend(id);
  if (canary_ == Canary::kPrunedForgotten && stored && stored->pruned) return std::nullopt;
  return stored;
}

// As the driver does: the core holds only what is open.
void Daemon::FillIn(core::Command& command) const {
  const Disk& disk = around_.disk;
  if (auto* spends = std::get_if<core::SpendsRead>(&command)) {
    auto* list = std::get_if<std::vector<core::WalletSpend>>(&spends->outcome);
    if (!list) return;
    for (core::WalletSpend& spend : *list) {
      const auto ids = disk.FindBatchesByTxid(spend.txid);
      spend.explained = std::any_of(ids.begin(), ids.end(), [&](core::BatchId id) {
        const auto batch = disk.FindBatch(id);
        return !batch || core::ExplainsSpend(*batch, spend.txid);
      });
      if (canary_ == Canary::kStartBelieved && !has_read_spends_) spend.explained = true;
    }
  } else if (auto* found = std::get_if<core::TransactionLookedUp>(&command)) {
    for (const core::BatchId id : disk.FindBatchesByTxid(found->txid)) {
      if (machine_->ledger().FindBatch(id)) continue;
      auto batch = disk.FindBatch(id);
      found->pruned = found->pruned || !batch;
      if (batch) found->stored_batches.push_back(std::move(*batch));
    }
  } else if (auto* read = std::get_if<core::ChainRead>(&command)) {
    const auto* step = std::get_if<core::ChainStep>(&read->outcome);
    if (!step || !step->connected) return;
    if (step->facts.work < machine_->ledger().chain().work) return;
    if (step->fork_height > machine_->ledger().chain().tip().height) return;
    if (step->fork_height < machine_->ledger().chain().pruned_up_to.value_or(INT32_MIN)) return;
    read->stored_batches = disk.ConfirmedAbove(step->fork_height);
    std::set<core::SendId> sends;
    for (const core::Batch& batch : read->stored_batches) {
      sends.insert(batch.sends.begin(), batch.sends.end());
    }
    for (const core::SendId& id : sends) read->stored_sends.push_back(*disk.FindSend(id));
  }
}

// --- the disk

void Daemon::Sync(size_t count) {
  around_.disk.Sync(std::min(count, around_.disk.waiting()));
  TellDurable();
}

void Daemon::TellDurable() {
  for (const core::Entry& entry : around_.disk.TakeDurable()) around_.checkers.OnDurable(entry);
  const core::Seq durable = around_.disk.durable_seq();
  if (durable <= told_seq_) return;
  told_seq_ = durable;
  Give(core::Durable{durable});
  around_.checkers.OnTold();
}

// --- the node

core::Command Daemon::Outcome(const core::Effect& effect, Fate fate, int roll) {
  switch (fate) {
    case Fate::kHonest:
      return AtNode(effect);
    case Fate::kTwice:
      AtNode(effect);
      return AtNode(effect);
    case Fate::kReplyLost:
      AtNode(effect);
      return FailedReply(effect, core::Unknown{"timeout"});
    case Fate::kRequestLost:
      return FailedReply(effect, core::Unknown{"connection reset"});
    case Fate::kLate:
      late_.push_back(effect);
      return FailedReply(effect, core::Unknown{"timeout"});
    case Fate::kNotExecuted:
      return FailedReply(effect, core::Refused{core::Refusal::kNotExecuted, 503, "work queue"});
    case Fate::kWhim:
      if (const auto refused = WhimOf(effect, roll)) return FailedReply(effect, *refused);
      return AtNode(effect);
    case Fate::kGarbledReply:
      if (auto garbled = Garbled(AtNode(effect))) return *garbled;
      return FailedReply(effect, core::Unknown{"garbage"});
  }
  throw std::logic_error("no such fate");
}

core::Command Daemon::AtNode(const core::Effect& effect) {
  core::Command reply = sim::Carry(around_.node, around_.condition, effect);
  if (ChangesTheNode(effect)) around_.checkers.OnWorld();
  return reply;
}

void Daemon::Call(size_t lane, Fate fate, int roll) {
  Lane& one = lanes_[lane];
  const core::Effect effect = std::move(one.asked.front());
  one.asked.pop_front();
  if (const auto* what = std::get_if<core::FindPrunable>(&effect)) {
    one.reply = around_.disk.FindPrunable(*what);
    return;
  }
  core::Command reply = Outcome(effect, fate, roll);
  const bool is_unheard =
      fate == Fate::kReplyLost || fate == Fate::kRequestLost || fate == Fate::kLate;
  if (!is_unheard || DeliversUnknown(canary_)) one.reply = std::move(reply);
}

void Daemon::Reply(size_t lane) {
  core::Command reply = std::move(*lanes_[lane].reply);
  lanes_[lane].reply.reset();
  Give(std::move(reply));
}

void Daemon::CarryLateOne(Dice& dice) {
  if (late_.empty()) return;
  const auto place = late_.begin() + dice.Roll(static_cast<int>(late_.size()));
  const core::Effect effect = std::move(*place);
  late_.erase(place);
  if (around_.trace.on()) around_.trace.World("a call that was given up is carried out:");
  around_.trace.Emitted(effect);
  AtNode(effect);
}

// --- time and death

void Daemon::Elapse(core::Millis elapsed_ms) {
  now_ms_ += elapsed_ms;
  if (canary_ != Canary::kLostWakeUp) Give(core::Tick{});
}

void Daemon::Wake() {
  if (machine_->next_tick_ms() < INT64_MAX) now_ms_ = machine_->next_tick_ms();
  if (canary_ != Canary::kLostWakeUp) Give(core::Tick{});
}

void Daemon::WaitWhileDown(Dice& dice) {
  now_ms_ += 60'000;
  while (!late_.empty()) {
    if (dice.OneIn(2)) late_.pop_back();
    CarryLateOne(dice);
  }
}

void Daemon::Crash(Dice& dice, const std::function<void()>& while_down) {
  if (around_.trace.on()) around_.trace.World("the daemon dies");
  for (Lane& lane : lanes_) {
    // The first may be on its way.
    const bool may_go_on = &lane != &lanes_.back() && !lane.asked.empty();
    if (may_go_on && dice.OneIn(2)) late_.push_back(std::move(lane.asked.front()));
    lane = {};
  }
  around_.disk.Crash(dice);
  for (const core::Entry& entry : around_.disk.TakeDurable()) around_.checkers.OnDurable(entry);
  if (auto* disk = dynamic_cast<MemoryDisk*>(&around_.disk)) PlantInDisk(canary_, *disk);
  if (while_down) while_down();
  around_.checkers.OnRestart(around_.disk.Load());
  Start();
}

void Daemon::StopAccepting() {
  if (around_.trace.on()) around_.trace.World("the daemon is asked to stop");
  if (canary_ != Canary::kStopIgnored) Give(core::StopAccepting{});
}

// --- many steps at once

bool Daemon::SettleOneStep() {
  if (around_.disk.waiting() > 0) {
    Sync(around_.disk.waiting());
    return true;
  }
  for (size_t lane = 0; lane < kLanes; ++lane) {
    if (!HasReply(lane) && !IsAsked(lane)) continue;
    if (!HasReply(lane)) Call(lane, Fate::kHonest, 0);
    Reply(lane);
    return true;
  }
  return false;
}

void Daemon::Settle() {
  for (int steps = 0; steps < kMaxStepsToSettle; ++steps) {
    if (!SettleOneStep()) return;
  }
  throw Violation("G5", "the core does not settle");
}

}  // namespace sendonce::sim
