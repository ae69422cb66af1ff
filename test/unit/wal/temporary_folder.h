// An empty folder for one test, gone with all that is in it when the test is over.

#ifndef SENDONCE_TEST_UNIT_WAL_TEMPORARY_FOLDER_H
#define SENDONCE_TEST_UNIT_WAL_TEMPORARY_FOLDER_H

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "wal/log.h"

namespace sendonce::wal {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "sendonce-wal-XXXXXX").string();
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
  std::filesystem::path path_;
};

}  // namespace sendonce::wal

#endif  // SENDONCE_TEST_UNIT_WAL_TEMPORARY_FOLDER_H
