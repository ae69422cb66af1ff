#include "reference_transaction.h"

namespace sendonce::fuzz {

namespace {

constexpr size_t kLargest = 4'000'000;
constexpr int64_t kAllMoneySat = 2'100'000'000'000'000;

// Walks over the bytes; every step says whether there was enough left.
class Walk {
 public:
  explicit Walk(const bitcoin::Bytes& bytes) : bytes_(bytes) {}

  size_t at = 0;

  bool Skip(uint64_t count) {
    if (count > bytes_.size() - at) return false;
    at += static_cast<size_t>(count);
    return true;
  }

  bool Number(size_t width, uint64_t& number) {
    number = 0;
    if (width > bytes_.size() - at) return false;
    for (size_t i = width; i > 0; --i) number = number * 256 + bytes_[at + i - 1];
    at += width;
    return true;
  }

  // The shortest of its forms, or none.
  bool Count(uint64_t& count) {
    uint64_t first = 0;
    if (!Number(1, first)) return false;
    count = first;
    if (first < 0xfd) return true;
    if (first == 0xfd) return Number(2, count) && count > 0xfc;
    if (first == 0xfe) return Number(4, count) && count > 0xffff;
    return Number(8, count) && count > 0xffffffff;
  }

  bool Sized() {
    uint64_t size = 0;
    return Count(size) && Skip(size);
  }

  bool AtEnd() const { return at == bytes_.size(); }

 private:
  const bitcoin::Bytes& bytes_;
};

bool ReadInputs(Walk& walk, size_t& inputs) {
  uint64_t count = 0;
  if (!walk.Count(count)) return false;
  for (uint64_t i = 0; i < count; ++i) {
    if (!walk.Skip(36) || !walk.Sized() || !walk.Skip(4)) return false;
    ++inputs;
  }
  return true;
}

bool ReadOutputs(Walk& walk, std::vector<int64_t>& amounts) {
  uint64_t count = 0;
  if (!walk.Count(count)) return false;
  int64_t left_sat = kAllMoneySat;
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t amount = 0;
    if (!walk.Number(8, amount) || !walk.Sized()) return false;
    if (amount > static_cast<uint64_t>(left_sat)) return false;
    left_sat -= static_cast<int64_t>(amount);
    amounts.push_back(static_cast<int64_t>(amount));
  }
  return true;
}

// False also if no input has any: then the marker should not have been there.
bool ReadWitnesses(Walk& walk, size_t inputs) {
  bool any = false;
  for (size_t i = 0; i < inputs; ++i) {
    uint64_t items = 0;
    if (!walk.Count(items)) return false;
    any = any || items > 0;
    for (uint64_t j = 0; j < items; ++j) {
      if (!walk.Sized()) return false;
    }
  }
  return any;
}

}  // namespace

std::optional<ReferenceTransaction> ReadReferenceTransaction(const bitcoin::Bytes& bytes) {
  if (bytes.size() > kLargest || bytes.size() < 6) return std::nullopt;
  ReferenceTransaction read;
  Walk walk(bytes);
  walk.at = 4;
  const bool has_witness = bytes[4] == 0 && bytes[5] == 1;
  if (has_witness) walk.at = 6;
  const size_t body = walk.at;
  if (!ReadInputs(walk, read.inputs) || !ReadOutputs(walk, read.amounts)) return std::nullopt;
  const size_t body_end = walk.at;
  if (has_witness && !ReadWitnesses(walk, read.inputs)) return std::nullopt;
  const size_t lock_time = walk.at;
  if (!walk.Skip(4) || !walk.AtEnd()) return std::nullopt;
  const auto part = [&](size_t from, size_t to) {
    const auto begin = bytes.begin();
    read.stripped.insert(read.stripped.end(), begin + static_cast<ptrdiff_t>(from),
                         begin + static_cast<ptrdiff_t>(to));
  };
  part(0, 4);
  part(body, body_end);
  part(lock_time, bytes.size());
  return read;
}

}  // namespace sendonce::fuzz
