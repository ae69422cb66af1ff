#include "bitcoin/hash.h"

#include <boost/test/unit_test.hpp>
#include <thread>
#include <vector>

#include "bitcoin/bytes.h"

namespace sendonce::bitcoin {
namespace {

Bytes BytesOf(std::string_view text) {
  return Bytes(text.begin(), text.end());
}

constexpr std::string_view kGenesisHash =
    "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f";

}  // namespace

BOOST_AUTO_TEST_SUITE(bitcoin_hash)

// FIPS 180-2, appendix B, and the empty message.
BOOST_AUTO_TEST_CASE(sha256_of_published_messages) {
  BOOST_TEST(HexFromBytes(Sha256({}).bytes) ==
             "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  BOOST_TEST(HexFromBytes(Sha256(BytesOf("abc")).bytes) ==
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  BOOST_TEST(
      HexFromBytes(
          Sha256(BytesOf("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).bytes) ==
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  BOOST_TEST(HexFromBytes(Sha256(Bytes(1'000'000, 'a')).bytes) ==
             "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

BOOST_AUTO_TEST_CASE(double_sha256_of_the_genesis_header) {
  const std::optional<Bytes> header = BytesFromHex(
      "01000000000000000000000000000000000000000000000000000000000000000000000"
      "03ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c");
  BOOST_REQUIRE(header.has_value());
  BOOST_TEST(DisplayHex(DoubleSha256(*header)) == kGenesisHash);
}

BOOST_AUTO_TEST_CASE(display_is_the_reverse_of_the_bytes) {
  Hash256 hash;
  hash.bytes[0] = 0x01;
  hash.bytes[31] = 0xff;
  const std::string hex = DisplayHex(hash);
  BOOST_TEST(hex == "ff00000000000000000000000000000000000000000000000000000000000001");
  BOOST_TEST((HashFromDisplayHex(hex) == hash));
}

BOOST_AUTO_TEST_CASE(only_64_digits_are_a_hash) {
  const std::string hex(kGenesisHash);
  BOOST_TEST(HashFromDisplayHex(hex).has_value());
  BOOST_TEST(!HashFromDisplayHex(hex.substr(2)).has_value());
  BOOST_TEST(!HashFromDisplayHex(hex + "00").has_value());
  BOOST_TEST(!HashFromDisplayHex(hex.substr(1) + "g").has_value());
  BOOST_TEST(!HashFromDisplayHex("").has_value());
}

BOOST_AUTO_TEST_CASE(hashing_from_several_threads_at_once) {
  const Hash256 expected = Sha256(BytesOf("abc"));
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  for (int& count : wrong) {
    threads.emplace_back([&count, &expected] {
      for (int i = 0; i < 2'000; ++i) count += Sha256(BytesOf("abc")) == expected ? 0 : 1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int count : wrong) BOOST_TEST(count == 0);
}

BOOST_AUTO_TEST_CASE(the_hasher_tells_hashes_apart) {
  Hash256 other;
  other.bytes[7] = 1;
  BOOST_TEST(Hash256Hasher{}(Hash256{}) != Hash256Hasher{}(other));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::bitcoin
