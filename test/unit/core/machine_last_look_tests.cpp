// What only an operator's verdict excludes is looked for as late as can be: before his `never`, and
// before what is paid again on his word is signed, and goes out for the first time.

#include <boost/test/unit_test.hpp>

#include "machine_operated.h"

namespace sendonce::core {
namespace {

using bitcoin::Transaction;
using samples::CoinOf;
using samples::OutputTo;
using samples::To;

// A first version of one coin, which is in the mempool again, and a second one, of one coin more,
// which somebody else has taken.
struct FirstIsBack : Operated {
  FirstIsBack() : Operated({CoinOf(1, 53'000), CoinOf(2, 40'000)}) {
    SubmitAndSettle("w-1", 50'000);
    first = node.mempool().at(0);
    Bump("w-1", 20'000);
    Settle();
    BOOST_REQUIRE(node.mempool().at(0).inputs.size() == 2U);
    rival = Foreign({CoinOf(2, 40'000)}, {OutputTo("mallory", 1'000)});
    SeeInMempool(rival);
    WakeAndSettle(20);
    BOOST_REQUIRE(node.FindInMempool(bitcoin::TxidOf(first)).has_value());
    BOOST_REQUIRE(NameOfState("w-1") == "conflicted");
  }

  void AssertNeverIsNotTaken() {
    GiveVerdict("w-1", OperatorVerdict::kNever);
    Settle();
    WakeAndSettle(3);
    BOOST_TEST(NameOfState("w-1") != "cancelled");
    node.Mine();
    Reconcile();
    BOOST_TEST((View("w-1").outcome == SendOutcome::kSent));
    BOOST_TEST(Payments(50'000) == 1);
  }

  Transaction first, rival;
};

struct PaidAgainOnHisWord : Conflicted {
  // Its own first transaction is in the mempool again, or in a block, and nobody has told.
  void FirstComesBack() {
    node.Evict();
    node.Broadcast(samples::BytesOf(first));
  }

  void AssertPaidOnce() {
    Settle();
    WakeAndSettle(5);
    node.Mine(2);
    Reconcile();
    BOOST_TEST(Payments(50'000) == 1);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(machine_last_look_tests)

// That it is there is no news: it was accepted once before.
BOOST_FIXTURE_TEST_CASE(never_is_not_taken_while_its_own_transaction_is_in_the_mempool,
                        FirstIsBack) {
  AssertNeverIsNotTaken();
}

BOOST_FIXTURE_TEST_CASE(nor_with_its_rival_in_a_block, FirstIsBack) {
  SeeInBlock({rival});
  WakeAndSettle(20);
  AssertNeverIsNotTaken();
}

// What has left the send out is gone, and its own transaction back.
BOOST_AUTO_TEST_CASE(nor_where_a_foreign_version_had_left_it_out) {
  Operated play({CoinOf(1, 1'000'000), CoinOf(2, 40'000)});
  play.SubmitMany({{"w-1", {To("alice", 50'000)}}, {"w-2", {To("bob", 60'000)}}});
  play.Settle();
  const Transaction first = play.node.mempool().at(0);
  play.SeeInMempool(Operated::Foreign({CoinOf(1, 1'000'000), CoinOf(2, 40'000)},
                                      {OutputTo("bob", 60'000), OutputTo("change", 900'000)}));
  play.SeeInBlock({Operated::Foreign({CoinOf(2, 40'000)}, {OutputTo("mallory", 1'000)})});
  play.WakeAndSettle(20);
  BOOST_REQUIRE(play.node.FindInMempool(bitcoin::TxidOf(first)).has_value());
  BOOST_REQUIRE(play.NameOfState("w-1") == "conflicted");
  play.GiveVerdict("w-1", OperatorVerdict::kNever);
  play.Settle();
  play.WakeAndSettle(3);
  play.node.Mine();
  play.Reconcile();
  BOOST_TEST((play.View("w-1").outcome == SendOutcome::kSent));
  BOOST_TEST(play.Payments(50'000) == 1);
}

// It has no coins to be paid again from yet; its own broadcast is out, with the reply lost.
BOOST_FIXTURE_TEST_CASE(nobody_fences_what_only_a_verdict_excludes, Conflicted) {
  SendUnheard();
  GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  const std::string text = Cancel("w-1") + Settle();
  BOOST_TEST(text.find("too late w-1 pending") != std::string::npos, text);
  WakeAndSettle(3);
  node.Mine();
  Reconcile();
  BOOST_TEST((View("w-1").outcome == SendOutcome::kSent));
}

BOOST_FIXTURE_TEST_CASE(what_is_in_a_block_that_is_not_read_yet_is_not_paid_again,
                        PaidAgainOnHisWord) {
  PayAgainUpToTheDraft();
  Drafts();
  Durable();
  node.Evict();
  node.MineOnly({first});
  for (int i = 0; i < 60 && !IsAskedTo<Sign>(); ++i) {
    // Whatever but the chain is answered.
    if (log.durable_seq() < log.last_seq()) {
      Durable();
    } else if (IsAskedTo<LookUpCoins>()) {
      LooksUp();
    } else if (IsAskedTo<LockCoins>()) {
      Locks();
    } else if (IsAskedTo<UnlockCoins>()) {
      Unlocks();
    } else if (IsAskedTo<Broadcast>()) {
      Broadcasts();
    } else {
      After(50);
    }
  }
  BOOST_TEST(!IsAskedTo<Sign>());
  AssertPaidOnce();
}

BOOST_FIXTURE_TEST_CASE(it_is_looked_for_again_after_a_death_before_the_signature,
                        PaidAgainOnHisWord) {
  PayAgainUpToTheDraft();
  GoOnUpTo([&] { return IsAskedTo<Sign>(); });
  FirstComesBack();
  Crash();
  AssertPaidOnce();
}

// The node is started again, and its wallet sends the first by itself.
BOOST_FIXTURE_TEST_CASE(it_is_looked_for_again_before_the_first_broadcast, PaidAgainOnHisWord) {
  const BatchId excluded = *ledger().FindSend("w-1")->live_batch;
  PayAgainUpToTheDraft();
  GoOnUpTo([&] { return IsAskedTo<Broadcast>() && Asked<Broadcast>().batch != excluded; });
  Broadcasts(Refused{Refusal::kNotExecuted, -28, "loading"});
  node.facts.started_at_ms += 100'000;
  FirstComesBack();
  AssertPaidOnce();
}

// The batch counts as asked because another amount took its coin (R7), while its coins are locked.
BOOST_FIXTURE_TEST_CASE(it_is_looked_for_again_where_the_batch_counts_as_asked,
                        PaidAgainOnHisWord) {
  PayAgainUpToTheDraft();
  Drafts();
  Durable();
  GoOnUpTo([&] { return IsAskedTo<LockCoins>(); });
  node.Broadcast(samples::BytesOf(
      Foreign({CoinOf(9, 2'000'000)}, {OutputTo("alice", 49'000), OutputTo("change", 900'000)})));
  Locks(Refused{Refusal::kRejected, -8, "expected unspent output"});
  Settle();
  BOOST_REQUIRE(SignatureAsked(*ledger().LiveBatchOf(*ledger().FindSend("w-1"))));
  FirstComesBack();
  AssertPaidOnce();
}

// What stood there when the verdict was given does not ask for another one.
BOOST_AUTO_TEST_CASE(what_is_paid_again_over_another_amount_can_be_bumped) {
  Operated play({CoinOf(1, 1'000'000)});
  play.SubmitAndSettle("w-1", 50'000);
  play.SeeInBlock({Operated::Foreign({CoinOf(1, 1'000'000)}, {OutputTo("alice", 49'000)})});
  play.node.Fund(CoinOf(9, 2'000'000), 6);
  play.After(120'000);
  play.Settle();
  play.GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  play.Settle();
  play.WakeAndSettle(10);
  BOOST_TEST(play.NameOfState("w-1") == "broadcast");
  size_t versions = 1;
  for (const bitcoin::FeeRate rate_sat_kvb : {30'000, 60'000}) {
    play.Bump("w-1", rate_sat_kvb);
    play.Settle();
    play.WakeAndSettle(10);
    const Batch& batch = *play.ledger().LiveBatchOf(*play.ledger().FindSend("w-1"));
    BOOST_TEST(batch.versions.size() == ++versions);
    BOOST_TEST(!batch.versions.back().raw_tx.empty());
  }
}

// What it was to be paid again by is refused as well: it is signed by nobody, and can be ended.
BOOST_AUTO_TEST_CASE(what_is_set_aside_and_not_paid_again_can_be_given_up) {
  Operated play({CoinOf(1, 1'000'000)});
  play.Submit("w-1", {To("alice", 50'000)});
  const Refused refused{Refusal::kPolicy, -26, "dust"};
  const auto go_on = [&] {
    for (int i = 0; i < 400; ++i) {
      if (play.IsAskedTo<Broadcast>()) {
        play.Broadcasts(refused);
      } else if (play.IsAskedTo<DraftTransaction>() && play.log.batches().size() > 0) {
        Draft draft = play.HonestDraft();
        draft.judgement = refused;
        play.Drafts(draft);
      } else if (play.SettleOneStep().empty() && !play.IsAsked()) {
        play.Wake();
      }
    }
  };
  go_on();
  play.GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  go_on();
  BOOST_REQUIRE(play.NameOfState("w-1") == "signed");
  play.GiveVerdict("w-1", OperatorVerdict::kNever);
  go_on();
  BOOST_TEST(play.NameOfState("w-1") == "cancelled");
}

// So where what pays it again is reserved, and its signature was not asked for yet.
BOOST_FIXTURE_TEST_CASE(so_can_what_is_to_be_paid_again_and_is_not_signed, PaidAgainOnHisWord) {
  PayAgainUpToTheDraft();
  Drafts();
  Durable();
  GoOnUpTo([&] { return IsAskedTo<LockCoins>(); });
  GiveVerdict("w-1", OperatorVerdict::kNever);
  for (int i = 0; i < 60 && NameOfState("w-1") != "cancelled"; ++i) {
    // Whatever but the lock is answered.
    if (log.durable_seq() < log.last_seq()) {
      Durable();
    } else if (IsAskedTo<LookUpCoins>()) {
      LooksUp();
    } else if (IsAskedTo<UnlockCoins>()) {
      Unlocks();
    } else if (IsAskedTo<Broadcast>()) {
      Broadcasts();
    } else if (IsAskedTo<ReadChain>()) {
      ReadsChain();
    } else if (IsAskedTo<ReadCoins>()) {
      ReadsCoins();
    } else if (IsAskedTo<ReadSpends>()) {
      ReadsSpends();
    } else {
      After(50);
    }
  }
  BOOST_TEST(NameOfState("w-1") == "cancelled");
  Settle();
  WakeAndSettle(20);
  MineAndSettle(2);
  BOOST_TEST(Payments(50'000) == 0);
}

// One of two has left what pays both again, is paid, and forgotten: nobody has to look for it.
BOOST_AUTO_TEST_CASE(nothing_is_looked_for_on_behalf_of_who_has_left) {
  Operated play({CoinOf(1, 1'000'000)});
  play.SubmitMany({{"w-1", {To("alice", 50'000)}}, {"w-2", {To("bob", 60'000)}}});
  play.Settle();
  play.node.Evict();
  play.SeeInBlock({Operated::Foreign({CoinOf(1, 1'000'000)}, {OutputTo("mallory", 10'000)})});
  for (const char* id : {"w-1", "w-2"}) {
    play.GiveVerdict(id, OperatorVerdict::kPayAgain);
    play.Settle();
  }
  play.node.Fund(CoinOf(9, 500'000), 6);
  play.After(120'000);
  play.GoOnRefused(300);
  BOOST_REQUIRE(play.LiveBatchOf("w-2").sends.size() == 2U);
  play.node.Fund(CoinOf(10, 700'000), 6);
  play.node.MineOnly({Operated::Foreign({CoinOf(9, 500'000)},
                                        {OutputTo("bob", 59'000), OutputTo("mallory", 400'000)})});
  play.ChainHint();
  play.GoOnRefused(60);
  for (int i = 0; i < Policy{}.conflict_depth + 1; ++i) {
    play.node.MineOnly({});
    play.Reconcile();
  }
  play.GoOn(200);
  for (int i = 0; i < 8; ++i) {
    play.node.Mine();
    play.Reconcile();
  }
  BOOST_TEST(play.NameOfState("w-1") == "final");
  play.Crash();
  play.GoOn(300);
  BOOST_TEST(play.NameOfState("w-2") == "conflicted");
  BOOST_TEST(play.Payments(50'000) == 1);
}

// Each waits for a look for the same transaction. What w-1 is to be paid from is taken in the
// mempool, so that it is tried again and again; w-2 is paid.
BOOST_AUTO_TEST_CASE(what_is_tried_again_keeps_nobody_else_from_a_look) {
  Operated play({CoinOf(1, 200'000)});
  play.SubmitMany({{"w-1", {To("alice", 50'000)}}, {"w-2", {To("bob", 60'000)}}});
  play.Settle();
  play.node.Evict();
  play.SeeInMempool(Operated::Foreign({CoinOf(1, 200'000)}, {OutputTo("mallory", 150'000)}));
  play.FundLater(CoinOf(9, 500'000));
  play.Settle();
  play.GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  play.GoOnRefused(300);
  BOOST_REQUIRE(play.SendOf("w-1").batches.size() == 2U);
  BOOST_REQUIRE(play.SendOf("w-2").batches.size() == 1U);
  play.node.Broadcast(
      samples::BytesOf(Operated::Foreign({CoinOf(9, 500'000)}, {OutputTo("mallory", 1'000)})));
  play.GoOn(300);
  play.FundLater(CoinOf(10, 500'000));
  play.GiveVerdict("w-2", OperatorVerdict::kPayAgain);
  const Millis up_to_ms = play.now_ms() + 600'000;
  for (int i = 0; i < 20'000 && play.now_ms() < up_to_ms; ++i) play.GoOn(1);
  BOOST_TEST(play.NameOfState("w-2") == "broadcast");
}

// What leaves w-1 out goes out again meanwhile, and the node takes it: w-1 is looked for then, and
// not only when it goes out the next time.
BOOST_AUTO_TEST_CASE(never_does_not_wait_for_a_broadcast_that_has_ended) {
  for (const bool is_out : {false, true}) {
    Operated play({CoinOf(1, 200'000)});
    play.SubmitMany({{"w-1", {To("bob", 60'000)}}, {"w-2", {To("carol", 60'000)}}});
    play.GoOnUpTo([&] { return play.IsAskedTo<Broadcast>(); });
    play.node.refused_scripts.insert(samples::ScriptOf("bob"));
    play.Settle();
    play.WakeAndSettle(5);
    BOOST_REQUIRE(play.node.mempool().size() == 1U);
    BOOST_REQUIRE(play.NameOfState("w-1") == "conflicted");
    if (is_out) play.GoOnUpTo([&] { return play.IsAskedTo<Broadcast>(); });
    const Millis up_to_ms = play.now_ms() + 12'000;
    play.GiveVerdict("w-1", OperatorVerdict::kNever);
    play.Settle();
    while (play.now_ms() < up_to_ms) play.WakeAndSettle(1);
    BOOST_TEST(play.NameOfState("w-1") == "cancelled", "is out: " << is_out);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::core
