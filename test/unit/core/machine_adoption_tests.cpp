// A payment made outside, adopted when its block was read long ago: what becomes of it when the log
// ends between the record of the payment and that of its place.

#include <boost/test/unit_test.hpp>

#include "core/adopter.h"
#include "machine_phases.h"
#include "machine_play.h"

namespace sendonce::core {
namespace {

using samples::ByAnother;
using samples::CoinOf;
using samples::To;

// w-1 is adopted, its payment in a block that the log has read; of the records of that the first is
// durable.
class AdoptedInPart : public Play {
 public:
  AdoptedInPart() {
    Start();
    const Coin coin = samples::CoinOf(1, 1'000'000);
    const auto outputs = {samples::OutputTo("alice", 50'000), samples::OutputTo("change", 940'000)};
    const auto payment = ByAnother({coin}, outputs);
    txid = bitcoin::TxidOf(payment);
    node.MineOnly({payment});
    Reconcile();
    const Seq before = log.last_seq();
    AdoptPayment("w-1", {To("alice", 50'000)}, txid);
    LooksUpTransaction();
    DurableUpTo(before + 1);
    Crash();
  }

  bitcoin::Txid txid;
};

BOOST_AUTO_TEST_SUITE(machine_adoption_tests)

BOOST_AUTO_TEST_CASE(a_place_that_the_log_lost_is_looked_up_again) {
  AdoptedInPart play;
  BOOST_TEST((play.View("w-1").state == SendState::kBroadcast));
  play.Settle();
  BOOST_TEST((play.View("w-1").state == SendState::kConfirmed));
  play.node.Mine(10);
  play.Reconcile();
  BOOST_TEST((play.View("w-1").state == SendState::kFinal));
}

BOOST_AUTO_TEST_CASE(it_is_asked_for_again_until_the_node_answers) {
  AdoptedInPart play;
  play.ReadsChain();
  BOOST_REQUIRE(play.IsAskedTo<LookUpTransaction>());
  play.LooksUpTransaction(Unknown{"timeout"});
  BOOST_TEST((play.View("w-1").state == SendState::kBroadcast));
  play.Settle();
  BOOST_TEST((play.View("w-1").state == SendState::kConfirmed));
}

BOOST_AUTO_TEST_CASE(what_has_left_the_chain_meanwhile_is_matched_when_it_is_mined_again) {
  AdoptedInPart play;
  play.node.Reorganise(1);
  play.Settle();
  BOOST_TEST((play.View("w-1").state == SendState::kBroadcast));
  BOOST_TEST(!play.IsAskedTo<LookUpTransaction>());
  play.node.Mine();
  play.Reconcile();
  BOOST_TEST((play.View("w-1").state == SendState::kConfirmed));
}

// One payment of two outputs, in a block that the log has read, adopted for w-1 and w-2 while the
// node is a block behind and shows it in the mempool.
struct AdoptedBehind : Play {
  AdoptedBehind() {
    Start();
    const Coin coin = samples::CoinOf(1, 1'000'000);
    const auto outputs = {samples::OutputTo("alice", 50'000), samples::OutputTo("alice", 50'000)};
    const auto payment = ByAnother({coin}, outputs);
    node.MineOnly({payment});
    Reconcile();
    node.FallBack(1);
    node.Broadcast(samples::BytesOf(payment));
    for (const char* id : {"w-1", "w-2"}) {
      AdoptPayment(id, {To("alice", 50'000)}, bitcoin::TxidOf(payment));
      while (IsAskedTo<LookUpTransaction>()) LooksUpTransaction();
    }
    Durable();
  }

  void CheckBoth(SendState state) {
    for (const char* id : {"w-1", "w-2"}) BOOST_TEST((View(id).state == state), id);
  }
};

BOOST_FIXTURE_TEST_CASE(adopted_for_two_ids_it_is_given_its_place_for_each, AdoptedBehind) {
  CheckBoth(SendState::kBroadcast);
  node.CatchUp();
  Crash();
  Settle();
  CheckBoth(SendState::kConfirmed);
  node.Mine(10);
  Reconcile();
  CheckBoth(SendState::kFinal);
}

// It shows in the mempool, again, what stands in a block that was read: that is no answer for good.
BOOST_FIXTURE_TEST_CASE(a_node_that_has_fallen_behind_is_asked_again, AdoptedBehind) {
  node.CatchUp();
  Crash();
  ReadsChain();
  node.FallBack(1);
  BOOST_REQUIRE(IsAskedTo<LookUpTransaction>());
  while (IsAskedTo<LookUpTransaction>()) LooksUpTransaction();
  node.CatchUp();
  CheckBoth(SendState::kBroadcast);
  Settle();
  CheckBoth(SendState::kConfirmed);
}

// Not after the next start only.
BOOST_FIXTURE_TEST_CASE(what_was_adopted_from_a_node_behind_gets_its_place, AdoptedBehind) {
  node.CatchUp();
  Reconcile();
  After(120'000);  // the wallet is read again
  Settle();
  CheckBoth(SendState::kConfirmed);
}

// So many payments as are asked for at a time have left the mempool for good; behind them is one
// that stands in a block.
BOOST_FIXTURE_TEST_CASE(those_that_never_have_a_place_keep_no_other_from_his, Play) {
  std::vector<Coin> coins;
  for (uint32_t i = 0; i <= Adopter::kMaxPlacesPerRound; ++i)
    coins.push_back(CoinOf(i + 1, 60'000));
  FundWith(coins);
  Start();
  std::vector<bitcoin::Transaction> payments;
  for (const Coin& coin : coins) {
    payments.push_back(ByAnother({coin}, {samples::OutputTo("alice", 50'000)}));
  }
  node.MineOnly({payments.back()});
  Reconcile();
  node.FallBack(1);
  for (size_t i = 0; i < payments.size(); ++i) {
    node.Broadcast(samples::BytesOf(payments[i]));
    AdoptPayment("w-" + std::to_string(i), {To("alice", 50'000)}, bitcoin::TxidOf(payments[i]));
    while (IsAskedTo<LookUpTransaction>()) LooksUpTransaction();
  }
  Durable();
  node.CatchUp();
  node.Evict();
  Crash();
  // Two rounds; nothing is sent again in them.
  for (int i = 0; i < 2; ++i) {
    ChainHint();
    while (IsAskedTo<ReadChain>() || IsAskedTo<ReadCoins>() || IsAskedTo<ReadSpends>() ||
           IsAskedTo<LookUpTransaction>()) {
      if (IsAskedTo<ReadChain>()) ReadsChain();
      if (IsAskedTo<ReadCoins>()) ReadsCoins();
      if (IsAskedTo<ReadSpends>()) ReadsSpends();
      if (IsAskedTo<LookUpTransaction>()) LooksUpTransaction();
    }
    After(60'000);
  }
  BOOST_TEST((View("w-100").state == SendState::kConfirmed));
  BOOST_TEST((View("w-0").state == SendState::kBroadcast));
}

// Adopted for w-1, and for w-2 where it has two outputs; a rival that was seen has left the mempool
// again.
struct AdoptedAndContested : Play {
  void Contest(const std::vector<SendId>& ids) {
    Start();
    const Coin coin = samples::CoinOf(1, 1'000'000);
    std::vector<bitcoin::TxOut> outputs;
    for (size_t i = 0; i < ids.size(); ++i) outputs.push_back(samples::OutputTo("alice", 50'000));
    paid = ByAnother({coin}, outputs);
    node.Broadcast(samples::BytesOf(paid));
    for (const SendId& id : ids) {
      AdoptPayment(id, {To("alice", 50'000)}, bitcoin::TxidOf(paid));
      LooksUpTransaction();
      Settle();
    }
    rival = ByAnother({coin}, {samples::OutputTo("mallory", 1'000)});
    node.Broadcast(samples::BytesOf(rival));
    Hint(rival);
    Settle();
    BOOST_TEST((View("w-1").state == SendState::kConflicted));
    node.Fund(samples::CoinOf(9, 2'000'000), 6);
    After(120'000);  // the wallet is read again
    Settle();
    node.Evict();
  }

  bitcoin::Transaction paid, rival;
};

// R4 (d): its coins are no part of any draft, so that nothing but a look can tell.
BOOST_FIXTURE_TEST_CASE(a_verdict_on_an_adopted_payment_in_the_mempool_pays_nothing_more,
                        AdoptedAndContested) {
  Contest({"w-1"});
  node.Broadcast(samples::BytesOf(paid));
  GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  WakeAndSettle(10);
  node.Mine();
  Reconcile();
  BOOST_TEST(node.PaymentsInChain(samples::OutputTo("alice", 50'000)) == 1);
  BOOST_TEST((View("w-1").txid == bitcoin::TxidOf(paid)));
}

// What a verdict on one of its sends has set aside is not sent for the other either.
BOOST_FIXTURE_TEST_CASE(a_verdict_on_one_of_two_adopted_ids_keeps_it_from_being_sent,
                        AdoptedAndContested) {
  Contest({"w-1", "w-2"});
  node.Broadcast(samples::BytesOf(rival));
  GiveVerdict("w-1", OperatorVerdict::kNever);
  Settle();
  node.Evict();
  WakeAndSettle(20);
  BOOST_TEST(node.mempool().empty());
  BOOST_TEST((View("w-1").outcome == SendOutcome::kNever));
}

// Whoever made it may not be there any more.
BOOST_FIXTURE_TEST_CASE(what_was_adopted_is_sent_again, Play) {
  Start();
  const Coin coin = samples::CoinOf(1, 1'000'000);
  const auto outputs = {samples::OutputTo("alice", 50'000), samples::OutputTo("change", 940'000)};
  const auto payment = ByAnother({coin}, outputs);
  node.Broadcast(samples::BytesOf(payment));
  AdoptPayment("w-1", {To("alice", 50'000)}, bitcoin::TxidOf(payment));
  Settle();
  node.Evict();
  After(60'000);
  Settle();
  BOOST_TEST(node.mempool().size() == 1U);
}

// Nor does looking for its place, round by round, put that off.
BOOST_FIXTURE_TEST_CASE(what_was_adopted_before_the_start_is_sent_again, Play) {
  Start();
  const Coin coin = samples::CoinOf(1, 1'000'000);
  const auto outputs = {samples::OutputTo("alice", 50'000), samples::OutputTo("change", 940'000)};
  const auto payment = ByAnother({coin}, outputs);
  node.Broadcast(samples::BytesOf(payment));
  AdoptPayment("w-1", {To("alice", 50'000)}, bitcoin::TxidOf(payment));
  Settle();
  Crash();
  Settle();
  node.Evict();
  for (int blocks = 0; blocks < 10; ++blocks) {
    After(30'000);
    node.MineOnly({});
    Reconcile();
  }
  BOOST_TEST(node.mempool().size() == 1U);
}

// Two calls wait for the node together, or something else ends the id meanwhile: what has ended is
// forgotten by the core once that is durable.
struct AdoptedWhileItEnds : Play {
  AdoptedWhileItEnds() {
    Start();
    const Coin coin = samples::CoinOf(1, 1'000'000);
    const auto outputs = {samples::OutputTo("alice", 50'000), samples::OutputTo("change", 940'000)};
    const auto payment = samples::Signed(samples::Spending({coin}, outputs), {coin}, 9);
    txid = bitcoin::TxidOf(payment);
    node.MineOnly({payment});
    node.Mine(10);
    Reconcile();
  }

  bitcoin::Txid txid;
};

BOOST_FIXTURE_TEST_CASE(what_is_cancelled_before_the_node_answers_stays_never, AdoptedWhileItEnds) {
  AdoptPayment("w-1", {To("alice", 50'000)}, txid);
  Cancel("w-1");
  Durable();
  BOOST_TEST((View("w-1").outcome == SendOutcome::kNever));
  LooksUpTransaction();
  Settle();
  BOOST_TEST((View("w-1").outcome == SendOutcome::kNever));
}

BOOST_FIXTURE_TEST_CASE(a_second_call_finds_what_the_first_has_made_final, AdoptedWhileItEnds) {
  Submit("w-1", {To("alice", 50'000)});
  Durable();
  Give(core::Adopt{100, "w-1", std::nullopt, txid, std::nullopt});
  Give(core::Adopt{101, "w-1", std::nullopt, txid, std::nullopt});
  LooksUpTransaction();
  Settle();
  BOOST_TEST((View("w-1").txid == txid));
  BOOST_TEST((std::get<SendReply>(ReplyTo(101)).verdict == Verdict::kKnown));
}

// It is out for the one while the other is to be paid again: what comes of it is known to both.
BOOST_FIXTURE_TEST_CASE(what_is_sent_for_one_id_refutes_a_verdict_on_the_other,
                        AdoptedAndContested) {
  Contest({"w-1", "w-2"});
  node.Broadcast(samples::BytesOf(rival));
  const BatchId other = *ledger().FindSend("w-2")->live_batch;
  const auto is_out = [&] { return IsAskedTo<Broadcast>() && Asked<Broadcast>().batch == other; };
  for (int i = 0; i < 400 && !is_out(); ++i) {
    if (IsAskedTo<Broadcast>()) {
      Broadcasts();
    } else if (IsAsked()) {
      SettleOneStep();
    } else {
      Wake();
    }
  }
  BOOST_REQUIRE(is_out());
  while (IsAskedTo<LookUpCoins>()) LooksUp();
  GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  node.Evict();
  for (int i = 0; i < 60 && !IsAskedTo<LockCoins>(); ++i) {
    Durable();
    if (IsAskedTo<LookUpCoins>()) {
      LooksUp();
    } else if (IsAskedTo<DraftTransaction>()) {
      Drafts();
    } else if (IsAskedTo<ReadChain>()) {
      ReadsChain();
    } else if (IsAskedTo<ReadCoins>()) {
      ReadsCoins();
    } else if (IsAskedTo<ReadSpends>()) {
      ReadsSpends();
    } else {
      Wake();
    }
  }
  Broadcasts();
  Settle();
  for (int i = 0; i < 3; ++i) {
    node.Mine();
    Reconcile();
    WakeAndSettle(2);
  }
  BOOST_TEST(node.PaymentsInChain(samples::OutputTo("alice", 50'000)) == 2);
}

// The same transaction, reserved for another send and not signed by us: it pays that one, too.
BOOST_AUTO_TEST_CASE(what_is_adopted_for_one_id_is_known_where_it_stands_unsigned) {
  PlayAt play(Phase::kReservationDurable);
  const auto ours = *bitcoin::ParseTransaction(play.ledger().FindBatch(3)->versions[0].unsigned_tx);
  const auto theirs = samples::Signed(ours, {samples::CoinOf(1, 1'000'000)});
  play.node.Broadcast(samples::BytesOf(theirs));
  play.AdoptPayment("w-9", {To("change", ours.outputs[1].amount_sat)}, bitcoin::TxidOf(theirs));
  play.LooksUpTransaction();
  BOOST_TEST((play.View("w-9").outcome == SendOutcome::kSent));
  BOOST_TEST((play.View("w-1").outcome == SendOutcome::kSent));
  play.Durable();
  play.node.Evict();
  for (int i = 0; i < 100 && !play.IsAskedTo<Broadcast>(); ++i) play.After(1'000);
  play.Broadcasts();  // the coins of w-1 are still being locked
  BOOST_TEST((play.View("w-9").outcome == SendOutcome::kSent));
  for (int i = 0; i < 10; ++i) {
    play.Settle();
    play.Wake();
  }
  BOOST_TEST((play.View("w-1").outcome == SendOutcome::kSent));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
