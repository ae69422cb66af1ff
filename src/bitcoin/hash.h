// SHA-256 and the 256-bit identifiers made with it. Pure; safe from any thread. A libcrypto that
// can not do SHA-256, or has no memory left to do it, ends the process: there is no answer without
// it.

#ifndef SENDONCE_BITCOIN_HASH_H
#define SENDONCE_BITCOIN_HASH_H

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sendonce::bitcoin {

// 32 bytes in the order in which they are hashed and serialised. Bitcoin shows them to people in
// the reverse order: see DisplayHex.
struct Hash256 {
  std::array<uint8_t, 32> bytes{};

  auto operator<=>(const Hash256&) const = default;
};

using Txid = Hash256;       // of a transaction without its witness (BIP 141)
using BlockHash = Hash256;  // of a block header

Hash256 Sha256(std::span<const uint8_t> data);

// SHA-256 of the SHA-256: Bitcoin's hash for transactions, blocks and base58check.
Hash256 DoubleSha256(std::span<const uint8_t> data);

// 64 hexadecimal digits in the order in which bitcoind prints txids and block hashes.
std::string DisplayHex(const Hash256& hash);

// Inverse of DisplayHex; nullopt unless it is exactly 64 hexadecimal digits, of either case.
std::optional<Hash256> HashFromDisplayHex(std::string_view hex);

// For unordered containers. The bytes are a cryptographic hash already, so the first eight serve;
// an attacker who can grind txids gains collisions in one bucket and nothing else.
struct Hash256Hasher {
  size_t operator()(const Hash256& hash) const noexcept;
};

}  // namespace sendonce::bitcoin

#endif  // SENDONCE_BITCOIN_HASH_H
