// The write-ahead log: what stands in it is known, nothing else is (R1). A LevelDB database that
// holds every record, each with the hash of the one before, and the indexes that start and look-ups
// need; and the anchor (wal/anchor.h) beside it. doc/wal-format.md has the keys and the bytes.
//
// Threads: Append, AnchorIfDue and SyncAnchor from one thread at a time; everything else from any
// thread, also meanwhile. Every function but the accessors can block on the disk.
//
// Errors: the first one of any kind, in writing or reading, latches: from then on every function
// gives that Problem and nothing is written (LevelDB itself latches only some, and after a failed
// append a later synced one can be gone on reopening). The process has to stop (G7); opening the
// log again shows what was durable.

#ifndef SENDONCE_WAL_LOG_H
#define SENDONCE_WAL_LOG_H

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/batch.h"
#include "core/effects.h"
#include "core/ledger.h"
#include "core/records.h"
#include "core/send.h"
#include "wal/problem.h"

namespace leveldb {
class Env;
}

namespace sendonce::wal {

class Disk;

struct Paths {
  std::filesystem::path wal_directory;
  std::filesystem::path anchor_file;  // its folder must exist; it may be on another disk
};

// What stands in for the operating system's files, for fault injection; outside tests all are as
// here. Not owned; must outlive the log.
struct Substitutes {
  leveldb::Env* env = nullptr;
  Disk* disk = nullptr;
  // LevelDB's; 0: kWriteBufferBytes of wal/database.h, and not more than that. Small ones make a
  // small log begin new files and compact, as large ones do.
  size_t write_buffer_bytes = 0;
};

// The anchor lags behind the last durable record by at most this much, plus the time of one write,
// if AnchorIfDue is called at least as often. A tail that a disk loses although it had confirmed
// the sync shows at the next start if it is older than that.
constexpr core::Millis kAnchorIntervalMs = 1'000;

constexpr size_t kMaxHistoryRecords = 1'000;

// More than this many batches confirmed above one height is a Problem: no reorganisation is so
// deep.
constexpr size_t kMaxConfirmedAbove = 100'000;

// An adopted transaction can be a version of several batches; more than this many are not named.
constexpr size_t kMaxBatchesPerTxid = 1'000;

// The records about one send or any of its batches, oldest first.
struct History {
  std::vector<core::Logged> records;  // at most kMaxHistoryRecords, the oldest ones
  bool truncated = false;             // there are more
  bool pruned = false;                // there were some, and their detail was pruned
};

// Batches with their sends, as they are after the last durable record. A send stands once, however
// many of the batches it was in.
struct Confirmed {
  std::vector<core::Batch> batches;  // by height
  std::vector<core::Send> sends;
};

class Log {
 public:
  // Makes a new log that holds the first record, and its anchor. Both are durable, names included,
  // when it returns. Refuses if the folder exists and is not empty, or the anchor file exists; then
  // nothing was changed. After any other Problem what is there was never acknowledged to anybody
  // and can be removed. The folder above the WAL directory must exist.
  // REQUIRES: `first` holds WalCreated and has seq 1.
  static Result<std::unique_ptr<Log>> Create(const Paths& paths, const core::Entry& first,
                                             const Substitutes& substitutes = {});

  // Opens a log that Create has made, and locks its folder against other processes until this
  // object is destroyed. Refuses a missing or empty one (never a fresh beginning), one that another
  // process has open, one that LevelDB finds damaged (it is never repaired), one that does not
  // reach or meet its anchor, one without an anchor. Verifies the chain of hashes from the anchor
  // on, and over everything that LevelDB replays from its own logs at start.
  //
  // What it then shows is durable, also a last append that was never acknowledged. The anchor is
  // brought up to it.
  // REQUIRES: this process does not have the same log open (it is refused, but LevelDB then drops
  // the lock against others: to close any descriptor of a file ends all POSIX locks on it).
  static Result<std::unique_ptr<Log>> Open(const Paths& paths, const Substitutes& substitutes = {});

  // Does not write the anchor (see SyncAnchor).
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // What the ledger keeps (see core::Ledger::Contents). O(what is kept), not O(log).
  Result<core::Ledger::Contents> Load() const;

  // Writes and syncs the entries, each of them in one atomic step, in order. All are durable when
  // it returns without a Problem; after a Problem any number of them, from the front, may be. What
  // a DetailPruned prunes is replaced by stubs in the same step; it was durable before this call.
  // REQUIRES: their seqs follow on from last_seq() without a gap.
  std::optional<Problem> Append(std::span<const core::Entry> entries);

  // Writes the anchor if it lags and the last write is kAnchorIntervalMs old (or the clock was set
  // back). To be called after each append and at least every kAnchorIntervalMs.
  std::optional<Problem> AnchorIfDue(core::Millis now_ms);

  // Writes the anchor if it lags. To be called before a clean stop.
  std::optional<Problem> SyncAnchor();

  // The last durable record.
  core::Seq last_seq() const;
  // What the anchor names: never beyond last_seq().
  core::Seq anchored_seq() const;
  const core::WalId& wal_id() const;

  // The first error of all, or nullopt.
  std::optional<Problem> failure() const;

  // The send as it is after the last durable record, or nullopt if the id was never recorded.
  Result<std::optional<core::Send>> FindSend(const core::SendId& id) const;

  // The batch likewise, or nullopt if there never was one of that name.
  Result<std::optional<core::Batch>> FindBatch(core::BatchId batch) const;

  // Empty if the id was never recorded.
  Result<History> FindHistory(const core::SendId& id) const;

  // The batches that have, or had, a version with this txid, oldest first, at most
  // kMaxBatchesPerTxid; more than one only for a transaction of somebody else that was adopted by
  // several. Empty: the log does not know it.
  Result<std::vector<core::BatchId>> FindBatchesByTxid(const bitcoin::Txid& txid) const;

  // For the effect of that name; reads no more than some 1,000 batches. Among what it finds a batch
  // can be that an alarm names.
  Result<core::PrunableFound> FindPrunable(const core::FindPrunable& what) const;

  // The batches that are confirmed in a block above this height, final ones included: those that a
  // reorganisation down to it opens again.
  Result<Confirmed> ConfirmedAbove(int32_t height) const;

 private:
  class Impl;
  explicit Log(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

// Writes the anchor of a log that has lost it, from the log as it stands: an operator's decision,
// because nobody can tell any more whether that log has lost its end. Verifies the whole chain of
// hashes before. Refuses while an anchor is there that can be read: whoever wants to give up
// records that it knows of has to remove it himself. Not while another process has the log open.
std::optional<Problem> Reanchor(const Paths& paths, const Substitutes& substitutes = {});

}  // namespace sendonce::wal

#endif  // SENDONCE_WAL_LOG_H
