// Reads Bitcoin's serialisation (bitcoin's serialize.h) from bytes that nobody vouches for. Pure;
// one thread at a time.

#ifndef SENDONCE_BITCOIN_BYTE_READER_H
#define SENDONCE_BITCOIN_BYTE_READER_H

#include <cstddef>
#include <cstdint>
#include <span>

#include "bitcoin/bytes.h"
#include "bitcoin/hash.h"

namespace sendonce::bitcoin {

// The first failure lasts: from then on every reading gives zero or nothing and moves nothing. So a
// parser reads a whole structure and asks ok() at the end; a loop over a count that was read ends
// by itself, because a count is never higher than the bytes left can hold.
class ByteReader {
 public:
  // REQUIRES: the bytes outlive the reader.
  explicit ByteReader(std::span<const uint8_t> bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  size_t remaining() const { return rest_.size(); }

  // What the reader's user finds wrong with what was read.
  void Fail();

  uint8_t ReadUint8();
  uint32_t ReadUint32();
  uint64_t ReadUint64();
  Hash256 ReadHash();

  // A compact size, and that many bytes. Fails if fewer are left, or if the size is not minimally
  // encoded.
  Bytes ReadSizedBytes();

  // A compact size as the number of elements that follow. Fails if the bytes left cannot hold them
  // at `min_element_size` bytes each, or if the size is not minimally encoded.
  // REQUIRES: min_element_size > 0.
  size_t ReadCount(size_t min_element_size);

  // Moves over `prefix` if the bytes left begin with it; else moves nothing and gives false.
  bool SkipPrefix(std::span<const uint8_t> prefix);

 private:
  std::span<const uint8_t> Take(size_t size);
  uint64_t ReadLittleEndian(size_t size);
  uint64_t ReadCompactSize();

  std::span<const uint8_t> rest_;
  bool ok_ = true;
};

}  // namespace sendonce::bitcoin

#endif  // SENDONCE_BITCOIN_BYTE_READER_H
