// The command line as bitcoind reads it: -name or -name=value in one argument, with one dash or
// two.

#ifndef SENDONCE_SETTINGS_COMMAND_LINE_H
#define SENDONCE_SETTINGS_COMMAND_LINE_H

#include <string>
#include <variant>
#include <vector>

#include "settings/option.h"

namespace sendonce::settings {

struct CommandLine {
  std::vector<Assignment> assignments;  // each of an option of the program; in order
  std::vector<std::string> words;       // what is no option, in order; all that stands behind "--"
};

// `arguments` without the program's name. A single "-" is a word.
std::variant<CommandLine, Problem> ParseCommandLine(const Program& program,
                                                    const std::vector<std::string>& arguments);

}  // namespace sendonce::settings

#endif  // SENDONCE_SETTINGS_COMMAND_LINE_H
