// Small logs of every type of record, made by the log itself, as images that can be spoilt.

#ifndef SENDONCE_TEST_FAULT_SPECIMEN_H
#define SENDONCE_TEST_FAULT_SPECIMEN_H

#include <string>

#include "fault_env.h"
#include "sample.h"
#include "wal/log.h"

namespace sendonce::fault {

struct Specimen {
  std::string name;
  Image files;             // wal/... and apart/anchor
  core::Seq last_seq = 0;  // of the log
  core::Seq anchored = 0;  // what its anchor names
};

// Where an image's log is, below the folder that it was written to.
wal::Paths PathsIn(const std::filesystem::path& root);

// The life of one log, kept at five moments.
struct Specimens {
  wal::Story story;    // at the end; the others are earlier states of it
  Specimen before;     // the first records are in a table; some more are in LevelDB's log
  Specimen yesterday;  // about half of it
  Specimen log_file;   // all of it, most of it in LevelDB's log that was not moved into a table
  Specimen lagging;    // the same, but the anchor is that of eight records before the end
  Specimen tables;     // all of it was moved into tables, and those were compacted
};

Specimens MakeSpecimens();

}  // namespace sendonce::fault

#endif  // SENDONCE_TEST_FAULT_SPECIMEN_H
