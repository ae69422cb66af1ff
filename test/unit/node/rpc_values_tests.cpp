#include "node/rpc_values.h"

#include <boost/test/unit_test.hpp>

namespace sendonce::node {

namespace {

constexpr char kTxid[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

Json Parsed(const std::string& text) {
  const auto json = ParseJson(text);
  BOOST_REQUIRE(json);
  return *json;
}

std::string OutPointJson(const std::string& vout) {
  return std::string(R"({"txid":")") + kTxid + R"(","vout":)" + vout + "}";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rpc_values_tests)

BOOST_AUTO_TEST_CASE(amounts_are_exact) {
  BOOST_CHECK(ReadAmount(Parsed("0.00000001")) == 1);
  BOOST_CHECK(ReadAmount(Parsed("20999999.97690000")) == 2'099'999'997'690'000);
  BOOST_CHECK(ReadAmount(Parsed("0.29000000")) == 29'000'000);
  BOOST_CHECK(ReadAmount(Parsed("-1.5")) == -150'000'000);
}

BOOST_AUTO_TEST_CASE(what_is_no_amount_is_nothing) {
  for (const char* text : {"1e-8", "0.000000001", "21000000.00000001", "\"1\"", "true", "null"}) {
    BOOST_TEST(!ReadAmount(Parsed(text)), text);
  }
}

BOOST_AUTO_TEST_CASE(hashes_are_read_as_they_are_shown) {
  const auto hash = ReadHash(Parsed(JsonString(kTxid)));
  BOOST_REQUIRE(hash);
  BOOST_TEST(hash->bytes.front() == 0x1f);
  BOOST_TEST(HashText(*hash) == JsonString(kTxid));
  BOOST_TEST(!ReadHash(Parsed("\"00\"")));
  BOOST_TEST(!ReadHash(Parsed("0")));
}

BOOST_AUTO_TEST_CASE(bytes_are_hexadecimal) {
  BOOST_CHECK(ReadHex(Parsed("\"00ff\"")) == (bitcoin::Bytes{0, 0xff}));
  BOOST_TEST(HexText({0, 0xff}) == "\"00ff\"");
  BOOST_TEST(!ReadHex(Parsed("\"0\"")));
  BOOST_TEST(!ReadHex(Parsed("[]")));
}

BOOST_AUTO_TEST_CASE(an_int32_must_fit) {
  BOOST_CHECK(ReadInt32(Parsed("-2147483648")) == INT32_MIN);
  BOOST_CHECK(ReadInt32(Parsed("2147483647")) == INT32_MAX);
  BOOST_TEST(!ReadInt32(Parsed("2147483648")));
  BOOST_TEST(!ReadInt32(Parsed("-2147483649")));
  BOOST_TEST(!ReadInt32(Parsed("1.0")));
}

BOOST_AUTO_TEST_CASE(an_outpoint_is_txid_and_vout) {
  const auto outpoint = ReadOutPoint(Parsed(OutPointJson("4294967295")));
  BOOST_REQUIRE(outpoint);
  BOOST_TEST(outpoint->vout == UINT32_MAX);
  BOOST_TEST(OutPointText(*outpoint) == OutPointJson("4294967295"));
  BOOST_TEST(OutPointsText({*outpoint, *outpoint}) ==
             "[" + OutPointJson("4294967295") + "," + OutPointJson("4294967295") + "]");
  for (const char* vout : {"-1", "4294967296", "0.0", "\"0\"", "null"}) {
    BOOST_TEST(!ReadOutPoint(Parsed(OutPointJson(vout))), vout);
  }
  BOOST_TEST(!ReadOutPoint(Parsed(R"({"vout":0})")));
  BOOST_TEST(!ReadOutPoint(Parsed("[]")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::node
