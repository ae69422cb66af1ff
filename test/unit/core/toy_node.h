// A tiny node and wallet, honest: a chain of blocks that can be taken back, the transactions that
// are in none, and what is unspent. It knows nothing of the code that is tested; faults are for
// whoever stands between. That it answers as bitcoind does is itself tested
// (test/functional/sim_node.py).

#ifndef SENDONCE_TEST_UNIT_CORE_TOY_NODE_H
#define SENDONCE_TEST_UNIT_CORE_TOY_NODE_H

#include <map>
#include <optional>
#include <set>
#include <utility>
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
  // kNotFound: neither in the chain nor in the mempool.
  Outcome<FoundTransaction> LookUpTransaction(const bitcoin::Txid& txid) const;

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
  // The blocks that it fell back from are there again. REQUIRES: none came meanwhile.
  void CatchUp();
  void Evict() { RefillMempool({}); }
  // Nobody has these signatures any more: made again, they are new.
  void LoseSignatures(const std::vector<bitcoin::Transaction>& lost);

  // --- what a test wants to know

  const std::vector<bitcoin::Transaction>& mempool() const { return mempool_; }
  // Every transaction in the chain, oldest first.
  std::vector<bitcoin::Transaction> InChain() const;
  int PaymentsInChain(const bitcoin::TxOut& output) const;
  int32_t height() const { return chain_.back().position.height; }
  // In how many blocks from the tip down; 0: in none.
  int32_t ConfirmationsOf(const bitcoin::Txid& txid) const;
  std::optional<bitcoin::Transaction> FindInMempool(const bitcoin::Txid& txid) const;
  // It was in the mempool or in a block at some time.
  bool HasSeen(const bitcoin::Txid& txid) const { return seen_.contains(txid); }
  bool SpendsFromWallet(const bitcoin::Transaction& transaction) const;
  // That block, in the chain or not any more, holds it.
  bool WasInBlock(const bitcoin::BlockHash& block, const bitcoin::Txid& txid) const {
    return in_block_.contains({block, txid});
  }
  // It was an output of a transaction in a block at some time, or there from the beginning.
  bool WasInChain(const bitcoin::OutPoint& outpoint) const { return mined_.contains(outpoint); }
  bool IsUnspentInChain(const bitcoin::OutPoint& coin) const { return unspent_.contains(coin); }
  // Every transaction that was ever signed.
  const std::vector<bitcoin::Transaction>& signed_ever() const { return signed_; }

  NodeFacts facts;  // chain position and work are filled in when it is read
  // Scripts that the node's policy refuses to pay.
  std::set<bitcoin::Script> refused_scripts;
  // A reading of the last blocks can hold older coins too: so a test can give the wallet a coin
  // that is confirmed already.
  bool shows_old_coins = true;
  // The wallet keeps what it has spent also where no block and no mempool holds it any more, as
  // bitcoind's does. REQUIRES: set before it spends anything.
  bool remembers_spends = false;
  bitcoin::FeeRate estimate_sat_kvb = kEstimateSatKvb;

 private:
  struct Output {
    bitcoin::TxOut output;
    int32_t height = 0;  // 0: not in the chain
  };
  using Outputs = std::map<bitcoin::OutPoint, Output>;

  struct Known {
    bitcoin::Transaction transaction;
    bitcoin::Txid txid;
  };
  // What has to be known to take a block back.
  struct Undo {
    std::vector<bitcoin::Txid> txids;
    std::vector<std::pair<bitcoin::OutPoint, Output>> spent;  // by its first transaction first
  };

  NodeFacts FactsNow() const;
  int32_t ForkBelow(const ChainPosition& position) const;
  static std::vector<Known> KnownOf(const std::vector<bitcoin::Transaction>& transactions);
  std::vector<Known> KnownMempool() const;
  void FundAt(const Coin& coin, int32_t height);
  // With the mempool's outputs and without what it spends, or as the chain has it.
  const Output* FindUnspent(const bitcoin::OutPoint& outpoint, bool with_mempool) const;
  bool CanFollow(const bitcoin::Transaction& transaction) const;
  void RefillMempool(const std::vector<Known>& candidates);
  void AddToMempool(const Known& known);
  void RemoveFromMempool(const bitcoin::Txid& txid);
  void Connect(const ChainPosition& position, std::vector<Known> transactions);
  void Append(const std::vector<bitcoin::Transaction>& transactions);
  std::vector<Known> TakeBlocks(int depth);
  void GrowBeyond(int32_t old_height, const std::vector<bitcoin::Transaction>& transactions,
                  std::vector<Known> loose);
  void Note(const bitcoin::Transaction& transaction, const bitcoin::Txid& txid);
  bool IsInMempool(const bitcoin::Txid& txid) const;
  std::optional<Coin> WalletCoinAt(const bitcoin::OutPoint& outpoint) const;
  bitcoin::Amount FeeOf(const bitcoin::Transaction& transaction) const;
  std::set<bitcoin::Txid> ReplacedBy(const bitcoin::Transaction& transaction) const;
  std::optional<Refused> Judge(const bitcoin::Transaction& transaction) const;

  std::set<bitcoin::OutPoint> locked_;
  std::vector<ReadBlock> chain_;
  std::vector<Undo> undo_;            // of the block at the same place
  std::vector<ReadBlock> fell_from_;  // lowest first
  Outputs unspent_;                   // in the chain
  std::vector<bitcoin::Transaction> mempool_;
  std::vector<bitcoin::Txid> mempool_txids_;                  // of the one at the same place
  Outputs fresh_;                                             // the mempool's, spent there or not
  std::map<bitcoin::OutPoint, bitcoin::Txid> mempool_spent_;  // by whom
  std::map<bitcoin::OutPoint, bitcoin::TxOut> outputs_ever_;
  std::set<bitcoin::Txid> seen_;
  std::set<bitcoin::Txid> spends_ever_;  // that the wallet remembers
  std::set<bitcoin::OutPoint> mined_;
  std::set<std::pair<bitcoin::BlockHash, bitcoin::Txid>> in_block_;
  std::map<bitcoin::Txid, int32_t> height_of_;  // of the block that holds it
  std::vector<bitcoin::Transaction> signed_;
  std::set<bitcoin::Bytes> signed_bytes_;
  std::map<bitcoin::BlockHash, ChainPosition> parents_;  // of every block that ever was
  uint32_t branch_ = 0;
};

// The transaction spends a coin that the other spends.
bool Conflict(const bitcoin::Transaction& a, const bitcoin::Transaction& b);

}  // namespace sendonce::core

#endif  // SENDONCE_TEST_UNIT_CORE_TOY_NODE_H
