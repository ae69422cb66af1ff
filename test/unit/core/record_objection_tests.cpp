#include "core/record_objection.h"

#include <boost/test/unit_test.hpp>

#include "core/exclusion.h"
#include "objection_log.h"
#include "samples.h"

namespace sendonce::core {
namespace {

using samples::BlockAt;
using samples::CoinOf;
using samples::Paying;
using samples::To;

BOOST_FIXTURE_TEST_SUITE(record_objection_tests, ObjectionLog)

BOOST_AUTO_TEST_CASE(a_log_begins_with_its_beginning_and_only_there) {
  const Ledger empty;
  BOOST_TEST(!ObjectionToRecord(empty, samples::LogBeginning()));
  BOOST_TEST(*ObjectionToRecord(empty, SendRecorded{"w-1", Paying({To("a", 1)})}) ==
             "a log begins with WalCreated");
  BOOST_TEST(On(samples::LogBeginning()) == "a log begins once");
}

// --- sends

BOOST_AUTO_TEST_CASE(an_id_is_recorded_once_for_ever) {
  BOOST_TEST(On(SendRecorded{"w-3", Paying({To("a", 1)})}) == "");
  BOOST_TEST(On(SendRecorded{"w-1", Paying({To("a", 1)})}) == "the id is recorded already (G4)");
  ledger.Apply(SendEnded{"burnt", Ending::kCancelled}, 5);
  BOOST_TEST(On(SendRecorded{"burnt", Paying({To("a", 1)})}) == "the id is recorded already (G4)");
  BOOST_TEST(On(SendRecorded{"not an id", Paying({To("a", 1)})}) == "the id is not valid");
  BOOST_TEST(On(SendRecorded{"w-3", Paying({})}) == "a send has at least one output");
}

BOOST_AUTO_TEST_CASE(a_send_ends_only_while_it_waits) {
  BOOST_TEST(On(SendEnded{"w-1", Ending::kCancelled}) == "");
  BOOST_TEST(On(SendEnded{"unknown", Ending::kCancelled}) == "");
  BOOST_TEST(On(SendEnded{"r-1", Ending::kCancelled}) ==
             "the send belongs to a batch that goes on");
  BOOST_TEST(On(SendEnded{"s-1", Ending::kExpired}) ==
             "a transaction may exist that pays the send (G6)");
  ledger.Apply(SendEnded{"w-1", Ending::kExpired}, 5);
  BOOST_TEST(On(SendEnded{"w-1", Ending::kCancelled}) == "the send has ended already");
}

BOOST_AUTO_TEST_CASE(a_send_of_a_dropped_batch_can_end) {
  ledger.Apply(BatchDropped{reserved}, 5);
  BOOST_TEST(On(SendEnded{"r-1", Ending::kCancelled}) == "");
}

// --- reservations

BOOST_AUTO_TEST_CASE(a_reservation_of_free_coins_for_waiting_sends_is_in_order) {
  BOOST_TEST(On(ReservationFor({"w-1", "w-2"}, 10)) == "");
}

BOOST_AUTO_TEST_CASE(a_batch_spends_at_least_one_coin) {
  BatchReserved record = ReservationFor({"w-1"}, 10);
  record.coins.clear();
  BOOST_TEST(On(record) == "a batch spends at least one coin");
}

BOOST_AUTO_TEST_CASE(a_coin_belongs_to_one_live_batch) {
  BOOST_TEST(On(ReservationFor({"w-1"}, 20)) == "a coin belongs to a live batch (R2)");
  BOOST_TEST(On(ReservationFor({"w-1"}, 30)) == "a coin belongs to a live batch (R2)");
  BatchReserved twice = ReservationFor({"w-1"}, 10);
  twice.coins.push_back(twice.coins.front());
  BOOST_TEST(On(twice) == "a coin stands twice in the batch");
  ledger.Apply(BatchDropped{reserved}, 5);
  BOOST_TEST(On(ReservationFor({"w-1"}, 20)) == "");
}

BOOST_AUTO_TEST_CASE(a_send_belongs_to_one_live_batch) {
  BOOST_TEST(On(ReservationFor({"r-1"}, 10)) ==
             "a batch without a signature is given up, not left");
  BOOST_TEST(On(ReservationFor({"s-1"}, 10)) ==
             "a transaction that may pay the send is not excluded (R4)");
  BOOST_TEST(On(ReservationFor({"w-1", "w-1"}, 10)) == "a send stands twice in the batch");
  BatchReserved unknown = ReservationFor({"w-1"}, 10);
  unknown.sends = {"unknown"};
  BOOST_TEST(On(unknown) == "a send of the batch is not open");
  const BatchReserved ended = ReservationFor({"w-1"}, 10);
  ledger.Apply(SendEnded{"w-1", Ending::kCancelled}, 5);
  BOOST_TEST(On(ended) == "a send of the batch is not open");
}

BOOST_AUTO_TEST_CASE(the_recorded_transaction_pays_the_sends_that_are_named) {
  BatchReserved record = ReservationFor({"w-1"}, 10);
  record.sends = {"w-2"};
  BOOST_TEST(On(record) == "its outputs are not those of the sends, in order");
  record = ReservationFor({"w-1"}, 10);
  record.fee_sat += 1;
  BOOST_TEST(On(record) == "the fee is not as recorded");
}

// --- signatures

BOOST_AUTO_TEST_CASE(a_signature_is_asked_for_a_version_of_an_open_batch) {
  BOOST_TEST(On(SignatureRequested{reserved, 0}) == "");
  BOOST_TEST(On(SignatureRequested{signed_batch, 0}) == "");
  BOOST_TEST(On(SignatureRequested{reserved, 1}) == "there is no such version");
  BOOST_TEST(On(SignatureRequested{99, 0}) == "there is no such batch");
  ledger.Apply(BatchDropped{reserved}, 5);
  BOOST_TEST(On(SignatureRequested{reserved, 0}) == "there is no such batch");
}

BOOST_AUTO_TEST_CASE(no_signature_is_asked_for_a_transaction_of_somebody_else) {
  ledger.Apply(
      VersionAdopted{reserved, OtherOn(reserved, {samples::OutputTo("r-1", 1'000)}), {{0}}}, 5);
  BOOST_TEST(On(SignatureRequested{reserved, 1}) == "an adopted version is not ours to sign");
}

BOOST_AUTO_TEST_CASE(no_signature_is_asked_for_a_final_batch) {
  BOOST_TEST(On(SignatureRequested{signed_batch, 0}) == "");
  ledger.Apply(BatchConfirmed{signed_batch, txid, BlockAt(101)}, 5);
  BOOST_TEST(On(SignatureRequested{signed_batch, 0}) ==
             "a transaction that pays the send is in the chain (R4)");
  ledger.Apply(BatchFinal{signed_batch}, 6);
  BOOST_TEST(On(SignatureRequested{signed_batch, 0}) == "the batch is not live");
}

BOOST_AUTO_TEST_CASE(what_is_signed_was_asked_for_and_is_the_recorded_transaction) {
  const auto raw_tx = samples::SignatureFor(ledger, reserved);
  BOOST_TEST(On(VersionSigned{reserved, 0, raw_tx}) == "no signature was asked for (R1)");
  ledger.Apply(SignatureRequested{reserved, 0}, 5);
  BOOST_TEST(On(VersionSigned{reserved, 0, raw_tx}) == "");
  BOOST_TEST(On(VersionSigned{reserved, 1, raw_tx}) == "there is no such version");
  BOOST_TEST(On(VersionSigned{99, 0, raw_tx}) == "there is no such batch");
  BOOST_TEST(On(VersionSigned{reserved, 0, samples::SignatureFor(ledger, signed_batch)}) ==
             "the signed transaction differs from the one that was given to sign");
  BOOST_TEST(On(VersionSigned{reserved, 0, {}}) == "the signed transaction is malformed");
}

// Another signature over it would be another transaction where a coin is legacy: what the log holds
// is what can have left.
BOOST_AUTO_TEST_CASE(a_version_is_signed_once) {
  BOOST_TEST(On(VersionSigned{signed_batch, 0, samples::SignatureFor(ledger, signed_batch, 2)}) ==
             "the version is signed already");
}

// --- what is known of versions

BOOST_AUTO_TEST_CASE(only_a_signed_version_is_accepted_or_confirmed) {
  const bitcoin::Txid unsigned_txid = ledger.FindBatch(reserved)->versions[0].txid;
  BOOST_TEST(On(VersionAccepted{signed_batch, txid}) == "");
  BOOST_TEST(On(BatchConfirmed{signed_batch, txid, BlockAt(101)}) == "");
  for (const Record& record : {Record(VersionAccepted{reserved, unsigned_txid}),
                               Record(BatchConfirmed{reserved, unsigned_txid, BlockAt(101)})}) {
    BOOST_TEST(On(record) == "the version is not signed in the log (R1)");
  }
  for (const Record& record : {Record(VersionAccepted{signed_batch, unsigned_txid}),
                               Record(BatchConfirmed{signed_batch, unsigned_txid, BlockAt(101)})}) {
    BOOST_TEST(On(record) == "the transaction is no version of the batch");
  }
  for (const Record& record :
       {Record(VersionAccepted{99, txid}), Record(BatchConfirmed{99, txid, BlockAt(101)})}) {
    BOOST_TEST(On(record) == "there is no such batch");
  }
}

BOOST_AUTO_TEST_CASE(a_batch_is_confirmed_in_one_block_at_a_time) {
  ledger.Apply(BatchConfirmed{signed_batch, txid, BlockAt(101)}, 5);
  BOOST_TEST(On(BatchConfirmed{signed_batch, txid, BlockAt(102)}) ==
             "the batch is confirmed already");
  BOOST_TEST(On(BatchReopened{signed_batch, BlockAt(102)}) == "it is confirmed in another block");
  BOOST_TEST(On(BatchReopened{signed_batch, BlockAt(101)}) == "");
  BOOST_TEST(On(BatchReopened{reserved, BlockAt(101)}) == "the batch is not confirmed");
  BOOST_TEST(On(BatchReopened{99, BlockAt(101)}) == "the batch is not confirmed");
}

BOOST_AUTO_TEST_CASE(what_is_adopted_or_a_rival_spends_a_coin_of_the_batch) {
  const auto spender = OtherOn(reserved, {samples::OutputTo("r-1", 1'000)});
  const auto stranger = OtherOn(signed_batch, {samples::OutputTo("r-1", 1'000)});
  BOOST_TEST(On(VersionAdopted{reserved, spender, {{0}}}) == "");
  BOOST_TEST(On(RivalSeen{reserved, spender, std::nullopt}) == "");
  for (const Record& record : {Record(VersionAdopted{reserved, stranger, {{0}}}),
                               Record(RivalSeen{reserved, stranger, std::nullopt})}) {
    BOOST_TEST(On(record) == "the transaction spends no coin of the batch");
  }
  for (const Record& record : {Record(VersionAdopted{reserved, {}, {{0}}}),
                               Record(RivalSeen{reserved, {}, std::nullopt})}) {
    BOOST_TEST(On(record) == "the transaction is malformed");
  }
  for (const Record& record :
       {Record(VersionAdopted{99, spender, {{0}}}), Record(RivalSeen{99, spender, std::nullopt})}) {
    BOOST_TEST(On(record) == "there is no such batch");
  }
  BOOST_TEST(On(VersionAdopted{reserved, spender, {}}) == "each send of the batch is judged");
}

BOOST_AUTO_TEST_CASE(an_output_pays_one_send_of_whatever_batch) {
  auto coins = ledger.FindBatch(reserved)->coins;
  coins.push_back(ledger.FindBatch(signed_batch)->coins[0]);
  const auto both = samples::BytesOf(samples::Signed(
      samples::Spending(coins, {samples::OutputTo("r-1", 1'000), samples::OutputTo("s-1", 1'000)}),
      coins, 9));
  BOOST_TEST(On(VersionAdopted{reserved, both, {{0, 2}}}) == "the transaction has no such output");
  ledger.Apply(VersionAdopted{reserved, both, {{0}}}, 5);
  BOOST_TEST(On(VersionAdopted{signed_batch, both, {{0}}}) ==
             "an output of the transaction pays another id");
  BOOST_TEST(On(VersionAdopted{signed_batch, both, {{1}}}) == "");
}

BOOST_AUTO_TEST_CASE(only_a_rival_that_is_known_can_go) {
  const auto rival = OtherOn(signed_batch, {samples::OutputTo("mallory", 8'000)});
  const auto rival_txid = bitcoin::TxidOf(*bitcoin::ParseTransaction(rival));
  BOOST_TEST(On(RivalGone{signed_batch, rival_txid}) == "there is no such rival");
  BOOST_TEST(On(RivalGone{99, rival_txid}) == "there is no such batch");
  ledger.Apply(RivalSeen{signed_batch, rival, std::nullopt}, 5);
  BOOST_TEST(On(RivalGone{signed_batch, rival_txid}) == "");
}

// --- the end of a batch

BOOST_AUTO_TEST_CASE(a_batch_is_final_once_confirmed) {
  BOOST_TEST(On(BatchFinal{signed_batch}) == "the batch is not confirmed");
  BOOST_TEST(On(BatchFinal{99}) == "the batch is not confirmed");
  ledger.Apply(BatchConfirmed{signed_batch, txid, BlockAt(101)}, 5);
  BOOST_TEST(On(BatchFinal{signed_batch}) == "");
  ledger.Apply(BatchFinal{signed_batch}, 6);
  BOOST_TEST(On(BatchFinal{signed_batch}) == "the batch is not open");
}

// A send that what confirmed does not pay is still to be paid: its batch is watched on.
BOOST_AUTO_TEST_CASE(a_batch_with_a_send_unpaid_is_never_final) {
  const BatchId both = Reserve({"w-1", "w-2"}, 10);
  const auto bumped = OtherOn(both, {samples::OutputTo("w-1", 1'000)});
  ledger.Apply(VersionAdopted{both, bumped, {{0}, {}}}, 5);
  const auto bumped_txid = bitcoin::TxidOf(*bitcoin::ParseTransaction(bumped));
  ledger.Apply(BatchConfirmed{both, bumped_txid, BlockAt(101)}, 6);
  BOOST_TEST(On(BatchFinal{both}) == "a send of the batch is not paid by what confirmed");
}

BOOST_AUTO_TEST_CASE(a_batch_is_given_up_only_before_a_signature_was_asked_for) {
  BOOST_TEST(On(BatchDropped{reserved}) == "");
  BOOST_TEST(On(BatchDropped{signed_batch}) == "a signature may exist for the batch (R4)");
  BOOST_TEST(On(BatchDropped{99}) == "there is no such open batch");
  ledger.Apply(SignatureRequested{reserved, 0}, 5);
  BOOST_TEST(On(BatchDropped{reserved}) == "a signature may exist for the batch (R4)");
}

BOOST_AUTO_TEST_CASE(a_batch_that_somebody_else_pays_for_is_not_given_up) {
  const auto spender = OtherOn(reserved, {samples::OutputTo("r-1", 1'000)});
  ledger.Apply(VersionAdopted{reserved, spender, {{0}}}, 5);
  BOOST_TEST(On(BatchDropped{reserved}) == "a signature may exist for the batch (R4)");
}

BOOST_AUTO_TEST_CASE(a_batch_is_given_up_once) {
  ledger.Apply(BatchDropped{reserved}, 5);
  BOOST_TEST(On(BatchDropped{reserved}) == "there is no such open batch");
}

// --- the chain and alarms

BOOST_AUTO_TEST_CASE(blocks_follow_each_other_above_the_fork) {
  BOOST_TEST(On(ChainMoved{100, {BlockAt(101), BlockAt(102)}, {}}) == "");
  BOOST_TEST(On(ChainMoved{100, {BlockAt(102)}, {}}) == "blocks follow each other");
  BOOST_TEST(On(ChainMoved{100, {BlockAt(101), BlockAt(103)}, {}}) == "blocks follow each other");
  BOOST_TEST(On(ChainMoved{100, {BlockAt(100)}, {}}) == "blocks follow each other");
  BOOST_TEST(On(ChainMoved{99, {BlockAt(100)}, {}}) ==
             "the chain is followed only from where the log began");
}

// What stands between could pay or spend, and nobody would have looked.
BOOST_AUTO_TEST_CASE(no_block_is_passed_over) {
  BOOST_TEST(On(ChainMoved{101, {BlockAt(102)}, {}}) == "the fork is a block that was read");
  BOOST_TEST(On(ChainMoved{101, {}, {}}) == "the fork is a block that was read");
}

BOOST_AUTO_TEST_CASE(an_alarm_is_accepted_once) {
  const Seq alarm = ledger.Apply(AlarmRaised{}, 5).seq;
  BOOST_TEST(On(AlarmAccepted{alarm, "seen"}) == "");
  BOOST_TEST(On(AlarmAccepted{alarm + 1, "seen"}) == "there is no such alarm");
  ledger.Apply(AlarmAccepted{alarm, "seen"}, 6);
  BOOST_TEST(On(AlarmAccepted{alarm, "seen"}) == "the alarm is accepted already");
}

BOOST_AUTO_TEST_SUITE_END()

// R4 on whole logs: a send that has left a batch for which a signature was asked. No record makes a
// send leave so yet, so the ledger is made from contents in which it has.
class Left {
 public:
  Left() {
    Ledger first;
    first.Apply(samples::LogBeginning(), 1);
    first.Apply(SendRecorded{"w-1", Paying({To("alice", 1'000)})}, 2);
    batch_ = first.Apply(samples::Reservation(first, {"w-1"}, coins_, 100), 3).seq;
    first.Apply(SignatureRequested{batch_, 0}, 4);
    first.Apply(VersionSigned{batch_, 0, samples::SignatureFor(first, batch_)}, 5);
    batch_now_ = *first.FindBatch(batch_);
    send_ = *first.FindSend("w-1");
    send_.live_batch.reset();
    contents_ = {first.created(), first.last_seq(), first.chain(), {}, {}, {}};
  }

  // A rival that takes coin 10 and gives `outputs`, in the block at that height or in none.
  bitcoin::Transaction AddRival(const std::vector<bitcoin::TxOut>& outputs,
                                std::optional<int32_t> height) {
    const auto rival = samples::Signed(samples::Spending({coins_[0]}, outputs), {coins_[0]}, 9);
    std::optional<ChainPosition> block;
    if (height) block = BlockAt(*height);
    batch_now_.rivals.push_back({samples::BytesOf(rival), bitcoin::TxidOf(rival), block});
    return rival;
  }

  void SetTip(int32_t height) { contents_.chain.locator.push_back(BlockAt(height)); }
  void SetConfirmed() { batch_now_.confirmation = Confirmation{Paying_(), BlockAt(100)}; }

  // What is said to a batch that spends `coins` for the send again.
  std::string On(const std::vector<Coin>& coins, std::vector<Exclusion> exclusions) {
    Ledger::Contents contents = contents_;
    contents.sends = {send_};
    contents.batches = {batch_now_};
    // R2 would speak first; R4 is what is asked about here: the old batch's claim on its coins is
    // over, as it is for a superseded one.
    contents.batches[0].coins.clear();
    const Ledger ledger(std::move(contents));
    BatchReserved record = samples::Reservation(ledger, {"w-1"}, coins, 100);
    record.exclusions = std::move(exclusions);
    return ObjectionToRecord(ledger, record).value_or("");
  }

  std::string OnEnding() {
    Ledger::Contents contents = contents_;
    contents.sends = {send_};
    contents.batches = {batch_now_};
    const Ledger ledger(std::move(contents));
    return ObjectionToRecord(ledger, SendEnded{"w-1", Ending::kCancelled}).value_or("");
  }

  Exclusion By(ExclusionReason reason, const bitcoin::OutPoint& coin,
               const bitcoin::Txid& rival = {}) const {
    return {"w-1", Paying_(), reason, coin, rival};
  }

  const std::vector<Coin>& coins() const { return coins_; }

 private:
  bitcoin::Txid Paying_() const { return batch_now_.versions.front().txid; }

  std::vector<Coin> coins_ = {CoinOf(10, 9'000), CoinOf(11, 9'000)};
  BatchId batch_ = 0;
  Batch batch_now_;
  Send send_;
  Ledger::Contents contents_;
};

constexpr auto kNotExcluded = "a transaction that may pay the send is not excluded (R4)";

Coin OutputOf(const bitcoin::Transaction& transaction) {
  return {{bitcoin::TxidOf(transaction), 0},
          transaction.outputs[0].amount_sat,
          samples::ScriptOf("wallet")};
}

BOOST_FIXTURE_TEST_SUITE(paying_again_tests, Left)

BOOST_AUTO_TEST_CASE(other_coins_alone_are_no_reason) {
  BOOST_TEST(On({CoinOf(12, 9'000)}, {}) == kNotExcluded);
}

BOOST_AUTO_TEST_CASE(a_shared_coin_is_one_if_the_record_names_it) {
  BOOST_TEST(On({coins()[1]}, {}) == kNotExcluded);
  BOOST_TEST(On({coins()[1]}, {By(ExclusionReason::kSharedCoin, coins()[1].outpoint)}) == "");
}

BOOST_AUTO_TEST_CASE(a_reason_for_another_send_or_transaction_does_not_count) {
  Exclusion other = By(ExclusionReason::kSharedCoin, coins()[1].outpoint);
  other.send = "w-2";
  BOOST_TEST(On({coins()[1]}, {other}) == kNotExcluded);
  other = By(ExclusionReason::kSharedCoin, coins()[1].outpoint);
  other.excluded = samples::HashOf(1);
  BOOST_TEST(On({coins()[1]}, {other}) == kNotExcluded);
}

BOOST_AUTO_TEST_CASE(nothing_is_paid_again_while_a_payment_is_in_the_chain) {
  SetConfirmed();
  BOOST_TEST(On({coins()[1]}, {By(ExclusionReason::kSharedCoin, coins()[1].outpoint)}) ==
             "a transaction that pays the send is in the chain (R4)");
}

BOOST_AUTO_TEST_CASE(an_output_of_a_rival_in_the_log_is_a_reason) {
  const auto rival = AddRival({samples::OutputTo("wallet", 8'000)}, 101);
  const auto coin = OutputOf(rival);
  BOOST_TEST(On({coin}, {By(ExclusionReason::kDescendsFromRival, coin.outpoint,
                            bitcoin::TxidOf(rival))}) == "");
}

BOOST_AUTO_TEST_CASE(a_rival_that_the_log_never_saw_is_none) {
  const auto rival = samples::Spending({coins()[0]}, {samples::OutputTo("wallet", 8'000)});
  const auto coin = OutputOf(rival);
  BOOST_TEST(On({coin}, {By(ExclusionReason::kDescendsFromRival, coin.outpoint,
                            bitcoin::TxidOf(rival))}) == kNotExcluded);
}

// R7: who pays the send's address in another amount, or one of several like sends, was noted as a
// rival. It is none to build on: a person must judge.
BOOST_AUTO_TEST_CASE(a_rival_that_pays_the_sends_address_is_no_reason) {
  const auto rival =
      AddRival({samples::OutputTo("wallet", 7'000), samples::OutputTo("alice", 999)}, 101);
  const auto coin = OutputOf(rival);
  BOOST_TEST(On({coin},
                {By(ExclusionReason::kDescendsFromRival, coin.outpoint, bitcoin::TxidOf(rival))}) ==
             "whether the send is paid already only a verdict can say (R7)");
}

// The log does not know the operator's -conflictdepth; it holds every record to the lowest.
BOOST_AUTO_TEST_CASE(a_rival_is_deep_from_the_lowest_conflict_depth_on) {
  const auto rival = AddRival({samples::OutputTo("mallory", 8'000)}, 101);
  const auto deep = By(ExclusionReason::kDeepRival, {}, bitcoin::TxidOf(rival));
  SetTip(101 + kMinConflictDepth - 2);
  BOOST_TEST(On({CoinOf(12, 9'000)}, {deep}) == kNotExcluded);
  SetTip(101 + kMinConflictDepth - 1);
  BOOST_TEST(On({CoinOf(12, 9'000)}, {deep}) == "");
}

BOOST_AUTO_TEST_CASE(a_rival_in_no_block_is_not_deep) {
  const auto rival = AddRival({samples::OutputTo("mallory", 8'000)}, std::nullopt);
  SetTip(500);
  BOOST_TEST(On({CoinOf(12, 9'000)},
                {By(ExclusionReason::kDeepRival, {}, bitcoin::TxidOf(rival))}) == kNotExcluded);
}

// V5: a send that may be paid by an older batch can not be cancelled in a younger one.
BOOST_AUTO_TEST_CASE(a_send_with_a_signature_in_any_batch_does_not_end) {
  BOOST_TEST(OnEnding() == "a transaction may exist that pays the send (G6)");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
