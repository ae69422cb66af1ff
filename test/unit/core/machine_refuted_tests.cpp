// Verdicts that are refuted: what an operator has set aside is there again. What was signed on his
// word by then, and was never out, does not go out any more.

#include <boost/test/unit_test.hpp>

#include "machine_operated.h"

namespace sendonce::core {
namespace {

using bitcoin::Transaction;
using samples::CoinOf;
using samples::OutputTo;
using samples::To;

// w-1 and w-2 were paid by `first`, from c1 and c2. Somebody else has these in the mempool.
struct Refuted : Operated {
  Refuted() : Operated({CoinOf(1, 60'000), CoinOf(2, 60'000)}) {
    SubmitMany({{"w-1", {To("alice", 100'000)}}, {"w-2", {To("bob", 5'000)}}});
    Settle();
    first = node.mempool().at(0);
    SeeInMempool(Foreign({CoinOf(1, 60'000), CoinOf(2, 60'000)}, {OutputTo("mallory", 10'000)}));
    FundLater(CoinOf(9, 2'000'000));
    Settle();
  }

  // They are paid again on a verdict, by `again`, from c9, which no node takes. `first` comes back,
  // and they to it. Then c2 is somebody else's, in a block.
  void PayAgainAndRefute(const std::vector<SendId>& ids) {
    for (const SendId& id : ids) GiveVerdict(id, OperatorVerdict::kPayAgain);
    GoOnRefused(600);
    BOOST_REQUIRE(SendOf("w-1").batches.size() == 2U);
    again = *bitcoin::ParseTransaction(LiveBatchOf("w-1").versions[0].raw_tx);
    node.Evict();
    node.Broadcast(samples::BytesOf(first));
    Hint(first);
    GoOnRefused(200);
    BOOST_REQUIRE(SendOf("w-1").excluded_by_verdict.empty());
    node.MineOnly({Foreign({CoinOf(2, 60'000)}, {OutputTo("mallory", 50'000)})});
    ChainHint();
  }

  Transaction first, again;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(machine_refuted_tests)

// w-2 is given up, so that `first` is not sent by us any more. w-1 leaves for a third batch, which
// excludes that by c1: `again` shares no coin with it.
BOOST_FIXTURE_TEST_CASE(what_rests_on_a_refuted_verdict_is_not_sent, Refuted) {
  GiveVerdict("w-2", OperatorVerdict::kNever);
  Settle();
  BOOST_REQUIRE(NameOfState("w-2") == "cancelled");
  PayAgainAndRefute({"w-1"});
  const auto is_another = [&](const Broadcast& one) { return one.txid != bitcoin::TxidOf(again); };
  GoOn(6'000, is_another);
  BOOST_TEST(SendOf("w-1").batches.size() == 3U);
  BOOST_TEST(!node.HasSeen(bitcoin::TxidOf(again)));
  node.Reorganise(1, {first});
  ChainHint();
  GoOn(300, is_another);
  node.Mine();
  BOOST_TEST(Payments(100'000) == 1);
}

// Nor is `first` looked for without end, so that `again` could be sent.
BOOST_FIXTURE_TEST_CASE(nor_is_it_tried_without_end, Refuted) {
  PayAgainAndRefute({"w-1", "w-2"});
  GoOnRefused(1'000);
  const Millis before_ms = now_ms();
  GoOnRefused(1'000);
  BOOST_TEST(now_ms() - before_ms > 10'000);
}

// w-1 and w-2 are paid again by one transaction. What is back pays w-2 alone: w-1 is to be paid
// alone, too.
BOOST_AUTO_TEST_CASE(what_came_back_for_one_of_two_is_not_paid_again) {
  Operated play({CoinOf(1, 200'000)});
  play.SubmitMany({{"w-1", {To("bob", 60'000)}}, {"w-2", {To("carol", 60'000)}}});
  play.GoOnUpTo([&] { return play.IsAskedTo<Broadcast>(); });
  play.node.refused_scripts.insert(samples::ScriptOf("bob"));
  play.Settle();
  play.WakeAndSettle(5);
  BOOST_REQUIRE(play.node.mempool().size() == 1U);
  const Transaction without = play.node.mempool().at(0);
  BOOST_REQUIRE(play.LiveBatchOf("w-1").versions.size() == 2U);
  play.node.Evict();
  play.SeeInMempool(Operated::Foreign({CoinOf(1, 200'000)}, {OutputTo("mallory", 100'000)}));
  play.node.refused_scripts.clear();
  play.FundLater(CoinOf(9, 500'000));
  play.Settle();
  for (const char* id : {"w-1", "w-2"}) play.GiveVerdict(id, OperatorVerdict::kPayAgain);
  play.GoOnRefused(600);
  const BatchId both = play.LiveBatchOf("w-2").id;
  BOOST_REQUIRE(play.LiveBatchOf("w-1").id == both);
  BOOST_REQUIRE(!play.LiveBatchOf("w-1").versions[0].raw_tx.empty());
  play.node.Evict();
  play.node.Broadcast(samples::BytesOf(without));
  play.GoOn(600);
  BOOST_TEST(play.LiveBatchOf("w-2").id != both);
  play.MineAndSettle(2);
  play.GoOn(3'000);
  play.MineAndSettle(2);
  BOOST_TEST(play.node.PaymentsInChain(OutputTo("carol", 60'000)) == 1);
  BOOST_TEST(play.node.PaymentsInChain(OutputTo("bob", 60'000)) == 1);
}

// `first` was seen after all, and w-1 went back to it, and then to `again`, which was seen last.
// The coins of `first` are somebody else's, the mempool is lost: `again` counts as sent, and may
// not be sent. An operator can decide.
BOOST_AUTO_TEST_CASE(a_verdict_is_taken_where_what_counts_as_sent_may_not_be_sent) {
  Operated play({CoinOf(1, 60'000), CoinOf(2, 60'000)});
  play.SubmitAndSettle("w-1", 100'000);
  const Transaction first = play.node.mempool().at(0);
  const Transaction rival =
      Operated::Foreign({CoinOf(1, 60'000), CoinOf(2, 60'000)}, {OutputTo("mallory", 10'000)});
  play.SeeInMempool(rival);
  play.FundLater(CoinOf(9, 2'000'000));
  play.Settle();
  play.GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  play.GoOn(600);
  BOOST_REQUIRE(play.SendOf("w-1").batches.size() == 2U);
  const Transaction again = *bitcoin::ParseTransaction(play.LiveBatchOf("w-1").versions[0].raw_tx);
  play.node.Evict();
  for (const Transaction& one : {again, first}) play.node.Broadcast(samples::BytesOf(one));
  for (const Transaction& one : {first, again}) {
    play.Hint(one);
    play.GoOn(60);
  }
  play.node.Evict();
  play.SeeInBlock({rival});
  play.AcceptAllAlarms();
  play.GoOn(3'000);
  BOOST_TEST(play.NameOfState("w-1") == "broadcast");
  play.GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  play.FundLater(CoinOf(10, 2'000'000));
  play.GoOn(3'000);
  play.node.Mine();
  play.ChainHint();
  play.GoOn(300);
  BOOST_TEST(play.Payments(100'000) == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::core
