#include "wal/index.h"

#include <set>
#include <utility>

#include "core/ledger.h"
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

}  // namespace

std::vector<KeyWrite> IndexWrites(const core::Entry& entry) {
  std::vector<KeyWrite> writes;
  AddSnapshots(entry, writes);
  AddTxids(entry, writes);
  AddConfirmation(entry.record, writes);
  AddHistory(entry, writes);
  return writes;
}

}  // namespace sendonce::wal
