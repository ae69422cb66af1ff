// sendonced: the daemon. All of it is in daemon/; see doc/architecture.md.

#include "daemon/application.h"

int main(int argc, char** argv) {
  sendonce::daemon::NoFailpoints failpoints;
  return sendonce::daemon::RunSendonced({argv + 1, argv + argc}, {failpoints, {}});
}
