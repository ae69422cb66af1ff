#include "fault_env.h"

#include <leveldb/env.h>

#include <condition_variable>
#include <fstream>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "ground.h"
#include "wal/disk.h"

namespace sendonce::fault {

namespace {

using leveldb::Slice;
using leveldb::Status;

Status StatusOf(Failure failure, const std::string& path) {
  return Status::IOError(
      path, failure == Failure::kEio ? "Input/output error" : "No space left on device");
}

// As FaultEnv names its files: without a separator at the end.
std::string NormalPath(const std::string& path) {
  const auto normal = std::filesystem::path(path).lexically_normal();
  return normal.has_filename() ? normal.string() : normal.parent_path().string();
}

bool IsManifest(const std::string& path) {
  return std::filesystem::path(path).filename().string().starts_with("MANIFEST");
}

class FaultySequentialFile final : public leveldb::SequentialFile {
 public:
  FaultySequentialFile(Ground& ground, std::string path, leveldb::SequentialFile* file)
      : ground_(ground), path_(std::move(path)), file_(file) {}

  Status Read(size_t size, Slice* result, char* buffer) override {
    if (const auto failure = ground_.Ask(Operation::kRead)) return StatusOf(*failure, path_);
    return file_->Read(size, result, buffer);
  }
  Status Skip(uint64_t count) override { return file_->Skip(count); }

 private:
  Ground& ground_;
  const std::string path_;
  const std::unique_ptr<leveldb::SequentialFile> file_;
};

class FaultyRandomAccessFile final : public leveldb::RandomAccessFile {
 public:
  FaultyRandomAccessFile(Ground& ground, std::string path, leveldb::RandomAccessFile* file)
      : ground_(ground), path_(std::move(path)), file_(file) {}

  Status Read(uint64_t offset, size_t size, Slice* result, char* buffer) const override {
    if (const auto failure = ground_.Ask(Operation::kRead)) return StatusOf(*failure, path_);
    return file_->Read(offset, size, result, buffer);
  }

 private:
  Ground& ground_;
  const std::string path_;
  const std::unique_ptr<leveldb::RandomAccessFile> file_;
};

class FaultyWritableFile final : public leveldb::WritableFile {
 public:
  FaultyWritableFile(Ground& ground, std::string path, leveldb::WritableFile* file,
                     std::shared_ptr<Node> node)
      : ground_(ground), path_(std::move(path)), file_(file), node_(std::move(node)) {}

  Status Append(const Slice& data) override {
    const auto failure = ground_.Ask(Operation::kAppend);
    if (failure && *failure != Failure::kShortWrite) return StatusOf(*failure, path_);
    const Slice written(data.data(), failure ? data.size() / 2 : data.size());
    const Status status = file_->Append(written);
    if (status.ok()) ground_.Appended(*node_, {written.data(), written.size()});
    return failure ? StatusOf(*failure, path_) : status;
  }

  Status Flush() override {
    if (const auto failure = ground_.Ask(Operation::kFlush)) return StatusOf(*failure, path_);
    const Status status = file_->Flush();
    if (status.ok()) ground_.Flushed(*node_);
    return status;
  }

  Status Sync() override {
    ground_.WaitForSync();
    if (IsManifest(path_)) {
      if (const auto failure = ground_.Ask(Operation::kSyncFolder)) {
        return StatusOf(*failure, path_);
      }
    }
    if (const auto failure = ground_.Ask(Operation::kSync)) {
      ground_.FailedSync(*node_);
      return StatusOf(*failure, path_);
    }
    // The real file is not synced: what would survive a cut is known here, and a sync takes time.
    const Status status = file_->Flush();
    if (!status.ok()) return status;
    if (IsManifest(path_)) {
      ground_.SyncedFolder(std::filesystem::path(path_).parent_path().string());
    }
    ground_.Synced(*node_);
    return status;
  }

  Status Close() override {
    if (ground_.power_is_off()) return StatusOf(Failure::kEio, path_);
    const Status status = file_->Close();
    if (status.ok()) ground_.Flushed(*node_);
    return status;
  }

 private:
  Ground& ground_;
  const std::string path_;
  const std::unique_ptr<leveldb::WritableFile> file_;
  const std::shared_ptr<Node> node_;
};

}  // namespace

class FaultEnv::FaultyEnv final : public leveldb::EnvWrapper {
 public:
  explicit FaultyEnv(Ground& ground) : EnvWrapper(leveldb::Env::Default()), ground_(ground) {}

  Status NewSequentialFile(const std::string& path, leveldb::SequentialFile** file) override {
    *file = nullptr;
    if (const auto failure = ground_.Ask(Operation::kOpen)) return StatusOf(*failure, path);
    leveldb::SequentialFile* opened = nullptr;
    const Status status = target()->NewSequentialFile(path, &opened);
    if (status.ok()) *file = new FaultySequentialFile(ground_, path, opened);
    return status;
  }

  Status NewRandomAccessFile(const std::string& path, leveldb::RandomAccessFile** file) override {
    *file = nullptr;
    if (const auto failure = ground_.Ask(Operation::kOpen)) return StatusOf(*failure, path);
    leveldb::RandomAccessFile* opened = nullptr;
    const Status status = target()->NewRandomAccessFile(path, &opened);
    if (status.ok()) *file = new FaultyRandomAccessFile(ground_, path, opened);
    return status;
  }

  Status NewWritableFile(const std::string& path, leveldb::WritableFile** file) override {
    *file = nullptr;
    if (const auto failure = ground_.Ask(Operation::kCreate)) return StatusOf(*failure, path);
    leveldb::WritableFile* opened = nullptr;
    const Status status = target()->NewWritableFile(path, &opened);
    if (!status.ok()) return status;
    const std::string normal = NormalPath(path);
    *file = new FaultyWritableFile(ground_, normal, opened, ground_.Created(normal));
    return status;
  }

  Status NewAppendableFile(const std::string& path, leveldb::WritableFile** file) override {
    *file = nullptr;
    return Status::NotSupported(path, "the log does not append to files of an earlier process");
  }

  Status RemoveFile(const std::string& path) override {
    if (!ground_.Exists(NormalPath(path))) return Status::NotFound(path, "no such file");
    if (const auto failure = ground_.Ask(Operation::kRemove)) return StatusOf(*failure, path);
    const Status status = target()->RemoveFile(path);
    if (status.ok()) ground_.Removed(NormalPath(path));
    return status;
  }

  Status RenameFile(const std::string& from, const std::string& to) override {
    // LevelDB's log for people is not kept here.
    if (!ground_.Exists(NormalPath(from))) return Status::NotFound(from, "no such file");
    if (const auto failure = ground_.Ask(Operation::kRename)) return StatusOf(*failure, from);
    const Status status = target()->RenameFile(from, to);
    if (status.ok()) ground_.Renamed(NormalPath(from), NormalPath(to));
    return status;
  }

  Status CreateDir(const std::string& path) override {
    if (ground_.Exists(NormalPath(path))) return Status::IOError(path, "File exists");
    if (const auto failure = ground_.Ask(Operation::kMakeFolder)) return StatusOf(*failure, path);
    const Status status = target()->CreateDir(path);
    if (status.ok()) ground_.MadeFolder(NormalPath(path));
    return status;
  }

  Status RemoveDir(const std::string& path) override {
    return Status::NotSupported(path, "the log removes no folder");
  }

  Status NewLogger(const std::string& path, leveldb::Logger** logger) override {
    *logger = nullptr;
    return Status::NotSupported(path, "nobody reads it here");
  }

  void Schedule(void (*work)(void*), void* argument) override {
    {
      const std::lock_guard guard(mutex_);
      ++scheduled_;
    }
    target()->Schedule(RunScheduled, new Scheduled{*this, work, argument});
  }

  // Work that schedules more does so before it ends.
  void WaitForScheduled() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return scheduled_ == 0; });
  }

 private:
  struct Scheduled {
    FaultyEnv& env;
    void (*work)(void*);
    void* argument;
  };

  static void RunScheduled(void* given) {
    const std::unique_ptr<Scheduled> scheduled(static_cast<Scheduled*>(given));
    scheduled->work(scheduled->argument);
    FaultyEnv& env = scheduled->env;
    const std::lock_guard guard(env.mutex_);
    if (--env.scheduled_ == 0) env.done_.notify_all();
  }

  Ground& ground_;
  std::mutex mutex_;
  std::condition_variable done_;
  uint64_t scheduled_ = 0;
};

class FaultEnv::FaultyDisk final : public wal::Disk {
 public:
  FaultyDisk(Ground& ground, leveldb::Env& env) : ground_(ground), env_(env) {}

  std::variant<std::string, wal::FileMissing, wal::DiskError> ReadFile(
      const std::filesystem::path& file, size_t max_bytes) override {
    for (Operation operation : {Operation::kOpen, Operation::kRead}) {
      if (const auto failure = ground_.Ask(operation)) return *Error(StatusOf(*failure, file));
    }
    return OperatingSystem().ReadFile(file, max_bytes);
  }

  std::optional<wal::DiskError> WriteFile(const std::filesystem::path& path,
                                          std::string_view content) override {
    leveldb::WritableFile* opened = nullptr;
    Status status = env_.NewWritableFile(path.string(), &opened);
    const std::unique_ptr<leveldb::WritableFile> file(opened);
    if (status.ok()) status = file->Append({content.data(), content.size()});
    if (status.ok()) status = file->Flush();
    if (status.ok()) status = file->Sync();
    if (status.ok()) status = file->Close();
    return Error(status);
  }

  std::optional<wal::DiskError> RenameFile(const std::filesystem::path& from,
                                           const std::filesystem::path& to) override {
    return Error(env_.RenameFile(from.string(), to.string()));
  }

  std::optional<wal::DiskError> SyncFolder(const std::filesystem::path& folder) override {
    if (const auto failure = ground_.Ask(Operation::kSyncFolder)) {
      return Error(StatusOf(*failure, folder));
    }
    ground_.SyncedFolder(NormalPath(folder));
    return std::nullopt;
  }

 private:
  static std::optional<wal::DiskError> Error(const Status& status) {
    if (status.ok()) return std::nullopt;
    return wal::DiskError{status.ToString()};
  }

  Ground& ground_;
  leveldb::Env& env_;
};

FaultEnv::FaultEnv(const std::filesystem::path& root)
    : ground_(std::make_unique<Ground>(root)),
      env_(std::make_unique<FaultyEnv>(*ground_)),
      disk_(std::make_unique<FaultyDisk>(*ground_, *env_)) {}

// LevelDB's thread can still be on its way out of the work.
FaultEnv::~FaultEnv() {
  env_->WaitForScheduled();
}

wal::Substitutes FaultEnv::substitutes(size_t write_buffer_bytes) {
  return {env_.get(), disk_.get(), write_buffer_bytes};
}

void FaultEnv::Inject(const Fault& fault) {
  ground_->Inject(fault);
}

void FaultEnv::Heal() {
  ground_->Heal();
}

void FaultEnv::OnChange(std::function<void()> look) {
  ground_->OnChange(std::move(look));
}

void FaultEnv::WaitForBackgroundWork() {
  env_->WaitForScheduled();
}

void FaultEnv::SlowDownSyncs(uint64_t ms) {
  ground_->SlowDownSyncs(ms);
}

uint64_t FaultEnv::strikes() const {
  return ground_->strikes();
}

uint64_t FaultEnv::count(Operation operation) const {
  return ground_->count(operation);
}

uint64_t FaultEnv::changes() const {
  return ground_->changes();
}

void FaultEnv::CutPowerAt(uint64_t nth) {
  ground_->CutPowerAt(nth);
}

bool FaultEnv::power_is_off() const {
  return ground_->power_is_off();
}

void FaultEnv::WriteImage(const std::filesystem::path& image, const Aftermath& aftermath) const {
  WriteFiles(ImageAfter(aftermath), image);
}

Image FaultEnv::ImageAfter(const Aftermath& aftermath) const {
  return ground_->ImageAfter(aftermath);
}

void WriteFiles(const Image& image, const std::filesystem::path& place) {
  std::filesystem::create_directory(place);
  for (const auto& [path, content] : image) {
    if (content) {
      std::ofstream(place / path, std::ios::binary) << *content;
    } else {
      std::filesystem::create_directory(place / path);
    }
  }
}

}  // namespace sendonce::fault
