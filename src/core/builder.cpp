#include "core/builder.h"

#include <algorithm>
#include <cassert>

#include "core/backoff.h"
#include "core/may_pay.h"
#include "core/transaction_check.h"

namespace sendonce::core {

namespace {

constexpr bitcoin::FeeRate kFirstGuessSatKvb = 10 * bitcoin::kSatPerVbyte;
constexpr Millis kNever = INT64_MAX;
constexpr int64_t kWitnessScaleFactor = 4;
constexpr const char* kInsufficientFunds =
    "the wallet has not enough coins that are confirmed and free (see /v1/funds)";
// Sends for which coins are sought in one step without success before others get their turn.
constexpr int kMaxTriesPerStep = 8;

std::vector<const SendContent*> ContentsOf(const Ledger& ledger, const std::vector<SendId>& ids) {
  std::vector<const SendContent*> contents;
  for (const SendId& id : ids) contents.push_back(&*ledger.FindSend(id)->content);
  return contents;
}

bool HoldsReserved(const Ledger& ledger, const std::vector<Coin>& coins) {
  return std::any_of(coins.begin(), coins.end(),
                     [&](const Coin& coin) { return ledger.IsReserved(coin.outpoint); });
}

bool IsAboutTheWallet(Refusal why) {
  return why == Refusal::kNotExecuted || why == Refusal::kUnauthorized ||
         why == Refusal::kKeypoolEmpty || why == Refusal::kWalletLocked ||
         why == Refusal::kWalletNotLoaded || why == Refusal::kWalletNotNamed;
}

constexpr const char* kSetAside =
    "with the coins that are left it would be the transaction that a verdict has set aside; it is "
    "paid again once there is another coin";

bool IsSetAside(const Ledger& ledger, const BatchReserved& reservation) {
  return std::any_of(reservation.sends.begin(), reservation.sends.end(), [&](const SendId& id) {
    const Send& send = *ledger.FindSend(id);
    const auto set = MayPaySet(ledger, send);
    return std::any_of(set.begin(), set.end(), [&](const MayPay& one) {
      return one.version->unsigned_tx == reservation.unsigned_tx &&
             IsNamedByVerdict(send, *one.version);
    });
  });
}

}  // namespace

Builder::Builder(const Policy& policy, Ledger& ledger, Outbox& outbox, CoinPool& pool,
                 Follower& follower, Payer& payer, Funder& funder, DraftNumbers& drafts)
    : policy_(policy),
      ledger_(ledger),
      outbox_(outbox),
      pool_(pool),
      follower_(follower),
      payer_(payer),
      funder_(funder),
      drafts_(drafts),
      max_company_(policy.max_sends_per_batch) {}

void Builder::Advance(Millis now_ms) {
  if (attempt_ || follower_.building_stall() || now_ms < not_before_ms_) return;
  StartRound();
  AdvanceRebuilds(now_ms);
  if (attempt_) return;
  // Nothing has changed since the last look: no send came or left, and none is due again.
  if (now_ms < wake_ms_ && seen_seq_ == ledger_.last_seq()) return;
  const Seq after = LookedAt(now_ms);
  seen_seq_ = ledger_.last_seq();
  for (int tries = 0; tries < kMaxTriesPerStep; ++tries) {
    const auto sends = Choose(after, now_ms);
    if (sends.empty()) return;
    StartDraft(sends, now_ms);
    if (attempt_) return;
  }
  wake_ms_ = now_ms + policy_.retry_min_ms;
}

// Up to where it need not be looked again. Where funds are short a hundred thousand may wait, and
// each new send would be a walk through all of them: as long as all are held back, none of them is
// due, and nothing but new sends was recorded, only those are looked at.
Seq Builder::LookedAt(Millis now_ms) {
  if (now_ms < wake_ms_ && all_held_back_ && OnlySendsCame()) return seen_seq_;
  wake_ms_ = kNever;
  return 0;
}

// Each record since the last look is a send that waits.
bool Builder::OnlySendsCame() const {
  Seq expected = seen_seq_;
  const auto& waiting = ledger_.waiting();
  for (auto send = waiting.upper_bound(seen_seq_); send != waiting.end(); ++send) {
    if (send->first != ++expected) return false;
  }
  return expected == ledger_.last_seq();
}

// Sends that R4 may help come first: they have waited longest.
void Builder::AdvanceRebuilds(Millis now_ms) {
  const std::set<BatchId> candidates = ledger_.troubled();
  const auto is_over = [&](const auto& item) { return !candidates.contains(item.first); };
  std::erase_if(blocked_rebuilds_, is_over);
  std::erase_if(planned_at_, is_over);
  std::erase_if(more_for_rebuild_sat_, is_over);
  const bool is_new = rebuild_seq_ != ledger_.last_seq() || rebuild_round_ != follower_.rounds() ||
                      rebuild_looks_ != payer_.looks();
  const bool is_due = now_ms >= rebuild_wake_ms_;
  if (candidates.empty() || (!is_new && !is_due)) return;
  rebuild_seq_ = ledger_.last_seq();
  rebuild_round_ = follower_.rounds();
  rebuild_looks_ = payer_.looks();
  rebuild_wake_ms_ = now_ms + policy_.retry_max_ms;
  for (BatchId id : candidates) {
    const Batch* batch = ledger_.FindBatch(id);
    if (!batch || batch->end == BatchEnd::kDropped || batch->superseded) continue;
    if (!SignatureAsked(*batch)) continue;
    if (!is_due && blocked_rebuilds_.contains(id) && !HasNewsOf(*batch)) continue;
    planned_at_[id] = NewsOf(*batch);
    StartRebuild(*batch, now_ms);
    if (attempt_) return;
  }
}

// What a plan rests on: records about the batch, its sends and their other batches, the chain, the
// wallet's coins, looks at the mempool. (What another batch sets free is seen when all is due.)
Builder::News Builder::NewsOf(const Batch& batch) const {
  News news{batch.seq, ledger_.chain().tip().hash, follower_.rounds(), payer_.looks()};
  for (const SendId& id : batch.sends) {
    const Send& send = *ledger_.FindSend(id);
    news.seq = std::max(news.seq, send.seq);
    if (send.batches.size() < 2) continue;
    for (BatchId other : send.batches) {
      const Batch* const known = ledger_.FindBatch(other);
      if (known) news.seq = std::max(news.seq, known->seq);
    }
  }
  return news;
}

bool Builder::HasNewsOf(const Batch& batch) const {
  const auto planned = planned_at_.find(batch.id);
  return planned == planned_at_.end() || planned->second != NewsOf(batch);
}

CoinSources Builder::Sources(Millis now_ms) {
  std::erase_if(gone_until_ms_, [&](const auto& item) { return item.second <= now_ms; });
  CoinSources sources;
  sources.may_be_there = [this](const bitcoin::OutPoint& coin) {
    return !gone_until_ms_.contains(coin);
  };
  sources.output_of = [this](const bitcoin::Txid& txid) {
    return pool_.FindOutputOf(txid,
                              [this](const WalletCoin& coin) { return funder_.MaySpend(coin); });
  };
  return sources;
}

// They go together: when the last of them may.
Millis Builder::HeldUntil(const std::vector<SendId>& sends) const {
  Millis until_ms = 0;
  for (const SendId& id : sends) {
    const auto hold = holds_.find(id);
    if (hold != holds_.end()) until_ms = std::max(until_ms, hold->second.due_ms);
  }
  return until_ms;
}

void Builder::StartRebuild(const Batch& batch, Millis now_ms) {
  auto planned = PlanRebuild(ledger_, batch, policy_, Sources(now_ms));
  if (const auto* none = std::get_if<NoPlan>(&planned)) {
    return NoteBlocked(batch.id, {"conflicted", none->reason, now_ms, none->automatic});
  }
  RebuildPlan plan = std::move(std::get<RebuildPlan>(planned));
  if (const Millis until_ms = HeldUntil(plan.sends); until_ms > now_ms) {
    rebuild_wake_ms_ = std::min(rebuild_wake_ms_, until_ms);
    return;
  }
  std::vector<const Send*> sends;
  for (const SendId& id : plan.sends) sends.push_back(ledger_.FindSend(id));
  const FeeChoice fee = FeeOf(*sends.front(), policy_);
  const auto more = more_for_rebuild_sat_.find(batch.id);
  const bitcoin::Amount more_sat = more == more_for_rebuild_sat_.end() ? 0 : more->second;
  auto funds = funder_.Fund(sends, plan.coins, GuessedRate(fee), extra_sat_ + more_sat, true);
  // The plan may be of other coins by now, which make another transaction without it.
  if (!funds && more_sat > 0) {
    funds = funder_.Fund(sends, plan.coins, GuessedRate(fee), extra_sat_, true);
  }
  Attempt attempt;
  attempt.sends = plan.sends;
  attempt.leaves = batch.id;
  attempt.exclusions = std::move(plan.exclusions);
  attempt.fee = fee;
  if (!funds) {
    follower_.WantAllCoins();
    extra_sat_ = 0;  // it was for these, others may need none
    return NoteBlocked(batch.id, {"insufficient_funds", kInsufficientFunds, now_ms, true});
  }
  blocked_rebuilds_.erase(batch.id);
  if (!payer_.HasLookedFor(attempt.exclusions, Payer::Where::kMempool, now_ms)) return;
  attempt.funds = std::move(*funds);
  EmitDraft(std::move(attempt));
}

// Looked at again with each new record and each new round.
void Builder::NoteBlocked(BatchId batch, const Stall& stall) {
  const auto [known, is_new] = blocked_rebuilds_.try_emplace(batch, stall);
  const Millis since_ms = is_new ? stall.since_ms : known->second.since_ms;
  known->second = stall;
  known->second.since_ms = since_ms;
}

void Builder::EmitDraft(Attempt attempt) {
  attempt.id = drafts_.Next();
  attempt.reorganisations = follower_.reorganisations();
  outbox_.Emit(DraftTransaction{
      attempt.id, attempt.funds.coins, OutputsOf(ContentsOf(ledger_, attempt.sends)),
      attempt.funds.split_sat, std::nullopt, attempt.fee, policy_.fallback_fee_rate_sat_kvb});
  attempt_ = std::move(attempt);
}

Millis Builder::DueOf(const SendId& id) const {
  const auto hold = holds_.find(id);
  return hold == holds_.end() ? kNever : hold->second.due_ms;
}

Millis Builder::next_due_ms() const {
  if (attempt_ || follower_.building_stall()) return kNever;
  Millis due_ms = kNever;
  if (!ledger_.waiting().empty()) due_ms = wake_ms_;
  if (!ledger_.troubled().empty()) due_ms = std::min(due_ms, rebuild_wake_ms_);
  return due_ms == kNever ? kNever : std::max(due_ms, not_before_ms_);
}

// The wallet's coins were read again: what they did not suffice for is tried again.
void Builder::StartRound() {
  if (round_ == follower_.rounds()) return;
  round_ = follower_.rounds();
  if (unaffordable_.empty()) short_since_ms_.reset();
  unaffordable_.clear();
  wake_ms_ = 0;
}

// Only a send of the same fee rate says so: what cannot be paid for at a thousand times the rate
// can well be paid for otherwise.
bool Builder::IsUnaffordable(const Send& send) const {
  const auto found = unaffordable_.find(GuessedRate(FeeOf(send, policy_)));
  return found != unaffordable_.end() && TotalAmountSat(*send.content) >= found->second;
}

bool Builder::MayTry(const Send& send, Millis now_ms) {
  if (IsUnaffordable(send)) return false;
  const auto hold = holds_.find(send.id);
  if (hold == holds_.end() || hold->second.due_ms <= now_ms) return true;
  wake_ms_ = std::min(wake_ms_, hold->second.due_ms);
  return false;
}

std::vector<const Send*> Builder::Choose(Seq after, Millis now_ms) {
  Gathering gathering = Gather(
      ledger_, policy_, max_company_, after, [&](const Send& send) { return MayTry(send, now_ms); },
      now_ms);
  all_held_back_ = gathering.looks == 0;
  wake_ms_ = std::min(wake_ms_, gathering.due_ms);
  return std::move(gathering.sends);
}

bitcoin::FeeRate Builder::GuessedRate(const FeeChoice& fee) const {
  if (fee.fee_rate_sat_kvb) return *fee.fee_rate_sat_kvb;
  const auto last = last_rates_.find(*fee.conf_target);
  if (last != last_rates_.end()) return last->second;
  return policy_.fallback_fee_rate_sat_kvb > 0 ? policy_.fallback_fee_rate_sat_kvb
                                               : kFirstGuessSatKvb;
}

// Takes as many of the sends as there are coins for, the oldest first; the first that there are
// none for is held until the wallet's coins have been read again.
void Builder::StartDraft(const std::vector<const Send*>& sends, Millis now_ms) {
  const FeeChoice fee = FeeOf(*sends.front(), policy_);
  const bitcoin::FeeRate rate = GuessedRate(fee);
  std::vector<const Send*> company = sends;
  auto funds = funder_.Fund(company, {}, rate, extra_sat_, plain_);
  while (company.size() > 1 && (!funds || IsTooHeavy(company, *funds))) {
    company.resize(company.size() / 2);
    funds = funder_.Fund(company, {}, rate, extra_sat_, plain_);
  }
  if (!funds) {
    follower_.WantAllCoins();
    if (!short_since_ms_) short_since_ms_ = now_ms;
    unaffordable_[rate] = TotalAmountSat(*company.front()->content);
    extra_sat_ = 0;  // it was for these, others may need none
    return;
  }
  Attempt attempt;
  for (const Send* send : company) attempt.sends.push_back(send->id);
  attempt.funds = std::move(*funds);
  attempt.fee = fee;
  EmitDraft(std::move(attempt));
}

bool Builder::IsTooHeavy(const std::vector<const Send*>& sends, const Funds& funds) const {
  int64_t vsize = kChangeVsize * static_cast<int64_t>(funds.split_sat.size() + 1);
  for (const Send* send : sends) {
    for (const Payee& payee : send->content->outputs) vsize += bitcoin::OutputSize(payee.script);
  }
  for (const Coin& coin : funds.coins) {
    vsize += bitcoin::EstimatedInputVsize(bitcoin::KindOf(coin.script));
  }
  return vsize * kWitnessScaleFactor > policy_.max_batch_weight;
}

void Builder::OnDrafted(const Drafted& drafted, Millis now_ms) {
  if (!attempt_ || attempt_->id != drafted.draft) return;  // thrown away meanwhile
  const Attempt attempt = std::move(*attempt_);
  attempt_.reset();
  const auto& sends = attempt.sends;
  const bool all_open = std::all_of(sends.begin(), sends.end(), [&](const SendId& id) {
    const Send* send = ledger_.FindSend(id);
    return send && Ledger::IsOpen(*send);
  });
  if (!all_open) return;  // one is paid, or has ended, and may be forgotten
  if (const auto* draft = std::get_if<Draft>(&drafted.outcome)) {
    OnDraft(attempt, *draft, now_ms);
  } else if (const auto* refused = std::get_if<Refused>(&drafted.outcome)) {
    OnRefusedDraft(attempt, *refused, now_ms);
  } else {
    // It may have been too much for the node at once, or one of them too much for any.
    if (MaySplit(attempt)) Split(attempt);
    HoldBackAll(attempt, "node_unavailable", std::get<Unknown>(drafted.outcome).text, true, now_ms);
    follower_.Want();
  }
}

void Builder::OnDraft(const Attempt& attempt, const Draft& draft, Millis now_ms) {
  if (!draft.missing.empty()) {
    for (const bitcoin::OutPoint& coin : draft.missing) {
      follower_.NoteMissing(coin);
      gone_until_ms_[coin] = now_ms + policy_.retry_max_ms;
    }
    if (attempt.leaves) {
      // Others go on, and the next plan does without these coins.
      follower_.WantWallet(now_ms);
      HoldBackAll(attempt, "conflicted", "a coin of the batch is taken in the mempool", true,
                  now_ms);
      return KeepGone(attempt);
    }
    // Not at once: a wallet can go on showing what the chain has not.
    Pause(now_ms);
    return follower_.WantWallet(now_ms);
  }
  if (draft.tip != ledger_.chain().tip().hash || follower_.building_stall() ||
      attempt.reorganisations != follower_.reorganisations()) {
    // The draft was made on another block than the log has read: it says nothing about coins that
    // the blocks between may have touched. Or its coins were confirmed in blocks that have left.
    Pause(now_ms);
    return follower_.Want();
  }
  if (draft.judgement) return OnJudgement(attempt, *draft.judgement, now_ms);
  if (attempt.fee.conf_target) last_rates_[*attempt.fee.conf_target] = draft.fee_rate_sat_kvb;
  const auto contents = ContentsOf(ledger_, attempt.sends);
  CheckedDraft checked = CheckDraft(draft, attempt.funds.coins, contents, attempt.funds.split_sat);
  if (!checked.reservation) {
    return HoldBackAll(attempt, "bad_draft", "the node's draft was thrown away: " + checked.problem,
                       false, now_ms);
  }
  const auto objection = ObjectionToFee(*checked.reservation, contents, policy_);
  if (objection && !attempt.funds.is_plain) return StartPlainly();
  if (objection && objection->index) {
    return HoldBack(attempt.sends[*objection->index], "fee_above_cap", objection->text, true,
                    now_ms);
  }
  if (objection && MaySplit(attempt)) return Split(attempt);
  // An estimate may fall; a rate that the caller has named stays above the cap.
  const bool may_fall = attempt.fee.conf_target.has_value();
  if (objection) return HoldBackAll(attempt, "fee_above_cap", objection->text, may_fall, now_ms);
  Reserve(attempt, std::move(*checked.reservation), now_ms);
}

// What was found missing for these sends, now or before, counts as gone until well behind their
// next try, however long the back-off is by then: else a coin would be chosen again as soon as
// another is found missing, and what R4 allows without any of them would never be tried.
void Builder::KeepGone(const Attempt& attempt) {
  Millis next_try_ms = 0;
  std::set<BatchId> batches;
  for (const SendId& id : attempt.sends) {
    next_try_ms = std::max(next_try_ms, DueOf(id));
    const auto& of_send = ledger_.FindSend(id)->batches;
    batches.insert(of_send.begin(), of_send.end());
  }
  for (auto& [coin, until_ms] : gone_until_ms_) {
    const auto spending = ledger_.BatchesSpending(coin);
    const bool is_of_these = std::any_of(spending.begin(), spending.end(),
                                         [&](BatchId id) { return batches.contains(id); });
    if (is_of_these) until_ms = next_try_ms + policy_.retry_max_ms;
  }
}

// What serves the wallet and not these sends is left away before a cap is said to stand against
// them.
void Builder::StartPlainly() {
  plain_ = true;
  wake_ms_ = 0;
}

void Builder::Pause(Millis now_ms) {
  not_before_ms_ = now_ms + policy_.retry_min_ms;
  wake_ms_ = not_before_ms_;
}

// With one coin more at the next try: what is left of the old ones makes the transaction anew that
// a verdict has set aside, and that is not sent.
void Builder::ChooseOthers(const Attempt& attempt, Millis now_ms) {
  bitcoin::Amount rest_sat = 0;
  for (const Coin& coin : attempt.funds.coins) rest_sat += coin.amount_sat;
  for (const SendId& id : attempt.sends) rest_sat -= TotalAmountSat(*ledger_.FindSend(id)->content);
  more_for_rebuild_sat_[*attempt.leaves] = rest_sat;
  HoldBackAll(attempt, "conflicted", kSetAside, true, now_ms);
}

// The ledger judges before anything is written: a coin that went into another batch meanwhile, or a
// node that showed one coin twice, costs a draft and nothing else.
void Builder::Reserve(const Attempt& attempt, BatchReserved reservation, Millis now_ms) {
  reservation.sends = attempt.sends;
  reservation.exclusions = attempt.exclusions;
  const bool is_taken = !attempt.leaves && HoldsReserved(ledger_, attempt.funds.coins);
  if (is_taken) return Pause(now_ms);  // by a replacement that was drafted at the same time
  if (attempt.leaves && IsSetAside(ledger_, reservation)) return ChooseOthers(attempt, now_ms);
  if (const auto objection = ledger_.Objection(reservation)) {
    return HoldBackAll(attempt, "bad_draft", "the node's draft was thrown away: " + *objection,
                       true, now_ms);
  }
  const BatchId batch = outbox_.Write(std::move(reservation), now_ms);
  extra_sat_ = 0;
  plain_ = false;
  max_company_ = std::min(max_company_ * 2, policy_.max_sends_per_batch);
  waste_sat_ += attempt.funds.waste_sat;
  if (!attempt.funds.split_sat.empty()) funder_.NoteSplit();
  Forget(attempt.sends);
  payer_.Schedule(batch, now_ms);
  if (!attempt.leaves) return;
  more_for_rebuild_sat_.erase(*attempt.leaves);
  payer_.Schedule(*attempt.leaves, now_ms);
}

// One bad send never spoils its neighbours: who was refused in company is tried in a smaller one,
// down to alone.
// Those that leave a batch by R4 leave it together.
bool Builder::MaySplit(const Attempt& attempt) const {
  return attempt.sends.size() > 1 && !attempt.leaves;
}

void Builder::Split(const Attempt& attempt) {
  max_company_ = std::max<size_t>(1, attempt.sends.size() / 2);
  wake_ms_ = 0;
}

void Builder::OnJudgement(const Attempt& attempt, const Refused& judgement, Millis now_ms) {
  // A rate that is too low is too low for each of them.
  if (MaySplit(attempt) && judgement.why != Refusal::kFeeTooLow) return Split(attempt);
  HoldBackAll(attempt, std::string(StallCode(judgement.why)), judgement.text,
              judgement.why != Refusal::kPolicy, now_ms);
}

void Builder::OnRefusedDraft(const Attempt& attempt, const Refused& refused, Millis now_ms) {
  if (refused.why == Refusal::kCoinsDoNotCover) {
    // The fee is higher than guessed: choose again for more. Nothing is recorded yet.
    extra_sat_ = std::max<bitcoin::Amount>(1'000, extra_sat_ * 2);
    wake_ms_ = 0;
    if (extra_sat_ <= policy_.max_fee_sat) return;
    extra_sat_ = 0;
    return HoldBackAll(attempt, "insufficient_funds", refused.text, true, now_ms);
  }
  const bool about_all = IsAboutTheWallet(refused.why) || refused.why == Refusal::kNoFeeEstimate;
  if (IsAboutTheWallet(refused.why)) follower_.Want();
  if (MaySplit(attempt) && !about_all) return Split(attempt);
  const bool automatic = refused.why != Refusal::kCannotBuild && refused.why != Refusal::kRejected;
  HoldBackAll(attempt, std::string(StallCode(refused.why)), refused.text, automatic, now_ms);
}

void Builder::HoldBack(const SendId& id, std::string code, std::string detail, bool automatic,
                       Millis now_ms) {
  Hold& hold = holds_[id];
  const bool goes_on = hold.stall && hold.stall->code == code;
  const Millis since_ms = goes_on ? hold.stall->since_ms : now_ms;
  hold.stall = Stall{std::move(code), std::move(detail), since_ms, automatic};
  hold.due_ms = now_ms + Backoff(policy_, hold.failures++);
  wake_ms_ = 0;  // the others go on at once; when this one is due is seen where it is passed over
}

void Builder::HoldBackAll(const Attempt& attempt, const std::string& code,
                          const std::string& detail, bool automatic, Millis now_ms) {
  for (const SendId& id : attempt.sends) HoldBack(id, code, detail, automatic, now_ms);
}

void Builder::Withdraw(const SendId& id) {
  holds_.erase(id);
  if (!attempt_) return;
  const auto& sends = attempt_->sends;
  if (std::find(sends.begin(), sends.end(), id) == sends.end()) return;
  attempt_.reset();
  wake_ms_ = 0;
}

std::optional<Stall> Builder::StallOf(const Send& send) const {
  if (IsUnaffordable(send)) {
    return Stall{"insufficient_funds", kInsufficientFunds,
                 std::max(*short_since_ms_, send.created_at_ms), true};
  }
  const auto blocked =
      send.live_batch ? blocked_rebuilds_.find(*send.live_batch) : blocked_rebuilds_.end();
  if (blocked != blocked_rebuilds_.end()) return blocked->second;
  const auto hold = holds_.find(send.id);
  return hold == holds_.end() ? std::nullopt : hold->second.stall;
}

void Builder::MakeDue(Millis now_ms) {
  not_before_ms_ = now_ms;
  wake_ms_ = rebuild_wake_ms_ = 0;
  for (auto& [id, hold] : holds_) hold.due_ms = now_ms;
}

void Builder::Forget(const std::vector<SendId>& sends) {
  for (const SendId& id : sends) holds_.erase(id);
}

}  // namespace sendonce::core
