#include "cli/import_file.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "cli/adoption.h"

namespace sendonce::cli {
namespace {

using settings::Problem;

constexpr std::string_view kBlanks = " \t\r";
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr size_t kFirstOutputField = 2;

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::vector<std::string> Fields(std::string_view line) {
  std::vector<std::string> fields;
  for (;;) {
    const size_t comma = line.find(',');
    fields.emplace_back(Trimmed(line.substr(0, comma)));
    if (comma == std::string_view::npos) return fields;
    line.remove_prefix(comma + 1);
  }
}

std::variant<Command, Problem> QuestionOf(const std::vector<std::string>& fields) {
  if (fields.size() <= kFirstOutputField) {
    return Problem{"a line is written so: id,txid,address,amount_sat[,address,amount_sat]..."};
  }
  return MakeAdoption(fields, std::nullopt);
}

}  // namespace

// Without its end; one byte more than is allowed if it is longer. nullopt at the end of the file.
std::optional<std::string> ImportFile::ReadLine() {
  std::string line;
  char c = '\0';
  while (stream_.get(c)) {
    if (c == '\n') return line;
    if (line.size() <= kMaxImportLineBytes) line += c;
  }
  if (line.empty() || stream_.bad()) return std::nullopt;
  return line;
}

std::optional<ImportLine> ImportFile::Next() {
  while (const auto read = ReadLine()) {
    ++number_;
    if (read->size() > kMaxImportLineBytes) {
      may_be_header_ = false;
      return ImportLine{
          number_, "", "",
          Problem{"the line has more than " + std::to_string(kMaxImportLineBytes) + " bytes"}};
    }
    std::string_view line = *read;
    if (number_ == 1 && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
    line = Trimmed(line);
    if (line.empty() || line.front() == '#') continue;
    const auto fields = Fields(line);
    const std::string txid = fields.size() > 1 ? fields[1] : "";
    const bool is_header = may_be_header_ && txid == "txid";
    may_be_header_ = false;
    if (!is_header) return ImportLine{number_, fields[0], txid, QuestionOf(fields)};
  }
  return std::nullopt;
}

}  // namespace sendonce::cli
