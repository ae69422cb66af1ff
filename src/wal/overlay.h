// A folder of LevelDB's as it can be opened without being changed. To open a database is to write:
// LevelDB moves its logs into tables, begins a new log and manifest, and removes the old ones. Here
// all of that goes into memory, and the folder is only ever read: the files need not be copied,
// which for a large log would cost as much disk again, and a folder on a read-only disk will do.
//
// LevelDB's lock is replaced by a shared one on the same file, where there is one: it keeps a
// daemon from starting meanwhile, and fails while one runs.

#ifndef SENDONCE_WAL_OVERLAY_H
#define SENDONCE_WAL_OVERLAY_H

#include <memory>

namespace leveldb {
class Env;
class Logger;
}  // namespace leveldb

namespace sendonce::wal {

class Overlay {
 public:
  // Memory: what LevelDB writes while it opens, about as much as its own logs hold
  // (kMaxReplayedBytes of wal/database.h).
  Overlay();
  ~Overlay();
  Overlay(const Overlay&) = delete;
  Overlay& operator=(const Overlay&) = delete;

  // Both belong to this object, which must outlive the database.
  leveldb::Env* env();
  leveldb::Logger* info_log();  // says nothing to nobody

  // To be called when the database is open: from here on nothing more is written, not into memory
  // either, so that LevelDB gives up compacting.
  void Freeze();

 private:
  class OverlayEnv;
  class SilentLogger;
  std::unique_ptr<OverlayEnv> env_;
  std::unique_ptr<SilentLogger> info_log_;
};

}  // namespace sendonce::wal

#endif  // SENDONCE_WAL_OVERLAY_H
