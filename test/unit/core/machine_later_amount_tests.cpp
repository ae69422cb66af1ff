// R7 once a send is paid again: another amount that comes to its address later, from a coin of an
// earlier batch or of its own.

#include <boost/test/unit_test.hpp>

#include "core/may_pay.h"
#include "machine_operated.h"

namespace sendonce::core {
namespace {

using samples::CoinOf;
using samples::OutputTo;
using samples::To;

}  // namespace

BOOST_AUTO_TEST_SUITE(machine_later_amount_tests)

// The verdict was about one; then each coin of the batch has paid alice in a block, and the wallet
// has other coins.
BOOST_AUTO_TEST_CASE(what_the_verdict_has_not_named_is_not_paid_again_by_a_rule) {
  Operated play({CoinOf(1, 53'000), CoinOf(2, 100'000)});
  play.SubmitAndSettle("w-1", 50'000);
  play.Bump("w-1", 30'000);
  play.Settle();
  play.SeeInBlock({Operated::Foreign({CoinOf(2, 100'000)}, {OutputTo("alice", 49'000)})});
  play.GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  play.Settle();
  BOOST_REQUIRE(!play.SendOf("w-1").excluded_by_verdict.empty());
  play.SeeInBlock({Operated::Foreign({CoinOf(1, 53'000)}, {OutputTo("alice", 49'500)})});
  BOOST_TEST(WaitsForVerdict(play.ledger(), play.SendOf("w-1")));
  play.FundLater(CoinOf(9, 500'000));
  play.Settle();
  play.WakeAndSettle(30);
  play.MineAndSettle(2);
  BOOST_TEST(play.Payments(50'000) == 0);
  BOOST_TEST(play.NameOfState("w-1") == "conflicted");
}

// From a coin that w-1 has left: at once, or on a verdict, which is taken then.
BOOST_AUTO_TEST_CASE(it_does_not_hold_a_bump_for_ever) {
  Operated play({CoinOf(1, 60'000), CoinOf(2, 60'000), CoinOf(3, 60'000)});
  play.SubmitAndSettle("w-1", 150'000);
  play.node.Evict();
  play.SeeInBlock({Operated::Foreign({CoinOf(1, 60'000)}, {OutputTo("mallory", 49'000)})});
  play.FundLater(CoinOf(9, 500'000));
  play.Settle();
  play.WakeAndSettle(20);
  BOOST_REQUIRE(play.SendOf("w-1").batches.size() == 2U);
  BOOST_REQUIRE(play.NameOfState("w-1") == "broadcast");
  const Batch& live = play.LiveBatchOf("w-1");
  const bool has_second = live.coins[0].outpoint == CoinOf(2, 60'000).outpoint;
  play.node.Evict();
  play.SeeInBlock(
      {Operated::Foreign({CoinOf(has_second ? 3 : 2, 60'000)}, {OutputTo("alice", 48'000)})});
  play.Bump("w-1", 60'000);
  const auto is_first = [&](const Broadcast& one) { return one.txid == live.versions[0].txid; };
  play.GoOn(600, is_first);
  BOOST_TEST(WaitsForVerdict(play.ledger(), play.SendOf("w-1")));
  BOOST_TEST(live.versions.size() == 2U);
  play.GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  play.GoOn(600, is_first);
  BOOST_TEST(!live.versions.back().raw_tx.empty());
  play.MineAndSettle(2);
  BOOST_TEST(play.Payments(150'000) == 1);
}

// What is out was set aside by a verdict, and what stood against it has left the chain: it counts
// as sent, and is sent by nobody. A verdict on the other amount is taken all the same.
BOOST_AUTO_TEST_CASE(a_verdict_on_it_is_taken_where_the_send_counts_as_sent) {
  Operated play({CoinOf(1, 60'000), CoinOf(2, 60'000), CoinOf(3, 60'000)});
  play.SubmitAndSettle("w-1", 150'000);
  play.node.Evict();
  play.SeeInBlock({Operated::Foreign({CoinOf(1, 60'000)}, {OutputTo("mallory", 49'000)})});
  play.FundLater(CoinOf(9, 500'000));
  play.Settle();
  play.WakeAndSettle(20);
  BOOST_REQUIRE(play.SendOf("w-1").batches.size() == 2U);
  const Batch& live = play.LiveBatchOf("w-1");
  const bool has_second = live.coins[0].outpoint == CoinOf(2, 60'000).outpoint;
  play.SeeInBlock({Operated::Foreign({CoinOf(9, 500'000)}, {OutputTo("mallory", 49'000)})});
  play.GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  play.Settle();
  BOOST_TEST(play.SendOf("w-1").excluded_by_verdict.size() == 2U);
  BOOST_TEST(play.NameOfState("w-1") == "conflicted");
  play.node.Reorganise(1, {});
  play.node.Evict();
  play.Reconcile();
  play.Hint(*bitcoin::ParseTransaction(live.versions[0].raw_tx));
  play.Settle();
  play.WakeAndSettle(5);
  BOOST_TEST(play.NameOfState("w-1") == "broadcast");
  play.SeeInBlock(
      {Operated::Foreign({CoinOf(has_second ? 3 : 2, 60'000)}, {OutputTo("alice", 48'000)})});
  BOOST_TEST(WaitsForVerdict(play.ledger(), play.SendOf("w-1")));
  BOOST_TEST(play.NameOfState("w-1") == "broadcast");
  play.GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  play.Settle();
  BOOST_TEST(!WaitsForVerdict(play.ledger(), play.SendOf("w-1")));
  play.FundLater(CoinOf(10, 600'000));
  play.GoOn(1'000);
  play.MineAndSettle(2);
  BOOST_TEST(play.Payments(150'000) == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::core
