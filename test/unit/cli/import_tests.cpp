#include "cli/import.h"

#include <boost/test/unit_test.hpp>
#include <sstream>

#include "stage.h"

namespace sendonce::cli {
namespace {

const std::string kTxid(64, 'a');

std::string Line(const std::string& id) {
  return id + "," + kTxid + ",addr,1\n";
}

// The send of the n-th line, "w-<n>".
std::string Adopted(int n, const std::string& txid = kTxid) {
  return R"({"id":"w-)" + std::to_string(n) +
         R"(","outcome":"sent","state":"confirmed","txids":[")" + txid + "\"]}";
}

const std::string kNotPaid = R"({"code":"not_paid","detail":"It does not pay this."})";

// Runs an import against a sendonced of which each try is written down beforehand.
struct Fixture : Stage {
  int Import(const std::string& text, bool json = false,
             std::optional<int64_t> give_up_after_ms = std::nullopt) {
    std::istringstream stream(text);
    ImportFile file(stream);
    return static_cast<int>(RunImport(file, {json, give_up_after_ms}, MakeSurroundings(),
                                      [this](const auto& line) { printed.push_back(line); }));
  }

  std::vector<std::string> printed;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(import_tests, Fixture)

BOOST_AUTO_TEST_CASE(each_line_is_asked_for_in_order) {
  Answers(201, Adopted(1));
  Answers(200, Adopted(2));
  BOOST_TEST(Import("id,txid,address,amount_sat\n" + Line("w-1") + Line("w-2")) == 0);
  BOOST_REQUIRE_EQUAL(requests.size(), 2U);
  BOOST_TEST(requests[0].target == "/v1/sends/w-1/adopt");
  BOOST_TEST(requests[1].target == "/v1/sends/w-2/adopt");
  BOOST_TEST(told.empty());
  BOOST_TEST(printed ==
             (std::vector<std::string>{"2 lines: 1 recorded, 1 already recorded, 0 not recorded"}));
}

BOOST_AUTO_TEST_CASE(lines_that_are_not_recorded_are_named_and_do_not_stop_the_others) {
  Answers(422, kNotPaid);
  Answers(400, R"({"code":"bad_address","field":"outputs[0].address","detail":"No address."})");
  Answers(201, Adopted(3));
  BOOST_TEST(Import("nonsense\n" + Line("w-1") + Line("w-2") + "# w-0\n" + Line("w-3")) == 7);
  BOOST_REQUIRE_EQUAL(told.size(), 3U);
  BOOST_TEST(told[0].starts_with("line 1 is not recorded: a line is written so:"));
  BOOST_TEST(told[1] == "line 2 is not recorded: not_paid: It does not pay this.");
  BOOST_TEST(told[2] == "line 3 is not recorded: bad_address: outputs[0].address: No address.");
  BOOST_TEST(printed.back() == "4 lines: 1 recorded, 0 already recorded, 3 not recorded");
}

BOOST_AUTO_TEST_CASE(a_success_that_does_not_name_the_txid_is_none) {
  Answers(200, Adopted(1, std::string(64, 'b')));
  Answers(201, R"({"id":"w-2","outcome":"pending"})");
  Answers(200, Adopted(3, std::string(64, 'A')));  // hexadecimal digits of either case
  BOOST_TEST(Import(Line("w-1") + Line("w-2") + Line("w-3")) == 7);
  BOOST_REQUIRE_EQUAL(told.size(), 2U);
  BOOST_TEST(told[0] ==
             "line 1 is not recorded: other_payment: the id is recorded with another payment");
  BOOST_TEST(printed.back() == "3 lines: 0 recorded, 1 already recorded, 2 not recorded");
}

BOOST_AUTO_TEST_CASE(a_success_about_another_id_is_asked_for_again) {
  Answers(201, Adopted(2));
  Answers(200, "{}");
  Answers(201, Adopted(1));
  BOOST_TEST(Import(Line("w-1")) == 0);
  BOOST_TEST(requests.size() == 3U);
  BOOST_TEST(printed.back() == "1 lines: 1 recorded, 0 already recorded, 0 not recorded");
}

BOOST_AUTO_TEST_CASE(a_line_without_an_answer_is_asked_for_again) {
  Fails("no");
  Answers(503, R"({"code":"node_unavailable","detail":"Later."})");
  Answers(200, Adopted(1));
  BOOST_TEST(Import(Line("w-1")) == 0);
  BOOST_REQUIRE_EQUAL(requests.size(), 3U);
  BOOST_TEST(requests[0].body == requests[2].body);
}

BOOST_AUTO_TEST_CASE(it_can_be_stopped_between_two_lines) {
  Answers(201, Adopted(1));
  InterruptAtPause(2);
  BOOST_TEST(Import(Line("w-1") + Line("w-2")) == 5);
  BOOST_TEST(requests.size() == 1U);
  BOOST_REQUIRE_EQUAL(told.size(), 1U);
  BOOST_TEST(told[0].starts_with("stopped at line 2: run the same command again"));
  BOOST_TEST(printed.back() == "1 lines: 1 recorded, 0 already recorded, 0 not recorded");
}

BOOST_AUTO_TEST_CASE(it_can_be_stopped_while_it_waits_for_an_answer) {
  Fails("no");
  InterruptAtPause(2);
  BOOST_TEST(Import(Line("w-1") + Line("w-2")) == 5);
  BOOST_TEST(requests.size() == 1U);
}

BOOST_AUTO_TEST_CASE(it_gives_up_at_a_line_without_an_answer) {
  Answers(201, Adopted(1));
  Fails("no", 2'000);
  BOOST_TEST(Import(Line("w-1") + Line("w-2") + Line("w-3"), false, 1'000) == 5);
  BOOST_TEST(requests.size() == 2U);
}

BOOST_AUTO_TEST_CASE(who_is_not_let_in_is_told_so_once) {
  Answers(401, R"({"code":"unauthorized","detail":"Show the cookie."})");
  BOOST_TEST(Import(Line("w-1") + Line("w-2")) == 2);
  BOOST_TEST(requests.size() == 1U);
}

BOOST_AUTO_TEST_CASE(as_json_each_line_is_a_line) {
  Answers(201, Adopted(1));
  Answers(200, Adopted(2));
  Answers(422, kNotPaid);
  BOOST_TEST(Import("# old\n" + Line("w-1") + Line("w-2") + Line("w-3") + "x\n", true) == 7);
  BOOST_REQUIRE_EQUAL(printed.size(), 4U);
  const std::string rest = R"(,"txid":")" + kTxid + R"(","result":)";
  BOOST_TEST(printed[0] ==
             R"({"line":2,"id":"w-1")" + rest + R"("recorded","code":null,"detail":null})");
  BOOST_TEST(printed[1] ==
             R"({"line":3,"id":"w-2")" + rest + R"("already_recorded","code":null,"detail":null})");
  BOOST_TEST(printed[2] == R"({"line":4,"id":"w-3")" + rest +
                               R"("refused","code":"not_paid","detail":"It does not pay this."})");
  BOOST_TEST(printed[3].starts_with(
      R"({"line":5,"id":"x","txid":"","result":"unreadable","code":null,"detail":"a line is)"));
  BOOST_TEST(told.back() == "4 lines: 1 recorded, 1 already recorded, 2 not recorded");
}

BOOST_AUTO_TEST_CASE(progress_is_told_now_and_then) {
  for (int i = 1; i <= 4; ++i) Answers(201, Adopted(i), kTellProgressMs / 2);
  Import(Line("w-1") + Line("w-2") + Line("w-3") + Line("w-4"));
  BOOST_TEST(told ==
             (std::vector<std::string>{"2 lines: 2 recorded, 0 already recorded, 0 not recorded",
                                       "4 lines: 4 recorded, 0 already recorded, 0 not recorded"}));
}

BOOST_AUTO_TEST_CASE(a_file_without_a_line_is_done) {
  BOOST_TEST(Import("# nothing yet\n") == 0);
  BOOST_TEST(requests.empty());
}

BOOST_AUTO_TEST_CASE(a_file_that_can_not_be_read_to_its_end_is_said_to_be) {
  std::istringstream stream(Line("w-1"));
  stream.setstate(std::ios::badbit);
  ImportFile file(stream);
  const auto code = RunImport(file, {}, MakeSurroundings(), [](const auto&) {});
  BOOST_TEST(static_cast<int>(code) == 1);
  BOOST_TEST(told.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::cli
