// Overload: new ids are refused before anything is recorded, known ones are answered.

#include <boost/test/unit_test.hpp>

#include "machine_play.h"

namespace sendonce::core {
namespace {

using samples::To;

Policy PolicyWithSlowDisk(Millis max_commit_wait_ms, size_t max_unsynced_records = 100) {
  Policy policy = WithWholeChange();
  policy.max_commit_wait_ms = max_commit_wait_ms;
  policy.max_unsynced_records = max_unsynced_records;
  return policy;
}

Millis RetryAfterMs(const Play& play, CallToken call) {
  return std::get<SendReply>(play.ReplyTo(call)).retry_after_ms;
}

BOOST_AUTO_TEST_SUITE(machine_overload_tests)

BOOST_AUTO_TEST_CASE(while_the_disk_is_slow_new_ids_are_refused_and_known_ones_answered) {
  Play play(PolicyWithSlowDisk(100));
  play.Start();
  play.Submit("w-0", {To("zoe", 10'000)});
  play.Settle();
  play.Submit("w-1", {To("alice", 50'000)});
  play.After(100);
  CHECK_STEP(play.Submit("w-2", {To("bob", 50'000)}), "append 8: w-2 recorded");
  play.After(1);
  CHECK_STEP(play.Submit("w-3", {To("carol", 50'000)}), "answer 4: overloaded");
  BOOST_TEST(RetryAfterMs(play, 4) == 101);
  CHECK_STEP(play.SubmitMany({{"w-3", {To("carol", 50'000)}}}), "answer 5: overloaded");
  CHECK_STEP(play.Query("w-3"), "answer 6: unknown id");
  CHECK_STEP(play.Submit("w-0", {To("zoe", 10'000)}), "answer 7: known w-0 sent broadcast t1");
  CHECK_STEP(play.AskStatus(), "answer 8: status: ready, not accepting");
  BOOST_TEST(!play.WasAnswered(2));
  CHECK_STEP(play.Submit("w-1", {To("alice", 50'000)}));
  // Only what is not durable counts: w-2 has waited for 1 ms.
  play.DurableUpTo(7);
  CHECK_STEP(play.Submit("w-3", {To("carol", 50'000)}), "append 9: w-3 recorded");
  play.After(100);
  CHECK_STEP(play.Submit("w-4", {To("dave", 50'000)}), "answer 11: overloaded");
  play.Durable();
  CHECK_STEP(play.Submit("w-4", {To("dave", 50'000)}), "append 10: w-4 recorded");
}

BOOST_AUTO_TEST_CASE(records_that_wait_for_the_disk_have_a_limit) {
  Play play(PolicyWithSlowDisk(100, 2));
  play.Start();
  CHECK_STEP(play.SubmitMany({{"w-1", {To("alice", 50'000)}},
                              {"w-2", {To("bob", 50'000)}},
                              {"w-3", {To("carol", 50'000)}}}),
             "append 2: w-1 recorded", "append 3: w-2 recorded",
             "draft 1: c1 to alice 50000, bob 50000");
  CHECK_STEP(play.Submit("w-3", {To("carol", 50'000)}), "answer 2: overloaded");
  play.DurableUpTo(2);
  CHECK_STEP(play.Submit("w-3", {To("carol", 50'000)}), "append 4: w-3 recorded");
}

BOOST_AUTO_TEST_CASE(a_full_backlog_says_in_what_time_a_batch_of_it_is_likely_to_be_paid) {
  Policy policy = WithWholeChange();
  policy.max_waiting_sends = 4;
  policy.max_sends_per_batch = 2;
  Play play(policy);
  play.FundWith({});
  play.Start();
  for (const char* id : {"w-1", "w-2", "w-3", "w-4"}) play.Submit(id, {To("alice", 50'000)});
  play.Durable();
  play.After(3'000);
  CHECK_STEP(play.Submit("w-5", {To("bob", 50'000)}), "answer 5: overloaded");
  BOOST_TEST(RetryAfterMs(play, 5) == 1'500);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
