#include "daemon/folders.h"

#include <system_error>

namespace sendonce::daemon {

std::optional<std::string> MakeFolder(const std::filesystem::path& folder, wal::Disk& disk) {
  // With a separator at the end it is a folder of no name, in itself.
  if (!folder.has_filename() && folder.has_relative_path()) {
    return MakeFolder(folder.parent_path(), disk);
  }
  std::error_code error;
  if (std::filesystem::is_directory(folder, error)) return std::nullopt;
  const auto above = wal::FolderOf(folder);
  if (auto problem = MakeFolder(above, disk)) return problem;
  std::filesystem::create_directory(folder, error);
  if (error) return "cannot make the folder " + folder.string() + ": " + error.message();
  if (const auto failed = disk.SyncFolder(above)) return failed->text;
  return std::nullopt;
}

}  // namespace sendonce::daemon
