#include "net/http_client.h"

#include <boost/test/unit_test.hpp>
#include <future>
#include <memory>

#include "raw_server.h"

namespace sendonce::net {

namespace {

constexpr HttpClient::Limits kLimits{.connect_timeout_ms = 600'000, .total_timeout_ms = 600'000};
constexpr int kTrickleIntervalMs = 5;

using test::BoundSocket;
using test::Server;
using test::Stream;
using Kind = HttpFailure::Kind;

std::string ReplyText(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

Server::Handler Answering(const std::string& text) {
  return [text](Stream& stream) {
    stream.ReadRequest();
    stream.Send(text);
  };
}

HttpRequest Post(const std::string& body) {
  return HttpRequest{"POST", "/wallet/w?x=1", {{"Authorization", "Basic eDp5"}}, body};
}

Kind FailureKind(const HttpOutcome& outcome) {
  BOOST_REQUIRE(std::holds_alternative<HttpFailure>(outcome));
  BOOST_TEST(!std::get<HttpFailure>(outcome).text.empty());
  return std::get<HttpFailure>(outcome).kind;
}

HttpResponse ResponseOf(const HttpOutcome& outcome) {
  if (const auto* failure = std::get_if<HttpFailure>(&outcome)) BOOST_FAIL(failure->text);
  return std::get<HttpResponse>(outcome);
}

HttpOutcome ExchangeWith(const std::string& reply, HttpClient::Limits limits = kLimits) {
  Server server({Answering(reply)});
  HttpClient client("127.0.0.1", server.port(), limits);
  return client.Exchange(Post("{}"));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_client_tests)

BOOST_AUTO_TEST_CASE(an_exchange_carries_the_request_and_brings_the_reply) {
  std::string seen;
  HttpResponse response;
  {
    Server server({[&seen](Stream& stream) {
      seen = stream.ReadRequest();
      stream.Send(
          "HTTP/1.1 503 Busy\r\nContent-Type: text/html\r\nRetry-After: 7\r\n"
          "Content-Length: 4\r\n\r\nbusy");
    }});
    HttpClient client("127.0.0.1", server.port(), kLimits);
    response = ResponseOf(client.Exchange(Post("{\"a\":1}")));
  }
  BOOST_TEST(seen.starts_with("POST /wallet/w?x=1 HTTP/1.1\r\n"));
  BOOST_TEST(seen.find("Authorization: Basic eDp5\r\n") != std::string::npos);
  BOOST_TEST(seen.find("Host: 127.0.0.1:") != std::string::npos);
  BOOST_TEST(seen.ends_with("\r\n\r\n{\"a\":1}"));
  BOOST_TEST(response.status == 503);
  BOOST_TEST(response.content_type == "text/html");
  BOOST_TEST(response.retry_after == "7");
  BOOST_TEST(response.body == "busy");
}

// RFC 3986, section 3.2.2; RFC 9112, section 3.2.
BOOST_AUTO_TEST_CASE(a_numeric_ipv6_address_stands_in_brackets) {
  BOOST_TEST(HostAndPort("127.0.0.1", 18'552) == "127.0.0.1:18552");
  BOOST_TEST(HostAndPort("localhost", 1) == "localhost:1");
  BOOST_TEST(HostAndPort("::1", 18'552) == "[::1]:18552");
  BOOST_TEST(HostAndPort("2001:db8::2", 65'535) == "[2001:db8::2]:65535");
  BoundSocket deaf;
  HttpClient client("::1", deaf.port(), kLimits);
  const HttpOutcome outcome = client.Exchange(Post("{}"));
  BOOST_CHECK(FailureKind(outcome) == Kind::kNotConnected);
  BOOST_TEST(std::get<HttpFailure>(outcome).text.find("([::1]:") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(each_method_is_written_as_it_is_named) {
  for (const std::string method : {"GET", "PUT", "DELETE", "POST"}) {
    std::string seen;
    {
      Server server({[&seen](Stream& stream) {
        seen = stream.ReadRequest();
        stream.Send(ReplyText("ok"));
      }});
      HttpClient client("127.0.0.1", server.port(), kLimits);
      BOOST_TEST(ResponseOf(client.Exchange({method, "/v1/status", {}, ""})).body == "ok");
    }
    BOOST_TEST(seen.starts_with(method + " /v1/status HTTP/1.1\r\n"));
  }
}

BOOST_AUTO_TEST_CASE(a_connection_is_kept_for_the_next_exchange) {
  Server server({[](Stream& stream) {
    for (int i = 0; i < 3; ++i) {
      stream.ReadRequest();
      stream.Send(ReplyText(std::to_string(i)));
    }
  }});
  HttpClient client("127.0.0.1", server.port(), kLimits);
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(ResponseOf(client.Exchange(Post("{}"))).body == std::to_string(i));
    BOOST_TEST(client.last_connection_was_new() == (i == 0));
  }
}

BOOST_AUTO_TEST_CASE(a_connection_that_the_server_closed_is_replaced_before_anything_is_written) {
  std::promise<void> closed;
  Server server({[&closed](Stream& stream) {
                   stream.ReadRequest();
                   stream.Send(ReplyText("first"));
                   stream.Close();
                   closed.set_value();
                 },
                 Answering(ReplyText("second"))});
  HttpClient client("127.0.0.1", server.port(), kLimits);
  BOOST_TEST(ResponseOf(client.Exchange(Post("{}"))).body == "first");
  closed.get_future().wait();
  BOOST_TEST(ResponseOf(client.Exchange(Post("{}"))).body == "second");
  BOOST_TEST(client.last_connection_was_new());
}

BOOST_AUTO_TEST_CASE(a_reply_that_asks_for_the_close_ends_the_connection) {
  Server server({Answering("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n1"),
                 Answering(ReplyText("2"))});
  HttpClient client("127.0.0.1", server.port(), kLimits);
  BOOST_TEST(ResponseOf(client.Exchange(Post("{}"))).body == "1");
  BOOST_TEST(ResponseOf(client.Exchange(Post("{}"))).body == "2");
  BOOST_TEST(client.last_connection_was_new());
}

BOOST_AUTO_TEST_CASE(bytes_behind_a_reply_never_answer_the_next_request) {
  Server server({[](Stream& stream) {
                   stream.ReadRequest();
                   stream.Send(ReplyText("first") + ReplyText("smuggled"));
                   stream.ReadRequest();  // until the client closes
                 },
                 Answering(ReplyText("second"))});
  HttpClient client("127.0.0.1", server.port(), kLimits);
  BOOST_TEST(ResponseOf(client.Exchange(Post("{}"))).body == "first");
  BOOST_TEST(ResponseOf(client.Exchange(Post("{}"))).body == "second");
}

BOOST_AUTO_TEST_CASE(a_request_on_a_kept_connection_that_breaks_is_not_sent_again) {
  std::promise<int> requests;
  Server server({[&requests](Stream& stream) {
    stream.ReadRequest();
    stream.Send(ReplyText("first"));
    const bool second = !stream.ReadRequest().empty();
    stream.Reset();
    requests.set_value(second ? 2 : 1);
  }});
  HttpClient client("127.0.0.1", server.port(), kLimits);
  BOOST_TEST(ResponseOf(client.Exchange(Post("{}"))).body == "first");
  BOOST_CHECK(FailureKind(client.Exchange(Post("{}"))) == Kind::kNoAnswer);
  BOOST_TEST(!client.last_connection_was_new());
  BOOST_TEST(requests.get_future().get() == 2);
}

BOOST_AUTO_TEST_CASE(after_a_failure_the_next_exchange_makes_a_new_connection) {
  Server server({[](Stream& stream) { stream.ReadRequest(); }, Answering(ReplyText("second"))});
  HttpClient client("127.0.0.1", server.port(), kLimits);
  BOOST_CHECK(FailureKind(client.Exchange(Post("{}"))) == Kind::kNoAnswer);
  BOOST_TEST(ResponseOf(client.Exchange(Post("{}"))).body == "second");
  BOOST_TEST(client.last_connection_was_new());
}

BOOST_AUTO_TEST_CASE(no_listener_is_not_connected) {
  BoundSocket deaf;
  HttpClient client("127.0.0.1", deaf.port(), kLimits);
  const HttpOutcome outcome = client.Exchange(Post("{}"));
  BOOST_CHECK(FailureKind(outcome) == Kind::kNotConnected);
  BOOST_TEST(std::get<HttpFailure>(outcome).text.starts_with("no connection"));
}

BOOST_AUTO_TEST_CASE(a_server_that_accepts_no_connection_is_not_connected) {
  BoundSocket full;
  BOOST_REQUIRE_EQUAL(listen(full.fd(), 0), 0);
  HttpClient::Limits limits = kLimits;
  limits.connect_timeout_ms = 100;
  // A backlog of 0 holds one connection; the others wait in the kernel for room.
  std::vector<std::unique_ptr<HttpClient>> clients;
  int not_connected = 0;
  for (int i = 0; i < 3; ++i) {
    HttpClient::Limits own = limits;
    own.total_timeout_ms = 300;
    clients.push_back(std::make_unique<HttpClient>("127.0.0.1", full.port(), own));
    const HttpOutcome outcome = clients.back()->Exchange(Post("{}"));
    not_connected += FailureKind(outcome) == Kind::kNotConnected ? 1 : 0;
  }
  BOOST_TEST(not_connected >= 1);
}

BOOST_AUTO_TEST_CASE(a_silent_server_is_no_answer) {
  HttpClient::Limits limits = kLimits;
  limits.total_timeout_ms = 100;
  Server server({[](Stream& stream) {
    stream.ReadRequest();
    stream.ReadRequest();  // until the client closes
  }});
  HttpClient client("127.0.0.1", server.port(), limits);
  BOOST_CHECK(FailureKind(client.Exchange(Post("{}"))) == Kind::kNoAnswer);
}

BOOST_AUTO_TEST_CASE(a_trickle_is_cut_by_the_total_deadline) {
  HttpClient::Limits limits = kLimits;
  limits.total_timeout_ms = 200;
  Server server({[](Stream& stream) {
    stream.ReadRequest();
    stream.Send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    while (!stream.IsClosed(kTrickleIntervalMs) && stream.Send("x")) {
    }
  }});
  HttpClient client("127.0.0.1", server.port(), limits);
  BOOST_CHECK(FailureKind(client.Exchange(Post("{}"))) == Kind::kNoAnswer);
}

BOOST_AUTO_TEST_CASE(a_reset_is_no_answer) {
  Server server({[](Stream& stream) {
    stream.ReadRequest();
    stream.Reset();
  }});
  HttpClient client("127.0.0.1", server.port(), kLimits);
  BOOST_CHECK(FailureKind(client.Exchange(Post("{}"))) == Kind::kNoAnswer);
}

BOOST_AUTO_TEST_CASE(a_reply_cut_short_is_no_answer) {
  const std::string whole = ReplyText("{\"result\":true}");
  for (size_t length = 0; length < whole.size(); ++length) {
    BOOST_CHECK(FailureKind(ExchangeWith(whole.substr(0, length))) == Kind::kNoAnswer);
  }
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n";
  BOOST_CHECK(FailureKind(ExchangeWith(chunked)) == Kind::kNoAnswer);
  BOOST_TEST(ResponseOf(ExchangeWith(chunked + "0\r\n\r\n")).body == "ab");
}

BOOST_AUTO_TEST_CASE(garbage_is_no_answer) {
  for (const std::string& garbage :
       {std::string("garbage\r\n\r\n"), std::string("SSH-2.0-OpenSSH_9.2\r\n"),
        std::string("HTTP/1.1 abc OK\r\n\r\n"), std::string("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"), std::string(5000, '\0')}) {
    BOOST_CHECK(FailureKind(ExchangeWith(garbage)) == Kind::kNoAnswer);
  }
}

BOOST_AUTO_TEST_CASE(a_reply_beyond_the_limit_is_no_answer) {
  HttpClient::Limits limits = kLimits;
  limits.max_response_bytes = 1'000;
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
  const std::string fits(1'000 - ReplyText(std::string(900, 'x')).size() + 900, 'x');
  BOOST_TEST(ResponseOf(ExchangeWith(ReplyText(fits), limits)).body == fits);
  BOOST_CHECK(FailureKind(ExchangeWith(ReplyText(fits + "x"), limits)) == Kind::kNoAnswer);
  BOOST_CHECK(FailureKind(ExchangeWith("HTTP/1.1 200 OK\r\nX: " + std::string(2'000, 'x'),
                                       limits)) == Kind::kNoAnswer);
  BOOST_CHECK(FailureKind(ExchangeWith("HTTP/1.1 200 OK\r\n\r\n" + std::string(2'000, 'x'),
                                       limits)) == Kind::kNoAnswer);
}

BOOST_AUTO_TEST_CASE(an_interrupt_ends_the_running_exchange_and_every_later_one) {
  std::promise<HttpClient*> to_interrupt;
  Server server({[&to_interrupt](Stream& stream) {
    stream.ReadRequest();
    to_interrupt.get_future().get()->Interrupt();
    stream.ReadRequest();  // until the client closes
  }});
  HttpClient client("127.0.0.1", server.port(), kLimits);
  to_interrupt.set_value(&client);
  for (int i = 0; i < 2; ++i) {
    const HttpOutcome outcome = client.Exchange(Post("{}"));
    BOOST_CHECK(FailureKind(outcome) == Kind::kNoAnswer);
    BOOST_TEST(std::get<HttpFailure>(outcome).text.starts_with("interrupted"));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::net
