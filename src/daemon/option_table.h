// The options of sendonced and what -help says about them.

#ifndef SENDONCE_DAEMON_OPTION_TABLE_H
#define SENDONCE_DAEMON_OPTION_TABLE_H

#include <string>

#include "settings/option.h"

namespace sendonce::daemon {

// Valid for the life of the process.
const settings::Program& SendoncedProgram();

// What `sendonced -help` and `sendonced -version` print.
std::string HelpText();
std::string VersionText();

// Names of -debug's categories, for people: "daemon, core, ...".
std::string LogCategoryNames();

}  // namespace sendonce::daemon

#endif  // SENDONCE_DAEMON_OPTION_TABLE_H
