// What the node shows of single coins: unspent, spent in the mempool and by whom, or neither.

#ifndef SENDONCE_NODE_COIN_LOOKUP_H
#define SENDONCE_NODE_COIN_LOOKUP_H

#include <optional>
#include <vector>

#include "core/commands.h"
#include "node/rpc_client.h"

namespace sendonce::node {

// An unspent output as gettxout shows it.
struct UnspentOutput {
  bitcoin::BlockHash tip;  // the best block when it was asked for
  bitcoin::TxOut output;
};

// Whether the mempool's spends and outputs count.
enum class View : uint8_t { kChain, kChainAndMempool };

// One for each coin, in order; nullopt: not unspent. Blocking.
core::Outcome<std::vector<std::optional<UnspentOutput>>> ReadUnspentOutputs(
    RpcClient& rpc, const std::vector<bitcoin::OutPoint>& coins, View view);

// Blocking; see Bitcoind::LookUpCoins.
core::Outcome<std::vector<core::CoinStanding>> ReadCoinStandings(
    RpcClient& rpc, const std::vector<bitcoin::OutPoint>& coins);

}  // namespace sendonce::node

#endif  // SENDONCE_NODE_COIN_LOOKUP_H
