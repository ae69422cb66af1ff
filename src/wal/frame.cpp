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
