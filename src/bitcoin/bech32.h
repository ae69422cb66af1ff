// Bech32 (BIP 173) and bech32m (BIP 350): texts of a human-readable part, a separator, groups of
// five bits and a checksum. What the groups mean is for address.h. Pure; safe from any thread.

#ifndef SENDONCE_BITCOIN_BECH32_H
#define SENDONCE_BITCOIN_BECH32_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bitcoin/bytes.h"

namespace sendonce::bitcoin {

// BIP 173: the checksum is sure to find up to four errors only in texts of this length.
constexpr size_t kMaxBech32TextSize = 90;

// They differ in the constant of the checksum only.
enum class Bech32Variant { kBech32, kBech32m };

struct Bech32Text {
  Bech32Variant variant = Bech32Variant::kBech32;
  std::string human_readable_part;  // lower case
  Bytes groups;                     // each below 32, the checksum's six cut off
};

// nullopt if the text is longer than kMaxBech32TextSize, mixes cases, has a character that is not
// allowed in its place, no separator or human-readable part, or a wrong checksum.
std::optional<Bech32Text> DecodeBech32(std::string_view text);

// In lower case. REQUIRES: a human-readable part of 1 or more printable ASCII characters without
// upper case, groups below 32, and a result within kMaxBech32TextSize.
std::string EncodeBech32(const Bech32Text& parts);

// Bytes as groups of five bits, the last one filled up with zeros.
Bytes FiveBitGroups(std::span<const uint8_t> bytes);

// The inverse. nullopt if more than four bits are left over, or one of them is set.
// REQUIRES: groups below 32.
std::optional<Bytes> BytesFromFiveBitGroups(std::span<const uint8_t> groups);

}  // namespace sendonce::bitcoin

#endif  // SENDONCE_BITCOIN_BECH32_H
