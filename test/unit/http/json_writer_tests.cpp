#include "http/json_writer.h"

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <string>

BOOST_AUTO_TEST_SUITE(http_json_writer)

using namespace sendonce::http;

namespace {

std::string Quoted(std::string_view text) {
  JsonWriter json;
  return json.String(text).Take();
}

}  // namespace

BOOST_AUTO_TEST_CASE(writes_commas_where_they_belong) {
  JsonWriter json;
  json.BeginObject();
  json.Key("a").Integer(1);
  json.Key("b").BeginArray().EndArray();
  json.Key("c").BeginArray().Bool(true).Null().BeginObject().EndObject().BeginObject();
  json.Key("d").Number("12.5");
  json.EndObject().String("x").EndArray();
  json.Key("e").BeginObject().EndObject();
  json.EndObject();
  BOOST_TEST(json.Take() == R"({"a":1,"b":[],"c":[true,null,{},{"d":12.5},"x"],"e":{}})");
}

BOOST_AUTO_TEST_CASE(writes_integers_whole) {
  JsonWriter json;
  json.BeginArray().Integer(INT64_MIN).Integer(-1).Integer(0).Integer(INT64_MAX);
  json.Unsigned(UINT64_MAX).EndArray();
  BOOST_TEST(json.Take() == "[-9223372036854775808,-1,0,9223372036854775807,18446744073709551615]");
}

BOOST_AUTO_TEST_CASE(escapes_what_json_wants_escaped) {
  BOOST_TEST(Quoted("a\"b\\c\nd\te\x01\x1f\x7f/") == R"("a\"b\\c\nd\u0009e\u0001\u001f\u007f/")");
  BOOST_TEST(Quoted(std::string_view("\0", 1)) == R"("\u0000")");
  BOOST_TEST(Quoted("\xe2\x82\xbf") == "\"\xe2\x82\xbf\"");
}

BOOST_AUTO_TEST_CASE(replaces_what_is_not_utf8) {
  BOOST_TEST(Quoted("a\xff\xe2\x82") == "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

BOOST_AUTO_TEST_SUITE_END()
