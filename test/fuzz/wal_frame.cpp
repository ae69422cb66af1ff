// Frames, stubs, the anchor and keys. The first byte says what the rest is.

#include "wal/frame.h"

#include "input.h"
#include "reference_sha256.h"
#include "target.h"
#include "wal/anchor.h"
#include "wal/key.h"

namespace sendonce::fuzz {
namespace {

using bitcoin::Bytes;

void CheckFrame(const Bytes& bytes) {
  const auto frame = wal::DecodeFrame(bytes);
  const auto stub = wal::StubOf(bytes);
  assert(frame || !stub);
  if (!frame) return;
  assert(wal::EncodeFrame(*frame) == bytes);
  assert(wal::HashOfFrame(bytes) == ReferenceSha256(bytes));
  assert(!wal::DecodeStub(bytes));
  const wal::Link link = wal::LinkAfter(*frame, bytes);
  assert(link.next_seq == frame->seq + 1 && link.hash == ReferenceSha256(bytes));
  if (stub) {
    // What follows on from the frame follows on from its stub.
    assert(wal::LinkAfter(*stub) == link);
    if (stub->seq > 1) assert(wal::DecodeStub(wal::EncodeStub(*stub)) == stub);
  }
  wal::Frame next;
  next.seq = link.next_seq;
  next.previous_hash = link.hash;
  assert(!wal::ObjectionToLink(link, next));
  next.previous_hash.bytes[bytes.size() % 32] ^= 1;
  assert(wal::ObjectionToLink(link, next));
}

void CheckStub(const Bytes& bytes) {
  const auto stub = wal::DecodeStub(bytes);
  if (!stub) return;
  assert(wal::EncodeStub(*stub) == bytes && stub->seq > 1);
  assert(!wal::DecodeFrame(bytes));
}

void CheckAnchor(const std::string& text) {
  const auto anchor = wal::DecodeAnchor(text);
  if (anchor) assert(wal::EncodeAnchor(*anchor) == text);
}

// A text whose checksum fits but that says something else than an anchor does, or in other words.
void CheckForgedAnchor(std::string text) {
  const size_t last_line = text.rfind("checksum ");
  text.resize(std::min(last_line, text.size()));
  const auto hash = ReferenceSha256({text.begin(), text.end()});
  CheckAnchor(text + "checksum " + bitcoin::HexFromBytes(hash.bytes) + "\n");
}

void CheckKey(const Bytes& key) {
  assert(key.empty() || !wal::DescribeKey(key).empty());
  const auto number = wal::NumberAtEnd(key);
  assert(number.has_value() == (key.size() >= 8));
  if (const auto place = wal::PlaceOfConfirmed(key)) {
    // Of a key of another kind any place may be read; of its own kind, the one it was made of.
    const Bytes again = wal::ConfirmedKey(place->height, place->batch);
    if (wal::HasPrefix(key, wal::ConfirmedPrefix()) && place->height >= 0) assert(again == key);
  }
}

}  // namespace
}  // namespace sendonce::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sendonce::fuzz;
  Input input(data, size);
  const size_t kind = input.Below(5);
  const Bytes bytes = input.Bytes(input.size());
  switch (kind) {
    case 0:
      CheckFrame(bytes);
      break;
    case 1:
      CheckStub(bytes);
      break;
    case 2:
      CheckAnchor(TextOf(bytes));
      break;
    case 3:
      CheckForgedAnchor(TextOf(bytes));
      break;
    default:
      CheckKey(bytes);
  }
  return 0;
}
