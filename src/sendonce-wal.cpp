// sendonce-wal: reads a stopped log. See doc/sendonce-wal.md.

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string_view>

#include "cli/wal_tool.h"
#include "settings/settings.h"

namespace {

// LevelDB maps its tables into memory: what the disk can not read of one is this signal, no error.
void StopUnreadable(int) {
  constexpr std::string_view kSentence =
      "sendonce-wal: a file of the log can not be read (SIGBUS): see to the disk\n";
  [[maybe_unused]] const ssize_t written =
      ::write(STDERR_FILENO, kSentence.data(), kSentence.size());
  ::_exit(static_cast<int>(sendonce::cli::WalExitCode::kUnreadable));
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGBUS, StopUnreadable);
  return sendonce::cli::RunWalTool({argv + 1, argv + argc}, sendonce::settings::HomeDirectory(),
                                   stdout);
}
