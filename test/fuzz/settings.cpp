// Command line and configuration file. The first line is the command line, its arguments with a
// space between; the rest is the file. What is read keeps its place, its ranges and its secrets.

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "daemon/option_table.h"
#include "daemon/options.h"
#include "input.h"
#include "settings/command_line.h"
#include "settings/config_file.h"
#include "settings/settings.h"
#include "target.h"

namespace sendonce::fuzz {
namespace {

namespace fs = std::filesystem;
using settings::Assignment;
using settings::Problem;

constexpr std::string_view kShownPath = "sendonce.conf";

// A folder for the file, gone at the end of the process.
class Home {
 public:
  Home() {
    std::string name = (fs::temp_directory_path() / "sendonce-fuzz-XXXXXX").string();
    assert(mkdtemp(name.data()) != nullptr);
    path_ = name;
    fs::create_directory(path_ / ".sendonce");
  }
  ~Home() { fs::remove_all(path_); }

  const fs::path& path() const { return path_; }

  void WriteConfig(const std::string& text) const {
    std::ofstream file(path_ / ".sendonce" / "sendonce.conf", std::ios::binary | std::ios::trunc);
    file << text;
  }

 private:
  fs::path path_;
};

std::vector<std::string> Split(const std::string& line) {
  std::vector<std::string> words;
  Input input(reinterpret_cast<const uint8_t*>(line.data()), line.size());
  while (!input.empty()) words.push_back(input.Until(' '));
  return words;
}

bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void CheckAssignment(const Assignment& assignment) {
  assert(assignment.origin.starts_with(kShownPath));
  assert(assignment.name.find('=') == std::string::npos);
  assert(assignment.value && assignment.value->find('\n') == std::string::npos);
  for (const std::string& text : {assignment.name, *assignment.value}) {
    assert(text.empty() || (!IsBlank(text.front()) && !IsBlank(text.back())));
  }
  assert(assignment.section.empty() || bitcoin::NetworkFromChainName(assignment.section));
  // No password in a message.
  if (assignment.name == settings::kPasswordOption) {
    const bool tells = assignment.value->find('!') != std::string::npos;
    assert(!tells || assignment.origin.find('!') == std::string::npos);
  }
}

// Read line by line it is the same: a line knows nothing of the others but for its section.
void CheckConfig(const std::string& text) {
  const auto lines = settings::ParseConfig(text, kShownPath);
  if (const auto* problem = std::get_if<Problem>(&lines)) {
    assert(problem->text.starts_with(kShownPath));
    return;
  }
  for (const Assignment& assignment : std::get<std::vector<Assignment>>(lines)) {
    CheckAssignment(assignment);
  }
}

void CheckCommandLine(const std::vector<std::string>& arguments) {
  const settings::Program& program = daemon::SendoncedProgram();
  const auto parsed = settings::ParseCommandLine(program, arguments);
  const auto* line = std::get_if<settings::CommandLine>(&parsed);
  if (!line) {
    assert(!std::get<Problem>(parsed).text.empty());
    return;
  }
  assert(line->assignments.size() + line->words.size() <= arguments.size());
  for (const Assignment& assignment : line->assignments) {
    assert(settings::RecogniseOption(program, assignment.name).option != nullptr);
  }
}

// Whatever was written, what comes out can be worked with.
void CheckOptions(const daemon::Options& options) {
  const core::Policy& policy = options.policy;
  assert(policy.finality >= 1 && policy.min_confirmations >= 1);
  assert(policy.min_confirmations_foreign >= 1 && policy.conflict_depth >= 1);
  assert(policy.max_fee_rate_sat_kvb > 0 && bitcoin::IsMoney(policy.max_fee_sat));
  assert(policy.fallback_fee_rate_sat_kvb >= 0);
  assert(policy.max_sends_per_batch >= 1 && policy.max_outputs_per_batch >= 1);
  assert(policy.reconcile_interval_ms > 0 && policy.retry_min_ms <= policy.retry_max_ms);
  assert(options.http.port > 0 && options.http.max_connections > 0);
  assert(options.node.rpc.port > 0 && !options.node.rpc.host.empty());
  if (options.node.rpc.user.empty()) assert(options.node.rpc.password.empty());
}

// The command line with names of files would read any of them.
bool NamesAFile(const std::string& argument) {
  return argument.find("conf") != std::string::npos || argument.find("dir") != std::string::npos;
}

void CheckWhole(std::vector<std::string> arguments, const std::string& file) {
  static const Home kHome;
  if (std::any_of(arguments.begin(), arguments.end(), NamesAFile)) return;
  if (file.find("dir") != std::string::npos) return;
  kHome.WriteConfig(file);
  const auto parsed = daemon::ParseOptions(arguments, kHome.path());
  if (const auto* options = std::get_if<daemon::Options>(&parsed)) return CheckOptions(*options);
  if (const auto* error = std::get_if<daemon::UsageError>(&parsed)) assert(!error->text.empty());
}

void CheckNumber(const std::string& text) {
  const auto number = settings::IntegerFromText(text);
  const bool digits =
      !text.empty() && text.size() <= 18 &&
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  assert(number.has_value() == digits);
  if (number) assert(*number >= 0 && *number == std::atoll(text.c_str()));
}

}  // namespace
}  // namespace sendonce::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sendonce::fuzz;
  Input input(data, size);
  const std::vector<std::string> arguments = Split(input.Until('\n'));
  const std::string file = input.RestAsText();
  for (const std::string& argument : arguments) CheckNumber(argument);
  CheckCommandLine(arguments);
  CheckConfig(file);
  CheckWhole(arguments, file);
  return 0;
}
