// Many schedules, in several processes: what an assertion of the core's ends is only one of them.

#ifndef SENDONCE_TEST_SIM_CAMPAIGN_H
#define SENDONCE_TEST_SIM_CAMPAIGN_H

#include <cstdint>
#include <optional>
#include <string>

#include "options.h"

namespace sendonce::sim {

struct Finding {
  uint64_t seed = 0;
  std::string text;
};

struct CampaignResult {
  uint64_t schedules = 0;  // that went to their end
  ScheduleResult sums;
  std::optional<Finding> finding;  // the first; what the other processes were at is thrown away
};

// Seeds from `first_seed` on. `shows_progress`: a line now and then on standard output; without it
// the processes' standard error is not shown either.
CampaignResult RunCampaign(const Options& options, bool shows_progress);

}  // namespace sendonce::sim

#endif  // SENDONCE_TEST_SIM_CAMPAIGN_H
