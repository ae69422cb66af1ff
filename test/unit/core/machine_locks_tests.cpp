// Locks in the node that no batch needs any more are given back, in the same life and after each
// way back of a batch; an operator's stay (R8).

#include <boost/test/unit_test.hpp>

#include "machine_operated.h"

namespace sendonce::core {
namespace {

using bitcoin::Transaction;
using samples::ByAnother;
using samples::CoinOf;
using samples::OutPointOf;
using samples::OutputTo;
using samples::To;

const Refused kTooLow{Refusal::kFeeTooLow, -26, "mempool min fee not met"};

struct Locked : Operated {
  using Operated::Operated;

  void SubmitUpToBroadcast(bitcoin::Amount amount_sat) {
    Submit("w-1", {To("alice", amount_sat)});
    while (!IsAskedTo<Broadcast>()) SettleOneStep();
  }

  SendState State() { return View("w-1").state; }
};

// w-1 was accepted at 10 sat/vB, from c1. Its second version has c2 besides, was signed and then
// refused: c2 is locked.
struct AddedCoin : Locked {
  AddedCoin() : Locked({CoinOf(1, 53'000), CoinOf(2, 40'000)}) {
    Submit("w-1", {To("alice", 50'000)});
    Settle();
    first = node.mempool().at(0);
    Bump("w-1", 20'000);
    while (!IsAskedTo<Broadcast>()) SettleOneStep();
    Broadcasts(kTooLow);
    BOOST_REQUIRE((node.locked() == std::vector{OutPointOf(2)}));
  }

  // The first version is there again, the second one is refused again.
  void LoseBlocks(int depth) {
    node.Reorganise(depth);
    node.Evict();
    node.Broadcast(samples::BytesOf(first));
    ChainHint();
    GoOnRefused(60);
  }

  Transaction first;
};

// w-1 was signed, with c1 and c2, and refused; somebody else has spent c1 in a block. Another
// batch, with c2 and c9, is about to be locked.
struct Left : Locked {
  Left() : Locked({CoinOf(1, 1'000'000), CoinOf(2, 500'000)}) {
    node.Mine(2);
    Reconcile();
    SubmitUpToBroadcast(1'200'000);
    Broadcasts(kTooLow);
    Settle();
    node.Fund(CoinOf(9, 2'000'000), 6);
    node.MineOnly({rival});
    ChainHint();
    for (int i = 0; i < 3'000 && log.batches().size() < 2; ++i) {
      if (SettleOneStep().empty() && !IsAsked()) Wake();
    }
    for (int i = 0; i < 40 && !IsAskedTo<UnlockCoins>(); ++i) StepWithoutLocks();
    BOOST_REQUIRE(IsAskedTo<UnlockCoins>());
    Unlocks();
    Durable();
    BOOST_REQUIRE(IsAskedTo<LockCoins>());
  }

  void StepWithoutLocks() {
    if (log.durable_seq() < log.last_seq()) {
      Durable();
    } else if (IsAskedTo<ReadChain>()) {
      ReadsChain();
    } else if (IsAskedTo<LookUpCoins>()) {
      LooksUp();
    } else if (IsAskedTo<Broadcast>()) {
      Broadcasts();
    } else {
      Wake();
    }
  }

  // Before its signature is asked for, the rival's block is replaced by one in which c9 is gone
  // too.
  void LoseTheOtherBatch() {
    const Transaction taken = ByAnother({CoinOf(9, 2'000'000)}, {OutputTo("mallory", 1'900'000)});
    node.Reorganise(1, {rival, taken});
    while (!IsAskedTo<ReadChain>()) {
      ChainHint();
      if (IsAskedTo<ReadCoins>()) ReadsCoins();
      if (IsAskedTo<ReadSpends>()) ReadsSpends();
    }
    ReadsChain();
    Settle();
    WakeAndSettle(40);
  }

  const Transaction rival = ByAnother({CoinOf(1, 1'000'000)}, {OutputTo("mallory", 900'000)});
};

BOOST_AUTO_TEST_SUITE(machine_locks_tests)

// Long after it was confirmed, and nobody looks at the batch any more.
BOOST_FIXTURE_TEST_CASE(of_an_added_coin_that_what_confirmed_does_not_spend, AddedCoin) {
  SeeInBlock({first});
  WakeAndSettle(60);
  BOOST_TEST(node.locked().size() == 1U);
  SeeInBlock({}, 8);
  BOOST_TEST((State() == SendState::kFinal));
  BOOST_TEST(node.locked().empty());
}

BOOST_AUTO_TEST_CASE(of_a_coin_for_which_somebody_else_has_taken_one_of_his_own) {
  Locked play({CoinOf(1, 40'000), CoinOf(2, 40'000)});
  play.SubmitUpToBroadcast(50'000);
  BOOST_REQUIRE(play.node.locked().size() == 2U);
  play.Broadcasts(Unknown{"timeout"});
  play.node.Fund(CoinOf(9, 2'000'000), 6);
  play.SeeInBlock({ByAnother({CoinOf(1, 40'000), CoinOf(9, 2'000'000)},
                             {OutputTo("alice", 50'000), OutputTo("change", 1'900'000)})},
                  8);
  BOOST_TEST((play.State() == SendState::kFinal));
  BOOST_TEST(!play.node.IsUnspentInChain(OutPointOf(1)));
  BOOST_TEST(play.node.locked().empty());
}

BOOST_FIXTURE_TEST_CASE(of_an_added_coin_that_was_locked_again_after_a_reorganisation, AddedCoin) {
  SeeInBlock({first}, 8);
  Crash();
  WakeAndSettle(10);
  BOOST_REQUIRE(node.locked().empty());
  LoseBlocks(9);
  BOOST_TEST((State() == SendState::kBroadcast));
  BOOST_TEST((node.locked() == std::vector{OutPointOf(2)}));
  SeeInBlock({first}, 8);
  Crash();
  WakeAndSettle(10);
  BOOST_TEST((State() == SendState::kFinal));
  BOOST_TEST(node.locked().empty());
}

BOOST_FIXTURE_TEST_CASE(of_a_batch_that_its_sends_have_come_back_to, Left) {
  LoseTheOtherBatch();
  BOOST_TEST((State() == SendState::kConflicted));
  BOOST_TEST(ledger().IsReserved(OutPointOf(2)));
  BOOST_TEST(!node.locked().empty());
  GiveVerdict("w-1", OperatorVerdict::kNever);
  Settle();
  WakeAndSettle(40);
  BOOST_TEST((State() == SendState::kCancelled));
  BOOST_TEST(node.locked().empty());
}

// What the batch has given back is nobody's, though it is watched for ever.
BOOST_AUTO_TEST_CASE(an_operators_on_a_coin_of_a_superseded_batch_stays) {
  constexpr Millis kLongEnoughForTheWallet = 120'000;
  Locked play({CoinOf(1, 600'000), CoinOf(2, 600'000), CoinOf(3, 600'000)});
  play.Submit("w-1", {To("alice", 1'500'000)});
  play.Settle();
  play.node.Fund(CoinOf(9, 2'000'000), 6);
  play.SeeInBlock({ByAnother({CoinOf(1, 600'000)}, {OutputTo("mallory", 500'000)})}, 3);
  play.After(kLongEnoughForTheWallet);
  play.Settle();
  play.WakeAndSettle(10);
  BOOST_REQUIRE(play.log.batches().size() == 2U);
  const bool third_is_free = play.ledger().IsReserved(OutPointOf(2));
  const bitcoin::OutPoint free = OutPointOf(third_is_free ? 3 : 2);
  BOOST_REQUIRE(!play.ledger().IsReserved(free));
  BOOST_TEST(play.node.IsUnspentInChain(free));
  play.node.Lock({free});
  play.node.shows_old_coins = false;
  play.After(kLongEnoughForTheWallet);
  play.Settle();
  BOOST_TEST((play.machine().Funds().foreign_locks == std::vector{free}));
  play.Submit("w-2", {To("bob", 300'000)});
  play.Settle();
  BOOST_TEST(!play.ledger().IsReserved(free));
}

// w-9 is signed, of c1 and c2, and never out. What is adopted for w-1 spends c1 as well, and can
// not confirm in the end: locks are held by nobody for that.
BOOST_AUTO_TEST_CASE(of_a_coin_that_an_adopted_payment_spends_as_well) {
  Locked play({CoinOf(1, 60'000), CoinOf(2, 60'000)});
  play.Submit("w-9", {To("alice", 100'000)});
  play.GoOnRefused(60);
  BOOST_REQUIRE(play.node.locked().size() == 2U);
  play.node.FundStranger(CoinOf(5, 70'000));
  const Transaction adopted = ByAnother({CoinOf(1, 60'000), CoinOf(5, 70'000)},
                                        {OutputTo("zed", 30'000), OutputTo("wallet", 60'000)});
  play.node.Broadcast(samples::BytesOf(adopted));
  play.AdoptPayment("w-1", {To("zed", 30'000)}, bitcoin::TxidOf(adopted));
  play.GoOnRefused(100);
  play.node.Evict();
  play.SeeInBlock({ByAnother({CoinOf(2, 60'000)}, {OutputTo("wallet", 55'000)})}, 8);
  play.FundLater(CoinOf(9, 500'000));
  play.GoOnRefused(900);
  BOOST_REQUIRE(play.SendOf("w-9").batches.size() == 2U);
  play.node.MineOnly({ByAnother({CoinOf(5, 70'000)}, {OutputTo("mallory", 60'000)})});
  play.ChainHint();
  play.GoOnRefused(300);
  play.GiveVerdict("w-1", OperatorVerdict::kNever);
  play.GoOn(2'000);
  play.MineAndSettle(8);
  BOOST_TEST((play.State() == SendState::kCancelled));
  BOOST_TEST(play.NameOfState("w-9") == "final");
  BOOST_TEST(play.node.locked().empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
