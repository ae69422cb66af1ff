// What a random session does to a log: makes it, writes a random story to it in groups, closes and
// opens it now and then. Same seed, same calls.

#ifndef SENDONCE_TEST_FAULT_RANDOM_LIFE_H
#define SENDONCE_TEST_FAULT_RANDOM_LIFE_H

#include <cstdint>
#include <functional>
#include <optional>
#include <random>

#include "random_story.h"
#include "wal/log.h"

namespace sendonce::fault {

class RandomLife {
 public:
  // Called with the last record of each group as soon as that was acknowledged.
  using OnAcknowledged = std::function<void(core::Seq)>;

  explicit RandomLife(uint64_t seed);

  const wal::Story& story() const { return story_; }
  // Half of the lives have a small one (as in wal::Substitutes), so that LevelDB begins new logs
  // and compacts.
  size_t write_buffer_bytes() const;

  // Once. Stops at the first Problem.
  std::optional<wal::Problem> Live(const wal::Paths& paths, const wal::Substitutes& files,
                                   const OnAcknowledged& acknowledged);

 private:
  std::optional<wal::Problem> AppendSome(wal::Log& log, const OnAcknowledged& acknowledged);

  std::mt19937_64 random_;
  const bool has_small_buffer_;
  const wal::Story story_;
  core::Seq written_ = 0;
  core::Millis now_ms_ = 1'790'000'000'000;
};

}  // namespace sendonce::fault

#endif  // SENDONCE_TEST_FAULT_RANDOM_LIFE_H
