// Carries out the core's effects on the node: each blocking call on one of three threads, each with
// a connection of its own, so that following the chain never waits for paying, the next batch is
// drafted while the one before is signed and sent, and no answer to a caller ever waits for the
// node.

#ifndef SENDONCE_DAEMON_NODE_GATEWAY_H
#define SENDONCE_DAEMON_NODE_GATEWAY_H

#include <functional>
#include <string_view>

#include "core/commands.h"
#include "core/effects.h"
#include "daemon/failpoints.h"
#include "daemon/metrics.h"
#include "daemon/node_worker.h"
#include "node/bitcoind.h"

namespace sendonce::daemon {

class NodeGateway {
 public:
  // Effects that wait for one of the threads; beyond it they are refused as not executed, and the
  // core tries again.
  static constexpr size_t kMaxWaitingCalls = 10'000;

  struct Callbacks {
    std::function<void(core::Command)> on_reply;                             // on a worker's thread
    std::function<void(core::Outcome<node::Requirements>)> on_requirements;  // likewise
  };

  NodeGateway(const node::RpcOptions& options, Callbacks callbacks, Failpoints& failpoints,
              Metrics& metrics);
  NodeGateway(const NodeGateway&) = delete;
  NodeGateway& operator=(const NodeGateway&) = delete;

  // Exactly one reply follows, the command of the same name, unless Stop comes first. REQUIRES: an
  // effect for the node. Called on the loop's thread; effects of one kind are carried out in the
  // order in which they are given.
  void Execute(core::Effect effect);

  // Asks once what the node offers; the answer comes by on_requirements.
  void CheckRequirements();

  // Interrupts what is running and ends the threads. No callback comes after it.
  void Stop();

 private:
  // One thread and one connection.
  struct Lane {
    explicit Lane(const node::RpcOptions& options)
        : bitcoind(options), worker(kMaxWaitingCalls, [this] { bitcoind.Interrupt(); }) {}
    node::Bitcoind bitcoind;
    NodeWorker worker;
  };
  struct Caller;

  template <typename Row, typename EffectType>
  void Run(Lane& lane, EffectType effect);

  Callbacks callbacks_;
  Failpoints& failpoints_;
  Metrics& metrics_;
  Lane reading_;
  Lane drafting_;
  Lane paying_;
};

}  // namespace sendonce::daemon

#endif  // SENDONCE_DAEMON_NODE_GATEWAY_H
