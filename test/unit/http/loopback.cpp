#include "loopback.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cassert>
#include <chrono>

#include "http/access.h"
#include "http/json_reader.h"

namespace sendonce::http::loopback {

namespace {

constexpr auto kWatchdog = std::chrono::seconds(600);

struct IgnoreSigpipe {
  IgnoreSigpipe() { signal(SIGPIPE, SIG_IGN); }
};
const IgnoreSigpipe kIgnoreSigpipe;

}  // namespace

void Await(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kWatchdog;
  while (!condition()) {
    BOOST_REQUIRE(std::chrono::steady_clock::now() < deadline);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

LoopThread::LoopThread() : base_(event_base_new()), wake_fd_(eventfd(0, EFD_CLOEXEC)) {
  BOOST_REQUIRE(base_ && wake_fd_ >= 0);
  wake_event_ = event_new(base_, wake_fd_, EV_READ | EV_PERSIST, OnWake, this);
  event_add(wake_event_, nullptr);
  thread_ = std::thread([this] { event_base_dispatch(base_); });
}

LoopThread::~LoopThread() {
  Run([this] { event_base_loopbreak(base_); });
  thread_.join();
  event_free(wake_event_);
  event_base_free(base_);
  close(wake_fd_);
}

void LoopThread::Run(const std::function<void()>& task) {
  std::unique_lock lock(mutex_);
  task_ = &task;
  const uint64_t one = 1;
  BOOST_REQUIRE(write(wake_fd_, &one, sizeof(one)) == sizeof(one));
  BOOST_REQUIRE(done_.wait_for(lock, kWatchdog, [this] { return !task_; }));
}

void LoopThread::OnWake(int fd, short, void* arg) {
  LoopThread* const self = static_cast<LoopThread*>(arg);
  uint64_t count = 0;
  const bool was_read = read(fd, &count, sizeof(count)) == sizeof(count);
  assert(was_read);  // Boost.Test's checks are for the main thread alone
  const std::lock_guard lock(self->mutex_);
  (*self->task_)();
  self->task_ = nullptr;
  self->done_.notify_all();
}

void Recorder::OnRouted(core::CallToken call, Routed routed) {
  if (on_routed) {
    on_routed(call, routed);
    const std::lock_guard lock(mutex_);
    ++calls_;
    return;
  }
  const std::lock_guard lock(mutex_);
  ++calls_;
  waiting_.push_back({call, std::move(routed)});
  changed_.notify_all();
}

void Recorder::OnCallerGone(core::CallToken call) {
  const std::lock_guard lock(mutex_);
  const bool is_first = gone_.insert(call).second;
  assert(is_first);
  changed_.notify_all();
}

ServiceStatus Recorder::DescribeService() {
  ServiceStatus service;
  service.version = "test";
  return service;
}

Recorder::Call Recorder::Next() {
  std::unique_lock lock(mutex_);
  BOOST_REQUIRE(changed_.wait_for(lock, kWatchdog, [this] { return !waiting_.empty(); }));
  Call call = std::move(waiting_.front());
  waiting_.pop_front();
  return call;
}

void Recorder::AwaitGone(core::CallToken call) {
  std::unique_lock lock(mutex_);
  BOOST_REQUIRE(changed_.wait_for(lock, kWatchdog, [&] { return gone_.contains(call); }));
}

size_t Recorder::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

std::set<core::CallToken> Recorder::gone() const {
  const std::lock_guard lock(mutex_);
  return gone_;
}

std::string Answer::Header(std::string_view name) const {
  return std::string(FindHeader(headers, name).value_or(""));
}

std::string Answer::Field(std::string_view name) const {
  const auto parsed = ParseJson(body);
  const auto* value = std::get_if<JsonValue>(&parsed);
  if (!value || value->kind != JsonValue::Kind::kObject) return "";
  const JsonValue* field = FindField(*value, name);
  return field ? field->text : "";
}

Caller::Caller(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval watchdog{kWatchdog.count(), 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &watchdog, sizeof(watchdog));
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &watchdog, sizeof(watchdog));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  BOOST_REQUIRE(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
}

Caller::~Caller() {
  Close();
}

bool Caller::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      BOOST_REQUIRE(errno == EPIPE || errno == ECONNRESET);
      return false;
    }
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

size_t Caller::SendUntilStuck(size_t max_bytes) {
  constexpr int kStuckMs = 500;
  const std::string rubbish(65'536, 'x');
  size_t total = 0;
  pollfd writable{fd_, POLLOUT, 0};
  while (total < max_bytes && poll(&writable, 1, kStuckMs) == 1) {
    const ssize_t sent = send(fd_, rubbish.data(), rubbish.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) break;
    total += static_cast<size_t>(sent);
  }
  return total;
}

// False at the end of the connection.
bool Caller::Receive() {
  char buffer[65'536];
  const ssize_t size = recv(fd_, buffer, sizeof(buffer), 0);
  if (size < 0) BOOST_REQUIRE_MESSAGE(errno == ECONNRESET, "nothing came");
  if (size <= 0) return false;
  received_.append(buffer, static_cast<size_t>(size));
  return true;
}

std::optional<Answer> Caller::TryRead(bool to_head) {
  size_t end = 0;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!Receive()) return std::nullopt;
  }
  Answer answer;
  BOOST_REQUIRE(received_.starts_with("HTTP/1."));
  answer.status = std::stoi(received_.substr(9, 3));
  for (size_t at = received_.find("\r\n") + 2; at < end;) {
    const std::string line = received_.substr(at, received_.find("\r\n", at) - at);
    const size_t colon = line.find(": ");
    BOOST_REQUIRE(colon != std::string::npos);
    answer.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    at += line.size() + 2;
  }
  received_.erase(0, end + 4);
  if (answer.status == 100) return answer;
  const size_t length = std::stoul(answer.Header("content-length"));
  while (!to_head && received_.size() < length) {
    if (!Receive()) return std::nullopt;
  }
  answer.body = received_.substr(0, to_head ? 0 : length);
  received_.erase(0, answer.body.size());
  return answer;
}

Answer Caller::Read(bool to_head) {
  std::optional<Answer> answer = TryRead(to_head);
  BOOST_REQUIRE_MESSAGE(answer, "the connection ended without a reply");
  return *answer;
}

bool Caller::IsClosed() {
  if (!received_.empty()) return false;
  return !Receive();
}

void Caller::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

void Caller::Reset() {
  const linger at_once{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  Close();
}

void Caller::HalfClose() {
  shutdown(fd_, SHUT_WR);
}

Service::Service(const ServerLimits& limits,
                 std::function<void(Service&, core::CallToken, const Routed&)> on_routed) {
  if (on_routed) {
    recorder_.on_routed = [this, on_routed](core::CallToken call, const Routed& routed) {
      on_routed(*this, call, routed);
    };
  }
  bool listens = false;
  loop_.Run([&] {
    ServerOptions options;
    options.credentials = kCredentials;
    options.limits = limits;
    server_ = std::make_unique<Server>(loop_.base(), recorder_, options);
    listens = !server_->Listen();
    port_ = server_->port();
  });
  BOOST_REQUIRE(listens);
}

Service::~Service() {
  Destroy();
}

void Service::Destroy() {
  loop_.Run([this] { server_.reset(); });
}

ServerCounters Service::Counters() {
  ServerCounters counters;
  loop_.Run([&] { counters = server_->counters(); });
  return counters;
}

void Service::AwaitConnections(uint64_t count) {
  Await([&] { return Counters().connections_open == count; });
}

void Service::Reply(core::CallToken call, const core::Reply& reply) {
  loop_.Run([&] { server_->Reply(call, reply); });
}

std::string RequestText(const std::string& method, const std::string& target,
                        const std::string& body, const std::string& more_headers) {
  std::string text = method + " " + target + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: " +
                     BasicAuthorization(Service::kCredentials) + "\r\n" + more_headers;
  if (!body.empty()) {
    text +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  }
  return text + "\r\n" + body;
}

}  // namespace sendonce::http::loopback
