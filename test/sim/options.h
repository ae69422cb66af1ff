// The command line of sendonce-sim.

#ifndef SENDONCE_TEST_SIM_OPTIONS_H
#define SENDONCE_TEST_SIM_OPTIONS_H

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "schedule.h"

namespace sendonce::sim {

struct Options {
  uint64_t first_seed = 1;
  uint64_t count = 10'000;
  int jobs = 1;
  uint64_t canary_limit = 1'000'000;  // schedules for each planted bug
  std::optional<uint64_t> replay;
  std::optional<int> node_operations;
  bool trace = false;
  bool all_canaries = false;
  bool list_canaries = false;
  bool help = false;
  ScheduleOptions schedule;
};

extern const char* const kHelp;

// nullopt, with a sentence on standard error, if it cannot be understood.
std::optional<Options> ParseOptions(std::span<char*> arguments);

}  // namespace sendonce::sim

#endif  // SENDONCE_TEST_SIM_OPTIONS_H
