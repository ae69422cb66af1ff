// sendonce-wal: reads a stopped log. See doc/sendonce-wal.md.

#include <cstdio>

#include "cli/wal_tool.h"
#include "settings/settings.h"

int main(int argc, char** argv) {
  return sendonce::cli::RunWalTool({argv + 1, argv + argc}, sendonce::settings::HomeDirectory(),
                                   stdout);
}
