#include "wal/frame.h"

#include "wal/wire.h"

namespace sendonce::wal {

bitcoin::Bytes EncodeFrame(const Frame& frame) {
  Writer writer;
  writer(kFrameFormat, frame.seq, frame.at_ms, frame.previous_hash);
  writer.Raw(frame.payload);
  return writer.Take();
}

std::optional<Frame> DecodeFrame(std::span<const uint8_t> bytes) {
  Reader reader(bytes);
  uint8_t format = 0;
  Frame frame;
  reader(format, frame.seq, frame.at_ms, frame.previous_hash);
  frame.payload = reader.TakeRest();
  if (!reader.ok() || format != kFrameFormat) return std::nullopt;
  return frame;
}

bitcoin::Hash256 HashOfFrame(std::span<const uint8_t> bytes) {
  return bitcoin::Sha256(bytes);
}

bitcoin::Bytes EncodeStub(const Stub& stub) {
  Writer writer;
  writer(kStubFormat, stub.seq, stub.frame_hash, stub.type);
  return writer.Take();
}

std::optional<Stub> DecodeStub(std::span<const uint8_t> bytes) {
  Reader reader(bytes);
  uint8_t format = 0;
  Stub stub;
  reader(format, stub.seq, stub.frame_hash, stub.type);
  if (!reader.complete() || format != kStubFormat || stub.seq <= 1) return std::nullopt;
  return stub;
}

std::optional<Stub> StubOf(std::span<const uint8_t> frame_bytes) {
  const auto frame = DecodeFrame(frame_bytes);
  if (!frame || frame->payload.empty()) return std::nullopt;
  return Stub{frame->seq, HashOfFrame(frame_bytes), frame->payload.front()};
}

bitcoin::Hash256 HashOfStubs(std::span<const Stub> stubs) {
  bitcoin::Bytes all;
  for (const Stub& stub : stubs) {
    const bitcoin::Bytes bytes = EncodeStub(stub);
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  return bitcoin::Sha256(all);
}

Link LinkAfter(const Stub& stub) {
  return {stub.seq + 1, stub.frame_hash};
}

Link LinkAfter(const Frame& frame, std::span<const uint8_t> bytes) {
  return {frame.seq + 1, HashOfFrame(bytes)};
}

std::optional<std::string> ObjectionToLink(const Link& link, const Frame& frame) {
  if (frame.seq != link.next_seq) {
    return "record " + std::to_string(link.next_seq) + " is missing before record " +
           std::to_string(frame.seq);
  }
  if (frame.previous_hash != link.hash) {
    return "record " + std::to_string(frame.seq) +
           " does not carry the hash of the record before it";
  }
  return std::nullopt;
}

}  // namespace sendonce::wal
