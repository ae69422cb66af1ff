// What somebody else has made of coins of a batch, and pays one of its sends: nothing of ours that
// can confirm beside it goes out, or is signed, and no verdict is taken as if it were not there.

#include <boost/test/unit_test.hpp>

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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::core
