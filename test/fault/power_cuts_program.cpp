// make power-cuts: as many images of cut sessions as asked for, and what they were.

#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "power_cuts.h"

namespace {

using sendonce::fault::kKindsOfCut;
using sendonce::fault::Mercy;
using sendonce::fault::PowerCuts;
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

bool TakeNumber(std::string_view argument, std::string_view name, uint64_t& number) {
  if (!argument.starts_with(name)) return false;
  const auto text = argument.substr(name.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

bool Take(std::string_view argument, Arguments& arguments) {
  constexpr std::string_view kKeep = "--keep=";
  if (argument.starts_with(kKeep)) {
    arguments.keep = argument.substr(kKeep.size());
    return true;
  }
  return TakeNumber(argument, "--images=", arguments.images) ||
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
  for (int i = 1; i < argc; ++i) {
    const bool asks_for_help = std::strcmp(argv[i], "--help") == 0;
    if (!asks_for_help && Take(argv[i], arguments)) continue;
    std::fputs(kUsage, asks_for_help ? stdout : stderr);
    return asks_for_help ? 0 : 2;
  }
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
