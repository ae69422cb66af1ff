#include "cli/reply.h"

#include <algorithm>

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

std::variant<Reply, TryAgain> JudgeResponse(const net::HttpResponse& response) {
  const int64_t pause_ms = RetryAfterMs(response);
  auto parsed = http::ParseJson(response.body, kReplyLimits);
  auto* document = std::get_if<http::JsonValue>(&parsed);
  if (document == nullptr || document->kind != http::JsonValue::Kind::kObject) {
    return TryAgain{StatusText(response.status) + ", and not in the words of a sendonced",
                    pause_ms};
  }
  const bool answered = (response.status >= 200 && response.status < 300) ||
                        (response.status >= 400 && response.status < 500);
  if (!answered) return TryAgain{WordsOf(*document, response.status), pause_ms};
  return Reply{response.status, response.body, std::move(*document)};
}

// The state is as far as `until`. States that come after one another: broadcast, confirmed, final.
bool Reached(std::string_view until, std::string_view outcome, std::string_view state) {
  if (until == "final") return state == "final";
  if (until == "confirmed") return state == "final" || state == "confirmed";
  return outcome == "sent";
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

std::variant<Reply, TryAgain> JudgeOutcome(const net::HttpOutcome& outcome) {
  if (const auto* failure = std::get_if<net::HttpFailure>(&outcome)) {
    return TryAgain{failure->text, 0};
  }
  return JudgeResponse(std::get<net::HttpResponse>(outcome));
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
