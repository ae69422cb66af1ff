// A home directory of a test's own, with a data directory of sendonced in it.

#ifndef SENDONCE_TEST_UNIT_CLI_HOME_H
#define SENDONCE_TEST_UNIT_CLI_HOME_H

#include <stdlib.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace sendonce::cli {

class Home {
 public:
  Home() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "sendonce_cli_tests.XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
    std::filesystem::create_directory(path_ / ".sendonce");
  }
  ~Home() { std::filesystem::remove_all(path_); }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;

  void WriteConfig(std::string_view text) const {
    std::ofstream(path_ / ".sendonce/sendonce.conf") << text;
  }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace sendonce::cli

#endif  // SENDONCE_TEST_UNIT_CLI_HOME_H
