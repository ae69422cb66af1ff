// What somebody else pays to one send of a batch that pays it again: nothing of ours that can
// confirm beside that goes out, whichever of the send's batches it is of, and the others are paid.

#include <boost/test/unit_test.hpp>

#include "core/may_pay.h"
#include "machine_operated.h"

namespace sendonce::core {
namespace {

using bitcoin::Transaction;
using samples::CoinOf;
using samples::OutputTo;
using samples::To;

// w-1 was paid by `first`, from c1 and c2, which the mempool has lost. Somebody else has c2 in a
// block, so that w-1 is to be paid again from c1 and `added`: that is refused by every node.
struct PaidAgain : Operated {
  PaidAgain() : Operated({CoinOf(1, 60'000), CoinOf(2, 60'000)}) {
    SubmitAndSettle("w-1", 100'000);
    first = node.mempool().at(0);
    FundLater(CoinOf(9, 500'000));
    Settle();
    node.Evict();
    Mine({Foreign({CoinOf(2, 60'000)}, {OutputTo("mallory", 50'000)})}, 400);
    BOOST_REQUIRE(SendOf("w-1").batches.size() == 2U);
    BOOST_REQUIRE((LiveBatchOf("w-1").coins[0].outpoint == CoinOf(1, 60'000).outpoint));
    added = LiveBatchOf("w-1").coins.at(1);
  }

  // In a block; then so many steps, in which nothing but `first` can go out.
  void Mine(const std::vector<Transaction>& transactions, int steps) {
    node.MineOnly(transactions);
    FollowTheChain(steps);
  }
  void FollowTheChain(int steps) {
    ChainHint();
    GoOn(steps, [&](const Broadcast& one) { return one.txid != bitcoin::TxidOf(first); });
  }

  Transaction first;
  Coin added;
};

// w-1 and w-2 were paid from c1, c2 and c3, which the mempool has lost; c1 is somebody else's in a
// block. Both are to be paid again from one of the others and c9. Before the signature is asked
// for, somebody pays w-2 by hand from the coin that both transactions spend.
struct PaidFromSharedCoin : Operated {
  PaidFromSharedCoin() : Operated({CoinOf(1, 60'000), CoinOf(2, 60'000), CoinOf(3, 60'000)}) {
    SubmitMany({{"w-1", {To("alice", 75'000)}}, {"w-2", {To("bob", 55'000)}}});
    Settle();
    FundLater(CoinOf(9, 500'000));
    Settle();
    node.Evict();
    node.MineOnly({Foreign({CoinOf(1, 60'000)}, {OutputTo("mallory", 50'000)})});
    ChainHint();
    GoOnUpTo([&] { return SendOf("w-1").batches.size() == 2U && IsAskedTo<LockCoins>(); });
    BOOST_REQUIRE(!SignatureAsked(LiveBatchOf("w-1")));
    const bool has_second = LiveBatchOf("w-1").coins[0].outpoint == CoinOf(2, 60'000).outpoint;
    by_hand = Foreign({CoinOf(has_second ? 2 : 3, 60'000)}, {OutputTo("bob", 55'000)});
    node.Broadcast(samples::BytesOf(by_hand));
    Locks(Refused{Refusal::kRejected, -8, "Invalid parameter, expected unspent output"});
    GoOnUpTo([&] { return IsAskedTo<LookUpCoins>(); });
    LooksUp();
  }

  Transaction by_hand;
};

// `second` pays w-2 and w-3 and was set aside by verdicts; w-1's payment beside it has confirmed.
// Both are to be paid again, from c9.
struct SecondSetAside : Operated {
  SecondSetAside() : Operated({CoinOf(1, 100'000), CoinOf(2, 150'000)}) {
    SubmitMany({{"w-1", {To("alice", 90'000)}},
                {"w-2", {To("bob", 60'000)}},
                {"w-3", {To("carol", 20'000)}}});
    Settle();
    node.Evict();
    second = Foreign({CoinOf(2, 150'000)}, {OutputTo("bob", 60'000), OutputTo("carol", 20'000)});
    SeeInMempool(second);
    node.Evict();
    SeeInMempool(Foreign({CoinOf(1, 100'000)}, {OutputTo("mallory", 90'000)}));
    for (const char* id : {"w-2", "w-3"}) GiveVerdict(id, OperatorVerdict::kPayAgain);
    Settle();
    node.Evict();
    SeeInBlock({Foreign({CoinOf(1, 100'000)}, {OutputTo("alice", 90'000)})}, 10);
    FundLater(CoinOf(9, 500'000));
  }

  // In a block, eight deep, and whatever comes of it.
  void GoOnBeyond() {
    SeeInBlock({}, 8);
    After(120'000);
    GoOn(900);
    MineAndSettle(3);
  }

  Transaction second;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(machine_beside_rebuilt_tests)

// It is the payment in one of the two batches, and a rival in the other, which is given up.
BOOST_FIXTURE_TEST_CASE(what_pays_by_hand_from_a_coin_of_two_batches_pays_in_one,
                        PaidFromSharedCoin) {
  Settle();
  node.Evict();
  AcceptAllAlarms();
  const auto is_by_hand = [&](const Broadcast& one) {
    return one.txid == bitcoin::TxidOf(by_hand);
  };
  GoOn(6'000, is_by_hand);
  FundLater(CoinOf(10, 500'000));
  GoOn(3'000, is_by_hand);
  GiveVerdict("w-2", OperatorVerdict::kPayAgain);
  GoOn(6'000, is_by_hand);
  node.Mine();
  ChainHint();
  GoOn(600, is_by_hand);
  BOOST_TEST(NameOfState("w-1") == "confirmed");
  BOOST_TEST(NameOfState("w-2") == "confirmed");
  BOOST_TEST(Payments(75'000) == 1);
  BOOST_TEST(node.PaymentsInChain(OutputTo("bob", 55'000)) == 1);
}

// Nor does the send go to and fro between them, with a record each time.
BOOST_FIXTURE_TEST_CASE(nor_is_that_written_down_at_each_look, PaidFromSharedCoin) {
  GoOn(1'000);
  const Seq before = log.last_seq();
  GoOn(4'000);
  BOOST_TEST(log.last_seq() - before < 20U);
}

// They are paid again one block deep; a reorganisation has what was set aside in its place. The
// batch that they have left is final for w-1 alone, and watched still.
BOOST_FIXTURE_TEST_CASE(a_batch_is_watched_until_what_pays_again_is_final, SecondSetAside) {
  GoOn(600);
  BOOST_REQUIRE(LiveBatchOf("w-2").sends.size() == 2U);
  node.Mine();
  ChainHint();
  GoOn(100);
  BOOST_REQUIRE(NameOfState("w-2") == "confirmed");
  node.Reorganise(1, {second});
  node.Evict();
  ChainHint();
  GoOnRefused(300);
  GoOnBeyond();
  BOOST_TEST(node.PaymentsInChain(OutputTo("bob", 60'000)) == 1);
  BOOST_TEST(node.PaymentsInChain(OutputTo("carol", 20'000)) == 1);
}

// R7, by a coin that the first one does not spend; a reorganisation brings its bytes back.
BOOST_FIXTURE_TEST_CASE(what_was_left_does_not_go_out_beside_another_amount, PaidAgain) {
  const Transaction other =
      Foreign({added}, {OutputTo("alice", 99'000), OutputTo("mallory", 5'000)});
  Mine({other}, 200);
  node.Reorganise(2, {other});
  node.Evict();
  node.Mine();
  FollowTheChain(800);
  BOOST_TEST(WaitsForVerdict(ledger(), SendOf("w-1")));
  BOOST_TEST(!node.FindInMempool(bitcoin::TxidOf(first)).has_value());
  node.Mine();
  BOOST_TEST(Payments(99'000) + Payments(100'000) == 1);
}

// w-2 is paid by hand from a coin that both have left. What pays both from there on is held, also
// once that is final; w-1 is paid alone.
BOOST_AUTO_TEST_CASE(what_is_held_beside_a_payment_is_held_when_that_is_final) {
  Operated play({CoinOf(1, 60'000), CoinOf(2, 60'000), CoinOf(3, 60'000)});
  play.SubmitMany({{"w-1", {To("alice", 75'000)}}, {"w-2", {To("bob", 55'000)}}});
  play.Settle();
  BOOST_REQUIRE(play.node.mempool().at(0).inputs.size() == 3U);
  play.FundLater(CoinOf(9, 500'000));
  play.Settle();
  play.node.Evict();
  play.node.MineOnly({Operated::Foreign({CoinOf(1, 60'000)}, {OutputTo("mallory", 50'000)})});
  play.ChainHint();
  play.GoOnRefused(400);
  const Batch& both = play.LiveBatchOf("w-2");
  BOOST_REQUIRE(play.SendOf("w-1").batches.size() == 2U);
  BOOST_REQUIRE(both.sends.size() == 2U);
  BOOST_REQUIRE(!both.versions[0].raw_tx.empty());
  const bool has_second = both.coins[0].outpoint == CoinOf(2, 60'000).outpoint;
  const Coin left = CoinOf(has_second ? 3 : 2, 60'000);
  play.node.Fund(CoinOf(10, 500'000), 6);
  play.node.MineOnly({Operated::Foreign({left}, {OutputTo("bob", 55'000)})});
  play.ChainHint();
  play.GoOn(300);
  BOOST_TEST(play.LiveBatchOf("w-2").id != both.id);
  BOOST_TEST(play.node.mempool().empty());
  play.SeeInBlock({}, Policy{}.finality);
  play.GoOn(1'000);
  play.MineAndSettle(2);
  BOOST_TEST(play.NameOfState("w-2") == "final");
  BOOST_TEST(play.node.PaymentsInChain(OutputTo("bob", 55'000)) == 1);
  BOOST_TEST(play.Payments(75'000) == 1);
}

// As above, where both are paid again on a verdict, and what pays w-2 was named by it.
BOOST_AUTO_TEST_CASE(so_is_what_was_out_on_a_verdict) {
  Operated play({CoinOf(1, 100'000), CoinOf(2, 100'000)});
  play.SubmitMany({{"w-1", {To("alice", 50'000)}}, {"w-2", {To("bob", 60'000)}}});
  play.Settle();
  play.node.Evict();
  const Transaction second = Operated::Foreign({CoinOf(2, 100'000)}, {OutputTo("bob", 60'000)});
  play.SeeInMempool(second);
  play.node.Evict();
  play.SeeInMempool(
      Operated::Foreign({CoinOf(1, 100'000), CoinOf(2, 100'000)}, {OutputTo("mallory", 90'000)}));
  play.FundLater(CoinOf(9, 500'000));
  play.Settle();
  for (const char* id : {"w-1", "w-2"}) play.GiveVerdict(id, OperatorVerdict::kPayAgain);
  play.GoOn(300);
  const Batch& both = play.LiveBatchOf("w-2");
  BOOST_REQUIRE(both.sends.size() == 2U);
  BOOST_REQUIRE(both.versions[0].accepted);
  play.node.Evict();
  play.node.MineOnly({second});
  play.ChainHint();
  play.GoOnRefused(300);
  BOOST_TEST(play.LiveBatchOf("w-2").id != both.id);
  play.SeeInBlock({}, Policy{}.finality);
  play.GoOn(1'000);
  play.MineAndSettle(2);
  BOOST_TEST(play.node.PaymentsInChain(OutputTo("bob", 60'000)) == 1);
}

// What pays both again is never out, and somebody else has its coin for w-3 alone.
BOOST_FIXTURE_TEST_CASE(a_second_payment_is_watched_for_while_one_of_two_is_paid_elsewhere,
                        SecondSetAside) {
  GoOnRefused(600);
  const Send& send = SendOf("w-2");
  BOOST_REQUIRE(LiveBatchOf("w-2").sends.size() == 2U);
  BOOST_REQUIRE((LiveBatchOf("w-2").coins[0].outpoint == CoinOf(9, 1).outpoint));
  node.MineOnly(
      {Foreign({CoinOf(9, 500'000)}, {OutputTo("carol", 20'000), OutputTo("wallet", 400'000)})});
  ChainHint();
  GoOnUpTo([&] { return IsAskedTo<ReadChain>(); });
  ReadsChain();
  BOOST_TEST(Ledger::IsOpen(*ledger().FindBatch(send.batches.front())));
  node.MineOnly({second});
  ChainHint();
  GoOnRefused(600);
  GoOnBeyond();
  BOOST_TEST(node.PaymentsInChain(OutputTo("bob", 60'000)) == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::core
