#include "core/payer.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "core/backoff.h"
#include "core/may_pay.h"
#include "core/may_send.h"
#include "core/output_claims.h"
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

std::set<bitcoin::Txid> SpendersIn(const std::vector<CoinStanding>& standings) {
  std::set<bitcoin::Txid> txids;
  for (const CoinStanding& one : standings) {
    if (one.mempool_spender) txids.insert(bitcoin::TxidOf(*one.mempool_spender));
  }
  return txids;
}

// A version of ours that is not signed yet: there is one at most.
std::optional<uint32_t> UnsignedVersion(const Batch& batch) {
  for (size_t i = batch.versions.size(); i-- > 0;) {
    if (batch.versions[i].raw_tx.empty()) return static_cast<uint32_t>(i);
  }
  return std::nullopt;
}

// Whatever the batch replaces can not confirm beside it at any depth of a reorganisation (R4 a, b).
bool ExcludesByCoins(const Batch& batch) {
  return std::all_of(batch.exclusions.begin(), batch.exclusions.end(), [](const Exclusion& one) {
    return one.reason == ExclusionReason::kSharedCoin ||
           one.reason == ExclusionReason::kDescendsFromRival;
  });
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

Payer::Payer(const Policy& policy, Ledger& ledger, Outbox& outbox, Follower& follower)
    : policy_(policy),
      ledger_(ledger),
      outbox_(outbox),
      follower_(follower),
      standings_(ledger, outbox, follower),
      looks_(policy.retry_max_ms) {
  ScheduleAll(0);
}

void Payer::Schedule(BatchId batch, Millis at_ms) {
  Attempt& attempt = attempts_[batch];
  due_.erase({attempt.due_ms, batch});
  attempt.due_ms = at_ms;
  due_.emplace(at_ms, batch);
}

void Payer::OnVersionReserved(BatchId batch, Millis now_ms) {
  Attempt& attempt = attempts_[batch];
  attempt.locked = false;
  attempt.failures = 0;
  refused_by_policy_.erase(batch);
  Schedule(batch, now_ms);
}

void Payer::ScheduleAll(Millis now_ms) {
  for (const auto& [id, batch] : ledger_.batches()) {
    if (!HasWork(batch)) continue;
    attempts_[id].locked = false;
    Schedule(id, now_ms);
  }
}

void Payer::OnTouched(const std::vector<BatchId>& touched, Millis now_ms) {
  for (BatchId id : touched) {
    const Batch* batch = ledger_.FindBatch(id);
    if (batch && HasLocksToGiveBack(*batch)) Schedule(id, now_ms);
  }
}

bool Payer::HasLocksToGiveBack(const Batch& batch) {
  return batch.locked && (batch.superseded || !Ledger::IsOpen(batch));
}

// Something to sign or to send, or locks to give back.
bool Payer::HasWork(const Batch& batch) {
  return HasLocksToGiveBack(batch) || (Ledger::IsOpen(batch) && !batch.confirmation);
}

Millis Payer::next_due_ms() const {
  constexpr Millis kNever = INT64_MAX;
  return due_.empty() || follower_.sending_stall() ? kNever : due_.begin()->first;
}

void Payer::Advance(Millis now_ms) {
  if (follower_.sending_stall()) return;
  // A step can make another batch due at once: one that was dropped, or that its sends go back to.
  while (!due_.empty() && due_.begin()->first <= now_ms) {
    const BatchId id = due_.begin()->second;
    Attempt& attempt = attempts_.at(id);
    const Batch* batch = ledger_.FindBatch(id);
    // Of what is closed nobody has to know who spends its coins.
    if (batch && !Ledger::IsOpen(*batch)) attempt.wants_look = false;
    if (!batch || (!HasWork(*batch) && !attempt.wants_look)) {
      Forget(id, attempt);
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
  if (attempt.wants_look) return TakeWantedLook(batch, attempt, now_ms);
  if (HasLocksToGiveBack(batch)) return ReleaseLocks(batch, attempt, now_ms);
  if (batch.superseded) return TrySuperseded(batch, attempt, now_ms);
  const auto unsigned_version = UnsignedVersion(batch);
  const bool has_signed = !CurrentVersion(batch).raw_tx.empty();
  // A replacement that cannot be signed now does not keep what it replaces from going out.
  const bool signs = unsigned_version && (!has_signed || attempt.failures % 2 == 0);
  if (signs && !follower_.building_stall()) {
    return Sign(batch, *unsigned_version, attempt, now_ms);
  }
  if (has_signed && std::exchange(attempt.relocks, false)) {
    auto to_lock = CoinsToLock(batch);
    attempt.in_flight = !to_lock.empty();
    if (attempt.in_flight) return outbox_.Emit(LockCoins{batch.id, std::move(to_lock)});
  }
  if (has_signed) return EmitBroadcast(batch, attempt, now_ms);
  // Only recorded bytes go out while the node is behind (R10); signing waits.
  Schedule(batch.id, now_ms + policy_.retry_min_ms);
}

void Payer::Sign(const Batch& batch, uint32_t number, Attempt& attempt, Millis now_ms) {
  if (!SignatureAsked(batch)) {
    // A coin is taken, and others may still be chosen.
    if (!batch.rivals.empty()) return Drop(batch.id, now_ms);
    if (DropIfExpired(batch, now_ms)) return;
  }
  auto to_lock = CoinsToLock(batch);
  if (!attempt.locked && !to_lock.empty()) {
    attempt.in_flight = true;
    return outbox_.Emit(LockCoins{batch.id, std::move(to_lock)});
  }
  AskForSignature(batch, number, attempt, now_ms);
}

void Payer::AskForSignature(const Batch& batch, uint32_t number, Attempt& attempt, Millis now_ms) {
  const Version& version = batch.versions[number];
  if (const auto objection = ObjectionToSigning(ledger_, batch, number, policy_.conflict_depth)) {
    if (!SignatureAsked(batch)) return Drop(batch.id, now_ms);
    // The coins may have gone with what the reservation rested on: then it waits for what R4
    // allows.
    Fail(attempt, batch.id, {"conflicted", *objection, now_ms, true}, now_ms);
    return LookUp(batch, attempt);
  }
  if (!MayGoOnByVerdict(batch, now_ms)) return;
  attempt.in_flight = true;
  if (!version.signature_asked) outbox_.Write(SignatureRequested{batch.id, number}, now_ms);
  outbox_.Emit(core::Sign{batch.id, number, batch.versions[number].unsigned_tx});
}

// As late as can be, before the first signature and before each try to send it up to the one that
// goes well: what only a verdict excludes may have come back since it was looked for.
bool Payer::MayGoOnByVerdict(const Batch& batch, Millis now_ms) {
  if (AcceptedOurOwn(batch)) return true;
  if (HasLookedFor(batch.exclusions, Where::kMempoolAndChain, now_ms)) {
    await_look_.erase(batch.id);  // else its back-off is cut short by a look that another wants
    return true;
  }
  await_look_.insert(batch.id);
  Schedule(batch.id, now_ms + policy_.retry_min_ms);
  return false;
}

// Its sends are paid by another batch now, if that can be. While the node has not accepted that
// one, what was signed here is tried as well, where both can never confirm: what the other rests on
// may be gone with a reorganisation.
void Payer::TrySuperseded(const Batch& batch, Attempt& attempt, Millis now_ms) {
  if (!SignatureAsked(batch)) return Drop(batch.id, now_ms);
  const bool may_try = std::all_of(batch.sends.begin(), batch.sends.end(), [&](const SendId& id) {
    const Send* send = ledger_.FindSend(id);
    const Batch* live = send ? ledger_.LiveBatchOf(*send) : nullptr;
    return live && Ledger::IsOpen(*send) && !Accepted(*live) && ExcludesByCoins(*live);
  });
  if (may_try && !CurrentVersion(batch).raw_tx.empty())
    return EmitBroadcast(batch, attempt, now_ms);
  Schedule(batch.id, now_ms + policy_.rebroadcast_interval_ms);
}

// What another batch has claimed meanwhile stays locked for that one.
void Payer::ReleaseLocks(const Batch& batch, Attempt& attempt, Millis) {
  auto coins = OutPointsOf(batch);
  std::erase_if(coins, [&](const bitcoin::OutPoint& coin) {
    const auto owners = ledger_.OwnersOf(coin);
    return std::any_of(owners.begin(), owners.end(), [&](BatchId id) {
      return !ledger_.FindBatch(id)->versions.front().adopted;
    });
  });
  attempt.in_flight = true;
  outbox_.Emit(UnlockCoins{batch.id, std::move(coins)});
}

void Payer::OnCoinsUnlocked(const CoinsUnlocked& unlocked, Millis now_ms) {
  const auto found = attempts_.find(unlocked.batch);
  const Batch* batch = ledger_.FindBatch(unlocked.batch);
  if (found == attempts_.end() || !batch) return;
  found->second.in_flight = false;
  const bool is_wanted = HasLocksToGiveBack(*batch);
  if (!std::holds_alternative<Done>(unlocked.outcome)) {
    return FailWith(found->second, unlocked.batch, unlocked.outcome, now_ms);
  }
  if (is_wanted) {
    outbox_.Write(LocksReleased{unlocked.batch}, now_ms);
    follower_.WantAllCoins();
  }
  Succeed(found->second, unlocked.batch, now_ms);
}

// Once the node has a transaction that spends it, its wallet keeps the coin from others by itself,
// and refuses to lock it.
std::vector<bitcoin::OutPoint> Payer::CoinsToLock(const Batch& batch) const {
  std::set<bitcoin::OutPoint> spent;
  for (const Version& version : batch.versions) {
    if (!version.accepted) continue;
    const auto transaction = bitcoin::ParseTransaction(version.raw_tx);
    for (const bitcoin::TxIn& input : transaction->inputs) spent.insert(input.prevout);
  }
  auto coins = OutPointsOf(batch);
  std::erase_if(coins, [&](const bitcoin::OutPoint& coin) { return spent.contains(coin); });
  return coins;
}

void Payer::OnLocksRead(const std::vector<bitcoin::OutPoint>& locked, Millis now_ms) {
  const std::set<bitcoin::OutPoint> there(locked.begin(), locked.end());
  for (const auto& [id, batch] : ledger_.batches()) {
    const auto attempt = attempts_.find(id);
    if (attempt == attempts_.end()) continue;
    if (!Ledger::IsOpen(batch) || batch.superseded) continue;
    const bool will_lock = UnsignedVersion(batch).has_value();
    if (will_lock && !attempt->second.locked) continue;
    const auto coins = CoinsToLock(batch);
    const bool all = std::all_of(coins.begin(), coins.end(),
                                 [&](const auto& coin) { return there.contains(coin); });
    if (all) continue;
    (will_lock ? attempt->second.locked : attempt->second.relocks) = !will_lock;
    if (!attempt->second.in_flight) Schedule(id, now_ms);  // else its reply puts it back
  }
}

// The last look at the deadline, before a signature can exist.
bool Payer::DropIfExpired(const Batch& batch, Millis now_ms) {
  std::vector<SendId> expired;
  for (const SendId& id : batch.sends) {
    const auto& not_after_ms = ledger_.FindSend(id)->content->not_after_ms;
    // One that R4 has moved no longer expires.
    const bool is_first = ledger_.FindSend(id)->batches.size() == 1;
    if (is_first && not_after_ms && *not_after_ms <= now_ms) expired.push_back(id);
  }
  if (expired.empty()) return false;
  Drop(batch.id, now_ms);
  for (const SendId& id : expired) outbox_.Write(SendEnded{id, Ending::kExpired}, now_ms);
  return true;
}

// The newest version first; if it is refused, those before it: each of them pays.
void Payer::EmitBroadcast(const Batch& batch, Attempt& attempt, Millis now_ms) {
  std::erase_if(held_until_ms_, [&](const auto& held) { return held.second <= now_ms; });
  const auto versions = VersionsToSend(ledger_, batch, policy_.conflict_depth);
  const auto is_held = [&](const Version* version) {
    return held_until_ms_.contains(version->txid);
  };
  if (std::any_of(versions.begin(), versions.end(), is_held)) {
    return Schedule(batch.id, now_ms + policy_.retry_min_ms);
  }
  if (versions.empty()) {
    const Stall stall{"conflicted",
                      "its transaction also pays a send that an operator has decided about, or "
                      "somebody else has made one that pays, or may pay, the same beside it",
                      now_ms, true};
    return Fail(attempt, batch.id, stall, now_ms);
  }
  if (!MayGoOnByVerdict(batch, now_ms)) return;
  // While a version is to be signed, every second try is for that.
  const auto tries = static_cast<size_t>(attempt.failures) / (UnsignedVersion(batch) ? 2 : 1);
  const Version& version = *versions[tries % versions.size()];
  // The cap was checked before the reservation, on an estimate of the size; the node weighs the
  // real one.
  const bitcoin::FeeRate limit = policy_.max_fee_rate_sat_kvb + policy_.max_fee_rate_sat_kvb / 4;
  attempt.in_flight = true;
  looks_.NoteSent(version.txid);
  outbox_.Emit(Broadcast{batch.id, version.txid, version.raw_tx, limit});
}

void Payer::WantLook(BatchId batch, Millis now_ms) {
  if (attempts_[batch].wants_look) return;
  looks_.Forget(batch);
  Schedule(batch, now_ms);
  attempts_.at(batch).wants_look = true;
}

bool Payer::HasLooked(BatchId batch, const bitcoin::Txid& version, Millis now_ms) const {
  return looks_.HasLooked(batch, version, now_ms);
}

bool Payer::HasSeen(BatchId batch, const bitcoin::Txid& version) const {
  return looks_.HasSeen(batch, version);
}

bool Payer::HasReadSinceLook(BatchId batch) const {
  const auto before = looks_.ReadingsBefore(batch);
  return before && follower_.has_read_chain() && follower_.last_whole_reading() > *before;
}

// The record that it is there after all refutes the verdict.
bool Payer::HasLookedFor(const std::vector<Exclusion>& exclusions, Where where, Millis now_ms) {
  std::set<BatchId> batches;
  bool all = true;
  for (const Exclusion& exclusion : exclusions) {
    if (exclusion.reason != ExclusionReason::kVerdict) continue;
    // One that has left and is paid needs no look, and may be forgotten.
    const Send* send = ledger_.FindSend(exclusion.send);
    if (!send || !Ledger::IsOpen(*send)) continue;
    for (const MayPay& one : MayPaySet(ledger_, *send)) {
      const BatchId id = one.batch->id;
      if (!IsKnownAs(*one.version, exclusion.excluded) || !Ledger::IsOpen(*one.batch)) continue;
      batches.insert(id);
      const bool has_looked = HasLooked(id, one.version->txid, now_ms);
      if (!has_looked) WantLook(id, now_ms);
      all = all && has_looked && (where == Where::kMempool || HasReadSinceLook(id));
    }
  }
  if (!all) return false;
  for (BatchId id : batches) looks_.Forget(id);
  return true;
}

void Payer::TakeWantedLook(const Batch& batch, Attempt& attempt, Millis now_ms) {
  if (looks_.IsOnItsWay(batch)) return Schedule(batch.id, now_ms + policy_.retry_min_ms);
  attempt.look_is_out = true;
  looks_.Begin(batch.id);
  LookUp(batch, attempt);
}

void Payer::LookUp(const Batch& batch, Attempt& attempt) {
  attempt.in_flight = true;
  outbox_.Emit(LookUpCoins{batch.id, OutPointsOf(batch), 0});
}

void Payer::Drop(BatchId id, Millis now_ms) {
  const Batch* batch = ledger_.FindBatch(id);
  assert(batch && !SignatureAsked(*batch));
  const std::vector<SendId> sends = batch->sends;
  outbox_.Write(BatchDropped{id}, now_ms);
  Schedule(id, now_ms);  // its locks are given back
  for (const SendId& send : sends) {
    const auto& back = ledger_.FindSend(send)->live_batch;
    if (back) Schedule(*back, now_ms);
  }
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
  if (known && HasWork(*known)) {
    Schedule(batch, found->second.due_ms);
    return nullptr;
  }
  Forget(batch, found->second);
  return nullptr;
}

void Payer::Forget(BatchId batch, Attempt& attempt) {
  due_.erase({attempt.due_ms, batch});
  refused_by_policy_.erase(batch);
  standings_.Forget(batch);
  attempts_.erase(batch);
}

void Payer::Succeed(Attempt& attempt, BatchId batch, Millis due_ms) {
  attempt.failures = 0;
  attempt.stall.reset();
  standings_.Forget(batch);
  Schedule(batch, due_ms);
}

void Payer::Fail(Attempt& attempt, BatchId batch, const Stall& stall, Millis now_ms) {
  const bool goes_on = attempt.stall && attempt.stall->code == stall.code;
  const Millis since_ms = goes_on ? attempt.stall->since_ms : stall.since_ms;
  attempt.stall = stall;
  attempt.stall->since_ms = since_ms;
  const Millis wait_ms = Backoff(policy_, attempt.failures++);
  Schedule(batch, WaitsForLook(attempt) ? now_ms : now_ms + wait_ms);
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
  // With nothing left to sign it is a courtesy and no more.
  if (!UnsignedVersion(*ledger_.FindBatch(locked.batch))) return Schedule(locked.batch, now_ms);
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
  if (ledger_.IsNews(batch, *version)) outbox_.Write(VersionAccepted{id, txid}, now_ms);
  AcceptElsewhere(id, *version, now_ms);
  // Our transaction is in the mempool: what was only there, and spends the same coins, is not.
  const auto ours = TransactionOf(*version);
  std::vector<bitcoin::Txid> gone;
  for (const Rival& rival : ledger_.FindBatch(id)->rivals) {
    if (rival.block || !ShareACoin(*bitcoin::ParseTransaction(rival.raw_tx), ours)) continue;
    gone.push_back(rival.txid);
  }
  for (const bitcoin::Txid& rival : gone) outbox_.Write(RivalGone{id, rival}, now_ms);
}

// What was adopted for several ids is a version of a batch for each.
void Payer::AcceptElsewhere(BatchId id, const Version& version, Millis now_ms) {
  if (!version.adopted) return;
  for (BatchId other : BatchesSpentBy(ledger_, *bitcoin::ParseTransaction(version.raw_tx))) {
    const Batch& batch = *ledger_.FindBatch(other);
    const Version* same = other == id ? nullptr : FindVersion(batch, version.txid);
    // It may be there without its signatures, where a log was put back: reserved again, the same.
    if (!same || same->raw_tx.empty()) continue;
    if (!Ledger::IsOpen(batch) || !ledger_.IsNews(batch, *same)) continue;
    outbox_.Write(VersionAccepted{other, version.txid}, now_ms);
  }
}

void Payer::OnBroadcasted(const Broadcasted& reply, Millis now_ms) {
  looks_.NoteOutcome(reply.txid);
  Attempt* attempt = Returned(reply.batch);
  if (!attempt) return;
  const Batch& batch = *ledger_.FindBatch(reply.batch);
  const auto* refused = std::get_if<Refused>(&reply.outcome);
  const bool in_chain = refused && refused->why == Refusal::kAlreadyInChain;
  NotePolicy(batch, reply);
  if (std::holds_alternative<Done>(reply.outcome) || in_chain) {
    if (in_chain) follower_.Want();
    Accept(batch, reply.txid, now_ms);
    return OnAccepted(batch, *attempt, now_ms);
  }
  FailWith(*attempt, reply.batch, reply.outcome, now_ms);
  if (!refused || !MayBeAboutCoins(refused->why)) return;
  follower_.Want();
  LookUp(batch, *attempt);
}

// A version that was reserved meanwhile does not wait until these bytes are sent again; but one
// that could not be signed waits for the end of its back-off, and while none can be, with a wallet
// that is locked for the night, nothing is gained by haste.
void Payer::OnAccepted(const Batch& batch, Attempt& attempt, Millis now_ms) {
  if (WaitsForLook(attempt)) return Succeed(attempt, batch.id, now_ms);
  if (!UnsignedVersion(batch)) {
    return Succeed(attempt, batch.id, now_ms + policy_.rebroadcast_interval_ms);
  }
  const int failures = attempt.failures;
  Millis wait_ms = failures > 0 ? Backoff(policy_, failures) : 0;
  if (follower_.building_stall()) wait_ms = std::max(wait_ms, policy_.retry_max_ms);
  Succeed(attempt, batch.id, now_ms + wait_ms);
  if (failures > 0) attempt.failures = failures + 1;
}

void Payer::NotePolicy(const Batch& batch, const Broadcasted& reply) {
  if (reply.txid != CurrentVersion(batch).txid) return;
  const auto* refused = std::get_if<Refused>(&reply.outcome);
  if (refused && refused->why == Refusal::kPolicy) {
    refused_by_policy_.insert(batch.id);
  } else {
    refused_by_policy_.erase(batch.id);
  }
}

void Payer::OnCoinsLookedUp(const CoinsLookedUp& reply, Millis now_ms) {
  Attempt* attempt = Returned(reply.batch);
  if (!attempt) return;
  // The step that asked for this look is tried again when its back-off is over.
  Schedule(reply.batch, std::max(attempt->due_ms, now_ms));
  const auto* standings = std::get_if<std::vector<CoinStanding>>(&reply.outcome);
  // One that was out before it was wanted says what was then.
  const bool is_wanted = attempt->look_is_out;
  if (!standings && is_wanted) FailWith(*attempt, reply.batch, reply.outcome, now_ms);
  attempt->look_is_out = false;
  if (!standings) return;
  if (is_wanted) {
    attempt->wants_look = false;
    looks_.Complete(reply.batch, follower_.readings_begun(), SpendersIn(*standings), now_ms);
    follower_.Want();
    for (BatchId id : std::exchange(await_look_, {})) Schedule(id, now_ms);
  }
  const bool all_unspent = standings_.Note(reply.batch, *standings, now_ms);
  // The coins are there: a lock that the node does not give is done without (R8).
  if (all_unspent) attempt->locked = true;
  const Batch* batch = ledger_.FindBatch(reply.batch);
  if (SignatureAsked(*batch) || !Ledger::IsOpen(*batch)) return;
  if (!all_unspent) return Drop(reply.batch, now_ms);
  Succeed(*attempt, reply.batch, now_ms);
}

void Payer::MakeDue(Millis now_ms) {
  looks_.ForgetAll();
  held_until_ms_.clear();
  std::vector<BatchId> scheduled;
  for (const auto& [due_ms, id] : due_) scheduled.push_back(id);
  for (BatchId id : scheduled) Schedule(id, now_ms);
}

std::optional<Stall> Payer::StallOf(BatchId batch) const {
  const auto found = attempts_.find(batch);
  return found == attempts_.end() ? std::nullopt : found->second.stall;
}

}  // namespace sendonce::core
