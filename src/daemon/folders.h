// The folders that the daemon's files are in.

#ifndef SENDONCE_DAEMON_FOLDERS_H
#define SENDONCE_DAEMON_FOLDERS_H

#include <filesystem>
#include <optional>
#include <string>

#include "wal/disk.h"

namespace sendonce::daemon {

// Makes the folder, and those above it that are missing. The names of all that it made are durable
// when it returns: a log is not there after a power cut if the folder around it is not. Folders
// that were there already are left alone. The text says what could not be done.
std::optional<std::string> MakeFolder(const std::filesystem::path& folder, wal::Disk& disk);

}  // namespace sendonce::daemon

#endif  // SENDONCE_DAEMON_FOLDERS_H
