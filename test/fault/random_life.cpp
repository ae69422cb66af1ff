#include "random_life.h"

#include <algorithm>
#include <memory>
#include <variant>

namespace sendonce::fault {

namespace {

constexpr size_t kSmallWriteBufferBytes = 64 << 10;  // LevelDB takes no smaller one

}  // namespace

RandomLife::RandomLife(uint64_t seed)
    : random_(seed),
      has_small_buffer_(random_() % 2 == 0),
      story_(RandomStory(seed, has_small_buffer_)) {}

size_t RandomLife::write_buffer_bytes() const {
  return has_small_buffer_ ? kSmallWriteBufferBytes : 0;
}

std::optional<wal::Problem> RandomLife::Live(const wal::Paths& paths, const wal::Substitutes& files,
                                             const OnAcknowledged& acknowledged) {
  auto log = wal::Log::Create(paths, story_.entries()[0], files);
  if (auto* problem = std::get_if<wal::Problem>(&log)) return *problem;
  written_ = 1;
  acknowledged(written_);
  while (written_ < story_.entries().size()) {
    if (auto problem = AppendSome(*std::get<0>(log), acknowledged)) return problem;
    if (random_() % 10) continue;
    log = std::unique_ptr<wal::Log>();
    log = wal::Log::Open(paths, files);
    if (auto* problem = std::get_if<wal::Problem>(&log)) return *problem;
  }
  return std::get<0>(log)->SyncAnchor();
}

std::optional<wal::Problem> RandomLife::AppendSome(wal::Log& log,
                                                   const OnAcknowledged& acknowledged) {
  const size_t left = story_.entries().size() - written_;
  const size_t count = std::min<size_t>(1 + random_() % 6, left);
  if (auto problem = log.Append({story_.entries().data() + written_, count})) return problem;
  written_ += count;
  acknowledged(written_);
  now_ms_ += static_cast<core::Millis>(random_() % wal::kAnchorIntervalMs);
  return log.AnchorIfDue(now_ms_);
}

}  // namespace sendonce::fault
