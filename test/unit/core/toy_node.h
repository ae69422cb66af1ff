// A tiny node and wallet, naive and honest: a chain of blocks, the transactions that are in none,
// and the wallet's coins found by looking through all of it. It knows nothing of the code that is
// tested; faults are for whoever stands between.

#ifndef SENDONCE_TEST_UNIT_CORE_TOY_NODE_H
#define SENDONCE_TEST_UNIT_CORE_TOY_NODE_H

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/commands.h"
#include "core/effects.h"

namespace sendonce::core {

class ToyNode {
 public:
  static constexpr bitcoin::FeeRate kEstimateSatKvb = 10'000;

  // At block 100, with an empty wallet.
  ToyNode();

  // --- what the core asks

  ChainStep ReadChain(const core::ReadChain& effect) const;
  std::vector<WalletCoin> ReadCoins(
      const core::ReadCoins& effect) const;  // also those that are not confirmed
  std::vector<WalletSpend> ReadSpends(const core::ReadSpends& effect) const;
  std::vector<CoinStanding> LookUpCoins(const core::LookUpCoins& effect) const;
  Outcome<Draft> MakeDraft(const DraftTransaction& effect) const;
  Outcome<bitcoin::Bytes> Sign(const bitcoin::Bytes& unsigned_tx);
  Outcome<Done> Broadcast(const bitcoin::Bytes& raw_tx);
  void Lock(const std::vector<bitcoin::OutPoint>& coins);
  void Unlock(const std::vector<bitcoin::OutPoint>& coins);
  std::vector<bitcoin::OutPoint> locked() const { return {locked_.begin(), locked_.end()}; }

  // --- what happens in the world

  // A coin of the wallet's that was there before everything.
  void Fund(const Coin& coin, int32_t confirmations);
  // A coin of somebody else's, likewise.
  void FundStranger(Coin coin);
  // A block of these transactions, which need not be in the mempool; those that conflict with them
  // are thrown out of it. REQUIRES: each can follow the ones before it.
  void MineOnly(const std::vector<bitcoin::Transaction>& transactions);
  void Mine();  // a block of the whole mempool
  void Mine(int blocks);
  // Those of the candidates that could stand in the next block, in this order, without conflict.
  std::vector<bitcoin::Transaction> Mineable(
      const std::vector<bitcoin::Transaction>& candidates) const;
  // The wallet's coins in the chain, spent in the mempool or not.
  std::vector<Coin> CoinsInChain() const;
  // Takes the last `depth` blocks away and puts `depth + 1` others there, the first with
  // `transactions`. What was in them returns to the mempool if it can.
  void Reorganise(int depth, const std::vector<bitcoin::Transaction>& transactions = {});
  // The same with those of the candidates that can stand there.
  void ReorganiseTo(int depth, const std::vector<bitcoin::Transaction>& candidates);
  // The node as it was `depth` blocks ago: a chain of less work.
  void FallBack(int depth);
  void Evict() { mempool_.clear(); }

  // --- what a test wants to know

  const std::vector<bitcoin::Transaction>& mempool() const { return mempool_; }
  // Every transaction in the chain, oldest first.
  std::vector<bitcoin::Transaction> InChain() const;
  int PaymentsInChain(const bitcoin::TxOut& output) const;
  int32_t height() const { return chain_.back().position.height; }
  std::optional<bitcoin::Transaction> FindInMempool(const bitcoin::Txid& txid) const;
  // Every transaction that was ever signed.
  const std::vector<bitcoin::Transaction>& signed_ever() const { return signed_; }

  NodeFacts facts;  // chain position and work are filled in when it is read
  // Scripts that the node's policy refuses to pay.
  std::set<bitcoin::Script> refused_scripts;
  // A reading of the last blocks can hold older coins too: so a test can give the wallet a coin
  // that is confirmed already.
  bool shows_old_coins = true;
  bitcoin::FeeRate estimate_sat_kvb = kEstimateSatKvb;

 private:
  struct Output {
    bitcoin::TxOut output;
    int32_t height = 0;  // 0: not in the chain
  };
  using Outputs = std::map<bitcoin::OutPoint, Output>;

  NodeFacts FactsNow() const;
  Outputs Unspent(bool with_mempool) const;
  static void Apply(const bitcoin::Transaction& transaction, int32_t height, Outputs& outputs);
  bool CanFollow(const bitcoin::Transaction& transaction, const Outputs& outputs) const;
  void RefillMempool(const std::vector<bitcoin::Transaction>& candidates);
  void Append(const std::vector<bitcoin::Transaction>& transactions);
  std::vector<bitcoin::Transaction> TakeBlocks(int depth);
  void NoteOurs(const bitcoin::Transaction& transaction);
  std::optional<Coin> WalletCoinAt(const bitcoin::OutPoint& outpoint) const;
  bitcoin::Amount FeeOf(const bitcoin::Transaction& transaction) const;
  std::optional<Refused> MayReplace(const bitcoin::Transaction& transaction) const;
  std::optional<Refused> Judge(const bitcoin::Transaction& transaction) const;

  std::set<bitcoin::OutPoint> locked_;
  std::vector<Coin> funded_;
  std::map<bitcoin::OutPoint, int32_t> funded_height_;
  std::map<bitcoin::OutPoint, Coin> ours_;
  std::vector<ReadBlock> chain_;
  std::vector<bitcoin::Transaction> mempool_;
  std::vector<bitcoin::Transaction> signed_;
  uint32_t branch_ = 0;
};

// The transaction spends a coin that the other spends.
bool Conflict(const bitcoin::Transaction& a, const bitcoin::Transaction& b);

}  // namespace sendonce::core

#endif  // SENDONCE_TEST_UNIT_CORE_TOY_NODE_H
