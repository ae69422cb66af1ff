// What a client may take of the server, and what the server counts.

#ifndef SENDONCE_HTTP_LIMITS_H
#define SENDONCE_HTTP_LIMITS_H

#include <cstddef>
#include <cstdint>

namespace sendonce::http {

constexpr size_t kMaxBodyBytes = 1'048'576;
constexpr size_t kMaxHeaderBytes = 16'384;  // request line and header lines together

// Connections that are accepted before they are counted: so many can be open beyond the limit, for
// a moment.
constexpr size_t kMaxNewConnections = 64;

struct ServerLimits {
  // Open connections. One more is answered with 503 where it can still read that, and closed.
  size_t max_connections = 256;
  // Calls that may wait (wait=, up to ten minutes). Beyond it a call is answered as if it had not
  // asked to wait, which the contract allows at any time. A connection has one call at a time, so
  // calls in flight are bounded by the connections.
  size_t max_waiting_calls = 192;
  // Bulk calls that may be in flight, and the bytes of replies that may wait to be read by their
  // callers. Beyond either a bulk call is refused, beyond the bytes also one for a history or for
  // the alarms: short calls that can ask for a long reply.
  size_t max_bulk_calls = 64;
  size_t max_unsent_bytes = 64 * 1'048'576;
  // From the first byte of a request (for the first one: from the connection) to its last. A total:
  // a byte now and then does not extend it.
  int64_t request_timeout_ms = 30'000;
  // From a reply to the moment when the kernel has taken its last byte. A total too.
  int64_t reply_timeout_ms = 60'000;
  // Between a reply and the next request.
  int64_t idle_timeout_ms = 60'000;
  // Wrong credentials are answered this much later.
  int64_t unauthorized_delay_ms = 250;
};

// Since the start. For metrics.
struct ServerCounters {
  uint64_t connections_accepted = 0;
  uint64_t connections_refused = 0;  // beyond max_connections
  uint64_t connections_timed_out = 0;
  uint64_t requests = 0;      // complete ones, refused ones included
  uint64_t unauthorized = 0;  // wrong or missing credentials
  uint64_t connections_open = 0;
  uint64_t calls_in_flight = 0;
  uint64_t unsent_bytes = 0;  // of replies
};

}  // namespace sendonce::http

#endif  // SENDONCE_HTTP_LIMITS_H
