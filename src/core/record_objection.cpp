#include "core/record_objection.h"

#include <algorithm>
#include <set>

#include "core/exclusion.h"
#include "core/ledger.h"
#include "core/transaction_check.h"

namespace sendonce::core {

namespace {

using Objection = std::optional<std::string>;

// Every transaction that pays the send and was, or may have been, given to sign (R4).
std::vector<std::pair<const Batch*, const Version*>> MayPaySet(const Ledger& ledger,
                                                               const Send& send) {
  std::vector<std::pair<const Batch*, const Version*>> set;
  for (BatchId id : send.batches) {
    const Batch* batch = ledger.FindBatch(id);
    if (!batch || batch->end == BatchEnd::kDropped) continue;
    for (const Version& version : batch->versions) {
      if (!version.signature_asked || version.paid[IndexOfSend(*batch, send.id)].empty()) continue;
      set.emplace_back(batch, &version);
    }
  }
  return set;
}

class RecordJudge {
 public:
  explicit RecordJudge(const Ledger& ledger) : ledger_(ledger) {}

  Objection operator()(const WalCreated&) const {
    if (ledger_.last_seq() != 0) return "a log begins once";
    return std::nullopt;
  }

  Objection operator()(const SendRecorded& record) const {
    if (!IsValidSendId(record.id)) return "the id is not valid";
    if (ledger_.FindSend(record.id)) return "the id is recorded already (G4)";
    if (record.content.outputs.empty()) return "a send has at least one output";
    return std::nullopt;
  }

  Objection operator()(const SendEnded& record) const {
    const Send* send = ledger_.FindSend(record.id);
    if (!send) return std::nullopt;
    if (send->ending != Ending::kNone) return "the send has ended already";
    if (send->live_batch) return "a send ends only outside of any live batch";
    if (!MayPaySet(ledger_, *send).empty()) return "a signature may exist for the send (G6)";
    return std::nullopt;
  }

  Objection operator()(const BatchReserved& record) const {
    if (record.coins.empty()) return "a batch spends at least one coin";
    if (auto objection = ObjectionToClaims(record)) return objection;
    if (auto objection = ObjectionToUnsignedTransaction(record)) return objection;
    for (const SendId& id : record.sends) {
      if (auto objection = ObjectionToPayingAgain(*ledger_.FindSend(id), record)) return objection;
    }
    return std::nullopt;
  }

  Objection operator()(const SignatureRequested& record) const {
    return WithVersion(record.batch, record.version,
                       [](const Batch& batch, const Version& version) {
                         if (batch.end != BatchEnd::kOpen)
                           return Objection("the batch is not open");
                         if (version.unsigned_tx.empty())
                           return Objection("an adopted version is not ours to sign");
                         return Objection();
                       });
  }

  Objection operator()(const VersionSigned& record) const {
    return WithVersion(record.batch, record.version, [&](const Batch&, const Version& version) {
      if (!version.signature_asked) return Objection("no signature was asked for (R1)");
      if (!version.raw_tx.empty()) return Objection("the version is signed already");
      return ObjectionToSigned(version.unsigned_tx, record.raw_tx);
    });
  }

  Objection operator()(const VersionAccepted& record) const {
    return WithTxid(record.batch, record.txid);
  }

  Objection operator()(const VersionAdopted& record) const {
    const Batch* batch = ledger_.FindBatch(record.batch);
    if (!batch || batch->end == BatchEnd::kDropped) return "there is no such batch";
    if (record.paid.size() != batch->sends.size()) return "each send of the batch is judged";
    return ObjectionToSpender(*batch, record.raw_tx);
  }

  Objection operator()(const RivalSeen& record) const {
    const Batch* batch = ledger_.FindBatch(record.batch);
    if (!batch || batch->end == BatchEnd::kDropped) return "there is no such batch";
    return ObjectionToSpender(*batch, record.raw_tx);
  }

  Objection operator()(const RivalGone& record) const {
    const Batch* batch = ledger_.FindBatch(record.batch);
    if (!batch) return "there is no such batch";
    const bool known = std::any_of(batch->rivals.begin(), batch->rivals.end(),
                                   [&](const Rival& rival) { return rival.txid == record.txid; });
    return known ? Objection() : Objection("there is no such rival");
  }

  Objection operator()(const BatchConfirmed& record) const {
    const Batch* batch = ledger_.FindBatch(record.batch);
    if (batch && batch->confirmation) return "the batch is confirmed already";
    return WithTxid(record.batch, record.txid);
  }

  Objection operator()(const BatchReopened& record) const {
    const Batch* batch = ledger_.FindBatch(record.batch);
    if (!batch || !batch->confirmation) return "the batch is not confirmed";
    if (batch->confirmation->block != record.block) return "it is confirmed in another block";
    return std::nullopt;
  }

  Objection operator()(const BatchFinal& record) const {
    const Batch* batch = ledger_.FindBatch(record.batch);
    if (!batch || !batch->confirmation) return "the batch is not confirmed";
    if (batch->end != BatchEnd::kOpen) return "the batch is not open";
    const Version& confirmed = CurrentVersion(*batch);
    const bool all = std::none_of(confirmed.paid.begin(), confirmed.paid.end(),
                                  [](const auto& vouts) { return vouts.empty(); });
    return all ? Objection() : Objection("a send of the batch is not paid by what confirmed");
  }

  Objection operator()(const BatchDropped& record) const {
    const Batch* batch = ledger_.FindBatch(record.batch);
    if (!batch || batch->end != BatchEnd::kOpen) return "there is no such open batch";
    if (SignatureAsked(*batch)) return "a signature may exist for the batch (R4)";
    return std::nullopt;
  }

  Objection operator()(const ChainMoved& record) const {
    if (record.fork_height < ledger_.chain().locator.front().height) {
      return "the chain is followed only from where the log began";
    }
    if (record.fork_height > ledger_.chain().tip().height) {
      return "the fork is a block that was read";
    }
    int32_t height = record.fork_height;
    for (const ChainPosition& block : record.blocks) {
      if (block.height != ++height) return "blocks follow each other";
    }
    return std::nullopt;
  }

  Objection operator()(const AlarmRaised&) const { return std::nullopt; }

  Objection operator()(const AlarmAccepted& record) const {
    const auto found = ledger_.alarms().find(record.alarm);
    if (found == ledger_.alarms().end()) return "there is no such alarm";
    if (found->second.accepted_reason) return "the alarm is accepted already";
    return std::nullopt;
  }

 private:
  // R2: one claim on each coin and on each send.
  Objection ObjectionToClaims(const BatchReserved& record) const {
    std::set<bitcoin::OutPoint> coins;
    for (const Coin& coin : record.coins) {
      if (!coins.insert(coin.outpoint).second) return "a coin stands twice in the batch";
      if (ledger_.IsReserved(coin.outpoint)) return "a coin belongs to a live batch (R2)";
    }
    std::set<SendId> sends;
    for (const SendId& id : record.sends) {
      const Send* send = ledger_.FindSend(id);
      if (!send || !Ledger::IsOpen(*send)) return "a send of the batch is not open";
      if (!sends.insert(id).second) return "a send stands twice in the batch";
      if (send->live_batch) return "a send belongs to a live batch (R2)";
    }
    return std::nullopt;
  }

  Objection ObjectionToUnsignedTransaction(const BatchReserved& record) const {
    std::vector<const SendContent*> contents;
    for (const SendId& id : record.sends) contents.push_back(&*ledger_.FindSend(id)->content);
    return ObjectionToUnsigned(record, contents);
  }

  // R4, for one send: nothing that pays it is in the chain, and each T is excluded by a reason that
  // holds.
  Objection ObjectionToPayingAgain(const Send& send, const BatchReserved& record) const {
    for (const auto& [batch, version] : MayPaySet(ledger_, send)) {
      if (batch->confirmation && batch->confirmation->txid == version->txid) {
        return "a transaction that pays the send is in the chain (R4)";
      }
      if (!IsExcluded(send, *version, record)) {
        return "a transaction that may pay the send is not excluded (R4)";
      }
    }
    return std::nullopt;
  }

  bool IsExcluded(const Send& send, const Version& version, const BatchReserved& record) const {
    const auto& bytes = version.raw_tx.empty() ? version.unsigned_tx : version.raw_tx;
    const auto excluded = bitcoin::ParseTransaction(bytes);
    return std::any_of(
        record.exclusions.begin(), record.exclusions.end(), [&](const Exclusion& exclusion) {
          return excluded && exclusion.send == send.id && exclusion.excluded == version.txid &&
                 !ObjectionToExclusion(exclusion, record.coins, *excluded,
                                       EvidenceOf(send, exclusion.rival), kMinConflictDepth);
        });
  }

  std::optional<RivalEvidence> EvidenceOf(const Send& send, const bitcoin::Txid& txid) const {
    for (BatchId id : send.batches) {
      const Batch* batch = ledger_.FindBatch(id);
      if (!batch) continue;
      for (const Rival& rival : batch->rivals) {
        if (rival.txid != txid) continue;
        const auto transaction = bitcoin::ParseTransaction(rival.raw_tx);
        if (!transaction) return std::nullopt;
        const int32_t tip_height = ledger_.chain().tip().height;
        const int32_t depth = rival.block ? tip_height - rival.block->height + 1 : 0;
        const bool pays = PaysByAnyVersion(send, txid) || PaysToScriptOf(send, *transaction);
        return RivalEvidence{*transaction, pays, depth};
      }
    }
    return std::nullopt;
  }

  // A version of any batch that the send was ever in, and pays it, is never a rival to it.
  bool PaysByAnyVersion(const Send& send, const bitcoin::Txid& txid) const {
    for (const auto& [batch, version] : MayPaySet(ledger_, send)) {
      if (version->txid == txid) return true;
    }
    return false;
  }

  // In whatever amount: it may be the payment of a like send, or one that a person must judge (R7).
  static bool PaysToScriptOf(const Send& send, const bitcoin::Transaction& transaction) {
    const auto& payees = send.content->outputs;
    return std::any_of(payees.begin(), payees.end(), [&](const Payee& payee) {
      return std::any_of(
          transaction.outputs.begin(), transaction.outputs.end(),
          [&](const bitcoin::TxOut& output) { return output.script == payee.script; });
    });
  }

  template <typename Check>
  Objection WithVersion(BatchId id, uint32_t number, Check check) const {
    const Batch* batch = ledger_.FindBatch(id);
    if (!batch || batch->end == BatchEnd::kDropped) return "there is no such batch";
    if (number >= batch->versions.size()) return "there is no such version";
    return check(*batch, batch->versions[number]);
  }

  Objection WithTxid(BatchId id, const bitcoin::Txid& txid) const {
    const Batch* batch = ledger_.FindBatch(id);
    if (!batch || batch->end == BatchEnd::kDropped) return "there is no such batch";
    const Version* version = FindVersion(*batch, txid);
    if (!version) return "the transaction is no version of the batch";
    if (version->raw_tx.empty()) return "the version is not signed in the log (R1)";
    return std::nullopt;
  }

  Objection ObjectionToSpender(const Batch& batch, const bitcoin::Bytes& raw_tx) const {
    const auto transaction = bitcoin::ParseTransaction(raw_tx);
    if (!transaction) return "the transaction is malformed";
    for (const bitcoin::TxIn& input : transaction->inputs) {
      const bool ours = std::any_of(batch.coins.begin(), batch.coins.end(), [&](const Coin& coin) {
        return coin.outpoint == input.prevout;
      });
      if (ours) return std::nullopt;
    }
    return "the transaction spends no coin of the batch";
  }

  const Ledger& ledger_;
};

}  // namespace

std::optional<std::string> ObjectionToRecord(const Ledger& ledger, const Record& record) {
  const bool is_first = std::holds_alternative<WalCreated>(record);
  if (ledger.last_seq() == 0 && !is_first) return "a log begins with WalCreated";
  return std::visit(RecordJudge(ledger), record);
}

}  // namespace sendonce::core
