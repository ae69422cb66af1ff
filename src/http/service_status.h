// What the daemon adds to GET /v1/status: facts that the core does not know.

#ifndef SENDONCE_HTTP_SERVICE_STATUS_H
#define SENDONCE_HTTP_SERVICE_STATUS_H

#include <cstdint>
#include <string>
#include <vector>

#include "core/send.h"

namespace sendonce::http {

// One ZMQ topic that the daemon listens to.
struct ZmqTopicStatus {
  std::string name;      // "rawtx", "sequence"
  std::string endpoint;  // as getzmqnotifications names it
  bool alive = false;    // connected now
  uint64_t messages = 0;
  uint64_t gaps = 0;  // counters that did not follow one another
};

struct ServiceStatus {
  std::string version;
  core::Millis uptime_ms = 0;
  std::vector<ZmqTopicStatus> zmq;  // empty: the node announces none, or -zmq=0
  std::string wal_path;
  core::Seq wal_anchor_seq = 0;  // may lag behind core::StatusReply::durable_seq, never lead
  bool paused = false;
};

}  // namespace sendonce::http

#endif  // SENDONCE_HTTP_SERVICE_STATUS_H
