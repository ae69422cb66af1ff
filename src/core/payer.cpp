#include "core/payer.h"

#include <algorithm>
#include <cassert>

#include "core/backoff.h"
#include "core/transaction_check.h"

namespace sendonce::core {

namespace {

// Refusals that no waiting mends: an operator must change something.
bool NeedsOperator(Refusal why) {
  return why == Refusal::kPolicy || why == Refusal::kOverOurCap || why == Refusal::kCannotSign ||
         why == Refusal::kRejected;
}

// Refusals after which it is worth knowing who spends the coins.
bool MayBeAboutCoins(Refusal why) {
  return why == Refusal::kMissingOrSpent || why == Refusal::kFeeTooLow ||
         why == Refusal::kCannotSign || why == Refusal::kPolicy;
}

std::vector<bitcoin::OutPoint> OutPointsOf(const Batch& batch) {
  std::vector<bitcoin::OutPoint> outpoints;
  for (const Coin& coin : batch.coins) outpoints.push_back(coin.outpoint);
  return outpoints;
}

template <typename T>
Stall StallFrom(const Outcome<T>& outcome, Millis now_ms) {
  if (const auto* refused = std::get_if<Refused>(&outcome)) {
    return {std::string(StallCode(refused->why)), refused->text, now_ms,
            !NeedsOperator(refused->why)};
  }
  return {"node_unavailable", std::get<Unknown>(outcome).text, now_ms, true};
}

}  // namespace

Payer::Payer(const Policy& policy, Ledger& ledger, Outbox& outbox, CoinPool& pool,
             Follower& follower)
    : policy_(policy), ledger_(ledger), outbox_(outbox), pool_(pool), follower_(follower) {
  ScheduleAll(0);
}

void Payer::Schedule(BatchId batch, Millis at_ms) {
  Attempt& attempt = attempts_[batch];
  due_.erase({attempt.due_ms, batch});
  attempt.due_ms = at_ms;
  due_.emplace(at_ms, batch);
}

void Payer::ScheduleAll(Millis now_ms) {
  for (const auto& [id, batch] : ledger_.batches()) {
    if (!Ledger::IsOpen(batch) || batch.confirmation) continue;
    attempts_[id].locked = false;
    Schedule(id, now_ms);
  }
}

Millis Payer::next_due_ms() const {
  constexpr Millis kNever = INT64_MAX;
  return due_.empty() || follower_.sending_stall() ? kNever : due_.begin()->first;
}

void Payer::Advance(Millis now_ms) {
  if (follower_.sending_stall()) return;
  std::vector<BatchId> due;
  for (const auto& [due_ms, id] : due_) {
    if (due_ms > now_ms) break;
    due.push_back(id);
  }
  for (BatchId id : due) {
    Attempt& attempt = attempts_.at(id);
    const Batch* batch = ledger_.FindBatch(id);
    if (!batch || !Ledger::IsOpen(*batch) || batch->confirmation) {
      due_.erase({attempt.due_ms, id});
      attempts_.erase(id);
    } else if (attempt.in_flight) {
      due_.erase({attempt.due_ms, id});  // its reply puts it back
    } else {
      TakeNextStep(*batch, attempt, now_ms);
    }
  }
}

// One way through: what is durable says what comes next.
void Payer::TakeNextStep(const Batch& batch, Attempt& attempt, Millis now_ms) {
  due_.erase({attempt.due_ms, batch.id});
  const Version& version = CurrentVersion(batch);
  if (!version.raw_tx.empty()) {
    attempt.in_flight = true;
    return EmitBroadcast(batch, attempt);
  }
  if (follower_.building_stall()) {
    // Only recorded bytes go out while the node is behind (R10); signing waits.
    return Schedule(batch.id, now_ms + policy_.retry_min_ms);
  }
  if (!version.signature_asked && !batch.rivals.empty()) {
    return Drop(batch.id, now_ms);  // a coin is taken, and others may still be chosen
  }
  if (!version.signature_asked && DropIfExpired(batch, now_ms)) return;
  attempt.in_flight = true;
  if (!attempt.locked) return outbox_.Emit(LockCoins{batch.id, OutPointsOf(batch)});
  AskForSignature(batch, now_ms);
}

void Payer::AskForSignature(const Batch& batch, Millis now_ms) {
  const auto number = static_cast<uint32_t>(batch.versions.size() - 1);
  const Version& version = batch.versions.back();
  if (!version.signature_asked) outbox_.Write(SignatureRequested{batch.id, number}, now_ms);
  outbox_.Emit(Sign{batch.id, number, version.unsigned_tx});
}

// The last look at the deadline, before a signature can exist.
bool Payer::DropIfExpired(const Batch& batch, Millis now_ms) {
  std::vector<SendId> expired;
  for (const SendId& id : batch.sends) {
    const auto& not_after_ms = ledger_.FindSend(id)->content->not_after_ms;
    if (not_after_ms && *not_after_ms <= now_ms) expired.push_back(id);
  }
  if (expired.empty()) return false;
  Drop(batch.id, now_ms);
  for (const SendId& id : expired) outbox_.Write(SendEnded{id, Ending::kExpired}, now_ms);
  return true;
}

// The newest version first; if it is refused, those before it: each of them pays.
void Payer::EmitBroadcast(const Batch& batch, const Attempt& attempt) {
  std::vector<const Version*> versions;
  for (auto version = batch.versions.rbegin(); version != batch.versions.rend(); ++version) {
    if (!version->raw_tx.empty()) versions.push_back(&*version);
  }
  const Version& version = *versions[static_cast<size_t>(attempt.failures) % versions.size()];
  // The cap was checked before the reservation, on an estimate of the size; the node weighs the
  // real one.
  const bitcoin::FeeRate limit = policy_.max_fee_rate_sat_kvb + policy_.max_fee_rate_sat_kvb / 4;
  outbox_.Emit(Broadcast{batch.id, version.txid, version.raw_tx, limit});
}

void Payer::LookUp(const Batch& batch, Attempt& attempt) {
  attempt.in_flight = true;
  outbox_.Emit(LookUpCoins{batch.id, OutPointsOf(batch)});
}

void Payer::Drop(BatchId id, Millis now_ms) {
  const Batch* batch = ledger_.FindBatch(id);
  assert(batch && !SignatureAsked(*batch));
  auto coins = OutPointsOf(*batch);
  outbox_.Write(BatchDropped{id}, now_ms);
  outbox_.Emit(UnlockCoins{std::move(coins)});
  const auto attempt = attempts_.find(id);
  if (attempt == attempts_.end()) return;
  due_.erase({attempt->second.due_ms, id});
  attempts_.erase(attempt);
}

void Payer::DropUnasked(Millis now_ms) {
  std::vector<BatchId> unasked;
  for (const auto& [id, batch] : ledger_.batches()) {
    if (Ledger::IsOpen(batch) && !SignatureAsked(batch)) unasked.push_back(id);
  }
  for (BatchId id : unasked) Drop(id, now_ms);
}

// The attempt that a reply belongs to, or nullptr if the batch was dropped, confirmed or forgotten
// meanwhile: then nothing follows from the reply.
Payer::Attempt* Payer::Returned(BatchId batch) {
  const auto found = attempts_.find(batch);
  if (found == attempts_.end()) return nullptr;
  found->second.in_flight = false;
  const Batch* known = ledger_.FindBatch(batch);
  if (known && Ledger::IsOpen(*known)) return &found->second;
  due_.erase({found->second.due_ms, batch});
  attempts_.erase(found);
  return nullptr;
}

void Payer::Succeed(Attempt& attempt, BatchId batch, Millis due_ms) {
  attempt.failures = 0;
  attempt.stall.reset();
  Schedule(batch, due_ms);
}

void Payer::Fail(Attempt& attempt, BatchId batch, const Stall& stall, Millis now_ms) {
  const bool goes_on = attempt.stall && attempt.stall->code == stall.code;
  const Millis since_ms = goes_on ? attempt.stall->since_ms : stall.since_ms;
  attempt.stall = stall;
  attempt.stall->since_ms = since_ms;
  Schedule(batch, now_ms + Backoff(policy_, attempt.failures++));
}

template <typename T>
void Payer::FailWith(Attempt& attempt, BatchId batch, const Outcome<T>& outcome, Millis now_ms) {
  Fail(attempt, batch, StallFrom(outcome, now_ms), now_ms);
  // An unknown outcome starts a reconciliation (R6).
  if (std::holds_alternative<Unknown>(outcome)) follower_.Want();
}

// A lock is a courtesy (R8): what matters here is only whether the coins are still there.
void Payer::OnCoinsLocked(const CoinsLocked& locked, Millis now_ms) {
  Attempt* attempt = Returned(locked.batch);
  if (!attempt) return;
  if (std::holds_alternative<Done>(locked.outcome)) {
    attempt->locked = true;
    return Succeed(*attempt, locked.batch, now_ms);
  }
  FailWith(*attempt, locked.batch, locked.outcome, now_ms);
  const auto* refused = std::get_if<Refused>(&locked.outcome);
  if (refused && refused->why == Refusal::kRejected) {
    LookUp(*ledger_.FindBatch(locked.batch), *attempt);
  }
}

void Payer::OnSigned(const Signed& reply, Millis now_ms) {
  Attempt* attempt = Returned(reply.batch);
  if (!attempt) return;
  const Batch& batch = *ledger_.FindBatch(reply.batch);
  const Version& version = batch.versions.at(reply.version);
  if (!version.raw_tx.empty()) return Schedule(reply.batch, now_ms);
  const auto* raw_tx = std::get_if<bitcoin::Bytes>(&reply.outcome);
  if (!raw_tx) {
    FailWith(*attempt, reply.batch, reply.outcome, now_ms);
    const auto* refused = std::get_if<Refused>(&reply.outcome);
    if (refused && MayBeAboutCoins(refused->why)) LookUp(batch, *attempt);
    return;
  }
  if (const auto objection = ObjectionToSigned(version.unsigned_tx, *raw_tx)) {
    return Fail(*attempt, reply.batch, {"cannot_sign", *objection, now_ms, false}, now_ms);
  }
  outbox_.Write(VersionSigned{reply.batch, reply.version, *raw_tx}, now_ms);
  Succeed(*attempt, reply.batch, now_ms);
}

void Payer::Accept(const Batch& batch, const bitcoin::Txid& txid, Millis now_ms) {
  const BatchId id = batch.id;
  const Version* version = FindVersion(batch, txid);
  if (!version) return;
  if (!version->accepted) outbox_.Write(VersionAccepted{id, txid}, now_ms);
  // Our transaction is in the mempool: what was only there, and spends the same coins, is not.
  std::vector<bitcoin::Txid> gone;
  for (const Rival& rival : ledger_.FindBatch(id)->rivals) {
    if (!rival.block) gone.push_back(rival.txid);
  }
  for (const bitcoin::Txid& rival : gone) outbox_.Write(RivalGone{id, rival}, now_ms);
}

void Payer::OnBroadcasted(const Broadcasted& reply, Millis now_ms) {
  Attempt* attempt = Returned(reply.batch);
  if (!attempt) return;
  const Batch& batch = *ledger_.FindBatch(reply.batch);
  const auto* refused = std::get_if<Refused>(&reply.outcome);
  const bool in_chain = refused && refused->why == Refusal::kAlreadyInChain;
  if (std::holds_alternative<Done>(reply.outcome) || in_chain) {
    if (in_chain) follower_.Want();
    Accept(batch, reply.txid, now_ms);
    return Succeed(*attempt, reply.batch, now_ms + policy_.rebroadcast_interval_ms);
  }
  FailWith(*attempt, reply.batch, reply.outcome, now_ms);
  if (!refused || !MayBeAboutCoins(refused->why)) return;
  follower_.Want();
  LookUp(batch, *attempt);
}

void Payer::OnCoinsLookedUp(const CoinsLookedUp& reply, Millis now_ms) {
  Attempt* attempt = Returned(reply.batch);
  if (!attempt) return;
  // The step that asked for this look is tried again when its back-off is over.
  Schedule(reply.batch, std::max(attempt->due_ms, now_ms));
  const auto* standings = std::get_if<std::vector<CoinStanding>>(&reply.outcome);
  if (!standings) return;
  bool all_unspent = true;
  for (const CoinStanding& standing : *standings) {
    all_unspent = all_unspent && standing.unspent;
    if (!standing.unspent) pool_.Remove(standing.outpoint);
    if (!standing.mempool_spender) continue;
    follower_.OnSpender(reply.batch, *standing.mempool_spender, std::nullopt, now_ms);
  }
  // The coins are there: a lock that the node does not give is done without (R8).
  if (all_unspent) attempt->locked = true;
  const Batch* batch = ledger_.FindBatch(reply.batch);
  if (SignatureAsked(*batch)) return;
  if (!all_unspent) return Drop(reply.batch, now_ms);
  Succeed(*attempt, reply.batch, now_ms);
}

void Payer::MakeDue(Millis now_ms) {
  std::vector<BatchId> scheduled;
  for (const auto& [due_ms, id] : due_) scheduled.push_back(id);
  for (BatchId id : scheduled) Schedule(id, now_ms);
}

std::optional<Stall> Payer::StallOf(BatchId batch) const {
  const auto found = attempts_.find(batch);
  return found == attempts_.end() ? std::nullopt : found->second.stall;
}

}  // namespace sendonce::core
