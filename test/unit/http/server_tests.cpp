#include "http/server.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <vector>

#include "loopback.h"
#include "sample.h"

BOOST_AUTO_TEST_SUITE(http_server)

using namespace sendonce;
using namespace sendonce::http;
using loopback::Answer;
using loopback::Caller;
using loopback::RequestText;
using loopback::Service;

namespace {

// Answers every call with what it would get from a daemon on which all goes well.
void AnswerAtOnce(Service& service, core::CallToken call, const Routed& routed) {
  if (const auto* submit = std::get_if<core::Submit>(&routed)) {
    service.server().Reply(call, sample::KnownReply(core::Verdict::kCreated, submit->id));
  } else if (const auto* query = std::get_if<core::Query>(&routed)) {
    service.server().Reply(call, sample::KnownReply(core::Verdict::kKnown, query->id));
  } else if (const auto* cancel = std::get_if<core::Cancel>(&routed)) {
    service.server().Reply(call, sample::KnownReply(core::Verdict::kFenced, cancel->id));
  } else if (std::holds_alternative<core::AskStatus>(routed)) {
    service.server().Reply(call, core::StatusReply{});
  } else if (std::holds_alternative<core::AskFunds>(routed)) {
    service.server().Reply(call, core::FundsReply{});
  } else if (std::holds_alternative<core::AskAlarms>(routed)) {
    service.server().Reply(call, core::AlarmsReply{});
  } else if (std::holds_alternative<core::AcceptAlarm>(routed)) {
    service.server().Reply(call, core::AlarmReply{});
  } else if (std::holds_alternative<HistoryRequest>(routed)) {
    service.server().ReplyHistory(call, {{7, 99, core::BatchFinal{4}}}, false);
  } else if (std::holds_alternative<MetricsRequest>(routed)) {
    service.server().ReplyMetrics(call, "sendonce_up 1\n");
  } else if (std::holds_alternative<HealthRequest>(routed)) {
    service.server().ReplyHealth(call);
  } else if (std::holds_alternative<ReadyRequest>(routed)) {
    service.server().ReplyReady(call, std::nullopt);
  }
}

std::string Get(const std::string& id) {
  return RequestText("GET", "/v1/sends/" + id);
}
std::string Put(const std::string& id) {
  return RequestText("PUT", "/v1/sends/" + id, sample::kBody);
}
std::string GetAndWait(const std::string& id) {
  return RequestText("GET", "/v1/sends/" + id + "?wait=600");
}

// Stops the server and remembers when it is drained.
class Stopper {
 public:
  explicit Stopper(Service& service) : service_(service) {
    service_.loop().Run([this] { service_.server().Stop([this] { drained_ = true; }); });
  }

  bool IsDrained() {
    bool drained = false;
    service_.loop().Run([&] { drained = drained_; });
    return drained;
  }

 private:
  Service& service_;
  bool drained_ = false;  // the loop's
};

core::Wait WaitOf(const Routed& routed) {
  return std::get<core::Query>(routed).wait;
}

}  // namespace

BOOST_AUTO_TEST_CASE(answers_every_call) {
  Service service({}, AnswerAtOnce);
  Caller caller(service.port());
  const auto ask = [&](const std::string& method, const std::string& target,
                       const std::string& body = "") {
    caller.Send(RequestText(method, target, body));
    return caller.Read();
  };
  const Answer created = ask("PUT", "/v1/sends/w-1", sample::kBody);
  BOOST_TEST(created.status == 201);
  BOOST_TEST(created.Header("content-type") == "application/json");
  BOOST_TEST(created.body == sample::RecordedSendJson("w-1"));
  BOOST_TEST(ask("GET", "/v1/sends/w-2").body == sample::RecordedSendJson("w-2"));
  BOOST_TEST(ask("DELETE", "/v1/sends/w-3").body == sample::RecordedSendJson("w-3"));
  BOOST_TEST(ask("GET", "/v1/sends/w-1/history").body.starts_with("{\"records\":[{\"seq\":7,"));
  BOOST_TEST(ask("GET", "/v1/status").Field("version") == "test");
  BOOST_TEST(ask("GET", "/v1/funds").body.starts_with("{\"known\":false,"));
  BOOST_TEST(ask("GET", "/v1/alarms").body == "{\"alarms\":[]}");
  BOOST_TEST(ask("POST", "/v1/alarms/1/accept", R"({"reason":"x"})").Field("code") == "not_found");
  const Answer metrics = ask("GET", "/metrics");
  BOOST_TEST(metrics.body == "sendonce_up 1\n");
  BOOST_TEST(metrics.Header("content-type") == "text/plain; version=0.0.4; charset=utf-8");
  BOOST_TEST(ask("GET", "/healthz").body == R"({"alive":true})");
  BOOST_TEST(ask("GET", "/readyz").body == R"({"ready":true,"stalled":null})");
  const ServerCounters counters = service.Counters();
  BOOST_TEST(counters.requests == 11u);
  BOOST_TEST(counters.connections_accepted == 1u);
  BOOST_TEST(counters.connections_open == 1u);
  BOOST_TEST(counters.calls_in_flight == 0u);
}

BOOST_AUTO_TEST_CASE(hands_over_commands_with_their_token) {
  Service service;
  Caller caller(service.port());
  caller.Send(Put("w-1"));
  const auto first = service.recorder().Next();
  BOOST_TEST(first.token == 1u);
  BOOST_TEST(std::get<core::Submit>(first.routed).call == 1u);
  service.Reply(first.token, sample::KnownReply(core::Verdict::kKnown));
  BOOST_TEST(caller.Read().status == 200);
  caller.Send(RequestText("DELETE", "/v1/sends/w-1"));
  const auto second = service.recorder().Next();
  BOOST_TEST(std::get<core::Cancel>(second.routed).call == second.token);
  BOOST_TEST(second.token != first.token);
  service.Reply(second.token, sample::KnownReply(core::Verdict::kTooLate));
  const Answer late = caller.Read();
  BOOST_TEST(late.status == 409);
  BOOST_TEST(late.Header("content-type") == "application/problem+json");
  BOOST_TEST(late.Field("code") == "too_late");
}

BOOST_AUTO_TEST_CASE(asks_for_the_cookie) {
  ServerLimits limits;
  limits.unauthorized_delay_ms = 5;
  Service service(limits, AnswerAtOnce);
  Caller caller(service.port());
  const auto ask = [&](const std::string& headers, const std::string& path = "/v1/status") {
    caller.Send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
    return caller.Read();
  };
  for (const char* headers :
       {"", "Authorization: Basic \r\n", "Authorization: Basic X19jb29raWVfXzp3cm9uZw==\r\n"}) {
    const Answer answer = ask(headers);
    BOOST_TEST(answer.status == 401);
    BOOST_TEST(answer.Field("code") == "unauthorized");
    BOOST_TEST(answer.Header("www-authenticate") == "Basic realm=\"sendonce\"");
  }
  BOOST_TEST(ask("", "/v1/nothing").status == 401);
  BOOST_TEST(ask("", "/metrics").status == 401);
  BOOST_TEST(service.recorder().calls() == 0u);
  BOOST_TEST(service.Counters().unauthorized == 5u);
  BOOST_TEST(ask("", "/healthz").status == 200);
  BOOST_TEST(ask("", "/readyz").status == 200);
  caller.Send(Get("w-1"));
  BOOST_TEST(caller.Read().status == 200);
}

// The answers to wrong credentials come late, and the callers need not wait for them.
BOOST_AUTO_TEST_CASE(forgets_wrong_credentials_whose_owner_left) {
  ServerLimits limits;
  limits.unauthorized_delay_ms = 50;
  Service service(limits, AnswerAtOnce);
  Caller patient(service.port());
  patient.Send("GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n");
  for (int i = 0; i < 20; ++i) {
    Caller hasty(service.port());
    hasty.Send("GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n");
    if (i % 2) hasty.Reset();
  }
  BOOST_TEST(patient.Read().status == 401);
  service.AwaitConnections(1);
  BOOST_TEST(service.recorder().gone().empty());
}

BOOST_AUTO_TEST_CASE(the_connection_stays_usable_after_a_refusal) {
  Service service({}, AnswerAtOnce);
  Caller caller(service.port());
  const auto code = [&](const std::string& text) {
    caller.Send(text);
    const Answer answer = caller.Read();
    BOOST_TEST(answer.Header("content-type") == "application/problem+json");
    BOOST_TEST(answer.Header("connection") == "");
    return std::to_string(answer.status) + " " + answer.Field("code");
  };
  const auto put = [](const std::string& body) {
    return RequestText("PUT", "/v1/sends/w-1", body);
  };
  BOOST_TEST(code(put("{")) == "400 bad_json");
  BOOST_TEST(code(put("{}")) == "400 missing_field");
  BOOST_TEST(code(put(R"({"outputs":[],"x":1})")) == "400 unknown_field");
  BOOST_TEST(code(put(R"({"outputs":[]})")) == "400 bad_parameter");
  BOOST_TEST(code(put(R"({"outputs":[{"address":"x","amount_sat":1}]})")) == "422 bad_address");
  BOOST_TEST(code(put(std::string(1'000, '['))) == "400 bad_json");
  BOOST_TEST(code(RequestText("GET", "/v1/sends/%20")) == "400 bad_id");
  BOOST_TEST(code(RequestText("GET", "/v1/nothing")) == "404 not_found");
  BOOST_TEST(code(RequestText("PATCH", "/v1/status")) == "405 method_not_allowed");
  BOOST_TEST(code(RequestText("OPTIONS", "/v1/status")) == "405 method_not_allowed");
  BOOST_TEST(code(RequestText("GET", "/v1/status", "{}")) == "400 bad_parameter");
  BOOST_TEST(code("GET /v1/status HTTP/1.1\r\nHost: evil.example\r\n\r\n") == "403 forbidden");
  BOOST_TEST(code(RequestText("GET", "/v1/status", "", "Origin: http://evil.example\r\n")) ==
             "403 forbidden");
  BOOST_TEST(code("PUT /v1/sends/w-1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
                  "Authorization: Basic X19jb29raWVfXzowMTIzNDU2Nzg5YWJjZGVm\r\n"
                  "Content-Length: 2\r\n\r\n{}") == "415 unsupported_media_type");
  caller.Send(Put("w-1"));
  BOOST_TEST(caller.Read().status == 201);
  BOOST_TEST(service.recorder().calls() == 1u);
}

BOOST_AUTO_TEST_CASE(answers_a_call_that_waited) {
  Service service;
  Caller waiting(service.port());
  waiting.Send(GetAndWait("w-1"));
  const auto call = service.recorder().Next();
  BOOST_TEST(WaitOf(call.routed).limit_ms == 600'000);
  Caller other(service.port());
  other.Send(Get("w-2"));
  const auto other_call = service.recorder().Next();
  service.Reply(other_call.token, sample::KnownReply(core::Verdict::kKnown, "w-2"));
  BOOST_TEST(other.Read().body == sample::RecordedSendJson("w-2"));
  BOOST_TEST(service.Counters().calls_in_flight == 1u);
  service.Reply(call.token, sample::KnownReply(core::Verdict::kKnown, "w-1"));
  BOOST_TEST(waiting.Read().body == sample::RecordedSendJson("w-1"));
  BOOST_TEST(service.recorder().gone().empty());
}

BOOST_AUTO_TEST_CASE(says_when_a_caller_has_gone) {
  Service service;
  const std::function<void(Caller&)> ways[] = {[](Caller& caller) { caller.Close(); },
                                               [](Caller& caller) { caller.Reset(); },
                                               [](Caller& caller) { caller.HalfClose(); }};
  for (const auto& leave : ways) {
    Caller caller(service.port());
    caller.Send(GetAndWait("w-1"));
    const auto call = service.recorder().Next();
    leave(caller);
    service.recorder().AwaitGone(call.token);
    service.AwaitConnections(0);
    service.Reply(call.token, sample::KnownReply(core::Verdict::kKnown));  // has no effect
  }
  Caller caller(service.port());
  caller.Send(Get("w-2"));
  const auto call = service.recorder().Next();
  service.Reply(call.token, sample::KnownReply(core::Verdict::kKnown));
  BOOST_TEST(caller.Read().status == 200);
}

// What comes while a call waits is kept for later, and does not hide that the caller leaves.
BOOST_AUTO_TEST_CASE(notices_the_end_behind_further_requests) {
  Service service;
  Caller caller(service.port());
  caller.Send(GetAndWait("w-1") + Get("w-2") + Get("w-3"));
  const auto call = service.recorder().Next();
  caller.Send(Get("w-4"));
  BOOST_TEST(service.recorder().calls() == 1u);
  caller.Close();
  service.recorder().AwaitGone(call.token);
  service.AwaitConnections(0);
  BOOST_TEST(service.recorder().calls() == 1u);
}

BOOST_AUTO_TEST_CASE(callers_may_leave_at_any_moment) {
  Service service;
  for (int round = 0; round < 100; ++round) {
    std::vector<std::unique_ptr<Caller>> callers;
    for (int i = 0; i < 8; ++i) {
      callers.push_back(std::make_unique<Caller>(service.port()));
      callers.back()->Send(i % 3 ? GetAndWait("w-1") : Put("w-1") + GetAndWait("w-2"));
    }
    std::vector<core::CallToken> calls;
    for (int i = 0; i < 8; ++i) calls.push_back(service.recorder().Next().token);
    for (int i = 0; i < 8; ++i) {
      if (i % 2 == round % 2) callers[i]->Reset();
      service.Reply(calls[i], sample::KnownReply(core::Verdict::kKnown));
      if (i % 2 != round % 2) callers[i]->Close();
    }
  }
  service.AwaitConnections(0);
  BOOST_TEST(service.Counters().calls_in_flight == 0u);
}

BOOST_AUTO_TEST_CASE(answers_pipelined_requests_in_order) {
  Service service;
  Caller caller(service.port());
  caller.Send(GetAndWait("w-1") + Put("w-2") + Get("w-3"));
  for (const char* id : {"w-1", "w-2", "w-3"}) {
    const auto call = service.recorder().Next();
    BOOST_TEST(service.Counters().calls_in_flight == 1u);
    service.Reply(call.token, sample::KnownReply(core::Verdict::kKnown, id));
    BOOST_TEST(caller.Read().Field("id") == id);
  }
  BOOST_TEST(service.recorder().gone().empty());
}

BOOST_AUTO_TEST_CASE(pipelines_as_much_as_a_caller_likes) {
  Service service({}, AnswerAtOnce);
  Caller caller(service.port());
  std::string requests;
  for (int i = 0; i < 1'000; ++i) requests += i % 2 ? Get("w-1") : Put("w-1");
  std::thread sender([&] { caller.Send(requests); });
  for (int i = 0; i < 1'000; ++i) BOOST_REQUIRE(caller.Read().status == (i % 2 ? 200 : 201));
  sender.join();
}

BOOST_AUTO_TEST_CASE(limits_the_calls_that_wait) {
  ServerLimits limits;
  limits.max_waiting_calls = 1;
  Service service(limits);
  Caller first(service.port());
  first.Send(GetAndWait("w-1"));
  const auto waiting = service.recorder().Next();
  BOOST_TEST(WaitOf(waiting.routed).limit_ms == 600'000);
  Caller second(service.port());
  second.Send(GetAndWait("w-2"));
  const auto hurried = service.recorder().Next();
  BOOST_TEST(WaitOf(hurried.routed).limit_ms == 0);
  service.Reply(hurried.token, sample::KnownReply(core::Verdict::kKnown));
  BOOST_TEST(second.Read().status == 200);
  first.Close();
  service.recorder().AwaitGone(waiting.token);
  second.Send(GetAndWait("w-3"));
  const auto next = service.recorder().Next();
  BOOST_TEST(WaitOf(next.routed).limit_ms == 600'000);
  service.Reply(next.token, sample::KnownReply(core::Verdict::kKnown));
  second.Send(GetAndWait("w-4"));
  BOOST_TEST(WaitOf(service.recorder().Next().routed).limit_ms == 600'000);
}

BOOST_AUTO_TEST_CASE(answers_a_bulk_call_with_what_was_refused_of_it) {
  Service service;
  Caller caller(service.port());
  caller.Send(RequestText("POST", "/v1/lookup", R"({"ids":["a b","w-1",7]})"));
  const auto call = service.recorder().Next();
  BOOST_TEST(std::get<BulkQuery>(call.routed).command.call == call.token);
  core::SendsReply reply;
  reply.replies = {sample::KnownReply(core::Verdict::kKnown)};
  service.Reply(call.token, reply);
  const Answer answer = caller.Read();
  BOOST_TEST(answer.status == 200);
  BOOST_TEST(answer.body.starts_with(R"({"results":[{"type":"about:blank","title":"Bad Request")"));
  BOOST_TEST(answer.body.find(R"({"status":200,"send":{"id":"w-1001")") != std::string::npos);
}

namespace {

const std::string kLookUp = RequestText("POST", "/v1/lookup", R"({"ids":["w-1"]})");
const std::string kHistory = RequestText("GET", "/v1/sends/w-1/history");
const std::string kAlarms = RequestText("GET", "/v1/alarms");

// Whether the server takes that call, which is answered then.
bool Takes(Service& service, const std::string& call) {
  Caller caller(service.port());
  caller.Send(call);
  const Answer answer = caller.Read();
  if (answer.status == 200) return true;
  BOOST_TEST(answer.Field("code") == "overloaded");
  BOOST_TEST(!answer.Header("retry-after").empty());
  return false;
}

}  // namespace

// Until they are answered, or their callers have gone; single calls go on.
BOOST_AUTO_TEST_CASE(limits_the_bulk_calls_in_flight) {
  ServerLimits limits;
  limits.max_bulk_calls = 2;
  std::vector<core::CallToken> held;  // the loop's
  bool hold = true;
  Service service(limits, [&](Service& self, core::CallToken call, const Routed& routed) {
    if (!std::holds_alternative<BulkQuery>(routed)) return AnswerAtOnce(self, call, routed);
    if (!hold) return self.server().Reply(call, core::SendsReply{});
    held.push_back(call);
  });
  Caller first(service.port());
  Caller second(service.port());
  first.Send(kLookUp);
  second.Send(kLookUp);
  loopback::Await([&] { return service.Counters().calls_in_flight == 2; });
  service.loop().Run([&] { hold = false; });
  BOOST_TEST(!Takes(service, kLookUp));
  first.Send(Get("w-1"));
  second.Close();
  service.recorder().AwaitGone(held[1]);
  BOOST_TEST(Takes(service, kLookUp));
  service.Reply(held[0], core::SendsReply{});
  BOOST_TEST(first.Read().status == 200);
  BOOST_TEST(first.Read().status == 200);
}

// A reply that is not read is held for its caller; a short call can ask for a long one. Those that
// can not are answered.
BOOST_AUTO_TEST_CASE(limits_the_bytes_of_replies_that_nobody_reads) {
  ServerLimits limits;
  limits.max_unsent_bytes = 1;
  bool is_long = true;  // the loop's
  Service service(limits, [&](Service& self, core::CallToken call, const Routed& routed) {
    if (!std::holds_alternative<BulkQuery>(routed)) return AnswerAtOnce(self, call, routed);
    core::SendsReply reply;
    if (std::exchange(is_long, false)) {
      reply.replies.assign(20'000, sample::KnownReply(core::Verdict::kKnown));
    }
    self.server().Reply(call, reply);
  });
  Caller reader(service.port());
  reader.Send(kLookUp);
  loopback::Await([&] { return service.Counters().unsent_bytes > 0; });
  BOOST_TEST(!Takes(service, kLookUp));
  BOOST_TEST(!Takes(service, kHistory));
  BOOST_TEST(!Takes(service, kAlarms));
  BOOST_TEST(Takes(service, Get("w-1")));
  BOOST_TEST(reader.Read().status == 200);
  BOOST_TEST(Takes(service, kLookUp));
  BOOST_TEST(Takes(service, kHistory));
  BOOST_TEST(Takes(service, kAlarms));
  BOOST_TEST(service.Counters().unsent_bytes == 0u);
}

BOOST_AUTO_TEST_CASE(bytes_that_nobody_will_read_are_not_counted) {
  Service service({}, [&](Service& self, core::CallToken call, const Routed&) {
    core::SendsReply reply;
    reply.replies.assign(20'000, sample::KnownReply(core::Verdict::kKnown));
    self.server().Reply(call, reply);
  });
  Caller reader(service.port());
  reader.Send(kLookUp);
  loopback::Await([&] { return service.Counters().unsent_bytes > 0; });
  reader.Reset();
  service.AwaitConnections(0);
  BOOST_TEST(service.Counters().unsent_bytes == 0u);
}

BOOST_AUTO_TEST_CASE(stops_when_the_last_call_is_answered) {
  Service service;
  Caller idle(service.port());
  idle.Send(Get("w-0"));
  service.Reply(service.recorder().Next().token, sample::KnownReply(core::Verdict::kKnown));
  BOOST_TEST(idle.Read().status == 200);
  Caller waiting(service.port());
  waiting.Send(GetAndWait("w-1"));
  const auto call = service.recorder().Next();
  Caller sending(service.port());
  const std::string put =
      RequestText("PUT", "/v1/sends/w-2", sample::kBody, "Expect: 100-continue\r\n");
  const size_t head = put.size() - std::string_view(sample::kBody).size();
  sending.Send(put.substr(0, head));
  BOOST_TEST(sending.Read().status == 100);  // so its head has arrived
  Caller silent(service.port());
  service.AwaitConnections(4);

  Stopper stopper(service);
  BOOST_TEST(idle.IsClosed());
  BOOST_TEST(silent.IsClosed());
  BOOST_TEST(!stopper.IsDrained());
  sending.Send(put.substr(head));
  service.Reply(service.recorder().Next().token, sample::KnownReply(core::Verdict::kStopping));
  const Answer refused = sending.Read();
  BOOST_TEST(refused.Field("code") == "stopping");
  BOOST_TEST(refused.Header("connection") == "close");
  BOOST_TEST(sending.IsClosed());
  BOOST_TEST(!stopper.IsDrained());
  service.Reply(call.token, sample::KnownReply(core::Verdict::kKnown));
  const Answer last = waiting.Read();
  BOOST_TEST(last.status == 200);
  BOOST_TEST(last.Header("connection") == "close");
  BOOST_TEST(waiting.IsClosed());
  loopback::Await([&] { return stopper.IsDrained(); });
  BOOST_TEST(service.Counters().connections_open == 0u);
}

BOOST_AUTO_TEST_CASE(closes_a_connection_whose_last_reply_was_on_its_way) {
  Service service({}, [](Service& self, core::CallToken call, const Routed&) {
    self.server().ReplyMetrics(call, std::string(50'000'000, 'm'));
  });
  Caller caller(service.port());
  caller.Send(RequestText("GET", "/metrics"));
  loopback::Await([&] { return service.recorder().calls() == 1; });
  Stopper stopper(service);
  BOOST_TEST(caller.Read().body.size() == 50'000'000u);
  BOOST_TEST(caller.IsClosed());
  loopback::Await([&] { return stopper.IsDrained(); });
}

BOOST_AUTO_TEST_CASE(is_drained_at_once_if_nobody_is_there) {
  Service service;
  Stopper stopper(service);
  loopback::Await([&] { return stopper.IsDrained(); });
}

BOOST_AUTO_TEST_CASE(goes_with_calls_in_flight) {
  Service service;
  Caller waiting(service.port());
  waiting.Send(GetAndWait("w-1"));
  service.recorder().Next();
  Caller unauthorized(service.port());
  unauthorized.Send("GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n");
  Caller silent(service.port());
  Caller half(service.port());
  half.Send("PUT /v1/sends/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{");
  service.Destroy();
  BOOST_TEST(waiting.IsClosed());
  BOOST_TEST(unauthorized.IsClosed());
  BOOST_TEST(silent.IsClosed());
  BOOST_TEST(half.IsClosed());
  BOOST_TEST(service.recorder().gone().empty());
}

BOOST_AUTO_TEST_CASE(says_why_it_can_not_listen) {
  Service service;
  std::optional<std::string> error;
  service.loop().Run([&] {
    ServerOptions options;
    options.credentials = Service::kCredentials;
    options.port = service.port();
    Server second(service.loop().base(), service.recorder(), options);
    error = second.Listen();
  });
  BOOST_REQUIRE(error);
  BOOST_TEST(error->find(std::to_string(service.port())) != std::string::npos);
  BOOST_TEST(error->find("in use") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
