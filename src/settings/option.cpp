#include "settings/option.h"

#include <sstream>

namespace sendonce::settings {
namespace {

constexpr size_t kHelpColumns = 80;
constexpr size_t kHelpIndent = 6;

// The text in lines of at most kHelpColumns, each indented.
std::string Wrapped(std::string_view text) {
  std::istringstream words{std::string(text)};
  const std::string indent(kHelpIndent, ' ');
  std::string wrapped;
  std::string line;
  for (std::string word; words >> word;) {
    if (!line.empty() && kHelpIndent + line.size() + 1 + word.size() > kHelpColumns) {
      wrapped += indent + line + '\n';
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return wrapped + indent + line + '\n';
}

std::string Described(const Option& option) {
  std::string text = "  -" + std::string(option.name);
  if (!option.argument.empty()) text += '=' + std::string(option.argument);
  return text + '\n' + Wrapped(option.help);
}

}  // namespace

OptionGroup CommonOptions() {
  constexpr auto kFlag = Option::Kind::kFlag;
  constexpr auto kValue = Option::Kind::kValue;
  constexpr auto kCommandLine = Option::Place::kCommandLine;
  return {
      "Options",
      {
          {"?", "", "As -help", kFlag, kCommandLine},
          {"help", "", "Print this and leave", kFlag, kCommandLine},
          {"version", "", "Print the version and leave", kFlag, kCommandLine},
          {"datadir", "<dir>", "The data directory of sendonced (default: ~/.sendonce)", kValue,
           kCommandLine},
          {"conf", "<file>",
           "The configuration file; a relative path is below the data directory (default: "
           "sendonce.conf). -noconf reads none",
           kValue, kCommandLine, true},
          {"chain", "<chain>", "Use that chain: main, testnet4, signet or regtest (default: main)"},
          {"regtest", "", "As -chain=regtest", kFlag},
          {"signet", "", "As -chain=signet", kFlag},
          {"testnet4", "", "As -chain=testnet4", kFlag},
      }};
}

bool CanBeNegated(const Option& option) {
  return option.kind == Option::Kind::kFlag || option.can_be_negated;
}

const Option* FindOption(const Program& program, std::string_view name) {
  for (const OptionGroup& group : program.groups) {
    for (const Option& option : group.options) {
      if (option.name == name) return &option;
    }
  }
  return nullptr;
}

Recognised RecogniseOption(const Program& program, std::string_view name) {
  if (const Option* option = FindOption(program, name)) return {option, false};
  if (!name.starts_with("no")) return {};
  const Option* option = FindOption(program, name.substr(2));
  if (option == nullptr || !CanBeNegated(*option)) return {};
  return {option, true};
}

std::string ShownSetting(std::string_view name, std::string_view text) {
  if (name != kPasswordOption) return std::string(text);
  return std::string(text.substr(0, text.find('=')));
}

std::string DescribeOptions(const Program& program) {
  std::string text;
  for (const OptionGroup& group : program.groups) {
    text += '\n' + std::string(group.title) + ":\n\n";
    for (const Option& option : group.options) text += Described(option);
  }
  return text;
}

}  // namespace sendonce::settings
