#include "core/spender_book.h"

#include <algorithm>

#include "core/output_claims.h"

namespace sendonce::core {

namespace {

bool SpendsFrom(const Batch& batch, const bitcoin::Transaction& transaction) {
  return std::any_of(batch.coins.begin(), batch.coins.end(), [&](const Coin& coin) {
    return std::any_of(transaction.inputs.begin(), transaction.inputs.end(),
                       [&](const bitcoin::TxIn& input) { return input.prevout == coin.outpoint; });
  });
}

}  // namespace

// The batch that made it first: what it pays there it pays in no other.
void SpenderBook::OnTransaction(const bitcoin::Transaction& transaction,
                                const std::optional<ChainPosition>& block, Millis now_ms) {
  const auto batches = BatchesSpentBy(ledger_, transaction);
  for (const bool is_version : {true, false}) {
    for (BatchId id : batches) {
      if (IsVersionOf(*ledger_.FindBatch(id), transaction) != is_version) continue;
      OnSpender(id, transaction, block, now_ms);
    }
  }
}

void SpenderBook::OnSpender(BatchId id, const bitcoin::Transaction& transaction,
                            const std::optional<ChainPosition>& block, Millis now_ms) {
  const Batch* batch = ledger_.FindBatch(id);
  if (!batch || !Ledger::IsOpen(*batch) || !SpendsFrom(*batch, transaction)) return;
  const bitcoin::Txid txid = bitcoin::TxidOf(transaction);
  const Version* version = FindVersion(*batch, txid);
  if (!version && IsVersionElsewhere(*batch, txid)) return;
  if (!version || version->raw_tx.empty()) {
    version = AdoptOrNoteRival(*batch, transaction, block, now_ms);
  }
  if (!version) return;
  WarnOfSecondPayment(*batch, *version, now_ms);
  if (!block) {
    if (ledger_.IsNews(*batch, *version)) outbox_.Write(VersionAccepted{id, txid}, now_ms);
    return;
  }
  if (!batch->confirmation) {
    outbox_.Write(BatchConfirmed{id, txid, *block}, now_ms);
  } else if (batch->confirmation->txid != txid && ledger_.IsNews(*batch, *version)) {
    // A batch has one confirmation; but a second one in the chain refutes the verdict on it.
    outbox_.Write(VersionAccepted{id, txid}, now_ms);
  }
}

// What pays a send as a version of any batch that it was ever in is never a rival to it (R4): it is
// matched where it belongs. For sends that were not there, or that it leaves out, it is one.
bool SpenderBook::IsVersionElsewhere(const Batch& batch, const bitcoin::Txid& txid) const {
  const Batch* other = ledger_.FindBatchByTxid(txid);
  if (!other || other->id == batch.id) return false;
  const Version& version = *FindVersion(*other, txid);
  const auto living = ledger_.LivingSends(batch);
  return std::all_of(living.begin(), living.end(), [&](const SendId& id) {
    const bool was_there =
        std::find(other->sends.begin(), other->sends.end(), id) != other->sends.end();
    return was_there && !version.paid[IndexOfSend(*other, id)].empty();
  });
}

// What no rule of ours allows: an operator's own payment of a send that is paid, or one that
// confirms against a verdict.
void SpenderBook::WarnOfSecondPayment(const Batch& batch, const Version& version, Millis now_ms) {
  for (size_t i = 0; i < batch.sends.size(); ++i) {
    const Send* send = ledger_.FindSend(batch.sends[i]);
    if (version.paid[i].empty() || !send) continue;
    const Batch* live = ledger_.LiveBatchOf(*send);
    // Two confirmed versions of one batch are another's work: he has split its coins.
    const bool stands_beside =
        live && live->confirmation && live->confirmation->txid != version.txid;
    const bool is_paid_by_another = send->payment && send->payment->txid != version.txid;
    if (!stands_beside && !is_paid_by_another && send->ending == Ending::kNone) continue;
    if (alarms_.Has(version.txid, AlarmKind::kSecondPayment)) return;
    const BatchId id = batch.id;
    outbox_.Write(AlarmRaised{AlarmKind::kSecondPayment, version.txid, id,
                              "send " + send->id +
                                  " is paid by a transaction although it is paid "
                                  "by another, or has ended: compare both with your books"},
                  now_ms);
    return;
  }
}

// The version that the transaction now is, or nullptr if it is a rival.
const Version* SpenderBook::AdoptOrNoteRival(const Batch& batch,
                                             const bitcoin::Transaction& transaction,
                                             const std::optional<ChainPosition>& block,
                                             Millis now_ms) {
  const bitcoin::Txid txid = bitcoin::TxidOf(transaction);
  const Match match = MatchSpender(ledger_, batch, transaction);
  if (!match.PaysAny() && !match.same_but_for_signatures) {
    NoteRival(batch, transaction, match, block, now_ms);
    return nullptr;
  }
  const BatchId id = batch.id;
  // The alarm first: from the record of the version on the spend counts as explained.
  if (!match.same_but_for_signatures) {
    alarms_.Raise(
        AlarmKind::kForeignVersion, txid, id,
        "a transaction that sendonce did not make pays for one or more of its sends; they "
        "count as paid by it",
        now_ms);
  }
  // A log that was put back may not know that its own was signed, and then replaced by this one:
  // what this one leaves out is paid again only by R4.
  CountAsAsked(id, now_ms);
  outbox_.Write(VersionAdopted{id, bitcoin::SerializeTransaction(transaction), match.paid}, now_ms);
  return FindVersion(*ledger_.FindBatch(id), txid);
}

void SpenderBook::NoteRival(const Batch& batch, const bitcoin::Transaction& transaction,
                            const Match& match, const std::optional<ChainPosition>& block,
                            Millis now_ms) {
  const bitcoin::Txid txid = bitcoin::TxidOf(transaction);
  const BatchId id = batch.id;
  const auto known = std::find_if(batch.rivals.begin(), batch.rivals.end(),
                                  [&](const Rival& rival) { return rival.txid == txid; });
  // A look at the mempool says nothing new about a rival that stands in a block.
  if (known != batch.rivals.end() && (known->block == block || !block)) return;
  const bool differs = std::any_of(match.by_send.begin(), match.by_send.end(),
                                   [](PaymentMatch one) { return one != PaymentMatch::kNotPaid; });
  // Held first: with the rival on record, or after a death between the two, it could be too late.
  if (differs) CountAsAsked(id, now_ms);
  outbox_.Write(RivalSeen{id, bitcoin::SerializeTransaction(transaction), block}, now_ms);
  // Where all sends have left, or the transaction is our own for other sends, nobody has to look.
  if (ledger_.FindBatch(id)->superseded || ledger_.FindBatchByTxid(txid)) return;
  alarms_.Raise(differs ? AlarmKind::kAmountDiffers : AlarmKind::kRival, txid, id,
                differs
                    ? "a reserved coin was spent by a transaction that pays a send's address in "
                      "another amount, or one of several like sends; the send waits for a verdict"
                    : "a reserved coin was spent by a transaction that sendonce did not make; the "
                      "sends of the batch are paid again only by rule R4",
                now_ms);
}

// The batch is not given up for other coins from here on: as if its signature had been asked for,
// which is the record that forbids it. Where an amount differs (R7) only a person can say whether
// the send is paid.
void SpenderBook::CountAsAsked(BatchId id, Millis now_ms) {
  if (SignatureAsked(*ledger_.FindBatch(id))) return;
  const SignatureRequested counted{id, 0};
  if (!ledger_.Objection(counted)) outbox_.Write(counted, now_ms);
}

}  // namespace sendonce::core
