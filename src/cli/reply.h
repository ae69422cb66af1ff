// An answer of sendonced, and what follows from it. Pure.

#ifndef SENDONCE_CLI_REPLY_H
#define SENDONCE_CLI_REPLY_H

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "http/json_reader.h"
#include "net/http_client.h"

namespace sendonce::cli {

// Complete, final for this try, and spoken by sendonced.
struct Reply {
  int status = 0;
  std::string body;          // as it came
  http::JsonValue document;  // the same, an object
};

// Nothing is known that was not known before: put the same question again.
struct TryAgain {
  std::string why;            // for a person
  int64_t not_before_ms = 0;  // the server asked for that pause
};

// A 2xx that answers the command, and 4xx, are replies. A send that is shown, beside a refusal too,
// has to be the one that was asked about, with an outcome of the contract. No connection, no
// answer, any other status, and whatever does not look like sendonced is TryAgain: the same id and
// the same content can be repeated as often as one likes, and no error may be taken for an outcome
// (R5). REQUIRES: the command is one question (no kImport).
std::variant<Reply, TryAgain> JudgeOutcome(const Command& command, const net::HttpOutcome& outcome);

// Whether a send has come as far as the command waits for, or can not come further: there is
// nothing left to wait for. True for every reply that is no send.
bool IsSettled(const Command& command, const Reply& reply);

ExitCode ExitCodeFor(const Command& command, const Reply& reply);

// The send in a reply: all of it, or what a refusal shows beside the reason; nullptr if none.
const http::JsonValue* FindSend(const Reply& reply);

// A text field of the document; empty if it has none of that name.
std::string_view TextField(const http::JsonValue& object, std::string_view name);

}  // namespace sendonce::cli

#endif  // SENDONCE_CLI_REPLY_H
