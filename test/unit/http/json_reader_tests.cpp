#include "http/json_reader.h"

#include <boost/test/unit_test.hpp>
#include <string>

BOOST_AUTO_TEST_SUITE(http_json_reader)

using namespace sendonce::http;
using Kind = JsonValue::Kind;

namespace {

bool Reads(std::string_view text, const JsonLimits& limits = {}) {
  return std::holds_alternative<JsonValue>(ParseJson(text, limits));
}

JsonValue Read(std::string_view text) {
  return std::get<JsonValue>(ParseJson(text));
}

std::string Nested(size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

}  // namespace

BOOST_AUTO_TEST_CASE(reads_every_kind) {
  const JsonValue value =
      Read(R"( {"n":null,"b":true,"f":false,"i":12,"s":"\u20bf\"","a":[1,"x"],"o":{"k":{}}} )");
  BOOST_REQUIRE(value.kind == Kind::kObject);
  BOOST_TEST(value.fields.size() == 7u);
  BOOST_TEST((FindField(value, "n")->kind == Kind::kNull));
  BOOST_TEST(FindField(value, "b")->boolean);
  BOOST_TEST(!FindField(value, "f")->boolean);
  BOOST_TEST(FindField(value, "i")->text == "12");
  BOOST_TEST(FindField(value, "s")->text == "\xe2\x82\xbf\"");
  BOOST_TEST(FindField(value, "a")->items[1].text == "x");
  BOOST_TEST((FindField(*FindField(value, "o"), "k")->kind == Kind::kObject));
  BOOST_TEST(FindField(value, "absent") == nullptr);
}

BOOST_AUTO_TEST_CASE(keeps_numbers_as_written) {
  const JsonValue value = Read("[150000.0, 1e5, -0, 9223372036854775808, 0.1]");
  BOOST_TEST(value.items[0].text == "150000.0");
  BOOST_TEST(value.items[1].text == "1e5");
  BOOST_TEST(value.items[2].text == "-0");
  BOOST_TEST(value.items[3].text == "9223372036854775808");
  BOOST_TEST(value.items[4].text == "0.1");
}

BOOST_AUTO_TEST_CASE(plain_integers_are_digits_alone) {
  const JsonValue good = Read("[0, 1, 150000, 9223372036854775807]");
  BOOST_TEST(*PlainInteger(good.items[0]) == 0);
  BOOST_TEST(*PlainInteger(good.items[1]) == 1);
  BOOST_TEST(*PlainInteger(good.items[2]) == 150000);
  BOOST_TEST(*PlainInteger(good.items[3]) == INT64_MAX);
  const JsonValue bad =
      Read(R"([150000.0, 1e5, 1E5, 15e-1, -0, -1, 9223372036854775808, "1", true, null, [], {}])");
  for (const JsonValue& value : bad.items) BOOST_TEST(!PlainInteger(value));
}

BOOST_AUTO_TEST_CASE(refuses_what_is_not_json) {
  for (const char* bad : {"",
                          " ",
                          "{",
                          "}",
                          "{]",
                          "[1,]",
                          "{\"a\":1,}",
                          "{a:1}",
                          "{'a':1}",
                          "{\"a\" 1}",
                          "[1 2]",
                          "01",
                          "+1",
                          ".5",
                          "1.",
                          "0x10",
                          "NaN",
                          "Infinity",
                          "nul",
                          "\"\x01\"",
                          "\"\\x\"",
                          "\"\\ud800\"",
                          "{} {}",
                          "{}x",
                          "// c\n{}",
                          "{\"a\":1 \"b\":2}",
                          "\xef\xbb\xbf{}",
                          "{1:2}",
                          "\"a"}) {
    BOOST_TEST(!Reads(bad), bad);
  }
  BOOST_TEST(!Reads(std::string_view("{}\0", 3)));
}

// RFC 8259, section 7.
BOOST_AUTO_TEST_CASE(reads_escapes) {
  const auto text = [](std::string_view escaped) {
    return std::get<JsonValue>(ParseJson("\"" + std::string(escaped) + "\"")).text;
  };
  BOOST_TEST(text(R"(a\"\\\/\b\f\n\r\tb)") == "a\"\\/\b\f\n\r\tb");
  BOOST_TEST(text(R"(\u0041\u00e4\u20BF)") == "A\xc3\xa4\xe2\x82\xbf");
  BOOST_TEST(text(R"(\ud83d\ude00)") == "\xf0\x9f\x98\x80");
  BOOST_TEST(text(R"(\ud8e0\udc00)") == "\xf1\x88\x80\x80");
  BOOST_TEST(text(R"(\udbff\udfff)") == "\xf4\x8f\xbf\xbf");
  BOOST_TEST(text(R"(\u0000)") == std::string(1, '\0'));
  for (const char* bad : {"\\", "\\u12", "\\u12g4", "\\u-123", "\\U0041", "\\ud83d",
                          "\\ud83dx\\ude00", "\\ud83d\\u0041", "\\ude00", "\\ude00\\ud83d"}) {
    BOOST_TEST(!Reads("\"" + std::string(bad) + "\""), bad);
  }
}

BOOST_AUTO_TEST_CASE(finds_a_key_that_stands_twice_among_many) {
  std::string fields = R"("k0":0)";
  for (int i = 1; i < 100; ++i) fields += ",\"k" + std::to_string(i) + "\":0";
  BOOST_TEST(Reads("{" + fields + "}"));
  BOOST_TEST(std::get<JsonProblem>(ParseJson("[{" + fields + ",\"k7\":1}]")).field == "[0].k7");
}

BOOST_AUTO_TEST_CASE(refuses_what_is_not_utf8) {
  BOOST_TEST(!Reads("\"\xff\""));
  BOOST_TEST(!Reads("{\"\xc0\xaf\":1}"));
  BOOST_TEST(Reads("\"\xe2\x82\xbf\""));
}

BOOST_AUTO_TEST_CASE(names_the_key_that_stands_twice) {
  const auto path = [](std::string_view text) {
    return std::get<JsonProblem>(ParseJson(text)).field;
  };
  BOOST_TEST(path(R"({"a":1,"b":2,"a":1})") == "a");
  BOOST_TEST(path(R"({"fee":{"x":1,"x":2}})") == "fee.x");
  BOOST_TEST(path(R"({"outputs":[{"y":1},{"y":1,"y":1}]})") == "outputs[1].y");
  BOOST_TEST(path("{\"a\":1,\"\\u0061\":2}") == "a");  // the same key, written otherwise
  BOOST_TEST(Reads(R"([{"a":1},{"a":1}])"));
  BOOST_TEST(path("{\"" + std::string(1'000, 'k') + "\":1,\"" + std::string(1'000, 'k') + "\":1}")
                 .size() == 64u);
}

BOOST_AUTO_TEST_CASE(limits_depth_before_it_builds_anything) {
  BOOST_TEST(Reads(Nested(8)));
  BOOST_TEST(!Reads(Nested(9)));
  BOOST_TEST(Reads(Nested(9), {.depth = 9, .values = 100}));
  BOOST_TEST(!Reads(Nested(500'000)));
  BOOST_TEST(!Reads(std::string(1'000'000, '[')));
  std::string objects;
  for (int i = 0; i < 9; ++i) objects += "{\"a\":";
  BOOST_TEST(!Reads(objects + "1" + std::string(9, '}')));
  BOOST_TEST(Reads("\"" + std::string(100, '[') + "\""));  // in a string it nests nothing
  BOOST_TEST(Reads(R"(["\"[[[[[[[[[["])"));
}

BOOST_AUTO_TEST_CASE(limits_the_number_of_values) {
  const auto list = [](size_t values) {
    std::string text = "[0";
    for (size_t i = 1; i < values; ++i) text += ",0";
    return text + "]";
  };
  BOOST_TEST(Reads(list(100), {.depth = 1, .values = 101}));
  BOOST_TEST(!Reads(list(101), {.depth = 1, .values = 101}));
  BOOST_TEST(!Reads(list(5'000)));
  std::string flat = "[[]";
  for (int i = 0; i < 400'000; ++i) flat += ",[]";
  BOOST_TEST(!Reads(flat + "]"));
}

BOOST_AUTO_TEST_CASE(finds_unknown_fields) {
  const JsonValue value = Read(R"({"a":1,"zz":2,"b":3})");
  BOOST_TEST(!UnknownField(value, {"a", "b", "zz"}));
  BOOST_TEST(*UnknownField(value, {"a", "b"}) == "zz");
}

BOOST_AUTO_TEST_SUITE_END()
