#include "http/routes.h"

#include <boost/test/unit_test.hpp>

#include "http/json_reader.h"
#include "http/problem.h"
#include "sample.h"

BOOST_AUTO_TEST_SUITE(http_routes)

using namespace sendonce;
using namespace sendonce::http;

namespace {

std::variant<Routed, Response> Ask(const std::string& method, const std::string& path,
                                   const std::string& query = "", const std::string& body = "") {
  return Route({method, path, query, {}, body}, bitcoin::Network::kRegtest);
}

template <typename T>
T Taken(const std::string& method, const std::string& path, const std::string& query = "",
        const std::string& body = "") {
  const auto answer = Ask(method, path, query, body);
  BOOST_REQUIRE(std::holds_alternative<Routed>(answer));
  BOOST_REQUIRE(std::holds_alternative<T>(std::get<Routed>(answer)));
  return std::get<T>(std::get<Routed>(answer));
}

// "status code field", or "none".
std::string Refusal(const std::string& method, const std::string& path,
                    const std::string& query = "", const std::string& body = "") {
  const auto answer = Ask(method, path, query, body);
  const auto* response = std::get_if<Response>(&answer);
  if (!response) return "none";
  const JsonValue document = std::get<JsonValue>(ParseJson(response->body));
  const JsonValue* field = FindField(document, "field");
  return std::to_string(response->status) + " " + FindField(document, "code")->text + " " +
         (field ? field->text : "");
}

std::string Allowed(const std::string& method, const std::string& path) {
  const auto answer = Ask(method, path);
  const Response& response = std::get<Response>(answer);
  BOOST_TEST(response.status == 405);
  return std::string(FindHeader(response.headers, "Allow").value_or(""));
}

}  // namespace

BOOST_AUTO_TEST_CASE(puts_a_send) {
  const auto submit = Taken<core::Submit>("PUT", "/v1/sends/w-1", "", sample::kBody);
  BOOST_TEST(submit.id == "w-1");
  BOOST_TEST(submit.content.outputs[0].amount_sat == 150000);
  BOOST_TEST(submit.wait.limit_ms == 0);
  BOOST_TEST((submit.wait.until == core::Until::kSent));
  BOOST_TEST(submit.call == 0u);
  BOOST_TEST(!submit.stored);
}

BOOST_AUTO_TEST_CASE(asks_for_a_send) {
  const auto query = Taken<core::Query>("GET", "/v1/sends/w-1", "wait=30&until=final");
  BOOST_TEST(query.id == "w-1");
  BOOST_TEST(query.wait.limit_ms == 30'000);
  BOOST_TEST((query.wait.until == core::Until::kFinal));
}

BOOST_AUTO_TEST_CASE(fences_a_send) {
  BOOST_TEST(Taken<core::Cancel>("DELETE", "/v1/sends/w-1").id == "w-1");
}

BOOST_AUTO_TEST_CASE(asks_for_everything_else) {
  BOOST_TEST(Taken<HistoryRequest>("GET", "/v1/sends/w-1/history").id == "w-1");
  Taken<core::AskStatus>("GET", "/v1/status");
  Taken<core::AskFunds>("GET", "/v1/funds");
  Taken<core::AskAlarms>("GET", "/v1/alarms");
  Taken<MetricsRequest>("GET", "/metrics");
  Taken<HealthRequest>("GET", "/healthz");
  Taken<ReadyRequest>("GET", "/readyz");
  const auto accept =
      Taken<core::AcceptAlarm>("POST", "/v1/alarms/12/accept", "", R"({"reason":"ours"})");
  BOOST_TEST(accept.alarm == 12u);
  BOOST_TEST(accept.reason == "ours");
}

BOOST_AUTO_TEST_CASE(takes_many_at_once) {
  const std::string body = sample::kBody;
  const auto bulk = Taken<BulkSubmit>("POST", "/v1/sends", "",
                                      R"({"sends":[{"id":"w-1",)" + body.substr(1) + ",5]}");
  BOOST_TEST(bulk.command.items.at(0).id == "w-1");
  BOOST_TEST(bulk.refused.at(0).position == 1u);
  const auto query = Taken<BulkQuery>("POST", "/v1/lookup", "", R"({"ids":["w-1","w-2"]})");
  BOOST_TEST(query.command.items.at(1).id == "w-2");
  for (const char* path : {"/v1/sends", "/v1/lookup"}) {
    BOOST_TEST(Refusal("POST", path, "", "[]") == "400 bad_json ", path);
    BOOST_TEST(Refusal("POST", path, "wait=1", "{}") == "400 bad_parameter wait", path);
    BOOST_TEST(Allowed("GET", path) == "POST");
  }
}

BOOST_AUTO_TEST_CASE(changes_a_send) {
  const auto bump = Taken<core::Bump>("POST", "/v1/sends/w-1/bump", "", R"({"rate_sat_vb":30.5})");
  BOOST_TEST(bump.id == "w-1");
  BOOST_TEST(bump.fee_rate_sat_kvb == 30'500);
  const auto adopt = Taken<core::Adopt>("POST", "/v1/sends/w-1/adopt", "",
                                        R"({"txid":")" + sample::Hex('a') + "\"}");
  BOOST_TEST(adopt.id == "w-1");
  BOOST_TEST((adopt.txid == sample::Hash('a')));
  BOOST_TEST(!adopt.content);
  const auto verdict = Taken<core::GiveVerdict>("POST", "/v1/sends/w-1/verdict", "",
                                                R"({"verdict":"never","reason":"refunded"})");
  BOOST_TEST(verdict.id == "w-1");
  BOOST_TEST((verdict.verdict == core::OperatorVerdict::kNever));
  BOOST_TEST(verdict.reason == "refunded");
}

BOOST_AUTO_TEST_CASE(refuses_changes_that_can_not_be_read) {
  for (const char* call : {"/bump", "/adopt", "/verdict"}) {
    const std::string path = "/v1/sends/w-1" + std::string(call);
    BOOST_TEST(Refusal("POST", path, "", "") == "400 bad_json ", path);
    BOOST_TEST(Refusal("POST", path, "wait=1", "{}") == "400 bad_parameter wait", path);
    BOOST_TEST(Refusal("POST", "/v1/sends/a+b" + std::string(call)) == "400 bad_id id", path);
    BOOST_TEST(Allowed("GET", path) == "POST");
  }
  BOOST_TEST(Refusal("POST", "/v1/sends/a/bump", "", "{}") == "400 missing_field rate_sat_vb");
  BOOST_TEST(Refusal("POST", "/v1/sends/a/adopt", "", "{}") == "400 missing_field txid");
  BOOST_TEST(Refusal("POST", "/v1/sends/a/verdict", "", "{}") == "400 missing_field verdict");
}

BOOST_AUTO_TEST_CASE(decodes_ids) {
  BOOST_TEST(Taken<core::Query>("GET", "/v1/sends/w%2D1%3a~x").id == "w-1:~x");
  BOOST_TEST(Taken<core::Query>("GET", "/v1/sends/history").id == "history");
  BOOST_TEST(Taken<core::Query>("GET", "/v1/sends/...").id == "...");
  const std::string longest(128, 'a');
  BOOST_TEST(Taken<core::Query>("GET", "/v1/sends/" + longest).id == longest);
}

BOOST_AUTO_TEST_CASE(refuses_ids_that_are_none) {
  for (const char* id : {"", ".", "..", "%2e%2e", "a%2Fb", "a%20b", "a+b", "a b", "a%", "a%4",
                         "%zz", "a%00", "\xc3\xa4", "a*b", "a,b", "a@b", "{id}"}) {
    const std::string path = "/v1/sends/" + std::string(id);
    for (const char* method : {"GET", "PUT", "DELETE"}) {
      BOOST_TEST(Refusal(method, path, "", sample::kBody) == "400 bad_id id", path);
    }
    BOOST_TEST(Refusal("GET", path + "/history") == "400 bad_id id", path);
  }
  BOOST_TEST(Refusal("GET", "/v1/sends/" + std::string(129, 'a')) == "400 bad_id id");
}

BOOST_AUTO_TEST_CASE(reads_waits) {
  const auto wait_ms = [](const std::string& text) {
    return Taken<core::Query>("GET", "/v1/sends/a", "wait=" + text).wait.limit_ms;
  };
  BOOST_TEST(wait_ms("0") == 0);
  BOOST_TEST(wait_ms("1") == 1'000);
  BOOST_TEST(wait_ms("007") == 7'000);
  BOOST_TEST(wait_ms("600") == core::kMaxWaitMs);
  BOOST_TEST(wait_ms("601") == core::kMaxWaitMs);
  BOOST_TEST(wait_ms("9223372036854775807") == core::kMaxWaitMs);
  BOOST_TEST(wait_ms("99999999999999999999999999") == core::kMaxWaitMs);
  const auto until = [](const std::string& text) {
    return Taken<core::Submit>("PUT", "/v1/sends/a", "until=" + text, sample::kBody).wait.until;
  };
  BOOST_TEST((until("sent") == core::Until::kSent));
  BOOST_TEST((until("confirmed") == core::Until::kConfirmed));
  BOOST_TEST((until("final") == core::Until::kFinal));
}

BOOST_AUTO_TEST_CASE(refuses_bad_parameters) {
  for (const char* wait : {"", "-1", "+1", "1.5", "1e3", "1s", " 1", "0x1"}) {
    BOOST_TEST(
        Refusal("GET", "/v1/sends/a", "wait=" + std::string(wait)) == "400 bad_parameter wait",
        wait);
  }
  for (const char* until : {"", "Sent", "pending", "never"}) {
    BOOST_TEST(
        Refusal("GET", "/v1/sends/a", "until=" + std::string(until)) == "400 bad_parameter until",
        until);
  }
  BOOST_TEST(Refusal("GET", "/v1/sends/a", "wait=1&wait=1") == "400 bad_parameter wait");
  BOOST_TEST(Refusal("GET", "/v1/sends/a", "timeout=1") == "400 bad_parameter timeout");
  BOOST_TEST(Refusal("GET", "/v1/sends/a", "wait=%") == "400 bad_parameter ");
  BOOST_TEST(Refusal("GET", "/v1/sends/a", "a=&b=&c=&d=&e=&f=&g=&h=&i=") == "400 bad_parameter ");
  BOOST_TEST(Refusal("PUT", "/v1/sends/a", "force=1", sample::kBody) == "400 bad_parameter force");
  for (const char* path : {"/v1/status", "/v1/funds", "/v1/alarms", "/metrics", "/healthz",
                           "/readyz", "/v1/sends/a/history"}) {
    BOOST_TEST(Refusal("GET", path, "wait=1") == "400 bad_parameter wait", path);
  }
  BOOST_TEST(Refusal("DELETE", "/v1/sends/a", "wait=1") == "400 bad_parameter wait");
  BOOST_TEST(Refusal("POST", "/v1/alarms/1/accept", "x", "{}") == "400 bad_parameter x");
}

BOOST_AUTO_TEST_CASE(refuses_bad_bodies) {
  BOOST_TEST(Refusal("PUT", "/v1/sends/a", "", "") == "400 bad_json ");
  BOOST_TEST(Refusal("PUT", "/v1/sends/a", "", R"({"outputs":[]})") == "400 bad_parameter outputs");
  BOOST_TEST(Refusal("POST", "/v1/alarms/1/accept", "", "{}") == "400 missing_field reason");
}

BOOST_AUTO_TEST_CASE(knows_no_other_address) {
  for (const char* path : {"",
                           "/",
                           "//",
                           "/v1",
                           "/v1/",
                           "/v2/status",
                           "/v1/send",
                           "/v1/statuss",
                           "/v1/status/",
                           "/V1/status",
                           "/v1/%73tatus",
                           "/v1/sends/a/",
                           "/v1/sends/a/b",
                           "/v1/sends/a/history/",
                           "/v1/sends/a/history/b",
                           "/v1/alarms/1",
                           "/v1/alarms/1/accept/x",
                           "v1/status",
                           "/v1//sends/a",
                           "/metrics/",
                           "/favicon.ico"}) {
    BOOST_TEST(Refusal("GET", path) == "404 not_found ", path);
  }
}

BOOST_AUTO_TEST_CASE(knows_alarms_by_number) {
  for (const char* number : {"", "x", "-1", "1x", "1.0", "18446744073709551616"}) {
    BOOST_TEST(Refusal("POST", "/v1/alarms/" + std::string(number) + "/accept", "",
                       R"({"reason":"ours"})") == "404 not_found ",
               number);
  }
}

BOOST_AUTO_TEST_CASE(says_which_methods_an_address_knows) {
  BOOST_TEST(Allowed("POST", "/v1/sends/a") == "GET, PUT, DELETE");
  BOOST_TEST(Allowed("HEAD", "/v1/sends/a") == "GET, PUT, DELETE");
  BOOST_TEST(Allowed("unknown", "/v1/sends/a") == "GET, PUT, DELETE");
  BOOST_TEST(Allowed("get", "/v1/status") == "GET");
  BOOST_TEST(Allowed("PUT", "/v1/sends/a/history") == "GET");
  BOOST_TEST(Allowed("GET", "/v1/alarms/1/accept") == "POST");
  BOOST_TEST(Allowed("DELETE", "/healthz") == "GET");
  BOOST_TEST(Refusal("OPTIONS", "/v1/nothing") == "404 not_found ");
}

BOOST_AUTO_TEST_SUITE_END()
