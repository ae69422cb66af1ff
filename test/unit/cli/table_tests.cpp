#include "cli/table.h"

#include <boost/test/unit_test.hpp>

namespace sendonce::cli {
namespace {

std::string Table(std::string_view json) {
  const auto parsed = http::ParseJson(json);
  BOOST_REQUIRE(std::holds_alternative<http::JsonValue>(parsed));
  return TableOf(std::get<http::JsonValue>(parsed));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(table_tests)

BOOST_AUTO_TEST_CASE(a_send) {
  BOOST_TEST(Table(R"({"id":"w-1","outcome":"sent","stalled":null,"replayed":false,
      "outputs":[{"address":"bc1qx","amount_sat":150000,"vout":null},
                 {"address":"bc1qlonger","amount_sat":1,"vout":12}],
      "txids":["aa","bb"],"created_at":1790000000007})") ==
             "id          w-1\n"
             "outcome     sent\n"
             "stalled     -\n"
             "replayed    no\n"
             "outputs\n"
             "  address     amount_sat  vout\n"
             "  bc1qx       150000      -\n"
             "  bc1qlonger  1           12\n"
             "txids       [aa, bb]\n"
             "created_at  2026-09-21T14:13:20.007Z\n");
}

BOOST_AUTO_TEST_CASE(an_object_in_an_object_stands_below_its_name) {
  BOOST_TEST(Table(R"({"stalled":{"code":"x","since":1790000000000},"n":1})") ==
             "stalled\n"
             "  code   x\n"
             "  since  2026-09-21T14:13:20.000Z\n"
             "n        1\n");
}

BOOST_AUTO_TEST_CASE(what_differs_from_row_to_row_stands_in_the_last_column) {
  BOOST_TEST(Table(R"({"records":[{"seq":1,"at":1790000000000,"type":"A","id":"w"},
                                  {"seq":12,"at":1790000000000,"type":"Bb",
                                   "fee":{"n":1},"v":[1,2]}]})") ==
             "seq  at                        type\n"
             "1    2026-09-21T14:13:20.000Z  A     id=w\n"
             "12   2026-09-21T14:13:20.000Z  Bb    fee={n=1} v=[1, 2]\n");
}

BOOST_AUTO_TEST_CASE(an_empty_list) {
  BOOST_TEST(Table(R"({"alarms":[]})") == "none\n");
}

BOOST_AUTO_TEST_CASE(a_small_number_is_no_time) {
  BOOST_TEST(Table(R"({"since":0})") == "since  0\n");
}

BOOST_AUTO_TEST_CASE(numbers_stay_as_they_were_written) {
  BOOST_TEST(Table(R"({"amount_sat":2100000000000000,"rate":12.50})") ==
             "amount_sat  2100000000000000\n"
             "rate        12.50\n");
}

BOOST_AUTO_TEST_CASE(text_from_outside_can_not_steer_the_terminal) {
  BOOST_TEST(Table(R"({"reference":"a\u001b[2J\nb\u007fä"})") == R"(reference  a\x1b[2J\x0ab\x7fä)"
                                                                 "\n");
}

BOOST_AUTO_TEST_CASE(long_texts_are_cut_in_rows_only) {
  const std::string text(100, 'f');
  BOOST_TEST(Table(R"({"raw":")" + text + R"("})") == "raw  " + text + "\n");
  BOOST_TEST(Table(R"({"r":[{"raw":")" + text + R"("}]})") ==
             "raw\n" + std::string(32, 'f') + "... (100 characters)\n");
}

BOOST_AUTO_TEST_CASE(times) {
  BOOST_TEST(UtcText(0) == "1970-01-01T00:00:00.000Z");
  BOOST_TEST(UtcText(951'782'400'050) == "2000-02-29T00:00:00.050Z");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::cli
