#include "bitcoin/base58.h"

#include <algorithm>
#include <cassert>

#include "bitcoin/hash.h"

namespace sendonce::bitcoin {
namespace {

// Without 0, O, I and l, which people confuse. Sorted by value, as ASCII is.
constexpr std::string_view kAlphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr size_t kChecksumSize = 4;

// A number as its digits, the least significant first and no leading zero among them.
using Digits = std::vector<uint8_t>;

// number = number * factor + addend, in digits of `base`.
void MultiplyAdd(Digits& number, uint32_t base, uint32_t factor, uint32_t addend) {
  uint32_t carry = addend;
  for (uint8_t& digit : number) {
    carry += digit * factor;
    digit = static_cast<uint8_t>(carry % base);
    carry /= base;
  }
  for (; carry > 0; carry /= base) number.push_back(static_cast<uint8_t>(carry % base));
}

Bytes ChecksumOf(std::span<const uint8_t> payload) {
  const Hash256 hash = DoubleSha256(payload);
  return Bytes(hash.bytes.begin(), hash.bytes.begin() + kChecksumSize);
}

std::string EncodeBase58(std::span<const uint8_t> bytes) {
  Digits number;
  for (const uint8_t byte : bytes) MultiplyAdd(number, 58, 256, byte);
  // A number has no leading zeros; each of the bytes' is shown as a leading 1.
  const auto first = std::ranges::find_if(bytes, [](uint8_t byte) { return byte != 0; });
  std::string text(static_cast<size_t>(first - bytes.begin()), kAlphabet[0]);
  std::for_each(number.rbegin(), number.rend(),
                [&text](uint8_t digit) { text.push_back(kAlphabet[digit]); });
  return text;
}

std::optional<Bytes> DecodeBase58(std::string_view text) {
  Digits number;
  for (const char c : text) {
    const size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    MultiplyAdd(number, 256, 58, static_cast<uint32_t>(digit));
  }
  const size_t zeros = std::min(text.find_first_not_of(kAlphabet[0]), text.size());
  Bytes bytes(zeros, 0);
  bytes.insert(bytes.end(), number.rbegin(), number.rend());
  return bytes;
}

}  // namespace

std::string EncodeBase58Check(std::span<const uint8_t> payload) {
  Bytes bytes(payload.begin(), payload.end());
  const Bytes checksum = ChecksumOf(payload);
  bytes.insert(bytes.end(), checksum.begin(), checksum.end());
  std::string text = EncodeBase58(bytes);
  assert(text.size() <= kMaxBase58TextSize);
  return text;
}

std::optional<Bytes> DecodeBase58Check(std::string_view text) {
  if (text.size() > kMaxBase58TextSize) return std::nullopt;
  std::optional<Bytes> bytes = DecodeBase58(text);
  if (!bytes || bytes->size() < kChecksumSize) return std::nullopt;
  const Bytes checksum(bytes->end() - kChecksumSize, bytes->end());
  bytes->resize(bytes->size() - kChecksumSize);
  if (checksum != ChecksumOf(*bytes)) return std::nullopt;
  return bytes;
}

}  // namespace sendonce::bitcoin
