// Keys and values on disk: the only part of sendonce that knows LevelDB. It is opened strictly
// (nothing is created, repaired or ignored), every value that is read is compared with its
// checksum, every write is atomic and synced.
//
// Threads: Write from one thread at a time; everything else from any thread, also meanwhile.

#ifndef SENDONCE_WAL_DATABASE_H
#define SENDONCE_WAL_DATABASE_H

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "wal/index.h"
#include "wal/key.h"
#include "wal/log.h"
#include "wal/problem.h"

namespace sendonce::wal {

// LevelDB replays at open what it has not yet moved into tables: two of its own logs, each of them
// up to a write buffer and one write more. A torn tail in them is dropped in silence; so that much
// of the chain has to be verified at every start.
// More would be held back less by level 0, and make each start longer: it is replayed there.
constexpr size_t kWriteBufferBytes = 8 << 20;
constexpr size_t kMaxWriteBytes = 8 << 20;  // beyond it an append is cut into several writes
constexpr size_t kMaxReplayedBytes = 2 * (kWriteBufferBytes + kMaxWriteBytes);

class Database {
 public:
  // Makes an empty one. REQUIRES: the folder does not exist or is empty; the one above it exists.
  static Result<std::unique_ptr<Database>> Create(const std::filesystem::path& folder,
                                                  const Substitutes& substitutes);

  // Opens what Create has made, and locks it against other processes.
  static Result<std::unique_ptr<Database>> Open(const std::filesystem::path& folder,
                                                const Substitutes& substitutes);

  // For a stopped or copied one: changes nothing in the folder and needs no permission to (see
  // wal/overlay.h). Write must not be called.
  static Result<std::unique_ptr<Database>> OpenForReading(const std::filesystem::path& folder);

  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // One atomic step, durable when it returns without a Problem. After a Problem it may be there or
  // not, and nothing may be written any more (the caller sees to that).
  std::optional<Problem> Write(std::span<const KeyWrite> writes);

  // The value now; nullopt if there is none.
  Result<std::optional<bitcoin::Bytes>> Get(const Key& key) const;

  // The state at the moment of its construction, for reads that belong together. The database must
  // outlive it.
  class View {
   public:
    explicit View(const Database& database);
    ~View();
    View(const View&) = delete;
    View& operator=(const View&) = delete;

    Result<std::optional<bitcoin::Bytes>> Get(const Key& key) const;

    // Called with each key and its value, valid during the call; false ends the scan.
    using Visit = std::function<bool(std::span<const uint8_t> key, std::span<const uint8_t> value)>;

    // Keys that begin with `prefix`, upward from `from`. A Problem means that what was visited may
    // have gaps.
    std::optional<Problem> ScanUp(const Key& from, const Key& prefix, const Visit& visit) const;

    // The same downward from the last one. REQUIRES: the prefix is not empty.
    std::optional<Problem> ScanDown(const Key& prefix, const Visit& visit) const;

   private:
    class Snapshot;
    std::unique_ptr<Snapshot> snapshot_;
  };

 private:
  class Impl;
  explicit Database(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace sendonce::wal

#endif  // SENDONCE_WAL_DATABASE_H
