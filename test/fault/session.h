// A log in use, on a disk that may fail: what it had acknowledged when it stopped, and whether what
// is found afterwards is all of that.

#ifndef SENDONCE_TEST_FAULT_SESSION_H
#define SENDONCE_TEST_FAULT_SESSION_H

#include <filesystem>
#include <vector>

#include "fault_env.h"
#include "sample.h"
#include "wal/log.h"

namespace sendonce::fault {

struct Acknowledged {
  core::Seq last_seq = 0;  // 0: not even the making of the log was
  bool stopped = false;    // by a Problem, before the end of the story
  // Appends that were acknowledged although a fault had struck, since the last opening, before they
  // were begun.
  uint64_t after_strike = 0;
};

struct Script {
  // After so many records the log is closed and opened again.
  std::vector<core::Seq> reopen_after;
  // As in wal::Substitutes. The smallest that LevelDB takes is 64 KiB.
  size_t write_buffer_bytes = 0;
};

// Closed and opened in the middle.
Script OnceReopened(const wal::Story& story);

// Makes the log below `root`, appends the story an entry at a time and in groups, writes the anchor
// now and then, closes and opens the log where the script says. LevelDB's own thread is waited for
// after each append. Stops at the first Problem, having checked that everything after it is
// refused.
Acknowledged RunSession(FaultEnv& faults, const std::filesystem::path& root,
                        const wal::Story& story, const Script& script);

// A new folder for a session, with one for the anchor in it.
void MakeRoot(const std::filesystem::path& root);

// The anchor lies in a folder of its own, so that its syncs serve nobody else.
wal::Paths PathsBelow(const std::filesystem::path& root);

// The log holds what the story's ledger held after the log's last record.
void CheckIsStateOf(const wal::Log& log, const wal::Story& story);

// The log below `root` opens, holds all that was acknowledged, and is a state of the story. Reports
// to the test what is not so.
void CheckNothingAcknowledgedIsLost(const std::filesystem::path& root, const wal::Story& story,
                                    const Acknowledged& acknowledged);

// The same, but the log may also refuse to open.
void CheckRefusedOrNothingLost(const std::filesystem::path& root, const wal::Story& story,
                               const Acknowledged& acknowledged);

}  // namespace sendonce::fault

#endif  // SENDONCE_TEST_FAULT_SESSION_H
