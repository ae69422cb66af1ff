// The manuals name every option, and none that there is not.

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "cli/client_options.h"
#include "cli/wal_options.h"

namespace sendonce::cli {
namespace {

std::string Manual(const std::string& name) {
  std::ifstream file(SENDONCE_SOURCE_DIR "/doc/" + name);
  BOOST_REQUIRE_MESSAGE(file, "no manual " << name);
  return {std::istreambuf_iterator<char>(file), {}};
}

// What stands in a row of a table as `-name` or `--name`.
std::set<std::string> NamesIn(const std::string& manual) {
  std::set<std::string> names;
  const std::regex name("(?:^|, )(?:\\| )?`--?([a-z?][a-z0-9-]*)`", std::regex::multiline);
  for (std::sregex_iterator match(manual.begin(), manual.end(), name), end; match != end; ++match) {
    names.insert((*match)[1]);
  }
  return names;
}

std::set<std::string> NamesOf(const settings::Program& program) {
  std::set<std::string> names;
  for (const settings::OptionGroup& group : program.groups) {
    for (const settings::Option& option : group.options) names.insert(std::string(option.name));
  }
  return names;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(manual_tests)

BOOST_AUTO_TEST_CASE(of_sendonce_cli) {
  BOOST_TEST(NamesIn(Manual("sendonce-cli.md")) == NamesOf(ClientProgram()),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(of_sendonce_wal) {
  BOOST_TEST(NamesIn(Manual("sendonce-wal.md")) == NamesOf(WalProgram()),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::cli
