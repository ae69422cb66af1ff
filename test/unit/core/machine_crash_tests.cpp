// kill -9 and a new start from what was durable, at each point of a send; and again during the
// recovery. What must come out is always the same: one payment, from one set of bytes.

#include <boost/test/unit_test.hpp>

#include "machine_phases.h"

namespace sendonce::core {
namespace {

using samples::CoinOf;
using samples::Paying;
using samples::To;

const bitcoin::TxOut kAlicesOutput = samples::OutputTo("alice", 50'000);

// The send is recorded, or the caller repeats it; then it is paid, once.
void CheckPaidOnce(Play& play) {
  play.Settle();
  play.Submit("w-1", {To("alice", 50'000)});
  play.Settle();
  play.node.Mine();
  play.Reconcile();
  BOOST_TEST((play.View("w-1").state == SendState::kConfirmed));
  BOOST_TEST(play.node.PaymentsInChain(kAlicesOutput) == 1);
  BOOST_TEST(play.node.signed_ever().size() <= 1U);
  for (const auto& [number, alarm] : play.ledger().alarms()) BOOST_TEST(alarm.raised.detail == "");
}

std::vector<Seq> OpenAlarms(const Play& play) {
  std::vector<Seq> open;
  for (const auto& [number, alarm] : play.ledger().alarms()) {
    if (!alarm.accepted_reason) open.push_back(number);
  }
  return open;
}

BOOST_AUTO_TEST_SUITE(machine_crash_tests)

BOOST_AUTO_TEST_CASE(killed_at_each_phase) {
  for (Phase phase : kAllPhases) {
    BOOST_TEST_CONTEXT(phase) {
      PlayAt play(phase);
      play.Crash();
      CheckPaidOnce(play);
    }
  }
}

// The node did what it was asked to, and nobody was there to hear of it.
BOOST_AUTO_TEST_CASE(killed_while_the_node_was_at_work) {
  for (Phase phase : {Phase::kRequestDurable, Phase::kSignatureDurable}) {
    BOOST_TEST_CONTEXT(phase) {
      PlayAt play(phase);
      if (phase == Phase::kRequestDurable) play.node.Sign(play.Asked<Sign>().unsigned_tx);
      if (phase == Phase::kSignatureDurable) play.node.Broadcast(play.Asked<Broadcast>().raw_tx);
      play.Crash();
      CheckPaidOnce(play);
    }
  }
}

// And the transaction was mined before the daemon came back.
BOOST_AUTO_TEST_CASE(confirmed_while_the_daemon_was_down) {
  for (Phase phase :
       {Phase::kSignatureDurable, Phase::kAcceptanceAppended, Phase::kAcceptanceDurable}) {
    BOOST_TEST_CONTEXT(phase) {
      PlayAt play(phase);
      if (play.IsAskedTo<Broadcast>()) play.node.Broadcast(play.Asked<Broadcast>().raw_tx);
      play.node.Mine(3);
      play.Crash();
      CheckPaidOnce(play);
    }
  }
}

// Killed at each phase, and again after each of the first steps of the recovery.
BOOST_AUTO_TEST_CASE(killed_again_during_the_recovery) {
  constexpr int kStepsOfARecovery = 12;
  for (Phase phase : kAllPhases) {
    for (int steps = 0; steps < kStepsOfARecovery; ++steps) {
      BOOST_TEST_CONTEXT(phase << ", killed again after " << steps << " steps") {
        PlayAt play(phase);
        play.Crash();
        for (int i = 0; i < steps; ++i) play.SettleOneStep();
        play.Crash();
        CheckPaidOnce(play);
      }
    }
  }
}

// The log can become durable and the daemon die before it hears of it: each prefix of what was
// appended is a start.
BOOST_AUTO_TEST_CASE(killed_with_any_part_of_the_last_append_durable) {
  PlayAt whole(Phase::kAcceptanceDurable);
  whole.Submit("w-2", {To("bob", 60'000)});
  whole.Cancel("w-2");
  whole.Settle();
  for (Seq last = 1; last <= whole.log.last_seq(); ++last) {
    BOOST_TEST_CONTEXT("the log ends with record " << last) {
      Play play;
      play.log = MemoryLog();
      const auto& entries = whole.log.entries();
      play.log.Append({entries.begin() + 1, entries.begin() + static_cast<ptrdiff_t>(last)});
      play.log.Sync(last);
      play.Crash();
      CheckPaidOnce(play);
    }
  }
}

// In `reserved` the same bytes are given to sign again, because a signature may exist.
BOOST_AUTO_TEST_CASE(the_same_bytes_are_signed_again) {
  PlayAt play(Phase::kRequestDurable);
  const bitcoin::Bytes asked_first = play.Asked<Sign>().unsigned_tx;
  play.node.Fund(CoinOf(2, 60'000), 6);  // a better fit, had the choice been open
  CHECK_STEP(play.Crash(), "read chain from 100");
  play.ReadsChain();
  play.ReadsCoins();
  CHECK_STEP(play.ReadsSpends(), "lock c1 for batch 3");
  // The request is in the log already: nothing new is written.
  CHECK_STEP(play.Locks(), "sign batch 3 version 0");
  BOOST_TEST((play.Asked<Sign>().unsigned_tx == asked_first));
}

// In `signed` the recorded bytes go out; nothing is locked or signed again.
BOOST_AUTO_TEST_CASE(the_same_bytes_are_sent_again) {
  for (Phase phase : {Phase::kSignatureDurable, Phase::kAcceptanceDurable}) {
    BOOST_TEST_CONTEXT(phase) {
      PlayAt play(phase);
      const bitcoin::Bytes raw_tx = play.ledger().FindBatch(3)->versions[0].raw_tx;
      play.Crash();
      play.ReadsChain();
      play.ReadsCoins();
      CHECK_STEP(play.ReadsSpends(), "broadcast t1 of batch 3");
      BOOST_TEST((play.Asked<Broadcast>().raw_tx == raw_tx));
      play.Settle();
      BOOST_TEST(!play.IsAskedTo<Sign>());
    }
  }
}

// A signature that was not durable never left: it is asked for anew, and is the same.
BOOST_AUTO_TEST_CASE(what_was_appended_and_lost_had_no_effect) {
  PlayAt play(Phase::kSignatureAppended);
  BOOST_TEST(!play.IsAskedTo<Broadcast>());
  BOOST_TEST(play.node.mempool().empty());
  play.Crash();
  BOOST_TEST(play.ledger().FindBatch(3)->versions[0].raw_tx.empty());
  CheckPaidOnce(play);
}

// In `recorded` nothing binds: other coins may be chosen.
BOOST_AUTO_TEST_CASE(before_the_reservation_is_durable_coins_are_chosen_anew) {
  PlayAt play(Phase::kReservationAppended);
  play.node.Fund(CoinOf(2, 60'000), 6);
  play.Crash();
  play.ReadsChain();
  play.ReadsCoins();
  CHECK_STEP(play.ReadsSpends(), "draft 1: c2 to alice 50000");
}

// Nothing is built, signed or sent before log, chain and wallet have been compared.
BOOST_AUTO_TEST_CASE(at_start_nothing_leaves_before_the_comparison) {
  for (Phase phase : kAllPhases) {
    BOOST_TEST_CONTEXT(phase) {
      PlayAt play(phase);
      CHECK_STEP(play.Crash(), "read chain from 100");
      CHECK_STEP(play.After(1'000));
      CHECK_STEP(play.ReadsChain(), "read coins", "read spends since 100");
      CHECK_STEP(play.ReadsCoins());
      BOOST_TEST(!play.IsAskedTo<Sign>());
      BOOST_TEST(!play.IsAskedTo<Broadcast>());
      BOOST_TEST(!play.IsAskedTo<DraftTransaction>());
    }
  }
}

// Nothing that was acknowledged is lost, whatever else is.
BOOST_AUTO_TEST_CASE(what_was_answered_is_known_after_a_crash) {
  for (Phase phase : kAllPhases) {
    BOOST_TEST_CONTEXT(phase) {
      PlayAt play(phase);
      const bool was_answered = play.WasAnswered(1);
      play.Crash();
      play.Query("w-1");
      const auto verdict = std::get<SendReply>(play.ReplyTo(2)).verdict;
      if (was_answered) BOOST_TEST((verdict == Verdict::kKnown));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_cancel_that_was_answered_holds_after_a_crash) {
  PlayAt play(Phase::kReservationDurable);
  play.Cancel("w-1");
  play.Durable();
  BOOST_TEST(play.WasAnswered(2));
  play.Crash();
  play.Settle();
  play.node.Mine();
  CHECK_STEP(play.Submit("w-1", {To("alice", 50'000)}), "answer 3: known w-1 never cancelled");
  BOOST_TEST(play.node.PaymentsInChain(kAlicesOutput) == 0);
}

// Several batches at different points, all at once.
BOOST_AUTO_TEST_CASE(many_batches_go_on_each_from_where_it_was) {
  Play play;
  play.FundWith({CoinOf(1, 100'000), CoinOf(2, 100'000), CoinOf(3, 100'000), CoinOf(4, 100'000)});
  play.Start();
  play.Submit("w-1", {To("a", 50'000)});
  play.Settle();                          // broadcast
  play.Submit("w-2", {To("b", 50'000)});  // signature asked for
  play.Durable();
  play.Drafts();
  play.Durable();
  play.Locks();
  play.Durable();
  play.Submit("w-3", {To("c", 50'000)});  // reserved
  play.Durable();
  play.Drafts();
  play.Durable();
  play.Submit("w-4", {To("d", 50'000)});  // recorded
  play.Durable();
  play.Crash();
  play.Settle();
  play.node.Mine();
  play.Reconcile();
  for (const char* name : {"a", "b", "c", "d"}) {
    BOOST_TEST(play.node.PaymentsInChain(samples::OutputTo(name, 50'000)) == 1);
  }
  BOOST_TEST(play.node.signed_ever().size() == 4U);
}

// A log that was put back from before the request to sign has the exact bytes, and does not know
// that they are signed and out: the wallet knows.
BOOST_AUTO_TEST_CASE(what_was_signed_behind_the_log_is_neither_cancelled_nor_expired) {
  SendContent content = Paying({To("alice", 50'000)});
  content.not_after_ms = 1'020'000;
  PlayAt play(Phase::kReservationDurable, content);
  const MemoryLog copy = play.log;
  play.Settle();
  BOOST_TEST(play.node.mempool().size() == 1U);
  play.log = copy;
  play.After(20'000);
  play.Crash();
  play.ReadsChain();
  play.ReadsCoins();
  play.ReadsSpends();
  BOOST_TEST(play.ledger().FindBatch(3)->versions[0].signature_asked);
  play.Durable();
  play.Cancel("w-1");
  BOOST_TEST((std::get<SendReply>(play.ReplyTo(2)).verdict == Verdict::kTooLate));
  for (int i = 0; i < 5; ++i) {
    play.Settle();
    play.Wake();
  }
  play.node.Mine();
  play.Reconcile();
  BOOST_TEST((play.View("w-1").state == SendState::kConfirmed));
}

// The txid of a legacy input is not known before it is signed: the transaction is told by its
// coins.
BOOST_AUTO_TEST_CASE(what_was_signed_behind_the_log_with_legacy_coins_is_told_by_them) {
  SendContent content = Paying({To("alice", 50'000)});
  content.not_after_ms = 1'020'000;
  Play play;
  play.FundWith({samples::LegacyCoinOf(1, 1'000'000)});
  play.Start();
  BringTo(play, Phase::kReservationDurable, content);
  const MemoryLog copy = play.log;
  play.Settle();
  BOOST_TEST(play.node.mempool().size() == 1U);
  play.log = copy;
  play.After(20'000);
  play.Crash();
  play.ReadsChain();
  play.ReadsCoins();
  const std::string text = play.ReadsSpends();
  BOOST_TEST(text.find("alarm: unexplained spend at start") != std::string::npos, text);
  // Nothing may be given up by the word of somebody who has not looked at the coins either.
  for (const auto& [number, alarm] : play.ledger().alarms()) play.AcceptAlarm(number);
  BOOST_TEST(play.ledger().FindSend("w-1")->live_batch.has_value());
  const std::string matched = play.LooksUpTransaction();
  BOOST_TEST(matched.find("adopts") != std::string::npos, matched);
  play.Durable();
  BOOST_TEST((play.View("w-1").state == SendState::kBroadcast));
  BOOST_TEST(play.Cancel("w-1").find("too late") != std::string::npos);
  play.node.Mine();
  play.Reconcile();
  BOOST_TEST((play.View("w-1").state == SendState::kConfirmed));
}

// A log that was put back from before the send was paid, from other coins than it is bound to now:
// `adopt` is the way out, and gives up what no signature was asked for.
BOOST_AUTO_TEST_CASE(what_was_paid_behind_the_log_from_other_coins_can_be_adopted) {
  PlayAt play(Phase::kReservationDurable);
  const Coin other = CoinOf(2, 500'000);
  play.node.Fund(other, 6);
  const auto paid =
      samples::Signed(samples::Spending({other}, {samples::OutputTo("alice", 50'000)}), {other});
  play.node.Broadcast(samples::BytesOf(paid));
  play.Crash();
  const Adopt adopt{50, "w-1", std::nullopt, bitcoin::TxidOf(paid), std::nullopt};
  play.ReadsChain();
  play.ReadsCoins();
  play.ReadsSpends();
  // Not before it is known that no signature exists.
  play.Give(adopt);
  play.LooksUpTransaction();
  play.LooksUpTransaction();
  play.Settle();
  BOOST_TEST((std::get<SendReply>(play.ReplyTo(50)).verdict == Verdict::kKnown));
  BOOST_TEST((play.View("w-1").txid == bitcoin::TxidOf(paid)));
  BOOST_TEST(play.ledger().alarms().begin()->second.accepted_reason.has_value());
  play.node.Mine();
  play.Reconcile();
  for (int i = 0; i < 5; ++i) {
    play.Wake();
    play.Settle();
  }
  play.node.Mine();
  play.Reconcile();
  BOOST_TEST(play.node.PaymentsInChain(samples::OutputTo("alice", 50'000)) == 1);
  BOOST_TEST(play.node.signed_ever().empty());
}

BOOST_AUTO_TEST_CASE(what_a_signature_was_asked_for_can_not_be_adopted) {
  PlayAt play(Phase::kRequestDurable);
  play.Give(Adopt{50, "w-1", std::nullopt, samples::HashOf(7), std::nullopt});
  BOOST_TEST((std::get<SendReply>(play.ReplyTo(50)).verdict == Verdict::kTooLate));
}

// Nor paid again once the alarm is accepted: before that an operator says that it is paid.
BOOST_AUTO_TEST_CASE(what_was_paid_behind_the_log_and_can_not_be_adopted_is_declared_paid) {
  PlayAt play(Phase::kRequestDurable);
  const Coin first = CoinOf(1, 1'000'000);
  const Coin other = CoinOf(2, 500'000);
  play.node.Fund(other, 6);
  play.node.MineOnly(
      {samples::Signed(samples::Spending({first}, {samples::OutputTo("mallory", 1'000)}), {first},
                       9),
       samples::Signed(samples::Spending({other}, {samples::OutputTo("alice", 50'000)}), {other})});
  play.Crash();
  play.Settle();
  BOOST_TEST((play.View("w-1").state == SendState::kConflicted));
  for (const auto verdict : {OperatorVerdict::kPayAgain, OperatorVerdict::kNever}) {
    BOOST_TEST(play.GiveVerdict("w-1", verdict).find("not paying") != std::string::npos);
  }
  play.GiveVerdict("w-1", OperatorVerdict::kPaid);
  play.Durable();
  BOOST_TEST((play.View("w-1").outcome == SendOutcome::kSent));
  for (Seq alarm : OpenAlarms(play)) play.AcceptAlarm(alarm);
  play.node.Fund(CoinOf(3, 500'000), 6);
  play.node.Mine(200);
  for (int i = 0; i < 5; ++i) {
    play.Reconcile();
    play.Wake();
    play.Settle();
  }
  BOOST_TEST(play.node.signed_ever().empty());
}

// Which spends are compared at a start goes by the log's last block: that may not move away from
// them before they were.
BOOST_AUTO_TEST_CASE(what_was_spent_long_ago_is_seen_by_a_log_that_died_while_it_caught_up) {
  PlayAt play(Phase::kRequestDurable);
  const Coin other = CoinOf(2, 500'000);
  play.node.Fund(other, 6);
  play.node.MineOnly(
      {samples::Signed(samples::Spending({other}, {samples::OutputTo("bob", 50'000)}), {other})});
  play.node.Mine(400);
  play.Crash();
  while (play.IsAskedTo<ReadChain>()) {
    play.ReadsChain();
    play.Durable();
  }
  BOOST_TEST(OpenAlarms(play).empty());
  play.Crash();
  play.Settle();
  BOOST_TEST(OpenAlarms(play).size() == 1U);
  BOOST_TEST((play.View("w-1").state == SendState::kReserved));
}

// What is explained so needs nobody's word.
BOOST_AUTO_TEST_CASE(the_alarm_of_a_spend_that_is_told_by_its_coins_is_accepted) {
  Play play;
  play.FundWith({samples::LegacyCoinOf(1, 1'000'000)});
  play.Start();
  BringTo(play, Phase::kReservationDurable);
  const MemoryLog copy = play.log;
  play.Settle();
  play.log = copy;
  play.Crash();
  play.Settle();
  BOOST_REQUIRE(play.ledger().alarms().size() == 1U);
  BOOST_TEST(play.ledger().alarms().begin()->second.accepted_reason.has_value());
  BOOST_TEST(!play.machine().paying_stall());
}

// Between the record of the version and that of the alarm: what was looked up then is not looked up
// again.
BOOST_AUTO_TEST_CASE(an_alarm_that_a_crash_left_open_is_accepted_at_the_next_start) {
  Play play;
  play.FundWith({samples::LegacyCoinOf(1, 1'000'000)});
  play.Start();
  BringTo(play, Phase::kReservationDurable);
  const MemoryLog copy = play.log;
  play.Settle();
  play.log = copy;
  play.Crash();
  while (!play.IsAskedTo<LookUpTransaction>()) play.SettleOneStep();
  play.Durable();
  const Seq before = play.log.last_seq();
  const std::string text = play.LooksUpTransaction();
  BOOST_REQUIRE(text.find("adopts") != std::string::npos);
  play.DurableUpTo(before + 1);
  play.Crash();
  BOOST_REQUIRE(play.ledger().alarms().size() == 1U);
  BOOST_REQUIRE(!play.ledger().alarms().begin()->second.accepted_reason);
  play.Settle();
  BOOST_TEST(play.ledger().alarms().begin()->second.accepted_reason.has_value());
  BOOST_TEST(!play.machine().paying_stall());
}

// A verdict may have the send paid by other coins: it waits until it is known what the wallet has
// spent.
BOOST_AUTO_TEST_CASE(no_verdict_while_the_log_is_behind_the_wallet) {
  PlayAt play(Phase::kAcceptanceDurable);
  const auto rival = [](const Coin& coin) {
    return samples::ByAnother({coin}, {samples::OutputTo("mallory", 100'000)});
  };
  play.node.MineOnly({rival(CoinOf(1, 1'000'000))});
  play.Reconcile();
  play.node.Fund(CoinOf(2, 500'000), 6);
  play.node.MineOnly({rival(CoinOf(2, 500'000))});
  play.Crash();
  const auto told = [&](CallToken call) { return std::get<SendReply>(play.ReplyTo(call)).verdict; };
  play.GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  BOOST_TEST((told(2) == Verdict::kStarting));
  play.Settle();
  BOOST_REQUIRE(play.machine().paying_stall()->code == "wal_behind_wallet");
  const Seq last = play.log.last_seq();
  play.GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  BOOST_TEST((told(3) == Verdict::kNotPaying));
  BOOST_TEST(play.log.last_seq() == last);
  for (const auto& [number, alarm] : play.ledger().alarms()) play.AcceptAlarm(number);
  play.Settle();
  play.GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  BOOST_TEST(play.log.last_seq() > last);
}

// A reorganisation that is read before the wallet gives up what no signature was asked for; not
// this, before the wallet has been heard.
BOOST_AUTO_TEST_CASE(what_was_signed_behind_the_log_survives_a_reorganisation) {
  for (const Coin& coin : {CoinOf(1, 1'000'000), samples::LegacyCoinOf(1, 1'000'000)}) {
    Play play;
    play.FundWith({coin});
    play.Start();
    play.node.Mine(2);
    play.Reconcile();
    BringTo(play, Phase::kReservationDurable);
    const BatchId batch = play.ledger().batches().begin()->first;
    const MemoryLog copy = play.log;
    play.Settle();
    BOOST_TEST(play.node.mempool().size() == 1U);
    play.log = copy;
    play.node.Reorganise(1);
    play.Crash();
    const std::string text = play.ReadsChain();
    BOOST_TEST(text.find("chain from 101 to 101") != std::string::npos, text);
    for (int i = 0; i < 5; ++i) {
      play.Settle();
      play.Wake();
    }
    BOOST_TEST(SignatureAsked(*play.ledger().FindBatch(batch)));
    BOOST_TEST((play.View("w-1").state == SendState::kBroadcast));
    for (const auto& one : play.node.signed_ever()) {
      BOOST_TEST((one.inputs[0].prevout == coin.outpoint));
    }
  }
}

// It is neither in a block nor in the mempool, where the wallet has it all the same.
BOOST_AUTO_TEST_CASE(a_spend_that_is_not_shown_may_be_what_was_reserved) {
  for (const Coin& coin : {CoinOf(1, 1'000'000), samples::LegacyCoinOf(1, 1'000'000)}) {
    Play play;
    play.FundWith({coin});
    play.Start();
    BringTo(play, Phase::kReservationDurable);
    const BatchId batch = play.ledger().batches().begin()->first;
    play.Crash();
    play.ReadsChain();
    play.ReadsCoins();
    play.ReadsSpends(std::vector<WalletSpend>{{samples::HashOf(77), 0, false}});
    play.LooksUpTransaction(Refused{Refusal::kNotFound, -5, "not there"});
    // With native segwit coins the txid would have told it.
    const bool may_be = !bitcoin::IsNativeSegwit(bitcoin::KindOf(coin.script));
    BOOST_TEST(SignatureAsked(*play.ledger().FindBatch(batch)) == may_be);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
