#include "settings/settings.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstdlib>

#include "settings/command_line.h"
#include "settings/config_file.h"
#include "settings/paths.h"

namespace sendonce::settings {
namespace {

constexpr std::string_view kConfigFileName = "sendonce.conf";
constexpr std::string_view kChainNames = "main, testnet4, signet, regtest";
constexpr size_t kMaxIntegerDigits = 18;  // fits 63 bits

using Given = Settings::Given;
using ByName = Settings::ByName;

bool ChoosesNetwork(std::string_view name) {
  return name == "chain" || name == "regtest" || name == "signet" || name == "testnet4";
}

const Given* Last(const ByName& place, std::string_view name) {
  const auto found = place.find(name);
  return found == place.end() ? nullptr : &found->second.back();
}

// Understands negation ("nofoo", "nofoo=0", "foo=0") and a value that is missing.
std::variant<Given, Problem> Understand(const Recognised& recognised,
                                        const Assignment& assignment) {
  const Option& option = *recognised.option;
  Given given{assignment.value.value_or("1"), false, assignment.origin};
  if (recognised.negated || option.kind == Option::Kind::kFlag) {
    if (given.text.empty()) given.text = "1";
    if (given.text != "0" && given.text != "1") {
      return Problem{assignment.origin + ": must be 1 or 0, or stand without a value"};
    }
    if (recognised.negated) given.text = given.text == "1" ? "0" : "1";
  } else if (option.kind == Option::Kind::kValue && !assignment.value) {
    return Problem{assignment.origin + ": needs a value: -" + assignment.name + "=" +
                   std::string(option.argument)};
  }
  given.negated = given.text == "0" && CanBeNegated(option);
  return given;
}

}  // namespace

// Makes Settings in four steps: the command line, the file, the network, the merge.
class Loader {
 public:
  explicit Loader(const Program& program) : program_(program) {}

  std::variant<Settings, Problem> Load(const std::vector<std::string>& arguments,
                                       const std::filesystem::path& home) {
    if (!ReadCommandLine(arguments)) return *problem_;
    const bool asks_for_text = command_line_.contains("help") || command_line_.contains("?") ||
                               command_line_.contains("version");
    settings_.given_ = command_line_;
    if (asks_for_text) return settings_;
    if (!FindFiles(home) || !ReadFile() || !ChooseNetwork() || !Merge()) return *problem_;
    return settings_;
  }

 private:
  bool Fail(std::string text) {
    problem_ = Problem{std::move(text)};
    return false;
  }

  bool ReadCommandLine(const std::vector<std::string>& arguments) {
    auto parsed = ParseCommandLine(program_, arguments);
    if (const auto* problem = std::get_if<Problem>(&parsed)) return Fail(problem->text);
    auto& line = std::get<CommandLine>(parsed);
    settings_.words_ = std::move(line.words);
    return std::all_of(
        line.assignments.begin(), line.assignments.end(), [this](const Assignment& assignment) {
          return Take(RecogniseOption(program_, assignment.name), assignment, command_line_);
        });
  }

  bool Take(const Recognised& recognised, const Assignment& assignment, ByName& place) {
    auto understood = Understand(recognised, assignment);
    if (const auto* problem = std::get_if<Problem>(&understood)) return Fail(problem->text);
    place[std::string(recognised.option->name)].push_back(std::get<Given>(std::move(understood)));
    return true;
  }

  bool FindFiles(const std::filesystem::path& home) {
    std::error_code ignored;
    settings_.data_directory_ = DefaultDataDirectory(home);
    if (const Given* given = Last(command_line_, "datadir")) {
      settings_.data_directory_ = std::filesystem::absolute(given->text, ignored);
      if (!std::filesystem::is_directory(settings_.data_directory_, ignored)) {
        return Fail(given->origin + ": there is no such directory; make it, or leave -datadir out");
      }
    }
    settings_.config_file_ = settings_.data_directory_ / kConfigFileName;
    const Given* conf = Last(command_line_, "conf");
    if (conf == nullptr || conf->negated) return true;
    settings_.config_file_ = settings_.data_directory_ / conf->text;
    return std::filesystem::is_regular_file(settings_.config_file_, ignored) ||
           Fail(conf->origin + ": there is no file " + settings_.config_file_.string());
  }

  bool ReadFile() {
    std::error_code ignored;
    const Given* conf = Last(command_line_, "conf");
    const bool none = (conf != nullptr && conf->negated) ||
                      !std::filesystem::exists(settings_.config_file_, ignored);
    if (none) return true;
    const ConfigLines lines = ReadConfigFile(settings_.config_file_);
    if (const auto* problem = std::get_if<Problem>(&lines)) return Fail(problem->text);
    const auto& assignments = std::get<std::vector<Assignment>>(lines);
    return std::all_of(assignments.begin(), assignments.end(),
                       [this](const Assignment& assignment) { return TakeLine(assignment); });
  }

  bool TakeLine(const Assignment& line) {
    const Recognised recognised = RecogniseOption(program_, line.name);
    const Option* option = recognised.option;
    if (option == nullptr || option->place == Option::Place::kCommandLine) {
      return program_.shares_file || Fail(line.origin + WhyNotInFile(option));
    }
    if (!line.section.empty() && ChoosesNetwork(option->name)) {
      return Fail(line.origin + ": choose the network above the first section");
    }
    ByName& place = line.section.empty() ? above_sections_ : sections_[line.section];
    if (option->kind != Option::Kind::kList && place.contains(option->name)) {
      return Fail(line.origin + ": stands in the file twice");
    }
    return Take(recognised, line, place);
  }

  std::string WhyNotInFile(const Option* option) const {
    if (option != nullptr) return ": is for the command line only";
    const std::string name(program_.name);
    return ": is no option of " + name + "; see " + name + " -help";
  }

  bool ChooseNetwork() {
    const bool on_command_line =
        std::any_of(command_line_.begin(), command_line_.end(),
                    [](const auto& entry) { return ChoosesNetwork(entry.first); });
    std::vector<Given> choices;
    for (const auto& [name, given] : on_command_line ? command_line_ : above_sections_) {
      if (!ChoosesNetwork(name) || given.back().negated) continue;
      choices.push_back(given.back());
      if (name != "chain") choices.back().text = name;
    }
    if (choices.empty()) return true;
    if (choices.size() > 1) {
      return Fail(choices[0].origin + " and " + choices[1].origin +
                  ": only one network can be chosen");
    }
    const auto network = bitcoin::NetworkFromChainName(choices[0].text);
    if (!network) {
      return Fail(choices[0].origin + ": must be one of " + std::string(kChainNames));
    }
    settings_.network_ = *network;
    return true;
  }

  bool Merge() {
    const std::string chain(bitcoin::ChainName(settings_.network_));
    const ByName& section = sections_[chain];
    settings_.given_.insert(section.begin(), section.end());  // keeps what is there
    for (const auto& [name, given] : above_sections_) {
      const bool for_main_only =
          FindOption(program_, name)->place == Option::Place::kPerNetwork && chain != "main";
      if (for_main_only && !settings_.given_.contains(name)) {
        return Fail(given.back().origin +
                    ": is for the main network where it stands; write it below [main] or [" +
                    chain + "]");
      }
      settings_.given_.emplace(name, given);
    }
    return true;
  }

  const Program& program_;
  Settings settings_;
  ByName command_line_;
  ByName above_sections_;
  std::map<std::string, ByName> sections_;  // by the name of the chain
  std::optional<Problem> problem_;
};

std::variant<Settings, Problem> Load(const Program& program,
                                     const std::vector<std::string>& arguments,
                                     const std::filesystem::path& home) {
  return Loader(program).Load(arguments, home);
}

std::filesystem::path HomeDirectory() {
  const char* home = std::getenv("HOME");
  return home == nullptr || *home == '\0' ? "/" : home;
}

const std::vector<Given>& Settings::Find(std::string_view name) const {
  static const std::vector<Given> kNothing;
  const auto found = given_.find(name);
  return found == given_.end() ? kNothing : found->second;
}

bool Reader::Flag(std::string_view name, bool otherwise) {
  const auto& given = settings_.Find(name);
  return given.empty() ? otherwise : !given.back().negated;
}

std::optional<std::string> Reader::Text(std::string_view name) const {
  const auto& given = settings_.Find(name);
  if (given.empty() || given.back().negated) return std::nullopt;
  return given.back().text;
}

std::vector<std::string> Reader::List(std::string_view name) const {
  std::vector<std::string> values;
  for (const Given& given : settings_.Find(name)) {
    if (given.negated) {
      values.clear();
    } else {
      values.push_back(given.text);
    }
  }
  return values;
}

int64_t Reader::Integer(std::string_view name, int64_t lowest, int64_t highest, int64_t otherwise) {
  const auto text = Text(name);
  if (!text) return otherwise;
  const auto value = IntegerFromText(*text);
  if (value && *value >= lowest && *value <= highest) return *value;
  Refuse(name, "must be a whole number from " + std::to_string(lowest) + " to " +
                   std::to_string(highest));
  return otherwise;
}

bool Reader::Negated(std::string_view name) const {
  const auto& given = settings_.Find(name);
  return !given.empty() && given.back().negated;
}

void Reader::Refuse(std::string_view name, std::string_view sentence) {
  const auto& given = settings_.Find(name);
  assert(!given.empty());
  if (!problem_) problem_ = Problem{given.back().origin + ": " + std::string(sentence)};
}

std::optional<int64_t> IntegerFromText(std::string_view text) {
  const bool digits_only =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (text.empty() || text.size() > kMaxIntegerDigits || !digits_only) return std::nullopt;
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace sendonce::settings
