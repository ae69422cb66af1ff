// A disk in memory: each entry is the bytes of its frame and of its snapshots (wal/frame.h,
// wal/codec.h) with a checksum, as one atomic write of the log has them. What is read is decoded
// from these bytes.

#ifndef SENDONCE_TEST_SIM_MEMORY_DISK_H
#define SENDONCE_TEST_SIM_MEMORY_DISK_H

#include <map>
#include <set>

#include "disk.h"
#include "wal/frame.h"

namespace sendonce::sim {

// One entry as bytes, and back; nullopt if they are not whole.
struct WrittenEntry {
  bitcoin::Bytes bytes;
  bitcoin::Hash256 hash;  // of the frame
};
WrittenEntry BytesOfEntry(const core::Entry& entry, const bitcoin::Hash256& previous_hash);
struct StoredEntry {
  core::Entry entry;
  wal::Frame frame;
  bitcoin::Hash256 hash;  // of the frame
};
std::optional<StoredEntry> EntryOfBytes(std::span<const uint8_t> bytes);

class MemoryDisk : public Disk {
 public:
  // Holds the first record, durable.
  explicit MemoryDisk(const core::Entry& first);

  void Append(const std::vector<core::Entry>& entries) override;
  void Sync(size_t count) override;
  void Crash(Dice& dice) override;
  size_t waiting() const override { return waiting_.size(); }
  core::Seq durable_seq() const override { return link_.next_seq - 1; }
  std::vector<core::Entry> TakeDurable() override;
  core::Ledger::Contents Load() const override;
  std::optional<core::Send> FindSend(const core::SendId& id) const override;
  std::optional<core::Batch> FindBatch(core::BatchId id) const override;
  std::vector<core::BatchId> FindBatchesByTxid(const bitcoin::Txid& txid) const override;
  std::vector<core::Batch> ConfirmedAbove(int32_t height) const override;
  core::PrunableFound FindPrunable(const core::FindPrunable& what) const override;
  void CopyAside(int copy) override;
  bool PutBack(int copy, bool with_its_anchor) override;

  // Planted: the index of sends misses each update but the first.
  void KeepStaleSends() { stale_sends_ = true; }
  // Planted: a start does not look at the anchor.
  void IgnoreAnchor() { ignores_anchor_ = true; }
  // Planted: the next crash loses the last of what was synced, and the checkers are not told.
  void LoseSynced(size_t entries);

 private:
  // Takes it if it is whole and follows on.
  bool Recover(bitcoin::Bytes bytes);
  // What these hold and nothing else. The checkers are not told.
  void Reopen(std::vector<bitcoin::Bytes> durable);
  // The log reaches the record that the anchor of this one names, and meets its hash.
  bool MeetsAnchor(const std::vector<bitcoin::Bytes>& durable) const;
  void Index(const core::Entry& entry);
  void IndexStory(const core::Entry& entry);

  std::vector<bitcoin::Bytes> waiting_;
  bitcoin::Hash256 last_hash_;  // of what was appended last
  wal::Link link_;              // behind what is durable
  std::vector<bitcoin::Bytes> durable_;
  std::vector<core::Entry> fresh_;
  core::WalCreated created_;
  core::ChainState chain_;
  std::map<core::SendId, core::Send> sends_;
  std::map<core::BatchId, core::Batch> batches_;
  std::map<core::Seq, core::Alarm> alarms_;
  std::map<bitcoin::Txid, std::set<core::BatchId>> by_txid_;
  std::map<core::BatchId, std::vector<core::Seq>> about_;  // records that touched the batch
  std::set<core::SendId> storied_;  // were in a batch that was dropped, or had a verdict
  std::map<int, std::vector<bitcoin::Bytes>> copies_;
  bool stale_sends_ = false;
  bool ignores_anchor_ = false;
};

}  // namespace sendonce::sim

#endif  // SENDONCE_TEST_SIM_MEMORY_DISK_H
