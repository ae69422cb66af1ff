// sendonce-wal, but for main().

#ifndef SENDONCE_CLI_WAL_TOOL_H
#define SENDONCE_CLI_WAL_TOOL_H

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

namespace sendonce::cli {

enum class WalExitCode {
  kDone = 0,
  kUsage = 1,       // wrong options, or the output could not be written
  kUnreadable = 2,  // missing, empty, or in use; reanchor: refused
  kDamaged = 3,     // not what it should be
};

// Reads the options and the log, prints what was asked for to `out` and everything else to the
// standard error. Returns the exit code. Changes nothing, but for the anchor if that is asked for.
int RunWalTool(const std::vector<std::string>& arguments, const std::filesystem::path& home,
               std::FILE* out);

}  // namespace sendonce::cli

#endif  // SENDONCE_CLI_WAL_TOOL_H
