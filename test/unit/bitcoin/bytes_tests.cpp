#include "bitcoin/bytes.h"

#include <boost/test/unit_test.hpp>

namespace sendonce::bitcoin {

BOOST_AUTO_TEST_SUITE(bitcoin_bytes)

BOOST_AUTO_TEST_CASE(every_byte_round_trips) {
  Bytes all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<uint8_t>(i));
  const std::string hex = HexFromBytes(all);
  BOOST_TEST(hex.size() == 512u);
  BOOST_TEST(hex.substr(0, 36) == "000102030405060708090a0b0c0d0e0f1011");
  BOOST_TEST(hex.substr(506) == "fdfeff");
  BOOST_TEST((BytesFromHex(hex) == all));
}

BOOST_AUTO_TEST_CASE(both_cases_are_read) {
  BOOST_TEST((BytesFromHex("aBcDeF") == Bytes{0xab, 0xcd, 0xef}));
  BOOST_TEST((BytesFromHex("") == Bytes{}));
}

BOOST_AUTO_TEST_CASE(anything_else_is_refused) {
  for (const char* text :
       {"0", "abc", "0g", "g0", "0x00", " 00", "00 ", "-1", "0@", "0/", "0:", "0`"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(!BytesFromHex(text).has_value());
    }
  }
  BOOST_TEST(!BytesFromHex(std::string_view("0\0", 2)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::bitcoin
