#include "bitcoin/byte_writer.h"

namespace sendonce::bitcoin {
namespace {

void AppendLittleEndian(uint64_t value, size_t size, Bytes& to) {
  for (size_t i = 0; i < size; ++i) to.push_back(static_cast<uint8_t>(value >> 8 * i));
}

}  // namespace

void AppendUint32(uint32_t value, Bytes& to) {
  AppendLittleEndian(value, sizeof value, to);
}

void AppendUint64(uint64_t value, Bytes& to) {
  AppendLittleEndian(value, sizeof value, to);
}

void AppendBytes(std::span<const uint8_t> bytes, Bytes& to) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

void AppendCompactSize(uint64_t value, Bytes& to) {
  const size_t length = CompactSizeLength(value);
  if (length == 3) to.push_back(0xfd);
  if (length == 5) to.push_back(0xfe);
  if (length == 9) to.push_back(0xff);
  AppendLittleEndian(value, length == 1 ? 1 : length - 1, to);
}

size_t CompactSizeLength(uint64_t value) {
  if (value < 0xfd) return 1;
  if (value <= 0xffff) return 3;
  return value <= 0xffffffff ? 5 : 9;
}

void AppendSizedBytes(std::span<const uint8_t> bytes, Bytes& to) {
  AppendCompactSize(bytes.size(), to);
  AppendBytes(bytes, to);
}

}  // namespace sendonce::bitcoin
