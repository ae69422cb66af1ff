// Callers: what each is told, and when (G1, G3, G4, G6).

#include <boost/test/unit_test.hpp>

#include "machine_phases.h"

namespace sendonce::core {
namespace {

using samples::Paying;
using samples::To;

SendContent FullContent() {
  SendContent content = Paying({To("alice", 50'000), To("bob", 60'000)});
  content.fee = FeeChoice{6, std::nullopt};
  content.max_fee_sat = 20'000;
  content.batch = true;
  content.not_after_ms = 9'000'000;
  content.reference = "customer 4711";
  return content;
}

SendContent WithDeadline(Millis not_after_ms) {
  SendContent content = Paying({To("alice", 50'000)});
  content.not_after_ms = not_after_ms;
  return content;
}

SendContent Alone(std::string_view name, bitcoin::Amount amount_sat) {
  SendContent content = Paying({To(name, amount_sat)});
  content.batch = false;
  return content;
}

struct Started : Play {
  explicit Started(const Policy& policy = WithWholeChange()) : Play(policy) { Start(); }
};

Policy PolicyWithBacklog(size_t max_waiting_sends) {
  Policy policy = WithWholeChange();
  policy.max_waiting_sends = max_waiting_sends;
  return policy;
}

// --- an id is for ever

BOOST_AUTO_TEST_SUITE(machine_id_tests)

BOOST_FIXTURE_TEST_CASE(an_id_that_is_being_recorded_is_answered_when_it_is, Started) {
  CHECK_STEP(Submit("w-1", {To("alice", 50'000)}), "append 2: w-1 recorded",
             "draft 1: c1 to alice 50000");
  for (int i = 0; i < 50; ++i) CHECK_STEP(Submit("w-1", {To("alice", 50'000)}));
  Durable();
  BOOST_TEST((std::get<SendReply>(ReplyTo(1)).verdict == Verdict::kCreated));
  BOOST_TEST(!std::get<SendReply>(ReplyTo(1)).send->replayed);
  for (CallToken call = 2; call <= 51; ++call) {
    const auto& reply = std::get<SendReply>(ReplyTo(call));
    BOOST_TEST((reply.verdict == Verdict::kKnown));
    BOOST_TEST(reply.send->replayed);
  }
}

BOOST_AUTO_TEST_CASE(the_same_content_again_is_the_same_send_at_each_phase) {
  for (Phase phase : kAllPhases) {
    BOOST_TEST_CONTEXT(phase) {
      PlayAt play(phase);
      const Seq last = play.log.last_seq();
      play.Submit("w-1", {To("alice", 50'000)});
      BOOST_TEST(play.log.last_seq() == last);
      play.Settle();
      BOOST_TEST((std::get<SendReply>(play.ReplyTo(2)).verdict == Verdict::kKnown));
      BOOST_TEST(play.node.signed_ever().size() == 1U);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(the_same_content_again_after_it_is_final, Started) {
  Submit("w-1", {To("alice", 50'000)});
  Settle();
  node.Mine(6);
  Reconcile();
  BOOST_TEST(!ledger().FindSend("w-1"));
  CHECK_STEP(Submit("w-1", {To("alice", 50'000)}), "answer 2: known w-1 sent final t1 6 deep");
  CHECK_STEP(Submit("w-1", {To("alice", 50'001)}),
             "answer 3: id reused (outputs[0].amount_sat) w-1 sent final t1 6 deep");
}

template <typename Change>
std::string ReusedWith(Change change) {
  Started play;
  play.Submit("w-1", FullContent());
  play.Settle();
  SendContent other = FullContent();
  change(other);
  const Seq last = play.log.last_seq();
  const std::string text = play.Submit("w-1", other);
  BOOST_TEST(play.log.last_seq() == last);
  BOOST_TEST(!play.IsAsked());
  return text;
}

BOOST_AUTO_TEST_CASE(other_content_is_refused_naming_the_field_and_changes_nothing) {
  const auto refused = [](const std::string& field) {
    return "answer 2: id reused (" + field + ") w-1 sent broadcast t1";
  };
  CHECK_STEP(ReusedWith([](SendContent& c) { c.outputs[0] = To("mallory", 50'000); }),
             refused("outputs[0].address"));
  CHECK_STEP(ReusedWith([](SendContent& c) { c.outputs[1].amount_sat = 1'000; }),
             refused("outputs[1].amount_sat"));
  CHECK_STEP(ReusedWith([](SendContent& c) { c.outputs.pop_back(); }), refused("outputs"));
  CHECK_STEP(ReusedWith([](SendContent& c) { c.fee->conf_target = 2; }),
             refused("fee.conf_target"));
  CHECK_STEP(ReusedWith([](SendContent& c) { c.fee.reset(); }), refused("fee"));
  CHECK_STEP(ReusedWith([](SendContent& c) { c.max_fee_sat = 1; }), refused("max_fee_sat"));
  CHECK_STEP(ReusedWith([](SendContent& c) { c.batch = false; }), refused("batch"));
  CHECK_STEP(ReusedWith([](SendContent& c) { c.not_after_ms = 1; }), refused("not_after"));
  CHECK_STEP(ReusedWith([](SendContent& c) { c.reference = ""; }), refused("reference"));
  CHECK_STEP(ReusedWith([](SendContent&) {}), "answer 2: known w-1 sent broadcast t1");
}

// The refusal says what is recorded, so it waits for the record too.
BOOST_FIXTURE_TEST_CASE(a_refusal_of_an_id_that_is_being_recorded_waits_for_the_record, Started) {
  Submit("w-1", {To("alice", 50'000)});
  CHECK_STEP(Submit("w-1", {To("alice", 1)}));
  CHECK_STEP(Durable(), "answer 1: created w-1 pending recorded",
             "answer 2: id reused (outputs[0].amount_sat) w-1 pending recorded");
}

BOOST_FIXTURE_TEST_CASE(an_id_that_nobody_recorded_is_unknown, Started) {
  CHECK_STEP(Query("w-1"), "answer 1: unknown id");
  CHECK_STEP(Query("w-1", {60'000, Until::kSent}), "answer 2: unknown id");
}

// Two sends of one amount to one address are two sends.
BOOST_FIXTURE_TEST_CASE(two_ids_of_one_content_are_paid_twice, Started) {
  Submit("w-1", {To("alice", 50'000)});
  Submit("w-2", {To("alice", 50'000)});
  Settle();
  node.Mine();
  Reconcile();
  node.Mine();
  Reconcile();
  BOOST_TEST(node.PaymentsInChain(samples::OutputTo("alice", 50'000)) == 2);
}

BOOST_AUTO_TEST_SUITE_END()

// --- batches

BOOST_AUTO_TEST_SUITE(machine_batch_tests)

// What comes in while a draft is under way is paid by the next one.
BOOST_FIXTURE_TEST_CASE(sends_that_queue_up_are_paid_together, Play) {
  FundWith({samples::CoinOf(1, 100'000), samples::CoinOf(2, 900'000)});
  Start();
  CHECK_STEP(Submit("w-1", {To("alice", 50'000)}), "append 2: w-1 recorded",
             "draft 1: c1 to alice 50000");
  CHECK_STEP(Submit("w-2", {To("bob", 60'000)}), "append 3: w-2 recorded");
  CHECK_STEP(Submit("w-3", {To("carol", 70'000)}), "append 4: w-3 recorded");
  CHECK_STEP(Drafts(), "append 5: batch 5 reserves c1 for w-1",
             "draft 2: c2 to bob 60000, carol 70000");
  CHECK_STEP(Drafts(), "append 6: batch 6 reserves c2 for w-2,w-3");
}

BOOST_FIXTURE_TEST_CASE(a_send_that_wants_to_be_alone_is_paid_alone, Play) {
  FundWith({samples::CoinOf(1, 100'000), samples::CoinOf(2, 200'000), samples::CoinOf(3, 300'000)});
  Start();
  Submit("w-1", {To("alice", 50'000)});
  Submit("w-2", Alone("bob", 60'000));
  Submit("w-3", {To("carol", 70'000)});
  CHECK_STEP(Drafts(), "append 5: batch 5 reserves c1 for w-1", "draft 2: c2 to bob 60000");
  CHECK_STEP(Drafts(), "append 6: batch 6 reserves c2 for w-2", "draft 3: c3 to carol 70000");
}

BOOST_FIXTURE_TEST_CASE(sends_of_different_fees_are_not_paid_together, Play) {
  FundWith({samples::CoinOf(1, 100'000), samples::CoinOf(2, 900'000)});
  Start();
  Submit("w-0", {To("zoe", 10'000)});
  SendContent fast = Paying({To("alice", 50'000)});
  fast.fee = FeeChoice{std::nullopt, 20'000};
  Submit("w-1", fast);
  Submit("w-2", {To("bob", 60'000)});
  Submit("w-3", fast);
  CHECK_STEP(Drafts(), "append 6: batch 6 reserves c1 for w-0",
             "draft 2: c2 to alice 50000, alice 50000");
}

BOOST_AUTO_TEST_CASE(a_batch_has_a_limit) {
  Policy policy = WithWholeChange();
  policy.max_sends_per_batch = 2;
  Play play(policy);
  play.FundWith({samples::CoinOf(1, 100'000), samples::CoinOf(2, 900'000)});
  play.Start();
  for (const char* id : {"w-0", "w-1", "w-2", "w-3"}) play.Submit(id, {To("alice", 10'000)});
  CHECK_STEP(play.Drafts(), "append 6: batch 6 reserves c1 for w-0",
             "draft 2: c2 to alice 10000, alice 10000");
}

BOOST_AUTO_TEST_SUITE_END()

// --- the fence

BOOST_AUTO_TEST_SUITE(machine_cancel_tests)

BOOST_FIXTURE_TEST_CASE(an_unknown_id_is_burnt, Started) {
  CHECK_STEP(Cancel("w-1"), "append 2: w-1 cancelled");
  CHECK_STEP(Durable(), "answer 1: fenced w-1 never cancelled");
  CHECK_STEP(Submit("w-1", {To("alice", 50'000)}), "answer 2: id cancelled w-1 never cancelled");
  CHECK_STEP(Cancel("w-1"), "answer 3: fenced w-1 never cancelled");
  CHECK_STEP(Query("w-1"), "answer 4: known w-1 never cancelled");
}

// The fence of a request that is still on its way to the disk holds for it already.
BOOST_FIXTURE_TEST_CASE(a_submit_behind_its_own_cancel_is_refused, Started) {
  CHECK_STEP(Cancel("w-1"), "append 2: w-1 cancelled");
  CHECK_STEP(Submit("w-1", {To("alice", 50'000)}));
  CHECK_STEP(Durable(), "answer 1: fenced w-1 never cancelled",
             "answer 2: id cancelled w-1 never cancelled");
}

// Until a signature is asked for, the answer is `never`, whatever is under way; from then on it is
// too late, also while the record of the request is still on its way to the disk.
BOOST_AUTO_TEST_CASE(a_cancel_is_final_at_each_phase) {
  for (Phase phase : kAllPhases) {
    BOOST_TEST_CONTEXT(phase) {
      PlayAt play(phase);
      play.Cancel("w-1");
      play.Settle();
      play.node.Mine();
      play.Reconcile();
      const auto& reply = std::get<SendReply>(play.ReplyTo(2));
      const int payments = play.node.PaymentsInChain(samples::OutputTo("alice", 50'000));
      if (phase < Phase::kRequestAppended) {
        BOOST_TEST((reply.verdict == Verdict::kFenced));
        BOOST_TEST((reply.send->outcome == SendOutcome::kNever));
        BOOST_TEST(play.node.signed_ever().empty());
        BOOST_TEST(payments == 0);
      } else {
        BOOST_TEST((reply.verdict == Verdict::kTooLate));
        BOOST_TEST((reply.send->outcome != SendOutcome::kNever));
        BOOST_TEST(payments == 1);
      }
    }
  }
}

// `never` permits a refund: it is not said before it is durable.
BOOST_AUTO_TEST_CASE(the_answer_to_a_cancel_waits_for_its_record) {
  PlayAt play(Phase::kRecordDurable);
  CHECK_STEP(play.Cancel("w-1"), "append 3: w-1 cancelled");
  CHECK_STEP(play.Drafts());
  CHECK_STEP(play.Durable(), "answer 2: fenced w-1 never cancelled");
}

BOOST_AUTO_TEST_CASE(a_cancel_gives_the_reserved_coins_back) {
  PlayAt play(Phase::kReservationDurable);
  CHECK_STEP(play.Cancel("w-1"), "append 4: batch 3 dropped", "append 5: w-1 cancelled");
  CHECK_STEP(play.Locks());
  CHECK_STEP(play.Durable(), "answer 2: fenced w-1 never cancelled", "unlock c1");
  CHECK_STEP(play.Submit("w-2", {To("bob", 60'000)}), "append 6: w-2 recorded",
             "draft 2: c1 to bob 60000");
}

BOOST_AUTO_TEST_CASE(a_cancel_lets_the_neighbours_go_on) {
  Play play;
  play.FundWith({samples::CoinOf(1, 100'000), samples::CoinOf(2, 900'000)});
  play.Start();
  play.Submit("w-0", {To("zoe", 10'000)});
  play.Submit("w-1", {To("alice", 50'000)});
  play.Submit("w-2", {To("bob", 60'000)});
  play.Drafts();
  CHECK_STEP(play.Drafts(), "append 6: batch 6 reserves c2 for w-1,w-2");
  CHECK_STEP(play.Cancel("w-1"), "append 7: batch 6 dropped", "append 8: w-1 cancelled",
             "draft 3: c2 to bob 60000");
  play.Settle();
  play.node.Mine();
  BOOST_TEST(play.node.PaymentsInChain(samples::OutputTo("alice", 50'000)) == 0);
  BOOST_TEST(play.node.PaymentsInChain(samples::OutputTo("bob", 60'000)) == 1);
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_id_with_its_content_is_never_and_with_other_content_refused,
                        Started) {
  Submit("w-1", {To("alice", 50'000)});
  Cancel("w-1");
  Settle();
  CHECK_STEP(Submit("w-1", {To("alice", 50'000)}), "answer 3: known w-1 never cancelled");
  CHECK_STEP(Submit("w-1", {To("alice", 50'001)}),
             "answer 4: id cancelled (outputs[0].amount_sat) w-1 never cancelled");
}

// A log that was put back from yesterday may not know that the send was paid: `never` is not said
// before wallet and log have been compared, nor while a spend is unexplained.
BOOST_AUTO_TEST_CASE(nothing_is_given_up_before_the_log_has_been_compared_with_the_wallet) {
  PlayAt play(Phase::kRecordDurable);
  play.Crash();
  CHECK_STEP(play.Cancel("w-1"), "answer 2: starting");
  CHECK_STEP(play.Cancel("unknown"), "answer 3: starting");
  CHECK_STEP(play.Query("w-1"), "answer 4: known w-1 pending recorded stalled starting");
  play.ReadsChain();
  play.ReadsCoins();
  play.ReadsSpends(std::vector<WalletSpend>{{samples::HashOf(77), 1, false}});
  CHECK_STEP(play.Cancel("w-1"), "answer 5: not paying");
  CHECK_STEP(play.Cancel("unknown"), "answer 6: not paying");
  play.Durable();
  // Nor before it is known what coins it spends.
  play.AcceptAlarm(3);
  CHECK_STEP(play.Cancel("unknown"), "answer 8: not paying");
  play.LooksUpTransaction();
  CHECK_STEP(play.Cancel("unknown"), "append 5: unknown cancelled");
}

BOOST_AUTO_TEST_CASE(what_is_decided_is_said_at_any_time) {
  Started play;
  play.Submit("w-1", {To("alice", 50'000)});
  play.Cancel("burnt");
  play.Settle();
  play.Crash();
  CHECK_STEP(play.Cancel("w-1"), "answer 3: too late w-1 sent broadcast t1");
  CHECK_STEP(play.Cancel("burnt"), "answer 4: fenced burnt never cancelled");
}

BOOST_AUTO_TEST_SUITE_END()

// --- deadlines

BOOST_AUTO_TEST_SUITE(machine_deadline_tests)

constexpr Millis kDeadlineMs = 1'020'000;
constexpr Millis kTillDeadlineMs = 20'000;

BOOST_FIXTURE_TEST_CASE(a_deadline_in_the_past_is_never_at_once, Started) {
  CHECK_STEP(Submit("w-1", WithDeadline(now_ms())), "append 2: w-1 recorded",
             "append 3: w-1 expired");
  CHECK_STEP(Durable(), "answer 1: created w-1 never expired");
  CHECK_STEP(Submit("w-1", WithDeadline(now_ms())), "answer 2: known w-1 never expired");
}

BOOST_AUTO_TEST_CASE(a_deadline_ends_what_no_signature_was_asked_for) {
  for (Phase phase : kAllPhases) {
    BOOST_TEST_CONTEXT(phase) {
      PlayAt play(phase, WithDeadline(kDeadlineMs));
      play.After(kTillDeadlineMs);
      play.Settle();
      play.node.Mine();
      play.Reconcile();
      const bool expired = phase < Phase::kRequestAppended;
      BOOST_TEST((play.View("w-1").outcome == SendOutcome::kNever) == expired);
      BOOST_TEST(play.node.PaymentsInChain(samples::OutputTo("alice", 50'000)) ==
                 (expired ? 0 : 1));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_machine_wakes_for_a_deadline) {
  Play play;
  play.FundWith({});
  play.Start();
  play.Submit("w-1", WithDeadline(play.now_ms() + 1'234));
  play.Settle();
  BOOST_TEST(play.machine().next_tick_ms() == play.now_ms() + 1'234);
  CHECK_STEP(play.Wake(), "append 3: w-1 expired");
}

// The deadline is looked at last of all before the request to sign.
BOOST_AUTO_TEST_CASE(a_deadline_that_passes_while_the_coins_are_locked_is_kept) {
  PlayAt play(Phase::kReservationDurable, WithDeadline(kDeadlineMs));
  play.Give(core::CoinsLocked{99, Done{}});  // any step at another time
  CHECK_STEP(play.After(kTillDeadlineMs - 1), "read chain from 100");
  CHECK_STEP(play.After(1), "append 4: batch 3 dropped", "append 5: w-1 expired");
  CHECK_STEP(play.Locks());
}

BOOST_AUTO_TEST_CASE(an_expired_neighbour_does_not_hold_the_others) {
  Play play;
  play.FundWith({samples::CoinOf(1, 100'000), samples::CoinOf(2, 900'000)});
  play.Start();
  play.Submit("w-0", {To("zoe", 10'000)});
  play.Submit("w-1", WithDeadline(kDeadlineMs));
  play.Submit("w-2", {To("bob", 60'000)});
  play.Drafts();
  CHECK_STEP(play.Drafts(), "append 6: batch 6 reserves c2 for w-1,w-2");
  play.Durable();
  play.After(kTillDeadlineMs);
  play.Settle();
  play.node.Mine();
  BOOST_TEST(play.node.PaymentsInChain(samples::OutputTo("alice", 50'000)) == 0);
  BOOST_TEST(play.node.PaymentsInChain(samples::OutputTo("bob", 60'000)) == 1);
}

// As for a cancel: a log that was put back may not know that the send was paid.
BOOST_AUTO_TEST_CASE(nothing_expires_before_the_log_has_been_compared_with_the_wallet) {
  PlayAt play(Phase::kRecordDurable, WithDeadline(kDeadlineMs));
  play.After(kTillDeadlineMs);
  play.log.LoseUnsynced();
  CHECK_STEP(play.Crash(), "read chain from 100");
  play.ReadsChain();
  play.ReadsCoins();
  CHECK_STEP(play.ReadsSpends(std::vector<WalletSpend>{{samples::HashOf(77), 1, false}}),
             "append 3: alarm: unexplained spend at start t1", "look up t1");
  play.Durable();
  CHECK_STEP(play.AcceptAlarm(3), "append 4: alarm 3 accepted");
  CHECK_STEP(play.LooksUpTransaction(Unknown{"timeout"}), "");
  CHECK_STEP(play.Wake(), "look up t1");
  CHECK_STEP(play.LooksUpTransaction(), "append 5: w-1 expired");
}

BOOST_AUTO_TEST_CASE(a_deadline_is_known_again_after_a_restart) {
  for (Phase phase : {Phase::kRecordDurable, Phase::kReservationDurable}) {
    BOOST_TEST_CONTEXT(phase) {
      PlayAt play(phase, WithDeadline(kDeadlineMs));
      play.node.FallBack(0);
      play.Crash();
      // Gone before the batch could go on; then the send waits, and no coin is left to wake it.
      play.node.MineOnly({samples::Signed(
          samples::Spending({samples::CoinOf(1, 1'000'000)}, {samples::OutputTo("eve", 900'000)}),
          {samples::CoinOf(1, 1'000'000)}, 9)});
      play.Settle();
      for (Millis waited = 0; waited < kTillDeadlineMs; waited += 1'000) {
        play.After(1'000);
        play.Settle();
      }
      for (const auto& [number, alarm] : play.ledger().alarms()) {
        if (!alarm.accepted_reason) play.AcceptAlarm(number);
      }
      play.Settle();
      BOOST_TEST((play.View("w-1").state == SendState::kExpired));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

// --- waiting

BOOST_AUTO_TEST_SUITE(machine_wait_tests)

constexpr Millis kLong = 60'000;

BOOST_FIXTURE_TEST_CASE(a_wait_until_sent_ends_when_the_node_has_accepted, Started) {
  Submit("w-1", Paying({To("alice", 50'000)}), {kLong, Until::kSent});
  Durable();
  Drafts();
  Durable();
  Locks();
  Durable();
  Signs();
  Durable();
  BOOST_TEST(!WasAnswered(1));
  CHECK_STEP(Broadcasts(), "append 6: batch 3 accepted: t1");
  CHECK_STEP(Durable(), "answer 1: created w-1 sent broadcast t1");
}

BOOST_FIXTURE_TEST_CASE(a_wait_until_confirmed_or_final_goes_on_until_then, Started) {
  Submit("w-1", Paying({To("alice", 50'000)}), {kLong, Until::kConfirmed});
  Query("w-1", {kLong, Until::kFinal});
  Settle();
  BOOST_TEST(!WasAnswered(1));
  node.Mine();
  ChainHint();
  ReadsChain();
  CHECK_STEP(Durable(), "answer 1: created w-1 sent confirmed t1 1 deep");
  node.Mine(5);
  Settle();
  ChainHint();
  ReadsChain();
  CHECK_STEP(Durable(), "answer 2: known w-1 sent final t1 6 deep");
}

BOOST_FIXTURE_TEST_CASE(a_send_that_is_there_already_ends_the_wait_at_once, Started) {
  Submit("w-1", {To("alice", 50'000)});
  Settle();
  CHECK_STEP(Query("w-1", {kLong, Until::kSent}), "answer 2: known w-1 sent broadcast t1");
}

BOOST_FIXTURE_TEST_CASE(a_wait_that_runs_out_is_answered_with_the_send_as_it_stands, Started) {
  Submit("w-1", Paying({To("alice", 50'000)}), {1'000, Until::kSent});
  Durable();
  BOOST_TEST(machine().next_tick_ms() == now_ms() + 1'000);
  CHECK_STEP(After(999));
  CHECK_STEP(Wake(), "answer 1: created w-1 pending recorded");
}

// What was waited for is not durable yet: the answer is not given before it is (G1).
BOOST_FIXTURE_TEST_CASE(a_wait_that_runs_out_before_the_record_is_durable_waits_for_it, Started) {
  Submit("w-1", Paying({To("alice", 50'000)}), {1'000, Until::kSent});
  CHECK_STEP(After(1'000));
  CHECK_STEP(Durable(), "answer 1: created w-1 pending recorded");
}

BOOST_FIXTURE_TEST_CASE(a_wait_has_a_limit, Play) {
  FundWith({});
  Start();
  Submit("w-1", Paying({To("alice", 50'000)}), {INT64_MAX, Until::kSent});
  Durable();
  for (Millis waited = 0; waited < kMaxWaitMs; waited += 5'000) {
    BOOST_TEST(!WasAnswered(1));
    After(5'000);
    Settle();
  }
  BOOST_TEST(WasAnswered(1));
}

BOOST_FIXTURE_TEST_CASE(a_wait_ends_when_the_send_never_will, Started) {
  Submit("w-1", Paying({To("alice", 50'000)}), {kLong, Until::kFinal});
  Durable();
  Cancel("w-1");
  CHECK_STEP(Durable(), "answer 2: fenced w-1 never cancelled",
             "answer 1: created w-1 never cancelled");
}

BOOST_FIXTURE_TEST_CASE(many_wait_for_one_send_and_each_is_answered_once, Started) {
  for (int i = 0; i < 3; ++i) Submit("w-1", Paying({To("alice", 50'000)}), {kLong, Until::kSent});
  Query("w-1", {1'000, Until::kSent});
  Durable();
  CHECK_STEP(After(1'000), "answer 4: known w-1 pending recorded");
  Settle();
  for (CallToken call : {1, 2, 3, 4}) BOOST_TEST(WasAnswered(call));
  After(kLong);
  Settle();  // throws if one is answered again
}

// A caller that goes away changes nothing.
BOOST_FIXTURE_TEST_CASE(nothing_is_said_to_a_caller_who_has_gone, Started) {
  Submit("w-1", Paying({To("alice", 50'000)}), {kLong, Until::kSent});
  Submit("w-1", Paying({To("alice", 50'000)}), {kLong, Until::kSent});
  Durable();
  CHECK_STEP(CallerGone(1));
  CHECK_STEP(CallerGone(99));
  Settle();
  BOOST_TEST(!WasAnswered(1));
  BOOST_TEST(WasAnswered(2));
  BOOST_TEST((View("w-1").state == SendState::kBroadcast));
}

BOOST_FIXTURE_TEST_CASE(who_waits_when_the_daemon_stops_is_answered_as_it_stands, Play) {
  FundWith({});
  Start();
  Submit("w-1", Paying({To("alice", 50'000)}), {kLong, Until::kSent});
  Durable();
  Query("w-1", {kLong, Until::kFinal});
  CHECK_STEP(Stop(), "answer 1: created w-1 pending recorded stalled insufficient_funds",
             "answer 2: known w-1 pending recorded stalled insufficient_funds");
  // And who comes now does not hold it up.
  CHECK_STEP(Query("w-1", {kLong, Until::kFinal}),
             "answer 3: known w-1 pending recorded stalled insufficient_funds");
}

BOOST_AUTO_TEST_SUITE_END()

// --- new ids that are not taken

BOOST_AUTO_TEST_SUITE(machine_refusal_tests)

BOOST_AUTO_TEST_CASE(beyond_the_backlog_new_ids_are_refused_and_known_ones_answered) {
  Play play(PolicyWithBacklog(2));
  play.FundWith({});
  play.Start();
  play.Submit("w-1", {To("alice", 50'000)});
  play.Submit("w-2", {To("bob", 50'000)});
  CHECK_STEP(play.Submit("w-3", {To("carol", 50'000)}), "answer 3: overloaded");
  play.Durable();
  CHECK_STEP(play.AskStatus(), "answer 4: status: ready, not accepting");
  CHECK_STEP(play.Submit("w-1", {To("alice", 50'000)}),
             "answer 5: known w-1 pending recorded stalled insufficient_funds");
  CHECK_STEP(play.Submit("w-1", {To("alice", 50'001)}),
             "answer 6: id reused (outputs[0].amount_sat) w-1 pending recorded stalled "
             "insufficient_funds");
  // An id that was refused is as unknown as before: it can be burnt.
  CHECK_STEP(play.Query("w-3"), "answer 7: unknown id");
  CHECK_STEP(play.Cancel("w-3"), "append 4: w-3 cancelled");
  play.Cancel("w-1");
  play.Settle();
  CHECK_STEP(play.Submit("w-4", {To("dave", 50'000)}), "append 6: w-4 recorded");
}

BOOST_AUTO_TEST_CASE(before_the_comparison_with_the_wallet_new_ids_are_refused) {
  Play play;
  CHECK_STEP(play.Submit("w-1", {To("alice", 50'000)}), "answer 1: starting",
             "read chain from 100");
  play.Settle();
  CHECK_STEP(play.Submit("w-1", {To("alice", 50'000)}), "append 2: w-1 recorded",
             "draft 1: c1 to alice 50000");
}

BOOST_FIXTURE_TEST_CASE(a_daemon_that_stops_takes_no_new_ids_and_answers_known_ones, Started) {
  Submit("w-1", {To("alice", 50'000)});
  Stop();
  CHECK_STEP(Submit("w-2", {To("bob", 50'000)}), "answer 2: stopping");
  CHECK_STEP(Durable(), "answer 1: created w-1 pending recorded");
  CHECK_STEP(Submit("w-1", {To("alice", 50'000)}), "answer 3: known w-1 pending recorded");
  CHECK_STEP(AskStatus(), "answer 4: status: ready, not accepting");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
