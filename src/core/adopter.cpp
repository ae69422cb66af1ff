#include "core/adopter.h"

#include <algorithm>
#include <cassert>
#include <set>
#include <utility>

#include "core/alarm_desk.h"
#include "core/output_claims.h"

namespace sendonce::core {

namespace {

// For each output of the send one of the transaction's that pays nobody else; nullopt if there is
// none for one of them.
std::optional<std::vector<uint32_t>> FreeVouts(const bitcoin::Transaction& transaction,
                                               const SendContent& content,
                                               const OutputClaims& claims) {
  std::set<uint32_t> taken;
  std::vector<uint32_t> vouts;
  for (const Payee& payee : content.outputs) {
    const auto& outputs = transaction.outputs;
    uint32_t vout = 0;
    const auto fits = [&] {
      return outputs[vout].script == payee.script && outputs[vout].amount_sat == payee.amount_sat &&
             !claims.contains(vout) && !taken.contains(vout);
    };
    while (vout < outputs.size() && !fits()) ++vout;
    if (vout == outputs.size()) return std::nullopt;
    taken.insert(vout);
    vouts.push_back(vout);
  }
  return vouts;
}

bool HasOtherContent(const Send& send, const Adopt& adopt) {
  return adopt.content && DifferingField(send, *adopt.content);
}

// No caller waits for it: their tokens begin at 1.
constexpr CallToken kNobody = 0;

// A payment that was adopted, as it stands before anything is known of its block.
bool IsWithoutPlace(const Batch& batch) {
  return Ledger::IsOpen(batch) && !batch.confirmation && batch.versions.front().adopted;
}

}  // namespace

Adopter::Adopter(const Policy& policy, Ledger& ledger, Outbox& outbox, Follower& follower,
                 Builder& builder, Payer& payer)
    : policy_(policy),
      ledger_(ledger),
      outbox_(outbox),
      follower_(follower),
      builder_(builder),
      payer_(payer) {
  for (const auto& [id, batch] : ledger_.batches()) {
    if (IsWithoutPlace(batch)) unplaced_.emplace(id, batch.versions.front().txid);
  }
}

void Adopter::Advance() {
  if (unplaced_.empty() || !follower_.has_read_chain()) return;
  if (asked_round_ == follower_.rounds()) return;
  asked_round_ = follower_.rounds();
  std::erase_if(unplaced_, [&](const auto& item) {
    const Batch* batch = ledger_.FindBatch(item.first);
    return !batch || !IsWithoutPlace(*batch);
  });
  // In turn: those that never have one keep nobody else waiting.
  std::set<bitcoin::Txid> asked;
  auto next = unplaced_.upper_bound(last_asked_);
  for (size_t i = 0; i < unplaced_.size() && asked.size() < kMaxPlacesPerRound; ++i, ++next) {
    if (next == unplaced_.end()) next = unplaced_.begin();
    last_asked_ = next->first;
    const bitcoin::Txid& txid = next->second;
    if (asked.insert(txid).second) outbox_.Emit(LookUpTransaction{kNobody, txid});
  }
}

void Adopter::Give(const Adopt& adopt, Verdict verdict, bool replayed, std::string detail) {
  results_.push_back({adopt.call, adopt.id, verdict, replayed, std::move(detail), adopt.stored});
}

void Adopter::Stop() {
  for (const auto& [call, adopt] : waiting_) {
    Give(adopt, Verdict::kStopping, false, "sendonced is stopping");
  }
  waiting_.clear();
}

std::vector<CallResult> Adopter::TakeResults() {
  return std::exchange(results_, {});
}

// The send is paid by that transaction, as the log has it.
bool Adopter::IsRecordedPayment(const Send& send, const bitcoin::Txid& txid) const {
  if (send.payment) return send.payment->txid == txid;
  const Batch* live = ledger_.LiveBatchOf(send);
  const Version* version = live ? FindVersion(*live, txid) : nullptr;
  return version && !version->paid[IndexOfSend(*live, send.id)].empty();
}

// It has ended, or a transaction may exist that pays it. A batch for which no signature was asked
// for can be given up: a log that was put back may have bound the send to other coins than it was
// paid from.
bool Adopter::IsBound(const Send& send) const {
  if (!Ledger::IsOpen(send)) return true;
  const Batch* live = ledger_.LiveBatchOf(send);
  const size_t may_be_given_up = live && !SignatureAsked(*live) ? 1 : 0;
  return send.batches.size() > may_be_given_up;
}

void Adopter::OnAdopt(const Adopt& adopt, const Send* send) {
  if (send && HasOtherContent(*send, adopt)) {
    return Give(adopt, Verdict::kIdReused, true, "the id is recorded with other content");
  }
  if (send && IsRecordedPayment(*send, adopt.txid)) {
    return Give(adopt, Verdict::kKnown, true, "");
  }
  if (send && IsBound(*send)) {
    return Give(
        adopt, Verdict::kTooLate, true,
        "the id has ended, or is bound to another transaction that pays it, or may; that it "
        "is paid by this one a verdict can say (POST /v1/sends/{id}/verdict)");
  }
  if (!send && !adopt.content) {
    return Give(adopt, Verdict::kUnknownId, false,
                "the id is not recorded: say which outputs the payment had");
  }
  if (follower_.is_unfit()) {
    return Give(adopt, Verdict::kNotPaying, false, follower_.View().problem);
  }
  if (waiting_.size() >= kMaxWaitingAdoptions) {
    return Give(adopt, Verdict::kOverloaded, false, "too many payments wait to be looked up");
  }
  waiting_[adopt.call] = adopt;
  outbox_.Emit(LookUpTransaction{adopt.call, adopt.txid});
}

void Adopter::OnTouched(const std::vector<SendId>& touched) {
  if (waiting_.empty()) return;
  for (const SendId& id : touched) {
    const Send* send = ledger_.FindSend(id);
    if (!send || Ledger::IsOpen(*send)) continue;
    std::vector<Adopt> late;
    for (const auto& [call, adopt] : waiting_) {
      if (adopt.id == id) late.push_back(adopt);
    }
    for (const Adopt& adopt : late) {
      waiting_.erase(adopt.call);
      OnAdopt(adopt, send);
    }
  }
}

void Adopter::OnTransactionLookedUp(const TransactionLookedUp& reply, Millis now_ms) {
  if (reply.call == kNobody) return FindPlace(reply, now_ms);
  const auto waiting = waiting_.find(reply.call);
  if (waiting == waiting_.end()) return;
  const Adopt adopt = std::move(waiting->second);
  waiting_.erase(waiting);
  // A node that is behind knows nothing of places (R10); and before the wallet's spends were looked
  // at it is not known that no signature exists.
  if (!follower_.has_read_chain() || !follower_.has_matched_spends()) {
    return Give(adopt, Verdict::kNodeUnavailable, false,
                "chain and wallet are not read to their end: " + follower_.View().problem);
  }
  if (const auto* refused = std::get_if<Refused>(&reply.outcome)) {
    const bool is_unknown = refused->why == Refusal::kNotFound;
    return Give(adopt, is_unknown ? Verdict::kNoTransaction : Verdict::kNodeUnavailable, false,
                refused->text);
  }
  if (const auto* unknown = std::get_if<Unknown>(&reply.outcome)) {
    return Give(adopt, Verdict::kNodeUnavailable, false, unknown->text);
  }
  if (reply.pruned) {
    return Give(adopt, Verdict::kNotPaid, false,
                "the transaction pays other ids; which outputs are theirs is not known any more, "
                "because their detail was pruned");
  }
  ledger_.Restore({}, reply.stored_batches);
  Record(adopt, std::get<FoundTransaction>(reply.outcome), now_ms);
  for (const Batch& batch : reply.stored_batches) {
    ledger_.ForgetIfClosed(batch.id, outbox_.durable_seq());
  }
}

void Adopter::Record(const Adopt& adopt, const FoundTransaction& found, Millis now_ms) {
  const Send* send = ledger_.FindSend(adopt.id);
  // It may have gone on while the node was asked, or have been recorded with other content.
  if (send && (IsBound(*send) || HasOtherContent(*send, adopt))) return OnAdopt(adopt, send);
  const auto transaction = bitcoin::ParseTransaction(found.raw_tx);
  if (!transaction || bitcoin::TxidOf(*transaction) != adopt.txid) {
    return Give(adopt, Verdict::kNodeUnavailable, false, "the node has shown another transaction");
  }
  // It may spend coins of batches, also of the send's own: whom it pays there is written down
  // first.
  follower_.OnTransaction(*transaction, now_ms);
  send = ledger_.FindSend(adopt.id);
  if (send && (IsBound(*send) || IsRecordedPayment(*send, adopt.txid))) {
    return OnAdopt(adopt, send);
  }
  const SendContent content = send ? *send->content : *adopt.content;
  const auto vouts = FreeVouts(*transaction, content, ClaimsOn(ledger_, *transaction));
  if (!vouts) {
    return Give(adopt, Verdict::kNotPaid, false,
                "the transaction does not pay these outputs, or they pay another id already");
  }
  if (send && send->live_batch) payer_.Drop(*send->live_batch, now_ms);
  PaymentAdopted record{adopt.id, content, found.raw_tx, *vouts, found.fee_sat};
  if (const auto objection = ledger_.Objection(record)) {
    return Give(adopt, Verdict::kNotPaid, false, *objection);
  }
  builder_.Withdraw(adopt.id);
  const bool is_new = !send;
  const BatchId batch = outbox_.Write(std::move(record), now_ms);
  RecordPlace(batch, adopt.txid, found, now_ms);
  // The node may be behind since its chain was read (R10), and its block is not read a second time.
  if (IsWithoutPlace(*ledger_.FindBatch(batch))) unplaced_.emplace(batch, adopt.txid);
  AcceptAlarms(*transaction, found, now_ms);
  Give(adopt, is_new ? Verdict::kCreated : Verdict::kKnown, false, "");
}

// Whatever else the node says, it is asked again in the next round: one that is behind shows in the
// mempool what stands in a block that was read.
void Adopter::FindPlace(const TransactionLookedUp& reply, Millis now_ms) {
  const auto* found = std::get_if<FoundTransaction>(&reply.outcome);
  if (!follower_.has_read_chain() || !found) return;
  // It may have been adopted for several ids.
  for (const auto& [id, txid] : unplaced_) {
    const Batch* batch = txid == reply.txid ? ledger_.FindBatch(id) : nullptr;
    if (batch && IsWithoutPlace(*batch)) RecordPlace(id, txid, *found, now_ms);
  }
}

// A block that is not read yet will be matched when it is.
void Adopter::RecordPlace(BatchId batch, const bitcoin::Txid& txid, const FoundTransaction& found,
                          Millis now_ms) {
  const int32_t tip_height = ledger_.chain().tip().height;
  if (!found.block || found.block->height > tip_height) return;
  outbox_.Write(BatchConfirmed{batch, txid, *found.block}, now_ms);
  if (tip_height - found.block->height + 1 >= policy_.finality) {
    outbox_.Write(BatchFinal{batch}, now_ms);
  }
}

// A spend that no record explained is explained once each of its payments has an id.
void Adopter::AcceptAlarms(const bitcoin::Transaction& transaction, const FoundTransaction& found,
                           Millis now_ms) {
  const auto claims = ClaimsOn(ledger_, transaction);
  const bool all = std::all_of(found.sent_vouts.begin(), found.sent_vouts.end(),
                               [&](uint32_t vout) { return claims.contains(vout); });
  if (!all) return;
  AlarmDesk(ledger_, outbox_)
      .AcceptSpends(bitcoin::TxidOf(transaction), "each of its payments was given to an id",
                    now_ms);
}

}  // namespace sendonce::core
