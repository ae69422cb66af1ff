#include "wal/index.h"

#include <set>
#include <utility>

#include "core/ledger.h"
#include "core/pruning.h"
#include "wal/codec.h"

namespace sendonce::wal {

namespace {

KeyWrite Marker(Key key) {
  return {std::move(key), bitcoin::Bytes()};
}

KeyWrite MarkerIf(bool present, Key key) {
  return present ? Marker(std::move(key)) : KeyWrite{std::move(key), std::nullopt};
}

void AddSnapshots(const core::Entry& entry, std::vector<KeyWrite>& writes) {
  for (const core::Send& send : entry.sends) {
    writes.push_back({SendKey(send.id), EncodeSend(send)});
    writes.push_back(MarkerIf(core::Ledger::IsOpen(send), OpenSendKey(send.id)));
  }
  for (const core::Batch& batch : entry.batches) {
    writes.push_back({BatchKey(batch.id), EncodeBatch(batch)});
    writes.push_back(MarkerIf(core::Ledger::IsKept(batch), OpenBatchKey(batch.id)));
  }
  for (const core::Alarm& alarm : entry.alarms) {
    writes.push_back({AlarmKey(alarm.number), EncodeAlarm(alarm)});
  }
  if (entry.chain) writes.push_back({ChainKey(), EncodeChain(*entry.chain)});
}

void AddTxids(const core::Entry& entry, std::vector<KeyWrite>& writes) {
  for (const core::Batch& batch : entry.batches) {
    std::set<bitcoin::Txid> txids;
    for (const core::Version& version : batch.versions) txids.insert(version.txid);
    for (const bitcoin::Txid& txid : txids) writes.push_back(Marker(TxidKey(txid, batch.id)));
  }
}

void AddConfirmation(const core::Record& record, std::vector<KeyWrite>& writes) {
  if (const auto* confirmed = std::get_if<core::BatchConfirmed>(&record)) {
    writes.push_back(Marker(ConfirmedKey(confirmed->block.height, confirmed->batch)));
  }
  if (const auto* reopened = std::get_if<core::BatchReopened>(&record)) {
    writes.push_back({ConfirmedKey(reopened->block.height, reopened->batch), std::nullopt});
  }
}

// Whom a record is about by its own words. A record about a batch is found through the batch, not
// written again for each of its sends.
struct Subjects {
  std::set<core::SendId> sends;
  std::set<core::BatchId> batches;
};

struct SubjectsOf {
  const core::Entry& entry;

  Subjects operator()(const core::WalCreated&) const { return {}; }
  Subjects operator()(const core::ChainMoved&) const { return {}; }
  Subjects operator()(const core::DetailPruned&) const { return {}; }
  Subjects operator()(const core::SendRecorded& record) const { return {{record.id}, {}}; }
  Subjects operator()(const core::SendEnded& record) const { return {{record.id}, {}}; }
  Subjects operator()(const core::BatchReserved& record) const {
    return {{record.sends.begin(), record.sends.end()}, {entry.seq}};
  }
  // The batch is none of its sends' any more, so its records are not found through it.
  Subjects operator()(const core::BatchDropped& record) const {
    Subjects subjects = {{}, {record.batch}};
    for (const core::Send& send : entry.sends) subjects.sends.insert(send.id);
    return subjects;
  }
  Subjects operator()(const core::VerdictGiven& record) const { return {{record.id}, {}}; }
  Subjects operator()(const core::PaymentAdopted& record) const {
    return {{record.id}, {entry.seq}};
  }
  Subjects operator()(const core::AlarmRaised&) const { return OfAlarms(); }
  Subjects operator()(const core::AlarmAccepted&) const { return OfAlarms(); }
  Subjects operator()(const auto& record) const { return {{}, {record.batch}}; }

  Subjects OfAlarms() const {
    Subjects subjects;
    for (const core::Alarm& alarm : entry.alarms) {
      if (alarm.raised.batch) subjects.batches.insert(*alarm.raised.batch);
    }
    return subjects;
  }
};

void AddHistory(const core::Entry& entry, std::vector<KeyWrite>& writes) {
  const Subjects subjects = std::visit(SubjectsOf{entry}, entry.record);
  for (const core::SendId& id : subjects.sends) {
    writes.push_back(Marker(SendHistoryKey(id, entry.seq)));
  }
  for (core::BatchId batch : subjects.batches) {
    writes.push_back(Marker(BatchHistoryKey(batch, entry.seq)));
  }
}

// The txids stay: whose the transaction is, is known for ever.
void AddPruning(const core::PrunedBatch& batch, std::vector<KeyWrite>& writes) {
  const auto remove = [&](Key key) { writes.push_back({std::move(key), std::nullopt}); };
  remove(BatchKey(batch.id));
  remove(OpenBatchKey(batch.id));
  remove(ConfirmedKey(batch.payment.block.height, batch.id));
  for (core::Seq seq : batch.records) remove(BatchHistoryKey(batch.id, seq));
  for (const core::PrunedSend& send : batch.sends) {
    for (core::Seq seq : std::set{send.recorded_seq, batch.id}) {
      remove(SendHistoryKey(send.id, seq));
    }
  }
  std::set<bitcoin::Txid> txids(batch.payment.txids.begin(), batch.payment.txids.end());
  txids.insert(batch.former_txids.begin(), batch.former_txids.end());
  for (const bitcoin::Txid& txid : txids) writes.push_back(Marker(TxidKey(txid, batch.id)));
}

}  // namespace

std::vector<KeyWrite> IndexWrites(const core::Entry& entry) {
  std::vector<KeyWrite> writes;
  AddSnapshots(entry, writes);
  AddTxids(entry, writes);
  AddConfirmation(entry.record, writes);
  AddHistory(entry, writes);
  if (const auto* pruned = std::get_if<core::DetailPruned>(&entry.record)) {
    for (const core::PrunedBatch& batch : pruned->batches) AddPruning(batch, writes);
  }
  return writes;
}

}  // namespace sendonce::wal
