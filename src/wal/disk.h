// The few file operations that LevelDB does not do for us: small files that are replaced whole, and
// the sync of folders. An interface so that tests can make each of them fail.

#ifndef SENDONCE_WAL_DISK_H
#define SENDONCE_WAL_DISK_H

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace sendonce::wal {

struct FileMissing {};

// What the operating system said, with the path: "open /x/anchor: Permission denied".
struct DiskError {
  std::string text;
};

// Every function may be called from any thread and blocks until the disk has answered.
class Disk {
 public:
  virtual ~Disk() = default;

  // The operating system's files. Never destroyed.
  static Disk& OperatingSystem();

  // The whole content; a file of more than `max_bytes` is an error.
  virtual std::variant<std::string, FileMissing, DiskError> ReadFile(
      const std::filesystem::path& file, size_t max_bytes) = 0;

  // Makes the file, or empties it, and returns when `content` is in it and synced. The file's name
  // is durable only after SyncFolder. After an error the file may hold any part of it.
  virtual std::optional<DiskError> WriteFile(const std::filesystem::path& file,
                                             std::string_view content) = 0;

  // Replaces `to`. Durable only after SyncFolder; until then a power cut leaves one or the other.
  virtual std::optional<DiskError> RenameFile(const std::filesystem::path& from,
                                              const std::filesystem::path& to) = 0;

  // Makes the names in the folder durable as they are now (not the content of the files).
  virtual std::optional<DiskError> SyncFolder(const std::filesystem::path& folder) = 0;
};

// The folder that the file stands in; "." for a name without one.
std::filesystem::path FolderOf(const std::filesystem::path& file);

}  // namespace sendonce::wal

#endif  // SENDONCE_WAL_DISK_H
