// One schedule: a seed, and all that the dice make of it. Throws Violation where a guarantee does
// not hold.

#ifndef SENDONCE_TEST_SIM_SCHEDULE_H
#define SENDONCE_TEST_SIM_SCHEDULE_H

#include <cstdint>
#include <filesystem>
#include <ostream>
#include <string>

#include "canary.h"

namespace sendonce::sim {

struct ScheduleOptions {
  int steps = 120;
  Canary canary = Canary::kNone;
  // Where the real log is kept; empty: a disk in memory.
  std::filesystem::path log_folder;
};

// What came of it, for the statistics of a run.
struct ScheduleResult {
  uint64_t commands = 0;  // that the core was given
  uint64_t records = 0;   // that became durable
  uint64_t sends = 0;     // acknowledged
  uint64_t crashes = 0;
  uint64_t batches = 0;
  uint64_t rebuilds = 0;        // by R4
  uint64_t verdicts = 0;        // that a person had to give
  uint64_t pruned = 0;          // sends
  uint64_t put_backs = 0;       // of an older log
  uint64_t refused_starts = 0;  // beside an anchor that it does not reach or meet

  ScheduleResult& operator+=(const ScheduleResult& other);
};

// `trace`: nullptr or where a readable account goes.
ScheduleResult RunSchedule(uint64_t seed, const ScheduleOptions& options, std::ostream* trace);

}  // namespace sendonce::sim

#endif  // SENDONCE_TEST_SIM_SCHEDULE_H
