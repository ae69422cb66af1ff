#include "memory_disk.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "core/pruning.h"
#include "wal/codec.h"

namespace sendonce::sim {

namespace {

using bitcoin::Bytes;
using core::Entry;

// FNV-1a over words of eight bytes, the last filled up with zeros: stands for the checksum that
// LevelDB keeps of each write. Each step can be undone, so that no single byte goes unnoticed.
uint32_t ChecksumOf(std::span<const uint8_t> bytes) {
  uint64_t sum = 0xcbf29ce484222325;
  while (!bytes.empty()) {
    const size_t count = std::min(bytes.size(), sizeof(uint64_t));
    uint64_t word = 0;
    std::memcpy(&word, bytes.data(), count);
    sum = (sum ^ word) * 0x100000001b3;
    sum ^= sum >> 32;
    bytes = bytes.subspan(count);
  }
  return static_cast<uint32_t>(sum ^ (sum >> 29));
}

void PutNumber(Bytes& bytes, size_t number) {
  for (size_t i = 0; i < 4; ++i) bytes.push_back(static_cast<uint8_t>(number >> (8 * i)));
}

void PutPart(Bytes& bytes, const Bytes& part) {
  PutNumber(bytes, part.size());
  bytes.insert(bytes.end(), part.begin(), part.end());
}

template <typename Items, typename Encode>
void PutParts(Bytes& bytes, const Items& items, Encode encode) {
  PutNumber(bytes, items.size());
  for (const auto& item : items) PutPart(bytes, encode(item));
}

// REQUIRES: the bytes have the checksum that was written, so that no length lies.
class Parts {
 public:
  explicit Parts(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  size_t Number() {
    size_t number = 0;
    for (size_t i = 0; i < 4; ++i) number |= size_t{bytes_[i]} << (8 * i);
    bytes_ = bytes_.subspan(4);
    return number;
  }

  std::span<const uint8_t> Part() {
    const size_t size = Number();
    const auto part = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return part;
  }

  template <typename Decode, typename T>
  void All(Decode decode, std::vector<T>& items) {
    for (size_t left = Number(); left > 0; --left) items.push_back(decode(Part()).value());
  }

 private:
  std::span<const uint8_t> bytes_;
};

}  // namespace

WrittenEntry BytesOfEntry(const Entry& entry, const bitcoin::Hash256& previous_hash) {
  const Bytes frame =
      wal::EncodeFrame({entry.seq, entry.at_ms, previous_hash, wal::EncodeRecord(entry.record)});
  Bytes body;
  PutPart(body, frame);
  PutParts(body, entry.sends, wal::EncodeSend);
  PutParts(body, entry.batches, wal::EncodeBatch);
  PutParts(body, entry.alarms, wal::EncodeAlarm);
  PutPart(body, entry.chain ? wal::EncodeChain(*entry.chain) : Bytes());
  Bytes bytes;
  bytes.reserve(8 + body.size());
  PutNumber(bytes, body.size());
  PutNumber(bytes, ChecksumOf(body));
  bytes.insert(bytes.end(), body.begin(), body.end());
  return {std::move(bytes), wal::HashOfFrame(frame)};
}

std::optional<StoredEntry> EntryOfBytes(std::span<const uint8_t> bytes) {
  constexpr size_t kHead = 8;
  if (bytes.size() < kHead) return std::nullopt;
  Parts head(bytes);
  const size_t size = head.Number();
  const size_t checksum = head.Number();
  const auto body = bytes.subspan(kHead);
  if (body.size() != size || ChecksumOf(body) != checksum) return std::nullopt;
  Parts parts(body);
  StoredEntry stored;
  const auto frame_bytes = parts.Part();
  stored.frame = wal::DecodeFrame(frame_bytes).value();
  stored.hash = wal::HashOfFrame(frame_bytes);
  Entry& entry = stored.entry;
  entry.seq = stored.frame.seq;
  entry.at_ms = stored.frame.at_ms;
  entry.record = wal::DecodeRecord(stored.frame.payload).value();
  parts.All(wal::DecodeSend, entry.sends);
  parts.All(wal::DecodeBatch, entry.batches);
  parts.All(wal::DecodeAlarm, entry.alarms);
  const auto chain = parts.Part();
  if (!chain.empty()) entry.chain = wal::DecodeChain(chain).value();
  return stored;
}

MemoryDisk::MemoryDisk(const Entry& first) {
  created_ = std::get<core::WalCreated>(first.record);
  Append({first});
  Sync(1);
}

void MemoryDisk::Append(const std::vector<Entry>& entries) {
  for (const Entry& entry : entries) {
    assert(entry.seq == link_.next_seq + waiting_.size());
    WrittenEntry written = BytesOfEntry(entry, last_hash_);
    waiting_.push_back(std::move(written.bytes));
    last_hash_ = written.hash;
  }
}

void MemoryDisk::Sync(size_t count) {
  assert(count <= waiting_.size());
  for (size_t i = 0; i < count; ++i) {
    const bool whole = Recover(std::move(waiting_[i]));
    assert(whole);
  }
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(count));
}

// Lost, kept, torn or garbled from somewhere on: what is found is what is whole and follows on.
void MemoryDisk::Crash(Dice& dice) {
  const size_t kept = static_cast<size_t>(dice.Roll(static_cast<int>(waiting_.size()) + 1));
  if (kept < waiting_.size() && dice.OneIn(2)) {
    Bytes& hurt = waiting_[kept];
    const auto place = static_cast<size_t>(dice.Roll(static_cast<int>(hurt.size())));
    if (dice.OneIn(2)) {
      hurt.resize(place);
    } else {
      hurt[place] = static_cast<uint8_t>(hurt[place] + 1 + dice.Roll(255));
    }
  } else {
    waiting_.resize(kept);
  }
  for (Bytes& bytes : waiting_) {
    if (!Recover(std::move(bytes))) break;
  }
  waiting_.clear();
  last_hash_ = link_.hash;
}

void MemoryDisk::LoseSynced(size_t entries) {
  std::vector<Bytes> kept = std::move(durable_);
  kept.resize(kept.size() - std::min(entries, kept.size() - 1));
  Reopen(std::move(kept));
}

void MemoryDisk::Reopen(std::vector<Bytes> durable) {
  MemoryDisk opened(EntryOfBytes(durable.front())->entry);
  opened.copies_ = std::move(copies_);
  opened.stale_sends_ = stale_sends_;
  opened.ignores_anchor_ = ignores_anchor_;
  *this = std::move(opened);
  for (size_t i = 1; i < durable.size(); ++i) Recover(std::move(durable[i]));
  last_hash_ = link_.hash;
  fresh_.clear();
}

void MemoryDisk::CopyAside(int copy) {
  copies_[copy] = durable_;
}

bool MemoryDisk::PutBack(int copy, bool with_its_anchor) {
  const std::vector<Bytes>& durable = copies_.at(copy);
  if (!with_its_anchor && !ignores_anchor_ && !MeetsAnchor(durable)) return false;
  Reopen(std::vector(durable));
  return true;
}

bool MemoryDisk::MeetsAnchor(const std::vector<Bytes>& durable) const {
  if (durable.size() < durable_.size()) return false;
  return EntryOfBytes(durable[durable_.size() - 1])->hash == link_.hash;
}

bool MemoryDisk::Recover(Bytes bytes) {
  auto stored = EntryOfBytes(bytes);
  if (!stored || wal::ObjectionToLink(link_, stored->frame)) return false;
  link_ = {stored->frame.seq + 1, stored->hash};
  Index(stored->entry);
  fresh_.push_back(std::move(stored->entry));
  durable_.push_back(std::move(bytes));
  return true;
}

void MemoryDisk::Index(const Entry& entry) {
  for (const core::Send& send : entry.sends) {
    if (stale_sends_) {
      sends_.emplace(send.id, send);
    } else {
      sends_[send.id] = send;
    }
  }
  for (const core::Alarm& alarm : entry.alarms) alarms_[alarm.number] = alarm;
  if (entry.chain) chain_ = *entry.chain;
  IndexStory(entry);
  for (const core::Batch& batch : entry.batches) {
    batches_[batch.id] = batch;
    for (const core::Version& version : batch.versions) by_txid_[version.txid].insert(batch.id);
  }
}

// What pruning goes by, and what it takes away.
void MemoryDisk::IndexStory(const Entry& entry) {
  for (const core::Batch& batch : entry.batches) about_[batch.id].push_back(entry.seq);
  if (std::holds_alternative<core::BatchDropped>(entry.record) ||
      std::holds_alternative<core::VerdictGiven>(entry.record)) {
    for (const core::Send& send : entry.sends) storied_.insert(send.id);
  }
  if (const auto* pruned = std::get_if<core::DetailPruned>(&entry.record)) {
    for (const core::PrunedBatch& batch : pruned->batches) batches_.erase(batch.id);
  }
}

core::PrunableFound MemoryDisk::FindPrunable(const core::FindPrunable& what) const {
  std::map<std::pair<int32_t, core::BatchId>, const core::Batch*> places;
  for (const auto& [id, batch] : batches_) {
    if (!batch.confirmation) continue;
    const std::pair place(batch.confirmation->block.height, id);
    if (place < std::pair(what.from.height, what.from.batch)) continue;
    if (place.first <= what.up_to_height) places[place] = &batch;
  }
  core::PrunableFound reply{{}, what.from, false};
  for (const auto& [place, batch] : places) {
    reply.next = {place.first, place.second + 1};
    core::Prunable prunable{*batch, {}, about_.at(batch->id), {}};
    bool simple = true;
    for (const core::SendId& id : batch->sends) {
      prunable.sends.push_back(sends_.at(id));
      simple = simple && !storied_.contains(id);
    }
    if (simple && core::HadSimpleLife(prunable.batch, prunable.sends)) {
      reply.found.push_back(std::move(prunable));
    }
  }
  return reply;
}

std::vector<Entry> MemoryDisk::TakeDurable() {
  return std::exchange(fresh_, {});
}

core::Ledger::Contents MemoryDisk::Load() const {
  core::Ledger::Contents contents{created_, durable_seq(), chain_, {}, {}, {}};
  std::set<core::SendId> wanted;
  for (const auto& [id, send] : sends_) {
    if (core::Ledger::IsOpen(send)) wanted.insert(id);
  }
  for (const auto& [id, batch] : batches_) {
    if (!core::Ledger::IsKept(batch)) continue;
    contents.batches.push_back(batch);
    wanted.insert(batch.sends.begin(), batch.sends.end());
  }
  for (const core::SendId& id : wanted) contents.sends.push_back(sends_.at(id));
  for (const auto& [number, alarm] : alarms_) contents.alarms.push_back(alarm);
  return contents;
}

std::optional<core::Send> MemoryDisk::FindSend(const core::SendId& id) const {
  const auto found = sends_.find(id);
  return found == sends_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<core::Batch> MemoryDisk::FindBatch(core::BatchId id) const {
  const auto found = batches_.find(id);
  return found == batches_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<core::BatchId> MemoryDisk::FindBatchesByTxid(const bitcoin::Txid& txid) const {
  const auto found = by_txid_.find(txid);
  if (found == by_txid_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

std::vector<core::Batch> MemoryDisk::ConfirmedAbove(int32_t height) const {
  std::vector<core::Batch> confirmed;
  for (const auto& [id, batch] : batches_) {
    if (!batch.confirmation || batch.confirmation->block.height <= height) continue;
    confirmed.push_back(batch);
  }
  return confirmed;
}

}  // namespace sendonce::sim
