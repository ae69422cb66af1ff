#include "core/batching.h"

#include <boost/test/unit_test.hpp>
#include <utility>

#include "samples.h"

namespace sendonce::core {
namespace {

using samples::Paying;
using samples::To;

constexpr Millis kNow = 1'000'000;

bool Any(const Send&) {
  return true;
}

struct Waiting {
  Waiting() {
    ledger.Apply(samples::LogBeginning(), 0);
    policy.max_company_wait_ms = 5'000;
    policy.conf_target = 6;
  }

  void Submits(const SendId& id, SendContent content = Paying({To("somebody", 1'000)})) {
    ledger.Apply(SendRecorded{id, std::move(content)}, at_ms);
  }

  static SendContent Wanting(FeeChoice fee) {
    SendContent content = Paying({To("somebody", 1'000)});
    content.fee = fee;
    return content;
  }

  std::vector<SendId> Gathered(Millis now_ms = kNow) {
    const Gathering gathering =
        Gather(ledger, policy, policy.max_sends_per_batch, after, may_try, now_ms);
    due_ms = gathering.due_ms;
    looks = gathering.looks;
    std::vector<SendId> ids;
    for (const Send* send : gathering.sends) ids.push_back(send->id);
    return ids;
  }

  Ledger ledger;
  Policy policy;
  Millis at_ms = kNow;
  Millis due_ms = 0;
  Seq after = 0;
  size_t looks = 0;
  std::function<bool(const Send&)> may_try = Any;
};

using Ids = std::vector<SendId>;

BOOST_FIXTURE_TEST_SUITE(batching_tests, Waiting)

BOOST_AUTO_TEST_CASE(nobody_waits_for_nobody) {
  BOOST_TEST(Gathered().empty());
  BOOST_TEST(due_ms == INT64_MAX);
}

BOOST_AUTO_TEST_CASE(a_send_waits_for_company_and_no_longer_than_it_is_told) {
  Submits("a");
  at_ms = kNow + 3'000;
  Submits("b");
  BOOST_TEST(Gathered(kNow + 4'999).empty());
  BOOST_TEST(due_ms == kNow + 5'000);
  BOOST_TEST((Gathered(kNow + 5'000) == Ids{"a", "b"}));
}

BOOST_AUTO_TEST_CASE(without_a_wait_it_goes_at_once) {
  policy.max_company_wait_ms = 0;
  Submits("a");
  BOOST_TEST((Gathered() == Ids{"a"}));
}

BOOST_AUTO_TEST_CASE(a_clock_that_was_set_back_keeps_nobody_waiting_longer) {
  at_ms = kNow + 86'400'000;
  Submits("a");
  BOOST_TEST(Gathered().empty());
  BOOST_TEST(due_ms == kNow + 5'000);
}

BOOST_AUTO_TEST_CASE(a_full_batch_does_not_wait) {
  policy.max_sends_per_batch = 2;
  Submits("a");
  Submits("b");
  BOOST_TEST(Gathered().empty());
  Submits("c");
  BOOST_TEST((Gathered() == Ids{"a", "b"}));
}

BOOST_AUTO_TEST_CASE(a_batch_is_full_by_its_outputs) {
  policy.max_outputs_per_batch = 3;
  Submits("a", Paying({To("x", 1'000), To("y", 1'000)}));
  Submits("b", Paying({To("x", 1'000), To("y", 1'000)}));
  BOOST_TEST((Gathered() == Ids{"a"}));
}

BOOST_AUTO_TEST_CASE(a_batch_is_full_by_its_weight) {
  policy.max_batch_weight = 2 * 31 * 4;
  for (const char* id : {"a", "b", "c"}) Submits(id);
  BOOST_TEST((Gathered() == Ids{"a", "b"}));
}

// Nobody who comes later goes before him.
BOOST_AUTO_TEST_CASE(who_is_too_large_for_a_batch_closes_it) {
  policy.max_outputs_per_batch = 2;
  Submits("a");
  Submits("b", Paying({To("x", 1'000), To("y", 1'000)}));
  Submits("c");
  BOOST_TEST((Gathered() == Ids{"a"}));
}

BOOST_AUTO_TEST_CASE(a_send_that_is_larger_than_any_batch_goes_alone) {
  policy.max_outputs_per_batch = 1;
  policy.max_company_wait_ms = 0;
  Submits("a", Paying({To("x", 1'000), To("y", 1'000)}));
  BOOST_TEST((Gathered() == Ids{"a"}));
}

BOOST_AUTO_TEST_CASE(an_urgent_send_does_not_wait_and_takes_the_others_along) {
  policy.urgent_conf_target = 2;
  Submits("a", Wanting({2, std::nullopt}));
  Submits("b", Wanting({2, std::nullopt}));
  Submits("c", Wanting({3, std::nullopt}));
  BOOST_TEST((Gathered() == Ids{"a", "b"}));
}

BOOST_AUTO_TEST_CASE(who_wants_to_be_alone_is_at_once) {
  Submits("a");
  SendContent alone = Paying({To("somebody", 1'000)});
  alone.batch = false;
  Submits("b", alone);
  Submits("c");
  BOOST_TEST((Gathered() == Ids{"b"}));
  BOOST_TEST((Gathered(kNow + 5'000) == Ids{"a", "c"}));
}

BOOST_AUTO_TEST_CASE(only_sends_of_the_same_fee_share_a_batch) {
  Submits("a");
  Submits("b", Wanting({std::nullopt, 5'000}));
  Submits("c", Wanting({6, std::nullopt}));  // what the others get by default
  Submits("d", Wanting({std::nullopt, 5'000}));
  Submits("e", Wanting({std::nullopt, 5'001}));
  BOOST_TEST((Gathered(kNow + 5'000) == Ids{"a", "c"}));
  may_try = [](const Send& send) { return send.id != "a" && send.id != "c"; };
  BOOST_TEST((Gathered(kNow + 5'000) == Ids{"b", "d"}));
}

BOOST_AUTO_TEST_CASE(those_that_are_due_do_not_wait_for_those_that_are_not) {
  Submits("a");
  at_ms = kNow - 5'000;
  Submits("b", Wanting({std::nullopt, 5'000}));
  BOOST_TEST((Gathered() == Ids{"b"}));
}

BOOST_AUTO_TEST_CASE(no_more_than_so_many_are_looked_at) {
  policy.max_sends_per_batch = 10'000;
  policy.max_outputs_per_batch = 100'000;
  policy.max_batch_weight = 100'000'000;
  for (size_t i = 0; i < kMaxLooksPerBatch + 1; ++i) Submits("id-" + std::to_string(i));
  BOOST_TEST(Gathered(kNow + 5'000).size() == kMaxLooksPerBatch);
}

BOOST_AUTO_TEST_CASE(only_those_behind_a_record_are_looked_at) {
  policy.max_company_wait_ms = 0;
  Submits("a");
  Submits("b");
  after = 2;
  BOOST_TEST((Gathered() == Ids{"b"}));
  BOOST_TEST(looks == 1U);
  after = 3;
  BOOST_TEST(Gathered().empty());
  BOOST_TEST(looks == 0U);
}

BOOST_AUTO_TEST_CASE(what_is_held_back_is_no_look) {
  Submits("a");
  Submits("b");
  may_try = [](const Send& send) { return send.id == "b"; };
  BOOST_TEST(Gathered().empty());
  BOOST_TEST(looks == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
