#include "core/verdict_desk.h"

#include <algorithm>
#include <utility>

#include "core/may_pay.h"
#include "core/views.h"

namespace sendonce::core {

namespace {

constexpr Millis kNever = INT64_MAX;
constexpr const char* kEnded = "the send is paid, or has ended";

}  // namespace

VerdictDesk::VerdictDesk(Ledger& ledger, Outbox& outbox, Follower& follower, Payer& payer)
    : ledger_(ledger), outbox_(outbox), follower_(follower), payer_(payer) {}

void VerdictDesk::Give(const GiveVerdict& call, Verdict verdict, bool replayed,
                       std::string detail) {
  results_.push_back({call.call, call.id, verdict, replayed, std::move(detail), call.stored});
}

std::vector<CallResult> VerdictDesk::TakeResults() {
  return std::exchange(results_, {});
}

void VerdictDesk::OnVerdict(const GiveVerdict& call, const Send* send, Millis now_ms) {
  if (!send) return Give(call, Verdict::kUnknownId, false, "no send is recorded under this id");
  if (!Ledger::IsOpen(*send)) return Give(call, Verdict::kTooLate, true, kEnded);
  Judge({call, now_ms + kMaxVerdictWaitMs}, *send, now_ms);
}

// Something that pays the send may be sent; of what was accepted once that can be nothing.
bool VerdictDesk::MayGoOut(const Send& send, const Batch& live) const {
  return std::any_of(live.versions.begin(), live.versions.end(), [&](const Version& version) {
    return !version.paid[IndexOfSend(live, send.id)].empty() && ledger_.MayBeSent(live, version);
  });
}

// A coin is taken, or something stands against it that no waiting mends; or what was signed for it
// is set aside, and what is to pay it again is not signed.
bool VerdictDesk::LeavesWaiting(const Send& send, const Batch& live) const {
  const SendState state = StateOf(send, &live);
  if (WaitsForVerdict(ledger_, send) && ledger_.troubled().contains(live.id)) return true;
  if (!live.confirmation && !MayGoOut(send, live)) return true;
  if (OutcomeOf(state) != SendOutcome::kPending) return false;
  const auto stall = payer_.StallOf(live.id);
  return state == SendState::kConflicted || (stall && !stall->automatic) || IsSetAside(send);
}

// Only where the rules leave the send waiting: what nothing is known against is paid, or fenced,
// without anybody's word.
void VerdictDesk::Judge(const Waiting& waiting, const Send& send, Millis now_ms) {
  const GiveVerdict& call = waiting.call;
  const Batch* live = ledger_.LiveBatchOf(send);
  const bool is_asked = live && SignatureAsked(*live);
  const bool may_be_given_up = (call.verdict == OperatorVerdict::kNever && IsSetAside(send)) ||
                               (call.verdict == OperatorVerdict::kPaid && WasAsked(send));
  if (!live || !(is_asked || may_be_given_up) || !LeavesWaiting(send, *live)) {
    return Give(call, Verdict::kNoVerdictNeeded, true,
                "nothing stands against the payment of this send that does not end by itself; "
                "DELETE fences it if no signature was asked for");
  }
  // That it is paid promises nothing that a newer log could know better.
  const bool only_stops_paying = call.verdict == OperatorVerdict::kPaid &&
                                 follower_.has_matched_spends() && !follower_.is_unfit();
  if (const auto refusal = follower_.RefusalToPromise(); refusal && !only_stops_paying) {
    return Give(call, refusal->verdict, false, refusal->detail);
  }
  const bool is_never = call.verdict == OperatorVerdict::kNever;
  if (is_never && !HasLookedFor(send, now_ms)) return Wait(waiting, send, now_ms);
  if (is_never && WasSeen(send)) {
    return Give(call, Verdict::kNoVerdictNeeded, true,
                "a transaction that pays the send is in the mempool");
  }
  if (!is_asked) payer_.Drop(live->id, now_ms);
  Record(call, send, now_ms);
}

void VerdictDesk::Record(const GiveVerdict& call, const Send& send, Millis now_ms) {
  VerdictGiven record{call.id, call.verdict, {}, call.reason};
  for (const MayPay& one : MayPaySet(ledger_, send)) record.excluded.push_back(one.version->txid);
  for (const RivalEvidence& one : UnclearEvidence(ledger_, send)) {
    record.excluded.push_back(bitcoin::TxidOf(one.transaction));
  }
  if (const auto objection = ledger_.Objection(record)) {
    return Give(call, Verdict::kNoVerdictNeeded, true, *objection);
  }
  const std::vector<BatchId> batches = send.batches;
  outbox_.Write(std::move(record), now_ms);
  for (BatchId batch : batches) payer_.Schedule(batch, now_ms);
  Give(call, Verdict::kKnown, false, "");
}

// What was found out is on record, and nothing that may pay the send was sent since. A coin that is
// neither unspent nor spent in the mempool may be spent in a block that is not read yet.
bool VerdictDesk::HasLookedFor(const Send& send, Millis now_ms) {
  bool all = true;
  for (const MayPay& one : MayPaySet(ledger_, send)) {
    const BatchId batch = one.batch->id;
    if (!Ledger::IsOpen(*one.batch)) continue;
    if (!payer_.HasLooked(batch, one.version->txid, now_ms)) {
      payer_.WantLook(batch, now_ms);
    } else if (payer_.HasReadSinceLook(batch)) {
      continue;
    }
    all = false;
  }
  return all;
}

// What is to pay it again is not signed, and something before it may have been.
bool VerdictDesk::WasAsked(const Send& send) const {
  return !MayPaySet(ledger_, send).empty();
}

// By a verdict, or by a rival so deep, and by nothing else that was signed it may be paid.
bool VerdictDesk::IsSetAside(const Send& send) const {
  return !MayPaySet(ledger_, send).empty() && CanNeverBePaid(ledger_, send, kMinConflictDepth);
}

// That a transaction is there need be no news, and leave no record: something may stand against
// another version alone.
bool VerdictDesk::WasSeen(const Send& send) const {
  const auto set = MayPaySet(ledger_, send);
  return std::any_of(set.begin(), set.end(), [&](const MayPay& one) {
    return payer_.HasSeen(one.batch->id, one.version->txid);
  });
}

// Nothing that may pay the send is sent meanwhile.
void VerdictDesk::Wait(const Waiting& waiting, const Send& send, Millis now_ms) {
  if (now_ms >= waiting.due_ms) {
    return Give(waiting.call, Verdict::kNodeUnavailable, false,
                "whether its transaction is in the mempool after all could not be looked up; give "
                "the verdict again: " +
                    follower_.View().problem);
  }
  if (waiting_.size() >= kMaxWaitingVerdicts) {
    return Give(waiting.call, Verdict::kOverloaded, false, "too many verdicts wait for the node");
  }
  for (const MayPay& one : MayPaySet(ledger_, send)) {
    payer_.Hold(one.version->txid, waiting.due_ms);
  }
  waiting_.emplace(waiting.call.call, waiting);
}

void VerdictDesk::Stop() {
  for (const auto& [token, waiting] : std::exchange(waiting_, {})) {
    Give(waiting.call, Verdict::kStopping, false, "sendonced is stopping; no verdict was recorded");
  }
}

// A send that is not here any more has ended, and is forgotten.
void VerdictDesk::Advance(Millis now_ms) {
  for (const auto& [token, waiting] : std::exchange(waiting_, {})) {
    const Send* send = ledger_.FindSend(waiting.call.id);
    if (!send || !Ledger::IsOpen(*send)) {
      Give(waiting.call, Verdict::kTooLate, true, kEnded);
    } else {
      Judge(waiting, *send, now_ms);
    }
  }
}

void VerdictDesk::MakeDue(Millis now_ms) {
  for (auto& [token, waiting] : waiting_) {
    waiting.due_ms = std::min(waiting.due_ms, now_ms + kMaxVerdictWaitMs);
  }
}

Millis VerdictDesk::next_due_ms() const {
  Millis due_ms = kNever;
  for (const auto& [token, waiting] : waiting_) due_ms = std::min(due_ms, waiting.due_ms);
  return due_ms;
}

}  // namespace sendonce::core
