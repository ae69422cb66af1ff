#include "http/connections.h"

#include <event2/event.h>

#include <boost/test/unit_test.hpp>
#include <memory>
#include <vector>

#include "http/json_reader.h"
#include "loopback.h"
#include "sample.h"

// What clients can do to a connection: slow, endless, oversized, smuggled.
BOOST_AUTO_TEST_SUITE(http_connections)

using namespace sendonce;
using namespace sendonce::http;
using loopback::Answer;
using loopback::Caller;
using loopback::RequestText;
using loopback::Service;

namespace {

void AnswerAtOnce(Service& service, core::CallToken call, const Routed&) {
  service.server().Reply(call, sample::KnownReply(core::Verdict::kKnown));
}

ServerLimits Hurried() {
  ServerLimits limits;
  limits.request_timeout_ms = 100;
  return limits;
}

std::string Get(const std::string& headers = "") {
  return RequestText("GET", "/v1/sends/w-1", "", headers);
}

std::string Padded(size_t bytes) {
  const std::string bare = Get("X-Padding: \r\n");
  return Get("X-Padding: " + std::string(bytes - bare.size(), 'x') + "\r\n");
}

// Sends one byte after the other until the server has had enough.
void Trickle(Caller& caller, std::string_view first, char then) {
  if (!caller.Send(first)) return;
  loopback::Await([&] { return !caller.Send(std::string_view(&then, 1)); });
}

// A caller who got this through in time: on a busy machine even an honest one can be too slow for
// the limits of these tests.
std::unique_ptr<Caller> ServedCaller(Service& service, const std::string& requests) {
  std::unique_ptr<Caller> caller;
  loopback::Await([&] {
    caller = std::make_unique<Caller>(service.port());
    caller->Send(requests);
    const std::optional<Answer> answer = caller->TryRead();
    return answer && answer->status == 200;
  });
  return caller;
}

void ExpectRefusalAndEnd(Caller& caller, int status, const std::string& code) {
  const Answer answer = caller.Read();
  BOOST_TEST(answer.status == status);
  BOOST_TEST(answer.Header("content-type") == "application/problem+json");
  BOOST_TEST(answer.Header("connection") == "close");
  BOOST_TEST(answer.Field("code") == code);
  BOOST_TEST(caller.IsClosed());
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_request_that_trickles_in_is_cut) {
  Service service(Hurried(), AnswerAtOnce);
  const std::pair<std::string, char> tricks[] = {
      {"", 'G'},                                                            // the request line
      {"GET /v1/sends/w-1 HTTP/1.1\r\nHost: localhost\r\nX: ", 'x'},        // a header
      {"PUT /v1/sends/w-1 HTTP/1.1\r\nContent-Length: 9999\r\n\r\n", '{'},  // the body
      {"PUT /v1/sends/w-1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", '0'},  // a chunk's size
      {"PUT /v1/sends/w-1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX: ",
       'x'},                                                                        // a trailer
      {"PUT /v1/sends/w-1 HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n", '{'},  // too large
  };
  uint64_t cut = 0;
  for (const auto& [first, then] : tricks) {
    Caller caller(service.port());
    Trickle(caller, first, then);
    service.AwaitConnections(0);
    BOOST_TEST(service.Counters().connections_timed_out == ++cut, first);
  }
  BOOST_TEST(service.recorder().calls() == 0u);
  ServedCaller(service, Get());
}

BOOST_AUTO_TEST_CASE(a_connection_that_says_nothing_is_cut) {
  Service service(Hurried(), AnswerAtOnce);
  Caller caller(service.port());
  BOOST_TEST(caller.IsClosed());
  BOOST_TEST(service.Counters().connections_timed_out == 1u);
}

BOOST_AUTO_TEST_CASE(a_later_request_has_its_own_time) {
  Service service(Hurried(), AnswerAtOnce);
  const std::unique_ptr<Caller> caller = ServedCaller(service, Get() + "GET /v1/");
  BOOST_TEST(caller->IsClosed());
  BOOST_TEST(service.Counters().connections_timed_out >= 1u);
}

BOOST_AUTO_TEST_CASE(an_idle_connection_is_closed) {
  ServerLimits limits;
  limits.idle_timeout_ms = 50;
  Service service(limits, AnswerAtOnce);
  Caller caller(service.port());
  caller.Send(Get());
  BOOST_TEST(caller.Read().status == 200);
  BOOST_TEST(caller.IsClosed());
}

// A call may take longer than any of the limits: only what the client does is limited.
BOOST_AUTO_TEST_CASE(a_call_may_take_its_time) {
  ServerLimits limits;
  limits.request_timeout_ms = limits.idle_timeout_ms = 20;
  Service service(limits);
  std::unique_ptr<Caller> caller;
  loopback::Await([&] {
    caller = std::make_unique<Caller>(service.port());
    caller->Send(Get());
    Caller silent(service.port());  // when this one is cut the time of both is up
    BOOST_TEST(silent.IsClosed());
    return service.recorder().calls() > 0;
  });
  service.Reply(service.recorder().Next().token, sample::KnownReply(core::Verdict::kKnown));
  BOOST_TEST(caller->Read().status == 200);
}

BOOST_AUTO_TEST_CASE(a_reply_that_nobody_reads_is_cut) {
  ServerLimits limits;
  limits.reply_timeout_ms = 100;
  Service service(limits, [](Service& self, core::CallToken call, const Routed&) {
    self.server().ReplyMetrics(call, std::string(50'000'000, 'm'));
  });
  Caller caller(service.port());
  caller.Send(RequestText("GET", "/metrics"));
  loopback::Await([&] { return service.Counters().connections_timed_out == 1; });
  service.AwaitConnections(0);
  BOOST_TEST(!caller.TryRead());
}

BOOST_AUTO_TEST_CASE(connections_are_counted) {
  ServerLimits limits;
  limits.max_connections = 3;
  Service service(limits, AnswerAtOnce);
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 3; ++i) {
    callers.push_back(std::make_unique<Caller>(service.port()));
    callers.back()->Send(Get());
    BOOST_TEST(callers.back()->Read().status == 200);
  }
  for (int i = 0; i < 5; ++i) {
    Caller refused(service.port());
    const std::optional<Answer> answer = refused.TryRead();
    BOOST_REQUIRE(answer);
    BOOST_TEST(answer->status == 503);
    BOOST_TEST(answer->Field("code") == "overloaded");
    BOOST_TEST(answer->Header("retry-after") == "1");
    BOOST_TEST(refused.IsClosed());
  }
  BOOST_TEST(service.Counters().connections_refused == 5u);
  callers[1]->Close();
  service.AwaitConnections(2);
  Caller next(service.port());
  next.Send(Get());
  BOOST_TEST(next.Read().status == 200);
  callers[0]->Send(Get());
  BOOST_TEST(callers[0]->Read().status == 200);
}

class Nobody : public Connections::Listener {
 public:
  void OnRequest(Exchange, Request) override {}
  void OnEnded(Exchange) override {}
};

// So that no more than that are open beyond the limit at any time.
BOOST_AUTO_TEST_CASE(a_crowd_is_accepted_in_parts) {
  constexpr size_t kLimit = 10;
  constexpr size_t kCrowd = kMaxNewConnections + 20;
  const std::unique_ptr<event_base, void (*)(event_base*)> base(event_base_new(), event_base_free);
  Nobody nobody;
  ServerLimits limits;
  limits.max_connections = kLimit;
  Connections connections(base.get(), nobody, limits);
  BOOST_REQUIRE(!connections.Listen("127.0.0.1", 0));
  std::vector<std::unique_ptr<Caller>> crowd;
  for (size_t i = 0; i < kCrowd; ++i) {
    crowd.push_back(std::make_unique<Caller>(connections.port()));
  }
  event_base_loop(base.get(), EVLOOP_ONCE);
  BOOST_TEST(connections.counters().connections_accepted == kMaxNewConnections);
  BOOST_TEST(connections.counters().connections_open == kLimit);
  event_base_loop(base.get(), EVLOOP_ONCE);
  BOOST_TEST(connections.counters().connections_accepted == kCrowd);
  BOOST_TEST(connections.counters().connections_open == kLimit);
}

BOOST_AUTO_TEST_CASE(many_connections_come_and_go) {
  ServerLimits limits;
  limits.max_connections = 50;
  Service service(limits, AnswerAtOnce);
  for (int round = 0; round < 10; ++round) {
    std::vector<std::unique_ptr<Caller>> callers;
    for (int i = 0; i < 80; ++i) callers.push_back(std::make_unique<Caller>(service.port()));
    for (auto& caller : callers) caller->Send(Get());
    size_t served = 0;
    for (auto& caller : callers) {
      const std::optional<Answer> answer = caller->TryRead();
      served += answer && answer->status == 200;
    }
    BOOST_TEST(served == 50u);
    callers.clear();
    service.AwaitConnections(0);
  }
}

BOOST_AUTO_TEST_CASE(headers_have_a_limit) {
  Service service({}, AnswerAtOnce);
  Caller caller(service.port());
  caller.Send(Padded(kMaxHeaderBytes));
  BOOST_TEST(caller.Read().status == 200);
  caller.Send(Padded(kMaxHeaderBytes + 200));
  ExpectRefusalAndEnd(caller, 400, "bad_request");
  Caller line(service.port());
  line.Send("GET /" + std::string(kMaxHeaderBytes + 1, 'x') + " HTTP/1.1\r\n\r\n");
  ExpectRefusalAndEnd(line, 400, "bad_request");
  Caller endless(service.port());
  endless.Send(std::string(kMaxHeaderBytes + 1, 'x'));
  ExpectRefusalAndEnd(endless, 400, "bad_request");
  Caller many(service.port());
  std::string headers;
  while (headers.size() < 2 * kMaxHeaderBytes) headers += "A: b\r\n";
  many.Send(Get(headers));
  BOOST_TEST(many.Read().status == 400);
}

BOOST_AUTO_TEST_CASE(bodies_have_a_limit) {
  Service service({}, AnswerAtOnce);
  const auto put = [](size_t bytes) {
    return RequestText("PUT", "/v1/sends/w-1", std::string(bytes, ' '));
  };
  Caller caller(service.port());
  caller.Send(put(kMaxBodyBytes));
  BOOST_TEST(caller.Read().Field("code") == "bad_json");
  caller.Send(put(kMaxBodyBytes + 1));
  ExpectRefusalAndEnd(caller, 413, "too_large");
  Caller large(service.port());
  large.Send(put(20 * kMaxBodyBytes));
  ExpectRefusalAndEnd(large, 413, "too_large");
}

BOOST_AUTO_TEST_CASE(chunked_bodies_have_the_same_limit) {
  Service service({}, AnswerAtOnce);
  const std::string head = RequestText("PUT", "/v1/sends/w-1", "",
                                       "Content-Type: application/json\r\n"
                                       "Transfer-Encoding: chunked\r\n");
  Caller caller(service.port());
  caller.Send(head + "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n");
  BOOST_TEST(caller.Read().Field("code") == "missing_field");
  caller.Send(head + "100000\r\n" + std::string(kMaxBodyBytes, ' ') + "\r\n0\r\nX: y\r\n\r\n");
  BOOST_TEST(caller.Read().Field("code") == "bad_json");
  std::string small;
  for (int i = 0; i < 50'000; ++i) small += "1\r\n \r\n";
  caller.Send(head + small + "0\r\n\r\n");
  BOOST_TEST(caller.Read().Field("code") == "bad_json");
  caller.Send(head + "100001\r\n");
  ExpectRefusalAndEnd(caller, 413, "too_large");
  Caller corrupt(service.port());
  corrupt.Send(head + "xyz\r\n");
  BOOST_TEST(corrupt.Read().Header("connection") == "close");
  BOOST_TEST(corrupt.IsClosed());
}

BOOST_AUTO_TEST_CASE(lets_a_careful_caller_send_its_body) {
  Service service({}, AnswerAtOnce);
  Caller caller(service.port());
  const std::string request =
      RequestText("PUT", "/v1/sends/w-1", sample::kBody, "Expect: 100-continue\r\n");
  const size_t body = request.size() - std::string_view(sample::kBody).size();
  caller.Send(request.substr(0, body));
  BOOST_TEST(caller.Read().status == 100);
  caller.Send(request.substr(body));
  BOOST_TEST(caller.Read().status == 200);
  caller.Send(RequestText("PUT", "/v1/sends/w-1", sample::kBody, "Expect: 200-maybe\r\n"));
  ExpectRefusalAndEnd(caller, 400, "bad_request");
}

BOOST_AUTO_TEST_CASE(what_is_not_http_gets_a_problem_document) {
  Service service({}, AnswerAtOnce);
  const std::string host = "Host: localhost\r\n\r\n";
  for (const std::string& text :
       {std::string("hello world\r\n\r\n"), std::string("\r\n\r\n"),
        std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15),
        "GET /v1/status\r\n" + host, "GET /v1/status HTTP/2.0\r\n" + host,
        "GET /v1/status HTTP/0.9\r\n" + host, "GET /v1/status HTTP/1.2\r\n" + host,
        "GET /v1/status HTTP/-1.1\r\n" + host, "GET /v1/status HTTP/1.1x\r\n" + host,
        "GET http://localhost/v1/status HTTP/1.1\r\n" + host, "GET * HTTP/1.1\r\n" + host,
        "GET v1/status HTTP/1.1\r\n" + host, "GET /v1/status HTTP/1.1\r\nno colon\r\n" + host,
        "GET /v1/status HTTP/1.1\r\nA b: c\r\n" + host,
        "GET /v1/status HTTP/1.1\r\nContent-Length: -5\r\n" + host,
        "GET /v1/status HTTP/1.1\r\nContent-Length: 5x\r\n" + host}) {
    Caller caller(service.port());
    BOOST_TEST_INFO(text);
    caller.Send(text);
    ExpectRefusalAndEnd(caller, 400, "bad_request");
  }
  BOOST_TEST(service.recorder().calls() == 0u);
}

// With such a request the two ends could disagree on where the next one begins.
BOOST_AUTO_TEST_CASE(a_request_can_not_be_smuggled) {
  Service service({}, AnswerAtOnce);
  const std::string smuggled = RequestText("DELETE", "/v1/sends/w-1");
  for (const char* headers :
       {"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "Content-Length: 0\r\nContent-Length: 9\r\n", "Content-Length: 0\r\nContent-Length: 0\r\n",
        "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: chunked, identity\r\n",
        "Content-Length: +0\r\n", "Content-Length : 0\r\n", "Transfer-Encoding : chunked\r\n",
        "Content-Length: 0\r\n 5\r\n"}) {
    Caller caller(service.port());
    caller.Send(Get(headers) + "0\r\n\r\n" + smuggled);
    const std::optional<Answer> answer = caller.TryRead();
    if (answer) {
      BOOST_TEST(answer->status == 400, headers);
      BOOST_TEST(answer->Field("code") == "bad_request", headers);
      BOOST_TEST(answer->Header("connection") == "close", headers);
      BOOST_TEST(caller.IsClosed(), headers);
    }
    service.AwaitConnections(0);
  }
  BOOST_TEST(service.recorder().calls() == 0u);
}

BOOST_AUTO_TEST_CASE(methods_without_a_body_end_the_connection) {
  Service service({}, AnswerAtOnce);
  for (const char* method : {"TRACE", "BREW", "get", "HEAD"}) {
    Caller caller(service.port());
    caller.Send(RequestText(method, "/v1/status") + Get());
    const bool head = std::string_view(method) == "HEAD";
    const Answer answer = caller.Read(head);
    BOOST_TEST(answer.status == 405, method);
    BOOST_TEST(answer.Header("allow") == "GET", method);
    BOOST_TEST(answer.Header("connection") == "close", method);
    BOOST_TEST(caller.IsClosed(), method);
  }
  Caller connect(service.port());
  connect.Send("CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ExpectRefusalAndEnd(connect, 400, "bad_request");
  BOOST_TEST(service.recorder().calls() == 0u);
}

BOOST_AUTO_TEST_CASE(old_clients_are_served_as_they_expect) {
  Service service({}, AnswerAtOnce);
  const std::string request = Get();
  const std::string rest = request.substr(request.find("\r\n"));
  Caller once(service.port());
  once.Send("GET /v1/sends/w-1 HTTP/1.0" + rest);
  BOOST_TEST(once.Read().status == 200);
  BOOST_TEST(once.IsClosed());
  Caller kept(service.port());
  for (int i = 0; i < 2; ++i) {
    kept.Send("GET /v1/sends/w-1 HTTP/1.0\r\nConnection: keep-alive" + rest);
    BOOST_TEST(kept.Read().Header("connection") == "keep-alive");
  }
  Caller closing(service.port());
  closing.Send(Get("Connection: close\r\n"));
  BOOST_TEST(closing.Read().Header("connection") == "close");
  BOOST_TEST(closing.IsClosed());
  Caller listing(service.port());
  listing.Send(Get("Connection: x, Close\r\n") + Get());
  BOOST_TEST(listing.Read().Header("connection") == "close");
  BOOST_TEST(listing.IsClosed());
}

// evhttp itself reads on: what is wrong with the second request does not touch the first one.
BOOST_AUTO_TEST_CASE(what_two_readers_would_end_elsewhere_is_refused) {
  Service service({}, AnswerAtOnce);
  const std::string chunked =
      RequestText("PUT", "/v1/sends/w-1", "",
                  "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n");
  for (const std::string& text :
       {chunked + "0x2\r\n{}\r\n0\r\n\r\n", chunked + "-0\r\n\r\n", chunked + "2\n{}\r\n0\r\n\r\n",
        chunked + "2\r\n{}0\r\n\r\n", Get("A: b\n"), Get("A: b\r\n c\r\n")}) {
    Caller caller(service.port());
    caller.Send(Get() + text + Get());
    BOOST_TEST(caller.Read().status == 200);
    ExpectRefusalAndEnd(caller, 400, "bad_request");
  }
}

// A client that goes on sending while its call waits is not read for ever.
BOOST_AUTO_TEST_CASE(what_a_waiting_client_sends_is_bounded) {
  constexpr size_t kFlood = 256'000'000;  // far more than the kernel keeps of it
  Service service;
  Caller caller(service.port());
  caller.Send(Get());
  const auto call = service.recorder().Next();
  BOOST_TEST(caller.SendUntilStuck(kFlood) < kFlood);
  BOOST_TEST(service.Counters().calls_in_flight == 1u);
  service.Reply(call.token, sample::KnownReply(core::Verdict::kKnown));
  BOOST_TEST(caller.Read().status == 200);
  service.AwaitConnections(0);
}

BOOST_AUTO_TEST_SUITE_END()
