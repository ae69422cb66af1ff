// Bitcoin's serialisation (bitcoin's serialize.h): integers in little-endian order, and compact
// sizes before everything of variable length. Pure; safe from any thread.

#ifndef SENDONCE_BITCOIN_BYTE_WRITER_H
#define SENDONCE_BITCOIN_BYTE_WRITER_H

#include <cstddef>
#include <cstdint>
#include <span>

#include "bitcoin/bytes.h"

namespace sendonce::bitcoin {

void AppendUint32(uint32_t value, Bytes& to);
void AppendUint64(uint64_t value, Bytes& to);
void AppendBytes(std::span<const uint8_t> bytes, Bytes& to);

// In 1, 3, 5 or 9 bytes, as few as hold it.
void AppendCompactSize(uint64_t value, Bytes& to);
size_t CompactSizeLength(uint64_t value);

// With their number before them.
void AppendSizedBytes(std::span<const uint8_t> bytes, Bytes& to);

}  // namespace sendonce::bitcoin

#endif  // SENDONCE_BITCOIN_BYTE_WRITER_H
