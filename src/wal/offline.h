// A log that nobody writes: stopped, or a copy. For dump and verify. Nothing in its folder is
// changed, and no permission to change it is needed (wal/overlay.h says how); a daemon that has it
// open is a Problem, and none can start on it meanwhile.
//
// REQUIRES: this process does not have the same log open for writing: POSIX would drop that lock.

#ifndef SENDONCE_WAL_OFFLINE_H
#define SENDONCE_WAL_OFFLINE_H

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "core/records.h"
#include "wal/audit.h"
#include "wal/log.h"
#include "wal/problem.h"

namespace sendonce::wal {

// Called with each record, oldest first; false ends the walk.
using RecordVisitor = std::function<bool(const core::Logged&)>;

// With what stands in the place of a record that was pruned.
using StubVisitor = std::function<bool(const Stub&)>;

// Walks the records from `from` on. Blocks on the disk; memory is that of one record. A Problem
// (also in the middle, at a record that can not be decoded) says what is wrong; the anchor and the
// chain of hashes are not looked at.
std::optional<Problem> WalkRecords(const std::filesystem::path& wal_directory, core::Seq from,
                                   const RecordVisitor& visit, const StubVisitor& visit_stub);

struct Verification {
  core::Seq last_seq = 0;
  std::optional<core::WalCreated> created;  // absent: not even the first record could be read
  Findings findings;                        // none: the log is what it should be
};

// Reads everything: the chain of hashes is whole from the first record, each record was allowed by
// the ledger when it was written, the anchor is met, and the indexes hold what all records together
// give, no key more or less or with another value; what was pruned was so by a record. A Problem
// only if the log can not be opened.
//
// Memory: some 2 KB for each send in the log, for the ledger and what the indexes should hold.
Result<Verification> Verify(const Paths& paths);

}  // namespace sendonce::wal

#endif  // SENDONCE_WAL_OFFLINE_H
