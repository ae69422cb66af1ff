// What an operator says, beside what the node goes on saying: before, after and against his word.

#include <boost/test/unit_test.hpp>

#include "core/verdict_desk.h"
#include "machine_operated.h"

namespace sendonce::core {
namespace {

using bitcoin::Transaction;
using samples::CoinOf;
using samples::OutputTo;
using samples::To;

const std::vector<Coin> kTwoCoins = {CoinOf(1, 1'000'000), CoinOf(2, 1'000'000)};

// Two like sends, each bound to one coin; and somebody else's transaction that takes both and pays
// one of them.
struct LikeSends : Operated {
  LikeSends() : Operated(kTwoCoins) {
    SubmitAndSettle("w-1", 700'000);
    SubmitAndSettle("w-2", 700'000);
    foreign = Foreign(kTwoCoins, {OutputTo("alice", 700'000), OutputTo("change", 1'000'000)});
  }
  Transaction foreign;
};

struct OneCoin : Operated {
  OneCoin() : Operated({CoinOf(1, 1'000'000)}) {}
  const Coin coin = CoinOf(1, 1'000'000);
};

BOOST_AUTO_TEST_SUITE(machine_verdict_tests)

// The verdict says by what the one is paid, if by anything: it is not there for the other.
BOOST_FIXTURE_TEST_CASE(what_pays_a_send_that_was_declared_paid_pays_no_like_send, LikeSends) {
  SeeInMempool(foreign);
  GiveVerdict("w-2", OperatorVerdict::kPaid);
  Settle();
  BOOST_TEST(NameOfState("w-2") == "final");
  SeeInBlock({foreign}, 10);
  WakeAndSettle(5);
  BOOST_TEST(NameOfState("w-1") == "conflicted");
}

BOOST_FIXTURE_TEST_CASE(nor_does_it_when_it_is_mined_again_elsewhere, LikeSends) {
  SeeInBlock({foreign});
  GiveVerdict("w-2", OperatorVerdict::kPaid);
  GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  Settle();  // there are no coins to pay it from
  node.Reorganise(1, {foreign});
  Reconcile();
  node.Fund(CoinOf(9, 2'000'000), 6);
  for (int i = 0; i < 10; ++i) {
    node.Mine();
    Reconcile();
    WakeAndSettle(2);
  }
  BOOST_TEST(Payments(700'000) == 2);
  BOOST_TEST(NameOfState("w-1") == "final");
}

// Our own broadcast of it is out, its reply is lost, and the rival that kept it back is gone.
BOOST_FIXTURE_TEST_CASE(never_is_not_taken_before_its_own_transaction_was_looked_for, Conflicted) {
  SendUnheard();
  GiveVerdict("w-1", OperatorVerdict::kNever);
  BOOST_TEST(!WasAnswered(2));
  Settle();
  WakeAndSettle(3);
  BOOST_TEST((std::get<SendReply>(ReplyTo(2)).verdict == Verdict::kNoVerdictNeeded));
  node.Mine();
  Reconcile();
  BOOST_TEST(NameOfState("w-1") == "confirmed");
}

BOOST_FIXTURE_TEST_CASE(never_is_taken_once_nothing_was_found, Conflicted) {
  GiveVerdict("w-1", OperatorVerdict::kNever);
  BOOST_TEST(!WasAnswered(2));
  Settle();
  BOOST_TEST((std::get<SendReply>(ReplyTo(2)).verdict == Verdict::kKnown));
  BOOST_TEST(NameOfState("w-1") == "cancelled");
  node.Evict();
  WakeAndSettle(20);
  BOOST_TEST(node.mempool().empty());
}

// A look says nothing about what we have sent since.
BOOST_FIXTURE_TEST_CASE(never_is_not_taken_by_a_look_from_before_a_broadcast, Conflicted) {
  GiveVerdict("w-1", OperatorVerdict::kNever);
  CallerGone(2);
  Settle();
  SendUnheard();
  GiveVerdict("w-1", OperatorVerdict::kNever);
  Settle();
  WakeAndSettle(3);
  BOOST_TEST((std::get<SendReply>(ReplyTo(3)).verdict == Verdict::kNoVerdictNeeded));
}

// The node does not answer: nothing is recorded, and the caller is told so.
BOOST_FIXTURE_TEST_CASE(never_waits_for_the_look_only_so_long, Conflicted) {
  GiveVerdict("w-1", OperatorVerdict::kNever);
  for (int i = 0; i < 100 && !WasAnswered(2); ++i) {
    if (IsAskedTo<LookUpCoins>()) {
      LooksUp(Unknown{"timeout"});
    } else {
      After(1'000);
    }
  }
  BOOST_TEST((std::get<SendReply>(ReplyTo(2)).verdict == Verdict::kNodeUnavailable));
  BOOST_TEST(NameOfState("w-1") == "conflicted");
}

BOOST_FIXTURE_TEST_CASE(verdicts_that_wait_are_limited_and_end_with_the_process, Conflicted) {
  for (size_t i = 0; i <= kMaxWaitingVerdicts; ++i) GiveVerdict("w-1", OperatorVerdict::kNever);
  const CallToken last = kMaxWaitingVerdicts + 2;
  BOOST_TEST((std::get<SendReply>(ReplyTo(last)).verdict == Verdict::kOverloaded));
  CallerGone(2);
  Stop();
  BOOST_TEST(!WasAnswered(2));
  BOOST_TEST((std::get<SendReply>(ReplyTo(3)).verdict == Verdict::kStopping));
  BOOST_TEST(NameOfState("w-1") == "conflicted");
}

// While the look is out it becomes final, by a version that leaves an added coin locked: there is
// nothing to be looked for any more, and the lock is given back.
BOOST_AUTO_TEST_CASE(a_look_at_a_batch_that_has_become_final_is_not_taken_again) {
  Operated play({CoinOf(1, 53'000), CoinOf(2, 40'000)});
  play.SubmitAndSettle("w-1", 50'000);
  const Transaction first = play.node.mempool().at(0);
  play.Bump("w-1", 20'000);
  play.Settle();
  BOOST_TEST(play.node.mempool().at(0).inputs.size() == 2U);
  play.SeeInMempool(Operated::Foreign({CoinOf(1, 53'000)}, {OutputTo("mallory", 1'000)}));
  play.GiveVerdict("w-1", OperatorVerdict::kNever);
  BOOST_REQUIRE(play.IsAskedTo<LookUpCoins>());
  play.node.MineOnly({first});
  for (int i = 0; i < 6; ++i) play.node.MineOnly({});
  while (!play.IsAskedTo<ReadChain>()) {
    play.ChainHint();
    if (play.IsAskedTo<ReadCoins>()) play.ReadsCoins();
    if (play.IsAskedTo<ReadSpends>()) play.ReadsSpends();
  }
  play.ReadsChain();
  for (int i = 0; i < 200; ++i) play.SettleOneStep();
  BOOST_TEST(!play.IsAsked());
  BOOST_TEST(play.NameOfState("w-1") == "final");
  BOOST_TEST(play.ledger().batches().empty());
}

// The first has confirmed against the verdict, deep enough to be forgotten, while the draft was
// made.
BOOST_FIXTURE_TEST_CASE(a_draft_for_a_send_that_is_forgotten_is_thrown_away, Conflicted) {
  PayAgainUpToTheDraft();
  node.MineOnly({first});
  for (int i = 0; i < 6; ++i) node.MineOnly({});
  while (!IsAskedTo<ReadChain>()) {
    ChainHint();
    if (IsAskedTo<ReadCoins>()) ReadsCoins();
    if (IsAskedTo<ReadSpends>()) ReadsSpends();
  }
  ReadsChain();
  Durable();
  BOOST_TEST(!ledger().FindSend("w-1"));
  BOOST_TEST(Drafts().find("reserves") == std::string::npos);
  Settle();
  BOOST_TEST(NameOfState("w-1") == "final");
  BOOST_TEST(Payments(50'000) == 1);
}

// Against a verdict, and after the payment that the verdict asked for is final (G8).
BOOST_FIXTURE_TEST_CASE(a_second_payment_beside_a_final_one_raises_an_alarm, Conflicted) {
  SeeInBlock({PaidAgain()}, 8);
  BOOST_TEST(NameOfState("w-1") == "final");
  SeeInBlock({first});
  BOOST_TEST(Payments(50'000) == 2);
  const auto& alarms = ledger().alarms();
  BOOST_TEST(std::any_of(alarms.begin(), alarms.end(), [](const auto& item) {
    return item.second.raised.kind == AlarmKind::kSecondPayment;
  }));
}

// A log that was put back knows the first transaction of a send that has been paid by another
// since. `paid` is the way out, and must be there before the alarms are accepted: from then on it
// is paid.
BOOST_FIXTURE_TEST_CASE(paid_is_taken_while_the_log_may_be_behind, OneCoin) {
  SubmitAndSettle("w-1", 50'000);
  const MemoryLog copy = log;
  SeeInBlock({Foreign({coin}, {OutputTo("change", 400'000), OutputTo("change", 500'000)})});
  for (int i = 0; i < 12; ++i) {  // paid by R4 (b), from the one of its outputs
    node.Mine();
    Reconcile();
    WakeAndSettle(3);
  }
  BOOST_TEST(NameOfState("w-1") == "final");
  log = copy;
  Crash();
  Settle();
  WakeAndSettle(5);
  GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  BOOST_TEST((std::get<SendReply>(ReplyTo(3)).verdict == Verdict::kNotPaying));
  GiveVerdict("w-1", OperatorVerdict::kPaid);
  Settle();
  BOOST_TEST((std::get<SendReply>(ReplyTo(4)).verdict == Verdict::kKnown));
  AcceptAllAlarms();
  Settle();
  node.Mine();
  Reconcile();
  WakeAndSettle(20);
  BOOST_TEST(Payments(50'000) == 1);
}

// The log that was put back has bound it to other coins by then, but had nothing signed: somebody
// else has taken these, and it was paid from others still.
BOOST_FIXTURE_TEST_CASE(paid_is_taken_where_what_pays_again_was_not_signed_yet, OneCoin) {
  SubmitAndSettle("w-1", 50'000);
  node.MineOnly({Foreign({coin}, {OutputTo("change", 400'000), OutputTo("change", 500'000)})});
  node.Mine(12);
  ChainHint();
  GoOnUpTo([&] { return SendOf("w-1").batches.size() == 2U && IsAskedTo<LockCoins>(); });
  const MemoryLog copy = log;
  node.MineOnly({Foreign({LiveBatchOf("w-1").coins[0]}, {OutputTo("mallory", 300'000)})});
  Locks(Refused{Refusal::kRejected, -8, "Invalid parameter, expected unspent output"});
  ChainHint();
  After(120'000);
  GoOn(2'000);
  node.Mine(8);
  ChainHint();
  GoOn(400);
  BOOST_REQUIRE(NameOfState("w-1") == "final");
  log = copy;
  Crash();
  Settle();
  WakeAndSettle(5);
  BOOST_REQUIRE(NameOfState("w-1") == "conflicted");
  GiveVerdict("w-1", OperatorVerdict::kPaid);
  Settle();
  BOOST_TEST(NameOfState("w-1") == "final");
  AcceptAllAlarms();
  Settle();
  node.Mine();
  Reconcile();
  WakeAndSettle(20);
  BOOST_TEST(Payments(50'000) == 1);
}

// Before a signature was asked for: what pays in another amount is for a person to judge (R7).
BOOST_AUTO_TEST_CASE(another_amount_before_the_request_waits_for_a_verdict) {
  PlayAt play(Phase::kReservationDurable);
  play.node.Fund(CoinOf(2, 500'000), 6);
  play.Locks(Unknown{"timeout"});
  play.node.MineOnly({Sent::Other({OutputTo("alice", 49'000), OutputTo("change", 900'000)})});
  play.Settle();
  for (int i = 0; i < 20; ++i) {
    play.Wake();
    play.Settle();
  }
  BOOST_TEST((play.View("w-1").state == SendState::kConflicted));
  BOOST_TEST(play.node.mempool().empty());
  play.GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  for (int i = 0; i < 5; ++i) {
    play.Settle();
    play.Wake();
  }
  BOOST_TEST(play.node.mempool().size() == 1U);
}

// Its block has taken the rival's place, and is not read yet: no mempool shows it.
BOOST_FIXTURE_TEST_CASE(never_is_not_taken_before_the_block_that_pays_was_read, Conflicted) {
  SeeInBlock({rival});
  node.Reorganise(1, {first});
  GiveVerdict("w-1", OperatorVerdict::kNever);
  for (int i = 0; i < 20 && IsAskedTo<LookUpCoins>(); ++i) LooksUp();
  Durable();
  BOOST_TEST(!WasAnswered(2));
  Settle();
  BOOST_TEST((std::get<SendReply>(ReplyTo(2)).verdict == Verdict::kNoVerdictNeeded));
  BOOST_TEST(NameOfState("w-1") == "confirmed");
}

// What is on its way to the node is waited for, and what comes of it puts nothing off.
BOOST_FIXTURE_TEST_CASE(never_is_taken_behind_a_broadcast_that_was_refused, Conflicted) {
  WakeAndSettle(60);
  for (int i = 0; i < 400 && !IsAskedTo<Broadcast>(); ++i) {
    if (IsAsked()) {
      SettleOneStep();
    } else {
      Wake();
    }
  }
  GiveVerdict("w-1", OperatorVerdict::kNever);
  for (int i = 0; i < 400 && !WasAnswered(2); ++i) {
    if (IsAsked()) {
      SettleOneStep();
    } else {
      Wake();
    }
  }
  BOOST_TEST((std::get<SendReply>(ReplyTo(2)).verdict == Verdict::kKnown));
}

// The node has it again before anything else was asked for: its wallet sends it by itself.
BOOST_FIXTURE_TEST_CASE(what_a_verdict_names_refutes_it_when_it_comes_back, Conflicted) {
  PayAgainUpToTheDraft();
  node.Evict();
  node.Broadcast(samples::BytesOf(first));
  Settle();
  WakeAndSettle(5);
  for (int i = 0; i < 3; ++i) {
    node.Mine();
    Reconcile();
    WakeAndSettle(2);
  }
  BOOST_TEST(Payments(50'000) == 1);
}

// And ZMQ says so at any time.
BOOST_FIXTURE_TEST_CASE(a_hint_of_what_a_verdict_names_has_it_looked_for, Conflicted) {
  GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  Settle();
  node.Evict();
  node.Broadcast(samples::BytesOf(first));
  Hint(first);
  BOOST_TEST(IsAskedTo<LookUpCoins>());
  Settle();
  BOOST_TEST(NameOfState("w-1") == "broadcast");
}

// w-1 was signed for c1 and c2; somebody else has c1; R4 (a) binds it to c2 and another coin, and
// no signature was asked for yet.
struct Rebuilt : Operated {
  Rebuilt() : Operated({CoinOf(1, 1'000'000), CoinOf(2, 500'000)}) {
    SubmitAndSettle("w-1", 1'200'000);
    node.Fund(CoinOf(9, 2'000'000), 6);
    node.Fund(CoinOf(10, 2'000'000), 6);
    node.MineOnly({Foreign({CoinOf(1, 1'000'000)}, {OutputTo("mallory", 900'000)})});
    for (int i = 0; i < 3'000 && !IsAskedTo<LockCoins>(); ++i) {
      if (SettleOneStep().empty() && !IsAsked()) Wake();
    }
    BOOST_REQUIRE(IsAskedTo<LockCoins>());
    const auto& coins = TheBatch().coins;
    added = coins[0].outpoint == CoinOf(2, 1).outpoint ? coins[1] : coins[0];
  }

  const Batch& TheBatch() { return *ledger().LiveBatchOf(*ledger().FindSend("w-1")); }

  Coin added;
};

BOOST_FIXTURE_TEST_CASE(another_amount_on_a_rebuilt_batch_waits_for_a_verdict_too, Rebuilt) {
  BOOST_TEST(!SignatureAsked(TheBatch()));
  Locks(Unknown{"timeout"});
  SeeInBlock({Foreign({added}, {OutputTo("alice", 1'199'000), OutputTo("change", 700'000)})});
  WakeAndSettle(20);
  for (int i = 0; i < 5; ++i) {
    node.Mine();
    Reconcile();
    WakeAndSettle(3);
  }
  BOOST_TEST(Payments(1'200'000) == 0);
  BOOST_TEST(NameOfState("w-1") == "conflicted");
}

// Neither is sent again while both are looked for.
BOOST_FIXTURE_TEST_CASE(never_is_taken_over_two_batches, Rebuilt) {
  Locks();
  Durable();
  Signs();
  node.Broadcast(samples::BytesOf(Foreign({added}, {OutputTo("mallory", 1'000)})));
  WakeAndSettle(30);
  GiveVerdict("w-1", OperatorVerdict::kNever);
  for (int i = 0; i < 3'000 && !WasAnswered(2); ++i) {
    if (SettleOneStep().empty() && !IsAsked()) {
      Wake();
    } else {
      After(1);
    }
  }
  BOOST_TEST((std::get<SendReply>(ReplyTo(2)).verdict == Verdict::kKnown));
}

// The rival is on record, and the hold is not: there is no such moment.
BOOST_AUTO_TEST_CASE(another_amount_is_held_before_its_rival_is_on_record) {
  PlayAt play(Phase::kReservationDurable);
  play.node.Fund(CoinOf(2, 500'000), 6);
  const auto foreign = Sent::Other({OutputTo("alice", 49'000), OutputTo("change", 900'000)});
  play.node.Broadcast(samples::BytesOf(foreign));
  const Seq before = play.ledger().last_seq();
  play.Locks(Refused{Refusal::kRejected, -8, "expected unspent output"});
  play.LooksUp();
  play.DurableUpTo(before + 1);
  play.Crash();
  for (int i = 0; i < 20; ++i) {
    play.Settle();
    play.Wake();
  }
  std::vector<Seq> open;
  for (const auto& [number, alarm] : play.ledger().alarms()) {
    if (!alarm.accepted_reason) open.push_back(number);
  }
  for (Seq number : open) play.AcceptAlarm(number);
  for (int i = 0; i < 5; ++i) {
    play.WakeAndSettle(4);
    play.node.Mine();
    play.Reconcile();
  }
  BOOST_TEST(play.node.PaymentsInChain(OutputTo("alice", 50'000)) +
                 play.node.PaymentsInChain(OutputTo("alice", 49'000)) ==
             1);
}

// The batch is confirmed by what pays its neighbour, and has nothing to be done for it but the
// look.
BOOST_AUTO_TEST_CASE(pay_again_is_looked_for_where_the_batch_is_confirmed_for_others) {
  Operated play({CoinOf(1, 1'000'000)});
  play.SubmitMany({{"w-1", {To("alice", 50'000)}}, {"w-2", {To("bob", 60'000)}}});
  play.Settle();
  BOOST_TEST(play.ledger().batches().size() == 1U);
  play.SeeInBlock({Operated::Foreign({CoinOf(1, 1'000'000)},
                                     {OutputTo("alice", 49'000), OutputTo("bob", 60'000)})});
  BOOST_TEST(play.NameOfState("w-2") == "confirmed");
  play.node.Fund(CoinOf(9, 2'000'000), 6);
  play.After(120'000);
  play.Settle();
  play.GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  for (int i = 0; i < 500 && !play.IsAskedTo<Broadcast>(); ++i) {
    if (play.SettleOneStep().empty() && !play.IsAsked()) play.Wake();
  }
  BOOST_TEST(play.IsAskedTo<Broadcast>());
}

// A log that was put back from before the signature: it can not tell its own transaction by its
// legacy coins, and that was replaced by one that leaves w-1 out. Both may yet confirm.
BOOST_AUTO_TEST_CASE(what_a_foreign_version_leaves_out_waits_for_r4_behind_a_lost_signature) {
  const Coin coin = samples::LegacyCoinOf(1, 1'000'000);
  Operated play({coin});
  play.SubmitMany({{"w-1", {To("alice", 50'000)}}, {"w-2", {To("bob", 60'000)}}});
  for (int i = 0; i < 200 && !play.IsAskedTo<LockCoins>(); ++i) {
    if (play.SettleOneStep().empty()) play.Wake();
  }
  play.Durable();
  const MemoryLog copy = play.log;
  play.Settle();
  BOOST_TEST(play.node.mempool().size() == 1U);
  play.node.MineOnly(
      {Operated::Foreign({coin}, {OutputTo("bob", 60'000), OutputTo("mallory", 800'000)})});
  play.node.Fund(CoinOf(9, 2'000'000), 6);
  play.log = copy;
  play.Crash();
  play.Settle();
  play.WakeAndSettle(5);
  play.AcceptAllAlarms();
  for (int i = 0; i < 10; ++i) {
    play.node.Mine();
    play.Reconcile();
    play.WakeAndSettle(2);
  }
  BOOST_TEST(play.Payments(50'000) == 0);
  BOOST_TEST(play.NameOfState("w-1") == "conflicted");
  BOOST_TEST((play.View("w-2").outcome == SendOutcome::kSent));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
