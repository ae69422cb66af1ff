#include "bitcoin/byte_reader.h"

#include <boost/test/unit_test.hpp>
#include <vector>

#include "bitcoin/byte_writer.h"

namespace sendonce::bitcoin {

BOOST_AUTO_TEST_SUITE(bitcoin_byte_reader)

BOOST_AUTO_TEST_CASE(integers_are_little_endian) {
  const Bytes bytes = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0xff};
  ByteReader reader(bytes);
  BOOST_TEST(reader.ReadUint32() == 0x04030201u);
  BOOST_TEST(reader.ReadUint64() == 0x0c0b0a0908070605u);
  BOOST_TEST(reader.ReadUint8() == 0xff);
  BOOST_TEST(reader.ok());
  BOOST_TEST(reader.remaining() == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
  Bytes bytes;
  AppendUint32(0xfffefdfc, bytes);
  AppendUint64(0xfffefdfcfbfaf9f8, bytes);
  AppendSizedBytes(Bytes{1, 2, 3}, bytes);
  ByteReader reader(bytes);
  BOOST_TEST(reader.ReadUint32() == 0xfffefdfc);
  BOOST_TEST(reader.ReadUint64() == 0xfffefdfcfbfaf9f8);
  BOOST_TEST(reader.ReadSizedBytes() == (Bytes{1, 2, 3}));
  BOOST_TEST(reader.ok());
}

BOOST_AUTO_TEST_CASE(compact_sizes_take_as_few_bytes_as_can_be) {
  const std::vector<std::pair<uint64_t, const char*>> cases = {
      {0, "00"},
      {0xfc, "fc"},
      {0xfd, "fdfd00"},
      {0xffff, "fdffff"},
      {0x10000, "fe00000100"},
      {0xffffffff, "feffffffff"},
      {0x100000000, "ff0000000001000000"},
      {0xffffffffffffffff, "ffffffffffffffffff"},
  };
  for (const auto& [size, hex] : cases) {
    Bytes bytes;
    AppendCompactSize(size, bytes);
    BOOST_TEST(HexFromBytes(bytes) == hex);
    BOOST_TEST(CompactSizeLength(size) == bytes.size());
  }
}

BOOST_AUTO_TEST_CASE(the_first_failure_lasts) {
  const Bytes bytes = {1, 2, 3, 4, 5};
  ByteReader reader(bytes);
  BOOST_TEST(reader.ReadUint64() == 0u);
  BOOST_TEST(!reader.ok());
  BOOST_TEST(reader.ReadUint8() == 0);
  BOOST_TEST(reader.ReadSizedBytes() == Bytes{});
  BOOST_TEST((reader.ReadHash() == Hash256{}));
  BOOST_TEST(reader.ReadCount(1) == 0u);
  BOOST_TEST(!reader.ok());
}

BOOST_AUTO_TEST_CASE(a_count_fits_the_bytes_that_are_left) {
  const Bytes bytes = {3, 0, 0, 0, 0, 0, 0};
  ByteReader fits(bytes);
  BOOST_TEST(fits.ReadCount(2) == 3u);
  BOOST_TEST(fits.ok());
  ByteReader does_not(bytes);
  BOOST_TEST(does_not.ReadCount(3) == 0u);
  BOOST_TEST(!does_not.ok());
}

BOOST_AUTO_TEST_CASE(a_prefix_is_skipped_only_as_a_whole) {
  const Bytes bytes = {0, 1, 2};
  ByteReader reader(bytes);
  BOOST_TEST(!reader.SkipPrefix(Bytes{0, 2}));
  BOOST_TEST(!reader.SkipPrefix(Bytes{0, 1, 2, 3}));
  BOOST_TEST(reader.remaining() == 3u);
  BOOST_TEST(reader.SkipPrefix(Bytes{0, 1}));
  BOOST_TEST(reader.ReadUint8() == 2);
  BOOST_TEST(reader.ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::bitcoin
