// Many sends in one call: each stands for itself, and nothing is said before it is durable (G1).

#include <boost/test/unit_test.hpp>

#include "machine_play.h"

namespace sendonce::core {
namespace {

using samples::Paying;
using samples::To;

struct Started : Play {
  explicit Started(const Policy& policy = WithWholeChange()) : Play(policy) { Start(); }
};

BOOST_AUTO_TEST_SUITE(machine_bulk_tests)

BOOST_FIXTURE_TEST_CASE(many_are_recorded_in_one_append_and_answered_when_it_is_durable, Started) {
  CHECK_STEP(SubmitMany({{"w-1", {To("alice", 50'000)}}, {"w-2", {To("bob", 60'000)}}}),
             "append 2: w-1 recorded", "append 3: w-2 recorded",
             "draft 1: c1 to alice 50000, bob 60000");
  CHECK_STEP(DurableUpTo(2));
  CHECK_STEP(Durable(), "answer 1: created w-1 pending recorded, created w-2 pending recorded");
}

// What was recorded before them is answered with them.
BOOST_FIXTURE_TEST_CASE(the_answer_rests_on_the_last_record_of_any, Started) {
  Submit("w-1", {To("alice", 50'000)});
  CHECK_STEP(QueryMany({"w-1", "w-2"}));
  CHECK_STEP(SubmitMany({{"w-1", {To("alice", 50'000)}}}));
  CHECK_STEP(Durable(), "answer 1: created w-1 pending recorded",
             "answer 2: known w-1 pending recorded, unknown id",
             "answer 3: known w-1 pending recorded");
}

BOOST_FIXTURE_TEST_CASE(look_ups_of_what_is_durable_are_answered_at_once, Started) {
  Submit("w-1", {To("alice", 50'000)});
  Submit("w-2", {To("bob", 60'000)});
  Cancel("w-2");
  Settle();
  CHECK_STEP(QueryMany({"w-2", "w-3", "w-1"}),
             "answer 4: known w-2 never cancelled, unknown id, known w-1 sent broadcast t1");
  CHECK_STEP(QueryMany({}), "answer 5: ");
  CHECK_STEP(SubmitMany({}), "answer 6: ");
}

// Also of what is final and not in memory any more.
BOOST_FIXTURE_TEST_CASE(the_log_is_asked_for_what_is_finished, Started) {
  Submit("w-1", {To("alice", 50'000)});
  Settle();
  node.Mine(6);
  Reconcile();
  BOOST_TEST(!ledger().FindSend("w-1"));
  CHECK_STEP(QueryMany({"w-1"}), "answer 2: known w-1 sent final t1 6 deep");
  CHECK_STEP(SubmitMany({{"w-1", {To("alice", 50'000)}}, {"w-1", {To("alice", 50'001)}}}),
             "answer 3: known w-1 sent final t1 6 deep, "
             "id reused (outputs[0].amount_sat) w-1 sent final t1 6 deep");
}

BOOST_FIXTURE_TEST_CASE(an_id_that_stands_there_twice_is_recorded_once, Started) {
  CHECK_STEP(SubmitMany({{"w-1", {To("alice", 50'000)}},
                         {"w-1", {To("alice", 50'000)}},
                         {"w-1", {To("alice", 50'001)}}}),
             "append 2: w-1 recorded", "draft 1: c1 to alice 50000");
  CHECK_STEP(Durable(),
             "answer 1: created w-1 pending recorded, known w-1 pending recorded, "
             "id reused (outputs[0].amount_sat) w-1 pending recorded");
  const auto& replies = std::get<SendsReply>(ReplyTo(1)).replies;
  BOOST_TEST(!replies[0].send->replayed);
  BOOST_TEST(replies[1].send->replayed);
}

BOOST_FIXTURE_TEST_CASE(one_that_is_refused_does_not_touch_the_others, Started) {
  Submit("w-1", {To("alice", 50'000)});
  Cancel("w-2");
  Settle();
  CHECK_STEP(SubmitMany({{"w-1", {To("alice", 1'000)}},
                         {"w-2", {To("bob", 60'000)}},
                         {"w-3", {To("carol", 70'000)}}}),
             "append 8: w-3 recorded");
  CHECK_STEP(Durable(),
             "answer 3: id reused (outputs[0].amount_sat) w-1 sent broadcast t1, "
             "id cancelled w-2 never cancelled, "
             "created w-3 pending recorded");
}

BOOST_AUTO_TEST_CASE(while_overloaded_the_known_ones_are_answered) {
  Policy policy = WithWholeChange();
  policy.max_waiting_sends = 2;
  Play play(policy);
  play.FundWith({});
  play.Start();
  play.Submit("w-1", {To("alice", 50'000)});
  CHECK_STEP(play.SubmitMany({{"w-2", {To("bob", 60'000)}},
                              {"w-3", {To("carol", 70'000)}},
                              {"w-1", {To("alice", 50'000)}},
                              {"w-2", {To("bob", 60'000)}}}),
             "append 3: w-2 recorded");
  const std::string stalled = " pending recorded stalled insufficient_funds";
  CHECK_STEP(play.Durable(), "answer 1: created w-1 pending recorded",
             "answer 2: created w-2" + stalled + ", overloaded, known w-1" + stalled +
                 ", known w-2" + stalled);
  CHECK_STEP(play.QueryMany({"w-3"}), "answer 3: unknown id");
}

BOOST_FIXTURE_TEST_CASE(while_stopping_the_known_ones_are_answered, Started) {
  Submit("w-1", {To("alice", 50'000)});
  Settle();
  Stop();
  CHECK_STEP(SubmitMany({{"w-2", {To("bob", 60'000)}}, {"w-1", {To("alice", 50'000)}}}),
             "answer 2: stopping, known w-1 sent broadcast t1");
}

BOOST_FIXTURE_TEST_CASE(a_deadline_in_the_past_is_kept_for_each, Started) {
  SendContent late = Paying({To("alice", 50'000)});
  late.not_after_ms = now_ms();
  core::SubmitMany many{1, {{"w-1", late, {}}, {"w-2", Paying({To("bob", 60'000)}), {}}}};
  CHECK_STEP(Give(many), "append 2: w-1 recorded", "append 3: w-1 expired",
             "append 4: w-2 recorded", "draft 1: c1 to bob 60000");
  CHECK_STEP(DurableUpTo(3));
  CHECK_STEP(Durable(), "answer 1: created w-1 never expired, created w-2 pending recorded");
}

// A caller that goes away changes nothing.
BOOST_FIXTURE_TEST_CASE(what_is_recorded_stays_recorded_without_its_caller, Started) {
  SubmitMany({{"w-1", {To("alice", 50'000)}}, {"w-2", {To("bob", 60'000)}}});
  CallerGone(1);
  Settle();
  CHECK_STEP(QueryMany({"w-1", "w-2"}),
             "answer 2: known w-1 sent broadcast t1, known w-2 sent broadcast t1");
}

BOOST_FIXTURE_TEST_CASE(a_crash_before_it_is_durable_leaves_nothing_and_said_nothing, Started) {
  SubmitMany({{"w-1", {To("alice", 50'000)}}, {"w-2", {To("bob", 60'000)}}});
  Crash();
  BOOST_TEST(!WasAnswered(1));
  CHECK_STEP(QueryMany({"w-1", "w-2"}), "answer 2: unknown id, unknown id");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
