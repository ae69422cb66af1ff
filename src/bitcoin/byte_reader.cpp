#include "bitcoin/byte_reader.h"

#include <algorithm>
#include <cassert>

#include "bitcoin/byte_writer.h"

namespace sendonce::bitcoin {

void ByteReader::Fail() {
  ok_ = false;
  rest_ = {};
}

std::span<const uint8_t> ByteReader::Take(size_t size) {
  if (size > rest_.size()) Fail();
  if (!ok_) return {};
  const std::span<const uint8_t> taken = rest_.first(size);
  rest_ = rest_.subspan(size);
  return taken;
}

uint64_t ByteReader::ReadLittleEndian(size_t size) {
  uint64_t value = 0;
  int shift = 0;
  for (const uint8_t byte : Take(size)) {
    value |= uint64_t{byte} << shift;
    shift += 8;
  }
  return value;
}

uint8_t ByteReader::ReadUint8() {
  return static_cast<uint8_t>(ReadLittleEndian(1));
}

uint32_t ByteReader::ReadUint32() {
  return static_cast<uint32_t>(ReadLittleEndian(4));
}

uint64_t ByteReader::ReadUint64() {
  return ReadLittleEndian(8);
}

Hash256 ByteReader::ReadHash() {
  Hash256 hash;
  std::ranges::copy(Take(hash.bytes.size()), hash.bytes.begin());
  return hash;
}

uint64_t ByteReader::ReadCompactSize() {
  const uint8_t first = ReadUint8();
  if (first < 0xfd) return first;
  const size_t size = size_t{2} << (first - 0xfd);
  const uint64_t value = ReadLittleEndian(size);
  if (ok_ && CompactSizeLength(value) != 1 + size) Fail();
  return ok_ ? value : 0;
}

Bytes ByteReader::ReadSizedBytes() {
  const std::span<const uint8_t> bytes = Take(ReadCount(1));
  return Bytes(bytes.begin(), bytes.end());
}

size_t ByteReader::ReadCount(size_t min_element_size) {
  assert(min_element_size > 0);
  const uint64_t count = ReadCompactSize();
  if (count > rest_.size() / min_element_size) Fail();
  return ok_ ? count : 0;
}

bool ByteReader::SkipPrefix(std::span<const uint8_t> prefix) {
  if (rest_.size() < prefix.size()) return false;
  if (!std::ranges::equal(rest_.first(prefix.size()), prefix)) return false;
  rest_ = rest_.subspan(prefix.size());
  return true;
}

}  // namespace sendonce::bitcoin
