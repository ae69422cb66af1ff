// What somebody else has made of coins of a batch, and pays one of its sends: nothing of ours that
// can confirm beside it goes out, or is signed, and no verdict is taken as if it were not there.

#include <boost/test/unit_test.hpp>

#include "core/may_pay.h"
#include "machine_operated.h"

namespace sendonce::core {
namespace {

using bitcoin::Transaction;
using samples::CoinOf;
using samples::OutputTo;
using samples::To;

// w-1 is paid by `first`, and by a second version that spends one coin more, `added`.
struct WithAddedCoin : Operated {
  WithAddedCoin() : Operated({CoinOf(1, 53'000), CoinOf(2, 100'000)}) {
    SubmitAndSettle("w-1", 50'000);
    first = node.mempool().at(0);
    BOOST_REQUIRE(first.inputs.size() == 1U);
    Bump("w-1", 30'000);
    Settle();
    const Transaction second = node.mempool().at(0);
    BOOST_REQUIRE(second.inputs.size() == 2U);
    BOOST_REQUIRE((second.inputs[1].prevout == added.outpoint));
  }

  // Its replacement is refused by then, and each version has had its turn.
  void TryAll() {
    for (int i = 0; i < 80; ++i) {
      Settle();
      WakeAndSettle(1);
    }
  }

  Transaction first;
  const Coin added = CoinOf(2, 100'000);
};

// w-1 and w-2 are paid by one transaction of two coins; somebody else has paid each with one of
// them, and both are in a block.
struct Split : Operated {
  Split() : Operated({CoinOf(1, 100'000), CoinOf(2, 100'000)}) {
    SubmitMany({{"w-1", {To("alice", 50'000)}}, {"w-2", {To("bob", 60'000)}}});
    Settle();
    BOOST_REQUIRE(node.mempool().at(0).inputs.size() == 2U);
    SeeInBlock({Foreign({CoinOf(1, 100'000)}, {OutputTo("alice", 50'000)}),
                Foreign({CoinOf(2, 100'000)}, {OutputTo("bob", 60'000)})},
               10);
    WakeAndSettle(5);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(machine_beside_tests)

BOOST_FIXTURE_TEST_CASE(no_version_goes_out_beside_a_payment_that_is_not_ours, WithAddedCoin) {
  SeeInMempool(Foreign({added}, {OutputTo("alice", 50'000), OutputTo("mallory", 30'000)}));
  TryAll();
  BOOST_TEST(node.mempool().size() == 1U);
  MineAndSettle(2);
  BOOST_TEST(Payments(50'000) == 1);
  BOOST_TEST((View("w-1").outcome == SendOutcome::kSent));
}

// As above, until what is not ours can never confirm: then ours goes out.
BOOST_FIXTURE_TEST_CASE(a_version_goes_out_once_the_other_payment_is_excluded, WithAddedCoin) {
  SeeInMempool(Foreign({added}, {OutputTo("alice", 50'000), OutputTo("mallory", 30'000)}));
  SeeInBlock({Foreign({added}, {OutputTo("mallory", 90'000)})});
  TryAll();
  BOOST_TEST(node.mempool().empty());
  for (int i = 0; i < Policy{}.conflict_depth; ++i) SeeInBlock({});
  TryAll();
  MineAndSettle(2);
  BOOST_TEST(Payments(50'000) == 1);
}

// R7: only a person can say whether it is the payment.
BOOST_FIXTURE_TEST_CASE(no_version_goes_out_beside_another_amount, WithAddedCoin) {
  SeeInBlock({Foreign({added}, {OutputTo("alice", 49'000), OutputTo("mallory", 40'000)})});
  TryAll();
  BOOST_TEST(NameOfState("w-1") == "conflicted");
  BOOST_TEST(node.mempool().empty());
  MineAndSettle(2);
  BOOST_TEST(Payments(50'000) == 0);
}

// A batch has one confirmation. What else may be in a block is not paid again on an operator's word
// that it is not.
BOOST_FIXTURE_TEST_CASE(a_second_payment_in_the_chain_is_not_paid_again, Split) {
  node.Fund(CoinOf(9, 2'000'000), 6);
  After(120'000);
  Settle();
  for (const auto& [id, name] : {std::pair{"w-1", "alice"}, std::pair{"w-2", "bob"}}) {
    if (NameOfState(id) != "conflicted") continue;
    for (const OperatorVerdict verdict : {OperatorVerdict::kPayAgain, OperatorVerdict::kNever}) {
      GiveVerdict(id, verdict);
      Settle();
      WakeAndSettle(5);
      BOOST_TEST(NameOfState(id) == "conflicted");
    }
    GiveVerdict(id, OperatorVerdict::kPaid);
    Settle();
    BOOST_TEST(NameOfState(id) == "final");
  }
  MineAndSettle(3);
  BOOST_TEST(node.PaymentsInChain(OutputTo("alice", 50'000)) == 1);
  BOOST_TEST(node.PaymentsInChain(OutputTo("bob", 60'000)) == 1);
}

// What was signed for both may not go out any more; the neighbour is paid without him.
BOOST_AUTO_TEST_CASE(a_neighbour_of_one_that_somebody_else_has_paid_is_paid_alone) {
  Operated play({CoinOf(1, 100'000), CoinOf(2, 100'000)});
  play.SubmitMany({{"w-1", {To("alice", 30'000)}},
                   {"w-2", {To("bob", 60'000)}},
                   {"w-3", {To("carol", 70'000)}}});
  play.Settle();
  BOOST_REQUIRE(play.node.mempool().at(0).inputs.size() == 2U);
  play.node.Fund(CoinOf(9, 200'000), 6);
  play.SeeInBlock({Operated::Foreign({CoinOf(1, 100'000)},
                                     {OutputTo("alice", 30'000), OutputTo("wallet", 65'000)})});
  play.Settle();
  play.WakeAndSettle(5);
  BOOST_REQUIRE(play.node.mempool().size() == 1U);  // w-2 and w-3, from its change
  BOOST_REQUIRE(play.NameOfState("w-2") == "broadcast");
  play.node.Evict();
  play.SeeInBlock({Operated::Foreign({CoinOf(2, 100'000)}, {OutputTo("bob", 60'000)})});
  play.node.Fund(CoinOf(10, 200'000), 6);
  play.After(120'000);
  play.Settle();
  play.WakeAndSettle(20);
  play.MineAndSettle(Policy{}.finality);
  BOOST_TEST(play.NameOfState("w-3") == "final");
  BOOST_TEST(play.node.PaymentsInChain(OutputTo("carol", 70'000)) == 1);
  BOOST_TEST(play.node.PaymentsInChain(OutputTo("bob", 60'000)) == 1);
}

// An operator gives it to the one; its neighbour is paid by it, too.
BOOST_AUTO_TEST_CASE(what_is_adopted_for_one_send_pays_the_other_of_its_batch) {
  for (const bitcoin::Amount to_bob_sat : {60'000, 59'000}) {
    Operated play({CoinOf(1, 1'000'000)});
    play.SubmitMany({{"w-1", {To("alice", 50'000)}}, {"w-2", {To("bob", 60'000)}}});
    while (!play.IsAskedTo<LockCoins>()) play.SettleOneStep();
    play.Locks(Unknown{"timeout"});
    const Transaction foreign = Operated::Foreign(
        {CoinOf(1, 1'000'000)},
        {OutputTo("alice", 50'000), OutputTo("bob", to_bob_sat), OutputTo("change", 800'000)});
    play.node.Broadcast(samples::BytesOf(foreign));
    play.node.Fund(CoinOf(9, 2'000'000), 6);
    play.AdoptPayment("w-1", {To("alice", 50'000)}, bitcoin::TxidOf(foreign));
    for (int i = 0; i < 2; ++i) {
      play.Settle();
      play.WakeAndSettle(20);
      play.MineAndSettle(3);
    }
    BOOST_TEST((play.View("w-1").outcome == SendOutcome::kSent));
    const bool is_exact = to_bob_sat == 60'000;
    BOOST_TEST(play.NameOfState("w-2") == (is_exact ? "final" : "conflicted"));
    BOOST_TEST(play.node.PaymentsInChain(OutputTo("bob", 60'000)) == (is_exact ? 1 : 0));
  }
}

// The other one was in the mempool alone, and is gone: that is known once its coin is spent in a
// block by something else.
BOOST_AUTO_TEST_CASE(what_is_not_in_the_chain_beside_the_confirmed_one_can_be_given_up) {
  Operated play({CoinOf(1, 100'000), CoinOf(2, 100'000)});
  play.SubmitMany({{"w-1", {To("alice", 50'000)}}, {"w-2", {To("bob", 60'000)}}});
  play.Settle();
  play.node.Evict();
  play.SeeInMempool(Operated::Foreign({CoinOf(2, 100'000)}, {OutputTo("bob", 60'000)}));
  play.node.Evict();
  play.SeeInBlock({Operated::Foreign({CoinOf(1, 100'000)}, {OutputTo("alice", 50'000)})}, 10);
  play.WakeAndSettle(20);
  play.GiveVerdict("w-2", OperatorVerdict::kNever);
  play.Settle();
  BOOST_TEST(play.NameOfState("w-2") == "conflicted");
  play.SeeInBlock({Operated::Foreign({CoinOf(2, 100'000)}, {OutputTo("wallet", 90'000)})});
  play.GiveVerdict("w-2", OperatorVerdict::kNever);
  play.Settle();
  play.WakeAndSettle(10);
  BOOST_TEST(play.NameOfState("w-2") == "cancelled");
}

// Ours can be the second as well, beside somebody else's of a coin that a bump has added.
BOOST_AUTO_TEST_CASE(our_own_in_the_chain_beside_the_confirmed_one_is_not_paid_again) {
  Operated play({CoinOf(1, 120'000), CoinOf(2, 100'000)});
  play.SubmitMany({{"w-1", {To("alice", 50'000)}}, {"w-2", {To("bob", 60'000)}}});
  play.Settle();
  const Transaction first = play.node.mempool().at(0);
  BOOST_REQUIRE(first.inputs.size() == 1U);
  play.Bump("w-1", 60'000);
  while (!play.IsAskedTo<Broadcast>()) play.SettleOneStep();
  play.Broadcasts(Refused{Refusal::kFeeTooLow, -26, "min fee"});
  play.node.MineOnly({Operated::Foreign({CoinOf(2, 100'000)}, {OutputTo("alice", 50'000)})});
  play.ChainHint();
  play.Settle();
  play.SeeInBlock({first});
  BOOST_REQUIRE(play.NameOfState("w-2") == "conflicted");
  play.node.Fund(CoinOf(9, 500'000), 6);
  play.After(120'000);
  play.Settle();
  for (const OperatorVerdict verdict : {OperatorVerdict::kNever, OperatorVerdict::kPayAgain}) {
    play.GiveVerdict("w-2", verdict);
    play.Settle();
    play.WakeAndSettle(20);
    play.MineAndSettle(2);
    BOOST_TEST(play.NameOfState("w-2") == "conflicted");
    BOOST_TEST(play.node.PaymentsInChain(OutputTo("bob", 60'000)) == 1);
  }
}

// A verdict from before: what is in the chain beside the confirmed one refutes it, whether w-2
// waits for coins by then, or for a signature.
BOOST_AUTO_TEST_CASE(a_second_payment_in_the_chain_refutes_the_verdict_on_it) {
  for (const bool is_reserved : {false, true}) {
    Operated play({CoinOf(1, 100'000), CoinOf(2, 100'000)});
    play.SubmitMany({{"w-1", {To("alice", 50'000)}}, {"w-2", {To("bob", 60'000)}}});
    play.Settle();
    play.node.Evict();
    const Transaction second = Operated::Foreign({CoinOf(2, 100'000)}, {OutputTo("bob", 60'000)});
    play.SeeInMempool(second);
    play.node.Evict();
    play.SeeInMempool(Operated::Foreign({CoinOf(1, 100'000)}, {OutputTo("mallory", 90'000)}));
    play.GiveVerdict("w-2", OperatorVerdict::kPayAgain);
    play.Settle();
    BOOST_REQUIRE(play.ledger().FindSend("w-2")->excluded_by_verdict.size() == 2U);
    play.node.Evict();
    play.SeeInBlock({Operated::Foreign({CoinOf(1, 100'000)}, {OutputTo("alice", 50'000)})}, 10);
    if (is_reserved) {
      play.node.Fund(CoinOf(9, 500'000), 6);
      play.After(120'000);
      for (int i = 0; i < 3'000 && play.ledger().FindSend("w-2")->batches.size() < 2; ++i) {
        if (play.SettleOneStep().empty() && !play.IsAsked()) play.Wake();
      }
      BOOST_REQUIRE(play.ledger().FindSend("w-2")->batches.size() == 2U);
      play.node.MineOnly({});
      play.ChainHint();
      for (int i = 0; i < 4; ++i) {
        if (play.IsAskedTo<ReadChain>()) play.ReadsChain();
      }
    }
    play.node.MineOnly({second});
    play.ChainHint();
    play.Settle();
    play.node.Fund(CoinOf(10, 500'000), 6);
    play.After(120'000);
    play.Settle();
    play.WakeAndSettle(40);
    play.MineAndSettle(3);
    BOOST_TEST(play.node.PaymentsInChain(OutputTo("bob", 60'000)) == 1);
  }
}

// All its sends have left the batch for one that is not accepted yet; what that rests on is gone
// with a reorganisation, so that the old bytes are tried: not beside somebody else's payment.
BOOST_AUTO_TEST_CASE(nor_does_what_all_sends_have_left) {
  Operated play({CoinOf(1, 60'000), CoinOf(2, 60'000)});
  play.SubmitAndSettle("w-1", 100'000);
  const Transaction first = play.node.mempool().at(0);
  play.node.Fund(CoinOf(3, 150'000), 6);
  play.After(120'000);
  play.Settle();
  play.Bump("w-1", 100'000);
  play.Settle();
  const Transaction foreign = Operated::Foreign(
      {CoinOf(3, 150'000)}, {OutputTo("alice", 100'000), OutputTo("mallory", 5'000)});
  play.SeeInMempool(foreign);
  play.WakeAndSettle(10);
  play.node.Fund(CoinOf(9, 500'000), 6);
  play.node.Evict();
  const auto is_another = [&](const Broadcast& one) { return one.txid != bitcoin::TxidOf(first); };
  play.node.MineOnly({Operated::Foreign({CoinOf(2, 60'000)}, {OutputTo("mallory", 50'000)})});
  play.ChainHint();
  play.GoOn(400, is_another);
  BOOST_REQUIRE(play.ledger().FindSend("w-1")->batches.size() == 2U);
  play.node.Reorganise(1, {});
  play.node.Evict();
  play.node.Mine();
  play.ChainHint();
  play.GoOn(600, is_another);
  BOOST_TEST(!play.node.FindInMempool(bitcoin::TxidOf(first)).has_value());
}

// R7 after a verdict: what it has not named asks for another.
BOOST_AUTO_TEST_CASE(another_amount_that_comes_after_a_verdict_asks_for_another) {
  Operated play({CoinOf(1, 53'000), CoinOf(2, 100'000)});
  play.SubmitAndSettle("w-1", 50'000);
  play.Bump("w-1", 30'000);
  play.Settle();
  play.SeeInBlock({Operated::Foreign({CoinOf(2, 100'000)}, {OutputTo("alice", 49'000)})});
  play.GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  play.Settle();
  const Send& send = *play.ledger().FindSend("w-1");
  BOOST_TEST(!WaitsForVerdict(play.ledger(), send));
  BOOST_TEST(send.excluded_by_verdict.size() == 3U);
  BOOST_TEST(UnclearEvidence(play.ledger(), send).empty());
  play.SeeInBlock({Operated::Foreign({CoinOf(1, 53'000)}, {OutputTo("alice", 48'000)})});
  BOOST_TEST(UnclearEvidence(play.ledger(), send).size() == 1U);
}

// What was signed on a verdict goes on, whatever comes of the coins that the batch before has left.
BOOST_AUTO_TEST_CASE(a_later_amount_elsewhere_does_not_hold_what_is_signed) {
  for (const bool is_accepted : {false, true}) {
    Operated play({CoinOf(1, 60'000), CoinOf(2, 60'000), CoinOf(3, 60'000)});
    play.SubmitAndSettle("w-1", 150'000);
    play.node.Evict();
    play.SeeInBlock({Operated::Foreign({CoinOf(1, 60'000)}, {OutputTo("alice", 49'000)})});
    play.node.Fund(CoinOf(9, 500'000), 6);
    play.After(120'000);
    play.Settle();
    play.GiveVerdict("w-1", OperatorVerdict::kPayAgain);
    play.GoOn(300, [&](const Broadcast&) { return !is_accepted; });
    const Batch& live = *play.ledger().LiveBatchOf(*play.ledger().FindSend("w-1"));
    BOOST_REQUIRE(play.ledger().FindSend("w-1")->batches.size() == 2U);
    const bool has_second = live.coins[0].outpoint == CoinOf(2, 60'000).outpoint;
    play.node.Evict();
    play.node.MineOnly(
        {Operated::Foreign({CoinOf(has_second ? 3 : 2, 60'000)}, {OutputTo("alice", 48'000)})});
    play.ChainHint();
    play.GoOn(600);
    play.MineAndSettle(2);
    BOOST_TEST(play.NameOfState("w-1") == "confirmed");
    BOOST_TEST(play.Payments(150'000) == 1);
  }
}

// One that waits for funds keeps nobody from being paid meanwhile.
BOOST_AUTO_TEST_CASE(what_is_paid_again_from_one_coin_more_keeps_nobody_waiting) {
  Operated play({CoinOf(7, 9'000'000)});
  play.Submit("x", {To("xena", 8'000'000)});
  play.Settle();
  play.node.Evict();
  play.SeeInBlock({Operated::Foreign({CoinOf(7, 9'000'000)}, {OutputTo("mallory", 10'000)})});
  play.GiveVerdict("x", OperatorVerdict::kPayAgain);
  play.Settle();
  play.WakeAndSettle(5);
  play.AcceptAllAlarms();
  play.node.Fund(CoinOf(1, 53'000), 6);
  play.node.Fund(CoinOf(2, 100'000), 6);
  play.After(120'000);
  play.Settle();
  play.SubmitAndSettle("w-1", 50'000);
  play.WakeAndSettle(5);
  play.Bump("w-1", 30'000);
  play.Settle();
  play.WakeAndSettle(5);
  const Coin added = play.ledger().LiveBatchOf(*play.ledger().FindSend("w-1"))->coins.back();
  play.node.Evict();
  play.node.MineOnly({Operated::Foreign({added}, {OutputTo("alice", 49'000)})});
  play.node.Fund(CoinOf(9, 500'000), 6);
  play.node.Fund(CoinOf(10, 400'000), 6);
  play.ChainHint();
  play.After(120'000);
  play.Settle();
  play.WakeAndSettle(5);
  play.GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  play.Submit("w-3", {To("carol", 20'000)});
  play.Settle();
  play.WakeAndSettle(20);
  BOOST_TEST(play.NameOfState("w-1") == "broadcast");
  BOOST_TEST(play.NameOfState("w-3") == "broadcast");
}

// With the coin that is left alone it would be the transaction that the verdict has set aside.
BOOST_FIXTURE_TEST_CASE(what_is_paid_again_is_another_transaction, WithAddedCoin) {
  SeeInBlock({Foreign({added}, {OutputTo("alice", 49'000)})});
  GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  Settle();
  WakeAndSettle(10);
  BOOST_TEST(NameOfState("w-1") == "conflicted");
  BOOST_TEST(ledger().FindSend("w-1")->batches.size() == 1U);
  node.Fund(CoinOf(9, 500'000), 6);
  After(120'000);
  Settle();
  WakeAndSettle(20);
  BOOST_TEST(NameOfState("w-1") == "broadcast");
  MineAndSettle(2);
  BOOST_TEST(Payments(50'000) == 1);
  BOOST_TEST(!node.IsUnspentInChain(CoinOf(1, 53'000).outpoint));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::core
