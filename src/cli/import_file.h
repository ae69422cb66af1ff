// A file of payments that were made before, line by line: id,txid,address,amount_sat and any number
// of further pairs of address and amount.
//
// Blanks around a field do not count. Empty lines and those that begin with # are left out, and so
// is the first other one if it is a header (its second field is "txid"). Nothing is quoted: no
// field can hold a comma.

#ifndef SENDONCE_CLI_IMPORT_FILE_H
#define SENDONCE_CLI_IMPORT_FILE_H

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <variant>

#include "cli/command.h"
#include "settings/option.h"

namespace sendonce::cli {

// Enough for core::kMaxOutputsPerSend outputs with the longest addresses. Of a longer line no more
// than that is kept.
constexpr size_t kMaxImportLineBytes = 16'384;

struct ImportLine {
  uint64_t number = 0;  // in the file, from 1
  std::string id;       // as it stands there, also if it is none
  std::string txid;     // likewise
  std::variant<Command, settings::Problem> question;
};

// Not thread-safe. The stream must outlive it.
class ImportFile {
 public:
  explicit ImportFile(std::istream& stream) : stream_(stream) {}

  // The next line that asks for something, or for nothing that can be understood; nullopt at the
  // end of the file, and where it can not be read (see failed).
  std::optional<ImportLine> Next();

  // Reading ended before the end of the file.
  bool failed() const { return stream_.bad(); }

 private:
  std::optional<std::string> ReadLine();

  std::istream& stream_;
  uint64_t number_ = 0;
  bool may_be_header_ = true;
};

}  // namespace sendonce::cli

#endif  // SENDONCE_CLI_IMPORT_FILE_H
