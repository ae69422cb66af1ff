// make power-cuts: as many images of cut sessions as asked for, and what they were.

#include <cstdio>
#include <string>
#include <string_view>

#include "power_cuts.h"
#include "program_options.h"

namespace {

using sendonce::fault::kKindsOfCut;
using sendonce::fault::Mercy;
using sendonce::fault::PowerCuts;
using sendonce::fault::TakeArguments;
using sendonce::fault::TakeNumber;
using sendonce::fault::TakeText;
using sendonce::fault::TallyOfCuts;

constexpr const char* kUsage =
    "Usage: power-cuts [--images=N] [--seed=N] [--keep=FOLDER] [--help]\n"
    "Cuts the power at every change of the disk in random sessions of the log, looks at the "
    "images\n"
    "that this leaves until there were N of them (default 10000), and says what they were.\n"
    "  --seed=N       the first session's seed (default 1); the next ones count on\n"
    "  --keep=FOLDER  images that are not what they should be are kept there\n"
    "Exit status 0 if every image was what it should be.\n";

struct Arguments {
  uint64_t images = 10'000;
  uint64_t seed = 1;
  std::string keep;
};

bool Take(std::string_view argument, Arguments& arguments) {
  return TakeText(argument, "--keep=", arguments.keep) ||
         TakeNumber(argument, "--images=", arguments.images) ||
         TakeNumber(argument, "--seed=", arguments.seed);
}

// Images of one session are no independent trials: they share its records, its buffer and most of
// their bytes.
void ReportBound(const TallyOfCuts& tally) {
  if (!tally.findings.empty() || tally.sessions <= 3) return;
  std::printf("none of %llu independent sessions has one: at most 3/N = %.1e of such do (95 %%)\n",
              static_cast<unsigned long long>(tally.sessions),
              3.0 / static_cast<double>(tally.sessions));
}

void Report(const Arguments& arguments, const TallyOfCuts& tally) {
  std::printf("%-24s %12s %12s\n", "what was not synced", "opened whole", "refused");
  for (size_t i = 0; i < kKindsOfCut.size(); ++i) {
    std::printf("%-24s %12llu %12llu\n", kKindsOfCut[i].name,
                static_cast<unsigned long long>(tally.opened[i]),
                static_cast<unsigned long long>(tally.refused[i]));
  }
  std::printf("%-24s %12s %12llu\n", "log not made yet", "",
              static_cast<unsigned long long>(tally.unmade));
  for (const auto& [saying, count] : tally.sayings) {
    std::printf("%8llu refused: %s\n", static_cast<unsigned long long>(count), saying.c_str());
  }
  for (const std::string& finding : tally.findings) std::printf("FOUND %s\n", finding.c_str());
  std::printf(
      "%llu images of %llu moments in %llu sessions (seeds %llu to %llu), %llu of them of a "
      "second cut during recovery; %zu wrong\n",
      static_cast<unsigned long long>(tally.images()),
      static_cast<unsigned long long>(tally.changes),
      static_cast<unsigned long long>(tally.sessions),
      static_cast<unsigned long long>(arguments.seed),
      static_cast<unsigned long long>(arguments.seed + tally.sessions - 1),
      static_cast<unsigned long long>(tally.in_recovery), tally.findings.size());
  ReportBound(tally);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  const auto take = [&](std::string_view argument) { return Take(argument, arguments); };
  if (const auto status = TakeArguments(argc, argv, kUsage, take)) return *status;
  PowerCuts cuts(arguments.keep);
  uint64_t shown = 0;
  for (uint64_t seed = arguments.seed; cuts.tally().images() < arguments.images; ++seed) {
    cuts.RunSession(seed);
    if (cuts.tally().images() * 20 / arguments.images == shown) continue;
    shown = cuts.tally().images() * 20 / arguments.images;
    std::printf("%llu images, %llu sessions\n",
                static_cast<unsigned long long>(cuts.tally().images()),
                static_cast<unsigned long long>(cuts.tally().sessions));
    std::fflush(stdout);
  }
  Report(arguments, cuts.tally());
  return cuts.tally().findings.empty() ? 0 : 1;
}
