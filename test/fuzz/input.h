// The bytes of one input, taken piece by piece. When they run out, numbers are 0 and texts empty:
// every input means something. Deterministic, and the same for every compiler, so that the corpus
// keeps its meaning.

#ifndef SENDONCE_TEST_FUZZ_INPUT_H
#define SENDONCE_TEST_FUZZ_INPUT_H

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "bitcoin/bytes.h"

namespace sendonce::fuzz {

class Input {
 public:
  Input(const uint8_t* data, size_t size) : rest_(data, size) {}

  bool empty() const { return rest_.empty(); }
  size_t size() const { return rest_.size(); }

  uint8_t Byte() {
    if (rest_.empty()) return 0;
    const uint8_t byte = rest_.front();
    rest_ = rest_.subspan(1);
    return byte;
  }

  // Little-endian.
  uint64_t Number(size_t bytes) {
    uint64_t number = 0;
    for (size_t i = 0; i < bytes; ++i) number |= static_cast<uint64_t>(Byte()) << (8 * i);
    return number;
  }

  // Below `limit`, which is at most 256. One byte.
  size_t Below(size_t limit) { return limit == 0 ? 0 : Byte() % limit; }

  bool Bool() { return (Byte() & 1) != 0; }

  bitcoin::Bytes Bytes(size_t size) {
    const auto taken = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return {taken.begin(), taken.end()};
  }

  // A length of two bytes and that many bytes.
  bitcoin::Bytes SizedBytes() {
    const size_t size = static_cast<size_t>(Number(2));
    return Bytes(size);
  }

  // Up to the separator, which is dropped; all that is left if there is none.
  std::string Until(char separator) {
    const auto end = std::find(rest_.begin(), rest_.end(), static_cast<uint8_t>(separator));
    const std::string text(rest_.begin(), end);
    rest_ = rest_.subspan(std::min(text.size() + 1, rest_.size()));
    return text;
  }

  std::string RestAsText() {
    const std::string text(rest_.begin(), rest_.end());
    rest_ = {};
    return text;
  }

  std::span<const uint8_t> rest() const { return rest_; }

 private:
  std::span<const uint8_t> rest_;
};

inline std::string TextOf(std::span<const uint8_t> bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace sendonce::fuzz

#endif  // SENDONCE_TEST_FUZZ_INPUT_H
