// What is checked before a log is used: that it is there, that it is whole, that it has come as far
// as its anchor says. Nothing here writes.

#ifndef SENDONCE_WAL_START_H
#define SENDONCE_WAL_START_H

#include <filesystem>
#include <optional>

#include "core/records.h"
#include "wal/anchor.h"
#include "wal/database.h"
#include "wal/frame.h"
#include "wal/log.h"
#include "wal/problem.h"

namespace sendonce::wal {

// Absolute or as given, without a separator at the end: the folder above is then the parent path.
std::filesystem::path NormalPath(const std::filesystem::path& path);

// The way to a new log is free.
std::optional<Problem> ProblemOfNewPaths(const Paths& paths);

// The folder looks like one that Create has made. A missing or empty one is never a fresh
// beginning: an empty log would say "never recorded" of every id.
std::optional<Problem> ProblemOfFolder(const std::filesystem::path& wal_directory);

// The anchor, or why there is none to be trusted.
Result<Anchor> TrustedAnchor(Disk& disk, const std::filesystem::path& file);

// The anchor as it was when the log held nothing but its first record.
Result<Anchor> AnchorOfFirstRecord(const Database& database);

struct Standing {
  core::WalCreated created;
  Link link;  // behind the last record
};

// The log begins with WalCreated, is the one that the anchor is of, reaches it and meets its hash;
// and its chain of hashes is whole from the anchor's record to the last, and at least over the
// last kMaxReplayedBytes. Where a record is missing, how many are.
Result<Standing> VerifiedStanding(const Database& database, const Paths& paths,
                                  const Anchor& anchor);

}  // namespace sendonce::wal

#endif  // SENDONCE_WAL_START_H
