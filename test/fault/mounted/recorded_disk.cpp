#include "recorded_disk.h"

#include <sstream>
#include <utility>

namespace sendonce::fault {

RecordedDisk::RecordedDisk(uint64_t size) {
  levels_.emplace_back(DiskContent(size));
}

std::string RecordedDisk::Read(uint64_t offset, uint64_t length) const {
  return level().content().Read(offset, length);
}

void RecordedDisk::Write(uint64_t offset, std::string_view bytes) {
  level().Write(offset, bytes);
}

void RecordedDisk::Zero(uint64_t offset, uint64_t length) {
  level().Zero(offset, length);
}

void RecordedDisk::Flush() {
  if (!ignores_flushes_) level().Flush(answered_);
}

bool RecordedDisk::Command(std::string_view text) {
  std::istringstream words{std::string(text)};
  std::string verb;
  words >> verb;
  if (verb == "base") {
    DiskContent content = level().content();
    levels_.clear();
    levels_.emplace_back(std::move(content));
    answered_ = 0;
    return true;
  }
  size_t level = 0;
  uint64_t position = 0;
  std::string fate;
  uint64_t seed = 0;
  if (verb != "cut" || !(words >> level >> position >> fate >> seed)) return false;
  return Cut(level, position, fate, seed);
}

std::string RecordedDisk::Status() const {
  std::ostringstream text;
  text << levels_.size() - 1 << ' ' << level().size() << ' ' << level().flushes() << ' '
       << level().overtaking_flushes() << ' ' << fingerprint_ << ' ' << undecided_ << '\n';
  return text.str();
}

bool RecordedDisk::Cut(size_t level, uint64_t position, std::string_view fate, uint64_t seed) {
  const auto what = FateNamed(fate);
  if (!what || level >= levels_.size() || position > levels_[level].size()) return false;
  CutDisk cut = levels_[level].AfterCut(position, *what, seed);
  while (levels_.size() > level + 1) levels_.pop_back();
  levels_.emplace_back(std::move(cut.content));
  answered_ = 0;
  fingerprint_ = cut.fingerprint;
  undecided_ = cut.undecided;
  return true;
}

}  // namespace sendonce::fault
