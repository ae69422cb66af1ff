#include "core/views.h"

#include <algorithm>
#include <cassert>

namespace sendonce::core {

namespace {

const std::vector<uint32_t>& VoutsIn(const Version& version, const Batch& batch, const SendId& id) {
  return version.paid[IndexOfSend(batch, id)];
}

void ShowPayees(SendView& view, const SendContent& content, const std::vector<uint32_t>& vouts) {
  for (size_t i = 0; i < content.outputs.size(); ++i) {
    PayeeView payee;
    payee.address = content.outputs[i].address;
    payee.amount_sat = content.outputs[i].amount_sat;
    if (i < vouts.size()) payee.vout = vouts[i];
    view.outputs.push_back(std::move(payee));
  }
}

void ShowBlock(SendView& view, const ChainPosition& block, int32_t tip_height) {
  view.block = block;
  view.confirmations = std::max(0, tip_height - block.height + 1);
}

// From the log's index: the payment is final.
void ShowPayment(SendView& view, const Send& send, int32_t tip_height) {
  const Payment& payment = *send.payment;
  if (send.content) ShowPayees(view, *send.content, payment.vouts);
  if (send.pruned) view.pruned_amount_sat = send.pruned->amount_sat;
  view.txid = payment.txid;
  view.txids = payment.txids;
  view.fee_sat = payment.fee_sat;
  view.batch_size = payment.batch_size;
  ShowBlock(view, payment.block, tip_height);
}

bool ConfirmedVersionPays(const Send& send, const Batch& batch) {
  return batch.confirmation && !VoutsIn(CurrentVersion(batch), batch, send.id).empty();
}

// A txid is shown only once the signed transaction is in the log: before that it could still change
// (a legacy input) and nobody can have it.
void ShowBatch(SendView& view, const Send& send, const Batch& batch, int32_t tip_height) {
  const Version* shown = ShownVersion(batch, send.id);
  const bool is_signed = shown && !shown->raw_tx.empty();
  const std::vector<uint32_t> none;
  ShowPayees(view, *send.content, is_signed ? VoutsIn(*shown, batch, send.id) : none);
  if (is_signed) view.txid = shown->txid;
  if (shown) view.fee_sat = shown->fee_sat;
  view.batch_size = static_cast<uint32_t>(batch.sends.size());
  if (ConfirmedVersionPays(send, batch)) ShowBlock(view, batch.confirmation->block, tip_height);
  view.updated_at_ms = std::max(view.updated_at_ms, batch.updated_at_ms);
  view.seq = std::max(view.seq, batch.seq);
}

bool AcceptedVersionPays(const Send& send, const Batch& batch) {
  return std::any_of(batch.versions.begin(), batch.versions.end(), [&](const Version& version) {
    return version.accepted && !VoutsIn(version, batch, send.id).empty();
  });
}

bool AcceptedVersionLeavesOut(const Send& send, const Batch& batch) {
  return std::any_of(batch.versions.begin(), batch.versions.end(), [&](const Version& version) {
    return version.accepted && VoutsIn(version, batch, send.id).empty();
  });
}

}  // namespace

SendState StateOf(const Send& send, const Batch* batch) {
  if (send.ending == Ending::kCancelled) return SendState::kCancelled;
  if (send.ending == Ending::kExpired) return SendState::kExpired;
  if (send.ending == Ending::kDeclaredPaid) return SendState::kFinal;
  if (send.payment) return SendState::kFinal;
  if (!batch) return SendState::kRecorded;
  if (ConfirmedVersionPays(send, *batch)) return SendState::kConfirmed;
  // A version of the batch that does not pay this send is a rival to it (R7), in the mempool too.
  if (batch->confirmation || !batch->rivals.empty()) return SendState::kConflicted;
  if (!batch->vanished.empty()) return SendState::kConflicted;
  if (AcceptedVersionLeavesOut(send, *batch)) return SendState::kConflicted;
  if (AcceptedVersionPays(send, *batch)) return SendState::kBroadcast;
  return CurrentVersion(*batch).raw_tx.empty() ? SendState::kReserved : SendState::kSigned;
}

SendOutcome OutcomeOf(SendState state) {
  switch (state) {
    case SendState::kRecorded:
    case SendState::kReserved:
    case SendState::kSigned:
    case SendState::kConflicted:
      return SendOutcome::kPending;
    case SendState::kBroadcast:
    case SendState::kConfirmed:
    case SendState::kFinal:
      return SendOutcome::kSent;
    case SendState::kCancelled:
    case SendState::kExpired:
      return SendOutcome::kNever;
  }
  assert(false && "every state has an outcome");
  return SendOutcome::kPending;
}

std::string_view StateName(SendState state) {
  switch (state) {
    case SendState::kRecorded:
      return "recorded";
    case SendState::kReserved:
      return "reserved";
    case SendState::kSigned:
      return "signed";
    case SendState::kBroadcast:
      return "broadcast";
    case SendState::kConfirmed:
      return "confirmed";
    case SendState::kFinal:
      return "final";
    case SendState::kConflicted:
      return "conflicted";
    case SendState::kCancelled:
      return "cancelled";
    case SendState::kExpired:
      return "expired";
  }
  assert(false && "every state has a name");
  return "";
}

std::string_view OutcomeName(SendOutcome outcome) {
  switch (outcome) {
    case SendOutcome::kPending:
      return "pending";
    case SendOutcome::kSent:
      return "sent";
    case SendOutcome::kNever:
      return "never";
  }
  assert(false && "every outcome has a name");
  return "";
}

bool Satisfies(SendState state, Until until) {
  if (OutcomeOf(state) == SendOutcome::kNever || state == SendState::kFinal) return true;
  if (until == Until::kConfirmed) return state == SendState::kConfirmed;
  return until == Until::kSent && OutcomeOf(state) == SendOutcome::kSent;
}

std::vector<bitcoin::Txid> TxidsOf(const Ledger& ledger, const Send& send) {
  std::vector<bitcoin::Txid> txids;
  for (BatchId id : send.batches) {
    const Batch* batch = ledger.FindBatch(id);
    if (!batch) continue;
    for (const Version& version : batch->versions) {
      if (!version.raw_tx.empty()) txids.push_back(version.txid);
    }
  }
  return txids;
}

SendView ViewOf(const Ledger& ledger, const Send& send) {
  const Batch* batch = ledger.LiveBatchOf(send);
  const int32_t tip_height = ledger.chain().tip().height;
  SendView view;
  view.id = send.id;
  view.state = StateOf(send, batch);
  view.outcome = OutcomeOf(view.state);
  view.created_at_ms = send.created_at_ms;
  view.updated_at_ms = send.updated_at_ms;
  view.seq = send.seq;
  if (!send.content && !send.pruned) return view;
  if (send.content) view.reference = send.content->reference.value_or("");
  if (send.payment) {
    ShowPayment(view, send, tip_height);
  } else if (batch && send.ending == Ending::kNone) {
    ShowBatch(view, send, *batch, tip_height);
    view.txids = TxidsOf(ledger, send);
    for (BatchId id : send.batches) {
      if (const Batch* any = ledger.FindBatch(id)) view.seq = std::max(view.seq, any->seq);
    }
  } else {
    ShowPayees(view, *send.content, {});
  }
  return view;
}

}  // namespace sendonce::core
