// G2, G6 and the rules behind them: at most one transaction that pays a send can ever confirm, none
// for one that was fenced, one that others have paid in part waits for a verdict (R7), and a coin
// belongs to one batch (R2) and has been in the chain (R9).

#ifndef SENDONCE_TEST_SIM_PAYMENT_CHECKER_H
#define SENDONCE_TEST_SIM_PAYMENT_CHECKER_H

#include <map>
#include <set>

#include "durable_facts.h"
#include "toy_node.h"
#include "transaction_book.h"

namespace sendonce::sim {

class PaymentChecker {
 public:
  // A rival of this depth counts (R4 c); so much shallower it may have become since, by
  // reorganisations that the schedule allows.
  PaymentChecker(const core::ToyNode& node, const TransactionBook& book, const DurableFacts& facts,
                 int32_t conflict_depth);

  // The book's newest transaction: whatever pays a send that it pays can never stand beside it, or
  // is excluded by a reason of R4 that holds in the chain.
  void OnKnown(int place) const;

  // A transaction of ours goes out: nothing that others have made of some of the batch's coins
  // alone, and that the log knew by that record, pays the same and can stand beside it.
  void OnSending(const bitcoin::Txid& txid, core::Seq known_by) const;

  // Of the payments of each send one is in the chain at most; of what was fenced none. What others
  // have made beside it is theirs.
  void CheckChain() const;

  // A record that is about to be durable (the facts do not know it yet).
  void OnRecord(const core::Entry& entry);

  // An operator has decided about the send when the transaction paid it already.
  bool IsCoveredByVerdict(int number, const bitcoin::Txid& txid) const;

  // An answer has said so: nothing that pays it can confirm.
  void OnNever(int number);

  // Those that were called never.
  const std::set<int>& never() const { return never_; }
  // The log was put back from when only these were. What an operator has decided stays decided;
  // what he has paid from elsewhere, no log and no wallet tells of any more.
  void OnPutBack(const std::set<int>& then) {
    never_ = then;
    covered_by_verdict_.insert(paid_from_elsewhere_.begin(), paid_from_elsewhere_.end());
  }
  void OnPaidFromElsewhere(int number, const bitcoin::Txid& txid) {
    paid_from_elsewhere_.insert({number, txid});
  }
  // Somebody bumped the first to the second, which whatever is said about the first covers.
  void OnReplaced(const bitcoin::Txid& old_txid, const bitcoin::Txid& txid);
  // An operator says that the send has nothing to do with this transaction, whatever comes of it,
  // or has come of it.
  void SetAside(int number, bitcoin::Txid txid);

 private:
  void CheckPair(int number, const TransactionBook::Known& one,
                 const TransactionBook::Known& other) const;
  bool IsMadeBeside(int number, const TransactionBook::Known& one,
                    const TransactionBook::Known& fresh) const;
  bool IsExcluded(int number, const TransactionBook::Known& known) const;
  bool IsInTheWay(int number, const TransactionBook::Known& sent) const;
  bool IsDeepRival(int number, const TransactionBook::Known& rival,
                   const TransactionBook::Known& excluded) const;
  void CheckEnding(const core::SendId& id) const;
  void CheckWaits(const core::SendId& id) const;
  void CheckClaim(const core::BatchReserved& reserved, const core::Coin& coin) const;

  const core::ToyNode& node_;
  const TransactionBook& book_;
  const DurableFacts& facts_;
  const int32_t conflict_depth_;
  std::set<int> never_;
  // What paid a send when an operator decided about it: his word is about all of it, also about
  // what the log has never seen, and stands, whatever becomes of the chain.
  std::set<std::pair<int, bitcoin::Txid>> covered_by_verdict_;
  std::set<std::pair<int, bitcoin::Txid>> paid_from_elsewhere_;
  std::multimap<bitcoin::Txid, bitcoin::Txid> bumped_;  // by somebody: from what, to what
};

}  // namespace sendonce::sim

#endif  // SENDONCE_TEST_SIM_PAYMENT_CHECKER_H
