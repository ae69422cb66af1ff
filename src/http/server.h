// The server: HTTP/1.1 on libevent's evhttp, on the caller's event loop.
//
// Not thread-safe: every call, the constructor and the destructor included, on the thread that runs
// the loop; every callback comes on it too. Nothing here blocks.
//
// A client gets no further than its limits, whatever it sends: see ServerLimits. A connection is
// closed without an answer only if its time is up, if it asks for what is not HTTP, or if there are
// too many; everything else is answered, with a problem document (RFC 9457) if refused.

#ifndef SENDONCE_HTTP_SERVER_H
#define SENDONCE_HTTP_SERVER_H

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/answers.h"
#include "core/commands.h"
#include "http/limits.h"
#include "http/routes.h"
#include "http/service_status.h"

struct event_base;

namespace sendonce::http {

struct ServerOptions {
  std::string bind_address = "127.0.0.1";  // numeric; also accepted as Host
  uint16_t port = 0;                       // 0: any free one
  bitcoin::Network network = bitcoin::Network::kRegtest;
  std::string credentials;  // user:password, as the cookie file holds it; never empty
  ServerLimits limits;
};

class Server {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;

    // A complete, authenticated, well-formed request. A command of the core carries `call` already.
    // Exactly one of the replies below must follow, now or later, unless OnCallerGone comes first.
    virtual void OnRouted(core::CallToken call, Routed routed) = 0;

    // Nobody waits for this answer any more. Comes at most once for a call, never after a reply,
    // never from inside OnRouted, a reply or the destructor. Changes nothing else (http-api.md).
    virtual void OnCallerGone(core::CallToken call) = 0;

    // Asked while a core::StatusReply is written.
    virtual ServiceStatus DescribeService() = 0;
  };

  // REQUIRES: base and handler outlive the server; `options.credentials` is not empty; SIGPIPE is
  // ignored by the process.
  Server(event_base* base, Handler& handler, ServerOptions options);

  // Closes every connection; calls that are still open are not answered and not reported.
  ~Server();

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Starts to listen; requests come as soon as the loop runs. Returns why it could not, or nullopt.
  // REQUIRES: called once.
  std::optional<std::string> Listen();

  // The port that is listened on. REQUIRES: Listen has succeeded.
  uint16_t port() const;

  // --- replies: each may be called from inside OnRouted. No effect on a call that is gone or
  // answered.

  void Reply(core::CallToken call, const core::Reply& reply);

  // Oldest first; empty: 404 `unknown_id`.
  void ReplyHistory(core::CallToken call, const std::vector<core::Logged>& records, bool pruned);

  void ReplyMetrics(core::CallToken call, const std::string& prometheus_text);

  // 200: the process is alive.
  void ReplyHealth(core::CallToken call);

  // 200 if nothing keeps it from paying, else 503 with the reason.
  void ReplyReady(core::CallToken call, const std::optional<core::Stall>& paying_stalled);

  // Stops listening and closes idle connections. Calls in flight are still answered by the replies
  // above, requests that were on their way are still given to the handler, and each connection is
  // closed after its next reply. `drained` is called once, from the loop, when none is left.
  void Stop(std::function<void()> drained);

  ServerCounters counters() const;

 private:
  class Desk;
  std::unique_ptr<Desk> desk_;
};

}  // namespace sendonce::http

#endif  // SENDONCE_HTTP_SERVER_H
