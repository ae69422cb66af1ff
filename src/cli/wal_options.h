// What sendonce-wal was told to do.

#ifndef SENDONCE_CLI_WAL_OPTIONS_H
#define SENDONCE_CLI_WAL_OPTIONS_H

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "cli/client_options.h"
#include "core/send.h"
#include "settings/option.h"
#include "wal/log.h"

namespace sendonce::cli {

struct WalOptions {
  enum class Action { kDump, kVerify, kReanchor };

  Action action = Action::kVerify;
  wal::Paths paths;
  core::Seq from = 1;  // dump: the first record to show
};

// As ParseClientOptions. Without -waldir and -anchorfile the paths are those that a sendonced with
// the same -datadir, -conf and network uses.
std::variant<WalOptions, TextToPrint, settings::Problem> ParseWalOptions(
    const std::vector<std::string>& arguments, const std::filesystem::path& home);

const settings::Program& WalProgram();

}  // namespace sendonce::cli

#endif  // SENDONCE_CLI_WAL_OPTIONS_H
