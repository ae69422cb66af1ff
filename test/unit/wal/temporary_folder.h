// An empty folder for one test, gone with all that is in it when the test is over. In memory where
// the system has a file system for that, because these tests sync thousands of files and prove
// nothing about a real disk; $TMPDIR chooses another place.

#ifndef SENDONCE_TEST_UNIT_WAL_TEMPORARY_FOLDER_H
#define SENDONCE_TEST_UNIT_WAL_TEMPORARY_FOLDER_H

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "wal/log.h"

namespace sendonce::wal {

class TemporaryFolder {
 public:
  enum class Place { kMemory, kDisk };  // kDisk for more than a few megabytes

  explicit TemporaryFolder(Place place = Place::kMemory) {
    std::string name = (Above(place) / "sendonce-wal-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp: " + name);
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  // Of a log in this folder.
  Paths paths() const { return {path_ / "wal", path_ / "anchor"}; }

 private:
  static std::filesystem::path Above(Place place) {
    const char* memory = "/dev/shm";
    const bool is_chosen = std::getenv("TMPDIR") != nullptr;
    if (place == Place::kMemory && !is_chosen && ::access(memory, W_OK) == 0) return memory;
    return std::filesystem::temp_directory_path();
  }

  std::filesystem::path path_;
};

}  // namespace sendonce::wal

#endif  // SENDONCE_TEST_UNIT_WAL_TEMPORARY_FOLDER_H
