// What the chain does after the payment has left: confirmations and reorganisations of any depth
// (R6, R9, R10, R11).

#include <boost/test/unit_test.hpp>

#include "machine_phases.h"
#include "machine_sent.h"

namespace sendonce::core {
namespace {

using bitcoin::Transaction;
using samples::CoinOf;
using samples::OutputTo;
using samples::To;

BOOST_AUTO_TEST_SUITE(machine_chain_tests)

BOOST_FIXTURE_TEST_CASE(each_block_is_read_once_and_followed, Sent) {
  node.Mine(3);
  CHECK_STEP(ChainHint(), "read chain from 100");
  CHECK_STEP(ReadsChain(), "append 7: batch 3 confirmed: t1 in block 101",
             "append 8: chain from 100 to 103", "read coins above 100", "read spends since 100");
  Settle();
  CHECK_STEP(ChainHint(), "read chain from 103");
  CHECK_STEP(ReadsChain());
}

// A long way behind: eight blocks at a time, and nothing is built before the end is reached.
BOOST_FIXTURE_TEST_CASE(many_blocks_are_read_in_steps, Sent) {
  node.Mine(20);
  ChainHint();
  CHECK_STEP(ReadsChain(), "append 7: batch 3 confirmed: t1 in block 101",
             "append 8: chain from 100 to 108", "append 9: batch 3 final", "read chain from 108");
  CHECK_STEP(Submit("w-2", {To("bob", 60'000)}), "append 10: w-2 recorded");
  CHECK_STEP(ReadsChain(), "append 11: chain from 108 to 116", "read chain from 116");
  CHECK_STEP(ReadsChain(), "append 12: chain from 116 to 120", "read coins above 100",
             "read spends since 100");
  CHECK_STEP(ReadsCoins());
  CHECK_STEP(ReadsSpends(), "draft 2: t1:1 to bob 60000");
}

BOOST_FIXTURE_TEST_CASE(without_hints_the_chain_is_read_all_the_same_every_five_seconds, Sent) {
  node.Mine();
  CHECK_STEP(After(4'999));
  CHECK_STEP(After(1), "read chain from 100");
}

// A hint is looked at through RPC and changes nothing by itself (anybody can forge one).
BOOST_FIXTURE_TEST_CASE(a_forged_hint_changes_no_record, Sent) {
  const Seq last = log.last_seq();
  const Transaction forged = Other({OutputTo("mallory", 900'000)});
  CHECK_STEP(Hint(forged), "broadcast t1 of batch 3");
  CHECK_STEP(Broadcasts());
  CHECK_STEP(Hint(OurTransaction()));
  BOOST_TEST(log.last_seq() == last);
  BOOST_TEST(NameOfState("w-1") == "broadcast");
}

// R9: our own change needs one confirmation.
BOOST_FIXTURE_TEST_CASE(unconfirmed_change_is_not_spent, Sent) {
  CHECK_STEP(Submit("w-2", {To("bob", 60'000)}), "append 7: w-2 recorded");
  Settle();
  BOOST_TEST((View("w-2").stalled->code == "insufficient_funds"));
  node.Mine();
  Reconcile();
  BOOST_TEST(NameOfState("w-2") == "broadcast");
}

// R9: a depositor can double-spend his deposit in a short reorganisation.
BOOST_FIXTURE_TEST_CASE(a_strangers_coin_needs_six_confirmations, Play) {
  node = ToyNode();
  node.Fund(CoinOf(2, 500'000), 5);
  Start();
  CHECK_STEP(Submit("w-1", {To("alice", 50'000)}), "append 2: w-1 recorded");
  CHECK_STEP(AskFunds(), "answer 2: funds: 0 in 0 spendable, 0 in 0 reserved, 500000 in 1 waiting");
  node.Mine();
  const std::string text = Reconcile();
  BOOST_TEST(text.find("draft 1: c2 to alice 50000") != std::string::npos);
}

// --- reorganisations

BOOST_FIXTURE_TEST_CASE(a_reorganisation_opens_a_confirmed_send_again, Sent) {
  node.Mine();
  Reconcile();
  BOOST_TEST(NameOfState("w-1") == "confirmed");
  node.Reorganise(1);
  ChainHint();
  // The way back first: should only a part of this become durable, the rest is found from there.
  CHECK_STEP(ReadsChain(), "append 9: chain from 100 to 100", "append 10: batch 3 reopened",
             "append 11: chain from 100 to 102", "read coins", "read spends since 100");
  CHECK_STEP(Durable(), "broadcast t1 of batch 3");
  BOOST_TEST(NameOfState("w-1") == "broadcast");
  BOOST_TEST((View("w-1").outcome == SendOutcome::kSent));
  Settle();
  node.Mine();
  Reconcile();
  BOOST_TEST(NameOfState("w-1") == "confirmed");
  BOOST_TEST(AlicesPayments() == 1);
}

// In the block that took its place the transaction stands again.
BOOST_FIXTURE_TEST_CASE(a_payment_can_move_from_block_to_block, Sent) {
  node.Mine();
  Reconcile();
  node.Reorganise(1, {OurTransaction()});
  ChainHint();
  CHECK_STEP(ReadsChain(), "append 9: chain from 100 to 100", "append 10: batch 3 reopened",
             "append 11: batch 3 confirmed: t1 in block 101", "append 12: chain from 100 to 102",
             "read coins", "read spends since 100");
  BOOST_TEST((View("w-1").block == samples::BlockAt(101, 1)));
}

// Of any depth, final or not: what has left memory is looked up in the log.
BOOST_FIXTURE_TEST_CASE(a_reorganisation_opens_a_final_send_again, Sent) {
  node.Mine(8);
  Reconcile();
  BOOST_TEST(NameOfState("w-1") == "final");
  BOOST_TEST(!ledger().FindSend("w-1"));
  node.Reorganise(8);
  Reconcile();
  BOOST_TEST(NameOfState("w-1") == "broadcast");
  node.Mine();
  Reconcile();
  BOOST_TEST(NameOfState("w-1") == "confirmed");
  BOOST_TEST(AlicesPayments() == 1);
}

BOOST_FIXTURE_TEST_CASE(a_reorganisation_above_the_payment_leaves_it_alone, Sent) {
  node.Mine(3);
  Reconcile();
  node.Reorganise(2);
  ChainHint();
  CHECK_STEP(ReadsChain(), "append 9: chain from 101 to 101", "append 10: chain from 101 to 104",
             "read coins", "read spends since 100");
}

// A reorganisation while the daemon was down.
BOOST_FIXTURE_TEST_CASE(a_reorganisation_is_found_at_start, Sent) {
  node.Mine(8);
  Reconcile();
  node.Reorganise(8);
  Crash();
  Settle();
  BOOST_TEST(NameOfState("w-1") == "broadcast");
  BOOST_TEST(node.mempool().size() == 1U);
}

// The log has the step back, and not that the batch is open again; and the first that is seen after
// the start is a node that is behind.
BOOST_FIXTURE_TEST_CASE(a_reorganisation_that_a_crash_cut_short_has_all_sent_again, Sent) {
  node.Mine();
  Reconcile();
  node.Reorganise(1);
  node.Evict();
  ChainHint();
  const Seq before = log.last_seq();
  ReadsChain();
  DurableUpTo(before + 1);
  Crash();
  node.FallBack(2);
  Settle();
  node.CatchUp();
  Reconcile();
  BOOST_TEST(NameOfState("w-1") == "broadcast");
  BOOST_TEST(node.mempool().size() == 1U);
}

// The log has the confirmation, and not the block that it is in; and the node has lost that block.
BOOST_FIXTURE_TEST_CASE(a_confirmation_whose_block_is_in_no_log_and_no_chain_is_taken_back, Sent) {
  node.Mine();
  ChainHint();
  const Seq before = log.last_seq();
  ReadsChain();
  DurableUpTo(before + 1);
  Crash();
  BOOST_TEST(NameOfState("w-1") == "confirmed");
  node.FallBack(1);
  Settle();
  BOOST_TEST(NameOfState("w-1") == "broadcast");
  node.CatchUp();
  Reconcile();
  BOOST_TEST(NameOfState("w-1") == "confirmed");
}

// The payment's coin came from a block that has left, and nothing says whether it comes back: what
// was asked for is not asked of other coins. R11: the parent is sent again, and the child can
// follow.
BOOST_FIXTURE_TEST_CASE(a_coin_that_left_the_chain_with_its_block_is_waited_for, Sent) {
  node.Mine();
  Reconcile();
  Submit("w-2", {To("bob", 60'000)});  // from the change of w-1
  Settle();
  node.Reorganise(1);
  node.Evict();
  Reconcile();
  BOOST_TEST(log.batches().size() == 2U);
  WakeAndSettle(50);
  node.Mine();
  Reconcile();
  BOOST_TEST(NameOfState("w-1") == "confirmed");
  BOOST_TEST(NameOfState("w-2") == "confirmed");
  BOOST_TEST(log.batches().size() == 2U);
}

// A batch for which no signature was asked may choose again, and must: its coin may be gone.
BOOST_FIXTURE_TEST_CASE(a_reorganisation_gives_up_what_no_signature_was_asked_for, Play) {
  Start();
  node.Mine();
  Reconcile();
  Submit("w-1", {To("alice", 50'000)});
  Durable();
  Drafts();
  Durable();
  BOOST_TEST(IsAskedTo<LockCoins>());
  node.Reorganise(1);
  ChainHint();
  CHECK_STEP(ReadsChain(), "append 5: chain from 100 to 100", "append 6: chain from 100 to 102",
             "append 7: batch 4 dropped", "read coins", "read spends since 100");
}

// Made on the new chain, and of coins that were chosen on the old one.
BOOST_FIXTURE_TEST_CASE(a_reorganisation_throws_a_draft_away, Play) {
  Start();
  node.Mine();
  Reconcile();
  Submit("w-1", {To("alice", 50'000)});
  Durable();
  node.Reorganise(1);
  ChainHint();
  ReadsChain();
  ReadsCoins();
  ReadsSpends();
  BOOST_TEST(Drafts().find("reserves") == std::string::npos);
  Settle();
  Wake();
  Settle();
  BOOST_TEST((View("w-1").state == SendState::kBroadcast));
}

// --- a node that was started again while nobody looked

BOOST_FIXTURE_TEST_CASE(what_a_node_may_have_lost_is_sent_to_it_again, Sent) {
  node.facts.started_at_ms += kStartToleranceMs + 1;
  CHECK_STEP(ChainHint(), "read chain from 100");
  CHECK_STEP(ReadsChain(), "broadcast t1 of batch 3");
}

// It says in whole seconds for how long it runs.
BOOST_FIXTURE_TEST_CASE(a_node_that_rounds_was_not_started_again, Sent) {
  for (const Millis rounded_ms : {kStartToleranceMs, Millis{0}, kStartToleranceMs}) {
    node.facts.started_at_ms = rounded_ms;
    ChainHint();
    CHECK_STEP(ReadsChain());
  }
}

// --- a node that is behind, and one that is elsewhere

// R10: less work is no reorganisation. Nothing is built or judged lost.
BOOST_FIXTURE_TEST_CASE(a_node_that_is_behind_builds_nothing, Sent) {
  node.Mine(3);
  Reconcile();
  const Seq last = log.last_seq();
  node.FallBack(2);
  ChainHint();
  CHECK_STEP(ReadsChain());
  CHECK_STEP(AskStatus(), "answer 2: status: node_behind, accepting");
  CHECK_STEP(Submit("w-2", {To("bob", 60'000)}),
             "append " + std::to_string(last + 1) + ": w-2 recorded");
  Settle();
  BOOST_TEST(NameOfState("w-1") == "confirmed");
  BOOST_TEST(NameOfState("w-2") == "recorded");
  BOOST_TEST((View("w-2").stalled->code == "node_behind"));
  node.Mine(3);
  Reconcile();
  BOOST_TEST(NameOfState("w-2") == "broadcast");
}

BOOST_AUTO_TEST_CASE(a_node_that_is_behind_is_sent_recorded_bytes_and_asked_for_no_signature) {
  for (Phase phase :
       {Phase::kReservationDurable, Phase::kRequestDurable, Phase::kSignatureDurable}) {
    BOOST_TEST_CONTEXT(phase) {
      PlayAt play(phase);
      ChainStep behind;
      behind.facts = play.node.ReadChain({{samples::BlockAt(100)}}).facts;
      behind.facts.work = samples::WorkOf(1);
      if (play.IsAskedTo<LockCoins>()) play.Locks(Unknown{"timeout"});
      if (play.IsAskedTo<Sign>()) play.Signs(Unknown{"timeout"});
      if (play.IsAskedTo<Broadcast>()) play.Broadcasts(Unknown{"timeout"});
      play.ReadsChain(behind);
      for (int i = 0; i < 10; ++i) {
        play.After(500);
        if (play.IsAskedTo<ReadChain>()) play.ReadsChain(behind);
      }
      BOOST_TEST(!play.IsAskedTo<Sign>());
      BOOST_TEST(!play.IsAskedTo<LockCoins>());
      BOOST_TEST(play.IsAskedTo<Broadcast>() == (phase == Phase::kSignatureDurable));
    }
  }
}

// It answers each five seconds; that is no reason to send everything again each time.
BOOST_FIXTURE_TEST_CASE(a_node_that_is_behind_is_not_flooded, Sent) {
  node.Mine(3);
  Reconcile();
  Submit("w-2", {To("bob", 60'000)});
  Settle();
  node.FallBack(1);
  ChainHint();
  Settle();
  int broadcasts = 0;
  for (int i = 0; i < 10; ++i) {
    After(5'000);
    broadcasts += IsAskedTo<Broadcast>() ? 1 : 0;
    Settle();
  }
  BOOST_TEST(broadcasts <= 1);
}

BOOST_FIXTURE_TEST_CASE(a_chain_without_a_block_that_was_read_is_not_followed, Sent) {
  ChainStep other;
  other.facts = node.ReadChain({{samples::BlockAt(100)}}).facts;
  ChainHint();
  CHECK_STEP(ReadsChain(other));
  BOOST_TEST((machine().paying_stall()->code == "chain_unknown"));
  BOOST_TEST(!machine().paying_stall()->automatic);
}

// A log that is put back from before a signature with legacy coins, and so far behind that the
// wallet is heard before the chain is read; its block was reorganised meanwhile. Nothing is
// promised, or given up, before that was read.
BOOST_AUTO_TEST_CASE(what_is_in_another_branch_does_not_expire_before_it_is_read) {
  SendContent content = samples::Paying({To("alice", 50'000)});
  content.not_after_ms = 1'020'000;
  Play play;
  play.FundWith({samples::LegacyCoinOf(1, 1'000'000)});
  play.Start();
  play.node.Mine(2);
  play.Reconcile();
  BringTo(play, Phase::kReservationDurable, content);
  const MemoryLog copy = play.log;
  play.Settle();
  const Transaction ours = play.node.mempool().at(0);
  play.node.Reorganise(1, {ours});
  for (int i = 0; i < 12; ++i) play.node.MineOnly({});
  play.log = copy;
  play.After(20'000);
  play.Crash();
  play.Settle();
  play.WakeAndSettle(10);
  BOOST_TEST(play.NameOfState("w-1") == "final");
}

BOOST_AUTO_TEST_CASE(nor_is_its_batch_given_up) {
  Play play;
  play.FundWith({samples::LegacyCoinOf(1, 1'000'000)});
  play.Start();
  play.node.Mine(12);
  play.Reconcile();
  play.Reconcile();
  play.WakeAndSettle(3);
  BringTo(play, Phase::kReservationDurable);
  const MemoryLog copy = play.log;
  play.Settle();
  const Transaction ours = play.node.mempool().at(0);
  play.node.Fund(CoinOf(9, 2'000'000), 6);
  play.node.Reorganise(12, {});
  play.node.Evict();
  play.node.Reorganise(2, {ours});  // more than eight blocks above the fork
  for (int i = 0; i < 12; ++i) play.node.MineOnly({});
  play.log = copy;
  play.After(20'000);
  play.Crash();
  play.Settle();
  play.WakeAndSettle(10);
  play.MineAndSettle(3);
  BOOST_TEST(play.NameOfState("w-1") == "final");
  BOOST_TEST(play.node.PaymentsInChain(OutputTo("alice", 50'000)) == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
