// Sends that leave a batch by R4, and come back by R4': each way, each time with a reorganisation
// afterwards that gives the old transaction its chance.

#include <boost/test/unit_test.hpp>

#include "machine_sent.h"

namespace sendonce::core {
namespace {

using bitcoin::Transaction;
using samples::ByAnother;
using samples::CoinOf;
using samples::OutputTo;
using samples::To;

// Without a new block the wallet is read once a minute.
constexpr Millis kLongEnoughForTheWallet = 120'000;

const bitcoin::TxOut kAlicesOutput = OutputTo("alice", 1'200'000);

// w-1 was accepted by the node: batch 3, transaction t1, coins c1 and c2, 1,200,000 sat to alice.
// c9 is free.
struct TwoCoins : Play {
  TwoCoins() : TwoCoins(WithWholeChange()) {}
  explicit TwoCoins(const Policy& policy) : Play(policy) {
    FundWith({CoinOf(1, 1'000'000), CoinOf(2, 500'000)});
    Start();
    Submit("w-1", {To("alice", 1'200'000)});
    Settle();
    ours = *bitcoin::ParseTransaction(ledger().FindBatch(3)->versions[0].raw_tx);
    transcript.NameOf(ours);
    node.Fund(CoinOf(9, 2'000'000), 6);
  }

  std::string MineRival(const std::vector<Coin>& coins,
                        const std::vector<bitcoin::TxOut>& outputs) {
    node.MineOnly({ByAnother(coins, outputs)});
    return Reconcile();
  }

  int Payments() const { return node.PaymentsInChain(kAlicesOutput); }
  SendState State() { return View("w-1").state; }

  // The chain without the rival, and with what was signed first.
  void GiveTheOldOneItsChance(int depth) {
    node.Reorganise(depth, {ours});
    Reconcile();
    MineAndSettle(1);
    BOOST_TEST(Payments() == 1);
    BOOST_TEST((View("w-1").txid == bitcoin::TxidOf(ours)));
    BOOST_TEST((State() == SendState::kConfirmed || State() == SendState::kFinal));
    MineAndSettle(10);
    BOOST_TEST(Payments() == 1);
    BOOST_TEST((State() == SendState::kFinal));
  }

  Transaction ours;
};

BOOST_AUTO_TEST_SUITE(machine_rebuild_tests)

BOOST_FIXTURE_TEST_CASE(around_a_coin_that_is_left, TwoCoins) {
  const std::string text = MineRival({CoinOf(1, 1'000'000)}, {OutputTo("mallory", 900'000)});
  BOOST_TEST(text.find("reserves c2,c9 for w-1, not t1 by c2") != std::string::npos, text);
  MineAndSettle(1);
  BOOST_TEST((State() == SendState::kConfirmed));
  BOOST_TEST(Payments() == 1);
  BOOST_TEST(View("w-1").txids.size() == 2U);
  GiveTheOldOneItsChance(2);
}

BOOST_FIXTURE_TEST_CASE(from_an_output_of_the_rival_once_it_is_deep_enough_to_spend, TwoCoins) {
  const std::string first =
      MineRival({CoinOf(1, 1'000'000), CoinOf(2, 500'000)},
                {OutputTo("mallory", 100'000), OutputTo("wallet", 1'300'000)});
  BOOST_TEST(first.find("reserves") == std::string::npos, first);
  BOOST_TEST((View("w-1").stalled->code == "conflicted"));
  MineAndSettle(5);
  BOOST_TEST(log.batches().size() == 2U);
  BOOST_TEST(ledger().FindBatch(log.batches().rbegin()->first)->coins[0].outpoint.vout == 1U);
  MineAndSettle(1);
  BOOST_TEST(Payments() == 1);
  GiveTheOldOneItsChance(7);
}

BOOST_AUTO_TEST_CASE(at_conflict_depth_any_coins_do) {
  Policy policy = WithWholeChange();
  policy.conflict_depth = 12;
  TwoCoins play(policy);
  play.MineRival({CoinOf(1, 1'000'000), CoinOf(2, 500'000)}, {OutputTo("mallory", 1'400'000)});
  play.MineAndSettle(10);
  BOOST_TEST(play.log.batches().size() == 1U);
  play.MineAndSettle(2);
  BOOST_TEST(play.log.batches().size() == 2U);
  BOOST_TEST(play.Payments() == 1);
}

// V2: the second rival says nothing of the first transaction, whose own rival is gone.
BOOST_FIXTURE_TEST_CASE(two_rivals_in_a_row_and_the_first_is_reorganised_away, TwoCoins) {
  MineRival({CoinOf(1, 1'000'000)}, {OutputTo("mallory", 900'000)});
  const Batch second = *ledger().LiveBatchOf(*ledger().FindSend("w-1"));
  BOOST_TEST(second.id != 3U);
  // The node never saw the second batch's transaction; its coin c9 is taken.
  node.Evict();
  node.Reorganise(1, {ByAnother({CoinOf(9, 2'000'000)}, {OutputTo("wallet", 1'900'000)})});
  node.Evict();
  Reconcile();
  for (int i = 0; i < 8; ++i) MineAndSettle(1);
  BOOST_TEST(Payments() == 1);
  for (const Transaction& a : node.signed_ever()) {
    for (const Transaction& b : node.signed_ever()) BOOST_TEST((a == b || Conflict(a, b)));
  }
}

// The same where the second takes the coin that the first two transactions share: each has to be
// excluded by another one.
BOOST_FIXTURE_TEST_CASE(two_rivals_in_a_row_and_no_coin_excludes_both, TwoCoins) {
  MineRival({CoinOf(1, 1'000'000)}, {OutputTo("mallory", 900'000)});
  node.Evict();
  node.Reorganise(1, {ByAnother({CoinOf(2, 500'000)}, {OutputTo("mallory", 400'000)})});
  node.Evict();
  Reconcile();
  for (int i = 0; i < 3; ++i) MineAndSettle(1);
  BOOST_TEST(Payments() == 1);
  BOOST_TEST(node.signed_ever().size() == 3U);
  for (const Transaction& a : node.signed_ever()) {
    for (const Transaction& b : node.signed_ever()) BOOST_TEST((a == b || Conflict(a, b)));
  }
}

BOOST_FIXTURE_TEST_CASE(a_rival_that_pays_the_address_otherwise_waits_for_a_verdict, TwoCoins) {
  MineRival({CoinOf(1, 1'000'000)}, {OutputTo("alice", 600'000)});
  MineAndSettle(20);
  BOOST_TEST(log.batches().size() == 1U);
  BOOST_TEST(!View("w-1").stalled->automatic);
  GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  Settle();
  MineAndSettle(2);
  BOOST_TEST(Payments() == 1);
  BOOST_TEST((State() == SendState::kConfirmed));
}

BOOST_FIXTURE_TEST_CASE(a_verdict_that_it_is_never_paid_ends_it_for_good, TwoCoins) {
  MineRival({CoinOf(1, 1'000'000), CoinOf(2, 500'000)}, {OutputTo("mallory", 1'400'000)});
  GiveVerdict("w-1", OperatorVerdict::kNever);
  Settle();
  BOOST_TEST((View("w-1").outcome == SendOutcome::kNever));
  Crash();
  Settle();
  // What pays it is not sent again, even when it could be.
  node.Reorganise(1, {});
  node.Evict();
  Reconcile();
  MineAndSettle(3);
  BOOST_TEST(Payments() == 0);
  BOOST_TEST((View("w-1").outcome == SendOutcome::kNever));
  // Should a miner include it all the same, a person is told.
  node.MineOnly({ours});
  const std::string text = Reconcile();
  BOOST_TEST(text.find("alarm: second payment t1") != std::string::npos, text);
}

// What a verdict has set aside sendonce does not send itself, whoever else would be paid by it.
BOOST_FIXTURE_TEST_CASE(what_a_verdict_names_is_not_sent_again, Play) {
  FundWith({CoinOf(5, 100'000), CoinOf(1, 1'000'000)});
  Start();
  Submit("w-0", {To("zoe", 10'000)});
  Submit("w-1", {To("alice", 200'000)});
  Submit("w-2", {To("bob", 300'000)});
  Settle();
  const Batch first = *ledger().LiveBatchOf(*ledger().FindSend("w-1"));
  BOOST_TEST(first.sends.size() == 2U);
  const Transaction ours = *bitcoin::ParseTransaction(first.versions[0].raw_tx);
  const std::vector<Coin> coins = {CoinOf(1, 1'000'000)};
  node.MineOnly({ByAnother(coins, {OutputTo("mallory", 900'000)})});
  node.Fund(CoinOf(9, 2'000'000), 6);
  Reconcile();
  GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  Settle();
  WakeAndSettle(3);
  node.Mine();
  Reconcile();
  BOOST_TEST((View("w-1").state == SendState::kConfirmed));
  // The rival leaves the chain: the first transaction could be accepted, and must not be offered.
  node.Reorganise(2, {*bitcoin::ParseTransaction(
                         ledger().LiveBatchOf(*ledger().FindSend("w-1"))->versions[0].raw_tx)});
  node.Evict();
  for (int i = 0; i < 6; ++i) {
    Reconcile();
    Wake();
    Settle();
    node.Mine();
  }
  Reconcile();
  BOOST_TEST(node.PaymentsInChain(OutputTo("alice", 200'000)) == 1);
  BOOST_TEST(node.PaymentsInChain(OutputTo("bob", 300'000)) == 1);
  const auto chain = node.InChain();
  BOOST_TEST((std::find(chain.begin(), chain.end(), ours) == chain.end()));
}

// His neighbour does not wait for what is never sent again: the coin that is left pays him.
BOOST_FIXTURE_TEST_CASE(a_verdict_on_one_lets_the_other_go, Play) {
  FundWith({CoinOf(5, 100'000), CoinOf(1, 1'000'000)});
  Start();
  Submit("w-0", {To("zoe", 10'000)});
  Submit("w-1", {To("alice", 200'000)});
  Submit("w-2", {To("bob", 300'000)});
  Durable();
  while (!IsAskedTo<Broadcast>() || Asked<Broadcast>().batch == 5) SettleOneStep();
  Broadcasts(Refused{Refusal::kPolicy, -26, "dust"});
  Settle();
  GiveVerdict("w-1", OperatorVerdict::kNever);
  Settle();
  node.Fund(CoinOf(9, 2'000'000), 6);
  for (int i = 0; i < 4; ++i) {
    Reconcile();
    Wake();
    Settle();
    node.Mine();
  }
  Reconcile();
  BOOST_TEST(node.PaymentsInChain(OutputTo("bob", 300'000)) == 1);
  BOOST_TEST(node.PaymentsInChain(OutputTo("alice", 200'000)) == 0);
}

BOOST_FIXTURE_TEST_CASE(a_verdict_that_it_is_paid_counts_as_sent, TwoCoins) {
  MineRival({CoinOf(1, 1'000'000), CoinOf(2, 500'000)}, {OutputTo("alice", 1'100'000)});
  GiveVerdict("w-1", OperatorVerdict::kPaid);
  Settle();
  BOOST_TEST((View("w-1").outcome == SendOutcome::kSent));
  BOOST_TEST((State() == SendState::kFinal));
}

// It spends an output of the rival, and another takes the rival's place before it is signed:
// nothing can be signed any more, and a person is told.
BOOST_FIXTURE_TEST_CASE(a_rebuild_whose_ground_is_gone_is_conflicted, TwoCoins) {
  const std::vector<Coin> both = {CoinOf(1, 1'000'000), CoinOf(2, 500'000)};
  MineRival(both, {OutputTo("mallory", 100'000), OutputTo("wallet", 1'300'000)});
  node.Mine(5);
  ChainHint();
  for (int steps = 0; steps < 100 && !IsAskedTo<Sign>(); ++steps) SettleOneStep();
  BOOST_REQUIRE(IsAskedTo<Sign>());
  node.Reorganise(6, {ByAnother(both, {OutputTo("mallory", 1'400'000)})});
  Settle();
  Crash();
  for (int i = 0; i < 12; ++i) {
    Wake();
    Settle();
  }
  BOOST_TEST((State() == SendState::kConflicted));
}

// A caller takes `fenced` for the permission to refund.
BOOST_FIXTURE_TEST_CASE(what_a_verdict_declares_paid_is_too_late_to_cancel, TwoCoins) {
  MineRival({CoinOf(1, 1'000'000), CoinOf(2, 500'000)}, {OutputTo("alice", 1'100'000)});
  GiveVerdict("w-1", OperatorVerdict::kPaid);
  Settle();
  CHECK_STEP(Cancel("w-1"), "answer 3: too late w-1 sent final");
}

BOOST_FIXTURE_TEST_CASE(no_verdict_where_the_rules_decide, TwoCoins) {
  CHECK_STEP(GiveVerdict("w-1", OperatorVerdict::kPayAgain),
             "answer 2: no verdict needed w-1 sent broadcast t1");
  CHECK_STEP(GiveVerdict("w-2", OperatorVerdict::kNever), "answer 3: unknown id");
}

// A rival takes the coin that the new batch rests on, before its signature: it is given up, and
// what R4 can do then is done in the same step, not when somebody wakes the core.
BOOST_FIXTURE_TEST_CASE(what_is_given_up_leaves_nothing_to_be_done_at_once, TwoCoins) {
  node.MineOnly({ByAnother({CoinOf(1, 1'000'000)}, {OutputTo("mallory", 900'000)})});
  ChainHint();
  while (!IsAskedTo<LockCoins>()) SettleOneStep();
  node.Broadcast(samples::BytesOf(ByAnother({CoinOf(2, 500'000)}, {OutputTo("mallory", 400'000)})));
  After(kLongEnoughForTheWallet);
  if (IsAskedTo<UnlockCoins>()) Unlocks();
  Durable();
  Broadcasts();
  LooksUp();
  const std::string text = Locks();
  BOOST_TEST(text.find("dropped") != std::string::npos, text);
  BOOST_TEST(machine().next_tick_ms() > now_ms());
}

// What was asked for, or sent, and not answered, goes on by itself: no word is taken for it.
BOOST_AUTO_TEST_CASE(no_verdict_for_want_of_an_answer) {
  for (const Phase phase : {Phase::kRequestDurable, Phase::kSignatureDurable}) {
    PlayAt play(phase);
    if (phase == Phase::kRequestDurable) play.SignsUnheard();
    if (phase == Phase::kSignatureDurable) play.BroadcastsUnheard();
    BOOST_TEST(play.View("w-1").stalled->automatic);
    for (const auto verdict :
         {OperatorVerdict::kPayAgain, OperatorVerdict::kNever, OperatorVerdict::kPaid}) {
      const std::string text = play.GiveVerdict("w-1", verdict);
      BOOST_TEST(text.find("no verdict needed w-1 pending") != std::string::npos, text);
    }
  }
}

// The rival has left the mempool, and ours is back, before anybody here has seen it: the verdict is
// wrong, and pays nothing.
BOOST_FIXTURE_TEST_CASE(a_verdict_on_what_is_in_the_mempool_pays_nothing_more, TwoCoins) {
  const Transaction rival =
      ByAnother({CoinOf(1, 1'000'000), CoinOf(2, 500'000)}, {OutputTo("mallory", 100'000)});
  node.Broadcast(samples::BytesOf(rival));
  Hint(rival);
  Settle();
  BOOST_TEST((State() == SendState::kConflicted));
  After(kLongEnoughForTheWallet);
  Settle();
  node.Evict();
  node.Broadcast(samples::BytesOf(ours));
  GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  Settle();
  for (int i = 0; i < 6; ++i) {
    Wake();
    Settle();
  }
  BOOST_TEST((State() == SendState::kBroadcast));
  BOOST_TEST(log.batches().size() == 1U);
  MineAndSettle(3);
  BOOST_TEST(Payments() == 1);
}

// V5: the old transaction may still confirm.
BOOST_FIXTURE_TEST_CASE(a_rebuilt_send_is_too_late_to_cancel_before_its_signature, TwoCoins) {
  node.MineOnly({ByAnother({CoinOf(1, 1'000'000)}, {OutputTo("mallory", 900'000)})});
  ChainHint();
  while (!IsAskedTo<LockCoins>()) SettleOneStep();
  BOOST_TEST(log.batches().size() == 2U);
  BOOST_TEST(Cancel("w-1").find("too late") != std::string::npos);
  Settle();
  MineAndSettle(1);
  BOOST_TEST(Payments() == 1);
}

// And where nothing can confirm any more, the fence holds.
BOOST_AUTO_TEST_CASE(behind_a_deep_rival_a_send_can_be_cancelled) {
  Policy policy = WithWholeChange();
  policy.conflict_depth = 12;
  TwoCoins play(policy);
  play.node.Evict();
  // Nothing is left to pay from.
  play.MineRival({CoinOf(1, 1'000'000), CoinOf(2, 500'000), CoinOf(9, 2'000'000)},
                 {OutputTo("mallory", 3'400'000)});
  play.MineAndSettle(11);
  BOOST_TEST(play.Cancel("w-1").find("w-1 cancelled") != std::string::npos);
  play.Settle();
  BOOST_TEST((play.View("w-1").outcome == SendOutcome::kNever));
}

// The signature of the new batch is not asked for if what justified it is gone.
BOOST_AUTO_TEST_CASE(depth_is_looked_at_again_before_the_signature) {
  Policy policy = WithWholeChange();
  policy.conflict_depth = 12;
  TwoCoins play(policy);
  play.MineRival({CoinOf(1, 1'000'000), CoinOf(2, 500'000)}, {OutputTo("mallory", 1'400'000)});
  play.MineAndSettle(10);
  play.node.Mine();
  play.ChainHint();
  while (!play.IsAskedTo<LockCoins>()) play.SettleOneStep();
  BOOST_TEST(play.log.batches().size() == 2U);
  play.node.Reorganise(12, {play.ours});
  play.ChainHint();
  while (play.IsAskedTo<ReadChain>()) play.ReadsChain();
  play.Settle();
  play.MineAndSettle(3);
  BOOST_TEST(play.node.signed_ever().size() == 1U);
  BOOST_TEST(play.Payments() == 1);
  BOOST_TEST((play.State() == SendState::kFinal));
}

// V8: the parent of a coin is double-spent; no transaction ever spends the coin itself.
BOOST_FIXTURE_TEST_CASE(a_coin_that_has_vanished_is_rebuilt_around, Play) {
  FundWith({CoinOf(1, 1'000'000)});
  const auto deposit = samples::Spending({CoinOf(50, 510'000)}, {OutputTo("wallet", 500'000)});
  node.FundStranger(CoinOf(50, 510'000));
  node.MineOnly({deposit});
  node.Mine(6);
  Start();
  Reconcile();
  Submit("w-1", {To("alice", 1'200'000)});
  Settle();
  const Transaction ours = node.mempool().at(0);
  node.Reorganise(7, {samples::Spending({CoinOf(50, 510'000)}, {OutputTo("mallory", 500'000)})});
  node.Fund(CoinOf(9, 2'000'000), 6);
  for (int i = 0; i < 6; ++i) {
    Reconcile();
    Wake();
    Settle();
    node.Mine();
  }
  Reconcile();
  BOOST_TEST(node.PaymentsInChain(kAlicesOutput) == 1);
  for (const Transaction& one : node.signed_ever())
    BOOST_TEST((one == ours || Conflict(one, ours)));
}

BOOST_FIXTURE_TEST_CASE(killed_at_each_step_of_a_rebuild, TwoCoins) {
  node.MineOnly({ByAnother({CoinOf(1, 1'000'000)}, {OutputTo("mallory", 900'000)})});
  ChainHint();
  for (int steps = 0; steps < 40; ++steps) {
    for (int i = 0; i < steps % 12; ++i) SettleOneStep();
    // The rival may have been there before the start: somebody has to look at it.
    std::vector<Seq> alarms;
    for (const auto& [number, alarm] : ledger().alarms()) alarms.push_back(number);
    for (Seq alarm : alarms) AcceptAlarm(alarm);
    if (!alarms.empty()) Durable();
    Crash();
  }
  Settle();
  MineAndSettle(2);
  BOOST_TEST(Payments() == 1);
  for (const Transaction& one : node.signed_ever())
    BOOST_TEST((one == ours || Conflict(one, ours)));
}

// Each coin that is left is tried first, and found to be taken in the mempool; then whatever else
// R4 allows, however many they are and however long the back-off has grown meanwhile.
BOOST_AUTO_TEST_CASE(coins_that_are_taken_in_the_mempool_do_not_hold_up_a_verdict) {
  for (const int tries_before : {3, 200}) {
    Play play;
    play.FundWith({CoinOf(1, 600'000), CoinOf(2, 600'000), CoinOf(3, 600'000)});
    play.Start();
    play.Submit("w-1", {To("alice", 1'500'000)});
    play.Settle();
    play.node.Fund(CoinOf(9, 2'000'000), 6);
    play.node.MineOnly({ByAnother({CoinOf(1, 600'000)}, {OutputTo("mallory", 590'000)})});
    for (uint32_t number : {2U, 3U}) {
      play.node.Broadcast(
          samples::BytesOf(ByAnother({CoinOf(number, 600'000)}, {OutputTo("mallory", 590'000)})));
    }
    play.Reconcile();
    play.WakeAndSettle(tries_before);
    BOOST_TEST((play.View("w-1").state == SendState::kConflicted));
    play.GiveVerdict("w-1", OperatorVerdict::kPayAgain);
    play.Settle();
    play.WakeAndSettle(400);
    BOOST_TEST((play.View("w-1").state == SendState::kBroadcast), tries_before << " tries before");
  }
}

// Locks follow the log: what no batch claims any more is unlocked, what one claims stays.
BOOST_FIXTURE_TEST_CASE(the_locks_of_a_superseded_batch_are_given_back, TwoCoins) {
  MineRival({CoinOf(1, 1'000'000)}, {OutputTo("mallory", 900'000)});
  for (const bitcoin::OutPoint& coin : node.locked()) {
    BOOST_TEST((coin == CoinOf(2, 0).outpoint || coin == CoinOf(9, 0).outpoint));
  }
  BOOST_TEST(!ledger().FindBatch(3)->locked);
  BOOST_TEST(ledger().FindBatch(3)->superseded);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
