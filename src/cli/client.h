// sendonce-cli, but for main().

#ifndef SENDONCE_CLI_CLIENT_H
#define SENDONCE_CLI_CLIENT_H

#include <filesystem>
#include <string>
#include <vector>

namespace sendonce::cli {

// Reads the options, asks, prints: answers on the standard output, everything else on the standard
// error. Returns the exit code (cli/exit_code.h). REQUIRES: called once, on the only thread.
int RunClient(const std::vector<std::string>& arguments, const std::filesystem::path& home);

}  // namespace sendonce::cli

#endif  // SENDONCE_CLI_CLIENT_H
