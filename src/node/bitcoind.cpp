#include "node/bitcoind.h"

#include "node/chain_reader.h"
#include "node/coin_lookup.h"
#include "node/failure.h"
#include "node/node_facts.h"
#include "node/transaction_lookup.h"
#include "node/wallet_actions.h"
#include "node/wallet_binding.h"
#include "node/wallet_reader.h"

namespace sendonce::node {

using core::Done;
using core::Outcome;

Bitcoind::Bitcoind(const RpcOptions& options) : rpc_(options), drafter_(rpc_) {}

Outcome<core::NodeFacts> Bitcoind::ReadFacts() {
  auto facts = ReadNodeFacts(rpc_);
  if (const auto* read = std::get_if<core::NodeFacts>(&facts)) bindings_ = read->wallet_bindings;
  return facts;
}

Outcome<core::ChainStep> Bitcoind::ReadChain(const core::ReadChain& effect) {
  auto step = ReadChainStep(rpc_, effect.locator);
  if (const auto* read = std::get_if<core::ChainStep>(&step)) {
    bindings_ = read->facts.wallet_bindings;
  }
  return step;
}

// Another one can have been loaded in its place, under the same name: its coins are not ours, and
// what it does not list may have been spent all the same.
template <typename T>
Outcome<T> Bitcoind::OfTheSameWallet(Outcome<T> read) {
  if (!std::holds_alternative<T>(read)) return read;
  auto bindings = ReadBindings(rpc_);
  const auto* carried = std::get_if<std::vector<std::string>>(&bindings);
  if (!carried) return FailedAs<T>(std::move(bindings));
  if (*carried != bindings_) return Moved("the wallet");
  return read;
}

Outcome<Bitcoind::WalletCoins> Bitcoind::ReadCoins(const core::ReadCoins& effect) {
  auto coins = ReadWalletCoins(rpc_, effect.above_height);
  auto* read = std::get_if<std::vector<core::WalletCoin>>(&coins);
  if (!read) return FailedAs<WalletCoins>(std::move(coins));
  auto locked = ReadLockedCoins(rpc_);
  auto* locks = std::get_if<std::vector<bitcoin::OutPoint>>(&locked);
  if (!locks) return FailedAs<WalletCoins>(std::move(locked));
  return OfTheSameWallet<WalletCoins>(WalletCoins{std::move(*read), std::move(*locks)});
}

Outcome<std::vector<core::WalletSpend>> Bitcoind::ReadSpends(const core::ReadSpends& effect) {
  return OfTheSameWallet(ReadWalletSpends(rpc_, effect.since.hash));
}

Outcome<core::FoundTransaction> Bitcoind::LookUpTransaction(const core::LookUpTransaction& effect) {
  return FindTransaction(rpc_, effect.txid);
}

Outcome<std::vector<core::CoinStanding>> Bitcoind::LookUpCoins(const core::LookUpCoins& effect) {
  return ReadCoinStandings(rpc_, effect.coins);
}

Outcome<core::Draft> Bitcoind::MakeDraft(const core::DraftTransaction& effect) {
  return drafter_.MakeDraft(effect);
}

Outcome<Done> Bitcoind::LockCoins(const core::LockCoins& effect) {
  return node::LockCoins(rpc_, effect.coins);
}

Outcome<Done> Bitcoind::UnlockCoins(const core::UnlockCoins& effect) {
  return node::UnlockCoins(rpc_, effect.coins);
}

Outcome<bitcoin::Bytes> Bitcoind::Sign(const core::Sign& effect) {
  return SignTransaction(rpc_, effect.unsigned_tx);
}

Outcome<Done> Bitcoind::Broadcast(const core::Broadcast& effect) {
  return BroadcastTransaction(rpc_, effect);
}

Outcome<core::ChainPosition> Bitcoind::ReadBlockAt(int32_t height) {
  auto hash = ReadHashAt(rpc_, height);
  if (const auto* found = std::get_if<bitcoin::BlockHash>(&hash)) {
    return core::ChainPosition{height, *found};
  }
  return FailedAs<core::ChainPosition>(std::move(hash));
}

Outcome<Requirements> Bitcoind::CheckRequirements() {
  return ReadRequirements(rpc_);
}

Outcome<std::string> Bitcoind::NewBinding(const core::WalId& wal_id) {
  return NewBindingAddress(rpc_, wal_id);
}

Outcome<Done> Bitcoind::SignProbe(const std::string& address) {
  return SignProbeTransaction(rpc_, address);
}

void Bitcoind::Interrupt() {
  rpc_.Interrupt();
}

}  // namespace sendonce::node
