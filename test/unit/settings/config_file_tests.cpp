#include "settings/config_file.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

namespace sendonce::settings {
namespace {

std::vector<Assignment> Lines(std::string_view text) {
  const ConfigLines lines = ParseConfig(text, "f");
  BOOST_REQUIRE(std::holds_alternative<std::vector<Assignment>>(lines));
  return std::get<std::vector<Assignment>>(lines);
}

std::string ProblemOf(std::string_view text) {
  const ConfigLines lines = ParseConfig(text, "f");
  BOOST_REQUIRE(std::holds_alternative<Problem>(lines));
  return std::get<Problem>(lines).text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(config_file_tests)

BOOST_AUTO_TEST_CASE(settings_stand_in_the_order_of_their_lines) {
  const auto lines = Lines("regtest=1\r\n\n  # all\n[regtest]\n port = 1 # one\nsignet.port=2");
  BOOST_REQUIRE_EQUAL(lines.size(), 3);
  BOOST_TEST(lines[0].name == "regtest");
  BOOST_TEST(lines[0].value.value() == "1");
  BOOST_TEST(lines[0].section == "");
  BOOST_TEST(lines[0].origin == "f:1: regtest=1");
  BOOST_TEST(lines[1].name == "port");
  BOOST_TEST(lines[1].value.value() == "1");
  BOOST_TEST(lines[1].section == "regtest");
  BOOST_TEST(lines[1].origin == "f:5: port = 1");
  BOOST_TEST(lines[2].name == "port");
  BOOST_TEST(lines[2].section == "signet");
}

BOOST_AUTO_TEST_CASE(an_empty_value_is_a_value) {
  const auto lines = Lines("rpcwallet=\n");
  BOOST_REQUIRE_EQUAL(lines.size(), 1);
  BOOST_TEST(lines[0].value.value() == "");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named_with_its_line) {
  BOOST_TEST(ProblemOf("a=1\nport\n").starts_with("f:2: \"port\" must be name=value"));
  BOOST_TEST(ProblemOf("-port=1\n").starts_with("f:1: \"-port=1\" must be name=value"));
  BOOST_TEST(ProblemOf("[regtest]\n\n[testnet]").starts_with("f:3: no network is called"));
  BOOST_TEST(ProblemOf("[]").starts_with("f:1: no network is called \"\""));
  BOOST_TEST(ProblemOf("mainnet.port=1").starts_with("f:1: no network is called \"mainnet\""));
}

BOOST_AUTO_TEST_CASE(a_password_is_neither_cut_short_nor_shown) {
  const std::string problem = ProblemOf("rpcpassword=abc#def\n");
  BOOST_TEST(problem.starts_with("f:1: write rpcpassword without '#'"));
  BOOST_TEST(problem.find("abc") == std::string::npos);
  const auto lines = Lines("rpcpassword=abc\n");
  BOOST_TEST(lines.at(0).value.value() == "abc");
  BOOST_TEST(lines.at(0).origin == "f:1: rpcpassword");
}

BOOST_AUTO_TEST_CASE(a_file_has_a_limit) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("sendonce_config_file_tests." + std::to_string(::getpid()));
  const auto write = [&path](size_t size) {
    std::ofstream(path, std::ios::trunc) << std::string(size, '\n');
  };
  write(kMaxConfigFileBytes);
  BOOST_TEST(std::holds_alternative<std::vector<Assignment>>(ReadConfigFile(path)));
  write(kMaxConfigFileBytes + 1);
  BOOST_TEST(std::holds_alternative<Problem>(ReadConfigFile(path)));
  std::filesystem::remove(path);
  BOOST_TEST(std::holds_alternative<Problem>(ReadConfigFile(path)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::settings
