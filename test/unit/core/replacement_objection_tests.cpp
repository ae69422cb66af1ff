#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "core/exclusion.h"
#include "core/may_send.h"
#include "core/replacement.h"
#include "objection_log.h"

namespace sendonce::core {
namespace {

using samples::CoinOf;

// What a replacement of a batch says, part by part; the test breaks one of them.
struct Parts {
  std::vector<Coin> coins;
  std::vector<Coin> added;
  std::vector<SendId> paid;
  bitcoin::Amount fee_sat = 0;
};

// A batch for w-1 and w-2 on the coins 10 and 11, signed, with a fee of 100 sat.
struct Replacing : ObjectionLog {
  Replacing() {
    const auto reservation =
        samples::Reservation(ledger, {"w-1", "w-2"}, {CoinOf(10, 9'000), CoinOf(11, 9'000)}, 100);
    both = ledger.Apply(reservation, 5).seq;
    Sign(0);
  }

  void Sign(uint32_t version) {
    ledger.Apply(SignatureRequested{both, version}, 6);
    const Batch& batch = *ledger.FindBatch(both);
    const auto transaction = bitcoin::ParseTransaction(batch.versions[version].unsigned_tx);
    std::vector<Coin> coins = batch.coins;
    coins.resize(transaction->inputs.size());
    ledger.Apply(
        VersionSigned{both, version, samples::BytesOf(samples::Signed(*transaction, coins))}, 7);
  }

  Parts InOrder() const { return {ledger.FindBatch(both)->coins, {}, {"w-1", "w-2"}, 200}; }

  VersionReserved Replacement(const Parts& parts) const {
    const Batch& batch = *ledger.FindBatch(both);
    VersionReserved record{
        both, static_cast<uint32_t>(batch.versions.size()), parts.added, {}, {}, {}, 0};
    std::vector<bitcoin::TxOut> outputs;
    bitcoin::Amount change_sat = -parts.fee_sat;
    for (const Coin& coin : parts.coins) change_sat += coin.amount_sat;
    for (const SendId& id : batch.sends) {
      auto& vouts = record.paid.emplace_back();
      if (std::find(parts.paid.begin(), parts.paid.end(), id) == parts.paid.end()) continue;
      vouts.push_back(static_cast<uint32_t>(outputs.size()));
      outputs.push_back(samples::OutputTo(id, 1'000));
      change_sat -= 1'000;
    }
    record.change_vout = static_cast<uint32_t>(outputs.size());
    outputs.push_back(samples::OutputTo("change", change_sat));
    record.unsigned_tx = samples::BytesOf(samples::Spending(parts.coins, outputs));
    record.fee_sat = parts.fee_sat;
    return record;
  }

  std::string OnParts(const Parts& parts) const { return On(Replacement(parts)); }

  // What a caller who asks for a higher fee is told.
  std::string OnBump(BatchId batch) const {
    return ObjectionToReplacing(ledger, *ledger.FindBatch(batch)).value_or("");
  }

  // w-2 leaves by a verdict, for a batch of its own on coin 12.
  void LetLeave() {
    const bitcoin::Txid paying = ledger.FindBatch(both)->versions[0].txid;
    ledger.Apply(VerdictGiven{"w-2", OperatorVerdict::kPayAgain, {paying}, "seen lost"}, 8);
    BatchReserved record = ReservationFor({"w-2"}, 12);
    record.exclusions = {{"w-2", paying, ExclusionReason::kVerdict, {}, {}}};
    BOOST_TEST_REQUIRE(On(record) == "");
    ledger.Apply(record, 9);
  }

  BatchId both = 0;
};

BOOST_FIXTURE_TEST_SUITE(replacement_objection_tests, Replacing)

BOOST_AUTO_TEST_CASE(a_higher_fee_more_coins_and_fewer_sends_are_in_order) {
  Parts parts = InOrder();
  BOOST_TEST(OnParts(parts) == "");
  parts.added = {CoinOf(12, 9'000)};
  parts.coins.push_back(parts.added[0]);
  BOOST_TEST(OnParts(parts) == "");
  parts.paid = {"w-2"};
  BOOST_TEST(OnParts(parts) == "");
}

// R3: else two versions could confirm in one chain (V1 of the model).
BOOST_AUTO_TEST_CASE(every_coin_of_version_0_is_spent_first_and_in_order) {
  Parts parts = InOrder();
  std::swap(parts.coins[0], parts.coins[1]);
  BOOST_TEST(OnParts(parts) ==
             "it does not spend every coin of version 0, first and in order (R3)");
  parts = InOrder();
  parts.coins.pop_back();
  BOOST_TEST(OnParts(parts) == "it does not spend every coin of version 0 (R3)");
  parts = InOrder();
  parts.added = {CoinOf(12, 9'000)};
  parts.coins = {parts.coins[0], parts.added[0]};
  BOOST_TEST(OnParts(parts) ==
             "it does not spend every coin of version 0, first and in order (R3)");
}

BOOST_AUTO_TEST_CASE(a_coin_that_it_spends_is_reserved_with_it) {
  Parts parts = InOrder();
  parts.coins.push_back(CoinOf(12, 9'000));
  BOOST_TEST(OnParts(parts) == "it spends a coin that is not reserved");
}

BOOST_AUTO_TEST_CASE(an_added_coin_is_free_and_no_change_of_the_batch) {
  const auto adding = [&](const Coin& coin) {
    Parts parts = InOrder();
    parts.added = {coin};
    parts.coins.push_back(coin);
    return OnParts(parts);
  };
  BOOST_TEST(adding(CoinOf(11, 9'000)) == "an added coin is the batch's already");
  BOOST_TEST(adding(CoinOf(20, 9'000)) == "an added coin belongs to a live batch (R2)");
  const auto change = ChangeOf(ledger.FindBatch(both)->versions[0]).front();
  BOOST_TEST(adding({change, 15'900, samples::ScriptOf("change")}) ==
             "an added coin is the batch's own change");
}

BOOST_AUTO_TEST_CASE(somebody_is_paid_each_as_in_the_content) {
  Parts parts = InOrder();
  parts.paid = {};
  BOOST_TEST(OnParts(parts) == "it pays nobody");
  VersionReserved record = Replacement(InOrder());
  std::swap(record.paid[0], record.paid[1]);
  BOOST_TEST(On(record) == "the payments are not as recorded");
  record = Replacement(InOrder());
  record.paid.pop_back();
  BOOST_TEST(On(record) == "each send of the batch is judged");
  record = Replacement(InOrder());
  record.unsigned_tx.pop_back();
  BOOST_TEST(On(record) == "the unsigned transaction is malformed");
}

BOOST_AUTO_TEST_CASE(only_a_live_batch_that_is_not_confirmed_is_replaced) {
  VersionReserved record = Replacement(InOrder());
  record.batch = 99;
  BOOST_TEST(On(record) == "the batch is not live");
  record.batch = reserved;
  ledger.Apply(BatchDropped{reserved}, 8);
  BOOST_TEST(On(record) == "the batch is not live");
  record = Replacement(InOrder());
  record.version = 2;
  BOOST_TEST(On(record) == "it is not the next version");
  const bitcoin::Txid paying = ledger.FindBatch(both)->versions[0].txid;
  ledger.Apply(BatchConfirmed{both, paying, samples::BlockAt(101)}, 9);
  BOOST_TEST(OnParts(InOrder()) == "the batch is confirmed");
}

BOOST_AUTO_TEST_CASE(it_pays_a_higher_fee_than_any_version) {
  Parts parts = InOrder();
  parts.fee_sat = 100;
  BOOST_TEST(OnParts(parts) == "it does not pay a higher fee");
}

BOOST_AUTO_TEST_CASE(a_version_is_signed_before_the_next_one) {
  ledger.Apply(Replacement(InOrder()), 8);
  Parts parts = InOrder();
  parts.fee_sat = 300;
  BOOST_TEST(OnParts(parts) == "a version of the batch is not signed yet");
  Sign(1);
  BOOST_TEST(OnParts(parts) == "");
}

// Else it could be in two batches' versions at once, or be paid by one that was shown without it.
BOOST_AUTO_TEST_CASE(a_send_that_was_left_out_does_not_come_back) {
  Parts parts = InOrder();
  parts.paid = {"w-1"};
  ledger.Apply(Replacement(parts), 8);
  Sign(1);
  parts.fee_sat = 300;
  BOOST_TEST(OnParts(parts) == "");
  parts.paid = {"w-1", "w-2"};
  BOOST_TEST(OnParts(parts) == "a send that a version has left out does not come back");
}

BOOST_AUTO_TEST_CASE(change_that_another_batch_spends_is_not_taken_away) {
  const Version& version = ledger.FindBatch(both)->versions[0];
  const Coin change{ChangeOf(version).front(), 15'900, samples::ScriptOf("change")};
  Submit("w-3");
  BOOST_TEST(OnBump(both) == "");
  ledger.Apply(samples::Reservation(ledger, {"w-3"}, {change}, 100), 8);
  BOOST_TEST(OnBump(both) == "its change is spent by another transaction of sendonce");
  BOOST_TEST(OnParts(InOrder()) == "another batch spends the change of the batch (R3)");
}

// Of whichever version: here the second of three.
BOOST_AUTO_TEST_CASE(change_of_an_older_version_is_not_taken_away_either) {
  Parts parts = InOrder();
  for (uint32_t version : {1, 2}) {
    parts.fee_sat += 100;
    ledger.Apply(Replacement(parts), 8);
    Sign(version);
  }
  parts.fee_sat += 100;
  const Version& second = ledger.FindBatch(both)->versions[1];
  const Coin change{ChangeOf(second).front(), 15'700, samples::ScriptOf("change")};
  Submit("w-3");
  BOOST_TEST(OnBump(both) == "");
  BOOST_TEST(OnParts(parts) == "");
  ledger.Apply(samples::Reservation(ledger, {"w-3"}, {change}, 100), 9);
  BOOST_TEST(OnBump(both) == "its change is spent by another transaction of sendonce");
  BOOST_TEST(OnParts(parts) == "another batch spends the change of the batch (R3)");
}

// It is paid by the batch that it is in now, and by that alone.
BOOST_AUTO_TEST_CASE(a_send_that_has_left_is_not_paid_by_a_replacement) {
  LetLeave();
  Parts parts = InOrder();
  BOOST_TEST(OnParts(parts) == "it pays a send that has left the batch");
  parts.paid = {"w-1"};
  BOOST_TEST(OnParts(parts) == "");
}

// The replacement was recorded before the send left: it stays unsigned for ever.
BOOST_AUTO_TEST_CASE(no_signature_is_asked_for_what_pays_a_send_that_has_left) {
  ledger.Apply(Replacement(InOrder()), 8);
  BOOST_TEST(On(SignatureRequested{both, 1}) == "");
  LetLeave();
  BOOST_TEST(On(SignatureRequested{both, 1}) == "the version pays a send that has left the batch");
  BOOST_TEST(On(SignatureRequested{both, 0}) == "");
}

BOOST_AUTO_TEST_CASE(a_bump_that_can_not_be_is_refused_with_the_reason) {
  BOOST_TEST(OnBump(signed_batch) == "");
  BOOST_TEST(OnBump(reserved) == "its transaction is not signed yet");
  ledger.Apply(BatchConfirmed{signed_batch, txid, samples::BlockAt(101)}, 8);
  BOOST_TEST(OnBump(signed_batch) == "a version of its transaction is confirmed");
  ledger.Apply(Replacement(InOrder()), 9);
  BOOST_TEST(OnBump(both) == "a version of its transaction is not signed yet");
}

BOOST_AUTO_TEST_CASE(what_was_made_outside_is_not_replaced_by_us) {
  const auto raw_tx = OtherOn(both, {samples::OutputTo("w-3", 1'000)});
  const auto content = samples::Paying({samples::To("w-3", 1'000)});
  const BatchId outside = ledger.Apply(PaymentAdopted{"w-3", content, raw_tx, {0}, 0}, 8).seq;
  BOOST_TEST(OnBump(outside) == "its transaction was made outside, and is replaced there");
}

// Somebody else pays w-1 from a coin that the second version has, and the third has not.
BOOST_AUTO_TEST_CASE(what_can_confirm_beside_a_foreign_payment_is_not_given_to_sign) {
  Parts second = InOrder();
  second.added = {CoinOf(12, 9'000)};
  second.coins.push_back(second.added[0]);
  ledger.Apply(Replacement(second), 8);
  Sign(1);
  Parts third{{CoinOf(10, 9'000), CoinOf(11, 9'000), CoinOf(13, 9'000)},
              {CoinOf(13, 9'000)},
              {"w-1", "w-2"},
              300};
  ledger.Apply(Replacement(third), 9);
  BOOST_TEST(!ObjectionToSigning(ledger, *ledger.FindBatch(both), 2, kMinConflictDepth));
  const auto foreign = samples::ByAnother({CoinOf(12, 9'000)}, {samples::OutputTo("w-1", 1'000)});
  ledger.Apply(VersionAdopted{both, samples::BytesOf(foreign), {{0}, {}}}, 10);
  const Batch& batch = *ledger.FindBatch(both);
  const auto objection = ObjectionToSigning(ledger, batch, 2, kMinConflictDepth);
  BOOST_REQUIRE(objection.has_value());
  BOOST_TEST(objection->find(bitcoin::DisplayHex(bitcoin::TxidOf(foreign))) != std::string::npos);
  const auto versions = VersionsToSend(ledger, batch, kMinConflictDepth);
  BOOST_REQUIRE(versions.size() == 2U);  // not the first
  BOOST_TEST(versions[0]->adopted);
  BOOST_CHECK(versions[1] == &batch.versions[1]);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
