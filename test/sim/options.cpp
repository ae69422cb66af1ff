#include "options.h"

#include <charconv>
#include <functional>
#include <iostream>
#include <map>
#include <string_view>

namespace sendonce::sim {

const char* const kHelp =
    "sendonce-sim: plays random schedules with the core of sendonce, its log, a node, callers and\n"
    "whatever happens around them, and checks every guarantee after each step.\n"
    "\n"
    "  --seed N         the first seed (1)\n"
    "  --count N        so many schedules, one for each seed (10000)\n"
    "  --steps N        steps of a schedule before it comes to rest (120)\n"
    "  --jobs N         processes (1)\n"
    "  --log FOLDER     keep the log in the real database below FOLDER, on a file system that\n"
    "                   loses what was not synced; slow (without it: a disk in memory)\n"
    "  --replay N       the schedule of that seed alone\n"
    "  --trace          with --replay: write down what happens\n"
    "  --canary NAME    plant that bug; fails if no schedule finds it\n"
    "  --canaries       plant each bug in turn\n"
    "  --limit N        schedules for each planted bug (1000000)\n"
    "  --list-canaries  the planted bugs\n"
    "  --node N         N operations on the simulated node alone, by --seed, with its answers, as\n"
    "                   lines of JSON: test/functional/sim_node.py asks a real one the same\n"
    "  --help           this\n"
    "\n"
    "Exit code 0: no violation, or every planted bug was found. 1: not so. 2: wrong arguments.\n";

namespace {

template <typename Number>
bool ParseNumber(const char* text, Number& number) {
  const std::string_view view(text);
  const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), number);
  return error == std::errc() && end == view.data() + view.size();
}

class Parser {
 public:
  std::optional<Options> Parse(std::span<char*> arguments) {
    for (size_t i = 0; i < arguments.size(); ++i) {
      const std::string name = arguments[i];
      if (const auto flag = flags_.find(name); flag != flags_.end()) {
        *flag->second = true;
        continue;
      }
      const auto found = values_.find(name);
      if (found == values_.end()) return Complain("unknown option " + name);
      if (i + 1 == arguments.size() || !found->second(arguments[++i])) {
        return Complain(name + " needs another value");
      }
    }
    return options_;
  }

 private:
  static std::optional<Options> Complain(const std::string& text) {
    std::cerr << "sendonce-sim: " << text << "; see --help\n";
    return std::nullopt;
  }

  template <typename Number>
  static std::function<bool(const char*)> Into(Number& number) {
    return [&number](const char* text) { return ParseNumber(text, number); };
  }

  bool TakeReplay(const char* text) {
    uint64_t seed = 0;
    if (!ParseNumber(text, seed)) return false;
    options_.replay = seed;
    return true;
  }

  bool TakeNode(const char* text) {
    int operations = 0;
    if (!ParseNumber(text, operations)) return false;
    options_.node_operations = operations;
    return true;
  }

  bool TakeCanary(const char* text) {
    const auto canary = CanaryByName(text);
    options_.schedule.canary = canary.value_or(Canary::kNone);
    return canary.has_value();
  }

  bool TakeFolder(const char* text) {
    options_.schedule.log_folder = text;
    return !options_.schedule.log_folder.empty();
  }

  Options options_;
  std::map<std::string, bool*> flags_ = {{"--trace", &options_.trace},
                                         {"--canaries", &options_.all_canaries},
                                         {"--list-canaries", &options_.list_canaries},
                                         {"--help", &options_.help}};
  std::map<std::string, std::function<bool(const char*)>> values_ = {
      {"--seed", Into(options_.first_seed)},
      {"--count", Into(options_.count)},
      {"--steps", Into(options_.schedule.steps)},
      {"--jobs", Into(options_.jobs)},
      {"--limit", Into(options_.canary_limit)},
      {"--log", [this](const char* text) { return TakeFolder(text); }},
      {"--node", [this](const char* text) { return TakeNode(text); }},
      {"--replay", [this](const char* text) { return TakeReplay(text); }},
      {"--canary", [this](const char* text) { return TakeCanary(text); }}};
};

}  // namespace

std::optional<Options> ParseOptions(std::span<char*> arguments) {
  return Parser().Parse(arguments);
}

}  // namespace sendonce::sim
