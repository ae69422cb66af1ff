// A node for tests that answers each RPC as it is told to, over HTTP, and remembers what it was
// asked.

#ifndef SENDONCE_TEST_UNIT_NODE_SCRIPTED_NODE_H
#define SENDONCE_TEST_UNIT_NODE_SCRIPTED_NODE_H

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "node/rpc_client.h"
#include "raw_server.h"

namespace sendonce::test {

// JSON text of either; the other stays null.
struct Answer {
  std::string result = "null";
  std::string error = "null";
};

inline Answer Result(std::string json) {
  return {std::move(json), "null"};
}

inline Answer ResultString(const std::string& text) {
  return Result(node::JsonString(text));
}

inline Answer Error(int code, const std::string& message) {
  return {"null", node::JsonObject(
                      {{"code", std::to_string(code)}, {"message", node::JsonString(message)}})};
}

struct HttpExchange {
  std::string head;  // of the request, with the request line
  std::string body;
};

class ScriptedNode {
 public:
  using Handler = std::function<Answer(const node::Json& params)>;
  // What is sent for a request, everything of it; empty: the connection is closed.
  using RawHandler = std::function<std::string(const HttpExchange& request)>;

  ScriptedNode() {
    BOOST_REQUIRE_EQUAL(listen(socket_.fd(), 8), 0);
    thread_ = std::thread([this] { Serve(); });
  }
  ~ScriptedNode() {
    shutdown(socket_.fd(), SHUT_RDWR);
    thread_.join();
  }

  uint16_t port() const { return socket_.port(); }

  // Password and timeouts that a test can live with; a test changes what it is about.
  node::RpcOptions Options() const {
    node::RpcOptions options;
    options.port = port();
    options.user = "user";
    options.password = "password";
    options.connect_timeout_ms = 600'000;
    options.call_timeout_ms = 600'000;
    return options;
  }

  // The answer to every call of a method from now on. A method without one is not known (-32601).
  void On(const std::string& method, Handler handler) {
    const std::lock_guard lock(mutex_);
    handlers_[method] = std::move(handler);
  }
  void On(const std::string& method, Answer answer) {
    On(method, [answer = std::move(answer)](const node::Json&) { return answer; });
  }

  // Takes over from the methods.
  void OnHttp(RawHandler handler) {
    const std::lock_guard lock(mutex_);
    raw_handler_ = std::move(handler);
  }

  // "method params" of each call so far, oldest first.
  std::vector<std::string> calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  std::vector<std::string> CallsOf(const std::string& method) const {
    std::vector<std::string> found;
    for (const std::string& call : calls()) {
      if (call.starts_with(method + " ")) found.push_back(call);
    }
    return found;
  }
  std::vector<HttpExchange> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

  static std::string HttpReply(int status, const std::string& body) {
    return "HTTP/1.1 " + std::to_string(status) +
           " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

 private:
  void Serve() {
    for (;;) {
      const int fd = accept(socket_.fd(), nullptr, nullptr);
      if (fd < 0) return;
      Stream stream(fd);
      ServeConnection(stream);
    }
  }

  void ServeConnection(Stream& stream) {
    for (;;) {
      const std::string text = stream.ReadRequest();
      if (text.empty()) return;
      const size_t end = text.find("\r\n\r\n");
      const std::string reply = ReplyTo({text.substr(0, end + 2), text.substr(end + 4)});
      if (reply.empty() || !stream.Send(reply)) return;
    }
  }

  std::string ReplyTo(const HttpExchange& request) {
    RawHandler raw;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
      raw = raw_handler_;
    }
    if (raw) return raw(request);
    const auto body = node::ParseJson(request.body);
    if (!body) return HttpReply(400, "");
    if (!body->IsArray()) return HttpReply(200, Answered(*body, request.body));
    std::vector<std::string> replies;
    for (size_t i = 0; i < body->size(); ++i) replies.push_back(Answered(body->At(i), "[]"));
    return HttpReply(200, node::JsonArray(replies));
  }

  // `text`: the request, whose params are its last member.
  std::string Answered(const node::Json& request, const std::string& text) {
    const std::string method = request["method"].String().value_or("");
    const std::string id = request["id"].NumberText().value_or("null");
    Handler handler;
    {
      const std::lock_guard lock(mutex_);
      const size_t params = text.find("\"params\":");
      calls_.push_back(
          method + " " +
          (params == std::string::npos ? "" : text.substr(params + 9, text.size() - params - 10)));
      const auto found = handlers_.find(method);
      if (found != handlers_.end()) handler = found->second;
    }
    const Answer answer = handler ? handler(request["params"]) : Error(-32601, "Method not found");
    return node::JsonObject({{"result", answer.result}, {"error", answer.error}, {"id", id}});
  }

  BoundSocket socket_;
  mutable std::mutex mutex_;
  std::map<std::string, Handler> handlers_;
  RawHandler raw_handler_;
  std::vector<std::string> calls_;
  std::vector<HttpExchange> requests_;
  std::thread thread_;
};

// --- outcomes, as a test looks at them

template <typename T>
T ResultOf(core::Outcome<T> outcome) {
  if (const auto* refused = std::get_if<core::Refused>(&outcome)) BOOST_FAIL(refused->text);
  if (const auto* unknown = std::get_if<core::Unknown>(&outcome)) BOOST_FAIL(unknown->text);
  return std::get<T>(std::move(outcome));
}

template <typename T>
core::Refusal RefusalOf(const core::Outcome<T>& outcome) {
  BOOST_REQUIRE(std::holds_alternative<core::Refused>(outcome));
  BOOST_TEST(!std::get<core::Refused>(outcome).text.empty());
  return std::get<core::Refused>(outcome).why;
}

// The text, which a person must be able to read.
template <typename T>
std::string UnknownOf(const core::Outcome<T>& outcome) {
  BOOST_REQUIRE(std::holds_alternative<core::Unknown>(outcome));
  BOOST_TEST(!std::get<core::Unknown>(outcome).text.empty());
  return std::get<core::Unknown>(outcome).text;
}

}  // namespace sendonce::test

#endif  // SENDONCE_TEST_UNIT_NODE_SCRIPTED_NODE_H
