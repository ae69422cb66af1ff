// What was done to a disk, in order, and what a power cut can leave of it. Pure: where the writes
// come from is recorded_disk_program.cpp's business.
//
// What a disk with a volatile cache promises, and no more: when a flush has ended, every write that
// had been answered before the flush was begun is durable. Every other write may be there or not,
// whatever its order, and of one that was under way any of its sectors.

#ifndef SENDONCE_TEST_FAULT_MOUNTED_DISK_RECORD_H
#define SENDONCE_TEST_FAULT_MOUNTED_DISK_RECORD_H

#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "disk_content.h"

namespace sendonce::fault {

constexpr uint64_t kSectorBytes = 512;

// What becomes of the writes that are not durable.
enum class Fate : uint8_t {
  kDropped,
  kKept,
  kPrefix,  // the first ones are there, in the order of the record
  kSubset,  // any of them
  kTorn,    // any of them; of each its first sectors, or any
};
constexpr std::array<std::string_view, 5> kFates = {"dropped", "kept", "prefix", "subset", "torn"};
std::optional<Fate> FateNamed(std::string_view name);

struct CutDisk {
  DiskContent content;
  uint64_t fingerprint = 0;  // the same for cuts of one record that leave the same
  uint64_t undecided = 0;    // writes that were not durable
};

class DiskRecord {
 public:
  explicit DiskRecord(DiskContent base) : base_(base), content_(std::move(base)) {}

  // A discard counts as a write of zeros: a file system must not care what it reads there.
  void Write(uint64_t offset, std::string_view bytes);
  void Zero(uint64_t offset, uint64_t length);
  // Of the events before it the first `answered` had been answered when the flush was begun.
  void Flush(uint64_t answered);

  uint64_t size() const { return events_.size(); }
  uint64_t flushes() const { return flushes_; }
  // Those that were begun before all writes had been answered.
  uint64_t overtaking_flushes() const { return overtaking_flushes_; }
  // As the running system sees it: every write is there.
  const DiskContent& content() const { return content_; }

  // The power goes when the first `position` events have happened, and no other.
  // REQUIRES: no more than size().
  CutDisk AfterCut(uint64_t position, Fate fate, uint64_t seed) const;

 private:
  struct Event {
    bool is_flush = false;
    uint64_t offset = 0;  // of a flush: how many events had been answered
    uint64_t length = 0;
    std::string bytes;  // none, of a write: zeros
  };

  static void Apply(const Event& event, DiskContent& content);
  static void ApplySector(const Event& event, uint64_t sector, DiskContent& content);
  uint64_t DurableAt(uint64_t position) const;

  const DiskContent base_;
  DiskContent content_;
  std::vector<Event> events_;
  uint64_t flushes_ = 0;
  uint64_t overtaking_flushes_ = 0;
};

}  // namespace sendonce::fault

#endif  // SENDONCE_TEST_FAULT_MOUNTED_DISK_RECORD_H
