// Sends of one amount to one address in different batches: each output of a transaction that
// touches both pays one of them (R7).

#include <boost/test/unit_test.hpp>

#include "core/views.h"
#include "machine_phases.h"

namespace sendonce::core {
namespace {

using bitcoin::Transaction;
using samples::ByAnother;
using samples::CoinOf;
using samples::OutputTo;
using samples::To;

struct LikeSends : Play {
  void SubmitAndSettle(const SendId& id, bitcoin::Amount amount_sat) {
    Submit(id, {To("alice", amount_sat)});
    Settle();
  }

  int Payments(bitcoin::Amount amount_sat) const {
    return node.PaymentsInChain(OutputTo("alice", amount_sat));
  }
};

// w-1 from c1 and w-2 from c2.
struct TwoBatches : LikeSends {
  TwoBatches() {
    FundWith({coins[0], coins[1]});
    Start();
    SubmitAndSettle("w-1", 700'000);
    SubmitAndSettle("w-2", 700'000);
  }

  void MineOther(const std::vector<bitcoin::TxOut>& outputs) {
    node.MineOnly({ByAnother(coins, outputs)});
    Reconcile();
    MineAndSettle(20);
  }

  const std::vector<Coin> coins = {CoinOf(1, 1'000'000), CoinOf(2, 1'000'000)};
};

BOOST_AUTO_TEST_SUITE(machine_like_sends_tests)

BOOST_FIXTURE_TEST_CASE(one_output_for_two_batches_pays_neither_before_a_verdict, TwoBatches) {
  MineOther({OutputTo("alice", 700'000), OutputTo("change", 1'200'000)});
  for (const char* id : {"w-1", "w-2"}) BOOST_TEST(NameOfState(id) == "conflicted");
  BOOST_TEST(Payments(700'000) == 1);
  GiveVerdict("w-1", OperatorVerdict::kPaid);
  GiveVerdict("w-2", OperatorVerdict::kPayAgain);
  Settle();
  node.Fund(CoinOf(9, 2'000'000), 6);
  MineAndSettle(10);
  BOOST_TEST(NameOfState("w-1") == "final");
  BOOST_TEST(NameOfState("w-2") == "final");
  BOOST_TEST(Payments(700'000) == 2);
}

// The first batch has a neighbour that is plainly paid, so that it knows the transaction before the
// other one is looked at.
BOOST_FIXTURE_TEST_CASE(a_neighbour_that_is_paid_takes_no_doubt_away, LikeSends) {
  FundWith({CoinOf(1, 1'000'000), CoinOf(2, 1'000'000), CoinOf(3, 100'000)});
  Start();
  Submit("w-0", {To("zoe", 10'000)});  // so that the next two wait together
  Submit("w-1", {To("alice", 700'000)});
  Submit("w-3", {To("dave", 100'000)});
  Settle();
  SubmitAndSettle("w-2", 700'000);
  const auto* batch = ledger().LiveBatchOf(*ledger().FindSend("w-1"));
  const auto* other = ledger().LiveBatchOf(*ledger().FindSend("w-2"));
  BOOST_REQUIRE(batch->sends.size() == 2U);
  BOOST_REQUIRE(batch->id != other->id);
  node.MineOnly({ByAnother({batch->coins[0], other->coins[0]},
                           {OutputTo("alice", 700'000), OutputTo("dave", 100'000)})});
  Reconcile();
  BOOST_TEST(NameOfState("w-3") == "confirmed");
  for (const char* id : {"w-1", "w-2"}) BOOST_TEST(NameOfState(id) == "conflicted", id);
}

BOOST_FIXTURE_TEST_CASE(two_outputs_pay_both_each_by_its_own, TwoBatches) {
  MineOther({OutputTo("alice", 700'000), OutputTo("alice", 700'000)});
  BOOST_TEST(NameOfState("w-1") == "final");
  BOOST_TEST(NameOfState("w-2") == "final");
  BOOST_TEST((View("w-1").txid == View("w-2").txid));
  BOOST_TEST((View("w-1").outputs[0].vout != View("w-2").outputs[0].vout));
  BOOST_TEST(Payments(700'000) == 2);
}

// Without a new block the wallet is read once a minute.
constexpr Millis kLongEnoughForTheWallet = 120'000;

// w-1 is signed for on c1, c2 and c3. A rival takes c1, R4 moves it to c3 and c9, and w-2 gets c2
// and c8. The rival leaves the chain, and what was first signed for w-1 is mined.
struct FreedCoin : LikeSends {
  void Play(bitcoin::Amount amount_of_w2_sat) {
    FundWith({CoinOf(1, 500'000), CoinOf(2, 500'000), CoinOf(3, 500'000)});
    Start();
    SubmitAndSettle("w-1", 1'200'000);
    const Transaction first = node.mempool().at(0);
    node.Fund(CoinOf(9, 2'000'000), 6);
    node.MineOnly({ByAnother({CoinOf(1, 500'000)}, {OutputTo("mallory", 400'000)})});
    Reconcile();
    node.Fund(CoinOf(8, 1'000'000), 6);
    After(kLongEnoughForTheWallet);
    Settle();
    SubmitAndSettle("w-2", amount_of_w2_sat);
    BOOST_REQUIRE(node.mempool().size() == 2U);
    BOOST_REQUIRE(Conflict(node.mempool()[1], first));
    node.Reorganise(1, {first});
    Reconcile();
    BOOST_TEST((View("w-1").txid == bitcoin::TxidOf(first)));
    BOOST_TEST(NameOfState("w-1") == "confirmed");
    MineAndSettle(10);
    BOOST_TEST(NameOfState("w-1") == "final");
    BOOST_TEST(NameOfState("w-2") == "final");
    BOOST_TEST((View("w-2").txid != View("w-1").txid));
  }
};

BOOST_FIXTURE_TEST_CASE(what_we_made_for_another_send_pays_no_like_one, FreedCoin) {
  Play(1'200'000);
  BOOST_TEST(Payments(1'200'000) == 2);
}

// Nor is it a payment in another amount, that a person would have to judge.
BOOST_FIXTURE_TEST_CASE(what_we_made_for_another_send_is_a_plain_rival, FreedCoin) {
  Play(1'300'000);
  BOOST_TEST(Payments(1'200'000) == 1);
  BOOST_TEST(Payments(1'300'000) == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
