// sendonce-bench: the measurements that need no other program, and the parts of those that do
// (test/bench/run).

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "scenario.h"

namespace {

using sendonce::bench::Arguments;
using sendonce::bench::Report;
using sendonce::bench::Scenario;
using sendonce::bench::UsageError;

std::vector<Scenario> AllScenarios() {
  return {sendonce::bench::LoadScenario(), sendonce::bench::ConstantServerScenario(),
          sendonce::bench::ZmqIntakeScenario(), sendonce::bench::FillWalScenario()};
}

void PrintHelp() {
  std::printf(
      "Usage: sendonce-bench SCENARIO [--name=value ...] [--json]\n"
      "       sendonce-bench --list | --help\n"
      "The whole comparison, with everything it needs: make bench.\n");
  for (const Scenario& scenario : AllScenarios()) {
    std::printf("\n%s: %s\n", scenario.name.c_str(), scenario.summary.c_str());
    for (const auto& option : scenario.options) {
      const std::string head = option.name + "=" + option.default_value;
      std::printf("  --%-24s %s\n", head.c_str(), option.meaning.c_str());
    }
    std::printf("  example: sendonce-bench %s %s\n", scenario.name.c_str(),
                scenario.example.c_str());
  }
}

int PrintNames() {
  for (const Scenario& scenario : AllScenarios()) {
    std::printf("%-16s %s\n", scenario.name.c_str(), scenario.summary.c_str());
  }
  return 0;
}

int Run(std::vector<std::string> words) {
  const bool json = std::erase(words, "--json") > 0;
  const std::string name = words.empty() ? "" : words.front();
  for (const Scenario& scenario : AllScenarios()) {
    if (scenario.name != name) continue;
    const Report report =
        scenario.run(Arguments(scenario.options, {words.begin() + 1, words.end()}));
    std::fputs((json ? report.Json() : report.Text()).c_str(), stdout);
    return 0;
  }
  throw UsageError("no scenario \"" + name + "\": see sendonce-bench --list");
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto asks_for = [&words](const char* word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  try {
    if (asks_for("--list")) return PrintNames();
    if (!asks_for("--help") && !words.empty()) return Run(words);
    PrintHelp();
    return words.empty() ? 1 : 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sendonce-bench: %s\n", error.what());
    return 1;
  }
}
