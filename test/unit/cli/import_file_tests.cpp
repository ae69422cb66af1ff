#include "cli/import_file.h"

#include <boost/test/unit_test.hpp>
#include <sstream>
#include <vector>

#include "core/send.h"

namespace sendonce::cli {
namespace {

const std::string kTxid(64, 'a');

std::vector<ImportLine> Read(const std::string& text) {
  std::istringstream stream(text);
  ImportFile file(stream);
  std::vector<ImportLine> lines;
  while (auto line = file.Next()) lines.push_back(std::move(*line));
  BOOST_TEST(!file.failed());
  return lines;
}

ImportLine ReadOne(const std::string& text) {
  const auto lines = Read(text);
  BOOST_REQUIRE_EQUAL(lines.size(), 1U);
  return lines[0];
}

std::string ProblemOf(const std::string& text) {
  const ImportLine line = ReadOne(text);
  BOOST_REQUIRE(std::holds_alternative<settings::Problem>(line.question));
  return std::get<settings::Problem>(line.question).text;
}

std::string BodyOf(const ImportLine& line) {
  BOOST_REQUIRE(std::holds_alternative<Command>(line.question));
  return std::get<Command>(line.question).body;
}

std::string WithOutputs(size_t count, size_t address_bytes) {
  std::string line = std::string(core::kMaxIdLength, 'w') + "," + kTxid;
  for (size_t i = 0; i < count; ++i) {
    line += "," + std::string(address_bytes, 'b') + ",2100000000000000";
  }
  return line;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(import_file_tests)

BOOST_AUTO_TEST_CASE(a_line_asks_to_adopt) {
  const ImportLine line = ReadOne("w-1," + kTxid + ",addr,150000\n");
  BOOST_TEST(line.number == 1U);
  BOOST_TEST(line.id == "w-1");
  BOOST_TEST(line.txid == kTxid);
  const Command& command = std::get<Command>(line.question);
  BOOST_TEST((command.kind == Command::Kind::kAdopt));
  BOOST_TEST(command.method == "POST");
  BOOST_TEST(command.path == "/v1/sends/w-1/adopt");
  BOOST_TEST(command.body ==
             "{\"txid\":\"" + kTxid + R"(","outputs":[{"address":"addr","amount_sat":150000}]})");
}

BOOST_AUTO_TEST_CASE(a_line_can_have_several_outputs) {
  BOOST_TEST(BodyOf(ReadOne("w-1," + kTxid + ",a,1,b,2"))
                 .ends_with(R"([{"address":"a","amount_sat":1},{"address":"b","amount_sat":2}]})"));
}

BOOST_AUTO_TEST_CASE(comments_empty_lines_and_a_header_are_left_out) {
  const auto lines = Read("\xef\xbb\xbf# made by hand\n\n  \t\nid,txid,address,amount_sat\r\n" +
                          std::string("w-1 , ") + kTxid + " ,\taddr, 1 \r\n  # w-2\n" + "w-3," +
                          kTxid + ",addr,3");
  BOOST_REQUIRE_EQUAL(lines.size(), 2U);
  BOOST_TEST(lines[0].number == 5U);
  BOOST_TEST(lines[0].id == "w-1");
  BOOST_TEST(BodyOf(lines[0]).ends_with(R"([{"address":"addr","amount_sat":1}]})"));
  BOOST_TEST(lines[1].number == 7U);
  BOOST_TEST(Read("").empty());
  BOOST_TEST(Read("# nothing").empty());
}

BOOST_AUTO_TEST_CASE(a_header_can_only_come_first) {
  const auto lines = Read("w-1," + kTxid + ",addr,1\nid,txid,address,amount_sat\n");
  BOOST_REQUIRE_EQUAL(lines.size(), 2U);
  BOOST_TEST(std::holds_alternative<settings::Problem>(lines[1].question));
}

BOOST_AUTO_TEST_CASE(what_can_not_be_understood_is_said_and_the_next_line_goes_on) {
  for (const std::string& text :
       {std::string("w-1"), std::string("w-1,"), "w-1," + kTxid, std::string(",")}) {
    BOOST_TEST(ProblemOf(text).starts_with("a line is written so: id,txid,address"), text);
  }
  BOOST_TEST(ProblemOf("w-1," + kTxid + ",addr") == "the last address has no amount");
  BOOST_TEST(ProblemOf("w-1," + kTxid + ",addr,1,") == "the last address has no amount");
  BOOST_TEST(ProblemOf("w-1," + kTxid + ",,1") == "an address is missing");
  BOOST_TEST(ProblemOf("w 1," + kTxid + ",addr,1").find("is no id") != std::string::npos);
  BOOST_TEST(ProblemOf("\"w-1\"," + kTxid + ",addr,1").find("is no id") != std::string::npos);
  BOOST_TEST(ProblemOf("w-1,aa,addr,1").find("is no txid") != std::string::npos);
  for (const char* amount : {"0", "0.1", "1e3", "", "-1", "2100000000000001"}) {
    BOOST_TEST(
        ProblemOf("w-1," + kTxid + ",addr," + amount).find("is no amount") != std::string::npos,
        amount);
  }
  const auto lines = Read("nonsense\nw-1," + kTxid + ",addr,1\n");
  BOOST_REQUIRE_EQUAL(lines.size(), 2U);
  BOOST_TEST(lines[1].id == "w-1");
}

BOOST_AUTO_TEST_CASE(a_line_with_as_many_outputs_as_a_send_can_have_fits) {
  constexpr size_t kLongestAddressBytes = 90;  // BIP 173
  const std::string longest = WithOutputs(core::kMaxOutputsPerSend, kLongestAddressBytes);
  BOOST_TEST(longest.size() <= kMaxImportLineBytes);
  BodyOf(ReadOne(longest));
  BOOST_TEST(ProblemOf(WithOutputs(core::kMaxOutputsPerSend + 1, 42)) ==
             "a send has at most 100 outputs");
}

BOOST_AUTO_TEST_CASE(a_line_that_is_too_long_is_left_out_to_its_end) {
  const std::string padding(kMaxImportLineBytes, ' ');
  const std::string line = "w-1," + kTxid + ",addr,1";
  BodyOf(ReadOne(line + padding.substr(line.size())));
  const auto lines = Read(line + padding + "w-2\n" + line);
  BOOST_REQUIRE_EQUAL(lines.size(), 2U);
  BOOST_TEST(std::get<settings::Problem>(lines[0].question).text ==
             "the line has more than 16384 bytes");
  BOOST_TEST(lines[1].number == 2U);
  BodyOf(lines[1]);
}

BOOST_AUTO_TEST_CASE(a_file_that_can_not_be_read_is_not_at_its_end) {
  std::istringstream stream("w-1," + kTxid + ",addr,1\n");
  ImportFile file(stream);
  stream.setstate(std::ios::badbit);
  BOOST_TEST(!file.Next());
  BOOST_TEST(file.failed());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::cli
