// The thread that writes the log. Group commit: while one append is being synced, entries gather;
// the next append takes all of them.

#ifndef SENDONCE_DAEMON_WAL_WRITER_H
#define SENDONCE_DAEMON_WAL_WRITER_H

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/effects.h"

namespace sendonce::wal {
class Log;
}

namespace sendonce::daemon {

class WalWriter {
 public:
  // Records of one append at most: bounds how long the first of them waits for the last.
  static constexpr size_t kMaxGroupRecords = 4'096;

  // One append that is written and synced.
  struct Written {
    core::Seq last_seq = 0;  // everything up to and including it is durable
    size_t records = 0;      // of this append
    int64_t took_us = 0;
  };

  // Called on the writer's thread; must not throw, block for long, or call Stop.
  struct Callbacks {
    std::function<void(const Written&)> on_durable;
    // The first storage error of any kind, once (G7). Nothing is written or reported as durable
    // after it; the process has to stop.
    std::function<void(const std::string&)> on_failure;
  };

  // Starts the thread. `log` is open, outlives this object, and is appended to by nobody else.
  WalWriter(wal::Log& log, Callbacks callbacks);

  // As Stop.
  ~WalWriter();
  WalWriter(const WalWriter&) = delete;
  WalWriter& operator=(const WalWriter&) = delete;

  // Any thread. Never blocks on the disk. Entries are appended in the order of their Append.
  // REQUIRES: their seqs follow on from those given before; Stop was not called. Dropped after a
  // failure.
  void Append(std::vector<core::Entry> entries);

  // Entries given and not yet reported as durable: what the driver measures the backlog by.
  size_t waiting() const;

  // Appends and reports what waits, writes the anchor, and returns when the thread has ended.
  // After a failure it only ends the thread. No effect if called again. Not from a callback.
  void Stop();

 private:
  void Run();
  // Waits for entries, for Stop, or until the anchor is due.
  struct Turn {
    std::vector<core::Entry> group;  // may be empty
    bool last = false;               // stopping, and nothing waits any more
  };
  Turn NextTurn();
  bool WriteGroup(const std::vector<core::Entry>& group);  // false after a failure
  void Fail(const std::string& what);

  wal::Log& log_;
  const Callbacks callbacks_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<core::Entry> queue_;
  size_t writing_ = 0;  // entries of the append that is on its way
  bool stopping_ = false;
  bool failed_ = false;
  std::thread thread_;
};

}  // namespace sendonce::daemon

#endif  // SENDONCE_DAEMON_WAL_WRITER_H
