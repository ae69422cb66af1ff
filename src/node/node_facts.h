// The node and its wallet at one moment: core::NodeFacts.

#ifndef SENDONCE_NODE_NODE_FACTS_H
#define SENDONCE_NODE_NODE_FACTS_H

#include <string>
#include <vector>

#include "core/commands.h"
#include "node/rpc_client.h"

namespace sendonce::node {

// Blocking; see Bitcoind::ReadFacts.
core::Outcome<core::NodeFacts> ReadNodeFacts(RpcClient& rpc);

// Every WAL id that the wallet carries, hexadecimal. Blocking.
core::Outcome<std::vector<std::string>> ReadBindings(RpcClient& rpc);

// The label of the address that binds a wallet to a log: "sendonce:" and the id in hexadecimal.
std::string BindingLabel(const core::WalId& wal_id);

// The parts of it, each from the reply to one RPC. Pure, the time being a parameter where it is
// needed. False, and the facts are of no use, if the reply is not what bitcoind documents.
bool TakeBlockchainInfo(const Json& reply, core::NodeFacts& facts);
bool TakeWalletInfo(const Json& reply, core::NodeFacts& facts);
bool TakeLabels(const Json& reply, core::NodeFacts& facts);
bool TakeUptime(const Json& reply, core::Millis now_ms, core::NodeFacts& facts);

}  // namespace sendonce::node

#endif  // SENDONCE_NODE_NODE_FACTS_H
