#include "settings/config_file.h"

#include <fstream>

#include "bitcoin/address.h"

namespace sendonce::settings {
namespace {

std::string Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(kBlank) - first + 1));
}

Problem NoSuchSection(const std::string& where, const std::string& name) {
  return Problem{where + ": no network is called \"" + name +
                 "\"; a section is one of main, testnet4, signet, regtest"};
}

class ConfigParser {
 public:
  explicit ConfigParser(std::string_view shown_path) : shown_path_(shown_path) {}

  std::optional<Problem> Take(std::string_view line) {
    where_ = shown_path_ + ":" + std::to_string(++line_number_);
    const std::string text = Trimmed(line.substr(0, line.find('#')));
    if (text.empty()) return std::nullopt;
    if (text.front() == '[' && text.back() == ']') {
      section_ = text.substr(1, text.size() - 2);
      if (!bitcoin::NetworkFromChainName(section_)) return NoSuchSection(where_, section_);
      return std::nullopt;
    }
    return TakeSetting(text, line.find('#') != std::string_view::npos);
  }

  std::vector<Assignment> assignments() && { return std::move(assignments_); }

 private:
  std::optional<Problem> TakeSetting(const std::string& text, bool has_comment) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || text.front() == '-') {
      return Problem{where_ + ": \"" + text +
                     "\" must be name=value (without dashes) or [network]"};
    }
    Assignment assignment{Trimmed(std::string_view(text).substr(0, equals)),
                          Trimmed(std::string_view(text).substr(equals + 1)), section_, ""};
    if (const size_t dot = assignment.name.find('.'); dot != std::string::npos) {
      assignment.section = assignment.name.substr(0, dot);
      assignment.name.erase(0, dot + 1);
      if (!bitcoin::NetworkFromChainName(assignment.section)) {
        return NoSuchSection(where_, assignment.section);
      }
    }
    assignment.origin = where_ + ": " + ShownSetting(assignment.name, text);
    // bitcoind refuses this too: the sign would cut a password short without a word.
    if (assignment.name == kPasswordOption && has_comment) {
      return Problem{where_ + ": write " + std::string(kPasswordOption) +
                     " without '#' in the line, also without a comment"};
    }
    assignments_.push_back(std::move(assignment));
    return std::nullopt;
  }

  const std::string shown_path_;
  size_t line_number_ = 0;
  std::string where_;
  std::string section_;
  std::vector<Assignment> assignments_;
};

}  // namespace

ConfigLines ParseConfig(std::string_view text, std::string_view shown_path) {
  ConfigParser parser(shown_path);
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (const auto problem = parser.Take(text.substr(0, end))) return *problem;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return std::move(parser).assignments();
}

ConfigLines ReadConfigFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxConfigFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.eof()) {  // not opened, unreadable, or filled to the last byte
    return Problem{path.string() + ": can not be read, or is longer than " +
                   std::to_string(kMaxConfigFileBytes) + " bytes"};
  }
  text.resize(static_cast<size_t>(file.gcount()));
  return ParseConfig(text, path.string());
}

}  // namespace sendonce::settings
