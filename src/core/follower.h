// The follower: reads the chain, the wallet's coins and its spends, and writes down what they say
// about our coins (R6, R7, R9, R10). It decides whether the node is one to pay with.
//
// A reconciliation is: the chain from the highest block that log and node both know, block by
// block, matched by coins; then the wallet's coins; then its spends. It runs at start, after each
// hint, and at least every Policy::reconcile_interval_ms.
//
// Not thread-safe. Pure.

#ifndef SENDONCE_CORE_FOLLOWER_H
#define SENDONCE_CORE_FOLLOWER_H

#include <optional>
#include <string>

#include "core/alarm_desk.h"
#include "core/answers.h"
#include "core/coin_pool.h"
#include "core/commands.h"
#include "core/matching.h"
#include "core/outbox.h"
#include "core/policy.h"
#include "core/spend_matcher.h"
#include "core/spender_book.h"

namespace sendonce::core {

class Follower {
 public:
  Follower(const Policy& policy, Ledger& ledger, Outbox& outbox, CoinPool& pool);

  // Asks for what is due.
  void Advance(Millis now_ms);
  Millis next_due_ms() const;

  void OnChainRead(const ChainRead& read, Millis now_ms);
  void OnCoinsRead(const CoinsRead& read, Millis now_ms);
  void OnSpendsRead(const SpendsRead& read, Millis now_ms);
  // REQUIRES: the call is kMatchersCall.
  void OnSpendLookedUp(const TransactionLookedUp& reply, Millis now_ms);

  // Reconcile as soon as may be.
  void Want() { wanted_ = true; }
  // And read the wallet's coins and spends with it.
  void WantWallet(Millis now_ms) {
    wanted_ = true;
    wallet_read_due_ms_ = now_ms;
  }
  // The pool may lack coins that the wallet has: one was found missing and may come back, a lock is
  // gone, or there are too few for a send. The next reading is of all coins, but all readings of
  // all coins together take no more than a small share of the wallet's time.
  void WantAllCoins() { all_coins_wanted_ = true; }
  // The node does not show the coin as unspent: it is not chosen before a reading shows it again.
  void NoteMissing(const bitcoin::OutPoint& coin) {
    pool_.Remove(coin);
    WantAllCoins();
  }

  // The node shows a transaction in the mempool: what it is to each batch is written down.
  void OnTransaction(const bitcoin::Transaction& transaction, Millis now_ms) {
    spenders_.OnTransaction(transaction, std::nullopt, now_ms);
  }

  // Why nothing new may be built, signed or judged now; nullopt if all is well.
  const std::optional<Stall>& building_stall() const { return building_stall_; }
  // Why not even recorded bytes may be sent again; nullopt if they may (R10: also while the node is
  // behind).
  const std::optional<Stall>& sending_stall() const { return sending_stall_; }

  // Whether the wallet's spends have been compared with the log since the start of the process.
  bool compared_with_wallet() const { return compared_with_wallet_; }
  // The log may be behind the wallet: an unexplained spend from before the start is not accepted
  // yet, or not matched by its coins.
  bool behind_wallet() const;
  // Each spend that was unexplained then has been matched by its coins.
  bool has_matched_spends() const { return compared_with_wallet_ && matcher_.is_done(); }
  // The wallet or chain is not the one that the log is bound to, or the node does not show what it
  // is given.
  bool is_unfit() const { return is_unfit_; }
  // The chain was read to its end, on a node that has all the work that was ever seen (R10).
  bool has_read_chain() const { return caught_up_; }
  bool coins_known() const { return coins_known_; }
  // Why nothing may be paid, promised or ended before an operator has acted; nullopt if there is no
  // such reason.
  std::optional<std::string> RefusalToPay() const;
  // The same, and before wallet and log have been compared: what a caller is told who wants more
  // than to be told what the log says.
  struct Refusal {
    Verdict verdict = Verdict::kNotPaying;
    std::string detail;
  };
  std::optional<Refusal> RefusalToPromise() const;

  // The clock was set back: what is due is found out anew.
  void MakeDue(Millis now_ms);

  // Coins that are locked in the node and belong to no batch of the log: an operator's, left alone.
  const std::vector<bitcoin::OutPoint>& foreign_locks() const { return foreign_locks_; }

  // Counts the completed reconciliations: the payer tries again what had to wait for new coins.
  uint64_t rounds() const { return rounds_; }
  // Counts the readings of the chain that were begun; and the last of them that came to its end.
  uint64_t readings_begun() const { return readings_begun_; }
  uint64_t last_whole_reading() const { return last_whole_reading_; }
  // Counts the times that blocks left the chain: what was found in it before may not hold.
  uint64_t reorganisations() const { return reorganisations_; }
  // Counts the times that the node was found to have been started again, also where no call to it
  // failed meanwhile.
  uint64_t node_restarts() const { return node_restarts_; }

  NodeView View() const;

 private:
  template <typename T>
  void OnFailedRead(const Outcome<T>& outcome, Millis wait_ms, Millis now_ms);
  void FinishRound(Millis now_ms);
  void OnNodeFacts(const NodeFacts& facts, Millis now_ms);
  std::optional<std::pair<std::string, std::string>> UnfitnessOf(const NodeFacts& facts) const;
  std::optional<std::pair<std::string, std::string>> LagOf(const NodeFacts& facts) const;
  void OnNodeTrouble(const std::string& code, const std::string& text, Millis now_ms);
  void SetStalls(Millis now_ms);

  bool IsBelowPruned(const ChainStep& step) const;
  void CompareFirst();
  bool CanCompare() const;
  void FollowStep(const ChainStep& step, Millis now_ms);
  void ReopenAbove(int32_t fork_height, Millis now_ms);
  void ReadOneBlock(const ReadBlock& block, Millis now_ms);
  void FinishDeepBatches(Millis now_ms);

  bool IsExplained(const WalletSpend& spend) const;
  void NoteSignature(const bitcoin::Txid& txid, Millis now_ms);
  void NoteUnexplained(const bitcoin::Txid& txid, Millis now_ms);
  void NoteSignaturesThatMayExist(Millis now_ms);
  void AcceptSpend(const bitcoin::Txid& txid, Millis now_ms);
  bool IsVersionWithOtherSignatures(const bitcoin::Txid& txid) const;
  ChainPosition BlockBelowTip(int32_t depth) const;
  void AskForCoinsAndSpends(Millis now_ms);
  bool MustReadAllCoins(Millis now_ms) const;
  void TakeCoins(const CoinsRead& read, const std::vector<WalletCoin>& coins);
  bool MayBeLockedByUs(const bitcoin::OutPoint& coin) const;
  void TakeForeignLocks(const std::vector<bitcoin::OutPoint>& locked);

  const Policy& policy_;
  Ledger& ledger_;
  Outbox& outbox_;
  CoinPool& pool_;
  AlarmDesk alarms_;
  SpenderBook spenders_;
  SpendMatcher matcher_;

  bool wanted_ = true;
  bool reading_ = false;
  Millis next_read_ms_ = 0;
  int failures_ = 0;         // of reading the chain, in a row
  int wallet_failures_ = 0;  // of reading coins or spends
  Millis wallet_read_due_ms_ = 0;

  std::optional<NodeFacts> facts_;
  std::string trouble_code_ = "starting";  // of the last attempt to read; empty if it went well
  std::string trouble_text_ = "the node has not been read yet";
  bool is_unfit_ = false;
  uint64_t readings_begun_ = 0;
  uint64_t last_whole_reading_ = 0;
  bool has_followed_ = false;  // a step of the chain, in this process
  bool caught_up_ = false;
  bool coins_known_ = false;
  bool compared_with_wallet_ = false;
  // Where the next comparison begins. The first one begins well before the log's last block as it
  // was at start: a log that is months behind must see months of spends.
  ChainPosition spends_since_;
  std::vector<bitcoin::OutPoint> foreign_locks_;
  // The wallet's height when the coins were read last: from there on they are read again. Empty:
  // all of them are.
  std::optional<int32_t> coins_read_up_to_;
  std::optional<int32_t> coins_asked_up_to_;
  Millis coins_asked_at_ms_ = 0;
  bool all_coins_wanted_ = false;
  Millis all_coins_not_before_ms_ = 0;
  int pending_reads_ = 0;  // of coins and spends in this round
  uint64_t rounds_ = 0;
  uint64_t reorganisations_ = 0;
  uint64_t node_restarts_ = 0;
  std::optional<Stall> building_stall_;
  std::optional<Stall> sending_stall_;
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_FOLLOWER_H
