// Reads the node's best chain block by block (R6).

#ifndef SENDONCE_NODE_CHAIN_READER_H
#define SENDONCE_NODE_CHAIN_READER_H

#include <vector>

#include "core/commands.h"
#include "node/rpc_client.h"

namespace sendonce::node {

// Of the best chain. Blocking.
core::Outcome<bitcoin::BlockHash> ReadHashAt(RpcClient& rpc, int32_t height);

// Blocking; see Bitcoind::ReadChain. REQUIRES: the locator is not empty and ascends.
core::Outcome<core::ChainStep> ReadChainStep(RpcClient& rpc,
                                             const std::vector<core::ChainPosition>& locator);

}  // namespace sendonce::node

#endif  // SENDONCE_NODE_CHAIN_READER_H
