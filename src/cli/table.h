// JSON as a table for people; --json is for programs. Pure.

#ifndef SENDONCE_CLI_TABLE_H
#define SENDONCE_CLI_TABLE_H

#include <cstdint>
#include <string>
#include <string_view>

#include "http/json_reader.h"

namespace sendonce::cli {

// One line for each field, lists of objects as rows below a line of names; whatever differs from
// row to row goes into a last column. Times (milliseconds since 1970, known by their names) are
// shown in UTC. Control characters of texts are written as \xHH. Long texts in rows are cut.
// REQUIRES: `object` is one. Ends with a line end.
std::string TableOf(const http::JsonValue& object);

// The text on one line of a terminal: control characters are written as \xHH, all else as it is.
std::string Printable(std::string_view text);

// "2026-11-23T20:31:00.123Z"
std::string UtcText(int64_t ms_since_1970);

}  // namespace sendonce::cli

#endif  // SENDONCE_CLI_TABLE_H
