#include "core/record_objection.h"

#include <algorithm>
#include <set>

#include "core/ledger.h"
#include "core/matching.h"
#include "core/may_pay.h"
#include "core/output_claims.h"
#include "core/pruning.h"
#include "core/transaction_check.h"

namespace sendonce::core {

namespace {

using Objection = std::optional<std::string>;

bool Contains(const std::vector<SendId>& ids, const SendId& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
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
    if (!Ledger::IsOpen(*send)) return "the send is paid";
    if (record.ending == Ending::kDeclaredPaid) return "only a verdict declares a send paid";
    if (auto objection = ObjectionToMissingBatches(*send)) return objection;
    if (!CanNeverBePaid(ledger_, *send, kMinConflictDepth)) {
      return "a transaction may exist that pays the send (G6)";
    }
    // A batch without a signature is given up first; from any other the send may go alone.
    const Batch* live = ledger_.LiveBatchOf(*send);
    if (live && !SignatureAsked(*live)) return "the send belongs to a batch that goes on";
    return std::nullopt;
  }

  Objection operator()(const BatchReserved& record) const {
    if (record.coins.empty()) return "a batch spends at least one coin";
    if (record.sends.empty()) return "a batch pays at least one send";
    if (auto objection = ObjectionToClaims(record)) return objection;
    if (auto objection = ObjectionToUnsignedTransaction(record)) return objection;
    for (const SendId& id : record.sends) {
      if (auto objection = ObjectionToPayingAgain(*ledger_.FindSend(id), record)) return objection;
    }
    return std::nullopt;
  }

  Objection operator()(const SignatureRequested& record) const {
    return WithVersion(record.batch, record.version,
                       [&](const Batch& batch, const Version& version) {
                         if (batch.end != BatchEnd::kOpen || batch.superseded) {
                           return Objection("the batch is not live");
                         }
                         if (version.unsigned_tx.empty()) {
                           return Objection("an adopted version is not ours to sign");
                         }
                         return ObjectionToSigning(batch, version);
                       });
  }

  // R3: replaces without giving up any conflict with the versions before it.
  Objection operator()(const VersionReserved& record) const {
    const Batch* batch = ledger_.FindBatch(record.batch);
    if (!batch || batch->end != BatchEnd::kOpen || batch->superseded)
      return "the batch is not live";
    if (batch->confirmation) return "the batch is confirmed";
    if (record.version != batch->versions.size()) return "it is not the next version";
    if (record.paid.size() != batch->sends.size()) return "each send of the batch is judged";
    if (auto objection = ObjectionToAdded(*batch, record)) return objection;
    return ObjectionToReplacement(*batch, record);
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
    const auto transaction = bitcoin::ParseTransaction(record.raw_tx);
    const Version* known =
        transaction ? FindVersion(*batch, bitcoin::TxidOf(*transaction)) : nullptr;
    if (known && !known->raw_tx.empty()) return "the transaction is a version already";
    if (auto objection = ObjectionToSpender(*batch, record.raw_tx)) return objection;
    return ObjectionToPaid(*batch, *transaction, record.paid);
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
    for (size_t i = 0; i < batch->sends.size(); ++i) {
      if (confirmed.paid[i].empty() && BelongsTo(*batch, batch->sends[i])) {
        return "a send of the batch is not paid by what confirmed";
      }
    }
    return std::nullopt;
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
    if (record.fork_height < ledger_.chain().pruned_up_to.value_or(record.fork_height)) {
      return "what was pruned can not be opened again";
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

  Objection operator()(const VerdictGiven& record) const {
    const Send* send = ledger_.FindSend(record.id);
    if (!send || !Ledger::IsOpen(*send)) return "the send is not open";
    if (record.reason.empty()) return "a verdict has a reason";
    if (auto objection = ObjectionToMissingBatches(*send)) return objection;
    const Batch* live = ledger_.LiveBatchOf(*send);
    if (!live || !SignatureAsked(*live)) return "the rules decide about the send";
    for (const MayPay& one : MayPaySet(ledger_, *send)) {
      if (record.verdict != OperatorVerdict::kPaid && IsInChain(one)) {
        return "a transaction that pays the send is in the chain";
      }
      if (record.verdict != OperatorVerdict::kPaid && MayStandBesideConfirmed(one)) {
        return "a transaction that pays the send may be in the chain beside the one that "
               "confirmed. If it is, the verdict is `paid`; if it is gone for "
               "good, unlock the coin of the batch that it spends and spend that to yourself: once "
               "this is in a block the verdict is taken. The transaction is " +
               bitcoin::DisplayHex(one.version->txid);
      }
      const auto& excluded = record.excluded;
      if (std::find(excluded.begin(), excluded.end(), one.version->txid) == excluded.end()) {
        return "the verdict does not name every transaction that may pay the send";
      }
    }
    return std::nullopt;
  }

  Objection operator()(const PaymentAdopted& record) const {
    if (!IsValidSendId(record.id)) return "the id is not valid";
    if (record.content.outputs.empty()) return "a send has at least one output";
    if (const Send* send = ledger_.FindSend(record.id)) {
      if (!Ledger::IsOpen(*send) || send->live_batch || !send->batches.empty()) {
        return "the send is paid, or may be, by something else";
      }
      if (DifferingField(*send->content, record.content)) return "the send has other content (G4)";
    }
    return ObjectionToPayment(record);
  }

  Objection operator()(const CoinsVanished& record) const {
    const Batch* batch = ledger_.FindBatch(record.batch);
    if (!batch || batch->end != BatchEnd::kOpen) return "there is no such open batch";
    for (const bitcoin::OutPoint& coin : record.coins) {
      const bool ours = std::any_of(batch->coins.begin(), batch->coins.end(),
                                    [&](const Coin& one) { return one.outpoint == coin; });
      if (!ours) return "the coin is none of the batch";
    }
    return std::nullopt;
  }

  Objection operator()(const LocksReleased& record) const {
    const Batch* batch = ledger_.FindBatch(record.batch);
    if (!batch || !batch->locked) return "there is no such batch with locks";
    return std::nullopt;
  }

  Objection operator()(const DetailPruned& record) const {
    return ObjectionToPruning(ledger_, record);
  }

 private:
  bool BelongsTo(const Batch& batch, const SendId& id) const {
    const Send* send = ledger_.FindSend(id);
    return send && send->live_batch == batch.id;
  }

  Objection ObjectionToMissingBatches(const Send& send) const {
    for (BatchId id : send.batches) {
      if (!ledger_.FindBatch(id)) return "a batch that the send was in is not known";
    }
    return std::nullopt;
  }

  // R2: one claim on each coin and on each send. Sends may leave a batch by R4, all together or, if
  // every signature of it is known, alone; the coins of a batch that all leave are free with it.
  Objection ObjectionToClaims(const BatchReserved& record) const {
    std::set<SendId> sends;
    std::optional<BatchId> left;
    for (const SendId& id : record.sends) {
      const Send* send = ledger_.FindSend(id);
      if (!send || !Ledger::IsOpen(*send)) return "a send of the batch is not open";
      if (!sends.insert(id).second) return "a send stands twice in the batch";
      if (id != record.sends.front() && send->live_batch != left) {
        return "the sends come from different batches";
      }
      left = send->live_batch;
      if (auto objection = ObjectionToMissingBatches(*send)) return objection;
    }
    return ObjectionToCoinClaims(record, left);
  }

  Objection ObjectionToCoinClaims(const BatchReserved& record, std::optional<BatchId> left) const {
    bool all_leave = false;
    if (left) {
      const Batch& batch = *ledger_.FindBatch(*left);
      const auto living = ledger_.LivingSends(batch);
      all_leave = std::all_of(living.begin(), living.end(),
                              [&](const SendId& id) { return Contains(record.sends, id); });
      if (!SignatureAsked(batch)) return "a batch without a signature is given up, not left";
      if (!all_leave && MustLeaveTogether(batch)) {
        return "all sends of a batch whose signature is not known leave together (R4)";
      }
    }
    std::set<bitcoin::OutPoint> coins;
    for (const Coin& coin : record.coins) {
      if (!coins.insert(coin.outpoint).second) return "a coin stands twice in the batch";
      for (BatchId owner : ledger_.OwnersOf(coin.outpoint)) {
        if (owner != left || !all_leave) return "a coin belongs to a live batch (R2)";
      }
    }
    return std::nullopt;
  }

  Objection ObjectionToUnsignedTransaction(const BatchReserved& record) const {
    std::vector<const SendContent*> contents;
    for (const SendId& id : record.sends) contents.push_back(&*ledger_.FindSend(id)->content);
    return ObjectionToUnsigned(record, contents);
  }

  static bool IsInChain(const MayPay& one) {
    return one.batch->confirmation && one.batch->confirmation->txid == one.version->txid;
  }

  // R4, for one send: nothing that pays it is in the chain, and each T is excluded by a reason that
  // holds.
  Objection ObjectionToPayingAgain(const Send& send, const BatchReserved& record) const {
    const auto set = MayPaySet(ledger_, send);
    if (!set.empty() && WaitsForVerdict(ledger_, send)) {
      return "whether the send is paid already only a verdict can say (R7)";
    }
    for (const MayPay& one : set) {
      if (IsInChain(one)) return "a transaction that pays the send is in the chain (R4)";
      if (!IsExcluded(send, *one.version, record.exclusions, record.coins)) {
        return "a transaction that may pay the send is not excluded (R4)";
      }
    }
    return std::nullopt;
  }

  // The same again before a signature is asked for: the set may have grown, and what excluded it
  // may hold no more. What later batches of the send brought into the set is excluded by their own
  // records: each version of this one spends the coins that those rest on (R3).
  Objection ObjectionToSigning(const Batch& batch, const Version& version) const {
    const std::vector<Coin> core(batch.coins.begin(), batch.coins.begin() + batch.core_coins);
    for (size_t i = 0; i < batch.sends.size(); ++i) {
      if (version.paid[i].empty() || !BelongsTo(batch, batch.sends[i])) continue;
      const Send& send = *ledger_.FindSend(batch.sends[i]);
      if (auto objection = ObjectionToMissingBatches(send)) return objection;
      const auto set = MayPaySet(ledger_, send);
      if (!SignatureAsked(batch) && !set.empty() && WaitsForVerdict(ledger_, send)) {
        return "whether the send is paid already only a verdict can say (R7)";
      }
      for (const MayPay& one : set) {
        if (IsInChain(one)) return "a transaction that pays the send is in the chain (R4)";
        if (one.batch->id == batch.id || IsLater(send, one.batch->id, batch.id)) continue;
        if (!IsExcluded(send, *one.version, batch.exclusions, core)) {
          return "a transaction that may pay the send is not excluded (R4)";
        }
      }
    }
    return ObjectionToPaidStrangers(batch, version);
  }

  static bool IsLater(const Send& send, BatchId one, BatchId other) {
    const auto& batches = send.batches;
    return std::find(batches.begin(), batches.end(), one) >
           std::find(batches.begin(), batches.end(), other);
  }

  // Nothing is signed that pays a send that has left the batch, or has ended.
  Objection ObjectionToPaidStrangers(const Batch& batch, const Version& version) const {
    if (version.signature_asked) return std::nullopt;  // the same bytes again change nothing
    for (size_t i = 0; i < batch.sends.size(); ++i) {
      if (!version.paid[i].empty() && !BelongsTo(batch, batch.sends[i])) {
        return "the version pays a send that has left the batch";
      }
    }
    return std::nullopt;
  }

  bool IsExcluded(const Send& send, const Version& version,
                  const std::vector<Exclusion>& exclusions, const std::vector<Coin>& coins) const {
    return std::any_of(exclusions.begin(), exclusions.end(), [&](const Exclusion& exclusion) {
      return !ObjectionToExclusionOf(ledger_, send, version, exclusion, coins, kMinConflictDepth);
    });
  }

  // Added coins prove nothing, so they only have to be free, and not the batch's own change.
  Objection ObjectionToAdded(const Batch& batch, const VersionReserved& record) const {
    std::set<bitcoin::OutPoint> coins;
    for (const Coin& coin : batch.coins) coins.insert(coin.outpoint);
    for (const Coin& coin : record.added) {
      if (!coins.insert(coin.outpoint).second) return "an added coin is the batch's already";
      if (ledger_.IsReserved(coin.outpoint)) return "an added coin belongs to a live batch (R2)";
      if (FindVersion(batch, coin.outpoint.txid)) return "an added coin is the batch's own change";
    }
    return std::nullopt;
  }

  Objection ObjectionToReplacement(const Batch& batch, const VersionReserved& record) const {
    const auto transaction = bitcoin::ParseTransaction(record.unsigned_tx);
    if (!transaction) return "the unsigned transaction is malformed";
    BatchReserved whole;
    whole.unsigned_tx = record.unsigned_tx;
    whole.change_vout = record.change_vout;
    whole.fee_sat = record.fee_sat;
    for (size_t i = 0; i < transaction->inputs.size(); ++i) {
      const auto coin = FindCoin(batch, record, transaction->inputs[i].prevout);
      if (!coin) return "it spends a coin that is not reserved";
      if (i < batch.core_coins && coin->outpoint != batch.coins[i].outpoint) {
        return "it does not spend every coin of version 0, first and in order (R3)";
      }
      whole.coins.push_back(*coin);
    }
    if (whole.coins.size() < batch.core_coins)
      return "it does not spend every coin of version 0 (R3)";
    std::vector<const SendContent*> contents;
    for (size_t i = 0; i < batch.sends.size(); ++i) {
      if (record.paid[i].empty()) continue;
      const Send* send = ledger_.FindSend(batch.sends[i]);
      if (send->live_batch != batch.id) return "it pays a send that has left the batch";
      contents.push_back(&*ledger_.FindSend(batch.sends[i])->content);
      whole.paid.push_back(record.paid[i]);
    }
    if (contents.empty()) return "it pays nobody";
    if (auto objection = ObjectionToUnsigned(whole, contents)) return objection;
    return ObjectionToReplacing(batch, record);
  }

  static std::optional<Coin> FindCoin(const Batch& batch, const VersionReserved& record,
                                      const bitcoin::OutPoint& outpoint) {
    for (const auto* coins : {&batch.coins, &record.added}) {
      for (const Coin& coin : *coins) {
        if (coin.outpoint == outpoint) return coin;
      }
    }
    return std::nullopt;
  }

  // What was left out stays out; more is paid for the fee than by any version of ours; change that
  // somebody else counts on is not taken away.
  Objection ObjectionToReplacing(const Batch& batch, const VersionReserved& record) const {
    for (const Version& version : batch.versions) {
      if (version.adopted) continue;
      if (version.raw_tx.empty()) return "a version of the batch is not signed yet";
      if (version.fee_sat >= record.fee_sat) return "it does not pay a higher fee";
      for (size_t i = 0; i < batch.sends.size(); ++i) {
        if (version.paid[i].empty() && !record.paid[i].empty()) {
          return "a send that a version has left out does not come back";
        }
      }
      for (const bitcoin::OutPoint& change : ChangeOf(version)) {
        if (ledger_.IsReserved(change)) return "another batch spends the change of the batch (R3)";
      }
    }
    return std::nullopt;
  }

  // Each output of the send once, by an output that pays no other id.
  Objection ObjectionToPayment(const PaymentAdopted& record) const {
    const auto transaction = bitcoin::ParseTransaction(record.raw_tx);
    if (!transaction) return "the transaction is malformed";
    const auto& outputs = record.content.outputs;
    if (record.vouts.size() != outputs.size()) return "each output of the send is named once";
    std::set<uint32_t> vouts;
    for (size_t i = 0; i < outputs.size(); ++i) {
      const uint32_t vout = record.vouts[i];
      if (vout >= transaction->outputs.size() || !vouts.insert(vout).second) {
        return "the transaction has no such output, or it stands twice";
      }
      const bitcoin::TxOut& output = transaction->outputs[vout];
      if (output.script != outputs[i].script || output.amount_sat != outputs[i].amount_sat) {
        return "the transaction does not pay the send";
      }
    }
    const auto claims = ClaimsOn(ledger_, *transaction);
    if (std::any_of(vouts.begin(), vouts.end(),
                    [&](uint32_t vout) { return claims.contains(vout); })) {
      return "an output of the transaction pays another id";
    }
    return std::nullopt;
  }

  // Each output pays one send, of whatever batch.
  Objection ObjectionToPaid(const Batch& batch, const bitcoin::Transaction& transaction,
                            const PaidVouts& paid) const {
    auto claims = ClaimsOn(ledger_, transaction);
    for (size_t i = 0; i < paid.size(); ++i) {
      for (uint32_t vout : paid[i]) {
        if (vout >= transaction.outputs.size()) return "the transaction has no such output";
        const auto [claim, is_new] = claims.emplace(vout, batch.sends[i]);
        if (!is_new && claim->second != batch.sends[i]) {
          return "an output of the transaction pays another id";
        }
      }
    }
    return std::nullopt;
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
