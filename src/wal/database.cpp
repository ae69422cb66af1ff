#include "wal/database.h"

#include <fcntl.h>
#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/env.h>
#include <leveldb/filter_policy.h>
#include <leveldb/write_batch.h>
#include <unistd.h>

#include <atomic>
#include <cassert>
#include <string>
#include <utility>

#include "wal/disk.h"
#include "wal/overlay.h"

namespace sendonce::wal {

namespace {

// Chosen with 1 and 10 million finished sends in the log (test/bench/wal_filler.h), 460 bytes each
// on disk. A look-up took 8 and 14 us there, one of an unknown id 2 and 5 (medians, warm).

// Besides, the tables are mapped: the system's page cache holds what is asked for often, and gives
// it up when others need the memory.
constexpr size_t kBlockCacheBytes = 32 << 20;
// A compaction syncs each table as a whole, and the log's own sync waits beside it: small ones keep
// that short. Larger ones would be compacted in longer runs, in which level 0 fills up to where
// LevelDB stops writers; with these its own log named no wait (400,000 records, 24,000 a second).
constexpr size_t kMaxTableBytes = 8 << 20;
// Of each its index and filter stay in memory, some 80 KB, so this bounds what does: 10 million
// sends are 580 tables, and all of them stay open.
constexpr int kMaxOpenFiles = 1'000;
// 1 % of look-ups of unknown ids read a block in vain: every new id is one.
constexpr int kBloomBitsPerKey = 10;

leveldb::Slice SliceOf(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const uint8_t> BytesOf(const leveldb::Slice& slice) {
  return {reinterpret_cast<const uint8_t*>(slice.data()), slice.size()};
}

// LevelDB makes names durable only when it syncs a manifest. That is too late for a log that it has
// just begun: records in it are synced, its name is not, and POSIX lets a power cut take the name.
// It is too late for a table, too: what the manifest says of it can be on the disk before it is
// synced, and without the table's name LevelDB refuses the whole.
// And it removes the old manifest without waiting for the rename that made the new one current.
//
// When a rename, or the sync behind it, has failed, LevelDB removes the new manifest, which CURRENT
// may name already. So from then on nothing is removed; the next start does it.
class FirmNamesEnv final : public leveldb::EnvWrapper {
 public:
  FirmNamesEnv(leveldb::Env* env, Disk* disk)
      : EnvWrapper(env ? env : leveldb::Env::Default()),
        disk_(disk ? *disk : Disk::OperatingSystem()) {}

  leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** file) override {
    leveldb::Status status = target()->NewWritableFile(name, file);
    const bool is_named_early = name.ends_with(".log") || name.ends_with(".ldb");
    if (!status.ok() || !is_named_early) return status;
    status = SyncFolderOf(name);
    if (!status.ok()) {
      delete *file;
      *file = nullptr;
    }
    return status;
  }

  leveldb::Status RenameFile(const std::string& from, const std::string& to) override {
    leveldb::Status status = target()->RenameFile(from, to);
    if (status.ok()) status = SyncFolderOf(to);
    if (!status.ok() && to.ends_with("/CURRENT")) keeps_everything_ = true;
    return status;
  }

  leveldb::Status RemoveFile(const std::string& name) override {
    if (keeps_everything_) return leveldb::Status::IOError(name, "kept after a failed rename");
    return target()->RemoveFile(name);
  }

 private:
  leveldb::Status SyncFolderOf(const std::string& name) {
    const auto error = disk_.SyncFolder(FolderOf(name));
    return error ? leveldb::Status::IOError(error->text) : leveldb::Status::OK();
  }

  Disk& disk_;
  std::atomic<bool> keeps_everything_ = false;
};

// The process that holds the lock, in words. Only called when this process does not hold it: to
// close any descriptor of a file drops all POSIX locks that the process has on it.
std::string LockHolder(const std::filesystem::path& folder) {
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  const int descriptor = ::open((folder / "LOCK").c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return "another process";
  const bool known = ::fcntl(descriptor, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  ::close(descriptor);
  return known ? "process " + std::to_string(lock.l_pid) : "another process";
}

// LevelDB tells a lock that is taken only in words.
std::optional<Problem> LockProblem(const leveldb::Status& status,
                                   const std::filesystem::path& folder) {
  const std::string text = status.ToString();
  if (!text.starts_with("IO error: lock ")) return std::nullopt;
  const bool ours = text.ends_with("already held by process");
  return Problem{"The WAL in " + folder.string() + " is in use by " +
                     (ours ? "this process already" : LockHolder(folder)) + ".",
                 "Stop that one first: a log has one writer."};
}

// What LevelDB says of a table that it has mapped and that ends too early.
bool IsTableTooShort(const leveldb::Status& status) {
  return status.IsIOError() && status.ToString().ends_with(".ldb: Invalid argument");
}

Problem ProblemOf(const leveldb::Status& status, const std::filesystem::path& folder) {
  if (auto problem = LockProblem(status, folder)) return *problem;
  if (status.IsCorruption() || status.IsNotFound() || IsTableTooShort(status)) {
    return {"The WAL in " + folder.string() + " is damaged: " + status.ToString() + ".",
            "Put the whole folder back from a copy that reaches its anchor; nothing is repaired "
            "by itself, because a shorter log would pay again."};
  }
  return {"The disk refused an operation on the WAL in " + folder.string() + ": " +
              status.ToString() + ".",
          "See to the disk (space, permissions, errors) and start again: what was acknowledged "
          "is in the log."};
}

}  // namespace

class Database::Impl {
 public:
  Impl(std::filesystem::path folder, const Substitutes& substitutes)
      : folder_(std::move(folder)), firm_names_(substitutes.env, substitutes.disk) {
    options_.env = &firm_names_;
    SetSizes();
    assert(substitutes.write_buffer_bytes <= kWriteBufferBytes);
    if (substitutes.write_buffer_bytes) options_.write_buffer_size = substitutes.write_buffer_bytes;
  }

  explicit Impl(std::filesystem::path folder)
      : folder_(std::move(folder)),
        firm_names_(nullptr, nullptr),
        overlay_(std::make_unique<Overlay>()) {
    options_.env = overlay_->env();
    options_.info_log = overlay_->info_log();
    SetSizes();
  }

  std::optional<Problem> Open(bool create) {
    options_.create_if_missing = create;
    options_.error_if_exists = create;
    leveldb::DB* opened = nullptr;
    const leveldb::Status status = leveldb::DB::Open(options_, folder_.string(), &opened);
    database_.reset(opened);
    if (!status.ok()) return ProblemOf(status, folder_);
    if (overlay_) overlay_->Freeze();
    return std::nullopt;
  }

  std::optional<Problem> Write(std::span<const KeyWrite> writes) {
    leveldb::WriteBatch batch;
    for (const KeyWrite& write : writes) {
      if (write.value) {
        batch.Put(SliceOf(write.key), SliceOf(*write.value));
      } else {
        batch.Delete(SliceOf(write.key));
      }
    }
    leveldb::WriteOptions options;
    options.sync = true;
    return Checked(database_->Write(options, &batch));
  }

  Result<std::optional<bitcoin::Bytes>> Get(const Key& key,
                                            const leveldb::Snapshot* snapshot) const {
    std::string value;
    const auto status = database_->Get(ReadOptions(snapshot), SliceOf(key), &value);
    if (status.IsNotFound()) return std::optional<bitcoin::Bytes>();
    if (!status.ok()) return ProblemOf(status, folder_);
    return std::optional(bitcoin::Bytes(value.begin(), value.end()));
  }

  std::unique_ptr<leveldb::Iterator> Iterate(const leveldb::Snapshot* snapshot) const {
    auto options = ReadOptions(snapshot);
    options.fill_cache = false;
    return std::unique_ptr<leveldb::Iterator>(database_->NewIterator(options));
  }

  std::optional<Problem> Checked(const leveldb::Status& status) const {
    if (status.ok()) return std::nullopt;
    return ProblemOf(status, folder_);
  }

  leveldb::DB& database() const { return *database_; }

 private:
  static leveldb::ReadOptions ReadOptions(const leveldb::Snapshot* snapshot) {
    leveldb::ReadOptions options;
    options.verify_checksums = true;
    options.snapshot = snapshot;
    return options;
  }

  // The one place where LevelDB's sizes and strictness are chosen.
  void SetSizes() {
    options_.paranoid_checks = true;
    options_.reuse_logs = false;  // what is replayed at open is synced before open returns
    options_.write_buffer_size = kWriteBufferBytes;
    options_.max_file_size = kMaxTableBytes;
    options_.max_open_files = kMaxOpenFiles;
    options_.block_cache = block_cache_.get();
    options_.filter_policy = bloom_filter_.get();
  }

  const std::filesystem::path folder_;
  FirmNamesEnv firm_names_;
  std::unique_ptr<Overlay> overlay_;  // OpenForReading only
  std::unique_ptr<leveldb::Cache> block_cache_{leveldb::NewLRUCache(kBlockCacheBytes)};
  std::unique_ptr<const leveldb::FilterPolicy> bloom_filter_{
      leveldb::NewBloomFilterPolicy(kBloomBitsPerKey)};
  leveldb::Options options_;
  std::unique_ptr<leveldb::DB> database_;  // uses all of the above, and goes first
};

class Database::View::Snapshot {
 public:
  explicit Snapshot(const Impl& impl) : impl_(impl), snapshot_(impl.database().GetSnapshot()) {}
  ~Snapshot() { impl_.database().ReleaseSnapshot(snapshot_); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  const Impl& impl() const { return impl_; }
  Result<std::optional<bitcoin::Bytes>> Get(const Key& key) const {
    return impl_.Get(key, snapshot_);
  }
  std::unique_ptr<leveldb::Iterator> Iterate() const { return impl_.Iterate(snapshot_); }

 private:
  const Impl& impl_;
  const leveldb::Snapshot* snapshot_;
};

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::Create(const std::filesystem::path& folder,
                                                   const Substitutes& substitutes) {
  auto impl = std::make_unique<Impl>(folder, substitutes);
  if (auto problem = impl->Open(true)) return *problem;
  return std::unique_ptr<Database>(new Database(std::move(impl)));
}

Result<std::unique_ptr<Database>> Database::Open(const std::filesystem::path& folder,
                                                 const Substitutes& substitutes) {
  auto impl = std::make_unique<Impl>(folder, substitutes);
  if (auto problem = impl->Open(false)) return *problem;
  return std::unique_ptr<Database>(new Database(std::move(impl)));
}

Result<std::unique_ptr<Database>> Database::OpenForReading(const std::filesystem::path& folder) {
  auto impl = std::make_unique<Impl>(folder);
  if (auto problem = impl->Open(false)) return *problem;
  return std::unique_ptr<Database>(new Database(std::move(impl)));
}

std::optional<Problem> Database::Write(std::span<const KeyWrite> writes) {
  return impl_->Write(writes);
}

Result<std::optional<bitcoin::Bytes>> Database::Get(const Key& key) const {
  return impl_->Get(key, nullptr);
}

Database::View::View(const Database& database)
    : snapshot_(std::make_unique<Snapshot>(*database.impl_)) {}

Database::View::~View() = default;

Result<std::optional<bitcoin::Bytes>> Database::View::Get(const Key& key) const {
  return snapshot_->Get(key);
}

// LevelDB's iterators step over a damaged block and say so only in their status: it is asked
// however the scan ended.
std::optional<Problem> Database::View::ScanUp(const Key& from, const Key& prefix,
                                              const Visit& visit) const {
  const auto cursor = snapshot_->Iterate();
  for (cursor->Seek(SliceOf(from)); cursor->Valid(); cursor->Next()) {
    const auto key = BytesOf(cursor->key());
    if (!HasPrefix(key, prefix) || !visit(key, BytesOf(cursor->value()))) break;
  }
  return snapshot_->impl().Checked(cursor->status());
}

std::optional<Problem> Database::View::ScanDown(const Key& prefix, const Visit& visit) const {
  assert(!prefix.empty() && prefix.back() < 0xff);
  Key behind = prefix;
  ++behind.back();
  const auto cursor = snapshot_->Iterate();
  cursor->Seek(SliceOf(behind));
  if (cursor->Valid()) {
    cursor->Prev();
  } else if (cursor->status().ok()) {
    cursor->SeekToLast();
  }
  for (; cursor->Valid(); cursor->Prev()) {
    const auto key = BytesOf(cursor->key());
    if (!HasPrefix(key, prefix) || !visit(key, BytesOf(cursor->value()))) break;
  }
  return snapshot_->impl().Checked(cursor->status());
}

}  // namespace sendonce::wal
