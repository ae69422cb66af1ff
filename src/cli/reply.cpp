#include "cli/reply.h"

#include <algorithm>
#include <cassert>

namespace sendonce::cli {
namespace {

constexpr http::JsonLimits kReplyLimits{32, 5'000'000};
constexpr int64_t kMaxRetryAfterSeconds = 60;

int64_t RetryAfterMs(const net::HttpResponse& response) {
  const auto seconds = settings::IntegerFromText(response.retry_after);
  return 1'000 * std::min(seconds.value_or(0), kMaxRetryAfterSeconds);
}

std::string StatusText(int status) {
  return "HTTP status " + std::to_string(status);
}

// What a refusal says of itself; its status if it does not speak our language.
std::string WordsOf(const http::JsonValue& document, int status) {
  const std::string_view detail = TextField(document, "detail");
  return detail.empty() ? StatusText(status) : std::string(detail);
}

bool Has(const http::JsonValue& document, std::string_view name, http::JsonValue::Kind kind) {
  const http::JsonValue* field = http::FindField(document, name);
  return field != nullptr && field->kind == kind;
}

// The send of that id, with an outcome that we know how to book.
bool IsSend(const http::JsonValue& value, std::string_view id) {
  if (value.kind != http::JsonValue::Kind::kObject || TextField(value, "id") != id) return false;
  const std::string_view outcome = TextField(value, "outcome");
  return outcome == "pending" || outcome == "sent" || outcome == "never";
}

bool IsAlarm(const http::JsonValue& document, const std::string& number) {
  const http::JsonValue* field = http::FindField(document, "number");
  return field != nullptr && field->kind == http::JsonValue::Kind::kNumber && field->text == number;
}

// Whether a success is one of this command: who else listens on the port may say 200 to anything,
// and so may a sendonced to the question of somebody else, if a proxy mixes them up.
bool IsAnswer(const Command& command, const http::JsonValue& document) {
  using Kind = http::JsonValue::Kind;
  switch (command.kind) {
    case Command::Kind::kSend:
    case Command::Kind::kGet:
    case Command::Kind::kCancel:
    case Command::Kind::kBump:
    case Command::Kind::kAdopt:
    case Command::Kind::kVerdict:
      return IsSend(document, command.id);
    case Command::Kind::kHistory:
      return Has(document, "records", Kind::kArray);
    case Command::Kind::kStatus:
      return Has(document, "wal", Kind::kObject);
    case Command::Kind::kFunds:
      return Has(document, "known", Kind::kBool);
    case Command::Kind::kAlarms:
      return Has(document, "alarms", Kind::kArray);
    case Command::Kind::kAcceptAlarm:
      return IsAlarm(document, command.id);
    case Command::Kind::kImport:
      break;
  }
  assert(false && "an import is many questions");
  return false;
}

// A refusal may show the send; then it is the one that was asked about.
bool IsRefusal(const Command& command, const http::JsonValue& document) {
  const http::JsonValue* send = http::FindField(document, "send");
  return send == nullptr || IsSend(*send, command.id);
}

std::variant<Reply, TryAgain> JudgeResponse(const Command& command,
                                            const net::HttpResponse& response) {
  const int64_t pause_ms = RetryAfterMs(response);
  auto parsed = http::ParseJson(response.body, kReplyLimits);
  auto* document = std::get_if<http::JsonValue>(&parsed);
  if (document == nullptr || document->kind != http::JsonValue::Kind::kObject) {
    return TryAgain{StatusText(response.status) + ", and not in the words of a sendonced",
                    pause_ms};
  }
  const bool succeeded = response.status >= 200 && response.status < 300;
  const bool refused = response.status >= 400 && response.status < 500;
  if (!succeeded && !refused) return TryAgain{WordsOf(*document, response.status), pause_ms};
  if (refused ? !IsRefusal(command, *document) : !IsAnswer(command, *document)) {
    return TryAgain{StatusText(response.status) + ", and no answer to what was asked", pause_ms};
  }
  return Reply{response.status, response.body, std::move(*document)};
}

// The state is as far as `until`. States that come after one another: broadcast, confirmed, final.
bool Reached(std::string_view until, std::string_view outcome, std::string_view state) {
  if (outcome != "sent") return false;
  if (until == "final") return state == "final";
  if (until == "confirmed") return state == "final" || state == "confirmed";
  return true;
}

bool Refused(const Reply& reply) {
  return reply.status >= 400;
}

ExitCode ExitCodeForSend(const Command& command, const Reply& reply) {
  const std::string_view outcome = TextField(reply.document, "outcome");
  const std::string_view state = TextField(reply.document, "state");
  if (outcome == "never") {
    return command.kind == Command::Kind::kCancel ? ExitCode::kDone : ExitCode::kNever;
  }
  if (command.kind == Command::Kind::kCancel) return ExitCode::kPending;
  if (command.kind == Command::Kind::kSend && !command.wait) return ExitCode::kDone;
  const std::string until = command.wait ? command.wait->until : "sent";
  return Reached(until, outcome, state) ? ExitCode::kDone : ExitCode::kPending;
}

bool AnswersWithSend(const Command& command) {
  return command.kind == Command::Kind::kSend || command.kind == Command::Kind::kGet ||
         command.kind == Command::Kind::kCancel;
}

}  // namespace

std::variant<Reply, TryAgain> JudgeOutcome(const Command& command,
                                           const net::HttpOutcome& outcome) {
  if (const auto* failure = std::get_if<net::HttpFailure>(&outcome)) {
    return TryAgain{failure->text, 0};
  }
  return JudgeResponse(command, std::get<net::HttpResponse>(outcome));
}

bool IsSettled(const Command& command, const Reply& reply) {
  if (Refused(reply) || !AnswersWithSend(command)) return true;
  return ExitCodeFor(command, reply) != ExitCode::kPending;
}

ExitCode ExitCodeFor(const Command& command, const Reply& reply) {
  if (Refused(reply)) {
    return TextField(reply.document, "code") == "unknown_id" ? ExitCode::kUnknownId
                                                             : ExitCode::kRefused;
  }
  return AnswersWithSend(command) ? ExitCodeForSend(command, reply) : ExitCode::kDone;
}

const http::JsonValue* FindSend(const Reply& reply) {
  const http::JsonValue* send =
      Refused(reply) ? http::FindField(reply.document, "send") : &reply.document;
  const bool is_send = send != nullptr && send->kind == http::JsonValue::Kind::kObject &&
                       !TextField(*send, "outcome").empty();
  return is_send ? send : nullptr;
}

std::string_view TextField(const http::JsonValue& object, std::string_view name) {
  const http::JsonValue* field = http::FindField(object, name);
  const bool is_text = field != nullptr && field->kind == http::JsonValue::Kind::kString;
  return is_text ? std::string_view(field->text) : std::string_view();
}

}  // namespace sendonce::cli
