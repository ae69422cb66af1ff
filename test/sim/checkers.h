// All that is looked at while a schedule runs, put together. Throws Violation.

#ifndef SENDONCE_TEST_SIM_CHECKERS_H
#define SENDONCE_TEST_SIM_CHECKERS_H

#include "durable_facts.h"
#include "payment_checker.h"
#include "promise_checker.h"
#include "transaction_book.h"

namespace sendonce::sim {

class Checkers {
 public:
  Checkers(const core::ToyNode& node, int32_t conflict_depth);

  // What leaves too early is not seen, for a planted bug: what comes of it has to be.
  void IgnoreEffects();

  // The core lets go of it.
  void OnEffect(const core::Effect& effect);
  // As it is read from the disk.
  void OnDurable(const core::Entry& entry);
  // The core was told that all of it is durable, and has let go of what waited for that: what
  // leaves from now on it has decided in the knowledge of all this.
  void OnTold() { told_seq_ = facts_.ledger().last_seq(); }
  // The daemon has died and is about to begin again with this.
  void OnRestart(const core::Ledger::Contents& loaded);
  // Something happened in the world or at the node.
  void OnWorld();
  // Somebody else's transaction, whether a node has it or not.
  // `like`: as in TransactionBook::Add.
  void OnForeign(const bitcoin::Transaction& transaction, const std::set<int>& like);
  // The same, made of some of the coins of a batch alone.
  void OnSplit(const bitcoin::Transaction& transaction);

  // What callers had been told and the log had held at some time.
  struct Moment {
    DurableFacts facts;
    PromiseChecker::Promises promises;
    std::set<int> never;
  };
  Moment Now() const { return {facts_, promises_.promises(), payments_.never()}; }
  // The log was put back from then, and nothing that was signed since is on its way to the node.
  // Returns what nobody has any more: neither the log nor the node has seen it.
  std::vector<bitcoin::Transaction> OnPutBack(const Moment& then);
  bool was_put_back() const { return was_put_back_; }

  PromiseChecker& promises() { return promises_; }
  PaymentChecker& payments() { return payments_; }
  const TransactionBook& book() const { return book_; }
  void Assign(const bitcoin::Txid& txid, int number) { book_.Assign(txid, number); }
  const DurableFacts& facts() const { return facts_; }
  const PaymentChecker& payments() const { return payments_; }

 private:
  void Note(const bitcoin::Transaction& transaction, bool foreign, const std::set<int>& like);
  void CheckRest(const core::Effect& effect) const;

  const core::ToyNode& node_;
  TransactionBook book_;
  DurableFacts facts_;
  PaymentChecker payments_;
  PromiseChecker promises_;
  core::Seq told_seq_ = 0;
  size_t signed_seen_ = 0;
  bool checks_effects_ = true;
  bool was_put_back_ = false;
};

}  // namespace sendonce::sim

#endif  // SENDONCE_TEST_SIM_CHECKERS_H
