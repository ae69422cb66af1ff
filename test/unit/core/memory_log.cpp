#include "memory_log.h"

#include <algorithm>
#include <cassert>

#include "samples.h"

namespace sendonce::core {

MemoryLog::MemoryLog() : created_(samples::LogBeginning()) {
  Ledger ledger;
  Append({ledger.Apply(created_, 1)});
  Sync(1);
}

void MemoryLog::Append(const std::vector<Entry>& entries) {
  for (const Entry& entry : entries) {
    assert(entries_.empty() || entry.seq == entries_.back().seq + 1);
    entries_.push_back(entry);
  }
}

void MemoryLog::Sync(Seq up_to) {
  assert(up_to >= durable_seq_ && up_to <= last_seq());
  while (durable_seq_ < up_to) Index(entries_[durable_seq_++]);
}

void MemoryLog::Index(const Entry& entry) {
  for (const Send& send : entry.sends) sends_[send.id] = send;
  for (const Alarm& alarm : entry.alarms) alarms_[alarm.number] = alarm;
  if (entry.chain) chain_ = *entry.chain;
  for (const Batch& batch : entry.batches) {
    batches_[batch.id] = batch;
    for (const Version& version : batch.versions) txids_.insert(version.txid);
  }
  if (const auto* pruned = std::get_if<DetailPruned>(&entry.record)) {
    for (const PrunedBatch& batch : pruned->batches) batches_.erase(batch.id);
  }
}

std::vector<Seq> MemoryLog::RecordsAbout(BatchId batch) const {
  std::vector<Seq> records;
  for (const Entry& entry : entries_) {
    const auto& touched = entry.batches;
    const bool is_about = std::any_of(touched.begin(), touched.end(),
                                      [&](const Batch& one) { return one.id == batch; });
    if (is_about) records.push_back(entry.seq);
  }
  return records;
}

void MemoryLog::LoseUnsynced() {
  entries_.resize(durable_seq_);
}

Ledger::Contents MemoryLog::Load() const {
  Ledger::Contents contents{created_, durable_seq_, chain_, {}, {}, {}};
  for (const auto& [id, send] : sends_) {
    if (Ledger::IsOpen(send)) contents.sends.push_back(send);
  }
  for (const auto& [id, batch] : batches_) {
    if (!Ledger::IsKept(batch)) continue;
    contents.batches.push_back(batch);
    for (const SendId& send : batch.sends) {
      if (!Ledger::IsOpen(sends_.at(send))) contents.sends.push_back(sends_.at(send));
    }
  }
  for (const auto& [number, alarm] : alarms_) contents.alarms.push_back(alarm);
  return contents;
}

std::optional<Send> MemoryLog::FindSend(const SendId& id) const {
  const auto found = sends_.find(id);
  return found == sends_.end() ? std::nullopt : std::optional(found->second);
}

bool MemoryLog::ExplainsSpend(const bitcoin::Txid& txid) const {
  bool only_reserved = false;
  for (const auto& [id, batch] : batches_) {
    if (core::ExplainsSpend(batch, txid)) return true;
    only_reserved = only_reserved || FindVersion(batch, txid);
  }
  return txids_.contains(txid) && !only_reserved;
}

void MemoryLog::FillIn(ChainRead& read) const {
  const auto* step = std::get_if<ChainStep>(&read.outcome);
  if (!step || !step->connected) return;
  for (const auto& [id, batch] : batches_) {
    if (!batch.confirmation || batch.confirmation->block.height <= step->fork_height) continue;
    read.stored_batches.push_back(batch);
    for (const SendId& send : batch.sends) read.stored_sends.push_back(sends_.at(send));
  }
}

}  // namespace sendonce::core
