// The value that is stored for one record: what it says, when it was written, and the hash of the
// frame before, so that no record can be changed, left out or exchanged without all later ones
// being written anew. Pure; safe from any thread.

#ifndef SENDONCE_WAL_FRAME_H
#define SENDONCE_WAL_FRAME_H

#include <optional>
#include <span>
#include <string>

#include "bitcoin/bytes.h"
#include "bitcoin/hash.h"
#include "core/records.h"

namespace sendonce::wal {

// First byte of a frame: the version of its own format and of the record's in it.
constexpr uint8_t kFrameFormat = 1;

// First byte of a stub: what stands in the place of a frame whose detail was pruned.
constexpr uint8_t kStubFormat = 2;

struct Frame {
  core::Seq seq = 0;
  core::Millis at_ms = 0;
  bitcoin::Hash256 previous_hash;  // of the frame before; zeros in the first
  bitcoin::Bytes payload;          // the record (wal/codec.h)

  bool operator==(const Frame&) const = default;
};

bitcoin::Bytes EncodeFrame(const Frame& frame);

// nullopt if it is too short or of another format. The payload is not looked into: any change to
// the bytes shows in their hash.
std::optional<Frame> DecodeFrame(std::span<const uint8_t> bytes);

// SHA-256 of all bytes of an encoded frame.
bitcoin::Hash256 HashOfFrame(std::span<const uint8_t> bytes);

// So the chain of hashes still holds behind it.
struct Stub {
  core::Seq seq = 0;
  bitcoin::Hash256 frame_hash;  // of the frame that stood there
  uint8_t type = 0;             // of the record that was in it

  bool operator==(const Stub&) const = default;
};

bitcoin::Bytes EncodeStub(const Stub& stub);

// nullopt also for a stub of record 1: WalCreated is never pruned.
std::optional<Stub> DecodeStub(std::span<const uint8_t> bytes);

// What a frame with these bytes is replaced by; nullopt if they are no frame.
std::optional<Stub> StubOf(std::span<const uint8_t> frame_bytes);

// SHA-256 of the encoded stubs, one after the other.
bitcoin::Hash256 HashOfStubs(std::span<const Stub> stubs);

// What stands between two frames: the position that the next one has, and the hash that it carries.
struct Link {
  core::Seq next_seq = 1;
  bitcoin::Hash256 hash;

  bool operator==(const Link&) const = default;
};

Link LinkAfter(const Frame& frame, std::span<const uint8_t> bytes);
Link LinkAfter(const Stub& stub);

// Why the frame does not follow on from the link, as part of a sentence that names the record; or
// nullopt if it does.
std::optional<std::string> ObjectionToLink(const Link& link, const Frame& frame);

}  // namespace sendonce::wal

#endif  // SENDONCE_WAL_FRAME_H
