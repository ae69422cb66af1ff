// sendonced as a process: what is opened in which order, what ends it, and what is closed in which
// order.

#ifndef SENDONCE_DAEMON_APPLICATION_H
#define SENDONCE_DAEMON_APPLICATION_H

#include <string>
#include <vector>

#include "daemon/failpoints.h"
#include "wal/log.h"

namespace sendonce::daemon {

// What stands between the daemon and the operating system, for fault injection. In sendonced:
// nothing.
struct Interposed {
  Failpoints& failpoints;
  wal::Substitutes files;
};

// Exit statuses.
constexpr int kExitOk = 0;
constexpr int kExitUsage = 1;    // wrong options; nothing was touched
constexpr int kExitRefused = 2;  // it will not run like this; the standard error says the way out
constexpr int kExitStorage = 3;  // a storage error: nothing is acknowledged after it (G7)

// The whole life of the process: `sendonced [options]` and `sendonced init [options]`. Blocks until
// it ends, returns its exit status. `arguments` without the program's name.
//
// SIGTERM and SIGINT stop it cleanly, SIGHUP reopens the log file. Killing it at any moment loses
// nothing that was acknowledged.
int RunSendonced(const std::vector<std::string>& arguments, const Interposed& interposed);

}  // namespace sendonce::daemon

#endif  // SENDONCE_DAEMON_APPLICATION_H
