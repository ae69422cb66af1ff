#include "core/views.h"

#include <boost/test/unit_test.hpp>
#include <ostream>

#include "samples.h"

namespace sendonce::core {

std::ostream& operator<<(std::ostream& out, SendState state) {
  return out << StateName(state);
}
std::ostream& operator<<(std::ostream& out, SendOutcome outcome) {
  return out << OutcomeName(outcome);
}

namespace {

using samples::BlockAt;
using samples::CoinOf;
using samples::Paying;
using samples::To;

constexpr int32_t kTip = 110;

// One send of two outputs, w-1, in a batch with another, w-2, taken from state to state.
struct Shown {
  Shown() {
    ledger.Apply(samples::LogBeginning(), 1'000);
    SendContent content = Paying({To("alice", 1'000), To("bob", 2'000)});
    content.reference = "customer 4711";
    ledger.Apply(SendRecorded{"w-1", content}, 2'000);
    ledger.Apply(SendRecorded{"w-2", Paying({To("carol", 3'000)})}, 2'001);
  }

  void Reserve() {
    batch =
        ledger.Apply(samples::Reservation(ledger, {"w-2", "w-1"}, {CoinOf(7, 9'000)}, 100), 3'000)
            .seq;
  }
  void Ask() { ledger.Apply(SignatureRequested{batch, 0}, 4'000); }
  void Sign() {
    ledger.Apply(VersionSigned{batch, 0, samples::SignatureFor(ledger, batch)}, 5'000);
    txid = ledger.FindBatch(batch)->versions[0].txid;
  }
  void Accept() { ledger.Apply(VersionAccepted{batch, txid}, 6'000); }
  void Confirm() {
    ChainMoved moved{100, {}, {}};
    for (int32_t height = 101; height <= kTip; ++height) moved.blocks.push_back(BlockAt(height));
    ledger.Apply(moved, 6'900);
    ledger.Apply(BatchConfirmed{batch, txid, BlockAt(105)}, 7'000);
  }
  void Finish() { ledger.Apply(BatchFinal{batch}, 8'000); }
  void BringToBroadcast() {
    Reserve();
    Ask();
    Sign();
    Accept();
  }

  bitcoin::Bytes OtherSpend(const std::vector<bitcoin::TxOut>& outputs) const {
    const auto& coins = ledger.FindBatch(batch)->coins;
    return samples::BytesOf(samples::ByAnother(coins, outputs));
  }
  // An operator's bumpfee that drops w-2.
  bitcoin::Txid AdoptWithoutCarol() {
    const auto bumped =
        OtherSpend({samples::OutputTo("alice", 1'000), samples::OutputTo("bob", 2'000)});
    ledger.Apply(VersionAdopted{batch, bumped, {{}, {0, 1}}}, 6'500);
    return bitcoin::TxidOf(*bitcoin::ParseTransaction(bumped));
  }

  SendView View(const SendId& id = "w-1") const {
    const Send& send = *ledger.FindSend(id);
    return ViewOf(ledger, send);
  }
  SendState State(const SendId& id = "w-1") const { return View(id).state; }

  Ledger ledger;
  BatchId batch = 0;
  bitcoin::Txid txid;
};

using Txids = std::vector<bitcoin::Txid>;

BOOST_FIXTURE_TEST_SUITE(views_tests, Shown)

BOOST_AUTO_TEST_CASE(each_state_has_its_outcome_and_its_name) {
  const auto check = [](SendState state, std::string_view name, std::string_view outcome) {
    BOOST_TEST(StateName(state) == name);
    BOOST_TEST(OutcomeName(OutcomeOf(state)) == outcome);
  };
  check(SendState::kRecorded, "recorded", "pending");
  check(SendState::kReserved, "reserved", "pending");
  check(SendState::kSigned, "signed", "pending");
  check(SendState::kBroadcast, "broadcast", "sent");
  check(SendState::kConfirmed, "confirmed", "sent");
  check(SendState::kFinal, "final", "sent");
  check(SendState::kConflicted, "conflicted", "pending");
  check(SendState::kCancelled, "cancelled", "never");
  check(SendState::kExpired, "expired", "never");
}

BOOST_AUTO_TEST_CASE(a_recorded_send_shows_what_was_asked_for) {
  const SendView view = View();
  BOOST_TEST(view.state == SendState::kRecorded);
  BOOST_TEST(view.outcome == SendOutcome::kPending);
  BOOST_TEST(view.id == "w-1");
  BOOST_REQUIRE(view.outputs.size() == 2U);
  BOOST_TEST(view.outputs[1].address == "address of bob");
  BOOST_TEST(view.outputs[1].amount_sat == 2'000);
  BOOST_TEST(!view.outputs[1].vout);
  BOOST_TEST(view.reference == "customer 4711");
  BOOST_TEST(!view.txid);
  BOOST_TEST(view.txids.empty());
  BOOST_TEST(!view.fee_sat);
  BOOST_TEST(!view.batch_size);
  BOOST_TEST(view.confirmations == 0);
  BOOST_TEST(!view.block);
  BOOST_TEST(view.created_at_ms == 2'000);
  BOOST_TEST(view.updated_at_ms == 2'000);
  BOOST_TEST(view.seq == 2U);
}

// Before the signature is in the log nobody can have it, and a legacy input could still change it.
BOOST_AUTO_TEST_CASE(no_txid_is_shown_before_the_signed_transaction_is_recorded) {
  Reserve();
  BOOST_TEST(State() == SendState::kReserved);
  Ask();
  const SendView view = View();
  BOOST_TEST(view.state == SendState::kReserved);
  BOOST_TEST(!view.txid);
  BOOST_TEST(view.txids.empty());
  BOOST_TEST(!view.outputs[0].vout);
  BOOST_TEST((view.fee_sat == 100));
  BOOST_TEST((view.batch_size == 2U));
}

BOOST_AUTO_TEST_CASE(a_signed_send_shows_where_it_is_paid) {
  Reserve();
  Ask();
  Sign();
  const SendView view = View();
  BOOST_TEST(view.state == SendState::kSigned);
  BOOST_TEST(view.outcome == SendOutcome::kPending);
  BOOST_TEST((view.txid == txid));
  BOOST_TEST((view.txids == Txids{txid}));
  BOOST_TEST((view.outputs[0].vout == 1U));
  BOOST_TEST((view.outputs[1].vout == 2U));
  BOOST_TEST((View("w-2").outputs[0].vout == 0U));
}

// `seq` and the time are those of the last record of the send or of its batch.
BOOST_AUTO_TEST_CASE(a_record_of_the_batch_is_one_of_the_send) {
  Reserve();
  Ask();
  BOOST_TEST(View().seq == ledger.last_seq());
  BOOST_TEST(View().updated_at_ms == 4'000);
  BOOST_TEST(View().created_at_ms == 2'000);
}

BOOST_AUTO_TEST_CASE(an_accepted_send_is_sent) {
  BringToBroadcast();
  BOOST_TEST(State() == SendState::kBroadcast);
  BOOST_TEST(View().outcome == SendOutcome::kSent);
  BOOST_TEST(View().confirmations == 0);
}

BOOST_AUTO_TEST_CASE(a_confirmed_send_counts_from_its_block) {
  BringToBroadcast();
  Confirm();
  const SendView view = View();
  BOOST_TEST(view.state == SendState::kConfirmed);
  BOOST_TEST(view.confirmations == 6);
  BOOST_TEST((view.block == BlockAt(105)));
}

// The log's view of the chain can be behind a block that it has just matched.
BOOST_AUTO_TEST_CASE(confirmations_are_never_negative) {
  BringToBroadcast();
  ledger.Apply(BatchConfirmed{batch, txid, BlockAt(105)}, 7'000);
  const Send& send = *ledger.FindSend("w-1");
  BOOST_TEST(ViewOf(ledger, send).confirmations == 0);
}

BOOST_AUTO_TEST_CASE(a_final_send_is_shown_from_its_payment_alone) {
  BringToBroadcast();
  Confirm();
  Finish();
  const Send& send = *ledger.FindSend("w-1");
  const SendView view = ViewOf(ledger, send);
  BOOST_TEST(view.state == SendState::kFinal);
  BOOST_TEST(view.outcome == SendOutcome::kSent);
  BOOST_TEST((view.txid == txid));
  BOOST_TEST((view.txids == Txids{txid}));
  BOOST_TEST((view.outputs[1].vout == 2U));
  BOOST_TEST((view.fee_sat == 100));
  BOOST_TEST((view.batch_size == 2U));
  BOOST_TEST(view.confirmations == 6);
  BOOST_TEST((view.block == BlockAt(105)));
  BOOST_TEST(view.seq == ledger.last_seq());
}

BOOST_AUTO_TEST_CASE(a_reorganisation_takes_a_final_send_back_to_broadcast) {
  BringToBroadcast();
  Confirm();
  Finish();
  ledger.Apply(BatchReopened{batch, BlockAt(105)}, 9'000);
  BOOST_TEST(State() == SendState::kBroadcast);
  BOOST_TEST(!View().block);
}

BOOST_AUTO_TEST_CASE(an_ended_send_is_never_paid) {
  ledger.Apply(SendEnded{"w-1", Ending::kCancelled}, 3'000);
  ledger.Apply(SendEnded{"w-2", Ending::kExpired}, 3'000);
  BOOST_TEST(State() == SendState::kCancelled);
  BOOST_TEST(State("w-2") == SendState::kExpired);
  BOOST_TEST(View().outcome == SendOutcome::kNever);
  BOOST_TEST(View().outputs.size() == 2U);
  BOOST_TEST(!View().txid);
}

BOOST_AUTO_TEST_CASE(a_burnt_id_has_nothing_to_show) {
  ledger.Apply(SendEnded{"burnt", Ending::kCancelled}, 3'000);
  const SendView view = View("burnt");
  BOOST_TEST(view.state == SendState::kCancelled);
  BOOST_TEST(view.outputs.empty());
  BOOST_TEST(view.created_at_ms == 3'000);
  BOOST_TEST(view.seq == ledger.last_seq());
}

// --- rivals

BOOST_AUTO_TEST_CASE(a_rival_takes_sent_back_to_pending) {
  BringToBroadcast();
  const auto rival = OtherSpend({samples::OutputTo("mallory", 8'000)});
  ledger.Apply(RivalSeen{batch, rival, std::nullopt}, 7'000);
  BOOST_TEST(State() == SendState::kConflicted);
  BOOST_TEST(View().outcome == SendOutcome::kPending);
  ledger.Apply(RivalGone{batch, bitcoin::TxidOf(*bitcoin::ParseTransaction(rival))}, 8'000);
  BOOST_TEST(State() == SendState::kBroadcast);
}

BOOST_AUTO_TEST_CASE(what_is_in_the_chain_decides_whatever_a_rival_did) {
  BringToBroadcast();
  const auto rival = OtherSpend({samples::OutputTo("mallory", 8'000)});
  ledger.Apply(RivalSeen{batch, rival, std::nullopt}, 7'000);
  Confirm();
  BOOST_TEST(State() == SendState::kConfirmed);
}

BOOST_AUTO_TEST_CASE(a_confirmed_version_that_leaves_a_send_out_is_a_rival_to_it) {
  BringToBroadcast();
  const bitcoin::Txid bumped = AdoptWithoutCarol();
  ledger.Apply(BatchConfirmed{batch, bumped, BlockAt(105)}, 7'000);
  BOOST_TEST(State("w-1") == SendState::kConfirmed);
  BOOST_TEST(State("w-2") == SendState::kConflicted);
  BOOST_TEST((View("w-1").txid == bumped));
  BOOST_TEST((View("w-1").txids == Txids{txid, bumped}));
  // Shown is what still can pay it, should the chain change.
  BOOST_TEST((View("w-2").txid == txid));
  BOOST_TEST(View("w-2").confirmations == 0);
}

// The same before a block has decided: the node shows a transaction that takes the coins and does
// not pay (R7), so `sent` would be said of a payment that is not on its way.
BOOST_AUTO_TEST_CASE(an_accepted_version_that_leaves_a_send_out_is_a_rival_to_it) {
  BringToBroadcast();
  BOOST_TEST(State("w-2") == SendState::kBroadcast);
  AdoptWithoutCarol();
  BOOST_TEST(State("w-1") == SendState::kBroadcast);
  BOOST_TEST(State("w-2") == SendState::kConflicted);
}

// --- waiting

BOOST_AUTO_TEST_CASE(a_wait_ends_where_the_send_has_come_far_enough) {
  const auto satisfied = [](SendState state) {
    std::string text;
    for (Until until : {Until::kSent, Until::kConfirmed, Until::kFinal}) {
      text += Satisfies(state, until) ? "+" : "-";
    }
    return text;
  };
  BOOST_TEST(satisfied(SendState::kRecorded) == "---");
  BOOST_TEST(satisfied(SendState::kReserved) == "---");
  BOOST_TEST(satisfied(SendState::kSigned) == "---");
  BOOST_TEST(satisfied(SendState::kConflicted) == "---");
  BOOST_TEST(satisfied(SendState::kBroadcast) == "+--");
  BOOST_TEST(satisfied(SendState::kConfirmed) == "++-");
  BOOST_TEST(satisfied(SendState::kFinal) == "+++");
  BOOST_TEST(satisfied(SendState::kCancelled) == "+++");
  BOOST_TEST(satisfied(SendState::kExpired) == "+++");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
