// The simulated node as the daemon reaches it: honest (ToyNode), but down, unloaded, locked or
// refusing, as its condition says; and what may become of a call and of its reply.

#ifndef SENDONCE_TEST_SIM_NODE_CALLS_H
#define SENDONCE_TEST_SIM_NODE_CALLS_H

#include <optional>
#include <string>
#include <variant>

#include "core/commands.h"
#include "core/effects.h"
#include "toy_node.h"

namespace sendonce::sim {

// What keeps the node from answering.
struct Condition {
  bool down = false;
  bool wallet_unloaded = false;
  bool wallet_locked = false;
  bool behind = false;  // it has fallen back from blocks that it will have again
};

using Failure = std::variant<core::Refused, core::Unknown>;

// The honest answer, having done what was asked. REQUIRES: the effect is one for the node.
core::Command Carry(core::ToyNode& node, const Condition& condition, const core::Effect& effect);

// The reply that says so.
core::Command FailedReply(const core::Effect& effect, const Failure& failure);

// What a node in its right mind may say although the call could have gone well; nothing is done.
// nullopt: no such thing is said of this call.
std::optional<core::Refused> WhimOf(const core::Effect& effect, int roll);

bool ChangesTheNode(const core::Effect& effect);

// The connection that the daemon makes the call on (daemon/node_gateway.cpp): calls on one wait for
// each other. The last is the thread that reads the log.
constexpr size_t kLanes = 4;
size_t LaneOf(const core::Effect& effect);

}  // namespace sendonce::sim

#endif  // SENDONCE_TEST_SIM_NODE_CALLS_H
