// The real wal::Log on a file system that loses, keeps, tears and garbles what was not synced
// (test/fault). Some hundred times slower than the disk in memory.

#ifndef SENDONCE_TEST_SIM_LOG_DISK_H
#define SENDONCE_TEST_SIM_LOG_DISK_H

#include <filesystem>
#include <memory>

#include "disk.h"
#include "fault_env.h"
#include "wal/log.h"

namespace sendonce::sim {

class LogDisk : public Disk {
 public:
  // Everything is below `folder`, which is emptied.
  LogDisk(const std::filesystem::path& folder, const core::Entry& first);
  ~LogDisk() override;

  void Append(const std::vector<core::Entry>& entries) override;
  void Sync(size_t count) override;
  void Crash(Dice& dice) override;
  size_t waiting() const override { return waiting_.size(); }
  core::Seq durable_seq() const override { return log_->last_seq(); }
  std::vector<core::Entry> TakeDurable() override;
  core::Ledger::Contents Load() const override;
  std::optional<core::Send> FindSend(const core::SendId& id) const override;
  std::optional<core::Batch> FindBatch(core::BatchId id) const override;
  std::vector<core::BatchId> FindBatchesByTxid(const bitcoin::Txid& txid) const override;
  std::vector<core::Batch> ConfirmedAbove(int32_t height) const override;
  core::PrunableFound FindPrunable(const core::FindPrunable& what) const override;
  void CopyAside(int copy) override;
  bool PutBack(int copy, bool with_its_anchor) override;

 private:
  std::filesystem::path RootOf(int life) const;
  std::filesystem::path CopyOf(int copy) const;
  void TakeUpTo(core::Seq seq);

  const std::filesystem::path folder_;
  int life_ = 0;
  std::unique_ptr<fault::FaultEnv> env_;
  std::unique_ptr<wal::Log> log_;
  std::vector<core::Entry> waiting_;
  std::vector<core::Entry> fresh_;
};

}  // namespace sendonce::sim

#endif  // SENDONCE_TEST_SIM_LOG_DISK_H
