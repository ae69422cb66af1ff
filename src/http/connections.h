// HTTP/1.1 connections on libevent's evhttp, each within its limits. Knows nothing of what is asked
// and answered, but that what is not HTTP is refused with a problem document.
//
// Not thread-safe: everything, constructor and destructor included, on the thread that runs the
// loop. Nothing blocks.

#ifndef SENDONCE_HTTP_CONNECTIONS_H
#define SENDONCE_HTTP_CONNECTIONS_H

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "http/limits.h"
#include "http/request.h"
#include "http/response.h"

struct event_base;

namespace sendonce::http {

// Names one request and its reply; 1, 2, 3, ..., never used twice.
using Exchange = uint64_t;

class Connections {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;

    // A whole request. Exactly one Respond must follow, now or later, unless OnEnded comes first.
    virtual void OnRequest(Exchange exchange, Request request) = 0;

    // The client has gone, or the connection was ended, before the response. At most once; never
    // from inside OnRequest, Respond, Stop or the destructor.
    virtual void OnEnded(Exchange exchange) = 0;
  };

  // REQUIRES: base and listener outlive this; SIGPIPE is ignored by the process.
  Connections(event_base* base, Listener& listener, const ServerLimits& limits);

  // Closes every connection, without a word to the listener.
  ~Connections();

  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  // Returns why it could not, or nullopt. `address` is numeric; port 0 is any free one. REQUIRES:
  // called once.
  std::optional<std::string> Listen(const std::string& address, uint16_t port);

  // The port that is listened on. REQUIRES: Listen has succeeded.
  uint16_t port() const;

  // Sends the response now, or after `delay_ms` if the client is still there then. No effect on an
  // exchange that has ended. Until the response is sent the end of the connection is noticed.
  void Respond(Exchange exchange, const Response& response, int64_t delay_ms = 0);

  // Stops listening and closes what is idle. Exchanges go on, and requests that are on their way
  // are still given to the listener; each connection is closed after its next response. `drained`
  // is called once, from the loop, when none is left. REQUIRES: called once.
  void Stop(std::function<void()> drained);

  // Without `unauthorized`, which is the listener's to count.
  ServerCounters counters() const;

 private:
  class Evhttp;
  std::unique_ptr<Evhttp> evhttp_;
};

}  // namespace sendonce::http

#endif  // SENDONCE_HTTP_CONNECTIONS_H
