// sendonce-cli import: one question for each line of a file. What was recorded by an earlier run is
// answered at once, so a run that was stopped is begun again with the same file.

#ifndef SENDONCE_CLI_IMPORT_H
#define SENDONCE_CLI_IMPORT_H

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "cli/conversation.h"
#include "cli/exit_code.h"
#include "cli/import_file.h"

namespace sendonce::cli {

constexpr int64_t kTellProgressMs = 5'000;

struct ImportOptions {
  bool json = false;
  std::optional<int64_t> give_up_after_ms;  // for each line; see Converse
};

// Blocks until the file ends, or the user has had enough, or a line has no answer, or sendonced
// does not let us in. Progress, and every line that was not recorded with its number and the
// reason, goes to surroundings.tell; `print` is given a line of JSON for each line of the file, or
// a summary at the end. A reply counts as recorded only if the send that it shows names the txid.
//
// kDone: all are recorded. kNotAll: some are not, and were not asked for again. kNoAnswer,
// kRefused: it ended early. kUsage: the file can not be read to its end.
ExitCode RunImport(ImportFile& file, const ImportOptions& options, const Surroundings& surroundings,
                   const std::function<void(const std::string& line)>& print);

}  // namespace sendonce::cli

#endif  // SENDONCE_CLI_IMPORT_H
