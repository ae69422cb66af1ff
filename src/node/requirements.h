// What the rules need from a node, and where it publishes.

#ifndef SENDONCE_NODE_REQUIREMENTS_H
#define SENDONCE_NODE_REQUIREMENTS_H

#include <string>
#include <string_view>
#include <vector>

#include "core/outcome.h"
#include "node/rpc_client.h"
#include "node/zmq_subscriber.h"

namespace sendonce::node {

// What the rules need from the node, checked once at start and by `init`.
struct Requirements {
  // A sentence for each thing that is missing, with the way out. Empty: the node will do.
  std::vector<std::string> unmet;
  // Where the node publishes, in a form that can be connected to; a topic's is empty if it does
  // not. Nothing rests on it: with ZMQ off everything still works, later (R6).
  ZmqEndpoints zmq;
};

// Blocking; see Bitcoind::CheckRequirements.
core::Outcome<Requirements> ReadRequirements(RpcClient& rpc);

// The names of the RPCs that the text of `help` lists and we use, and that are not there. Pure.
std::vector<std::string> MissingMethods(std::string_view help_text);

// The endpoints in the reply of getzmqnotifications; an address that stands for all interfaces
// becomes the host on which the node's RPC server is. Pure.
ZmqEndpoints TakeZmqEndpoints(const Json& reply, const std::string& rpc_host);

}  // namespace sendonce::node

#endif  // SENDONCE_NODE_REQUIREMENTS_H
