#include <iostream>

#include "campaign.h"
#include "node_operations.h"
#include "options.h"
#include "violation.h"

namespace sendonce::sim {
namespace {

int Replay(const Options& options) {
  try {
    RunSchedule(*options.replay, options.schedule, options.trace ? &std::cout : nullptr);
  } catch (const Violation& violation) {
    std::cout << "seed " << *options.replay << ": " << violation.what() << "\n";
    return 1;
  }
  std::cout << "seed " << *options.replay << ": no violation\n";
  return 0;
}

void ShowFinding(const Finding& finding) {
  std::cout << "seed " << finding.seed << ": " << finding.text << "\n  again, with all that "
            << "happens: sendonce-sim --replay " << finding.seed << " --trace\n";
}

// Nothing found in N independent schedules: at 95 % fewer than 3/N of them violate anything.
int Play(const Options& options) {
  const CampaignResult result = RunCampaign(options, true);
  const ScheduleResult& sums = result.sums;
  std::cout << result.schedules << " schedules from seed " << options.first_seed << ", "
            << options.schedule.steps << " steps each and a rest: " << sums.commands
            << " commands, " << sums.records << " records, " << sums.sends << " sends, "
            << sums.batches << " batches, " << sums.rebuilds << " of them by R4, " << sums.crashes
            << " crashes, " << sums.verdicts << " verdicts, " << sums.pruned << " sends pruned, "
            << sums.put_backs << " logs put back, " << sums.refused_starts << " starts refused\n";
  if (result.finding) {
    ShowFinding(*result.finding);
    return 1;
  }
  std::cout << "no violation; 95 % bound: " << 3.0 / static_cast<double>(result.schedules)
            << " of schedules\n";
  return 0;
}

bool IsFound(Options options, const PlantedBug& bug) {
  options.schedule.canary = bug.canary;
  options.first_seed += bug.skip;
  options.count = options.canary_limit;
  const CampaignResult result = RunCampaign(options, false);
  std::cout << bug.name << ": ";
  if (!result.finding) {
    std::cout << "NOT FOUND in " << result.schedules << " schedules\n";
    return false;
  }
  std::cout << "found, seed " << result.finding->seed << ": " << result.finding->text << std::endl;
  return true;
}

int PlantAll(const Options& options) {
  size_t found = 0;
  for (const PlantedBug& bug : PlantedBugs()) {
    if (IsFound(options, bug)) ++found;
  }
  std::cout << found << " of " << PlantedBugs().size() << " planted bugs found\n";
  return found == PlantedBugs().size() ? 0 : 1;
}

int PlantOne(const Options& options) {
  for (const PlantedBug& bug : PlantedBugs()) {
    if (bug.canary == options.schedule.canary) return IsFound(options, bug) ? 0 : 1;
  }
  return 2;
}

int ListCanaries() {
  for (const PlantedBug& bug : PlantedBugs()) std::cout << bug.name << ": " << bug.what << "\n";
  return 0;
}

int Main(std::span<char*> arguments) {
  const auto options = ParseOptions(arguments);
  if (!options) return 2;
  if (options->help) {
    std::cout << kHelp;
    return 0;
  }
  if (options->list_canaries) return ListCanaries();
  if (options->node_operations) {
    PrintNodeOperations(options->first_seed, *options->node_operations, std::cout);
    return 0;
  }
  if (options->replay) return Replay(*options);
  if (options->all_canaries) return PlantAll(*options);
  if (options->schedule.canary != Canary::kNone) return PlantOne(*options);
  return Play(*options);
}

}  // namespace
}  // namespace sendonce::sim

int main(int argc, char** argv) {
  return sendonce::sim::Main({argv + 1, static_cast<size_t>(argc - 1)});
}
