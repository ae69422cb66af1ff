#include "node/node_words.h"

#include <algorithm>

namespace sendonce::node {

namespace {

constexpr size_t kMaxUtf8Bytes = 4;  // of a character (RFC 3629)

bool ContinuesCharacter(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

// Where to cut: not before a byte that continues a character. What is not UTF-8 is cut anywhere.
size_t EndOfBeginning(std::string_view words, size_t max_bytes) {
  size_t end = max_bytes;
  while (end > 0 && max_bytes - end < kMaxUtf8Bytes && ContinuesCharacter(words[end])) --end;
  return ContinuesCharacter(words[end]) ? max_bytes : end;
}

}  // namespace

std::string NodeWords(std::string_view words, size_t max_bytes) {
  const bool is_cut = words.size() > max_bytes;
  std::string shown(is_cut ? words.substr(0, EndOfBeginning(words, max_bytes)) : words);
  std::replace_if(
      shown.begin(), shown.end(), [](unsigned char byte) { return byte < ' ' || byte == 0x7f; },
      ' ');
  if (is_cut) shown += "... (cut: " + std::to_string(words.size()) + " bytes)";
  return shown;
}

}  // namespace sendonce::node
