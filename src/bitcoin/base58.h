// Base58Check: the encoding of addresses before segwit. A checksum of four bytes from the double
// SHA-256 follows the payload (base58.cpp in bitcoin). Pure; safe from any thread.

#ifndef SENDONCE_BITCOIN_BASE58_H
#define SENDONCE_BITCOIN_BASE58_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bitcoin/bytes.h"

namespace sendonce::bitcoin {

// The longest text that is decoded. Decoding takes time quadratic in the length; an address has at
// most 35 characters.
constexpr size_t kMaxBase58TextSize = 128;

// REQUIRES: the text fits kMaxBase58TextSize, which up to 89 bytes of payload are sure to do.
std::string EncodeBase58Check(std::span<const uint8_t> payload);

// The payload without its checksum. nullopt for a character outside of the alphabet (white space
// too, which bitcoind forgives), a wrong checksum or more than kMaxBase58TextSize characters.
std::optional<Bytes> DecodeBase58Check(std::string_view text);

}  // namespace sendonce::bitcoin

#endif  // SENDONCE_BITCOIN_BASE58_H
