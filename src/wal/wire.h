// Bytes of the log: fixed-width little-endian integers, lengths in front, nothing left over. One
// description of a type's fields (wal/layout.h) serves both directions, so that they can not drift
// apart. Every value has exactly one encoding.
//
//   bool, optional's flag   one byte, 0 or 1
//   integers                1, 4 or 8 bytes
//   hashes, arrays of bytes as they are
//   strings, byte strings   u32 length, bytes
//   vectors                 u32 count, elements
//
// Pure. Reader never asserts on what it reads and allocates no more than a constant factor of the
// bytes that are there.

#ifndef SENDONCE_WAL_WIRE_H
#define SENDONCE_WAL_WIRE_H

#include <algorithm>
#include <array>
#include <cassert>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "bitcoin/bytes.h"
#include "bitcoin/hash.h"

namespace sendonce::wal {

// T or const T: what a description takes, for Reader and Writer.
template <class T, class U>
concept Either = std::same_as<std::remove_const_t<T>, U>;

template <class T>
concept WireInteger = std::same_as<T, uint8_t> || std::same_as<T, uint32_t> ||
    std::same_as<T, uint64_t> || std::same_as<T, int32_t> || std::same_as<T, int64_t>;

// An enumerator and the number that stands for it on disk.
template <class E>
struct WireNumber {
  E value;
  uint8_t number;
};

class Writer {
 public:
  // Appends the fields in order.
  template <class... Fields>
  void operator()(const Fields&... fields) {
    (Put(fields), ...);
  }

  // REQUIRES: the value is in the list.
  template <class E, size_t N>
  void Choice(const E& value, const WireNumber<E> (&numbers)[N]) {
    const auto found = std::find_if(std::begin(numbers), std::end(numbers),
                                    [&](const WireNumber<E>& one) { return one.value == value; });
    assert(found != std::end(numbers));
    Put(found->number);
  }

  void Raw(std::span<const uint8_t> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }

  bitcoin::Bytes Take() { return std::move(bytes_); }

 private:
  template <WireInteger T>
  void Put(const T& value) {
    auto rest = static_cast<std::make_unsigned_t<T>>(value);
    for (size_t i = 0; i < sizeof(T); ++i) {
      bytes_.push_back(static_cast<uint8_t>(rest & 0xff));
      if constexpr (sizeof(T) > 1) rest >>= 8;
    }
  }

  void Put(const bool& value) { bytes_.push_back(value ? 1 : 0); }

  template <size_t N>
  void Put(const std::array<uint8_t, N>& value) {
    Raw(value);
  }

  void Put(const bitcoin::Hash256& value) { Raw(value.bytes); }

  void Put(const std::string& value) {
    PutLength(value.size());
    bytes_.insert(bytes_.end(), value.begin(), value.end());
  }

  void Put(const bitcoin::Bytes& value) {
    PutLength(value.size());
    Raw(value);
  }

  template <class T>
  void Put(const std::vector<T>& values) {
    PutLength(values.size());
    for (const T& value : values) Put(value);
  }

  template <class T>
  void Put(const std::optional<T>& value) {
    Put(value.has_value());
    if (value) Put(*value);
  }

  template <class T>
  void Put(const T& value) {
    Layout(*this, value);
  }

  void PutLength(size_t length) {
    assert(length <= std::numeric_limits<uint32_t>::max());
    Put(static_cast<uint32_t>(length));
  }

  bitcoin::Bytes bytes_;
};

class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) : rest_(bytes) {}

  // Reads the fields in order. From the first that is not there, or is none of its type's, ok() is
  // false, and that field and all after it are unspecified.
  template <class... Fields>
  void operator()(Fields&... fields) {
    (Get(fields), ...);
  }

  template <class E, size_t N>
  void Choice(E& value, const WireNumber<E> (&numbers)[N]) {
    uint8_t number = 0;
    Get(number);
    const auto found = std::find_if(std::begin(numbers), std::end(numbers),
                                    [&](const WireNumber<E>& one) { return one.number == number; });
    if (found == std::end(numbers)) return Fail();
    value = found->value;
  }

  // Everything that has not been read.
  bitcoin::Bytes TakeRest() {
    bitcoin::Bytes rest(rest_.begin(), rest_.end());
    rest_ = {};
    return rest;
  }

  void Fail() {
    ok_ = false;
    rest_ = {};
  }

  bool ok() const { return ok_; }
  // All was read, and nothing is left over.
  bool complete() const { return ok_ && rest_.empty(); }

 private:
  template <WireInteger T>
  void Get(T& value) {
    const auto bytes = TakeBytes(sizeof(T));
    std::make_unsigned_t<T> sum = 0;
    for (size_t i = bytes.size(); i > 0; --i) {
      if constexpr (sizeof(T) > 1) sum <<= 8;
      sum |= bytes[i - 1];
    }
    value = static_cast<T>(sum);
  }

  void Get(bool& value) {
    uint8_t byte = 0;
    Get(byte);
    if (byte > 1) return Fail();
    value = byte == 1;
  }

  template <size_t N>
  void Get(std::array<uint8_t, N>& value) {
    const auto bytes = TakeBytes(N);
    std::copy(bytes.begin(), bytes.end(), value.begin());
  }

  void Get(bitcoin::Hash256& value) { Get(value.bytes); }

  void Get(std::string& value) {
    const auto bytes = TakeBytes(GetLength());
    value.assign(bytes.begin(), bytes.end());
  }

  void Get(bitcoin::Bytes& value) {
    const auto bytes = TakeBytes(GetLength());
    value.assign(bytes.begin(), bytes.end());
  }

  template <class T>
  void Get(std::vector<T>& values) {
    values.clear();
    // Every element takes a byte at least, so the loop is bounded by what is there.
    for (uint32_t left = GetLength(); ok_ && left > 0; --left) Get(values.emplace_back());
  }

  template <class T>
  void Get(std::optional<T>& value) {
    bool present = false;
    Get(present);
    value.reset();
    if (ok_ && present) Get(value.emplace());
  }

  template <class T>
  void Get(T& value) {
    Layout(*this, value);
  }

  // A length or count; no more than there are bytes left.
  uint32_t GetLength() {
    uint32_t length = 0;
    Get(length);
    if (length > rest_.size()) Fail();
    return ok_ ? length : 0;
  }

  // Empty, and failed, if there are fewer.
  std::span<const uint8_t> TakeBytes(size_t count) {
    if (count > rest_.size()) Fail();
    if (!ok_) return {};
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  std::span<const uint8_t> rest_;
  bool ok_ = true;
};

}  // namespace sendonce::wal

#endif  // SENDONCE_WAL_WIRE_H
