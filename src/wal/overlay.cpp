#include "wal/overlay.h"

#include <fcntl.h>
#include <leveldb/env.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace sendonce::wal {

namespace {

using leveldb::Slice;
using leveldb::Status;

// A file in memory: appended to by one thread, read by many.
class MemoryFile {
 public:
  void Append(const Slice& data) {
    const std::lock_guard guard(mutex_);
    content_.append(data.data(), data.size());
  }

  Slice Read(uint64_t offset, size_t size, char* buffer) const {
    const std::lock_guard guard(mutex_);
    if (offset >= content_.size()) return {};
    const size_t count = std::min<size_t>(size, content_.size() - offset);
    std::memcpy(buffer, content_.data() + offset, count);
    return {buffer, count};
  }

  uint64_t size() const {
    const std::lock_guard guard(mutex_);
    return content_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::string content_;
};

class MemorySequentialFile final : public leveldb::SequentialFile {
 public:
  explicit MemorySequentialFile(std::shared_ptr<MemoryFile> file) : file_(std::move(file)) {}

  Status Read(size_t size, Slice* result, char* buffer) override {
    *result = file_->Read(offset_, size, buffer);
    offset_ += result->size();
    return Status::OK();
  }

  Status Skip(uint64_t count) override {
    offset_ = std::min(offset_ + count, file_->size());
    return Status::OK();
  }

 private:
  const std::shared_ptr<MemoryFile> file_;
  uint64_t offset_ = 0;
};

class MemoryRandomAccessFile final : public leveldb::RandomAccessFile {
 public:
  explicit MemoryRandomAccessFile(std::shared_ptr<MemoryFile> file) : file_(std::move(file)) {}

  Status Read(uint64_t offset, size_t size, Slice* result, char* buffer) const override {
    *result = file_->Read(offset, size, buffer);
    return Status::OK();
  }

 private:
  const std::shared_ptr<MemoryFile> file_;
};

class MemoryWritableFile final : public leveldb::WritableFile {
 public:
  MemoryWritableFile(std::shared_ptr<MemoryFile> file, const std::atomic<bool>& frozen)
      : file_(std::move(file)), frozen_(frozen) {}

  Status Append(const Slice& data) override {
    if (frozen_) return Status::IOError("opened for reading only");
    file_->Append(data);
    return Status::OK();
  }
  Status Close() override { return Status::OK(); }
  Status Flush() override { return Status::OK(); }
  Status Sync() override { return Status::OK(); }

 private:
  const std::shared_ptr<MemoryFile> file_;
  const std::atomic<bool>& frozen_;
};

class SharedLock final : public leveldb::FileLock {
 public:
  explicit SharedLock(int descriptor) : descriptor_(descriptor) {}
  ~SharedLock() override {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

 private:
  const int descriptor_;  // -1: there is no file to lock
};

std::string BaseName(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

}  // namespace

class Overlay::SilentLogger final : public leveldb::Logger {
 public:
  void Logv(const char*, std::va_list) override {}
};

// Files that were written here are in memory, those that were removed are hidden, all others are
// read from the folder.
class Overlay::OverlayEnv final : public leveldb::EnvWrapper {
 public:
  OverlayEnv() : EnvWrapper(leveldb::Env::Default()) {}

  void Freeze() { frozen_ = true; }

  Status NewSequentialFile(const std::string& path, leveldb::SequentialFile** file) override {
    if (auto written = FindWritten(path)) {
      *file = new MemorySequentialFile(std::move(written));
      return Status::OK();
    }
    *file = nullptr;
    return IsRemoved(path) ? Missing(path) : target()->NewSequentialFile(path, file);
  }

  Status NewRandomAccessFile(const std::string& path, leveldb::RandomAccessFile** file) override {
    if (auto written = FindWritten(path)) {
      *file = new MemoryRandomAccessFile(std::move(written));
      return Status::OK();
    }
    *file = nullptr;
    return IsRemoved(path) ? Missing(path) : target()->NewRandomAccessFile(path, file);
  }

  Status NewWritableFile(const std::string& path, leveldb::WritableFile** file) override {
    *file = nullptr;
    if (frozen_) return Refused(path);
    auto written = std::make_shared<MemoryFile>();
    const std::lock_guard guard(mutex_);
    written_[path] = written;
    removed_.erase(path);
    *file = new MemoryWritableFile(std::move(written), frozen_);
    return Status::OK();
  }

  Status NewAppendableFile(const std::string& path, leveldb::WritableFile** file) override {
    *file = nullptr;
    return Refused(path);
  }

  bool FileExists(const std::string& path) override {
    if (FindWritten(path)) return true;
    return !IsRemoved(path) && target()->FileExists(path);
  }

  Status GetChildren(const std::string& folder, std::vector<std::string>* names) override {
    const Status status = target()->GetChildren(folder, names);
    if (!status.ok()) return status;
    const std::lock_guard guard(mutex_);
    std::set<std::string> all(names->begin(), names->end());
    for (const std::string& path : removed_) all.erase(BaseName(path));
    for (const auto& [path, file] : written_) all.insert(BaseName(path));
    names->assign(all.begin(), all.end());
    return Status::OK();
  }

  Status RemoveFile(const std::string& path) override {
    const std::lock_guard guard(mutex_);
    written_.erase(path);
    removed_.insert(path);
    return Status::OK();
  }

  Status RenameFile(const std::string& from, const std::string& to) override {
    const std::lock_guard guard(mutex_);
    const auto found = written_.find(from);
    if (frozen_ || found == written_.end()) return Refused(from);
    written_[to] = std::move(found->second);
    written_.erase(found);
    removed_.erase(to);
    return Status::OK();
  }

  Status GetFileSize(const std::string& path, uint64_t* size) override {
    if (const auto written = FindWritten(path)) {
      *size = written->size();
      return Status::OK();
    }
    return IsRemoved(path) ? Missing(path) : target()->GetFileSize(path, size);
  }

  // LevelDB wants to make the folder in case it is missing; it is there.
  Status CreateDir(const std::string&) override { return Status::OK(); }
  Status RemoveDir(const std::string& path) override { return Refused(path); }
  Status NewLogger(const std::string& path, leveldb::Logger** logger) override {
    *logger = nullptr;
    return Refused(path);
  }

  Status LockFile(const std::string& path, leveldb::FileLock** lock) override {
    *lock = nullptr;
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 && errno != ENOENT) return Status::IOError(path, std::strerror(errno));
    struct flock shared = {};
    shared.l_type = F_RDLCK;
    shared.l_whence = SEEK_SET;
    if (descriptor >= 0 && ::fcntl(descriptor, F_SETLK, &shared) != 0) {
      ::close(descriptor);
      return Status::IOError("lock " + path, "held by a process that writes");
    }
    *lock = new SharedLock(descriptor);
    return Status::OK();
  }

  Status UnlockFile(leveldb::FileLock* lock) override {
    delete lock;
    return Status::OK();
  }

 private:
  std::shared_ptr<MemoryFile> FindWritten(const std::string& path) const {
    const std::lock_guard guard(mutex_);
    const auto found = written_.find(path);
    return found == written_.end() ? nullptr : found->second;
  }

  bool IsRemoved(const std::string& path) const {
    const std::lock_guard guard(mutex_);
    return removed_.contains(path);
  }

  static Status Missing(const std::string& path) {
    return Status::NotFound(path, "removed while it was opened for reading");
  }

  static Status Refused(const std::string& path) {
    return Status::IOError(path, "opened for reading only");
  }

  std::atomic<bool> frozen_ = false;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<MemoryFile>> written_;
  std::set<std::string> removed_;
};

Overlay::Overlay()
    : env_(std::make_unique<OverlayEnv>()), info_log_(std::make_unique<SilentLogger>()) {}

Overlay::~Overlay() = default;

leveldb::Env* Overlay::env() {
  return env_.get();
}

leveldb::Logger* Overlay::info_log() {
  return info_log_.get();
}

void Overlay::Freeze() {
  env_->Freeze();
}

}  // namespace sendonce::wal
