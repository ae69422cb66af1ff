// The calls that change something: locks, signatures, broadcasts.

#ifndef SENDONCE_NODE_WALLET_ACTIONS_H
#define SENDONCE_NODE_WALLET_ACTIONS_H

#include <vector>

#include "core/effects.h"
#include "node/rpc_client.h"

namespace sendonce::node {

// Blocking; see the methods of Bitcoind with these names.
core::Outcome<core::Done> LockCoins(RpcClient& rpc, const std::vector<bitcoin::OutPoint>& coins);
core::Outcome<core::Done> UnlockCoins(RpcClient& rpc, const std::vector<bitcoin::OutPoint>& coins);
core::Outcome<bitcoin::Bytes> SignTransaction(RpcClient& rpc, const bitcoin::Bytes& unsigned_tx);
core::Outcome<core::Done> BroadcastTransaction(RpcClient& rpc, const core::Broadcast& effect);

// What signrawtransactionwithwallet replied: the hex if it is complete. Pure.
core::Outcome<bitcoin::Bytes> TakeSigned(const Json& reply);

}  // namespace sendonce::node

#endif  // SENDONCE_NODE_WALLET_ACTIONS_H
