#include "cli/wal_tool.h"

#include "bitcoin/bytes.h"
#include "cli/table.h"
#include "cli/wal_options.h"
#include "http/record_json.h"
#include "wal/offline.h"

namespace sendonce::cli {
namespace {

void Complain(const std::string& line) {
  std::fputs(("sendonce-wal: " + Printable(line) + "\n").c_str(), stderr);
}

bool Print(std::FILE* out, const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), out) == text.size();
}

WalExitCode Flushed(std::FILE* out, WalExitCode code) {
  if (std::fflush(out) == 0 && std::ferror(out) == 0) return code;
  Complain("the output could not be written");
  return WalExitCode::kUsage;
}

WalExitCode Dump(const WalOptions& options, std::FILE* out) {
  bool any = false;
  const auto print = [&](const std::string& json) {
    any = true;
    return Print(out, json + "\n");
  };
  const auto problem = wal::WalkRecords(
      options.paths.wal_directory, options.from,
      [&](const core::Logged& logged) { return print(http::RecordJson(logged)); },
      [&](const wal::Stub& stub) {
        return print(http::PrunedRecordJson(stub.seq, stub.type, stub.frame_hash));
      });
  if (problem) {
    Complain(problem->text());
    return Flushed(out, any ? WalExitCode::kDamaged : WalExitCode::kUnreadable);
  }
  return Flushed(out, WalExitCode::kDone);
}

std::string Summary(const wal::Verification& verification) {
  std::string text;
  if (const auto& created = verification.created) {
    text += "log       " + bitcoin::HexFromBytes(created->wal_id) + "\n";
    text += "chain     " + std::string(bitcoin::ChainName(created->network)) + "\n";
    text += "wallet    " + Printable(created->wallet_name) + "\n";
  }
  return text + "records   " + std::to_string(verification.last_seq) + "\n";
}

WalExitCode Verify(const WalOptions& options, std::FILE* out) {
  const auto verified = wal::Verify(options.paths);
  if (const auto* problem = std::get_if<wal::Problem>(&verified)) {
    Complain(problem->text());
    return WalExitCode::kUnreadable;
  }
  const auto& verification = std::get<wal::Verification>(verified);
  const auto& findings = verification.findings;
  std::string text = Summary(verification);
  for (const std::string& finding : findings.texts)
    text += "finding   " + Printable(finding) + "\n";
  if (findings.truncated) text += "finding   and more\n";
  const bool whole = findings.texts.empty();
  text += whole ? "verified  chain of hashes, rules, anchor, indexes\n" : "The log is damaged.\n";
  Print(out, text);
  return Flushed(out, whole ? WalExitCode::kDone : WalExitCode::kDamaged);
}

WalExitCode Reanchor(const WalOptions& options, std::FILE* out) {
  if (const auto problem = wal::Reanchor(options.paths)) {
    Complain(problem->text());
    return WalExitCode::kUnreadable;
  }
  Print(out, "The anchor " + Printable(options.paths.anchor_file.string()) +
                 " was written anew: the log is taken to be whole as it stands.\n");
  return Flushed(out, WalExitCode::kDone);
}

WalExitCode Run(const WalOptions& options, std::FILE* out) {
  switch (options.action) {
    case WalOptions::Action::kDump:
      return Dump(options, out);
    case WalOptions::Action::kVerify:
      return Verify(options, out);
    case WalOptions::Action::kReanchor:
      break;
  }
  return Reanchor(options, out);
}

}  // namespace

int RunWalTool(const std::vector<std::string>& arguments, const std::filesystem::path& home,
               std::FILE* out) {
  const auto parsed = ParseWalOptions(arguments, home);
  if (const auto* text = std::get_if<TextToPrint>(&parsed)) {
    Print(out, text->text);
    return static_cast<int>(Flushed(out, WalExitCode::kDone));
  }
  if (const auto* problem = std::get_if<settings::Problem>(&parsed)) {
    Complain(problem->text);
    return static_cast<int>(WalExitCode::kUsage);
  }
  return static_cast<int>(Run(std::get<WalOptions>(parsed), out));
}

}  // namespace sendonce::cli
