// What the wallet says it has and has spent.

#ifndef SENDONCE_NODE_WALLET_READER_H
#define SENDONCE_NODE_WALLET_READER_H

#include <optional>
#include <vector>

#include "core/commands.h"
#include "node/rpc_client.h"

namespace sendonce::node {

// Blocking; see Bitcoind::ReadCoins and ReadSpends.
core::Outcome<std::vector<core::WalletCoin>> ReadWalletCoins(RpcClient& rpc,
                                                             std::optional<int32_t> above_height);
core::Outcome<std::vector<bitcoin::OutPoint>> ReadLockedCoins(RpcClient& rpc);
core::Outcome<std::vector<core::WalletSpend>> ReadWalletSpends(RpcClient& rpc,
                                                               const bitcoin::BlockHash& since);

}  // namespace sendonce::node

#endif  // SENDONCE_NODE_WALLET_READER_H
