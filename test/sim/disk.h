// The log under the simulated daemon: entries are appended, some are synced, the power goes.
//
// Two of them: one in memory (memory_disk.h), cheap enough for millions of schedules, and the real
// wal::Log on a faulty file system (log_disk.h).

#ifndef SENDONCE_TEST_SIM_DISK_H
#define SENDONCE_TEST_SIM_DISK_H

#include <optional>
#include <vector>

#include "core/commands.h"
#include "core/effects.h"
#include "core/ledger.h"
#include "dice.h"

namespace sendonce::sim {

class Disk {
 public:
  virtual ~Disk() = default;

  // Handed over, and not synced yet. REQUIRES: the seqs follow on.
  virtual void Append(const std::vector<core::Entry>& entries) = 0;
  // The first `count` of those that wait are durable now.
  virtual void Sync(size_t count) = 0;
  // The power goes: of what waits any number from the front may have become durable, and what is
  // behind that may be torn or garbled.
  virtual void Crash(Dice& dice) = 0;

  virtual size_t waiting() const = 0;
  virtual core::Seq durable_seq() const = 0;
  // What has become durable since the last call, as it is read from the disk.
  virtual std::vector<core::Entry> TakeDurable() = 0;

  // What a start loads.
  virtual core::Ledger::Contents Load() const = 0;

  // What the driver looks up, of what is durable.
  virtual std::optional<core::Send> FindSend(const core::SendId& id) const = 0;
  virtual std::optional<core::Batch> FindBatch(core::BatchId id) const = 0;
  virtual std::vector<core::BatchId> FindBatchesByTxid(const bitcoin::Txid& txid) const = 0;
  virtual std::vector<core::Batch> ConfirmedAbove(int32_t height) const = 0;
  virtual core::PrunableFound FindPrunable(const core::FindPrunable& what) const = 0;

  // --- an operator at the folder
  // A copy of what is durable, and of the anchor, under that number.
  virtual void CopyAside(int copy) = 0;
  // While no daemon runs: that copy in the place of the log, with its own anchor or beside the
  // present one, which does not lag. False, and all is as before, if a start refuses it.
  virtual bool PutBack(int copy, bool with_its_anchor) = 0;
};

}  // namespace sendonce::sim

#endif  // SENDONCE_TEST_SIM_DISK_H
