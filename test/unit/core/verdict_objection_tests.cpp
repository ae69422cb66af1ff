#include <boost/test/unit_test.hpp>

#include "objection_log.h"

namespace sendonce::core {
namespace {

using samples::BlockAt;
using samples::CoinOf;
using samples::OutputTo;
using samples::Paying;
using samples::To;

BOOST_FIXTURE_TEST_SUITE(verdict_objection_tests, ObjectionLog)

BOOST_AUTO_TEST_CASE(a_verdict_is_on_an_open_send_that_the_rules_leave_waiting) {
  const auto on = [&](const SendId& id) {
    return On(VerdictGiven{id, OperatorVerdict::kPayAgain, {txid}, "seen lost"});
  };
  BOOST_TEST(on("s-1") == "");
  BOOST_TEST(on("unknown") == "the send is not open");
  BOOST_TEST(on("w-1") == "the rules decide about the send");
  BOOST_TEST(on("r-1") == "the rules decide about the send");
  ledger.Apply(SendEnded{"w-1", Ending::kCancelled}, 5);
  BOOST_TEST(on("w-1") == "the send is not open");
}

BOOST_AUTO_TEST_CASE(a_verdict_names_a_reason_and_everything_that_may_pay) {
  BOOST_TEST(On(VerdictGiven{"s-1", OperatorVerdict::kNever, {txid}, ""}) ==
             "a verdict has a reason");
  BOOST_TEST(On(VerdictGiven{"s-1", OperatorVerdict::kNever, {}, "seen lost"}) ==
             "the verdict does not name every transaction that may pay the send");
  BOOST_TEST(On(VerdictGiven{"s-1", OperatorVerdict::kNever, {samples::HashOf(7)}, "seen lost"}) ==
             "the verdict does not name every transaction that may pay the send");
}

BOOST_AUTO_TEST_CASE(what_is_in_the_chain_can_only_be_said_to_have_paid) {
  ledger.Apply(BatchConfirmed{signed_batch, txid, BlockAt(101)}, 5);
  for (const auto verdict : {OperatorVerdict::kPayAgain, OperatorVerdict::kNever}) {
    BOOST_TEST(On(VerdictGiven{"s-1", verdict, {txid}, "seen lost"}) ==
               "a transaction that pays the send is in the chain");
  }
  BOOST_TEST(On(VerdictGiven{"s-1", OperatorVerdict::kPaid, {txid}, "seen there"}) == "");
}

BOOST_AUTO_TEST_CASE(only_a_verdict_declares_a_send_paid) {
  BOOST_TEST(On(SendEnded{"w-1", Ending::kDeclaredPaid}) == "only a verdict declares a send paid");
}

BOOST_AUTO_TEST_CASE(a_verdict_excludes_what_it_names_and_nothing_else) {
  BatchReserved record = ReservationFor({"s-1"}, 12);
  record.exclusions = {{"s-1", txid, ExclusionReason::kVerdict, {}, {}}};
  BOOST_TEST(On(record) == "a transaction that may pay the send is not excluded (R4)");
  ledger.Apply(VerdictGiven{"s-1", OperatorVerdict::kPayAgain, {txid}, "seen lost"}, 5);
  BOOST_TEST(On(record) == "");
  const auto bumped = OtherOn(signed_batch, {OutputTo("s-1", 1'000)});
  ledger.Apply(VersionAdopted{signed_batch, bumped, {{0}}}, 6);
  BOOST_TEST(On(record) == "a transaction that may pay the send is not excluded (R4)");
}

// R7, again before a signature: who pays the send's address in another amount came between. Not
// once it was asked for: the same bytes change nothing.
BOOST_AUTO_TEST_CASE(no_signature_is_asked_for_what_only_a_verdict_can_say) {
  const auto coins = std::vector{CoinOf(10, 9'000), CoinOf(11, 9'000)};
  const BatchId first = ledger.Apply(samples::Reservation(ledger, {"w-1"}, coins, 100), 5).seq;
  ledger.Apply(SignatureRequested{first, 0}, 6);
  const bitcoin::Txid asked = ledger.FindBatch(first)->versions[0].txid;
  BatchReserved record = ReservationFor({"w-1"}, 11);
  record.exclusions = {{"w-1", asked, ExclusionReason::kSharedCoin, samples::OutPointOf(11), {}}};
  BOOST_REQUIRE(On(record) == "");
  const BatchId second = ledger.Apply(record, 7).seq;
  BOOST_TEST(On(SignatureRequested{second, 0}) == "");
  const Ledger without_rival = ledger;
  const auto seen = [](BatchId batch) {
    const std::vector<Coin> taken = {CoinOf(10, 9'000)};
    const auto rival = samples::Spending(taken, {OutputTo("w-1", 999)});
    return RivalSeen{batch, samples::BytesOf(samples::Signed(rival, taken, 9)), std::nullopt};
  };
  ledger.Apply(seen(first), 8);
  BOOST_TEST(On(SignatureRequested{second, 0}) ==
             "whether the send is paid already only a verdict can say (R7)");
  ledger = without_rival;
  ledger.Apply(SignatureRequested{second, 0}, 8);
  ledger.Apply(seen(first), 9);
  BOOST_TEST(On(SignatureRequested{second, 0}) == "");
}

// --- sends that leave a batch

// V7 of the model: the signature that was asked for may pay each of them.
BOOST_AUTO_TEST_CASE(all_sends_of_a_batch_with_an_unknown_signature_leave_together) {
  const BatchId both = Reserve({"w-1", "w-2"}, 10);
  ledger.Apply(SignatureRequested{both, 0}, 5);
  const bitcoin::Txid asked = ledger.FindBatch(both)->versions[0].txid;
  for (const char* id : {"w-1", "w-2"}) {
    ledger.Apply(VerdictGiven{id, OperatorVerdict::kPayAgain, {asked}, "seen lost"}, 6);
  }
  const auto leaving = [&](const std::vector<SendId>& ids) {
    BatchReserved record = ReservationFor(ids, 12);
    for (const SendId& id : ids) {
      record.exclusions.push_back({id, asked, ExclusionReason::kVerdict, {}, {}});
    }
    return On(record);
  };
  BOOST_TEST(leaving({"w-1"}) ==
             "all sends of a batch whose signature is not known leave together (R4)");
  BOOST_TEST(leaving({"w-1", "w-2"}) == "");
}

BOOST_AUTO_TEST_CASE(the_sends_of_a_reservation_come_from_one_batch) {
  BOOST_TEST(On(ReservationFor({"s-1", "w-1"}, 12)) == "the sends come from different batches");
  BOOST_TEST(On(ReservationFor({"w-1", "s-1"}, 12)) == "the sends come from different batches");
  BatchReserved record = ReservationFor({"w-1"}, 12);
  record.sends.clear();
  BOOST_TEST(On(record) == "a batch pays at least one send");
}

// --- payments that were made outside

struct Outside : ObjectionLog {
  Outside() {
    raw_tx = samples::BytesOf(samples::Signed(
        samples::Spending({CoinOf(40, 9'000)}, {OutputTo("w-1", 1'000), OutputTo("w-1", 1'000)}),
        {CoinOf(40, 9'000)}));
  }

  std::string OnAdopting(const SendId& id, const std::vector<uint32_t>& vouts,
                         bitcoin::Amount amount_sat = 1'000) const {
    return On(PaymentAdopted{id, Paying({To("w-1", amount_sat)}), raw_tx, vouts, 0});
  }

  bitcoin::Bytes raw_tx;
};

BOOST_FIXTURE_TEST_CASE(a_payment_is_adopted_for_a_new_id_or_one_that_waits, Outside) {
  BOOST_TEST(OnAdopting("new", {0}) == "");
  BOOST_TEST(OnAdopting("w-1", {1}) == "");
  BOOST_TEST(OnAdopting("not an id", {0}) == "the id is not valid");
  BOOST_TEST(OnAdopting("w-2", {0}) == "the send has other content (G4)");
  BOOST_TEST(OnAdopting("r-1", {0}) == "the send is paid, or may be, by something else");
  BOOST_TEST(OnAdopting("s-1", {0}) == "the send is paid, or may be, by something else");
  ledger.Apply(SendEnded{"w-1", Ending::kCancelled}, 5);
  BOOST_TEST(OnAdopting("w-1", {0}) == "the send is paid, or may be, by something else");
  BOOST_TEST(On(PaymentAdopted{"new", Paying({}), raw_tx, {}, 0}) ==
             "a send has at least one output");
}

BOOST_FIXTURE_TEST_CASE(a_payment_that_is_adopted_pays_each_output_once, Outside) {
  BOOST_TEST(OnAdopting("new", {}) == "each output of the send is named once");
  BOOST_TEST(OnAdopting("new", {0, 1}) == "each output of the send is named once");
  BOOST_TEST(OnAdopting("new", {2}) == "the transaction has no such output, or it stands twice");
  BOOST_TEST(OnAdopting("new", {0}, 999) == "the transaction does not pay the send");
  const auto twice = Paying({To("w-1", 1'000), To("w-1", 1'000)});
  BOOST_TEST(On(PaymentAdopted{"new", twice, raw_tx, {0, 0}, 0}) ==
             "the transaction has no such output, or it stands twice");
  BOOST_TEST(On(PaymentAdopted{"new", twice, raw_tx, {1, 0}, 0}) == "");
  raw_tx.pop_back();
  BOOST_TEST(OnAdopting("new", {0}) == "the transaction is malformed");
}

BOOST_FIXTURE_TEST_CASE(an_output_pays_one_id, Outside) {
  ledger.Apply(PaymentAdopted{"first", Paying({To("w-1", 1'000)}), raw_tx, {0}, 0}, 5);
  BOOST_TEST(OnAdopting("second", {0}) == "an output of the transaction pays another id");
  BOOST_TEST(OnAdopting("second", {1}) == "");
}

// --- what else is said of a batch

BOOST_AUTO_TEST_CASE(a_version_is_not_adopted_as_another) {
  const auto raw_tx = ledger.FindBatch(signed_batch)->versions[0].raw_tx;
  BOOST_TEST(On(VersionAdopted{signed_batch, raw_tx, {{0}}}) ==
             "the transaction is a version already");
}

BOOST_AUTO_TEST_CASE(coins_vanish_and_locks_go_only_where_they_were) {
  BOOST_TEST(On(CoinsVanished{reserved, {samples::OutPointOf(20)}}) == "");
  BOOST_TEST(On(CoinsVanished{reserved, {samples::OutPointOf(30)}}) ==
             "the coin is none of the batch");
  BOOST_TEST(On(CoinsVanished{99, {}}) == "there is no such open batch");
  BOOST_TEST(On(LocksReleased{reserved}) == "");
  BOOST_TEST(On(LocksReleased{99}) == "there is no such batch with locks");
  ledger.Apply(LocksReleased{reserved}, 5);
  BOOST_TEST(On(LocksReleased{reserved}) == "there is no such batch with locks");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
