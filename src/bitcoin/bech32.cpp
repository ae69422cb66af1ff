#include "bitcoin/bech32.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace sendonce::bitcoin {
namespace {

constexpr std::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr char kSeparator = '1';
constexpr size_t kChecksumSize = 6;

bool IsUpper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool IsLower(char c) {
  return c >= 'a' && c <= 'z';
}
bool IsPrintable(char c) {
  return c >= 33 && c <= 126;
}
char ToLower(char c) {
  return IsUpper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

uint32_t ChecksumConstant(Bech32Variant variant) {
  return variant == Bech32Variant::kBech32 ? 1 : 0x2bc830a3;
}

// The remainder of the groups, as coefficients in GF(32), after division by the generator of the
// BCH code (BIP 173, "Checksum").
uint32_t Polymod(std::span<const uint8_t> groups) {
  constexpr std::array<uint32_t, 5> kGenerator = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                                  0x2a1462b3};
  uint32_t remainder = 1;
  for (const uint8_t group : groups) {
    const uint32_t top = remainder >> 25;
    remainder = (remainder & 0x1ffffff) << 5 ^ group;
    for (size_t bit = 0; bit < kGenerator.size(); ++bit) {
      if ((top >> bit & 1) != 0) remainder ^= kGenerator[bit];
    }
  }
  return remainder;
}

// What the checksum covers: the human-readable part spread over its high and low bits, the groups.
Bytes ChecksumInput(std::string_view human_readable_part, std::span<const uint8_t> groups) {
  Bytes input;
  input.reserve(2 * human_readable_part.size() + 1 + groups.size() + kChecksumSize);
  for (const char c : human_readable_part) input.push_back(static_cast<uint8_t>(c >> 5));
  input.push_back(0);
  for (const char c : human_readable_part) input.push_back(static_cast<uint8_t>(c & 31));
  input.insert(input.end(), groups.begin(), groups.end());
  return input;
}

std::optional<Bech32Variant> VariantOfChecksum(const Bytes& checked) {
  const uint32_t remainder = Polymod(checked);
  for (const Bech32Variant variant : {Bech32Variant::kBech32, Bech32Variant::kBech32m}) {
    if (remainder == ChecksumConstant(variant)) return variant;
  }
  return std::nullopt;
}

bool IsAcceptableText(std::string_view text) {
  if (text.size() > kMaxBech32TextSize || !std::ranges::all_of(text, IsPrintable)) return false;
  return !(std::ranges::any_of(text, IsUpper) && std::ranges::any_of(text, IsLower));
}

std::optional<Bytes> GroupsOf(std::string_view lower_case) {
  Bytes groups;
  for (const char c : lower_case) {
    const size_t group = kAlphabet.find(c);
    if (group == std::string_view::npos) return std::nullopt;
    groups.push_back(static_cast<uint8_t>(group));
  }
  return groups;
}

}  // namespace

std::optional<Bech32Text> DecodeBech32(std::string_view text) {
  if (!IsAcceptableText(text)) return std::nullopt;
  std::string lower_case(text);
  std::ranges::transform(lower_case, lower_case.begin(), ToLower);

  // The last one: the human-readable part may hold separators, the rest can not.
  const size_t separator = lower_case.rfind(kSeparator);
  if (separator == std::string::npos || separator == 0) return std::nullopt;
  if (lower_case.size() - separator - 1 < kChecksumSize) return std::nullopt;

  std::optional<Bytes> groups = GroupsOf(std::string_view(lower_case).substr(separator + 1));
  if (!groups) return std::nullopt;
  lower_case.resize(separator);
  const std::optional<Bech32Variant> variant =
      VariantOfChecksum(ChecksumInput(lower_case, *groups));
  if (!variant) return std::nullopt;
  groups->resize(groups->size() - kChecksumSize);
  return Bech32Text{*variant, std::move(lower_case), std::move(*groups)};
}

std::string EncodeBech32(const Bech32Text& parts) {
  const std::string& prefix = parts.human_readable_part;
  assert(!prefix.empty() && std::ranges::all_of(prefix, IsPrintable));
  assert(std::ranges::none_of(prefix, IsUpper));
  assert(prefix.size() + 1 + parts.groups.size() + kChecksumSize <= kMaxBech32TextSize);

  Bytes input = ChecksumInput(prefix, parts.groups);
  input.insert(input.end(), kChecksumSize, 0);
  const uint32_t checksum = Polymod(input) ^ ChecksumConstant(parts.variant);

  std::string text = prefix + kSeparator;
  for (const uint8_t group : parts.groups) {
    assert(group < kAlphabet.size());
    text.push_back(kAlphabet[group]);
  }
  for (size_t i = 0; i < kChecksumSize; ++i) {
    text.push_back(kAlphabet[checksum >> 5 * (kChecksumSize - 1 - i) & 31]);
  }
  return text;
}

Bytes FiveBitGroups(std::span<const uint8_t> bytes) {
  Bytes groups;
  uint32_t pending = 0;  // its low pending_bits are still to be given out
  int pending_bits = 0;
  for (const uint8_t byte : bytes) {
    pending = (pending << 8 | byte) & 0xfff;
    for (pending_bits += 8; pending_bits >= 5;) {
      pending_bits -= 5;
      groups.push_back(static_cast<uint8_t>(pending >> pending_bits & 31));
    }
  }
  if (pending_bits > 0) {
    groups.push_back(static_cast<uint8_t>(pending << (5 - pending_bits) & 31));
  }
  return groups;
}

std::optional<Bytes> BytesFromFiveBitGroups(std::span<const uint8_t> groups) {
  Bytes bytes;
  uint32_t pending = 0;
  int pending_bits = 0;
  for (const uint8_t group : groups) {
    assert(group < 32);
    pending = (pending << 5 | group) & 0xfff;
    pending_bits += 5;
    if (pending_bits >= 8) {
      pending_bits -= 8;
      bytes.push_back(static_cast<uint8_t>(pending >> pending_bits & 0xff));
    }
  }
  const uint32_t padding = pending & ((1u << pending_bits) - 1);
  if (pending_bits > 4 || padding != 0) return std::nullopt;
  return bytes;
}

}  // namespace sendonce::bitcoin
