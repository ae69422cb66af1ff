// Who spends the coins of a batch is asked before a verdict is followed, and when its transaction
// is refused: what a look that fails, and one that shows the coins again, come to.

#include <boost/test/unit_test.hpp>

#include "machine_sent.h"

namespace sendonce::core {
namespace {

using bitcoin::Transaction;
using samples::CoinOf;
using samples::OutputTo;
using samples::To;

// Without a new block the wallet is read once a minute.
constexpr Millis kLongEnoughForTheWallet = 120'000;

// A rival in the mempool has left it again, and ours is back, before anybody here has seen that. An
// operator has said that w-1 is to be paid again, from c9.
struct Wanted : Sent {
  Wanted() {
    const Transaction rival = Other({OutputTo("mallory", 100'000)});
    node.Broadcast(samples::BytesOf(rival));
    Hint(rival);
    Settle();
    node.Fund(CoinOf(9, 2'000'000), 6);
    After(kLongEnoughForTheWallet);
    Settle();
    node.Evict();
    node.Broadcast(samples::BytesOf(OurTransaction()));
    GiveVerdict("w-1", OperatorVerdict::kPayAgain);
    WakeUpToALook();
  }

  void WakeUpToALook() {
    const auto is_done = [&] { return !IsAsked() && log.durable_seq() == log.last_seq(); };
    for (int i = 0; i < 10 && !IsAskedTo<LookUpCoins>(); ++i) {
      Wake();
      while (!IsAskedTo<LookUpCoins>() && !is_done()) SettleOneStep();
    }
    BOOST_REQUIRE(IsAskedTo<LookUpCoins>());
  }
};

// w-1 is signed for on c1 and on a deposit of 500,000 sat that a reorganisation has taken away; no
// other coin is there.
struct Vanished : Play {
  Vanished() {
    node.FundStranger(CoinOf(50, 510'000));
    node.MineOnly({deposit});
    node.Mine(6);
    Start();
    Reconcile();
    Submit("w-1", {To("alice", 1'200'000)});
    Settle();
    node.Reorganise(7, {});
    node.Evict();
    for (int i = 0; i < 20 && TheBatch().vanished.empty(); ++i) {
      Reconcile();
      Wake();
      Settle();
      node.MineOnly({});
    }
    BOOST_REQUIRE(TheBatch().vanished.size() == 1U);
  }

  const Batch& TheBatch() const { return ledger().batches().begin()->second; }

  const Transaction deposit =
      samples::Spending({CoinOf(50, 510'000)}, {OutputTo("wallet", 500'000)});
};

BOOST_AUTO_TEST_SUITE(machine_look_tests)

// An answer that did not come says nothing: nothing is paid before one has, and the node is not
// asked as fast as it can fail.
BOOST_FIXTURE_TEST_CASE(a_wanted_look_that_fails_is_taken_again, Wanted) {
  const std::vector<Outcome<std::vector<CoinStanding>>> failures = {
      Unknown{"timeout"}, Refused{Refusal::kNotExecuted, -28, "loading"}, Unknown{"timeout"}};
  for (const auto& failure : failures) {
    LooksUp(failure);
    BOOST_TEST(!IsAskedTo<LookUpCoins>());
    BOOST_TEST(!IsAskedTo<DraftTransaction>());
    WakeUpToALook();
    BOOST_TEST(log.batches().size() == 1U);
  }
  LooksUp();
  WakeAndSettle(6);
  BOOST_TEST(NameOfState("w-1") == "broadcast");
  BOOST_TEST(log.batches().size() == 1U);
  node.Mine(3);
  Reconcile();
  BOOST_TEST(AlicesPayments() == 1);
}

// It is out again though nobody takes our transaction yet: there is no reason to pay in another
// way.
BOOST_FIXTURE_TEST_CASE(a_coin_that_is_back_is_not_taken_for_vanished, Vanished) {
  BOOST_TEST((View("w-1").state == SendState::kConflicted));
  node.MineOnly({deposit});
  for (int i = 0; i < 20 && !IsAskedTo<Broadcast>(); ++i) {
    Wake();
    while (IsAsked() && !IsAskedTo<Broadcast>()) SettleOneStep();
  }
  Broadcasts(Refused{Refusal::kFeeTooLow, -26, "mempool min fee not met"});
  for (int i = 0; i < 20 && !IsAskedTo<LookUpCoins>(); ++i) SettleOneStep();
  LooksUp();
  BOOST_TEST(TheBatch().vanished.empty());
  BOOST_TEST((View("w-1").state == SendState::kBroadcast));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
