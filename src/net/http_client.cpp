#include "net/http_client.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/thread.h>
#include <sys/socket.h>

#include <atomic>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <optional>

namespace sendonce::net {

namespace {

// A kept connection that was idle for longer is not used again: the server may be closing it at
// this moment, and a request that crosses the close on the wire ends as kNoAnswer. bitcoind closes
// after 30 s (-rpcservertimeout), sendonced later.
constexpr std::chrono::milliseconds kMaxIdle{10'000};

// evhttp's own timeouts count the silence between two reads and are no limit on the whole. Ours are
// in the way first.
constexpr int kEvhttpTimeoutSlackS = 3'600;

constexpr char kKeepAliveHeader[] = "keep-alive";

using Clock = std::chrono::steady_clock;

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Base = std::unique_ptr<event_base, Freer<event_base_free>>;
using Event = std::unique_ptr<event, Freer<event_free>>;
using Connection = std::unique_ptr<evhttp_connection, Freer<evhttp_connection_free>>;

void UseThreads() {
  static const int result = evthread_use_pthreads();
  assert(result == 0);
}

timeval TimevalFromMs(int64_t ms) {
  return timeval{static_cast<time_t>(ms / 1000), static_cast<suseconds_t>(ms % 1000 * 1000)};
}

evhttp_cmd_type CommandOf(const std::string& method) {
  if (method == "GET") return EVHTTP_REQ_GET;
  if (method == "PUT") return EVHTTP_REQ_PUT;
  if (method == "DELETE") return EVHTTP_REQ_DELETE;
  assert(method == "POST");
  return EVHTTP_REQ_POST;
}

// evhttp writes the target as it is: a space or a line break would make another request of it.
bool IsTarget(const std::string& target) {
  if (target.empty() || target.front() != '/') return false;
  for (const char c : target) {
    if (c <= ' ' || c == '\x7f') return false;
  }
  return true;
}

std::string HeaderOf(evhttp_request* reply, const char* name) {
  const char* value = evhttp_find_header(evhttp_request_get_input_headers(reply), name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string TakeBody(evhttp_request* reply) {
  evbuffer* buffer = evhttp_request_get_input_buffer(reply);
  std::string body(evbuffer_get_length(buffer), '\0');
  const int copied = evbuffer_remove(buffer, body.data(), body.size());
  assert(copied >= 0 && static_cast<size_t>(copied) == body.size());
  return body;
}

}  // namespace

class HttpClient::Exchanger {
 public:
  Exchanger(std::string host, uint16_t port, Limits limits);

  HttpOutcome Exchange(const HttpRequest& request);
  bool connection_was_new() const { return connection_was_new_; }
  void Interrupt();

 private:
  Event MakeEvent(event_callback_fn callback) {
    Event made(event_new(base_.get(), -1, EV_PERSIST, callback, this));
    assert(made);
    return made;
  }
  bool CanReuse() const;
  void Connect();
  bool Start(const HttpRequest& request);
  void Run();
  void Finish(HttpOutcome outcome);
  void Fail(const std::string& what);
  std::string ElapsedText() const;

  static void OnReply(evhttp_request* reply, void* self);
  static void OnError(evhttp_request_error error, void* self);
  static void OnWritten(evbuffer*, const evbuffer_cb_info* info, void* self);
  static void OnRead(evbuffer*, const evbuffer_cb_info* info, void* self);
  static void OnConnectTimeout(evutil_socket_t, short, void* self);
  static void OnTotalTimeout(evutil_socket_t, short, void* self);
  static void OnInterrupt(evutil_socket_t, short, void* self);

  const std::string host_;
  const uint16_t port_;
  const Limits limits_;
  std::atomic<bool> interrupted_{false};
  Base base_;
  Event connect_timer_;
  Event total_timer_;
  Event interrupt_;
  Connection connection_;
  bool connection_was_new_ = false;
  Clock::time_point last_use_;

  // Of the running exchange.
  Clock::time_point started_;
  size_t received_bytes_ = 0;
  bool handed_over_ = false;  // some of the request has gone to the socket's buffer
  const char* error_text_ = nullptr;
  std::optional<HttpOutcome> outcome_;
};

HttpClient::Exchanger::Exchanger(std::string host, uint16_t port, Limits limits)
    : host_(std::move(host)), port_(port), limits_(limits) {
  UseThreads();
  base_.reset(event_base_new());
  assert(base_);
  connect_timer_ = MakeEvent(OnConnectTimeout);
  total_timer_ = MakeEvent(OnTotalTimeout);
  interrupt_ = MakeEvent(OnInterrupt);
}

HttpOutcome HttpClient::Exchanger::Exchange(const HttpRequest& request) {
  started_ = Clock::now();
  received_bytes_ = 0;
  handed_over_ = false;
  error_text_ = nullptr;
  outcome_.reset();
  connection_was_new_ = !CanReuse();
  if (connection_was_new_) Connect();
  if (interrupted_) {
    Fail("interrupted");
  } else if (!Start(request)) {
    Fail("the request could not be made");
  } else {
    Run();
  }
  // A connection with half an exchange on it is never used again.
  if (std::holds_alternative<HttpFailure>(*outcome_)) connection_.reset();
  last_use_ = Clock::now();
  return std::move(*outcome_);
}

// Whether the connection of the last exchange still stands. Anything to read on it, the end
// included, was not asked for: then it does not.
bool HttpClient::Exchanger::CanReuse() const {
  if (!connection_ || Clock::now() - last_use_ > kMaxIdle) return false;
  bufferevent* stream = evhttp_connection_get_bufferevent(connection_.get());
  const evutil_socket_t fd = bufferevent_getfd(stream);
  if (fd < 0 || evbuffer_get_length(bufferevent_get_input(stream)) > 0) return false;
  char byte;
  const ssize_t got = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void HttpClient::Exchanger::Connect() {
  connection_.reset(
      evhttp_connection_base_bufferevent_new(base_.get(), nullptr, nullptr, host_.c_str(), port_));
  assert(connection_);
  evhttp_connection_set_timeout(
      connection_.get(), static_cast<int>(limits_.total_timeout_ms / 1000) + kEvhttpTimeoutSlackS);
  evhttp_connection_set_retries(connection_.get(), 0);
  bufferevent* stream = evhttp_connection_get_bufferevent(connection_.get());
  evbuffer_add_cb(bufferevent_get_output(stream), OnWritten, this);
  evbuffer_add_cb(bufferevent_get_input(stream), OnRead, this);
}

// False if nothing was sent and nothing will be.
bool HttpClient::Exchanger::Start(const HttpRequest& request) {
  assert(IsTarget(request.target));
  evhttp_request* made = evhttp_request_new(OnReply, this);
  assert(made != nullptr);
  evhttp_request_set_error_cb(made, OnError);
  evkeyvalq* headers = evhttp_request_get_output_headers(made);
  int bad = evhttp_add_header(headers, "Host", HostAndPort(host_, port_).c_str());
  bad |= evhttp_add_header(headers, "Connection", kKeepAliveHeader);
  bad |= evhttp_add_header(headers, "Content-Length", std::to_string(request.body.size()).c_str());
  for (const auto& [name, value] : request.headers) {
    bad |= evhttp_add_header(headers, name.c_str(), value.c_str());
  }
  assert(bad == 0);
  evbuffer_add(evhttp_request_get_output_buffer(made), request.body.data(), request.body.size());
  // Frees the request if it fails.
  return evhttp_make_request(connection_.get(), made, CommandOf(request.method),
                             request.target.c_str()) == 0;
}

void HttpClient::Exchanger::Run() {
  const timeval connect_time = TimevalFromMs(limits_.connect_timeout_ms);
  const timeval total_time = TimevalFromMs(limits_.total_timeout_ms);
  event_add(connect_timer_.get(), &connect_time);
  event_add(total_timer_.get(), &total_time);
  while (!outcome_) {
    const int result = event_base_loop(base_.get(), EVLOOP_ONCE);
    assert(result == 0);
  }
  event_del(connect_timer_.get());
  event_del(total_timer_.get());
}

void HttpClient::Exchanger::Finish(HttpOutcome outcome) {
  if (!outcome_) outcome_ = std::move(outcome);
}

// As long as nothing was handed to the socket the server cannot have acted on the request; from
// then on nobody knows.
void HttpClient::Exchanger::Fail(const std::string& what) {
  const auto kind = handed_over_ || interrupted_ ? HttpFailure::Kind::kNoAnswer
                                                 : HttpFailure::Kind::kNotConnected;
  Finish(HttpFailure{kind,
                     what + " (" + HostAndPort(host_, port_) + ", after " + ElapsedText() + ")"});
}

std::string HttpClient::Exchanger::ElapsedText() const {
  const auto elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started_);
  return std::to_string(elapsed.count()) + " ms";
}

void HttpClient::Exchanger::OnReply(evhttp_request* reply, void* self) {
  auto* exchanger = static_cast<Exchanger*>(self);
  if (reply != nullptr && evhttp_request_get_response_code(reply) != 0) {
    exchanger->Finish(HttpResponse{evhttp_request_get_response_code(reply),
                                   HeaderOf(reply, "Content-Type"), HeaderOf(reply, "Retry-After"),
                                   TakeBody(reply)});
  } else if (exchanger->error_text_ != nullptr) {
    exchanger->Fail(exchanger->error_text_);
  } else if (!exchanger->handed_over_) {
    exchanger->Fail("no connection could be made");
  } else {
    exchanger->Fail("the connection broke before the reply was complete");
  }
}

void HttpClient::Exchanger::OnError(evhttp_request_error error, void* self) {
  auto* exchanger = static_cast<Exchanger*>(self);
  switch (error) {
    case EVREQ_HTTP_INVALID_HEADER:
      exchanger->error_text_ = "the reply is not HTTP";
      break;
    case EVREQ_HTTP_EOF:
      exchanger->error_text_ = "the server closed the connection before the reply was complete";
      break;
    default:
      exchanger->error_text_ = "the connection broke before the reply was complete";
  }
}

void HttpClient::Exchanger::OnWritten(evbuffer*, const evbuffer_cb_info* info, void* self) {
  auto* exchanger = static_cast<Exchanger*>(self);
  if (info->n_added > 0) exchanger->handed_over_ = true;
}

void HttpClient::Exchanger::OnRead(evbuffer*, const evbuffer_cb_info* info, void* self) {
  auto* exchanger = static_cast<Exchanger*>(self);
  exchanger->received_bytes_ += info->n_added;
  if (exchanger->received_bytes_ > exchanger->limits_.max_response_bytes) {
    exchanger->Fail("the reply is longer than " +
                    std::to_string(exchanger->limits_.max_response_bytes) + " bytes");
  }
}

void HttpClient::Exchanger::OnConnectTimeout(evutil_socket_t, short, void* self) {
  auto* exchanger = static_cast<Exchanger*>(self);
  if (!exchanger->handed_over_) exchanger->Fail("no connection in time");
}

void HttpClient::Exchanger::OnTotalTimeout(evutil_socket_t, short, void* self) {
  static_cast<Exchanger*>(self)->Fail("no complete reply in time");
}

void HttpClient::Exchanger::OnInterrupt(evutil_socket_t, short, void* self) {
  static_cast<Exchanger*>(self)->Fail("interrupted");
}

void HttpClient::Exchanger::Interrupt() {
  interrupted_ = true;
  event_active(interrupt_.get(), EV_TIMEOUT, 0);
}

std::string HostAndPort(const std::string& host, uint16_t port) {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

HttpClient::HttpClient(std::string host, uint16_t port, Limits limits)
    : exchanger_(std::make_unique<Exchanger>(std::move(host), port, limits)) {}

HttpClient::~HttpClient() = default;

HttpOutcome HttpClient::Exchange(const HttpRequest& request) {
  return exchanger_->Exchange(request);
}

bool HttpClient::last_connection_was_new() const {
  return exchanger_->connection_was_new();
}

void HttpClient::Interrupt() {
  exchanger_->Interrupt();
}

}  // namespace sendonce::net
