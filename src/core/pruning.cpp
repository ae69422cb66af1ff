#include "core/pruning.h"

#include <algorithm>
#include <cassert>
#include <set>

namespace sendonce::core {

namespace {

using Objection = std::optional<std::string>;

bool HadSimpleLife(const Batch& batch) {
  if (batch.end != BatchEnd::kFinal || !batch.confirmation) return false;
  if (batch.left || batch.superseded || batch.locked) return false;
  if (!batch.rivals.empty() || !batch.vanished.empty() || !batch.exclusions.empty()) return false;
  return std::none_of(batch.versions.begin(), batch.versions.end(),
                      [](const Version& version) { return version.raw_tx.empty(); });
}

bool WasOnlyIn(const Batch& batch, const Send& send) {
  return send.content && send.ending == Ending::kNone && send.excluded_by_verdict.empty() &&
         send.batches == std::vector<BatchId>{batch.id} && send.live_batch == batch.id &&
         send.payment && send.payment->block == batch.confirmation->block;
}

// Those that a version had before it was signed, and has no more.
std::vector<bitcoin::Txid> FormerTxids(const Batch& batch) {
  std::vector<bitcoin::Txid> former;
  for (const Version& version : batch.versions) {
    const auto transaction = bitcoin::ParseTransaction(version.unsigned_tx);
    if (!transaction) continue;  // adopted
    const bitcoin::Txid txid = bitcoin::TxidOf(*transaction);
    if (!FindVersion(batch, txid)) former.push_back(txid);
  }
  return former;
}

std::vector<Seq> StubsOf(const std::vector<Seq>& records, const auto& sends) {
  std::set<Seq> stubs(records.begin(), records.end());
  for (const auto& send : sends) stubs.insert(send.recorded_seq);
  return {stubs.begin(), stubs.end()};
}

Objection ObjectionToBatch(const Ledger& ledger, const Batch& batch, const PrunedBatch& record) {
  std::vector<Send> sends;
  for (const SendId& id : batch.sends) {
    const Send* send = ledger.FindSend(id);
    if (!send) return "a send of the batch is not known";
    sends.push_back(*send);
  }
  if (!HadSimpleLife(batch, sends)) return "the batch, or a send of it, has more of a story";
  for (const auto& [number, alarm] : ledger.alarms()) {
    if (alarm.raised.batch == batch.id) return "an alarm names the batch";
  }
  if (PrunedOf({batch, std::move(sends), record.records, record.stubs_hash}) != record) {
    return "it does not say what the log says";
  }
  return std::nullopt;
}

// Of a log that was pruned: the records that it speaks of are stubs.
Objection ObjectionToStubs(const Ledger& ledger, const PrunedBatch& record) {
  for (Seq seq : StubsOf(record)) {
    if (!ledger.IsSkipped(seq)) return "a record that it prunes is there, or was pruned before";
  }
  for (const PrunedSend& send : record.sends) {
    if (ledger.FindSend(send.id)) return "the id of a pruned send is recorded again (G4)";
  }
  return std::nullopt;
}

}  // namespace

bool HadSimpleLife(const Batch& batch, const std::vector<Send>& sends) {
  return !sends.empty() && HadSimpleLife(batch) &&
         std::all_of(sends.begin(), sends.end(), [&](const Send& send) {
           // One record has made all of them final.
           return WasOnlyIn(batch, send) && send.seq == sends.front().seq;
         });
}

PrunedBatch PrunedOf(const Prunable& prunable) {
  const auto& [batch, sends, records, stubs_hash] = prunable;
  assert(HadSimpleLife(batch, sends));
  PrunedBatch pruned;
  pruned.id = batch.id;
  pruned.payment = *sends.front().payment;
  pruned.payment.vouts.clear();
  pruned.former_txids = FormerTxids(batch);
  pruned.updated_at_ms = sends.front().updated_at_ms;
  pruned.seq = sends.front().seq;
  pruned.records = records;
  pruned.stubs_hash = stubs_hash;
  for (const Send& send : sends) {
    pruned.sends.push_back(
        {send.id, DigestOf(*send.content), send.created_at_ms, send.recorded_seq});
  }
  return pruned;
}

std::vector<Seq> StubsOf(const PrunedBatch& batch) {
  return StubsOf(batch.records, batch.sends);
}

std::vector<Seq> StubsOf(const Prunable& prunable) {
  return StubsOf(prunable.records, prunable.sends);
}

Send SendOf(const PrunedBatch& batch, const PrunedSend& pruned) {
  Send send;
  send.id = pruned.id;
  send.pruned = pruned.content;
  send.batches = {batch.id};
  send.live_batch = batch.id;
  send.payment = batch.payment;
  send.created_at_ms = pruned.created_at_ms;
  send.updated_at_ms = batch.updated_at_ms;
  send.recorded_seq = pruned.recorded_seq;
  send.seq = batch.seq;
  return send;
}

Objection ObjectionToPruning(const Ledger& ledger, const DetailPruned& record) {
  if (record.batches.empty()) return "it prunes nothing";
  std::set<BatchId> seen;
  const int32_t tip_height = ledger.chain().tip().height;
  for (const PrunedBatch& pruned : record.batches) {
    if (!seen.insert(pruned.id).second) return "a batch stands twice in it";
    if (tip_height - pruned.payment.block.height + 1 < kMinPruneDepth) {
      return "a batch is not deep enough in the chain";
    }
    const Batch* batch = ledger.FindBatch(pruned.id);
    auto objection =
        batch ? ObjectionToBatch(ledger, *batch, pruned) : ObjectionToStubs(ledger, pruned);
    if (objection) return objection;
  }
  return std::nullopt;
}

}  // namespace sendonce::core
