#include "node/rpc_codec.h"

#include <boost/test/unit_test.hpp>

namespace sendonce::node {

namespace {

Json Parsed(std::string_view text) {
  const auto json = ParseJson(text);
  BOOST_REQUIRE(json);
  return *json;
}

Json ResultIn(std::string_view body, uint64_t id = 7) {
  const auto reply = ParseReply(body, id);
  BOOST_REQUIRE(reply);
  BOOST_REQUIRE(std::holds_alternative<Json>(*reply));
  return std::get<Json>(*reply);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rpc_codec_tests)

BOOST_AUTO_TEST_CASE(a_request_is_one_line_of_json_rpc_1_0) {
  BOOST_TEST(RequestText(7, "getblockhash", "[0]") ==
             R"({"jsonrpc":"1.0","id":7,"method":"getblockhash","params":[0]})");
}

BOOST_AUTO_TEST_CASE(arguments_are_escaped) {
  BOOST_TEST(JsonString("a\"b\\c\n") == R"("a\"b\\c\n")");
  BOOST_TEST(JsonArray({}) == "[]");
  BOOST_TEST(JsonArray({"1", JsonBool(true), JsonString("x")}) == R"([1,true,"x"])");
  BOOST_TEST(JsonObject({}) == "{}");
  BOOST_TEST(JsonObject({{"a\"", "1"}, {"b", JsonBool(false)}}) == R"({"a\"":1,"b":false})");
}

BOOST_AUTO_TEST_CASE(values_are_read_by_their_type_and_nothing_else) {
  const Json json = Parsed(
      R"({"n":null,"t":true,"s":"7","i":-12,"d":0.10000000,"e":1e3,"a":[1,"2"],"o":{"x":5}})");
  BOOST_TEST(json.IsObject());
  BOOST_TEST(json["n"].IsNull());
  BOOST_TEST(json["absent"].IsNull());
  BOOST_TEST(json["absent"]["deeper"].At(3).IsNull());
  BOOST_CHECK(json["t"].Bool() == true);
  BOOST_CHECK(json["s"].String() == "7");
  BOOST_CHECK(json["i"].Integer() == -12);
  BOOST_CHECK(json["d"].NumberText() == "0.10000000");
  BOOST_TEST(json["a"].size() == 2U);
  BOOST_CHECK(json["a"].At(0).Integer() == 1);
  BOOST_TEST(json["a"].At(2).IsNull());
  BOOST_CHECK(json["o"]["x"].Integer() == 5);
  BOOST_CHECK(!json["s"].Integer() && !json["s"].NumberText() && !json["s"].Bool());
  BOOST_CHECK(!json["i"].String() && !json["t"].String() && !json["t"].Integer());
  BOOST_CHECK(!json["d"].Integer() && !json["e"].Integer());
  BOOST_TEST(json.size() == 0U);
  BOOST_TEST(json["a"]["x"].IsNull());
}

BOOST_AUTO_TEST_CASE(an_integer_must_fit) {
  BOOST_CHECK(Parsed("9223372036854775807").Integer() == INT64_MAX);
  BOOST_CHECK(!Parsed("9223372036854775808").Integer());
}

BOOST_AUTO_TEST_CASE(a_value_outlives_the_reply_that_it_was_read_from) {
  Json inner;
  {
    const Json outer = Parsed(R"({"a":[{"b":"c"}]})");
    inner = outer["a"].At(0);
  }
  BOOST_CHECK(inner["b"].String() == "c");
}

BOOST_AUTO_TEST_CASE(what_is_not_json_is_nothing) {
  for (const char* text : {"", "{", "[1,]", "nul", "{\"a\":1}x", "<html>", "01", "\"\x01\""}) {
    BOOST_TEST(!ParseJson(text), text);
  }
  BOOST_TEST(!ParseJson(std::string(100'000, '[')));
}

BOOST_AUTO_TEST_CASE(a_result_is_read) {
  BOOST_CHECK(ResultIn(R"({"result":"x","error":null,"id":7})").String() == "x");
  BOOST_TEST(ResultIn(R"({"result":null,"error":null,"id":7})").IsNull());
  BOOST_CHECK(ResultIn(R"({"jsonrpc":"2.0","result":5,"id":7})").Integer() == 5);
}

BOOST_AUTO_TEST_CASE(an_error_is_read) {
  const auto reply =
      ParseReply(R"({"result":null,"error":{"code":-28,"message":"Loading"},"id":7})", 7);
  BOOST_REQUIRE(reply && std::holds_alternative<RpcError>(*reply));
  BOOST_TEST(std::get<RpcError>(*reply).code == -28);
  BOOST_TEST(std::get<RpcError>(*reply).message == "Loading");
}

BOOST_AUTO_TEST_CASE(what_does_not_answer_the_request_is_nothing) {
  const char* const bodies[] = {
      R"({"result":1,"error":null,"id":8})",
      R"({"result":1,"error":null,"id":"7"})",
      R"({"result":1,"error":null,"id":7.0})",
      R"({"result":1,"error":null,"id":null})",
      R"({"result":1,"error":null})",
      R"({"result":1,"error":null,"id":7,"id":7})",
      R"({"result":1,"result":2,"error":null,"id":7})",
      R"({"result":1,"error":null,"error":{"code":-1,"message":""},"id":7})",
      R"({"result":1,"error":{"code":-1,"message":""},"id":7})",
      R"({"result":null,"error":{"code":"-1","message":""},"id":7})",
      R"({"result":null,"error":{"code":-1},"id":7})",
      R"({"result":null,"error":{"code":-9999999999,"message":""},"id":7})",
      R"({"result":null,"error":"no","id":7})",
      R"({"id":7})",
      R"([{"result":1,"error":null,"id":7}])",
      R"("x")",
      "",
  };
  for (const char* body : bodies) BOOST_TEST(!ParseReply(body, 7), body);
}

BOOST_AUTO_TEST_CASE(a_batch_is_put_in_the_order_of_its_requests) {
  const auto replies =
      ParseBatchReply(R"([{"result":"b","error":null,"id":8},{"result":"a","error":null,"id":7},)"
                      R"({"result":null,"error":{"code":-5,"message":"no"},"id":9}])",
                      7, 3);
  BOOST_REQUIRE(replies && replies->size() == 3);
  BOOST_CHECK(std::get<Json>(replies->at(0)).String() == "a");
  BOOST_CHECK(std::get<Json>(replies->at(1)).String() == "b");
  BOOST_TEST(std::get<RpcError>(replies->at(2)).code == -5);
}

BOOST_AUTO_TEST_CASE(a_batch_with_a_reply_missing_doubled_or_foreign_is_nothing) {
  const char* const bodies[] = {
      R"([{"result":1,"error":null,"id":7}])",
      R"([{"result":1,"error":null,"id":7},{"result":1,"error":null,"id":7}])",
      R"([{"result":1,"error":null,"id":7},{"result":1,"error":null,"id":9}])",
      R"([{"result":1,"error":null,"id":6},{"result":1,"error":null,"id":7}])",
      R"([{"result":1,"error":null,"id":7},{"result":1,"error":null,"id":8},)"
      R"({"result":1,"error":null,"id":8}])",
      R"([{"result":1,"error":null,"id":7},{"id":8}])",
      R"({"result":1,"error":null,"id":7})",
      "[]",
  };
  for (const char* body : bodies) BOOST_TEST(!ParseBatchReply(body, 7, 2), body);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::node
