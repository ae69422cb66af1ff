// What sendonce-cli was told to do: the command line, and what sendonce.conf says of the place
// where sendonced is found.

#ifndef SENDONCE_CLI_CLIENT_OPTIONS_H
#define SENDONCE_CLI_CLIENT_OPTIONS_H

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/command.h"
#include "settings/option.h"

namespace sendonce::cli {

struct ServerAddress {
  std::string host;
  uint16_t port = 0;
  std::filesystem::path cookie_file;
};

struct ClientOptions {
  ServerAddress server;
  bool json = false;
  std::optional<int64_t> give_up_after_ms;  // -timeout; absent: never
  Command command;
};

// -help, -version: goes to the standard output.
struct TextToPrint {
  std::string text;
};

// `home` is the user's home directory. Lines of sendonce.conf that only sendonced knows are not
// looked at.
std::variant<ClientOptions, TextToPrint, settings::Problem> ParseClientOptions(
    const std::vector<std::string>& arguments, const std::filesystem::path& home);

const settings::Program& ClientProgram();

}  // namespace sendonce::cli

#endif  // SENDONCE_CLI_CLIENT_OPTIONS_H
