// Play with an operator, and with somebody else who uses the wallet: how the tests that concern
// both bring things about.

#ifndef SENDONCE_TEST_UNIT_CORE_MACHINE_OPERATED_H
#define SENDONCE_TEST_UNIT_CORE_MACHINE_OPERATED_H

#include <boost/test/unit_test.hpp>
#include <stdexcept>

#include "machine_sent.h"

namespace sendonce::core {

struct Operated : Play {
  explicit Operated(const std::vector<Coin>& coins) {
    FundWith(coins);
    Start();
  }

  static bitcoin::Transaction Foreign(const std::vector<Coin>& coins,
                                      const std::vector<bitcoin::TxOut>& outputs) {
    return samples::Signed(samples::Spending(coins, outputs), coins, 9);
  }

  void SubmitAndSettle(const SendId& id, bitcoin::Amount amount_sat) {
    Submit(id, {samples::To("alice", amount_sat)});
    Settle();
  }

  void SeeInMempool(const bitcoin::Transaction& transaction) {
    node.Broadcast(samples::BytesOf(transaction));
    Hint(transaction);
    Settle();
  }

  void SeeInBlock(const std::vector<bitcoin::Transaction>& transactions, int blocks_on_top = 0) {
    node.MineOnly(transactions);
    Reconcile();
    for (int i = 0; i < blocks_on_top; ++i) {
      node.MineOnly({});
      Reconcile();
    }
  }

  // Another coin of the wallet's, and time enough for it to be read.
  void FundLater(const Coin& coin) {
    node.Fund(coin, 6);
    After(120'000);
  }

  // So many steps: the node answers what it is asked, or time goes on. Broadcasts that `is_refused`
  // names are refused for their fee.
  template <typename IsRefused>
  void GoOn(int steps, IsRefused is_refused) {
    for (int i = 0; i < steps; ++i) {
      if (IsAskedTo<Broadcast>() && is_refused(Asked<Broadcast>())) {
        Broadcasts(Refused{Refusal::kFeeTooLow, -26, "mempool min fee not met"});
      } else if (SettleOneStep().empty() && !IsAsked()) {
        Wake();
      }
    }
  }
  void GoOn(int steps) {
    GoOn(steps, [](const Broadcast&) { return false; });
  }
  void GoOnRefused(int steps) {
    GoOn(steps, [](const Broadcast&) { return true; });
  }

  // As many as it takes.
  template <typename Reached>
  void GoOnUpTo(Reached is_reached) {
    for (int i = 0; i < 3'000 && !is_reached(); ++i) GoOn(1);
    BOOST_REQUIRE(is_reached());
  }

  const Send& SendOf(const SendId& id) const { return *ledger().FindSend(id); }
  const Batch& LiveBatchOf(const SendId& id) const { return *ledger().LiveBatchOf(SendOf(id)); }

  void AcceptAllAlarms() {
    std::vector<Seq> open;
    for (const auto& [number, alarm] : ledger().alarms()) {
      if (!alarm.accepted_reason) open.push_back(number);
    }
    for (Seq number : open) AcceptAlarm(number);
  }

  int Payments(bitcoin::Amount amount_sat) const {
    return node.PaymentsInChain(samples::OutputTo("alice", amount_sat));
  }
};

// w-1 may be paid from c1 by `first`; somebody else's `rival` has c1 in the mempool.
struct Conflicted : Operated {
  Conflicted() : Operated({samples::CoinOf(1, 1'000'000)}) {
    SubmitAndSettle("w-1", 50'000);
    first = node.mempool().at(0);
    rival = Foreign({samples::CoinOf(1, 1'000'000)}, {samples::OutputTo("mallory", 10'000)});
    SeeInMempool(rival);
  }

  // By a verdict, from c9, until its draft is asked for.
  void PayAgainUpToTheDraft() {
    node.Fund(samples::CoinOf(9, 2'000'000), 6);
    After(120'000);
    Settle();
    GiveVerdict("w-1", OperatorVerdict::kPayAgain);
    for (int i = 0; i < 2'000 && !IsDraftingByVerdict(); ++i) {
      if (SettleOneStep().empty() && !IsAsked()) Wake();
    }
    BOOST_REQUIRE(IsDraftingByVerdict());
  }

  // The rival is gone; what it kept back goes out, and the reply is lost.
  void SendUnheard() {
    node.Evict();
    for (int i = 0; i < 200 && !IsAskedTo<Broadcast>(); ++i) {
      if (IsAsked()) {
        SettleOneStep();
      } else {
        Wake();
      }
    }
    BOOST_REQUIRE(IsAskedTo<Broadcast>());
    BroadcastsUnheard();
    BOOST_TEST(node.mempool().size() == 1U);
  }

  bitcoin::Transaction PaidAgain() {
    PayAgainUpToTheDraft();
    Settle();
    WakeAndSettle(3);
    for (const bitcoin::Transaction& transaction : node.mempool()) {
      if (transaction.inputs[0].prevout == samples::CoinOf(9, 1).outpoint) return transaction;
    }
    throw std::logic_error("it was not paid again");
  }

  bitcoin::Transaction first, rival;

 private:
  bool IsDraftingByVerdict() const {
    return IsAskedTo<DraftTransaction>() &&
           Asked<DraftTransaction>().coins[0].outpoint == samples::CoinOf(9, 1).outpoint;
  }
};

}  // namespace sendonce::core

#endif  // SENDONCE_TEST_UNIT_CORE_MACHINE_OPERATED_H
