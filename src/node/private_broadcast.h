// Whether the node keeps its own transactions out of its mempool.

#ifndef SENDONCE_NODE_PRIVATE_BROADCAST_H
#define SENDONCE_NODE_PRIVATE_BROADCAST_H

#include "core/outcome.h"
#include "node/rpc_client.h"

namespace sendonce::node {

// A node with -privatebroadcast hands what it is given to other nodes only, and does not show it in
// its mempool before it comes back from them: nothing that we learn from its mempool would be true.
// Blocking. False for a node that can not do so. Bitcoin Core 31.0 tells it only while there is
// something in its queue; from 32.0 on always.
core::Outcome<bool> ReadPrivateBroadcast(RpcClient& rpc);

}  // namespace sendonce::node

#endif  // SENDONCE_NODE_PRIVATE_BROADCAST_H
