#include "daemon/pid_file.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "scratch_directory.h"

namespace sendonce::daemon {

BOOST_FIXTURE_TEST_SUITE(pid_file_tests, ScratchDirectory)

BOOST_AUTO_TEST_CASE(it_holds_the_process_id_and_goes_with_its_object) {
  Write("pid", "99999999 left behind by a killed process\n");
  {
    const auto written = PidFile::Write(path() / "pid");
    BOOST_REQUIRE(std::holds_alternative<std::unique_ptr<PidFile>>(written));
    BOOST_TEST(Read("pid") == std::to_string(::getpid()) + "\n");
  }
  BOOST_TEST(!std::filesystem::exists(path() / "pid"));
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_missing_is_an_error) {
  const auto written = PidFile::Write(path() / "no" / "pid");
  BOOST_REQUIRE(std::holds_alternative<std::string>(written));
  BOOST_TEST(std::get<std::string>(written).ends_with("No such file or directory"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::daemon
