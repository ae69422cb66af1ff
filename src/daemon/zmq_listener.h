// Which ZMQ endpoints to listen to, and the subscriber that does.

#ifndef SENDONCE_DAEMON_ZMQ_LISTENER_H
#define SENDONCE_DAEMON_ZMQ_LISTENER_H

#include <memory>
#include <vector>

#include "daemon/logger.h"
#include "daemon/options.h"
#include "http/service_status.h"
#include "node/zmq_subscriber.h"

namespace sendonce::daemon {

// Not thread-safe; the handlers come on the subscriber's thread.
class ZmqListener {
 public:
  ZmqListener(ZmqEndpoint raw_tx, ZmqEndpoint sequence, node::ZmqHandlers handlers, Logger& logger);

  // Begins to listen, once it is known what the node publishes. Says in one line what is missing.
  // No effect if called again.
  void Listen(const node::ZmqEndpoints& published);

  bool listening() const { return started_; }
  node::ZmqCounts counts() const;
  std::vector<http::ZmqTopicStatus> Describe() const;

  // No handler runs after it.
  void Stop();

 private:
  const ZmqEndpoint raw_tx_;
  const ZmqEndpoint sequence_;
  const node::ZmqHandlers handlers_;
  Logger& logger_;
  node::ZmqEndpoints endpoints_;
  std::unique_ptr<node::ZmqSubscriber> subscriber_;
  bool started_ = false;
};

}  // namespace sendonce::daemon

#endif  // SENDONCE_DAEMON_ZMQ_LISTENER_H
