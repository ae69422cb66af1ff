// A higher fee, by a caller's wish: another version of the batch, which spends what the one before
// it spends and pays whom it pays (R3).

#include <boost/test/unit_test.hpp>

#include <functional>

#include "core/bumper.h"
#include "machine_sent.h"

namespace sendonce::core {
namespace {

using bitcoin::Transaction;
using samples::CoinOf;
using samples::OutputTo;
using samples::To;

constexpr bitcoin::FeeRate kHigher = 20'000;

// w-1, accepted, at 10 sat/vB.
struct Bumped : Sent {
  const Batch& TheBatch() const { return *ledger().FindBatch(3); }

  Transaction VersionAt(size_t number) const {
    return *bitcoin::ParseTransaction(TheBatch().versions.at(number).raw_tx);
  }

  const SendReply& Told(CallToken call) const { return std::get<SendReply>(ReplyTo(call)); }

  // Call 2; answered.
  const SendReply& BumpAndSettle(bitcoin::FeeRate rate) {
    Bump("w-1", rate);
    Settle();
    return Told(2);
  }

  void CheckCannotBump(const std::string& why) {
    BOOST_TEST((Told(2).verdict == Verdict::kCannotBump));
    BOOST_TEST(Told(2).detail.find(why) != std::string::npos, Told(2).detail);
    BOOST_TEST(TheBatch().versions.size() == 1U);
  }

  // The child of the first version that spends its change to somebody else.
  Transaction SpendingTheChange() {
    const Transaction ours = OurTransaction();
    const Coin change{
        {bitcoin::TxidOf(ours), 1}, ours.outputs[1].amount_sat, ours.outputs[1].script};
    return samples::Signed(samples::Spending({change}, {OutputTo("eve", 100'000)}), {change});
  }
};

BOOST_AUTO_TEST_SUITE(machine_bump_tests)

BOOST_FIXTURE_TEST_CASE(from_the_wish_to_the_mempool, Bumped) {
  CHECK_STEP(Bump("w-1", kHigher), "look up t1:1 of batch 3");
  CHECK_STEP(LooksUp(), "draft 2: c1 to alice 50000");
  CHECK_STEP(Drafts(), "append 7: batch 3 version 1", "append 8: batch 3 asks for a signature");
  CHECK_STEP(DurableUpTo(7), "answer 2: known w-1 sent broadcast t1");
  CHECK_STEP(Durable(), "sign batch 3 version 1");
  CHECK_STEP(Signs(), "append 9: batch 3 signed: t2");
  CHECK_STEP(Durable(), "broadcast t2 of batch 3");
  CHECK_STEP(Broadcasts(), "append 10: batch 3 accepted: t2");
  Durable();
  BOOST_TEST((node.mempool() == std::vector{VersionAt(1)}));
  node.Mine();
  Reconcile();
  BOOST_TEST((View("w-1").txid == bitcoin::TxidOf(VersionAt(1))));
  BOOST_TEST(View("w-1").txids.size() == 2U);
  BOOST_TEST(AlicesPayments() == 1);
}

BOOST_FIXTURE_TEST_CASE(only_the_change_pays_for_it, Bumped) {
  BumpAndSettle(kHigher);
  const Transaction before = VersionAt(0);
  const Transaction after = VersionAt(1);
  BOOST_TEST((after.inputs[0].prevout == before.inputs[0].prevout));
  BOOST_TEST((after.outputs[0] == before.outputs[0]));
  BOOST_TEST(after.outputs[1].amount_sat < before.outputs[1].amount_sat);
  BOOST_TEST(TheBatch().versions[1].fee_sat == 2 * TheBatch().versions[0].fee_sat);
}

// Wherever the process dies: one payment, and all that was signed conflicts.
BOOST_AUTO_TEST_CASE(killed_at_each_step) {
  for (int steps = 0; steps < 12; ++steps) {
    BOOST_TEST_CONTEXT(steps << " steps") {
      Bumped play;
      play.Bump("w-1", kHigher);
      for (int i = 0; i < steps; ++i) play.SettleOneStep();
      play.Crash();
      play.Settle();
      const auto& signed_ever = play.node.signed_ever();
      for (const Transaction& one : signed_ever) BOOST_TEST(Conflict(one, signed_ever.front()));
      play.Bump("w-1", kHigher);  // the caller repeats it
      play.Settle();
      BOOST_TEST(play.TheBatch().versions.size() == 2U);
      play.WakeAndSettle(3);
      BOOST_TEST((play.node.mempool() == std::vector{play.VersionAt(1)}));
      play.node.Mine();
      play.Reconcile();
      BOOST_TEST(play.AlicesPayments() == 1);
      BOOST_TEST(play.NameOfState("w-1") == "confirmed");
    }
  }
}

BOOST_FIXTURE_TEST_CASE(the_original_can_confirm_instead, Bumped) {
  BumpAndSettle(kHigher);
  node.MineOnly({VersionAt(0)});
  Reconcile();
  BOOST_TEST(NameOfState("w-1") == "confirmed");
  BOOST_TEST((View("w-1").txid == bitcoin::TxidOf(VersionAt(0))));
  BOOST_TEST(AlicesPayments() == 1);
  BOOST_TEST(ledger().alarms().empty());
}

// What could not be sent yet is sent in its newest version, and those before it have their turn.
BOOST_FIXTURE_TEST_CASE(a_replacement_that_the_node_does_not_want_leaves_the_way_to_the_first,
                        Bumped) {
  Bump("w-1", kHigher);
  for (int i = 0; !IsAskedTo<Broadcast>() && i < 20; ++i) SettleOneStep();
  Broadcasts(Refused{Refusal::kFeeTooLow, -26, "mempool min fee not met"});
  node.Evict();
  LooksUp();
  Wake();
  BOOST_TEST((Asked<Broadcast>().txid == TheBatch().versions[0].txid));
}

// The wallet is locked for the night: what is replaced is sent again now and then, not as fast as
// the node can take it.
BOOST_FIXTURE_TEST_CASE(a_replacement_that_waits_for_its_signature_keeps_nobody_busy, Bumped) {
  Bump("w-1", kHigher);
  for (int i = 0; !IsAskedTo<Sign>() && i < 20; ++i) SettleOneStep();
  Signs(Refused{Refusal::kWalletLocked, -13, "walletpassphrase first"});
  node.facts.wallet_locked = true;
  Reconcile();
  Wake();
  Settle();
  node.facts.wallet_locked = false;
  After(15'000);
  Reconcile();
  WakeAndSettle(2);
  BOOST_TEST((node.mempool() == std::vector{VersionAt(1)}));
}

// What is replaced is taken each time it is sent again: that says nothing about the signature,
// whose back-off goes on.
BOOST_FIXTURE_TEST_CASE(a_signature_that_is_refused_is_asked_for_less_and_less_often, Bumped) {
  Bump("w-1", kHigher);
  int asked = 0;
  for (const Millis until_ms = now_ms() + 600'000; now_ms() < until_ms;) {
    if (IsAskedTo<Sign>()) {
      ++asked;
      Signs(Refused{Refusal::kRejected, -1, "no"});
    } else if (SettleOneStep().empty() && !IsAsked()) {
      Wake();
    }
  }
  // Every second try; they are 250 ms apart at first and 15 s in the end, ten minutes long.
  BOOST_TEST(asked < 30);
  BOOST_TEST(asked > 5);
}

BOOST_FIXTURE_TEST_CASE(coins_are_added_where_the_change_is_too_little, Play) {
  FundWith({CoinOf(1, 53'000), CoinOf(2, 40'000)});
  Start();
  Submit("w-1", {To("alice", 50'000)});
  Settle();
  Bump("w-1", kHigher);
  CHECK_STEP(LooksUp(), "draft 2: c1,c2 to alice 50000");
  CHECK_STEP(Drafts(), "append 7: batch 3 version 1 adds c2");
  CHECK_STEP(Durable(), "answer 2: known w-1 sent broadcast t1", "lock c2 for batch 3");
  BOOST_TEST(ledger().IsReserved(CoinOf(2, 0).outpoint));
  Settle();
  node.Mine();
  Reconcile();
  BOOST_TEST(node.PaymentsInChain(OutputTo("alice", 50'000)) == 1);
  BOOST_TEST((View("w-1").state == SendState::kConfirmed));
}

// The next version takes what the one before it has added, before others.
BOOST_FIXTURE_TEST_CASE(added_coins_are_used_again_and_may_be_dropped, Play) {
  FundWith({CoinOf(1, 53'000), CoinOf(2, 20'000), CoinOf(3, 900'000)});
  Start();
  Submit("w-1", samples::Paying({To("alice", 50'000)}));
  Settle();
  const Batch& batch = *ledger().LiveBatchOf(*ledger().FindSend("w-1"));
  BOOST_TEST((batch.coins[0].outpoint == CoinOf(1, 0).outpoint));
  Bump("w-1", 15'000);
  Settle();
  Bump("w-1", 30'000);
  Settle();
  BOOST_TEST(batch.coins.size() == 2U);
  Bump("w-1", 150'000);
  Settle();
  BOOST_TEST(batch.coins.size() == 3U);
  for (const Transaction& one : node.signed_ever()) {
    BOOST_TEST((one.inputs[0].prevout == CoinOf(1, 0).outpoint));
    BOOST_TEST((one.outputs[0] == OutputTo("alice", 50'000)));
  }
  // What the one that confirms does not spend is free when it is final.
  node.MineOnly({node.signed_ever().front()});
  Reconcile();
  BOOST_TEST(ledger().IsReserved(CoinOf(3, 0).outpoint));
  node.Mine(6);
  Reconcile();
  BOOST_TEST(!ledger().IsReserved(CoinOf(3, 0).outpoint));
}

BOOST_FIXTURE_TEST_CASE(a_coin_that_somebody_spends_in_the_mempool_is_not_added, Play) {
  FundWith({CoinOf(1, 53'000), CoinOf(2, 40'000)});
  Start();
  Submit("w-1", {To("alice", 50'000)});
  Settle();
  const std::vector<Coin> theirs = {CoinOf(2, 40'000)};
  node.Broadcast(samples::BytesOf(
      samples::Signed(samples::Spending(theirs, {OutputTo("eve", 30'000)}), theirs, 9)));
  Bump("w-1", 25'000);
  Settle();
  const auto& reply = std::get<SendReply>(ReplyTo(2));
  BOOST_TEST((reply.verdict == Verdict::kCannotBump));
  BOOST_TEST(reply.detail.find("do not cover") != std::string::npos);
}

// --- what is answered at once

BOOST_FIXTURE_TEST_CASE(a_rate_that_is_paid_already_changes_nothing, Bumped) {
  CHECK_STEP(Bump("w-1", 10'000), "answer 2: known w-1 sent broadcast t1");
  BumpAndSettle(kHigher);
  const Seq last = log.last_seq();
  Bump("w-1", kHigher);
  BOOST_TEST(log.last_seq() == last);
}

// Also while the version is on its way: a caller may repeat himself.
BOOST_FIXTURE_TEST_CASE(a_rate_that_is_promised_already_changes_nothing, Bumped) {
  Bump("w-1", kHigher);
  LooksUp();
  Drafts();
  Durable();
  CHECK_STEP(Bump("w-1", kHigher), "answer 3: known w-1 sent broadcast t1");
  Bump("w-1", 2 * kHigher);
  BOOST_TEST((Told(4).verdict == Verdict::kCannotBump));
  BOOST_TEST(Told(4).detail.find("not signed yet") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(an_unknown_id, Bumped) {
  CHECK_STEP(Bump("w-2", kHigher), "answer 2: unknown id");
}

BOOST_FIXTURE_TEST_CASE(too_late, Bumped) {
  node.Mine();
  Reconcile();
  CHECK_STEP(Bump("w-1", kHigher), "answer 2: too late w-1 sent confirmed t1 1 deep");
  node.Mine(6);
  Reconcile();
  CHECK_STEP(Bump("w-1", kHigher), "answer 3: too late w-1 sent final t1 7 deep");
}

BOOST_AUTO_TEST_CASE(nothing_to_replace_yet) {
  for (Phase phase : {Phase::kRecordDurable, Phase::kReservationDurable, Phase::kRequestDurable}) {
    BOOST_TEST_CONTEXT(phase) {
      PlayAt play(phase);
      play.Bump("w-1", kHigher);
      BOOST_TEST((std::get<SendReply>(play.ReplyTo(2)).verdict == Verdict::kCannotBump));
    }
  }
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_send, Play) {
  Start();
  Cancel("w-1");
  Durable();
  CHECK_STEP(Bump("w-1", kHigher), "answer 2: too late w-1 never cancelled");
}

BOOST_FIXTURE_TEST_CASE(a_rival_forbids_it, Bumped) {
  node.MineOnly({Other({OutputTo("mallory", 900'000)})});
  Reconcile();
  Bump("w-1", kHigher);
  CheckCannotBump("spends a coin of it");
}

BOOST_FIXTURE_TEST_CASE(above_the_cap_for_the_rate, Bumped) {
  Bump("w-1", 1'000'001);
  BOOST_TEST((Told(2).verdict == Verdict::kFeeTooHigh));
  BOOST_TEST(!IsAsked());
}

BOOST_AUTO_TEST_CASE(above_a_cap_for_the_fee) {
  SendContent content = samples::Paying({To("alice", 50'000)});
  content.max_fee_sat = 2'000;
  PlayAt play(Phase::kAcceptanceDurable, content);
  play.Bump("w-1", kHigher);
  play.Settle();
  const auto& reply = std::get<SendReply>(play.ReplyTo(2));
  BOOST_TEST((reply.verdict == Verdict::kFeeTooHigh));
  BOOST_TEST(reply.detail.find("send w-1: its share of the fee") != std::string::npos);
  play.Bump("w-1", 13'000);
  play.Settle();
  BOOST_TEST((std::get<SendReply>(play.ReplyTo(3)).verdict == Verdict::kKnown));
}

// --- what the node is asked for

BOOST_FIXTURE_TEST_CASE(change_that_somebody_spends_is_left_to_him, Bumped) {
  const Transaction child = SpendingTheChange();
  node.Broadcast(samples::BytesOf(child));
  BumpAndSettle(kHigher);
  CheckCannotBump("spent by transaction " + bitcoin::DisplayHex(bitcoin::TxidOf(child)));
}

BOOST_FIXTURE_TEST_CASE(what_the_node_would_not_take_is_not_reserved, Bumped) {
  Bump("w-1", kHigher);
  LooksUp();
  Draft draft = HonestDraft();
  draft.judgement = Refused{Refusal::kFeeTooLow, -26, "insufficient fee, rejecting replacement"};
  Drafts(draft);
  CheckCannotBump("insufficient fee, rejecting replacement");
}

// R3 is the ledger's to say: whatever comes of a draft.
BOOST_FIXTURE_TEST_CASE(a_draft_that_is_not_what_was_asked_for_is_thrown_away, Bumped) {
  const std::vector<std::function<void(Transaction&)>> spoilers = {
      [](Transaction& draft) { draft.inputs[0].prevout = CoinOf(9, 0).outpoint; },
      [](Transaction& draft) { draft.outputs[0].amount_sat += 1; },
      [](Transaction& draft) { draft.outputs[1].script = samples::ScriptOf("mallory"); },
      [](Transaction& draft) { draft.inputs[0].sequence = 0xffffffff; },
  };
  for (const auto& spoil : spoilers) {
    Bumped play;
    play.Bump("w-1", kHigher);
    play.LooksUp();
    Draft draft = play.HonestDraft();
    Transaction transaction = *bitcoin::ParseTransaction(draft.unsigned_tx);
    spoil(transaction);
    draft.unsigned_tx = samples::BytesOf(transaction);
    play.Drafts(draft);
    play.CheckCannotBump("draft was thrown away");
  }
}

BOOST_FIXTURE_TEST_CASE(a_node_that_gives_no_answer_is_asked_again_and_then_named, Bumped) {
  Bump("w-1", kHigher);
  for (int i = 0; i < 20 && !WasAnswered(2); ++i) {
    if (IsAskedTo<LookUpCoins>()) LooksUp(Unknown{"timeout"});
    Wake();
    while (IsAsked() && !IsAskedTo<LookUpCoins>()) SettleOneStep();
  }
  BOOST_TEST((Told(2).verdict == Verdict::kNodeUnavailable));
  BOOST_TEST(Told(2).detail == "timeout");
}

BOOST_FIXTURE_TEST_CASE(a_block_that_comes_meanwhile_is_read_first, Bumped) {
  node.Fund(CoinOf(2, 500'000), 6);
  Bump("w-1", kHigher);
  LooksUp();
  node.MineOnly({});
  Drafts();
  BOOST_TEST(!WasAnswered(2));
  Settle();
  WakeAndSettle(2);
  BOOST_TEST((Told(2).verdict == Verdict::kKnown));
  BOOST_TEST(TheBatch().versions.size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(confirmed_while_it_was_drafted, Bumped) {
  Bump("w-1", kHigher);
  LooksUp();
  node.Mine();
  ChainHint();
  ReadsChain();
  Drafts(Unknown{"timeout"});
  WakeAndSettle(2);
  BOOST_TEST((Told(2).verdict == Verdict::kTooLate));
}

// Then neither the batch nor its sends are in memory any more.
BOOST_FIXTURE_TEST_CASE(final_while_its_coins_were_looked_up, Bumped) {
  Bump("w-1", kHigher);
  node.Mine(7);
  ChainHint();
  ReadsChain();
  Durable();
  BOOST_REQUIRE(!ledger().FindBatch(3));
  LooksUp();
  BOOST_TEST((Told(2).verdict == Verdict::kTooLate));
  BOOST_TEST(node.signed_ever().size() == 1U);
}

// --- several wishes

BOOST_FIXTURE_TEST_CASE(a_higher_wish_takes_the_place_of_a_lower_one, Bumped) {
  Bump("w-1", kHigher);
  CHECK_STEP(Bump("w-1", 2 * kHigher), "look up t1:1 of batch 3");
  Bump("w-1", 12'000);
  Settle();
  for (CallToken call : {2, 3, 4}) BOOST_TEST((Told(call).verdict == Verdict::kKnown));
  BOOST_TEST(TheBatch().versions.size() == 2U);
  BOOST_TEST(TheBatch().versions[1].fee_sat == 4 * TheBatch().versions[0].fee_sat);
}

BOOST_AUTO_TEST_CASE(a_wish_that_is_too_high_does_not_spoil_a_lower_one) {
  Policy policy = WithWholeChange();
  policy.max_fee_sat = 3'000;
  PlayAt play(Phase::kAcceptanceDurable, policy);
  play.Bump("w-1", kHigher);
  play.Bump("w-1", 3 * kHigher);
  play.Settle();
  BOOST_TEST((std::get<SendReply>(play.ReplyTo(3)).verdict == Verdict::kFeeTooHigh));
  BOOST_TEST((std::get<SendReply>(play.ReplyTo(2)).verdict == Verdict::kKnown));
}

BOOST_FIXTURE_TEST_CASE(a_caller_who_goes_away_changes_nothing, Bumped) {
  Bump("w-1", kHigher);
  CallerGone(2);
  Settle();
  BOOST_TEST(!WasAnswered(2));
  BOOST_TEST(TheBatch().versions.size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(at_a_stop_nobody_is_left_waiting, Bumped) {
  Bump("w-1", kHigher);
  CHECK_STEP(Stop(), "answer 2: stopping w-1 sent broadcast t1");
  CHECK_STEP(Bump("w-1", kHigher), "answer 3: stopping");
  Settle();
  BOOST_TEST(TheBatch().versions.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(too_many_waiting_calls_are_refused, Bumped) {
  for (size_t i = 0; i < kMaxWaitingBumps; ++i) Bump("w-1", kHigher);
  Bump("w-1", kHigher);
  BOOST_TEST((Told(kMaxWaitingBumps + 2).verdict == Verdict::kOverloaded));
  Settle();
  BOOST_TEST((Told(kMaxWaitingBumps + 1).verdict == Verdict::kKnown));
}

// Both were drafted around one coin: the one that comes later chooses another.
BOOST_FIXTURE_TEST_CASE(a_new_batch_and_a_replacement_do_not_take_the_same_coin, Play) {
  FundWith({CoinOf(1, 53'000), CoinOf(2, 300'000), CoinOf(3, 400'000)});
  Start();
  Submit("w-1", {To("alice", 50'000)});
  Settle();
  Bump("w-1", kHigher);
  LooksUp();
  Submit("w-2", {To("bob", 200'000)});
  Durable();
  Settle();
  Wake();
  Settle();
  node.Mine();
  Reconcile();
  BOOST_TEST((View("w-1").state == SendState::kConfirmed));
  BOOST_TEST((View("w-2").state == SendState::kConfirmed));
  BOOST_TEST(node.signed_ever().size() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
