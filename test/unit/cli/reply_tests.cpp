#include "cli/reply.h"

#include <boost/test/unit_test.hpp>

namespace sendonce::cli {
namespace {

net::HttpResponse Response(int status, std::string body, std::string retry_after = "") {
  return {status, "application/json", std::move(retry_after), std::move(body)};
}

Reply ReplyOf(int status, std::string body) {
  auto judged = JudgeOutcome(Response(status, std::move(body)));
  BOOST_REQUIRE(std::holds_alternative<Reply>(judged));
  return std::get<Reply>(std::move(judged));
}

TryAgain AgainAfter(const net::HttpOutcome& outcome) {
  const auto judged = JudgeOutcome(outcome);
  BOOST_REQUIRE(std::holds_alternative<TryAgain>(judged));
  return std::get<TryAgain>(judged);
}

std::string Send(std::string_view outcome, std::string_view state) {
  return R"({"id":"w","outcome":")" + std::string(outcome) + R"(","state":")" + std::string(state) +
         R"("})";
}

Command CommandOf(Command::Kind kind, std::optional<Wait> wait = std::nullopt) {
  Command command;
  command.kind = kind;
  command.wait = wait;
  return command;
}

int CodeFor(const Command& command, int status, const std::string& body) {
  return static_cast<int>(ExitCodeFor(command, ReplyOf(status, body)));
}

using Kind = Command::Kind;

}  // namespace

BOOST_AUTO_TEST_SUITE(reply_tests)

BOOST_AUTO_TEST_CASE(success_and_refusal_are_replies) {
  for (const int status : {200, 201, 400, 401, 403, 404, 405, 409, 413, 415, 422}) {
    const Reply reply = ReplyOf(status, R"({"code":"x"})");
    BOOST_TEST(reply.status == status);
    BOOST_TEST(reply.body == R"({"code":"x"})");
    BOOST_TEST(TextField(reply.document, "code") == "x");
  }
}

BOOST_AUTO_TEST_CASE(no_failure_is_an_answer) {
  using Failure = net::HttpFailure;
  BOOST_TEST(AgainAfter(Failure{Failure::Kind::kNotConnected, "refused"}).why == "refused");
  BOOST_TEST(AgainAfter(Failure{Failure::Kind::kNoAnswer, "timed out"}).why == "timed out");
  for (const int status : {301, 500, 502, 503, 504}) {
    BOOST_TEST(AgainAfter(Response(status, R"({"detail":"why"})")).why == "why");
  }
  BOOST_TEST(AgainAfter(Response(503, "{}")).why == "HTTP status 503");
}

BOOST_AUTO_TEST_CASE(what_does_not_speak_like_sendonced_is_no_answer) {
  for (const char* body : {"", "<html>", "[]", "3", "{\"outcome\":\"sent\"", "{} {}"}) {
    for (const int status : {200, 404}) {
      BOOST_TEST(AgainAfter(Response(status, body)).why.find("not in the words of a sendonced") !=
                 std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_server_may_ask_for_a_pause) {
  BOOST_TEST(AgainAfter(Response(503, "{}", "5")).not_before_ms == 5'000);
  BOOST_TEST(AgainAfter(Response(503, "{}", "100000")).not_before_ms == 60'000);
  BOOST_TEST(AgainAfter(Response(503, "{}", "soon")).not_before_ms == 0);
  BOOST_TEST(AgainAfter(Response(503, "{}")).not_before_ms == 0);
}

BOOST_AUTO_TEST_CASE(exit_codes_of_a_send_without_a_wait) {
  const Command send = CommandOf(Kind::kSend);
  BOOST_TEST(CodeFor(send, 201, Send("pending", "recorded")) == 0);
  BOOST_TEST(CodeFor(send, 200, Send("sent", "broadcast")) == 0);
  BOOST_TEST(CodeFor(send, 200, Send("never", "cancelled")) == 4);
}

// A script that books a payment on success must not do so for a pending one.
BOOST_AUTO_TEST_CASE(exit_codes_of_get_without_a_wait) {
  const Command get = CommandOf(Kind::kGet);
  BOOST_TEST(CodeFor(get, 200, Send("pending", "signed")) == 3);
  BOOST_TEST(CodeFor(get, 200, Send("pending", "conflicted")) == 3);
  BOOST_TEST(CodeFor(get, 200, Send("sent", "broadcast")) == 0);
  BOOST_TEST(CodeFor(get, 200, Send("sent", "final")) == 0);
  BOOST_TEST(CodeFor(get, 200, Send("never", "expired")) == 4);
}

BOOST_AUTO_TEST_CASE(exit_codes_with_a_wait) {
  const auto code = [](const char* until, const char* outcome, const char* state) {
    for (const Kind kind : {Kind::kGet, Kind::kSend}) {
      const Command command = CommandOf(kind, Wait{1, until});
      const Reply reply = ReplyOf(200, Send(outcome, state));
      const ExitCode exit_code = ExitCodeFor(command, reply);
      BOOST_TEST(IsSettled(command, reply) == (exit_code != ExitCode::kPending));
      if (kind == Kind::kSend) return static_cast<int>(exit_code);
    }
    return -1;
  };
  BOOST_TEST(code("sent", "pending", "recorded") == 3);
  BOOST_TEST(code("sent", "sent", "broadcast") == 0);
  BOOST_TEST(code("confirmed", "sent", "broadcast") == 3);
  BOOST_TEST(code("confirmed", "sent", "confirmed") == 0);
  BOOST_TEST(code("confirmed", "sent", "final") == 0);
  BOOST_TEST(code("final", "sent", "confirmed") == 3);
  BOOST_TEST(code("final", "sent", "final") == 0);
  BOOST_TEST(code("final", "never", "cancelled") == 4);
}

BOOST_AUTO_TEST_CASE(exit_codes_of_cancel) {
  const Command cancel = CommandOf(Kind::kCancel);
  BOOST_TEST(CodeFor(cancel, 200, Send("never", "cancelled")) == 0);
  BOOST_TEST(CodeFor(cancel, 409, R"({"code":"too_late","send":{}})") == 2);
}

BOOST_AUTO_TEST_CASE(exit_codes_of_refusals) {
  BOOST_TEST(CodeFor(CommandOf(Kind::kSend), 409, R"({"code":"id_reused"})") == 2);
  BOOST_TEST(CodeFor(CommandOf(Kind::kSend), 422, R"({"code":"bad_address"})") == 2);
  BOOST_TEST(CodeFor(CommandOf(Kind::kGet), 404, R"({"code":"unknown_id"})") == 6);
  BOOST_TEST(CodeFor(CommandOf(Kind::kHistory), 404, R"({"code":"unknown_id"})") == 6);
  BOOST_TEST(CodeFor(CommandOf(Kind::kStatus), 404, R"({"code":"not_found"})") == 2);
}

BOOST_AUTO_TEST_CASE(everything_else_is_done_when_answered) {
  for (const Kind kind : {Kind::kStatus, Kind::kFunds, Kind::kAlarms, Kind::kHistory}) {
    const Command command = CommandOf(kind);
    BOOST_TEST(CodeFor(command, 200, "{}") == 0);
    BOOST_TEST(IsSettled(command, ReplyOf(200, "{}")));
  }
}

BOOST_AUTO_TEST_CASE(a_refusal_may_show_the_send) {
  const Reply reused = ReplyOf(409, R"({"code":"id_reused","send":)" + Send("sent", "final") + "}");
  BOOST_REQUIRE(FindSend(reused) != nullptr);
  BOOST_TEST(TextField(*FindSend(reused), "state") == "final");
  BOOST_TEST(FindSend(ReplyOf(404, R"({"code":"unknown_id"})")) == nullptr);
  BOOST_TEST(FindSend(ReplyOf(409, R"({"code":"too_late","send":{}})")) == nullptr);
}

BOOST_AUTO_TEST_CASE(what_changes_a_send_is_done_when_it_is_answered) {
  for (const Kind kind : {Kind::kBump, Kind::kAdopt, Kind::kVerdict}) {
    BOOST_TEST(CodeFor(CommandOf(kind), 200, Send("pending", "signed")) == 0);
    BOOST_TEST(CodeFor(CommandOf(kind), 200, Send("never", "cancelled")) == 0);
    BOOST_TEST(CodeFor(CommandOf(kind), 409, R"({"code":"cannot_bump"})") == 2);
    BOOST_TEST(CodeFor(CommandOf(kind), 404, R"({"code":"unknown_transaction"})") == 2);
    BOOST_TEST(CodeFor(CommandOf(kind), 404, R"({"code":"unknown_id"})") == 6);
    BOOST_TEST(IsSettled(CommandOf(kind), ReplyOf(200, Send("pending", "signed"))));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::cli
