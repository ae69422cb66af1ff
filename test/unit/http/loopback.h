// What the tests of the server need: an event loop on a thread of its own, a handler that remembers
// what it was given, and a caller on a real socket.
//
// Waiting is bounded by a watchdog that fails the test; no test asserts on time.

#ifndef SENDONCE_TEST_UNIT_HTTP_LOOPBACK_H
#define SENDONCE_TEST_UNIT_HTTP_LOOPBACK_H

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "http/server.h"

struct event;
struct event_base;

namespace sendonce::http::loopback {

// Waits until it is true; fails the test if that does not come.
void Await(const std::function<bool()>& condition);

// Runs an event loop on its own thread. libevent itself stays single-threaded: what other threads
// want is woken by a file descriptor.
class LoopThread {
 public:
  LoopThread();
  ~LoopThread();

  event_base* base() const { return base_; }

  // Runs it on the loop's thread and waits until it is done.
  void Run(const std::function<void()>& task);

 private:
  static void OnWake(int fd, short what, void* arg);

  event_base* base_;
  int wake_fd_;
  event* wake_event_;
  std::mutex mutex_;
  std::condition_variable done_;
  const std::function<void()>* task_ = nullptr;
  std::thread thread_;
};

// Remembers calls for the test to answer, or answers them at once with `on_routed`.
class Recorder : public Server::Handler {
 public:
  struct Call {
    core::CallToken token = 0;
    Routed routed;
  };

  void OnRouted(core::CallToken call, Routed routed) override;
  void OnCallerGone(core::CallToken call) override;
  ServiceStatus DescribeService() override;

  // The next call that came; fails the test if none comes.
  Call Next();
  // Waits until that caller has gone; fails the test if it does not.
  void AwaitGone(core::CallToken call);
  size_t calls() const;
  std::set<core::CallToken> gone() const;

  // Set before the server listens.
  std::function<void(core::CallToken, const Routed&)> on_routed;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Call> waiting_;
  std::set<core::CallToken> gone_;
  size_t calls_ = 0;
};

struct Answer {
  int status = 0;
  Headers headers;
  std::string body;

  std::string Header(std::string_view name) const;
  // The string in that field of the body, "" if there is none.
  std::string Field(std::string_view name) const;
};

// One connection to the server.
class Caller {
 public:
  explicit Caller(uint16_t port);
  ~Caller();
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  // False if the server has closed the connection.
  bool Send(std::string_view bytes);

  // Sends as much as the server takes, at most so many bytes; returns how many it took before it
  // stood still.
  size_t SendUntilStuck(size_t max_bytes);

  // The next reply; fails the test if the connection ends before it is whole.
  Answer Read(bool to_head = false);

  // The next reply, or nullopt if the connection ends first.
  std::optional<Answer> TryRead(bool to_head = false);

  // Waits until the server ends the connection; false if it sends something instead.
  bool IsClosed();

  void Close();      // with FIN
  void Reset();      // with RST
  void HalfClose();  // nothing more comes from here

 private:
  bool Receive();

  int fd_;
  std::string received_;
};

// A server on its loop, with a handler and its credentials.
class Service {
 public:
  static constexpr char kCredentials[] = "__cookie__:0123456789abcdef";

  explicit Service(const ServerLimits& limits = {},
                   std::function<void(Service&, core::CallToken, const Routed&)> on_routed = {});
  ~Service();

  uint16_t port() const { return port_; }
  Recorder& recorder() { return recorder_; }
  LoopThread& loop() { return loop_; }
  Server& server() { return *server_; }  // on the loop's thread only

  ServerCounters Counters();
  // Waits until so many connections are open; fails the test if that does not come.
  void AwaitConnections(uint64_t count);
  void Reply(core::CallToken call, const core::Reply& reply);
  void Destroy();

 private:
  Recorder recorder_;
  LoopThread loop_;
  std::unique_ptr<Server> server_;
  uint16_t port_ = 0;
};

// The text of a request with the right Host and credentials.
std::string RequestText(const std::string& method, const std::string& target,
                        const std::string& body = "", const std::string& more_headers = "");

}  // namespace sendonce::http::loopback

#endif  // SENDONCE_TEST_UNIT_HTTP_LOOPBACK_H
