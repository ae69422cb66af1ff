// A directory of a test's own, removed with all that is in it.

#ifndef SENDONCE_TEST_UNIT_DAEMON_SCRATCH_DIRECTORY_H
#define SENDONCE_TEST_UNIT_DAEMON_SCRATCH_DIRECTORY_H

#include <stdlib.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace sendonce::daemon {

class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "sendonce_daemon_tests.XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~ScratchDirectory() { std::filesystem::remove_all(path_); }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

  void Write(const std::string& name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::trunc) << text;
  }

  std::string Read(const std::string& name) const {
    std::ifstream file(path_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::filesystem::path path_;
};

}  // namespace sendonce::daemon

#endif  // SENDONCE_TEST_UNIT_DAEMON_SCRATCH_DIRECTORY_H
