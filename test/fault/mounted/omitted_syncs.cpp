#include "omitted_syncs.h"

#include <leveldb/env.h>

#include <fstream>
#include <string>

#include "wal/disk.h"

namespace sendonce::fault {

namespace {

class UnsyncedFile final : public leveldb::WritableFile {
 public:
  explicit UnsyncedFile(leveldb::WritableFile* file) : file_(file) {}

  leveldb::Status Append(const leveldb::Slice& data) override { return file_->Append(data); }
  leveldb::Status Close() override { return file_->Close(); }
  leveldb::Status Flush() override { return file_->Flush(); }
  leveldb::Status Sync() override { return file_->Flush(); }

 private:
  const std::unique_ptr<leveldb::WritableFile> file_;
};

}  // namespace

class OmittedSyncs::Files final : public leveldb::EnvWrapper {
 public:
  // Of files whose names end so; empty: none.
  explicit Files(std::string ending)
      : EnvWrapper(leveldb::Env::Default()), ending_(std::move(ending)) {}

  leveldb::Status NewWritableFile(const std::string& path, leveldb::WritableFile** file) override {
    auto status = target()->NewWritableFile(path, file);
    if (status.ok() && !ending_.empty() && path.ends_with(ending_)) *file = new UnsyncedFile(*file);
    return status;
  }

 private:
  const std::string ending_;
};

class OmittedSyncs::Folders final : public wal::Disk {
 public:
  Folders(bool omits_folders, bool omits_files)
      : omits_folders_(omits_folders), omits_files_(omits_files) {}

  std::variant<std::string, wal::FileMissing, wal::DiskError> ReadFile(
      const std::filesystem::path& file, size_t max_bytes) override {
    return real().ReadFile(file, max_bytes);
  }
  std::optional<wal::DiskError> WriteFile(const std::filesystem::path& file,
                                          std::string_view content) override {
    if (!omits_files_) return real().WriteFile(file, content);
    std::ofstream(file, std::ios::binary) << content;
    return std::nullopt;
  }
  std::optional<wal::DiskError> RenameFile(const std::filesystem::path& from,
                                           const std::filesystem::path& to) override {
    return real().RenameFile(from, to);
  }
  std::optional<wal::DiskError> SyncFolder(const std::filesystem::path& folder) override {
    if (omits_folders_) return std::nullopt;
    return real().SyncFolder(folder);
  }

 private:
  static wal::Disk& real() { return wal::Disk::OperatingSystem(); }

  const bool omits_folders_;
  const bool omits_files_;
};

OmittedSyncs::OmittedSyncs(std::unique_ptr<Files> files, std::unique_ptr<Folders> folders)
    : files_(std::move(files)), folders_(std::move(folders)) {}

OmittedSyncs::~OmittedSyncs() = default;

std::unique_ptr<OmittedSyncs> OmittedSyncs::Of(std::string_view what) {
  const bool is_log = what == "log";
  const bool is_table = what == "table";
  const bool is_folder = what == "folder";
  const bool is_anchor = what == "anchor";
  if (!is_log && !is_table && !is_folder && !is_anchor) return nullptr;
  return std::unique_ptr<OmittedSyncs>(
      new OmittedSyncs(std::make_unique<Files>(is_log ? ".log" : (is_table ? ".ldb" : "")),
                       std::make_unique<Folders>(is_folder, is_anchor)));
}

wal::Substitutes OmittedSyncs::substitutes(size_t write_buffer_bytes) const {
  return {files_.get(), folders_.get(), write_buffer_bytes};
}

}  // namespace sendonce::fault
