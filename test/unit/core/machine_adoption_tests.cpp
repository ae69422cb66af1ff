// A payment made outside, adopted when its block was read long ago: what becomes of it when the log
// ends between the record of the payment and that of its place.

#include <boost/test/unit_test.hpp>

#include "machine_play.h"

namespace sendonce::core {
namespace {

using samples::To;

// w-1 is adopted, its payment in a block that the log has read; of the records of that the first is
// durable.
class AdoptedInPart : public Play {
 public:
  AdoptedInPart() {
    Start();
    const Coin coin = samples::CoinOf(1, 1'000'000);
    const auto outputs = {samples::OutputTo("alice", 50'000), samples::OutputTo("change", 940'000)};
    const auto payment = samples::Signed(samples::Spending({coin}, outputs), {coin}, 9);
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

// Adopted for w-1, and for w-2 where it has two outputs; a rival that was seen has left the mempool
// again.
struct AdoptedAndContested : Play {
  void Contest(const std::vector<SendId>& ids) {
    Start();
    const Coin coin = samples::CoinOf(1, 1'000'000);
    std::vector<bitcoin::TxOut> outputs;
    for (size_t i = 0; i < ids.size(); ++i) outputs.push_back(samples::OutputTo("alice", 50'000));
    paid = samples::Signed(samples::Spending({coin}, outputs), {coin}, 9);
    node.Broadcast(samples::BytesOf(paid));
    for (const SendId& id : ids) {
      AdoptPayment(id, {To("alice", 50'000)}, bitcoin::TxidOf(paid));
      LooksUpTransaction();
      Settle();
    }
    const auto rival = samples::Signed(
        samples::Spending({coin}, {samples::OutputTo("mallory", 1'000)}), {coin}, 9);
    node.Broadcast(samples::BytesOf(rival));
    Hint(rival);
    Settle();
    BOOST_TEST((View("w-1").state == SendState::kConflicted));
    node.Fund(samples::CoinOf(9, 2'000'000), 6);
    After(120'000);  // the wallet is read again
    Settle();
    node.Evict();
  }

  void WakeAndSettle(int times) {
    for (int i = 0; i < times; ++i) {
      Wake();
      Settle();
    }
  }

  bitcoin::Transaction paid;
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
  GiveVerdict("w-1", OperatorVerdict::kNever);
  WakeAndSettle(20);
  BOOST_TEST(node.mempool().empty());
  BOOST_TEST((View("w-1").outcome == SendOutcome::kNever));
}

// Whoever made it may not be there any more.
BOOST_FIXTURE_TEST_CASE(what_was_adopted_is_sent_again, Play) {
  Start();
  const Coin coin = samples::CoinOf(1, 1'000'000);
  const auto outputs = {samples::OutputTo("alice", 50'000), samples::OutputTo("change", 940'000)};
  const auto payment = samples::Signed(samples::Spending({coin}, outputs), {coin}, 9);
  node.Broadcast(samples::BytesOf(payment));
  AdoptPayment("w-1", {To("alice", 50'000)}, bitcoin::TxidOf(payment));
  Settle();
  node.Evict();
  After(60'000);
  Settle();
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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
