// The commands of sendonce-cli: what the words of the command line ask for. Pure.

#ifndef SENDONCE_CLI_COMMAND_H
#define SENDONCE_CLI_COMMAND_H

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "settings/option.h"
#include "settings/settings.h"

namespace sendonce::cli {

// How far a send has to come, and how long that may take.
struct Wait {
  int64_t seconds = 0;
  std::string until = "sent";  // "sent", "confirmed" or "final"
};
constexpr int64_t kMaxWaitSeconds = 2'592'000;  // 30 days

// One question, always the same however often it is put: repeating it does nothing twice. kImport
// alone is many: one of kAdopt for each line of a file.
struct Command {
  enum class Kind {
    kSend,
    kGet,
    kCancel,
    kBump,
    kAdopt,
    kVerdict,
    kHistory,
    kStatus,
    kFunds,
    kAlarms,
    kAcceptAlarm,
    kImport
  };

  Kind kind = Kind::kStatus;
  std::string method;
  std::string path;  // without a query
  std::string body;  // JSON; empty: none
  std::optional<Wait> wait;
  std::string file;  // kImport, and then nothing else
  std::string id;    // of the send, or number of the alarm, that the answer has to be about
};

// The options that belong to commands, for the program's table.
settings::OptionGroup CommandOptions();

// "  send <id> <address> <amount_sat>" and so on, a line or more for each command.
std::string DescribeCommands();

// What the words and options ask for, or what is wrong with them. Checks what can be checked
// without the server: numbers, ranges, and which option belongs to which command.
std::variant<Command, settings::Problem> ReadCommand(const settings::Settings& settings);

}  // namespace sendonce::cli

#endif  // SENDONCE_CLI_COMMAND_H
