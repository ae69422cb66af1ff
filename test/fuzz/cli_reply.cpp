// What a tool takes for an answer. The first bytes are what the HTTP exchange came to, then the
// body. R5: only what is whole, spoken by sendonced and about the send that was asked for is an
// answer; a send counts as settled only if the reply says so.

#include "cli/reply.h"

#include <sstream>

#include "bitcoin/hash.h"
#include "cli/import_file.h"
#include "core/send.h"
#include "input.h"
#include "target.h"

namespace sendonce::fuzz {
namespace {

using cli::Command;
using cli::Reply;

constexpr char kId[] = "w-1";
constexpr char kAlarm[] = "7";
constexpr size_t kCommandKinds = static_cast<size_t>(Command::Kind::kImport);

net::HttpOutcome TakeOutcome(Input& input) {
  switch (input.Below(8)) {
    case 0:
      return net::HttpFailure{net::HttpFailure::Kind::kNotConnected, "refused"};
    case 1:
      return net::HttpFailure{net::HttpFailure::Kind::kNoAnswer, "timeout"};
    default: {
      net::HttpResponse response;
      response.status = static_cast<int>(input.Number(2));
      response.content_type = input.Until('\n');
      response.retry_after = input.Until('\n');
      response.body = input.RestAsText();
      return response;
    }
  }
}

void CheckReply(const Command& command, const Reply& reply, const net::HttpOutcome& outcome) {
  const auto* response = std::get_if<net::HttpResponse>(&outcome);
  assert(response && reply.status == response->status && reply.body == response->body);
  assert((reply.status >= 200 && reply.status < 300) ||
         (reply.status >= 400 && reply.status < 500));
  assert(reply.document.kind == http::JsonValue::Kind::kObject);
  const bool settled = cli::IsSettled(command, reply);
  const http::JsonValue* send = cli::FindSend(reply);
  if (send) assert(cli::TextField(*send, "id") == kId);
  if (send && cli::TextField(*send, "outcome") == "never") assert(settled);
  // The only code that permits a refund, and a fence that is said to hold: both say "never".
  const auto code = cli::ExitCodeFor(command, reply);
  const bool fenced = code == cli::ExitCode::kDone && command.kind == Command::Kind::kCancel;
  if (code == cli::ExitCode::kNever || fenced) {
    assert(send && cli::TextField(*send, "outcome") == "never");
  }
  if (reply.status >= 400) assert(code != cli::ExitCode::kDone);
}

void CheckImport(const std::string& text) {
  std::istringstream stream(text);
  cli::ImportFile file(stream);
  uint64_t last = 0;
  while (const auto line = file.Next()) {
    assert(line->number > last);
    last = line->number;
    const auto* command = std::get_if<Command>(&line->question);
    if (!command) continue;
    assert(command->kind == Command::Kind::kAdopt && core::IsValidSendId(line->id));
    assert(bitcoin::HashFromDisplayHex(line->txid).has_value());
    assert(std::holds_alternative<http::JsonValue>(http::ParseJson(command->body)));
  }
  assert(!file.failed());
}

}  // namespace
}  // namespace sendonce::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sendonce::fuzz;
  Input input(data, size);
  Command command;
  command.kind = static_cast<Command::Kind>(input.Below(kCommandKinds));
  command.id = command.kind == Command::Kind::kAcceptAlarm ? kAlarm : kId;
  if (input.Bool()) command.wait = sendonce::cli::Wait{10, input.Bool() ? "sent" : "final"};
  const std::string text = TextOf(input.rest());
  const auto outcome = TakeOutcome(input);
  const auto judged = sendonce::cli::JudgeOutcome(command, outcome);
  if (const auto* reply = std::get_if<Reply>(&judged)) {
    CheckReply(command, *reply, outcome);
  } else {
    assert(std::get<sendonce::cli::TryAgain>(judged).not_before_ms >= 0);
  }
  CheckImport(text);
  return 0;
}
