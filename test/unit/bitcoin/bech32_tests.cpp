#include "bitcoin/bech32.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <vector>

namespace sendonce::bitcoin {
namespace {

using std::string_literals::operator""s;

// BIP 173, "Test vectors".
const std::vector<std::string> kValidBech32 = {
    "A12UEL5L",
    "a12uel5l",
    "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
    "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
    "11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqc8247j",
    "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
    "?1ezyfcl",
};

const std::vector<std::string> kInvalidBech32 = {
    "\x20"
    "1nwldj5"s,
    "\x7f"
    "1axkwrx"s,
    "\x80"
    "1eym55h"s,
    "an84characterslonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1569pvx",
    "pzry9x0s0muk",
    "1pzry9x0s0muk",
    "x1b4n0q5v",
    "li1dgmt3",
    "de1lg7wt\xff"s,
    "A1G7SGD8",
    "10a06t8",
    "1qzzfhee",
};

// BIP 350, "Test vectors for Bech32m".
const std::vector<std::string> kValidBech32m = {
    "A1LQFN3A",
    "a1lqfn3a",
    "an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6",
    "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
    "11llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllludsr8",
    "split1checkupstagehandshakeupstreamerranterredcaperredlc445v",
    "?1v759aa",
};

const std::vector<std::string> kInvalidBech32m = {
    "\x20"
    "1xj0phk"s,
    "\x7f"
    "1g6xzxy"s,
    "\x80"
    "1vctc34"s,
    "an84characterslonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11d6pts4",
    "qyrz8wqd2c9m",
    "1qyrz8wqd2c9m",
    "y1b0jsk6g",
    "lt1igcx5c0",
    "in1muywd",
    "mm1crxm3i",
    "au1s5cgom",
    "M1VUXWEZ",
    "16plkw9",
    "1p2gdwpf",
};

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return text;
}

void CheckValid(const std::vector<std::string>& texts, Bech32Variant variant) {
  for (const std::string& text : texts) {
    BOOST_TEST_CONTEXT(text) {
      const std::optional<Bech32Text> decoded = DecodeBech32(text);
      BOOST_REQUIRE(decoded.has_value());
      BOOST_TEST((decoded->variant == variant));
      BOOST_TEST(EncodeBech32(*decoded) == Lower(text));
    }
  }
}

void CheckInvalid(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(!DecodeBech32(text).has_value());
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bitcoin_bech32)

BOOST_AUTO_TEST_CASE(valid_strings_of_bip_173) {
  CheckValid(kValidBech32, Bech32Variant::kBech32);
}
BOOST_AUTO_TEST_CASE(invalid_strings_of_bip_173) {
  CheckInvalid(kInvalidBech32);
}
BOOST_AUTO_TEST_CASE(valid_strings_of_bip_350) {
  CheckValid(kValidBech32m, Bech32Variant::kBech32m);
}
BOOST_AUTO_TEST_CASE(invalid_strings_of_bip_350) {
  CheckInvalid(kInvalidBech32m);
}

BOOST_AUTO_TEST_CASE(the_parts_of_a_string) {
  const std::optional<Bech32Text> decoded =
      DecodeBech32("ABCDEF1QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LMQQQXW");
  BOOST_REQUIRE(decoded.has_value());
  BOOST_TEST(decoded->human_readable_part == "abcdef");
  Bytes all_groups;
  for (uint8_t group = 0; group < 32; ++group) all_groups.push_back(group);
  BOOST_TEST(decoded->groups == all_groups);
}

BOOST_AUTO_TEST_CASE(mixed_case_is_refused_in_either_part) {
  BOOST_TEST(!DecodeBech32("A12uel5l").has_value());
  BOOST_TEST(!DecodeBech32("a12UEL5L").has_value());
  BOOST_TEST(!DecodeBech32("a12ueL5l").has_value());
}

// BIP 173: up to four substitutions are always found. One and two are tried here.
BOOST_AUTO_TEST_CASE(every_one_or_two_substitutions_are_found) {
  const std::string alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  const std::string text = "a1lqfn3a";
  for (size_t i = 2; i < text.size(); ++i) {
    for (size_t j = i; j < text.size(); ++j) {
      for (const char first : alphabet) {
        for (const char second : alphabet) {
          std::string changed = text;
          changed[i] = first;
          changed[j] = second;
          if (changed == text) continue;
          const std::optional<Bech32Text> decoded = DecodeBech32(changed);
          if (decoded && decoded->variant == Bech32Variant::kBech32m) BOOST_ERROR(changed);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(long_texts_are_refused) {
  BOOST_TEST(!DecodeBech32(std::string(10'000'000, 'a')).has_value());
  BOOST_TEST(!DecodeBech32("").has_value());
  BOOST_TEST(!DecodeBech32("1").has_value());
}

BOOST_AUTO_TEST_CASE(groups_of_five_bits) {
  BOOST_TEST(FiveBitGroups({}) == Bytes{});
  BOOST_TEST(FiveBitGroups(Bytes{0xff}) == (Bytes{31, 28}));
  BOOST_TEST(FiveBitGroups(Bytes{0x00, 0x01}) == (Bytes{0, 0, 0, 16}));
  BOOST_TEST(FiveBitGroups(Bytes{0x84, 0x21, 0x08, 0x42, 0x10}) ==
             (Bytes{16, 16, 16, 16, 16, 16, 16, 16}));
}

BOOST_AUTO_TEST_CASE(groups_of_every_length_round_trip) {
  Bytes bytes;
  for (int size = 0; size <= 60; ++size) {
    const Bytes groups = FiveBitGroups(bytes);
    BOOST_TEST(groups.size() == (bytes.size() * 8 + 4) / 5);
    BOOST_TEST((BytesFromFiveBitGroups(groups) == bytes));
    bytes.push_back(static_cast<uint8_t>(size * 37 + 11));
  }
}

BOOST_AUTO_TEST_CASE(padding_is_short_and_zero) {
  BOOST_TEST((BytesFromFiveBitGroups(Bytes{31, 28}) == Bytes{0xff}));
  BOOST_TEST(!BytesFromFiveBitGroups(Bytes{31, 29}).has_value());
  BOOST_TEST(!BytesFromFiveBitGroups(Bytes{31, 30}).has_value());
  BOOST_TEST(!BytesFromFiveBitGroups(Bytes{31, 28, 0}).has_value());
  BOOST_TEST(!BytesFromFiveBitGroups(Bytes{0}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::bitcoin
