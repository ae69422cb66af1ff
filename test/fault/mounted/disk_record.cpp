#include "disk_record.h"

#include <algorithm>
#include <cassert>

namespace sendonce::fault {

namespace {

// Says sector by sector what is kept of the writes that are not durable.
class Dice {
 public:
  Dice(Fate fate, uint64_t undecided, uint64_t seed)
      : fate_(fate), random_(seed), prefix_(random_() % (undecided + 1)), eighths_(random_() % 9) {}

  std::vector<bool> SectorsKept(uint64_t number, uint64_t sectors) {
    switch (fate_) {
      case Fate::kDropped:
        return std::vector<bool>(sectors, false);
      case Fate::kKept:
        return std::vector<bool>(sectors, true);
      case Fate::kPrefix:
        return std::vector<bool>(sectors, number < prefix_);
      case Fate::kSubset:
        return std::vector<bool>(sectors, random_() % 8 < eighths_);
      case Fate::kTorn:
        return Torn(sectors);
    }
    return {};
  }

 private:
  std::vector<bool> Torn(uint64_t sectors) {
    std::vector<bool> kept(sectors, false);
    const bool from_the_front = random_() % 2 == 0;
    const uint64_t front = random_() % (sectors + 1);
    const bool is_whole = random_() % 8 < eighths_;
    for (uint64_t i = 0; i < sectors; ++i) {
      kept[i] = is_whole || (from_the_front ? i < front : random_() % 2 == 0);
    }
    return kept;
  }

  const Fate fate_;
  std::mt19937_64 random_;
  const uint64_t prefix_;
  const uint64_t eighths_;  // of the writes are kept
};

// Sectors that are not aligned count from the write's own beginning.
uint64_t SectorsIn(uint64_t length) {
  return (length + kSectorBytes - 1) / kSectorBytes;
}

// Of all sectors that were written, in order, and whether they were kept. What is dropped behind
// the last one that is kept does not count: that many more writes may never have been begun.
class Fingerprint {
 public:
  void Add(bool kept) {
    hash_ = (hash_ ^ (kept ? 1U : 2U)) * 0x100000001b3U;
    if (kept) last_kept_ = hash_;
  }
  uint64_t value() const { return last_kept_; }

 private:
  uint64_t hash_ = 0xcbf29ce484222325U;
  uint64_t last_kept_ = hash_;
};

}  // namespace

std::optional<Fate> FateNamed(std::string_view name) {
  const auto* const found = std::find(kFates.begin(), kFates.end(), name);
  if (found == kFates.end()) return std::nullopt;
  return static_cast<Fate>(found - kFates.begin());
}

void DiskRecord::Write(uint64_t offset, std::string_view bytes) {
  events_.push_back({false, offset, bytes.size(), std::string(bytes)});
  Apply(events_.back(), content_);
}

void DiskRecord::Zero(uint64_t offset, uint64_t length) {
  events_.push_back({false, offset, length, {}});
  Apply(events_.back(), content_);
}

void DiskRecord::Flush(uint64_t answered) {
  assert(answered <= events_.size());
  if (answered < events_.size()) ++overtaking_flushes_;
  events_.push_back({true, answered, 0, {}});
  ++flushes_;
}

CutDisk DiskRecord::AfterCut(uint64_t position, Fate fate, uint64_t seed) const {
  assert(position <= events_.size());
  const uint64_t durable = DurableAt(position);
  const auto is_write = [](const Event& event) { return !event.is_flush; };
  const auto from = events_.begin() + static_cast<ptrdiff_t>(durable);
  const auto to = events_.begin() + static_cast<ptrdiff_t>(position);
  const auto undecided = static_cast<uint64_t>(std::count_if(from, to, is_write));
  CutDisk cut{base_, 0, undecided};
  Dice dice(fate, undecided, seed);
  Fingerprint fingerprint;
  uint64_t number = 0;
  for (uint64_t i = 0; i < position; ++i) {
    const Event& event = events_[i];
    if (event.is_flush) continue;
    const uint64_t sectors = SectorsIn(event.length);
    const auto kept =
        i < durable ? std::vector<bool>(sectors, true) : dice.SectorsKept(number++, sectors);
    for (const bool each : kept) fingerprint.Add(each);
    if (std::find(kept.begin(), kept.end(), false) == kept.end()) {
      Apply(event, cut.content);
      continue;
    }
    for (uint64_t sector = 0; sector < sectors; ++sector) {
      if (kept[sector]) ApplySector(event, sector, cut.content);
    }
  }
  cut.fingerprint = fingerprint.value();
  return cut;
}

void DiskRecord::Apply(const Event& event, DiskContent& content) {
  if (event.bytes.empty()) {
    content.Zero(event.offset, event.length);
  } else {
    content.Write(event.offset, event.bytes);
  }
}

void DiskRecord::ApplySector(const Event& event, uint64_t sector, DiskContent& content) {
  const uint64_t begin = sector * kSectorBytes;
  const uint64_t length = std::min(kSectorBytes, event.length - begin);
  if (event.bytes.empty()) {
    content.Zero(event.offset + begin, length);
  } else {
    content.Write(event.offset + begin, std::string_view(event.bytes).substr(begin, length));
  }
}

uint64_t DiskRecord::DurableAt(uint64_t position) const {
  uint64_t durable = 0;
  for (uint64_t i = 0; i < position; ++i) {
    if (events_[i].is_flush) durable = std::max(durable, events_[i].offset);
  }
  return durable;
}

}  // namespace sendonce::fault
