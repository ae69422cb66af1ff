// Byte strings and their hexadecimal form. Pure; every function here is safe to call from any
// thread.

#ifndef SENDONCE_BITCOIN_BYTES_H
#define SENDONCE_BITCOIN_BYTES_H

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sendonce::bitcoin {

using Bytes = std::vector<uint8_t>;

// Lower-case hexadecimal, two digits a byte.
std::string HexFromBytes(std::span<const uint8_t> bytes);

// Accepts both cases. nullopt for an odd length or any other character; an empty text gives empty
// bytes.
std::optional<Bytes> BytesFromHex(std::string_view hex);

}  // namespace sendonce::bitcoin

#endif  // SENDONCE_BITCOIN_BYTES_H
