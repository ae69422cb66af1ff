#include "core/bumper.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "core/backoff.h"
#include "core/replacement.h"
#include "core/transaction_check.h"

namespace sendonce::core {

namespace {

constexpr Millis kNever = INT64_MAX;
// Version, counts, lock time, segwit marker; change to the longest standard script.
constexpr int64_t kOverheadVsize = 11 + 43;
// The same with change as small as it can be. (Without any change all that is left is fee.)
constexpr int64_t kLeastOverheadVsize = 10 + 31;
// Choices of coins for one draft.
constexpr int kMaxRounds = 20;
// Before it is looked again for those whom a version is refused for: nothing has come of it.
constexpr Millis kSearchPauseMs = 600'000;

int64_t EstimatedVsize(const std::vector<Coin>& coins,
                       const std::vector<const SendContent*>& contents, int64_t overhead_vsize) {
  int64_t vsize = overhead_vsize;
  for (const Coin& coin : coins) {
    vsize += bitcoin::EstimatedInputVsize(bitcoin::KindOf(coin.script));
  }
  for (const bitcoin::TxOut& output : OutputsOf(contents)) {
    vsize += bitcoin::OutputSize(output.script);
  }
  return vsize;
}

// What is left of the coins when they have paid for outputs, change and their own inputs; negative:
// what is missing.
bitcoin::Amount LeftOver(const std::vector<Coin>& coins,
                         const std::vector<const SendContent*>& contents, bitcoin::FeeRate rate) {
  const int64_t vsize = EstimatedVsize(coins, contents, kOverheadVsize);
  bitcoin::Amount left_sat = -bitcoin::FeeForVsize(rate, vsize);
  for (const Coin& coin : coins) left_sat += coin.amount_sat;
  for (const SendContent* content : contents) left_sat -= TotalAmountSat(*content);
  return left_sat;
}

std::vector<const SendContent*> ContentsOf(const Ledger& ledger, const std::vector<SendId>& ids) {
  std::vector<const SendContent*> contents;
  for (const SendId& id : ids) contents.push_back(&*ledger.FindSend(id)->content);
  return contents;
}

}  // namespace

Bumper::Bumper(const Policy& policy, Ledger& ledger, Outbox& outbox, CoinPool& pool,
               Follower& follower, Payer& payer, const Funder& funder, DraftNumbers& drafts)
    : policy_(policy),
      ledger_(ledger),
      outbox_(outbox),
      pool_(pool),
      follower_(follower),
      payer_(payer),
      funder_(funder),
      drafts_(drafts),
      wishes_(policy, ledger),
      overdue_(policy, ledger) {}

void Bumper::Ask(CallToken call, const SendId& id, bitcoin::FeeRate fee_rate_sat_kvb,
                 Millis now_ms) {
  const auto batch = wishes_.Add(call, id, fee_rate_sat_kvb, now_ms);
  // What is being drafted for it is too little.
  const bool is_drafted =
      batch && attempt_ && attempt_->batch == *batch && attempt_->purpose == Purpose::kAsked;
  if (is_drafted) attempt_.reset();
}

void Bumper::Stop() {
  wishes_.GiveUp();
  attempt_.reset();
}

// --- what is begun, and when

void Bumper::Advance(Millis now_ms) {
  NoteRefusedBatches();
  overdue_.Look();
  while (!attempt_ && (StartAsked(now_ms) || StartLeavingOut(now_ms) || StartOverdue(now_ms))) {
  }
}

Millis Bumper::next_due_ms() const {
  if (attempt_) return kNever;
  Millis due_ms = wishes_.next_due_ms();
  if (follower_.building_stall()) return due_ms;
  for (const auto& [batch, search] : searches_) due_ms = std::min(due_ms, search.due_ms);
  return std::min(due_ms, overdue_.next_due_ms());
}

void Bumper::MakeDue(Millis now_ms) {
  wishes_.MakeDue(now_ms);
  for (auto& [batch, search] : searches_) search.due_ms = now_ms;
  overdue_.MakeDue(now_ms);
}

bool Bumper::StartAsked(Millis now_ms) {
  const auto wish = wishes_.Due(now_ms);
  if (!wish) return false;
  Attempt attempt;
  attempt.batch = wish->batch;
  attempt.pays = SendsToPay(ledger_, *ledger_.FindBatch(wish->batch));
  attempt.rate_sat_kvb = wish->rate_sat_kvb;
  attempt.fee.fee_rate_sat_kvb = attempt.rate_sat_kvb;
  if (const auto& stall = follower_.building_stall()) {
    Postpone(attempt, stall->detail, now_ms);
  } else {
    Start(std::move(attempt), now_ms);
  }
  return true;
}

void Bumper::NoteRefusedBatches() {
  const auto& refused = payer_.batches_refused_by_policy();
  std::erase_if(searches_, [&](const auto& item) { return !refused.contains(item.first); });
  for (BatchId id : refused) {
    const Batch* batch = ledger_.FindBatch(id);
    const auto pays = batch ? SendsToPay(ledger_, *batch) : std::vector<SendId>();
    const auto known = searches_.find(id);
    if (known != searches_.end() && known->second.culprits.all() == pays) continue;
    if (known != searches_.end()) searches_.erase(known);
    // One alone is nobody's neighbour: he waits for an operator.
    if (pays.size() > 1) searches_.emplace(id, Search{CulpritSearch(pays), 0, 0});
  }
}

bool Bumper::StartLeavingOut(Millis now_ms) {
  if (follower_.building_stall()) return false;
  const auto due = std::find_if(searches_.begin(), searches_.end(),
                                [&](const auto& item) { return item.second.due_ms <= now_ms; });
  if (due == searches_.end()) return false;
  const CulpritSearch& culprits = due->second.culprits;
  Attempt attempt;
  attempt.batch = due->first;
  attempt.purpose = Purpose::kLeaveOut;
  attempt.pays = culprits.IsOver() ? culprits.good() : culprits.Next();
  const Batch& batch = *ledger_.FindBatch(due->first);
  const std::vector<Coin> core(batch.coins.begin(), batch.coins.begin() + batch.core_coins);
  const auto contents = ContentsOf(ledger_, attempt.pays);
  const int64_t vsize = EstimatedVsize(core, contents, kLeastOverheadVsize);
  attempt.rate_sat_kvb = FeeRateAboveAll(batch, vsize);
  attempt.fee.fee_rate_sat_kvb = attempt.rate_sat_kvb;
  Start(std::move(attempt), now_ms);
  return true;
}

bool Bumper::StartOverdue(Millis now_ms) {
  const auto overdue = overdue_.Due(now_ms);
  if (!overdue || follower_.building_stall()) return false;
  Attempt attempt;
  attempt.batch = *overdue;
  attempt.purpose = Purpose::kOverdue;
  const Batch* batch = ledger_.FindBatch(attempt.batch);
  const auto target = batch ? TargetOf(*batch) : std::nullopt;
  if (!target) {
    Conclude(attempt, Verdict::kCannotBump, "", now_ms);
    return true;
  }
  attempt.pays = SendsToPay(ledger_, *batch);
  attempt.fee = *target;
  attempt.rate_sat_kvb = NextStep(*batch);
  Start(std::move(attempt), now_ms);
  return true;
}

// The soonest that one of its sends asks for; nullopt if a caller has named a rate: that is his
// affair.
std::optional<FeeChoice> Bumper::TargetOf(const Batch& batch) const {
  int conf_target = kMaxConfTarget;
  for (const SendContent* content : ContentsOf(ledger_, SendsToPay(ledger_, batch))) {
    const FeeChoice fee = content->fee.value_or(FeeChoice{policy_.conf_target, std::nullopt});
    if (!fee.conf_target) return std::nullopt;
    conf_target = std::min(conf_target, *fee.conf_target);
  }
  return FeeChoice{conf_target, std::nullopt};
}

bitcoin::FeeRate Bumper::NextStep(const Batch& batch) const {
  const bitcoin::FeeRate present = PresentFeeRate(batch);
  const bitcoin::FeeRate step = present / 100 * policy_.bump_step_percent;
  return std::min(present + std::max(step, kReplacementStepSatKvb), policy_.max_fee_rate_sat_kvb);
}

// --- one attempt

void Bumper::Start(Attempt attempt, Millis now_ms) {
  const Batch* batch = ledger_.FindBatch(attempt.batch);
  const auto objection = batch ? ObjectionToReplacing(ledger_, *batch)
                               : std::optional<std::string>("the batch is final");
  if (objection || attempt.pays.empty()) {
    return Conclude(attempt, Verdict::kCannotBump, objection.value_or("nobody is left to pay"),
                    now_ms);
  }
  ChooseCoins(*batch, attempt);
  attempt.id = drafts_.Next();
  attempt.reorganisations = follower_.reorganisations();
  auto unspent = ChangesOf(*batch);
  unspent.insert(unspent.end(), attempt.fresh.begin(), attempt.fresh.end());
  if (unspent.empty()) return EmitDraft(std::move(attempt));
  outbox_.Emit(LookUpCoins{attempt.batch, std::move(unspent), attempt.id});
  attempt_ = std::move(attempt);
}

// With other coins, or for another rate.
void Bumper::StartAgain(Attempt attempt, Millis now_ms) {
  if (++attempt.rounds > kMaxRounds) return Postpone(attempt, "its coins go on changing", now_ms);
  Start(std::move(attempt), now_ms);
}

void Bumper::ChooseCoins(const Batch& batch, Attempt& attempt) const {
  const auto contents = ContentsOf(ledger_, attempt.pays);
  const auto left_sat = [&] {
    return LeftOver(attempt.coins, contents, attempt.rate_sat_kvb) - attempt.extra_sat;
  };
  attempt.fresh.clear();
  attempt.coins.assign(batch.coins.begin(), batch.coins.begin() + batch.core_coins);
  for (size_t i = batch.core_coins; i < batch.coins.size() && left_sat() < 0; ++i) {
    if (!attempt.gone.contains(batch.coins[i].outpoint)) attempt.coins.push_back(batch.coins[i]);
  }
  attempt.has_all = left_sat() < 0 && !AddFreeCoins(batch, -left_sat(), attempt);
  // Without its parts the transaction is smaller, and could pay less than the one it replaces.
  attempt.split_sat = SplitOf(batch.versions.front());
  const auto parts_vsize = static_cast<int64_t>(attempt.split_sat.size()) * kChangeVsize;
  bitcoin::Amount parts_sat = bitcoin::FeeForVsize(attempt.rate_sat_kvb, parts_vsize);
  for (const bitcoin::Amount part_sat : attempt.split_sat) parts_sat += part_sat;
  if (left_sat() < parts_sat) attempt.split_sat.clear();
}

bool Bumper::AddFreeCoins(const Batch& batch, bitcoin::Amount missing_sat, Attempt& attempt) const {
  const CoinWish wish{missing_sat, attempt.rate_sat_kvb};
  const auto more = SelectCoins(pool_, wish, [&](const WalletCoin& coin) {
    return funder_.MaySpend(coin) && !attempt.gone.contains(coin.coin.outpoint) &&
           !FindVersion(batch, coin.coin.outpoint.txid);
  });
  if (!more) return false;
  for (const Coin& coin : more->coins) {
    attempt.coins.push_back(coin);
    attempt.fresh.insert(coin.outpoint);
  }
  return true;
}

void Bumper::EmitDraft(Attempt attempt) {
  outbox_.Emit(DraftTransaction{attempt.id, attempt.coins,
                                OutputsOf(ContentsOf(ledger_, attempt.pays)), attempt.split_sat,
                                attempt.batch, attempt.fee, policy_.fallback_fee_rate_sat_kvb});
  attempt_ = std::move(attempt);
}

// Change that somebody else spends is not taken away from him; a coin is added only if nobody
// spends it, in the mempool either.
void Bumper::OnCoinsLookedUp(const CoinsLookedUp& reply, Millis now_ms) {
  if (!attempt_ || attempt_->id != reply.draft) return;
  Attempt attempt = std::move(*attempt_);
  attempt_.reset();
  if (const auto* refused = std::get_if<Refused>(&reply.outcome)) {
    return Postpone(attempt, refused->text, now_ms);
  }
  if (const auto* unknown = std::get_if<Unknown>(&reply.outcome)) {
    return Postpone(attempt, unknown->text, now_ms);
  }
  bool all_there = true;
  for (const auto& standing : std::get<std::vector<CoinStanding>>(reply.outcome)) {
    const bool is_fresh = attempt.fresh.contains(standing.outpoint);
    if (!is_fresh && standing.mempool_spender) {
      const auto txid = bitcoin::TxidOf(*standing.mempool_spender);
      return Conclude(attempt, Verdict::kCannotBump,
                      "its change is spent by transaction " + bitcoin::DisplayHex(txid), now_ms);
    }
    if (!is_fresh || standing.unspent) continue;
    follower_.NoteMissing(standing.outpoint);
    attempt.gone.insert(standing.outpoint);
    all_there = false;
  }
  if (!all_there) return StartAgain(std::move(attempt), now_ms);
  // Final meanwhile: neither the batch nor its sends are in memory any more.
  if (!ledger_.FindBatch(attempt.batch)) {
    return Conclude(attempt, Verdict::kTooLate, "the send is paid", now_ms);
  }
  EmitDraft(std::move(attempt));
}

void Bumper::OnDrafted(const Drafted& reply, Millis now_ms) {
  if (!attempt_ || attempt_->id != reply.draft) return;
  Attempt attempt = std::move(*attempt_);
  attempt_.reset();
  if (const auto* draft = std::get_if<Draft>(&reply.outcome)) {
    OnDraft(std::move(attempt), *draft, now_ms);
  } else if (const auto* refused = std::get_if<Refused>(&reply.outcome)) {
    OnRefusedDraft(std::move(attempt), *refused, now_ms);
  } else {
    Postpone(attempt, std::get<Unknown>(reply.outcome).text, now_ms);
  }
}

void Bumper::OnRefusedDraft(Attempt attempt, const Refused& refused, Millis now_ms) {
  if (refused.why == Refusal::kCoinsDoNotCover) {
    if (attempt.fee.conf_target) {
      // What is estimated is more than a step.
      attempt.fee = {std::nullopt, attempt.rate_sat_kvb};
    } else if (attempt.has_all) {
      return Conclude(attempt, Verdict::kCannotBump,
                      "its coins do not cover the fee, and the wallet has no others that are "
                      "confirmed and free: " +
                          refused.text,
                      now_ms);
    } else {
      attempt.extra_sat = std::max<bitcoin::Amount>(1'000, attempt.extra_sat * 2);
    }
    return StartAgain(std::move(attempt), now_ms);
  }
  if (attempt.purpose == Purpose::kLeaveOut && refused.why == Refusal::kCannotBuild) {
    // The wallet judges dust before the mempool is asked.
    Draft judged;
    judged.judgement = Refused{Refusal::kPolicy, refused.code, refused.text};
    if (!GoOnSearching(attempt, judged, now_ms)) return;
  }
  const bool is_final =
      refused.why == Refusal::kCannotBuild || refused.why == Refusal::kNoFeeEstimate;
  if (is_final) return Conclude(attempt, Verdict::kCannotBump, refused.text, now_ms);
  Postpone(attempt, refused.text, now_ms);
}

void Bumper::OnDraft(Attempt attempt, const Draft& draft, Millis now_ms) {
  if (!draft.missing.empty()) return OnMissing(std::move(attempt), draft, now_ms);
  if (draft.tip != ledger_.chain().tip().hash || follower_.building_stall() ||
      attempt.reorganisations != follower_.reorganisations()) {
    follower_.Want();
    return Postpone(attempt, "the node has another block than the log", now_ms);
  }
  if (attempt.purpose == Purpose::kOverdue && !SettleRate(attempt, draft, now_ms)) return;
  if (attempt.purpose == Purpose::kLeaveOut && !GoOnSearching(attempt, draft, now_ms)) return;
  if (draft.judgement) {
    return Conclude(attempt, Verdict::kCannotBump,
                    "the node would not take it: " + draft.judgement->text, now_ms);
  }
  Reserve(attempt, draft, now_ms);
}

// The chain does not have them, or not any more.
void Bumper::OnMissing(Attempt attempt, const Draft& draft, Millis now_ms) {
  const Batch* batch = ledger_.FindBatch(attempt.batch);
  bool is_core = false;
  for (const bitcoin::OutPoint& missing : draft.missing) {
    follower_.NoteMissing(missing);
    attempt.gone.insert(missing);
    for (uint32_t i = 0; batch && i < batch->core_coins; ++i) {
      is_core = is_core || batch->coins[i].outpoint == missing;
    }
  }
  if (!is_core) return StartAgain(std::move(attempt), now_ms);
  follower_.WantWallet(now_ms);
  Postpone(attempt, "a coin of its transaction is not in the chain, or is spent there", now_ms);
}

// The estimate, in steps. False if nothing is to be reserved now.
bool Bumper::SettleRate(const Attempt& attempt, const Draft& draft, Millis now_ms) {
  if (attempt.fee.fee_rate_sat_kvb) return true;
  const Batch* batch = ledger_.FindBatch(attempt.batch);
  const bitcoin::FeeRate rate = std::min(attempt.rate_sat_kvb, draft.fee_rate_sat_kvb);
  if (!batch || rate < PresentFeeRate(*batch) + kReplacementStepSatKvb) {
    Conclude(attempt, Verdict::kKnown, "", now_ms);
    return false;
  }
  if (rate == draft.fee_rate_sat_kvb) return true;
  Attempt step = attempt;
  step.fee = {std::nullopt, rate};
  StartAgain(std::move(step), now_ms);
  return false;
}

// Asks about the next group, unless what was drafted is all that will be taken and not all that was
// refused. False if nothing is to be reserved now.
bool Bumper::GoOnSearching(const Attempt& attempt, const Draft& draft, Millis now_ms) {
  const auto found = searches_.find(attempt.batch);
  if (found == searches_.end()) return false;  // the node has taken it meanwhile
  Search& search = found->second;
  const bool is_about_payments = draft.judgement && draft.judgement->why == Refusal::kPolicy;
  if (draft.judgement && !is_about_payments) return true;
  if (search.culprits.IsOver()) return true;
  search.culprits.Judged(!draft.judgement);
  if (!search.culprits.IsOver()) return false;
  const auto good = search.culprits.good();
  if (good.empty() || good == search.culprits.all()) {
    Conclude(attempt, Verdict::kCannotBump, "", now_ms);
    return false;
  }
  return good == attempt.pays && !draft.judgement;
}

void Bumper::Reserve(const Attempt& attempt, const Draft& draft, Millis now_ms) {
  const Batch* batch = ledger_.FindBatch(attempt.batch);
  if (!batch) return Conclude(attempt, Verdict::kTooLate, "the send is paid", now_ms);
  const auto contents = ContentsOf(ledger_, attempt.pays);
  const CheckedDraft checked = CheckDraft(draft, attempt.coins, contents, attempt.split_sat);
  if (!checked.reservation) {
    return Conclude(attempt, Verdict::kCannotBump,
                    "the node's draft was thrown away: " + checked.problem, now_ms);
  }
  if (const auto objection = ObjectionToFee(*checked.reservation, contents, policy_)) {
    const std::string who =
        objection->index ? "send " + attempt.pays[*objection->index] + ": " : "";
    return Conclude(attempt, Verdict::kFeeTooHigh, who + objection->text, now_ms);
  }
  VersionReserved record = ReplacementOf(*batch, attempt.pays, *checked.reservation);
  const bool is_taken = std::any_of(attempt.fresh.begin(), attempt.fresh.end(),
                                    [&](const auto& coin) { return ledger_.IsReserved(coin); });
  if (is_taken) return StartAgain(attempt, now_ms);
  if (const auto objection = ledger_.Objection(record)) {
    return Conclude(attempt, Verdict::kCannotBump, *objection, now_ms);
  }
  outbox_.Write(std::move(record), now_ms);
  overdue_.CountAnew(attempt.batch);
  payer_.OnVersionReserved(attempt.batch, now_ms);
  Conclude(attempt, Verdict::kKnown, "", now_ms);
}

// --- what came of it

void Bumper::Conclude(const Attempt& attempt, Verdict verdict, const std::string& detail,
                      Millis now_ms) {
  switch (attempt.purpose) {
    case Purpose::kAsked:
      return wishes_.Conclude({attempt.batch, attempt.rate_sat_kvb}, verdict, detail, now_ms);
    case Purpose::kLeaveOut: {
      const auto found = searches_.find(attempt.batch);
      if (found == searches_.end()) return;
      found->second.culprits = CulpritSearch(found->second.culprits.all());
      found->second.due_ms = now_ms + kSearchPauseMs;
      return;
    }
    case Purpose::kOverdue:
      return overdue_.CountAnew(attempt.batch);
  }
}

// What can be otherwise in a moment is tried again.
void Bumper::Postpone(const Attempt& attempt, const std::string& why, Millis now_ms) {
  switch (attempt.purpose) {
    case Purpose::kAsked:
      return wishes_.Postpone({attempt.batch, attempt.rate_sat_kvb}, why, now_ms);
    case Purpose::kLeaveOut: {
      const auto search = searches_.find(attempt.batch);
      if (search == searches_.end()) return;
      search->second.due_ms = now_ms + Backoff(policy_, search->second.failures++);
      return;
    }
    case Purpose::kOverdue:
      return overdue_.Postpone(attempt.batch, now_ms);
  }
}

}  // namespace sendonce::core
