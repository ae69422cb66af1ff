#include "cli/conversation.h"

#include <boost/test/unit_test.hpp>

#include "http/access.h"
#include "stage.h"

namespace sendonce::cli {
namespace {

Command SendCommand(std::optional<Wait> wait = std::nullopt) {
  return {Command::Kind::kSend, "PUT", "/v1/sends/w-1", R"({"outputs":[]})", wait, "", "w-1"};
}

const std::string kPending = R"({"id":"w-1","outcome":"pending","state":"signed"})";
const std::string kSent = R"({"id":"w-1","outcome":"sent","state":"broadcast"})";

std::string HeaderOf(const net::HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return "";
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(conversation_tests, Stage)

BOOST_AUTO_TEST_CASE(one_try_is_enough_for_an_answer) {
  Answers(201, kPending);
  const auto reply = Run(SendCommand());
  BOOST_REQUIRE(reply);
  BOOST_TEST(reply->status == 201);
  BOOST_REQUIRE_EQUAL(requests.size(), 1);
  BOOST_TEST(requests[0].method == "PUT");
  BOOST_TEST(requests[0].target == "/v1/sends/w-1");
  BOOST_TEST(HeaderOf(requests[0], "Content-Type") == "application/json");
  BOOST_TEST(HeaderOf(requests[0], "Authorization") == http::BasicAuthorization("u:p"));
  BOOST_TEST(told.empty());
}

BOOST_AUTO_TEST_CASE(the_same_is_asked_until_there_is_an_answer) {
  Fails("connection refused");
  Fails("timed out");
  Answers(503, R"({"code":"overloaded","detail":"Too many sends wait."})");
  Answers(200, kPending);
  const auto reply = Run(SendCommand());
  BOOST_REQUIRE(reply);
  BOOST_TEST(reply->status == 200);
  BOOST_REQUIRE_EQUAL(requests.size(), 4);
  for (const net::HttpRequest& request : requests) {
    BOOST_TEST(request.method == requests[0].method);
    BOOST_TEST(request.target == requests[0].target);
    BOOST_TEST(request.body == requests[0].body);
  }
  BOOST_TEST(pauses == (std::vector<int64_t>{250, 500, 1'000}), boost::test_tools::per_element());
  BOOST_REQUIRE_EQUAL(told.size(), 3);
  BOOST_TEST(told[0] == "no answer yet: connection refused; asking the same again, next in 250 ms");
  BOOST_TEST(told[2] == "no answer yet: Too many sends wait.; asking the same again, next in 1 s");
}

BOOST_AUTO_TEST_CASE(an_answer_about_another_send_is_none) {
  Answers(200, R"({"id":"w-2","outcome":"never","state":"cancelled"})");
  Answers(200, "{}");
  Answers(409, R"({"code":"id_reused","send":{"id":"w-2","outcome":"never"}})");
  Answers(200, kPending);
  const auto reply = Run(SendCommand());
  BOOST_REQUIRE(reply);
  BOOST_TEST(reply->body == kPending);
  BOOST_TEST(requests.size() == 4U);
  BOOST_TEST(pauses == (std::vector<int64_t>{250, 500, 1'000}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(pauses_grow_to_a_limit_and_heed_the_server) {
  for (int i = 0; i < 7; ++i) Fails("no");
  Answers(503, "{}", 0, "30");
  Answers(200, kSent);
  Run(SendCommand());
  BOOST_TEST(pauses == (std::vector<int64_t>{250, 500, 1'000, 2'000, 4'000, 5'000, 5'000, 30'000}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_same_reason_is_told_once_a_minute) {
  for (const char* why : {"a", "a", "b", "b"}) Fails(why);
  Fails("b", kTellAgainMs);
  Fails("b");
  Answers(200, kSent);
  Run(SendCommand());
  BOOST_REQUIRE_EQUAL(told.size(), 3);
  BOOST_TEST(told[0].starts_with("no answer yet: a;"));
  BOOST_TEST(told[1].starts_with("no answer yet: b;"));
  BOOST_TEST(told[2].starts_with("no answer yet: b;"));
}

BOOST_AUTO_TEST_CASE(a_refusal_ends_it) {
  Answers(409, R"({"code":"id_reused"})");
  const auto reply = Run(SendCommand(Wait{60, "sent"}));
  BOOST_REQUIRE(reply);
  BOOST_TEST(reply->status == 409);
  BOOST_TEST(pauses.empty());
}

BOOST_AUTO_TEST_CASE(the_server_is_asked_to_hold_its_answer_for_what_is_left_of_the_wait) {
  Answers(200, kPending, 600'000);
  Fails("reset", 1'500);
  Answers(200, kSent);
  InterruptAtPause(3);
  Run(SendCommand(Wait{1'000, "confirmed"}));
  BOOST_TEST(requests.at(0).target == "/v1/sends/w-1?wait=600&until=confirmed");
  BOOST_TEST(requests.at(1).target == "/v1/sends/w-1?wait=399&until=confirmed");  // after a pause
  BOOST_TEST(requests.at(2).target == "/v1/sends/w-1?wait=398&until=confirmed");
}

BOOST_AUTO_TEST_CASE(a_wait_that_runs_out_is_an_answer) {
  Answers(200, kPending, 5'000);
  const auto reply = Run(SendCommand(Wait{5, "sent"}));
  BOOST_REQUIRE(reply);
  BOOST_TEST(TextField(reply->document, "outcome") == "pending");
  BOOST_TEST(requests.size() == 1);
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_hold_its_answer_is_asked_again) {
  Answers(200, kPending);
  Answers(200, kPending);
  Answers(200, kSent);
  const auto reply = Run(SendCommand(Wait{5, "sent"}));
  BOOST_REQUIRE(reply);
  BOOST_TEST(TextField(reply->document, "outcome") == "sent");
  BOOST_TEST(pauses == (std::vector<int64_t>{1'000, 1'000}), boost::test_tools::per_element());
  BOOST_TEST(told.empty());
}

BOOST_AUTO_TEST_CASE(without_an_answer_the_end_of_the_wait_is_no_end) {
  Fails("no", 10'000);
  Answers(200, kPending);
  const auto reply = Run(SendCommand(Wait{5, "sent"}));
  BOOST_REQUIRE(reply);
  BOOST_TEST(requests.at(1).target == "/v1/sends/w-1?wait=0&until=sent");
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_known_is_kept_when_the_server_goes) {
  Answers(200, kPending, 1'000);
  Fails("gone", 10'000);
  const auto reply = Run(SendCommand(Wait{5, "sent"}));
  BOOST_REQUIRE(reply);
  BOOST_TEST(TextField(reply->document, "outcome") == "pending");
}

BOOST_AUTO_TEST_CASE(an_interruption_ends_it_with_what_is_known) {
  Fails("no");
  InterruptAtPause(1);
  BOOST_TEST(!Run(SendCommand()));
}

BOOST_AUTO_TEST_CASE(an_interrupted_wait_has_an_answer) {
  Answers(200, kPending);
  InterruptAtPause(1);
  const auto reply = Run(SendCommand(Wait{60, "sent"}));
  BOOST_REQUIRE(reply);
  BOOST_TEST((ExitCodeFor(SendCommand(Wait{60, "sent"}), *reply) == ExitCode::kPending));
}

BOOST_AUTO_TEST_CASE(it_gives_up_if_told_to) {
  Fails("no", 1'000);
  Fails("no", 1'000);
  BOOST_TEST(!Run(SendCommand(), 2'000));
  BOOST_TEST(requests.size() == 2);
}

BOOST_AUTO_TEST_CASE(a_missing_cookie_is_waited_for) {
  cookie.reset();
  InterruptAtPause(2);
  BOOST_TEST(!Run(SendCommand()));
  BOOST_TEST(requests.empty());
  BOOST_TEST(
      told.at(0).starts_with("no answer yet: there is no cookie of a running sendonced in "
                             "/d/.cookie; "));
}

BOOST_AUTO_TEST_CASE(a_sendonced_that_was_started_again_has_a_new_cookie) {
  Answers(401, R"({"code":"unauthorized"})");
  Answers(200, kSent);
  before_reply = [this] { cookie = "u:new"; };
  const auto reply = Run(SendCommand());
  BOOST_REQUIRE(reply);
  BOOST_TEST(reply->status == 200);
  BOOST_TEST(HeaderOf(requests.at(1), "Authorization") == http::BasicAuthorization("u:new"));
}

BOOST_AUTO_TEST_CASE(sendonced_takes_every_local_host_that_we_write_for_local) {
  for (const char* host : {"127.0.0.1", "::1", "localhost", "fd00::2"}) {
    const http::Headers headers = {{"Host", net::HostAndPort(host, 18'552)}};
    BOOST_TEST(!http::CheckSite(headers, "fd00::2").has_value(), host);
  }
}

BOOST_AUTO_TEST_CASE(wrong_credentials_are_a_refusal) {
  Answers(401, R"({"code":"unauthorized"})");
  const auto reply = Run(SendCommand());
  BOOST_REQUIRE(reply);
  BOOST_TEST(reply->status == 401);
  BOOST_TEST(requests.size() == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::cli
