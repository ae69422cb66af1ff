// sendonce-cli: asks a running sendonced. See doc/sendonce-cli.md.

#include "cli/client.h"
#include "settings/settings.h"

int main(int argc, char** argv) {
  return sendonce::cli::RunClient({argv + 1, argv + argc}, sendonce::settings::HomeDirectory());
}
