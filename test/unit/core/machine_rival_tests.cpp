// Rivals, and versions that somebody else made: matched by coins and payments, judged send by send
// (R4', R7).

#include <boost/test/unit_test.hpp>

#include "machine_sent.h"

namespace sendonce::core {
namespace {

using bitcoin::Transaction;
using samples::CoinOf;
using samples::LegacyCoinOf;
using samples::OutputTo;
using samples::To;

const bitcoin::TxOut kAlicesOutput = OutputTo("alice", 50'000);

BOOST_AUTO_TEST_SUITE(machine_rival_tests)

BOOST_FIXTURE_TEST_CASE(a_rival_in_a_block_takes_sent_back_to_pending, Sent) {
  node.MineOnly({Other({OutputTo("mallory", 900'000)})});
  ChainHint();
  CHECK_STEP(ReadsChain(), "append 7: batch 3 has rival t2 in block 101",
             "append 8: alarm: rival t2", "append 9: chain from 100 to 101", "read coins above 100",
             "read spends since 100");
  CHECK_STEP(Durable());
  CHECK_STEP(Query("w-1"), "answer 2: known w-1 pending conflicted t1 stalled conflicted");
  BOOST_TEST(std::get<SendReply>(ReplyTo(2)).send->stalled->automatic);
  CHECK_STEP(Cancel("w-1"), "answer 3: too late w-1 pending conflicted t1 stalled conflicted");
}

BOOST_FIXTURE_TEST_CASE(a_rival_that_a_reorganisation_removes_gives_the_payment_its_way_back,
                        Sent) {
  node.MineOnly({Other({OutputTo("mallory", 900'000)})});
  Reconcile();
  node.Reorganise(1, {OurTransaction()});
  Reconcile();
  BOOST_TEST(NameOfState("w-1") == "confirmed");
}

BOOST_FIXTURE_TEST_CASE(a_rival_in_the_mempool_is_seen_by_looking_up_the_coin, Sent) {
  const Transaction rival = Other({OutputTo("mallory", 100'000)});  // pays more, so it replaces
  node.Broadcast(samples::BytesOf(rival));
  CHECK_STEP(Hint(rival), "broadcast t1 of batch 3");
  CHECK_STEP(Broadcasts(), "look up c1 of batch 3", "read chain from 100");
  CHECK_STEP(LooksUp(), "append 7: batch 3 has rival t2", "append 8: alarm: rival t2");
  BOOST_TEST(NameOfState("w-1") == "conflicted");
  // It goes away, and our bytes are accepted again.
  node.Evict();
  Settle();
  Wake();
  const std::string text = Settle();
  BOOST_TEST(text.find("batch 3 loses rival t2") != std::string::npos);
  BOOST_TEST(NameOfState("w-1") == "broadcast");
}

// `bumpfee` by an operator: same payment, less change. It is a version, and nothing is ever built
// from its change for this send.
BOOST_FIXTURE_TEST_CASE(an_operators_bump_is_adopted, Sent) {
  const Transaction bumped = Other({kAlicesOutput, OutputTo("change", 900'000)});
  node.Broadcast(samples::BytesOf(bumped));
  Hint(bumped);
  Broadcasts();
  CHECK_STEP(LooksUp(), "append 7: alarm: foreign version t2", "append 8: batch 3 adopts t2");
  Settle();
  BOOST_TEST(NameOfState("w-1") == "broadcast");
  BOOST_TEST((View("w-1").txid == bitcoin::TxidOf(bumped)));
  BOOST_TEST(View("w-1").txids.size() == 2U);
  node.Mine();
  Reconcile();
  BOOST_TEST(NameOfState("w-1") == "confirmed");
  BOOST_TEST(AlicesPayments() == 1);
}

BOOST_FIXTURE_TEST_CASE(an_operators_bump_that_is_mined_at_once_is_adopted, Sent) {
  node.MineOnly({Other({kAlicesOutput, OutputTo("change", 900'000)})});
  ChainHint();
  CHECK_STEP(ReadsChain(), "append 7: alarm: foreign version t2", "append 8: batch 3 adopts t2",
             "append 9: batch 3 confirmed: t2 in block 101", "append 10: chain from 100 to 101",
             "read coins above 100", "read spends since 100");
  BOOST_TEST(NameOfState("w-1") == "confirmed");
}

BOOST_FIXTURE_TEST_CASE(the_original_can_confirm_after_a_bump_was_adopted, Sent) {
  const Transaction ours = OurTransaction();
  const Transaction bumped = Other({kAlicesOutput, OutputTo("change", 900'000)});
  node.Broadcast(samples::BytesOf(bumped));
  Hint(bumped);
  Settle();
  BOOST_TEST(View("w-1").txids.size() == 2U);
  node.MineOnly({ours});
  Reconcile();
  BOOST_TEST(NameOfState("w-1") == "confirmed");
  BOOST_TEST((View("w-1").txid == bitcoin::TxidOf(ours)));
}

// The bump needs a coin that is gone: our own version has its turn.
BOOST_FIXTURE_TEST_CASE(a_version_that_cannot_be_sent_does_not_hold_up_the_ones_before_it, Sent) {
  const Coin extra = CoinOf(2, 500'000);
  node.Fund(extra, 6);
  const Transaction bumped = Other({kAlicesOutput, OutputTo("change", 1'300'000)}, {extra});
  node.Broadcast(samples::BytesOf(bumped));
  Hint(bumped);
  Settle();
  BOOST_TEST((View("w-1").txid == bitcoin::TxidOf(bumped)));
  node.MineOnly(
      {samples::Signed(samples::Spending({extra}, {OutputTo("eve", 400'000)}), {extra}, 9)});
  BOOST_TEST(node.mempool().empty());
  for (int i = 0; i < 50 && node.mempool().empty(); ++i) WakeAndSettle(1);
  BOOST_TEST(node.mempool().size() == 1U);
  node.Mine();
  Reconcile();
  BOOST_TEST(NameOfState("w-1") == "confirmed");
}

// Another amount to the same address: neither paid nor free to pay again.
BOOST_FIXTURE_TEST_CASE(another_amount_is_for_a_person_to_judge, Sent) {
  node.MineOnly({Other({OutputTo("alice", 49'000), OutputTo("change", 900'000)})});
  ChainHint();
  CHECK_STEP(ReadsChain(), "append 7: batch 3 has rival t2 in block 101",
             "append 8: alarm: amount differs t2", "append 9: chain from 100 to 101",
             "read coins above 100", "read spends since 100");
  BOOST_TEST(NameOfState("w-1") == "conflicted");
}

// A legacy input re-signed in the high-S form is valid in a block, under another txid.
BOOST_FIXTURE_TEST_CASE(a_malleated_payment_is_ours, Play) {
  FundWith({LegacyCoinOf(2, 500'000)});
  Start();
  Submit("w-1", {To("alice", 50'000)});
  Settle();
  const Transaction ours = node.mempool().at(0);
  const Transaction malleated = samples::Signed(ours, {LegacyCoinOf(2, 500'000)}, 7);
  BOOST_TEST((bitcoin::TxidOf(malleated) != bitcoin::TxidOf(ours)));
  transcript.NameOf(ours);
  node.MineOnly({malleated});
  ChainHint();
  CHECK_STEP(ReadsChain(), "append 7: batch 3 adopts t2",
             "append 8: batch 3 confirmed: t2 in block 101", "append 9: chain from 100 to 101",
             "read coins above 100", "read spends since 100");
  Settle();
  BOOST_TEST(ledger().alarms().empty());
  BOOST_TEST((View("w-1").state == SendState::kConfirmed));
  BOOST_TEST((View("w-1").txid == bitcoin::TxidOf(malleated)));
}

// A bump with `outputs` that drops one of two payees: paid for the one; for the other a rival, and
// he is paid from its change, so that what would have paid both can never confirm beside it.
BOOST_FIXTURE_TEST_CASE(a_bump_that_drops_a_payee_pays_one_and_the_other_goes_by_r4, Play) {
  const std::vector<Coin> both = {CoinOf(2, 900'000)};
  FundWith({CoinOf(1, 100'000), both[0]});
  Start();
  Submit("w-0", {To("zoe", 10'000)});
  Submit("w-1", {To("alice", 50'000)});
  Submit("w-2", {To("bob", 60'000)});
  Settle();
  const Transaction dropping = samples::Signed(
      samples::Spending(both, {kAlicesOutput, OutputTo("change", 700'000)}), both, 9);
  node.Broadcast(samples::BytesOf(dropping));
  Hint(dropping);
  Settle();
  BOOST_TEST((View("w-1").state == SendState::kBroadcast));
  BOOST_TEST((View("w-2").state == SendState::kConflicted));
  const Batch first = *ledger().LiveBatchOf(*ledger().FindSend("w-2"));
  node.Mine(10);
  const std::string text = Reconcile();
  BOOST_TEST(text.find(":1 for w-2, not t") != std::string::npos, text);
  node.Mine();
  Reconcile();
  BOOST_TEST((View("w-1").state == SendState::kFinal));
  BOOST_TEST((View("w-2").state == SendState::kConfirmed));
  // A reorganisation gives the version that pays both its chance.
  node.Reorganise(11, {*bitcoin::ParseTransaction(first.versions[0].raw_tx)});
  Reconcile();
  BOOST_TEST((View("w-1").state == SendState::kFinal));
  BOOST_TEST((View("w-2").state == SendState::kFinal));
  BOOST_TEST(node.PaymentsInChain(kAlicesOutput) == 1);
  BOOST_TEST(node.PaymentsInChain(OutputTo("bob", 60'000)) == 1);
}

// A coin that was taken before a signature was asked for binds nobody: others are chosen.
BOOST_AUTO_TEST_CASE(a_rival_before_the_request_costs_the_coin_and_not_the_send) {
  PlayAt play(Phase::kReservationDurable);
  play.node.Fund(CoinOf(2, 500'000), 6);
  play.Locks(Unknown{"timeout"});
  play.node.MineOnly({Sent::Other({OutputTo("mallory", 900'000)})});
  play.Settle();
  for (int i = 0; i < 5; ++i) {
    play.Wake();
    play.Settle();
  }
  BOOST_TEST((play.View("w-1").state == SendState::kBroadcast));
  BOOST_TEST(play.node.signed_ever().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
