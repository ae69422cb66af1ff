#include "bitcoin/base58.h"

#include <boost/test/unit_test.hpp>
#include <utility>
#include <vector>

namespace sendonce::bitcoin {
namespace {

// Payload in hexadecimal and its text, from other software.
const std::vector<std::pair<const char*, const char*>>& KnownTexts() {
  static const std::vector<std::pair<const char*, const char*>> texts = {
      {"", "3QJmnh"},
      {"00", "1Wh4bh"},
      {"68656c6c6f", "2L5B5yqsVG8Vt"},
      {"000000000000000000000000000000000000000000", "1111111111111111111114oLvT2"},
      {"0062e907b15cbf27d5425399ebf6f0fb50ebb88f18", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"},
      {"800000000000000000000000000000000000000000000000000000000000000000",
       "5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAbuatmU"},
  };
  return texts;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bitcoin_base58)

BOOST_AUTO_TEST_CASE(known_texts_both_ways) {
  for (const auto& [hex, text] : KnownTexts()) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(EncodeBase58Check(*BytesFromHex(hex)) == text);
      BOOST_TEST((DecodeBase58Check(text) == BytesFromHex(hex)));
    }
  }
}

BOOST_AUTO_TEST_CASE(every_length_round_trips) {
  Bytes payload;
  for (int size = 0; size <= 89; ++size) {
    const std::string text = EncodeBase58Check(payload);
    BOOST_TEST(text.size() <= kMaxBase58TextSize);
    BOOST_TEST((DecodeBase58Check(text) == payload));
    payload.push_back(static_cast<uint8_t>(size % 3 == 0 ? 0 : 255 - size));
  }
  const Bytes zeros(89, 0);
  BOOST_TEST((DecodeBase58Check(EncodeBase58Check(zeros)) == zeros));
}

BOOST_AUTO_TEST_CASE(every_single_change_is_found) {
  const std::string text = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa";
  for (size_t i = 0; i < text.size(); ++i) {
    for (int c = 0; c < 256; ++c) {
      std::string changed = text;
      changed[i] = static_cast<char>(c);
      if (changed != text) BOOST_TEST(!DecodeBase58Check(changed).has_value());
    }
  }
}

BOOST_AUTO_TEST_CASE(every_truncation_and_addition_is_found) {
  const std::string text = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa";
  for (size_t size = 0; size < text.size(); ++size) {
    BOOST_TEST(!DecodeBase58Check(text.substr(0, size)).has_value());
  }
  for (const char* added : {"1", " ", "\n", "a"}) {
    BOOST_TEST(!DecodeBase58Check(text + added).has_value());
    BOOST_TEST(!DecodeBase58Check(added + text).has_value());
  }
}

BOOST_AUTO_TEST_CASE(less_than_a_checksum_is_refused) {
  for (const char* text : {"", "1", "11", "111", "2", "zz", "zzzzz"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(!DecodeBase58Check(text).has_value());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_longer_text_is_refused_with_a_right_checksum_too) {
  const std::string longest = EncodeBase58Check(Bytes(89, 0xff));
  BOOST_TEST(longest.size() == kMaxBase58TextSize);
  BOOST_TEST(DecodeBase58Check(longest).has_value());
  const std::string_view of_90_bytes =
      "5XYXv8oCmsCMqfLHnwEF4UvPGUJMVNh8nkVRqoS3qyMLAXwj1Bm6LjtPvfLtMFYJ4D7fynpg8CSeD4Ls"
      "PvsjEPKit9Gu9m1vn6sPCk2LZPQuL8RDvGYbdNRhwLxf82kRD";
  BOOST_TEST(of_90_bytes.size() == kMaxBase58TextSize + 1);
  BOOST_TEST(!DecodeBase58Check(of_90_bytes).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::bitcoin
