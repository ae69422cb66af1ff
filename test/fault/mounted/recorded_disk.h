// A disk that records what is done to it, and can be told to become what a power cut would have
// left. That image is recorded as well, so that it can be cut again while it recovers.

#ifndef SENDONCE_TEST_FAULT_MOUNTED_RECORDED_DISK_H
#define SENDONCE_TEST_FAULT_MOUNTED_RECORDED_DISK_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "disk_record.h"

namespace sendonce::fault {

class RecordedDisk {
 public:
  // Full of zeros.
  explicit RecordedDisk(uint64_t size);

  uint64_t size() const { return level().content().size(); }
  std::string Read(uint64_t offset, uint64_t length) const;
  void Write(uint64_t offset, std::string_view bytes);
  void Zero(uint64_t offset, uint64_t length);
  void Flush();
  // Everything up to now was answered. What was done since the last such call is under way still.
  void Answered() { answered_ = level().size(); }
  // Of a life: a flush that comes now was begun before a write had ended. Images need no such care.
  bool HasWritesUnderWay() const { return levels_.size() == 1 && answered_ < level().size(); }

  // A disk that says that it has flushed, and has not: a planted bug.
  void IgnoreFlushes() { ignores_flushes_ = true; }

  // One of:
  //   base                            what is there is durable, and the record begins
  //   cut LEVEL POSITION FATE SEED    the disk becomes what a cut of the record leaves; level 0 is
  //                                   the record since base, level 1 that of its image, and so on
  // False if it is none of them; then nothing has changed.
  bool Command(std::string_view text);

  // "LEVEL POSITION FLUSHES OVERTAKING FINGERPRINT UNDECIDED\n": how much was recorded in the
  // uppermost level, how many flushes were among it, how many of those had a write under way, and
  // of the cut that it began with what DiskRecord says.
  std::string Status() const;

 private:
  const DiskRecord& level() const { return levels_.back(); }
  DiskRecord& level() { return levels_.back(); }
  bool Cut(size_t level, uint64_t position, std::string_view fate, uint64_t seed);

  std::vector<DiskRecord> levels_;
  uint64_t answered_ = 0;  // events of the uppermost level
  uint64_t fingerprint_ = 0;
  uint64_t undecided_ = 0;
  bool ignores_flushes_ = false;
};

}  // namespace sendonce::fault

#endif  // SENDONCE_TEST_FAULT_MOUNTED_RECORDED_DISK_H
