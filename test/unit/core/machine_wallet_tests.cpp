// What is read of the wallet, and what it leaves in the pool of coins: all once, then what the last
// blocks changed.

#include <boost/test/unit_test.hpp>

#include "machine_sent.h"

namespace sendonce::core {
namespace {

using samples::CoinOf;
using samples::OutPointOf;
using samples::To;

constexpr int kBlocks = 20;

// Two coins, and nothing asked yet.
struct TwoCoins : Play {
  TwoCoins() {
    FundWith({CoinOf(1, 1'000'000), CoinOf(2, 500'000)});
    Start();
  }

  std::string NextBlock() {
    node.Mine();
    return Reconcile();
  }

  bool Says(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
  }
};

BOOST_AUTO_TEST_SUITE(machine_wallet_tests)

BOOST_FIXTURE_TEST_CASE(a_coin_that_an_operator_locks_is_not_chosen, TwoCoins) {
  node.Lock({OutPointOf(1)});
  BOOST_TEST(Says(NextBlock(), "read coins above 100"));
  CHECK_STEP(AskFunds(), "answer 1: funds: 500000 in 1 spendable, 0 in 0 reserved, 0 in 0 waiting");
  Submit("w-1", {To("alice", 600'000)});
  Settle();
  BOOST_TEST((View("w-1").stalled->code == "insufficient_funds"));
}

BOOST_FIXTURE_TEST_CASE(once_he_unlocks_it_all_coins_are_read, TwoCoins) {
  node.Lock({OutPointOf(1)});
  NextBlock();
  node.Unlock({OutPointOf(1)});
  BOOST_TEST(Says(NextBlock(), "read coins above 101"));
  BOOST_TEST(Says(NextBlock(), "read coins\n"));
  CHECK_STEP(AskFunds(),
             "answer 1: funds: 1500000 in 2 spendable, 0 in 0 reserved, 0 in 0 waiting");
}

// R8: in each reconciliation, whatever the node is being asked meanwhile.
BOOST_FIXTURE_TEST_CASE(a_lock_that_he_takes_away_comes_back_though_a_call_is_out, TwoCoins) {
  Submit("w-1", {To("alice", 50'000)});
  while (!IsAskedTo<Broadcast>()) SettleOneStep();
  const std::vector<bitcoin::OutPoint> locked = node.locked();
  BOOST_REQUIRE(locked.size() == 1U);
  node.Unlock(locked);
  node.MineOnly({});
  ChainHint();
  ReadsChain();
  ReadsCoins();
  ReadsSpends();
  Broadcasts(Unknown{"timeout"});
  Durable();
  ReadsChain();
  Wake();
  BOOST_REQUIRE(IsAskedTo<LockCoins>());
  Locks();
  BOOST_TEST((node.locked() == locked));
  BOOST_TEST(IsAskedTo<Broadcast>());
}

// That reading may have been made before.
BOOST_FIXTURE_TEST_CASE(what_is_wanted_during_a_reading_of_all_is_read_by_the_next, TwoCoins) {
  NextBlock();
  Submit("w-1", {To("alice", 50'000)});
  Durable();
  Draft draft;
  draft.missing = {Asked<DraftTransaction>().coins[0].outpoint};
  node.Reorganise(1);
  ChainHint();
  BOOST_TEST(Says(ReadsChain(), "read coins\n"));
  Drafts(draft);
  ReadsCoins();
  ReadsSpends();
  ReadsChain();
  BOOST_TEST(IsAskedTo<ReadCoins>());
  BOOST_TEST(!Asked<ReadCoins>().above_height);
}

BOOST_FIXTURE_TEST_CASE(a_reading_of_all_that_fails_is_made_again, TwoCoins) {
  node.Lock({OutPointOf(1)});
  NextBlock();
  node.Unlock({OutPointOf(1)});
  NextBlock();
  node.Mine();
  ChainHint();
  BOOST_TEST(Says(ReadsChain(), "read coins\n"));
  ReadsCoins(Unknown{"timeout"});
  ReadsSpends();
  Wake();
  BOOST_TEST(Says(ReadsChain(), "read coins\n"));
}

BOOST_FIXTURE_TEST_CASE(spends_are_compared_from_a_few_blocks_before_the_last_time, TwoCoins) {
  for (int i = 0; i < kBlocks; ++i) NextBlock();
  BOOST_TEST(Says(NextBlock(), "read spends since 114"));
}

BOOST_FIXTURE_TEST_CASE(after_trouble_with_the_node_they_are_compared_from_further_back, TwoCoins) {
  for (int i = 0; i < kBlocks; ++i) NextBlock();
  ChainHint();
  ReadsChain(Unknown{"timeout"});
  BOOST_TEST(Says(Wake(), "read chain"));
  BOOST_TEST(Says(ReadsChain(), "read spends since 100"));
  ReadsCoins();
  ReadsSpends();
  BOOST_TEST(Says(NextBlock(), "read spends since 114"));
}

// A log that is far behind is compared before it moves; a wallet that reads the chain itself has
// nothing to say that would count, and takes seconds to say it.
BOOST_FIXTURE_TEST_CASE(the_spends_of_a_wallet_that_scans_are_not_asked_for, TwoCoins) {
  node.Mine(400);
  node.facts.wallet_scanning = true;
  Crash();
  for (int i = 0; i < 5; ++i) {
    BOOST_TEST(!Says(Settle(), "read spends"));
    Wake();
  }
  BOOST_TEST(ledger().chain().tip().height == 100);
  node.facts.wallet_scanning = false;
  std::string text = Settle();
  text += Wake();
  text += Settle();
  BOOST_TEST(Says(text, "read spends"), text);
  BOOST_TEST(ledger().chain().tip().height == 500);
}

// --- while all that waits is held back, only what is new is looked at

BOOST_FIXTURE_TEST_CASE(a_new_send_that_can_be_afforded_does_not_wait_for_those_before, TwoCoins) {
  Submit("w-1", {To("alice", 5'000'000)});
  Submit("w-2", {To("bob", 6'000'000)});
  CHECK_STEP(Submit("w-3", {To("carol", 50'000)}), "append 4: w-3 recorded",
             "draft 1: c2 to carol 50000");
  Settle();
  BOOST_TEST((View("w-1").stalled->code == "insufficient_funds"));
}

// It was recorded before those that are held back.
BOOST_FIXTURE_TEST_CASE(a_send_whose_batch_is_dropped_is_looked_at_too, TwoCoins) {
  SubmitMany({{"w-1", {To("alice", 50'000)}}, {"w-2", {To("bob", 60'000)}}});
  Durable();
  Drafts();
  Submit("w-3", {To("carol", 5'000'000)});
  CHECK_STEP(Cancel("w-1"), "append 6: batch 4 dropped", "append 7: w-1 cancelled",
             "draft 2: c2 to bob 60000");
  Settle();
  BOOST_TEST((View("w-2").state == SendState::kBroadcast));
}

// Who waits for company is not held back.
BOOST_AUTO_TEST_CASE(a_new_send_completes_the_company_of_those_before) {
  Policy policy = WithWholeChange();
  policy.max_company_wait_ms = 5'000;
  policy.max_sends_per_batch = 2;
  Play play(policy);
  play.Start();
  play.Submit("w-1", {To("alice", 50'000)});
  play.Submit("w-2", {To("bob", 60'000)});
  CHECK_STEP(play.Submit("w-3", {To("carol", 70'000)}), "append 4: w-3 recorded",
             "draft 1: c1 to alice 50000, bob 60000");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
