#include "core/ledger.h"

#include <algorithm>
#include <cassert>

#include "core/record_applier.h"
#include "core/record_objection.h"

namespace sendonce::core {

Ledger::Ledger(Contents contents)
    : created_(std::move(contents.created)),
      chain_(std::move(contents.chain)),
      last_seq_(contents.last_seq) {
  assert(last_seq_ > 0 && !chain_.locator.empty());
  Restore(contents.sends, contents.batches);
  for (Alarm& alarm : contents.alarms) alarms_.emplace(alarm.number, std::move(alarm));
}

Entry Ledger::Apply(Record record, Millis at_ms) {
  const auto objection = Objection(record);
  assert(!objection && "a record must not break a rule of the protocol");
  Entry entry;
  entry.seq = ++last_seq_;
  entry.at_ms = at_ms;
  entry.record = std::move(record);
  RecordApplier::Apply(*this, entry);
  return entry;
}

std::optional<std::string> Ledger::Objection(const Record& record) const {
  return ObjectionToRecord(*this, record);
}

void Ledger::Skip(Seq seq) {
  assert(seq == last_seq_ + 1);
  last_seq_ = seq;
  skipped_.insert(seq);
}

void Ledger::Restore(const std::vector<Send>& sends, const std::vector<Batch>& batches) {
  for (const Send& send : sends) {
    const auto [stored, is_new] = sends_.emplace(send.id, send);
    if (is_new && IsOpen(send) && !send.live_batch) waiting_.emplace(send.recorded_seq, send.id);
  }
  for (const Batch& batch : batches) {
    const auto [stored, is_new] = batches_.emplace(batch.id, batch);
    if (is_new) IndexBatch(stored->second);
  }
  for (const Batch& batch : batches) IndexTrouble(batches_.at(batch.id));
}

void Ledger::ForgetIfClosed(const SendId& id, Seq durable_seq) {
  const auto found = sends_.find(id);
  if (found == sends_.end() || IsOpen(found->second) || found->second.seq > durable_seq) return;
  const auto& batches = found->second.batches;
  if (std::any_of(batches.begin(), batches.end(),
                  [&](BatchId batch) { return FindBatch(batch); })) {
    return;  // it goes with the last of them
  }
  sends_.erase(found);
}

void Ledger::ForgetIfClosed(BatchId id, Seq durable_seq) {
  const auto found = batches_.find(id);
  if (found == batches_.end() || IsKept(found->second) || found->second.seq > durable_seq) return;
  UnindexBatch(found->second);
  troubled_.erase(id);
  const std::vector<SendId> sends = std::move(found->second.sends);
  batches_.erase(found);
  for (const SendId& send : sends) ForgetIfClosed(send, durable_seq);
}

const Send* Ledger::FindSend(const SendId& id) const {
  const auto found = sends_.find(id);
  return found == sends_.end() ? nullptr : &found->second;
}

const Batch* Ledger::FindBatch(BatchId id) const {
  const auto found = batches_.find(id);
  return found == batches_.end() ? nullptr : &found->second;
}

const Batch* Ledger::LiveBatchOf(const Send& send) const {
  return send.live_batch ? FindBatch(*send.live_batch) : nullptr;
}

const Batch* Ledger::FindBatchByTxid(const bitcoin::Txid& txid) const {
  const auto found = by_txid_.find(txid);
  return found == by_txid_.end() ? nullptr : FindBatch(found->second);
}

std::vector<BatchId> Ledger::BatchesSpending(const bitcoin::OutPoint& coin) const {
  const auto found = spent_by_.find(coin);
  if (found == spent_by_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

std::vector<BatchId> Ledger::OwnersOf(const bitcoin::OutPoint& coin) const {
  std::vector<BatchId> owners;
  for (BatchId id : BatchesSpending(coin)) {
    const Batch& batch = batches_.at(id);
    if (IsOpen(batch) && !batch.superseded) owners.push_back(id);
  }
  return owners;
}

std::vector<SendId> Ledger::LivingSends(const Batch& batch) const {
  std::vector<SendId> living;
  for (const SendId& id : batch.sends) {
    const Send* send = FindSend(id);
    if (send && send->live_batch == batch.id) living.push_back(id);
  }
  return living;
}

std::vector<SendId> Ledger::SendsToTakeBack(const Batch& batch, const Version& version) const {
  std::vector<SendId> sends;
  if (!batch.left) return sends;
  for (size_t i = 0; i < batch.sends.size(); ++i) {
    const Send* send = FindSend(batch.sends[i]);
    if (version.paid[i].empty() || send->live_batch == batch.id || !IsOpen(*send)) continue;
    const Batch* live = LiveBatchOf(*send);
    const bool is_paid = live && live->confirmation &&
                         !CurrentVersion(*live).paid[IndexOfSend(*live, send->id)].empty();
    if (!is_paid) sends.push_back(send->id);
  }
  return sends;
}

bool Ledger::IsTroubled(const Batch& batch) const {
  if (batch.end == BatchEnd::kDropped || batch.superseded) return false;
  if (batch.confirmation) return LeavesOutALivingSend(batch, {&CurrentVersion(batch)});
  const bool has_rival = std::any_of(batch.rivals.begin(), batch.rivals.end(),
                                     [](const Rival& rival) { return rival.block.has_value(); });
  if (has_rival || !batch.vanished.empty()) return true;
  std::vector<const Version*> sendable;
  for (const Version& version : batch.versions) {
    if (MayBeSent(batch, version)) sendable.push_back(&version);
  }
  return LeavesOutALivingSend(batch, sendable);
}

// One pass: this is asked after every record about a batch, and a batch can hold thousands.
bool Ledger::LeavesOutALivingSend(const Batch& batch,
                                  const std::vector<const Version*>& versions) const {
  for (size_t i = 0; i < batch.sends.size(); ++i) {
    const bool is_paid = std::any_of(versions.begin(), versions.end(),
                                     [&](const Version* one) { return !one->paid[i].empty(); });
    if (is_paid) continue;
    const Send* send = FindSend(batch.sends[i]);
    if (send && send->live_batch == batch.id) return true;
  }
  return false;
}

bool Ledger::MayBeSent(const Batch& batch, const Version& version) const {
  if (!MayPayItsSends(batch, version)) return false;
  if (!version.adopted) return true;
  // What somebody else has made can pay sends of several batches.
  const auto transaction = bitcoin::ParseTransaction(version.raw_tx);
  for (const bitcoin::TxIn& input : transaction->inputs) {
    for (BatchId id : BatchesSpending(input.prevout)) {
      const Version* same = FindVersion(batches_.at(id), version.txid);
      if (same && !MayPayItsSends(batches_.at(id), *same)) return false;
    }
  }
  return true;
}

// What R4 had brought here has gone back: a transaction of an earlier batch pays the send.
bool Ledger::HasGoneBack(const Send& send, const Batch& batch) {
  return send.live_batch && *send.live_batch < batch.id;
}

// The batch pays the send again on a verdict that does not stand any more: what that had excluded
// is there after all.
bool Ledger::RestsOnRefuted(const Send& send, const Batch& batch) {
  const auto& named = send.excluded_by_verdict;
  return std::any_of(batch.exclusions.begin(), batch.exclusions.end(), [&](const Exclusion& one) {
    return one.send == send.id && one.reason == ExclusionReason::kVerdict &&
           std::find(named.begin(), named.end(), one.excluded) == named.end();
  });
}

bool Ledger::MayPayItsSends(const Batch& batch, const Version& version) const {
  for (size_t i = 0; i < batch.sends.size(); ++i) {
    const Send* send = FindSend(batch.sends[i]);
    if (version.paid[i].empty() || !send) continue;
    if (send->ending != Ending::kNone || IsNamedByVerdict(*send, version)) return false;
    if (version.adopted) continue;
    if (HasGoneBack(*send, batch) || RestsOnRefuted(*send, batch)) return false;
  }
  return true;
}

bool Ledger::IsNews(const Batch& batch, const Version& version) const {
  if (!version.accepted || !batch.vanished.empty()) return true;
  for (size_t i = 0; i < batch.sends.size(); ++i) {
    const Send* send = FindSend(batch.sends[i]);
    if (version.paid[i].empty() || !send || !IsOpen(*send)) continue;
    if (IsNamedByVerdict(*send, version)) return true;
  }
  return !SendsToTakeBack(batch, version).empty();
}

void Ledger::IndexTrouble(const Batch& batch) {
  if (IsTroubled(batch)) {
    troubled_.insert(batch.id);
  } else {
    troubled_.erase(batch.id);
  }
}

bool Ledger::IsOpen(const Send& send) {
  return send.ending == Ending::kNone && !send.payment;
}

bool Ledger::IsOpen(const Batch& batch) {
  return batch.end == BatchEnd::kOpen;
}

bool Ledger::IsKept(const Batch& batch) {
  return IsOpen(batch) || batch.left || batch.locked;
}

void Ledger::IndexBatch(const Batch& batch) {
  if (batch.end == BatchEnd::kDropped) return;
  for (const Coin& coin : batch.coins) spent_by_[coin.outpoint].insert(batch.id);
  for (const Version& version : batch.versions) by_txid_[version.txid] = batch.id;
}

void Ledger::UnindexBatch(const Batch& batch) {
  for (const Coin& coin : batch.coins) {
    const auto found = spent_by_.find(coin.outpoint);
    if (found == spent_by_.end()) continue;
    found->second.erase(batch.id);
    if (found->second.empty()) spent_by_.erase(found);
  }
  for (const Version& version : batch.versions) {
    // The same bytes can belong to a later batch by now, if this one was dropped.
    const auto found = by_txid_.find(version.txid);
    if (found != by_txid_.end() && found->second == batch.id) by_txid_.erase(found);
  }
}

}  // namespace sendonce::core
