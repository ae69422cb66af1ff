#include "wal/disk.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace sendonce::wal {

namespace {

DiskError ErrorOf(const char* what, const std::filesystem::path& path, int error) {
  return {std::string(what) + " " + path.string() + ": " + std::generic_category().message(error)};
}

// An open file; closed on every way out.
class File {
 public:
  File(const std::filesystem::path& path, int flags) {
    do {
      descriptor_ = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
    } while (descriptor_ < 0 && errno == EINTR);
  }
  ~File() {
    if (is_open()) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool is_open() const { return descriptor_ >= 0; }

  // Reads or writes as much as the system takes at once; -1 and errno for an error.
  ssize_t Read(char* buffer, size_t size) {
    ssize_t count = 0;
    do {
      count = ::read(descriptor_, buffer, size);
    } while (count < 0 && errno == EINTR);
    return count;
  }

  bool WriteAll(std::string_view content) {
    while (!content.empty()) {
      const ssize_t count = ::write(descriptor_, content.data(), content.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return false;
      content.remove_prefix(static_cast<size_t>(count));
    }
    return true;
  }

  // Never repeated after an error: the kernel may have dropped the pages, and a second fsync would
  // then lie.
  bool Sync() { return ::fsync(descriptor_) == 0; }

  // Some file systems report a failed write only here.
  bool Close() {
    const int result = ::close(descriptor_);
    descriptor_ = -1;
    return result == 0;
  }

 private:
  int descriptor_ = -1;
};

class SystemDisk final : public Disk {
 public:
  std::variant<std::string, FileMissing, DiskError> ReadFile(const std::filesystem::path& path,
                                                             size_t max_bytes) override {
    File file(path, O_RDONLY);
    if (!file.is_open() && errno == ENOENT) return FileMissing{};
    if (!file.is_open()) return ErrorOf("open", path, errno);
    std::string content(max_bytes + 1, '\0');
    size_t size = 0;
    while (size < content.size()) {
      const ssize_t count = file.Read(content.data() + size, content.size() - size);
      if (count < 0) return ErrorOf("read", path, errno);
      if (count == 0) break;
      size += static_cast<size_t>(count);
    }
    if (size > max_bytes) return ErrorOf("read", path, EFBIG);
    content.resize(size);
    return content;
  }

  std::optional<DiskError> WriteFile(const std::filesystem::path& path,
                                     std::string_view content) override {
    File file(path, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file.is_open()) return ErrorOf("open", path, errno);
    if (!file.WriteAll(content)) return ErrorOf("write", path, errno);
    if (!file.Sync()) return ErrorOf("sync", path, errno);
    if (!file.Close()) return ErrorOf("close", path, errno);
    return std::nullopt;
  }

  std::optional<DiskError> RenameFile(const std::filesystem::path& from,
                                      const std::filesystem::path& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return ErrorOf("rename", from, errno);
    return std::nullopt;
  }

  std::optional<DiskError> SyncFolder(const std::filesystem::path& path) override {
    File folder(path, O_RDONLY | O_DIRECTORY);
    if (!folder.is_open()) return ErrorOf("open", path, errno);
    if (!folder.Sync()) return ErrorOf("sync", path, errno);
    return std::nullopt;
  }
};

}  // namespace

Disk& Disk::OperatingSystem() {
  static SystemDisk disk;
  return disk;
}

std::filesystem::path FolderOf(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

}  // namespace sendonce::wal
