#include "cli/reply.h"

#include <boost/test/unit_test.hpp>

namespace sendonce::cli {
namespace {

net::HttpResponse Response(int status, std::string body, std::string retry_after = "") {
  return {status, "application/json", std::move(retry_after), std::move(body)};
}

using Kind = Command::Kind;

const std::vector<Kind> kAboutSends = {Kind::kSend, Kind::kGet,   Kind::kCancel,
                                       Kind::kBump, Kind::kAdopt, Kind::kVerdict};

// About the send "w", or the alarm 7.
Command CommandOf(Kind kind, std::optional<Wait> wait = std::nullopt) {
  Command command;
  command.kind = kind;
  command.wait = wait;
  command.id = kind == Kind::kAcceptAlarm ? "7" : "w";
  return command;
}

Reply ReplyOf(const Command& command, int status, std::string body) {
  auto judged = JudgeOutcome(command, Response(status, std::move(body)));
  if (const auto* again = std::get_if<TryAgain>(&judged)) BOOST_FAIL(again->why);
  return std::get<Reply>(std::move(judged));
}

TryAgain AgainAfter(const net::HttpOutcome& outcome, Kind kind = Kind::kSend) {
  const auto judged = JudgeOutcome(CommandOf(kind), outcome);
  BOOST_REQUIRE(std::holds_alternative<TryAgain>(judged));
  return std::get<TryAgain>(judged);
}

bool IsNoAnswer(Kind kind, int status, const std::string& body) {
  return std::holds_alternative<TryAgain>(JudgeOutcome(CommandOf(kind), Response(status, body)));
}

std::string Send(std::string_view outcome, std::string_view state, std::string_view id = "w") {
  return R"({"id":")" + std::string(id) + R"(","outcome":")" + std::string(outcome) +
         R"(","state":")" + std::string(state) + R"("})";
}

int CodeFor(const Command& command, int status, const std::string& body) {
  return static_cast<int>(ExitCodeFor(command, ReplyOf(command, status, body)));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reply_tests)

BOOST_AUTO_TEST_CASE(success_and_refusal_are_replies) {
  for (const int status : {400, 401, 403, 404, 405, 409, 413, 415, 422}) {
    const Reply reply = ReplyOf(CommandOf(Kind::kSend), status, R"({"code":"x"})");
    BOOST_TEST(reply.status == status);
    BOOST_TEST(reply.body == R"({"code":"x"})");
    BOOST_TEST(TextField(reply.document, "code") == "x");
  }
  for (const int status : {200, 201}) {
    const Reply reply = ReplyOf(CommandOf(Kind::kSend), status, Send("pending", "recorded"));
    BOOST_TEST(reply.status == status);
    BOOST_TEST(reply.body == Send("pending", "recorded"));
    BOOST_TEST(TextField(reply.document, "state") == "recorded");
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

// Exit code 4 permits a refund, and so does 0 of cancel: neither may come from the fate of another
// send, nor from a server that says 200 to everything.
BOOST_AUTO_TEST_CASE(a_success_counts_only_if_it_is_about_the_send_that_was_asked_for) {
  for (const Kind kind : kAboutSends) {
    for (const int status : {200, 201}) {
      for (const std::string& body :
           {std::string("{}"), std::string(R"({"result":null,"error":null,"id":1})"),
            std::string(R"({"outcome":"never","state":"cancelled"})"),
            std::string(R"({"id":null,"outcome":"never","state":"cancelled"})"),
            std::string(R"({"send":)") + Send("never", "cancelled") + "}",
            Send("never", "cancelled", ""), Send("never", "cancelled", "W"),
            Send("never", "cancelled", "w-1"), Send("sent", "final", "other")}) {
        BOOST_TEST(IsNoAnswer(kind, status, body), body);
      }
    }
  }
  BOOST_TEST(AgainAfter(Response(200, "{}", "5")).why ==
             "HTTP status 200, and no answer to what was asked");
  BOOST_TEST(AgainAfter(Response(200, "{}", "5")).not_before_ms == 5'000);
}

BOOST_AUTO_TEST_CASE(a_success_counts_only_with_an_outcome_of_the_contract) {
  for (const Kind kind : kAboutSends) {
    for (const char* outcome : {"pending", "sent", "never"}) {
      BOOST_TEST(!IsNoAnswer(kind, 200, Send(outcome, "?")));
    }
    for (const char* body : {R"({"id":"w"})", R"({"id":"w","outcome":null})",
                             R"({"id":"w","outcome":true})", R"({"id":"w","outcome":["never"]})"}) {
      BOOST_TEST(IsNoAnswer(kind, 200, body), body);
    }
    for (const char* outcome : {"", "Never", "failed", "cancelled", "never "}) {
      BOOST_TEST(IsNoAnswer(kind, 200, Send(outcome, "cancelled")), outcome);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_refusal_that_shows_another_send_is_no_answer) {
  const auto refusal = [](const std::string& send) {
    return R"({"code":"too_late","send":)" + send + "}";
  };
  for (const Kind kind : kAboutSends) {
    BOOST_TEST(!IsNoAnswer(kind, 409, refusal(Send("sent", "final"))));
    for (const std::string& send :
         {std::string("{}"), std::string("null"), std::string("[]"), std::string("\"w\""),
          Send("sent", "final", "other"), Send("gone", "final")}) {
      BOOST_TEST(IsNoAnswer(kind, 409, refusal(send)), send);
    }
  }
}

BOOST_AUTO_TEST_CASE(other_successes_count_only_if_they_look_like_what_was_asked_for) {
  for (const auto& [kind, body] :
       std::vector<std::pair<Kind, const char*>>{{Kind::kHistory, R"({"records":[]})"},
                                                 {Kind::kStatus, R"({"wal":{}})"},
                                                 {Kind::kFunds, R"({"known":false})"},
                                                 {Kind::kAlarms, R"({"alarms":[]})"},
                                                 {Kind::kAcceptAlarm, R"({"number":7})"}}) {
    BOOST_TEST(!IsNoAnswer(kind, 200, body), body);
    for (const char* odd : {"{}", R"({"records":1,"wal":1,"known":1,"alarms":1,"number":"7"})",
                            R"({"number":77})", R"({"result":null})"}) {
      BOOST_TEST(IsNoAnswer(kind, 200, odd), odd);
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
      const Reply reply = ReplyOf(command, 200, Send(outcome, state));
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
  BOOST_TEST(code("final", "pending", "final") == 3);  // whatever that is, it is not paid
}

BOOST_AUTO_TEST_CASE(exit_codes_of_cancel) {
  const Command cancel = CommandOf(Kind::kCancel);
  BOOST_TEST(CodeFor(cancel, 200, Send("never", "cancelled")) == 0);
  BOOST_TEST(
      CodeFor(cancel, 409, R"({"code":"too_late","send":)" + Send("sent", "broadcast") + "}") == 2);
}

BOOST_AUTO_TEST_CASE(exit_codes_of_refusals) {
  BOOST_TEST(CodeFor(CommandOf(Kind::kSend), 409, R"({"code":"id_reused"})") == 2);
  BOOST_TEST(CodeFor(CommandOf(Kind::kSend), 422, R"({"code":"bad_address"})") == 2);
  BOOST_TEST(CodeFor(CommandOf(Kind::kGet), 404, R"({"code":"unknown_id"})") == 6);
  BOOST_TEST(CodeFor(CommandOf(Kind::kHistory), 404, R"({"code":"unknown_id"})") == 6);
  BOOST_TEST(CodeFor(CommandOf(Kind::kStatus), 404, R"({"code":"not_found"})") == 2);
}

BOOST_AUTO_TEST_CASE(everything_else_is_done_when_answered) {
  const std::string all = R"({"wal":{},"known":true,"alarms":[],"records":[],"number":7})";
  for (const Kind kind :
       {Kind::kStatus, Kind::kFunds, Kind::kAlarms, Kind::kHistory, Kind::kAcceptAlarm}) {
    const Command command = CommandOf(kind);
    BOOST_TEST(CodeFor(command, 200, all) == 0);
    BOOST_TEST(IsSettled(command, ReplyOf(command, 200, all)));
  }
}

BOOST_AUTO_TEST_CASE(a_refusal_may_show_the_send) {
  const Command send = CommandOf(Kind::kSend);
  const Reply reused =
      ReplyOf(send, 409, R"({"code":"id_reused","send":)" + Send("sent", "final") + "}");
  BOOST_REQUIRE(FindSend(reused) != nullptr);
  BOOST_TEST(TextField(*FindSend(reused), "state") == "final");
  BOOST_TEST(FindSend(ReplyOf(send, 404, R"({"code":"unknown_id"})")) == nullptr);
}

BOOST_AUTO_TEST_CASE(what_changes_a_send_is_done_when_it_is_answered) {
  for (const Kind kind : {Kind::kBump, Kind::kAdopt, Kind::kVerdict}) {
    BOOST_TEST(CodeFor(CommandOf(kind), 200, Send("pending", "signed")) == 0);
    BOOST_TEST(CodeFor(CommandOf(kind), 200, Send("never", "cancelled")) == 0);
    BOOST_TEST(CodeFor(CommandOf(kind), 409, R"({"code":"cannot_bump"})") == 2);
    BOOST_TEST(CodeFor(CommandOf(kind), 404, R"({"code":"unknown_transaction"})") == 2);
    BOOST_TEST(CodeFor(CommandOf(kind), 404, R"({"code":"unknown_id"})") == 6);
    BOOST_TEST(
        IsSettled(CommandOf(kind), ReplyOf(CommandOf(kind), 200, Send("pending", "signed"))));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::cli
