#include "cli/command.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "bitcoin/amount.h"
#include "cli/adoption.h"
#include "core/send.h"
#include "http/json_writer.h"

namespace sendonce::cli {
namespace {

using settings::Option;
using settings::Problem;
using settings::Reader;
using settings::Settings;

constexpr int64_t kMaxMillis = 253'402'300'799'999;  // the last millisecond of the year 9999

struct Syntax {
  Command::Kind kind;
  std::string_view name;
  std::string_view arguments;
  size_t argument_count;  // with pairs: the least
  std::string_view explanation;
};

constexpr std::array kSyntaxes = {
    Syntax{Command::Kind::kSend, "send", "<id> <address> <amount_sat>", 3,
           "Pay that many satoshi, once, however often this is repeated"},
    Syntax{Command::Kind::kGet, "get", "<id>", 1, "How the send stands"},
    Syntax{Command::Kind::kCancel, "cancel", "<id>", 1,
           "Make sure that it is never paid, also if the id was never seen"},
    Syntax{Command::Kind::kBump, "bump", "<id> <rate_sat_vb>", 2,
           "Pay a higher fee for what pays the send, to that fee rate"},
    Syntax{Command::Kind::kAdopt, "adopt", "<id> <txid> [<address> <amount_sat>]...", 2,
           "Bind the id to a payment that was made before, so that it is never paid again"},
    Syntax{Command::Kind::kVerdict, "verdict", "<id> pay-again|never|paid <reason>", 3,
           "Decide about a send that the rules leave waiting; pay-again can pay it twice"},
    Syntax{Command::Kind::kImport, "import", "<file>", 1,
           "adopt for each line of a file: id,txid,address,amount_sat[,address,amount_sat]..."},
    Syntax{Command::Kind::kHistory, "history", "<id>", 1, "Its records in the log"},
    Syntax{Command::Kind::kStatus, "status", "", 0, "Node, wallet, log, backlog, alarms"},
    Syntax{Command::Kind::kFunds, "funds", "", 0,
           "What can be spent, and what is reserved by whom"},
    Syntax{Command::Kind::kAlarms, "alarms", "", 0, "What an operator must look at"},
    Syntax{Command::Kind::kAcceptAlarm, "accept-alarm", "<number> <reason>", 2,
           "Say why an alarm is in order"},
};

const Syntax* FindSyntax(std::string_view name) {
  const auto* found = std::find_if(kSyntaxes.begin(), kSyntaxes.end(),
                                   [name](const Syntax& syntax) { return syntax.name == name; });
  return found == kSyntaxes.end() ? nullptr : found;
}

// --- which option belongs to which command

constexpr std::array<std::string_view, 2> kWaitOptions = {"wait", "until"};
constexpr std::array<std::string_view, 1> kContentOptions = {"reference"};
constexpr std::array<std::string_view, 5> kSendOptions = {"conf-target", "fee-rate", "max-fee-sat",
                                                          "batch", "not-after"};

template <size_t kSize>
std::optional<Problem> RefuseAll(const Settings& settings, const Syntax& syntax,
                                 const std::array<std::string_view, kSize>& names) {
  for (const std::string_view name : names) {
    const auto& given = settings.Find(name);
    if (given.empty()) continue;
    return Problem{given.back().origin + ": is no option of " + std::string(syntax.name)};
  }
  return std::nullopt;
}

std::optional<Problem> CheckOptions(const Settings& settings, const Syntax& syntax) {
  const bool is_send = syntax.kind == Command::Kind::kSend;
  if (!is_send) {
    if (auto problem = RefuseAll(settings, syntax, kSendOptions)) return problem;
  }
  if (!is_send && syntax.kind != Command::Kind::kAdopt) {
    if (auto problem = RefuseAll(settings, syntax, kContentOptions)) return problem;
  }
  if (!is_send && syntax.kind != Command::Kind::kGet) {
    return RefuseAll(settings, syntax, kWaitOptions);
  }
  return std::nullopt;
}

std::optional<Wait> ReadWait(const Settings& settings, Reader& reader) {
  const bool given = !settings.Find("wait").empty();
  Wait wait;
  wait.seconds = reader.Integer("wait", 0, kMaxWaitSeconds, 0);
  if (const auto until = reader.Text("until")) {
    wait.until = *until;
    if (*until != "sent" && *until != "confirmed" && *until != "final") {
      reader.Refuse("until", "must be sent, confirmed or final");
    }
    if (!given) reader.Refuse("until", "needs --wait=<seconds> too");
  }
  return given ? std::optional(wait) : std::nullopt;
}

// --- bodies

void WriteFee(Reader& reader, http::JsonWriter& json) {
  const auto target = reader.Text("conf-target");
  const auto rate_text = reader.Text("fee-rate");
  if (!target && !rate_text) return;
  json.Key("fee").BeginObject();
  if (target) {
    json.Key("conf_target").Integer(reader.Integer("conf-target", 1, core::kMaxConfTarget, 1));
  }
  if (rate_text) {
    const auto rate = bitcoin::FeeRateFromSatVbText(*rate_text);
    if (!rate) reader.Refuse("fee-rate", "must be sat/vB, with at most three decimals");
    if (target) reader.Refuse("fee-rate", "--conf-target is given too: choose one of the two");
    json.Key("rate_sat_vb").Number(bitcoin::SatVbTextFromFeeRate(rate.value_or(0)));
  }
  json.EndObject();
}

void WriteIntegerOption(Reader& reader, std::string_view option, std::string_view key,
                        int64_t highest, http::JsonWriter& json) {
  if (!reader.Text(option)) return;
  json.Key(key).Integer(reader.Integer(option, 1, highest, 1));
}

std::optional<std::string> ReadReference(Reader& reader) {
  auto reference = reader.Text("reference");
  if (reference && reference->size() > core::kMaxReferenceBytes) {
    reader.Refuse("reference", "must not be longer than 256 bytes");
  }
  return reference;
}

std::string SendBody(const std::string& address, int64_t amount_sat, const Settings& settings,
                     Reader& reader) {
  http::JsonWriter json;
  json.BeginObject();
  json.Key("outputs").BeginArray().BeginObject();
  json.Key("address").String(address);
  json.Key("amount_sat").Integer(amount_sat);
  json.EndObject().EndArray();
  WriteFee(reader, json);
  WriteIntegerOption(reader, "max-fee-sat", "max_fee_sat", bitcoin::kMaxMoneySat, json);
  if (!settings.Find("batch").empty()) json.Key("batch").Bool(reader.Flag("batch", true));
  WriteIntegerOption(reader, "not-after", "not_after", kMaxMillis, json);
  if (const auto reference = ReadReference(reader)) json.Key("reference").String(*reference);
  return json.EndObject().Take();
}

std::string ReasonBody(const std::string& reason) {
  http::JsonWriter json;
  return json.BeginObject().Key("reason").String(reason).EndObject().Take();
}

// --- commands

Problem WrongArguments(const Syntax& syntax) {
  const std::string name(syntax.name);
  return Problem{name + " is written so: sendonce-cli " + name +
                 (syntax.arguments.empty() ? "" : " " + std::string(syntax.arguments)) +
                 "; see sendonce-cli -help"};
}

using MaybeCommand = std::variant<Command, Problem>;

MaybeCommand MakeSend(const std::vector<std::string>& words, const Settings& settings,
                      Reader& reader) {
  const auto amount_sat = ReadAmountSat(words[3]);
  if (const auto* problem = std::get_if<Problem>(&amount_sat)) return *problem;
  return Command{Command::Kind::kSend,
                 "PUT",
                 "/v1/sends/" + words[1],
                 SendBody(words[2], std::get<int64_t>(amount_sat), settings, reader),
                 std::nullopt,
                 "",
                 words[1]};
}

MaybeCommand MakeAcceptAlarm(const std::vector<std::string>& words) {
  const auto number = settings::IntegerFromText(words[1]);
  if (!number) return Problem{"\"" + words[1] + "\" is no number of an alarm"};
  if (words[2].empty()) return Problem{"the reason must not be empty: it stays in the log"};
  return Command{Command::Kind::kAcceptAlarm,
                 "POST",
                 "/v1/alarms/" + std::to_string(*number) + "/accept",
                 ReasonBody(words[2]),
                 std::nullopt,
                 "",
                 std::to_string(*number)};
}

MaybeCommand MakeBump(const std::vector<std::string>& words) {
  const auto rate = bitcoin::FeeRateFromSatVbText(words[2]);
  if (!rate || *rate == 0) {
    return Problem{"\"" + words[2] + "\" is no fee rate: sat/vB, with at most three decimals"};
  }
  http::JsonWriter json;
  json.BeginObject().Key("rate_sat_vb").Number(bitcoin::SatVbTextFromFeeRate(*rate)).EndObject();
  return Command{Command::Kind::kBump,
                 "POST",
                 "/v1/sends/" + words[1] + "/bump",
                 json.Take(),
                 std::nullopt,
                 "",
                 words[1]};
}

MaybeCommand MakeVerdict(const std::vector<std::string>& words) {
  const std::string& verdict = words[2];
  if (verdict != "pay-again" && verdict != "never" && verdict != "paid") {
    return Problem{"\"" + verdict + "\" is no verdict: pay-again, never or paid"};
  }
  if (words[3].empty()) return Problem{"the reason must not be empty: it stays in the log"};
  http::JsonWriter json;
  json.BeginObject();
  json.Key("verdict").String(verdict == "pay-again" ? "pay_again" : verdict);
  json.Key("reason").String(words[3]).EndObject();
  return Command{Command::Kind::kVerdict,
                 "POST",
                 "/v1/sends/" + words[1] + "/verdict",
                 json.Take(),
                 std::nullopt,
                 "",
                 words[1]};
}

MaybeCommand MakeImport(const std::vector<std::string>& words) {
  Command command;
  command.kind = Command::Kind::kImport;
  command.file = words[1];
  return command;
}

MaybeCommand MakeCommand(const Syntax& syntax, const Settings& settings, Reader& reader) {
  const std::vector<std::string>& words = settings.words();
  const auto simple = [&syntax](std::string method, std::string path, std::string id = "") {
    return Command{syntax.kind, std::move(method), std::move(path), "", std::nullopt,
                   "",          std::move(id)};
  };
  switch (syntax.kind) {
    case Command::Kind::kSend:
      return MakeSend(words, settings, reader);
    case Command::Kind::kGet:
      return simple("GET", "/v1/sends/" + words[1], words[1]);
    case Command::Kind::kCancel:
      return simple("DELETE", "/v1/sends/" + words[1], words[1]);
    case Command::Kind::kHistory:
      return simple("GET", "/v1/sends/" + words[1] + "/history", words[1]);
    case Command::Kind::kBump:
      return MakeBump(words);
    case Command::Kind::kAdopt:
      return MakeAdoption({words.begin() + 1, words.end()}, ReadReference(reader));
    case Command::Kind::kVerdict:
      return MakeVerdict(words);
    case Command::Kind::kImport:
      return MakeImport(words);
    case Command::Kind::kAcceptAlarm:
      return MakeAcceptAlarm(words);
    case Command::Kind::kStatus:
    case Command::Kind::kFunds:
    case Command::Kind::kAlarms:
      break;
  }
  return simple("GET", "/v1/" + std::string(syntax.name));
}

bool TakesPairs(const Syntax& syntax) {
  return syntax.arguments.ends_with("...");
}

bool HasItsArguments(const Syntax& syntax, size_t count) {
  if (!TakesPairs(syntax)) return count == syntax.argument_count;
  return count >= syntax.argument_count && (count - syntax.argument_count) % 2 == 0;
}

bool TakesId(const Syntax& syntax) {
  return syntax.arguments.starts_with("<id>");
}

}  // namespace

settings::OptionGroup CommandOptions() {
  constexpr auto kValue = Option::Kind::kValue;
  constexpr auto kCommandLine = Option::Place::kCommandLine;
  return {
      "Options of send, get and adopt",
      {
          {"wait", "<s>",
           "Wait until the send has come as far as --until says, at most that many seconds", kValue,
           kCommandLine},
          {"until", "<state>", "sent, confirmed or final (default: sent)", kValue, kCommandLine},
          {"conf-target", "<n>", "send: pay a fee so that it confirms within that many blocks",
           kValue, kCommandLine},
          {"fee-rate", "<sat/vB>", "send: pay that fee rate", kValue, kCommandLine},
          {"max-fee-sat", "<sat>", "send: its share of the fee must not be higher", kValue,
           kCommandLine},
          {"batch", "", "send: -nobatch pays it in a transaction of its own", Option::Kind::kFlag,
           kCommandLine},
          {"not-after", "<ms>",
           "send: becomes `never` if no signature was asked for by then, in milliseconds since "
           "1970. Repeat it unchanged, as everything else",
           kValue, kCommandLine},
          {"reference", "<text>", "send, adopt: up to 256 bytes, stored and shown again", kValue,
           kCommandLine},
      }};
}

std::string DescribeCommands() {
  std::string text;
  for (const Syntax& syntax : kSyntaxes) {
    text += "  " + std::string(syntax.name);
    if (!syntax.arguments.empty()) text += " " + std::string(syntax.arguments);
    text += "\n      " + std::string(syntax.explanation) + "\n";
  }
  return text;
}

std::variant<Command, Problem> ReadCommand(const Settings& settings) {
  const std::vector<std::string>& words = settings.words();
  if (words.empty()) return Problem{"no command is given; see sendonce-cli -help"};
  const Syntax* syntax = FindSyntax(words[0]);
  if (syntax == nullptr) {
    return Problem{"\"" + words[0] + "\" is no command; see sendonce-cli -help"};
  }
  if (!HasItsArguments(*syntax, words.size() - 1)) return WrongArguments(*syntax);
  if (auto problem = CheckOptions(settings, *syntax)) return *problem;
  if (TakesId(*syntax)) {
    if (auto problem = CheckId(words[1])) return *problem;
  }
  Reader reader(settings);
  auto made = MakeCommand(*syntax, settings, reader);
  if (auto* command = std::get_if<Command>(&made)) command->wait = ReadWait(settings, reader);
  if (reader.problem()) return *reader.problem();
  return made;
}

}  // namespace sendonce::cli
