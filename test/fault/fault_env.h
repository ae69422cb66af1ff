// A disk that fails and a power supply that is cut, on demand: a stand-in for the operating
// system's files (wal::Substitutes) that remembers what was synced and what was not.
//
// It holds the log to the letter of POSIX, which is worse than any one file system:
//   - bytes of a file are durable only by a sync of that file after they were appended;
//   - a name (created, renamed, removed) is durable only by a sync of its folder, whatever was
//   synced
//     in the file;
//   - after a failed sync, the bytes that it was to make durable are never trusted again: the
//   kernel
//     may have marked the pages clean (a later sync that succeeds says nothing about them);
//   - what is not durable may survive a cut or not, in any combination.
// The one thing taken from LevelDB's own Env is that it syncs the folder before it syncs a manifest
// (PosixWritableFile::Sync in its util/env_posix.cc), because the files here are written by that
// Env.
//
// Thread-safe. Small logs only: the content of every file is kept in memory as well.

#ifndef SENDONCE_TEST_FAULT_FAULT_ENV_H
#define SENDONCE_TEST_FAULT_FAULT_ENV_H

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "wal/log.h"

namespace sendonce::fault {

enum class Operation : uint8_t {
  kCreate,  // a file is opened for writing
  kAppend,
  kFlush,  // the process hands buffered bytes to the kernel
  kSync,
  kRename,
  kRemove,
  kMakeFolder,
  kSyncFolder,
  kOpen,  // a file is opened for reading
  kRead,
};
constexpr size_t kOperations = 10;

enum class Failure : uint8_t {
  kEio,
  kEnospc,
  kShortWrite,  // half of the bytes are appended, then ENOSPC; of other operations as kEnospc
};

struct Fault {
  Operation operation = Operation::kAppend;
  uint64_t nth = 1;  // 1: the next one
  bool for_ever = false;
  Failure failure = Failure::kEio;
};

// What a cut leaves of bytes that are not durable.
enum class Bytes : uint8_t {
  kLost,
  kFlushed,  // those that the kernel had: what the kill of a process leaves
  kKept,
  kTorn,     // of each file a number that the seed gives, from the front
  kZeroed,   // the length is kept, the bytes are zeros
  kGarbled,  // the length is kept, the bytes are anything
  kPages,    // the length is kept, of each page the bytes are right, zeros or anything
};

// What a cut leaves of creations, renames and removals that are not durable.
enum class Names : uint8_t {
  kLost,
  kKept,
  kSome,  // each of them or not, as the seed gives
};

struct Aftermath {
  Bytes bytes = Bytes::kLost;
  Names names = Names::kLost;
  uint64_t seed = 0;
};

// Files by their path below the root; folders have no content, and stand before what is in them.
using Image = std::map<std::string, std::optional<std::string>>;

// Makes the folder `place` and what the image holds in it.
void WriteFiles(const Image& image, const std::filesystem::path& place);

class Ground;

class FaultEnv {
 public:
  // Files below `root` are on this disk, and the log must use no others. What is there already is
  // durable.
  explicit FaultEnv(const std::filesystem::path& root);
  // REQUIRES: the log that used it is gone.
  ~FaultEnv();
  FaultEnv(const FaultEnv&) = delete;
  FaultEnv& operator=(const FaultEnv&) = delete;

  wal::Substitutes substitutes(size_t write_buffer_bytes = 0);

  // Replaces the fault that was there. The operation has no effect but that of a short write.
  void Inject(const Fault& fault);
  void Heal();
  // From now on called before each change of the disk is made, on the thread that makes it; several
  // can at the same time. REQUIRES: nothing uses the disk yet.
  void OnChange(std::function<void()> look);

  // Returns when LevelDB's own thread has nothing more to do.
  void WaitForBackgroundWork();

  // From now on each sync takes that long: what is done without waiting for it gets its chance.
  void SlowDownSyncs(uint64_t ms);

  // How often the present fault has struck.
  uint64_t strikes() const;

  // Operations up to now, failed ones included.
  uint64_t count(Operation operation) const;
  // Of those that change the disk: all but kOpen and kRead.
  uint64_t changes() const;

  // The power goes when the nth change from now is asked for (1: the next); that one and every
  // operation after it fail, and nothing changes any more.
  void CutPowerAt(uint64_t nth);
  bool power_is_off() const;

  // Writes what is found below the root after a cut at this moment into `image`, a new folder. (The
  // real files below the root are the process's view and say nothing about a cut.)
  void WriteImage(const std::filesystem::path& image, const Aftermath& aftermath) const;
  Image ImageAfter(const Aftermath& aftermath) const;

 private:
  class FaultyEnv;
  class FaultyDisk;
  std::unique_ptr<Ground> ground_;
  std::unique_ptr<FaultyEnv> env_;
  std::unique_ptr<FaultyDisk> disk_;
};

}  // namespace sendonce::fault

#endif  // SENDONCE_TEST_FAULT_FAULT_ENV_H
