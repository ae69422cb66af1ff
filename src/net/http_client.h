// One HTTP/1.1 exchange at a time with one server, blocking, on libevent's evhttp. Used towards
// bitcoind (node/) and towards sendonced (cli/); knows nothing of either.

#ifndef SENDONCE_NET_HTTP_CLIENT_H
#define SENDONCE_NET_HTTP_CLIENT_H

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace sendonce::net {

struct HttpRequest {
  std::string method;  // "GET", "POST", "PUT" or "DELETE"
  std::string target;  // path and query
  std::vector<std::pair<std::string, std::string>>
      headers;  // Host, Content-Length and Connection are set by the client
  std::string body;
};

struct HttpResponse {
  int status = 0;
  std::string content_type;  // empty if the server gave none
  std::string retry_after;   // empty if the server gave none
  std::string body;
};

struct HttpFailure {
  enum class Kind {
    kNotConnected,  // no connection could be made: the request has not left
    kNoAnswer,      // it may have been executed: timeout, reset, malformed or over-long reply,
                    // interrupted
  };
  Kind kind = Kind::kNoAnswer;
  std::string text;  // for a person: what happened, after how long
};

using HttpOutcome = std::variant<HttpResponse, HttpFailure>;

// "name:port", and "[v6]:port" for a numeric IPv6 address: what a request says in Host (RFC 3986,
// section 3.2.2; RFC 9112, section 3.2). `host` is without brackets.
std::string HostAndPort(const std::string& host, uint16_t port);

// Not thread-safe but for Interrupt. Keeps its connection open between exchanges and makes a new
// one when the server has closed it. A request is written at most once for each call: it is never
// sent again behind the caller's back.
class HttpClient {
 public:
  struct Limits {
    int64_t connect_timeout_ms = 5'000;
    int64_t total_timeout_ms =
        30'000;  // from the call to the last byte of the reply, however slowly it trickles
    size_t max_response_bytes = 64'000'000;  // of head and body; beyond it: kNoAnswer
  };

  // A name as host is looked up for each connection, blocking, outside the limits.
  HttpClient(std::string host, uint16_t port, Limits limits);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Blocks until the reply is complete, the time is up, or Interrupt. After a failure the
  // connection is closed. A connection that was idle for long, or that the server has closed, is
  // found out before anything is written and replaced; one that breaks later is kNoAnswer.
  // REQUIRES: the target begins with '/' and holds no space or control character; no header holds a
  // line break.
  HttpOutcome Exchange(const HttpRequest& request);

  // True if the last exchange had to make a new connection. (Counters of a node restart with it:
  // R6.)
  bool last_connection_was_new() const;

  // Any thread: the running exchange, and every later one, ends at once with kNoAnswer.
  void Interrupt();

 private:
  class Exchanger;
  std::unique_ptr<Exchanger> exchanger_;
};

}  // namespace sendonce::net

#endif  // SENDONCE_NET_HTTP_CLIENT_H
