#include "http/utf8.h"

#include <algorithm>
#include <cassert>
#include <cstdint>

namespace sendonce::http {

namespace {

// What may follow a first byte: how many continuation bytes, and the bounds of the first of them
// (the table of RFC 3629, section 4).
struct Sequence {
  size_t length = 0;
  uint8_t second_min = 0x80;
  uint8_t second_max = 0xbf;
};

Sequence SequenceOf(uint8_t first) {
  if (first < 0x80) return {1};
  if (first < 0xc2) return {0};
  if (first < 0xe0) return {2};
  if (first == 0xe0) return {3, 0xa0, 0xbf};
  if (first == 0xed) return {3, 0x80, 0x9f};
  if (first < 0xf0) return {3};
  if (first == 0xf0) return {4, 0x90, 0xbf};
  if (first < 0xf4) return {4};
  if (first == 0xf4) return {4, 0x80, 0x8f};
  return {0};
}

uint8_t ByteAt(std::string_view text, size_t index) {
  return static_cast<uint8_t>(text[index]);
}

}  // namespace

size_t Utf8CharacterLength(std::string_view text) {
  if (text.empty()) return 0;
  const Sequence sequence = SequenceOf(ByteAt(text, 0));
  if (sequence.length < 2) return sequence.length;
  if (text.size() < sequence.length) return 0;
  if (ByteAt(text, 1) < sequence.second_min || ByteAt(text, 1) > sequence.second_max) return 0;
  for (size_t i = 2; i < sequence.length; ++i) {
    if ((ByteAt(text, i) & 0xc0) != 0x80) return 0;
  }
  return sequence.length;
}

bool IsUtf8(std::string_view text) {
  const auto is_ascii = [](char c) { return static_cast<uint8_t>(c) < 0x80; };
  while (true) {
    const auto other = std::find_if_not(text.begin(), text.end(), is_ascii);
    text.remove_prefix(static_cast<size_t>(other - text.begin()));
    if (text.empty()) return true;
    const size_t length = Utf8CharacterLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
}

std::string_view Utf8Prefix(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  while (end > 0 && (ByteAt(text, end) & 0xc0) == 0x80) --end;
  assert(max_bytes - end < 4 && "REQUIRES: text is UTF-8");
  return text.substr(0, end);
}

}  // namespace sendonce::http
