#include "cli/wal_options.h"

#include "config.h"
#include "settings/paths.h"
#include "settings/settings.h"

namespace sendonce::cli {
namespace {

using settings::Option;
using settings::OptionGroup;
using settings::Problem;
using settings::Reader;
using settings::Settings;

constexpr int64_t kMaxSeq = 999'999'999'999'999'999;  // IntegerFromText reads no more

OptionGroup LogGroup() {
  constexpr auto kValue = Option::Kind::kValue;
  constexpr auto kCommandLine = Option::Place::kCommandLine;
  return {"The log",
          {
              {"waldir", "<dir>",
               "The folder of the log (default: wal in the network's folder of -datadir)", kValue,
               kCommandLine},
              {"anchorfile", "<file>",
               "The anchor that belongs to it (default: where sendonced keeps it)", kValue,
               kCommandLine},
              {"anchordir", "<dir>", "As sendonced has it"},
              {"from", "<seq>", "dump: begin with this record (default: 1)", kValue, kCommandLine},
          }};
}

constexpr std::string_view kUsage = R"(
Reads the log of a sendonced that is stopped, or a copy of it.

Usage:
  sendonce-wal [options] dump      print every record, one JSON object a line
  sendonce-wal [options] verify    check chain of hashes, rules, anchor, indexes
  sendonce-wal [options] reanchor  write a lost anchor anew, from the log

dump and verify change nothing. reanchor is for a log that has lost its anchor
and is known to be the newest there is: nobody can see any more whether its end
is missing, and a send that stood there would be paid again.
)";

constexpr std::string_view kAfterOptions = R"(
Exit codes:

  0  done; verify: the log is what it should be
  1  wrong options, or the output could not be written
  2  the log can not be read: missing, or in use by a sendonced; reanchor:
     refused, nothing was changed
  3  the log is damaged, or not what it should be; the output says how

Examples:

  sendonce-wal -regtest verify
  sendonce-wal verify -waldir=/backup/wal -anchorfile=/backup/anchor
  sendonce-wal -regtest dump | grep '"SendRecorded"'
  sendonce-wal dump -from=1000 -waldir=/backup/wal
)";

std::string VersionText() {
  return "sendonce-wal version " PACKAGE_VERSION "\n";
}

std::string HelpText() {
  return VersionText() + std::string(kUsage) + settings::DescribeOptions(WalProgram()) +
         std::string(kAfterOptions);
}

// An empty path stays empty, and is then refused where it is opened.
std::filesystem::path Absolute(const std::string& given) {
  std::error_code error;
  return std::filesystem::absolute(given, error);
}

wal::Paths ReadPaths(const Settings& settings, const Reader& reader) {
  std::optional<std::filesystem::path> anchor_directory;
  if (const auto given = reader.Text("anchordir")) anchor_directory = Absolute(*given);
  const settings::Paths usual =
      settings::PathsFor(settings.data_directory(), settings.network(), anchor_directory);
  wal::Paths paths{usual.wal_directory, usual.anchor_file};
  if (const auto given = reader.Text("waldir")) paths.wal_directory = Absolute(*given);
  if (const auto given = reader.Text("anchorfile")) paths.anchor_file = Absolute(*given);
  return paths;
}

std::variant<WalOptions::Action, Problem> ReadAction(const std::vector<std::string>& words) {
  if (words.size() == 1 && words[0] == "dump") return WalOptions::Action::kDump;
  if (words.size() == 1 && words[0] == "verify") return WalOptions::Action::kVerify;
  if (words.size() == 1 && words[0] == "reanchor") return WalOptions::Action::kReanchor;
  return Problem{"say dump, verify or reanchor; see sendonce-wal -help"};
}

// An anchor beside a copied log is hardly the running one's: comparing them would show a damage
// that is none, or none where there is one.
std::optional<Problem> CheckAnchor(const WalOptions& options, const Reader& reader) {
  const bool needs_both = options.action != WalOptions::Action::kDump && reader.Text("waldir") &&
                          !reader.Text("anchorfile");
  if (!needs_both) return std::nullopt;
  return Problem{"-waldir needs -anchorfile too: a log and its anchor belong together"};
}

std::variant<WalOptions, TextToPrint, Problem> ReadAll(const Settings& settings) {
  Reader reader(settings);
  if (reader.Flag("help", false) || reader.Flag("?", false)) return TextToPrint{HelpText()};
  if (reader.Flag("version", false)) return TextToPrint{VersionText()};
  const auto action = ReadAction(settings.words());
  if (const auto* problem = std::get_if<Problem>(&action)) return *problem;
  WalOptions options;
  options.action = std::get<WalOptions::Action>(action);
  options.paths = ReadPaths(settings, reader);
  options.from = static_cast<core::Seq>(reader.Integer("from", 1, kMaxSeq, 1));
  if (reader.problem()) return *reader.problem();
  if (auto problem = CheckAnchor(options, reader)) return *problem;
  return options;
}

}  // namespace

const settings::Program& WalProgram() {
  static const settings::Program kProgram{
      "sendonce-wal", {settings::CommonOptions(), LogGroup()}, true};
  return kProgram;
}

std::variant<WalOptions, TextToPrint, Problem> ParseWalOptions(
    const std::vector<std::string>& arguments, const std::filesystem::path& home) {
  const auto loaded = settings::Load(WalProgram(), arguments, home);
  if (const auto* problem = std::get_if<Problem>(&loaded)) return *problem;
  return ReadAll(std::get<Settings>(loaded));
}

}  // namespace sendonce::cli
