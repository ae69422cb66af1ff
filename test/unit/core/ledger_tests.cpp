#include "core/ledger.h"

#include <boost/test/unit_test.hpp>

#include "samples.h"

namespace sendonce::core {
namespace {

using samples::BlockAt;
using samples::CoinOf;
using samples::OutPointOf;
using samples::Paying;
using samples::To;

// A log step by step; each function applies one record.
class Story {
 public:
  Story() { Apply(samples::LogBeginning()); }

  Entry Apply(Record record) { return ledger_.Apply(std::move(record), ++now_ms_); }

  Entry Submit(const SendId& id) { return Apply(SendRecorded{id, Paying({To(id, 1'000)})}); }
  Entry Reserve(const std::vector<SendId>& ids, uint32_t coin) {
    return Apply(samples::Reservation(ledger_, ids, {CoinOf(coin, 9'000)}, 100));
  }
  BatchId Reserved(const std::vector<SendId>& ids, uint32_t coin) {
    for (const SendId& id : ids) Submit(id);
    return Reserve(ids, coin).seq;
  }
  BatchId Signed(const std::vector<SendId>& ids, uint32_t coin) {
    const BatchId batch = Reserved(ids, coin);
    Apply(SignatureRequested{batch, 0});
    Apply(VersionSigned{batch, 0, samples::SignatureFor(ledger_, batch)});
    return batch;
  }
  BatchId Confirmed(const std::vector<SendId>& ids, uint32_t coin, int32_t height) {
    const BatchId batch = Signed(ids, coin);
    Apply(BatchConfirmed{batch, TxidOf(batch), BlockAt(height)});
    return batch;
  }
  BatchId Final(const std::vector<SendId>& ids, uint32_t coin, int32_t height) {
    const BatchId batch = Confirmed(ids, coin, height);
    Apply(BatchFinal{batch});
    return batch;
  }

  bitcoin::Txid TxidOf(BatchId batch) const { return BatchAt(batch).versions.front().txid; }
  const Batch& BatchAt(BatchId batch) const { return *ledger_.FindBatch(batch); }
  const Send& SendOf(const SendId& id) const { return *ledger_.FindSend(id); }
  // A transaction of somebody else on the batch's coin.
  bitcoin::Transaction Other(BatchId batch, std::vector<bitcoin::TxOut> outputs) const {
    const auto& coins = BatchAt(batch).coins;
    return samples::ByAnother(coins, outputs);
  }

  Ledger& ledger() { return ledger_; }
  Millis now_ms() const { return now_ms_; }

 private:
  Ledger ledger_;
  Millis now_ms_ = 1'000;
};

using Ids = std::vector<BatchId>;

BOOST_FIXTURE_TEST_SUITE(ledger_tests, Story)

BOOST_AUTO_TEST_CASE(a_log_begins_with_its_binding_and_the_block_to_follow_from) {
  BOOST_TEST(ledger().last_seq() == 1U);
  BOOST_TEST(ledger().created().wallet_name == "hot");
  BOOST_TEST((ledger().chain().tip() == BlockAt(100)));
  BOOST_TEST((ledger().chain().work == samples::WorkOf(100)));
}

BOOST_AUTO_TEST_CASE(records_are_numbered_without_gaps_and_dated) {
  const Entry first = Submit("w-1");
  BOOST_TEST(first.seq == 2U);
  BOOST_TEST(first.at_ms == now_ms());
  BOOST_TEST(Submit("w-2").seq == 3U);
  BOOST_TEST(ledger().last_seq() == 3U);
}

// --- the states of a send

BOOST_AUTO_TEST_CASE(a_recorded_send_waits_in_its_place) {
  Submit("w-1");
  Submit("w-2");
  BOOST_TEST((ledger().waiting() == std::map<Seq, SendId>{{2, "w-1"}, {3, "w-2"}}));
  BOOST_TEST(Ledger::IsOpen(SendOf("w-1")));
  BOOST_TEST(SendOf("w-1").recorded_seq == 2U);
  BOOST_TEST(SendOf("w-1").created_at_ms == now_ms() - 1);
  BOOST_TEST(!ledger().LiveBatchOf(SendOf("w-1")));
}

BOOST_AUTO_TEST_CASE(an_ended_send_waits_no_more_and_is_closed) {
  Submit("w-1");
  Apply(SendEnded{"w-1", Ending::kExpired});
  BOOST_TEST(ledger().waiting().empty());
  BOOST_TEST((SendOf("w-1").ending == Ending::kExpired));
  BOOST_TEST(SendOf("w-1").content.has_value());
  BOOST_TEST(!Ledger::IsOpen(SendOf("w-1")));
}

BOOST_AUTO_TEST_CASE(an_unknown_id_is_burnt_without_content) {
  const Entry entry = Apply(SendEnded{"never-seen", Ending::kCancelled});
  BOOST_TEST(!SendOf("never-seen").content);
  BOOST_TEST((SendOf("never-seen").ending == Ending::kCancelled));
  BOOST_TEST(ledger().waiting().empty());
  BOOST_TEST(entry.sends.size() == 1U);
  BOOST_TEST(entry.sends[0].created_at_ms == now_ms());
}

BOOST_AUTO_TEST_CASE(a_reservation_binds_sends_and_coins) {
  const BatchId batch = Reserved({"w-1", "w-2"}, 7);
  BOOST_TEST(ledger().waiting().empty());
  BOOST_TEST((SendOf("w-1").live_batch == batch));
  BOOST_TEST((SendOf("w-2").batches == Ids{batch}));
  BOOST_TEST(ledger().LiveBatchOf(SendOf("w-1")) == &BatchAt(batch));
  BOOST_TEST(ledger().IsReserved(OutPointOf(7)));
  BOOST_TEST(!ledger().IsReserved(OutPointOf(8)));
  BOOST_TEST((ledger().BatchesSpending(OutPointOf(7)) == Ids{batch}));
  BOOST_TEST(ledger().FindBatchByTxid(TxidOf(batch)) == &BatchAt(batch));
  BOOST_TEST(BatchAt(batch).core_coins == 1U);
  BOOST_TEST(Ledger::IsOpen(BatchAt(batch)));
  BOOST_TEST(!SignatureAsked(BatchAt(batch)));
}

BOOST_AUTO_TEST_CASE(a_dropped_batch_frees_its_coins_and_its_sends_take_their_place_again) {
  const BatchId batch = Reserved({"w-1", "w-2"}, 7);
  Submit("w-3");
  Apply(BatchDropped{batch});
  BOOST_TEST((ledger().waiting() == std::map<Seq, SendId>{{2, "w-1"}, {3, "w-2"}, {5, "w-3"}}));
  BOOST_TEST(!SendOf("w-1").live_batch);
  BOOST_TEST(SendOf("w-1").batches.empty());
  BOOST_TEST(!ledger().IsReserved(OutPointOf(7)));
  BOOST_TEST(ledger().BatchesSpending(OutPointOf(7)).empty());
  BOOST_TEST(!Ledger::IsOpen(BatchAt(batch)));
}

BOOST_AUTO_TEST_CASE(a_send_can_be_in_one_batch_after_another) {
  const BatchId first = Reserved({"w-1"}, 7);
  Apply(BatchDropped{first});
  const BatchId second = Reserve({"w-1"}, 8).seq;
  BOOST_TEST((SendOf("w-1").batches == Ids{second}));
  BOOST_TEST((SendOf("w-1").live_batch == second));
}

// The bytes can be the same: forgetting the dropped batch must not make us blind for the new one.
BOOST_AUTO_TEST_CASE(the_same_transaction_again_belongs_to_the_new_batch) {
  const BatchId first = Reserved({"w-1"}, 7);
  Apply(BatchDropped{first});
  const BatchId second = Reserve({"w-1"}, 7).seq;
  BOOST_TEST((TxidOf(first) == TxidOf(second)));
  ledger().ForgetIfClosed(first, ledger().last_seq());
  BOOST_TEST(ledger().FindBatch(first));  // the node may still hold its locks
  Apply(LocksReleased{first});
  ledger().ForgetIfClosed(first, ledger().last_seq());
  BOOST_TEST(!ledger().FindBatch(first));
  BOOST_TEST(ledger().FindBatchByTxid(TxidOf(second)) == &BatchAt(second));
  BOOST_TEST(ledger().IsReserved(OutPointOf(7)));
}

// --- the states of a batch

BOOST_AUTO_TEST_CASE(from_the_request_on_a_signature_may_exist) {
  const BatchId batch = Reserved({"w-1"}, 7);
  BOOST_TEST(!ExplainsSpend(BatchAt(batch), TxidOf(batch)));
  Apply(SignatureRequested{batch, 0});
  BOOST_TEST(SignatureAsked(BatchAt(batch)));
  BOOST_TEST(ExplainsSpend(BatchAt(batch), TxidOf(batch)));
  BOOST_TEST(!ExplainsSpend(BatchAt(batch), bitcoin::Txid()));
  BOOST_TEST(BatchAt(batch).versions[0].raw_tx.empty());
  Apply(SignatureRequested{batch, 0});
  BOOST_TEST(BatchAt(batch).versions.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_signed_version_has_its_bytes) {
  const BatchId batch = Signed({"w-1"}, 7);
  BOOST_TEST((BatchAt(batch).versions[0].raw_tx == samples::SignatureFor(ledger(), batch)));
  BOOST_TEST(!Accepted(BatchAt(batch)));
}

// The signature of a legacy input is part of the txid: what it was called before exists nowhere.
BOOST_AUTO_TEST_CASE(signing_a_legacy_coin_gives_the_transaction_its_name) {
  Submit("w-1");
  const BatchId batch =
      Apply(samples::Reservation(ledger(), {"w-1"}, {samples::LegacyCoinOf(7, 9'000)}, 100)).seq;
  const bitcoin::Txid before = TxidOf(batch);
  Apply(SignatureRequested{batch, 0});
  Apply(VersionSigned{batch, 0, samples::SignatureFor(ledger(), batch)});
  BOOST_TEST((TxidOf(batch) != before));
  BOOST_TEST(ledger().FindBatchByTxid(TxidOf(batch)) == &BatchAt(batch));
  BOOST_TEST(!ledger().FindBatchByTxid(before));
}

BOOST_AUTO_TEST_CASE(a_version_is_accepted_by_its_txid) {
  const BatchId batch = Signed({"w-1"}, 7);
  Apply(VersionAccepted{batch, TxidOf(batch)});
  BOOST_TEST(BatchAt(batch).versions[0].accepted);
  BOOST_TEST(Accepted(BatchAt(batch)));
}

BOOST_AUTO_TEST_CASE(an_adopted_version_is_one_that_a_signature_exists_for) {
  const BatchId batch = Reserved({"w-1"}, 7);
  const auto bumped = Other(batch, {samples::OutputTo("w-1", 1'000)});
  Apply(VersionAdopted{batch, samples::BytesOf(bumped), {{0}}});
  const Version& adopted = BatchAt(batch).versions.at(1);
  BOOST_TEST(adopted.adopted);
  BOOST_TEST(adopted.accepted);
  BOOST_TEST(adopted.signature_asked);
  BOOST_TEST((adopted.txid == bitcoin::TxidOf(bumped)));
  BOOST_TEST(ledger().FindBatchByTxid(adopted.txid) == &BatchAt(batch));
  BOOST_TEST(SignatureAsked(BatchAt(batch)));
  BOOST_TEST(&CurrentVersion(BatchAt(batch)) == &adopted);
}

BOOST_AUTO_TEST_CASE(a_rival_is_noted_once_and_its_place_follows_the_chain) {
  const BatchId batch = Signed({"w-1"}, 7);
  const auto rival = samples::BytesOf(Other(batch, {samples::OutputTo("mallory", 8'000)}));
  Apply(RivalSeen{batch, rival, std::nullopt});
  Apply(RivalSeen{batch, rival, BlockAt(101)});
  BOOST_REQUIRE(BatchAt(batch).rivals.size() == 1U);
  BOOST_TEST((BatchAt(batch).rivals[0].block == BlockAt(101)));
  Apply(RivalSeen{batch, rival, std::nullopt});
  BOOST_TEST(!BatchAt(batch).rivals[0].block);
  Apply(RivalGone{batch, BatchAt(batch).rivals[0].txid});
  BOOST_TEST(BatchAt(batch).rivals.empty());
}

BOOST_AUTO_TEST_CASE(a_confirmation_names_the_version_and_the_block) {
  const BatchId batch = Confirmed({"w-1"}, 7, 101);
  BOOST_TEST((BatchAt(batch).confirmation == Confirmation{TxidOf(batch), BlockAt(101)}));
  BOOST_TEST(Accepted(BatchAt(batch)));
  BOOST_TEST(Ledger::IsOpen(BatchAt(batch)));
  BOOST_TEST(Ledger::IsOpen(SendOf("w-1")));
}

BOOST_AUTO_TEST_CASE(a_final_batch_closes_its_sends_and_leaves_the_payment_in_each) {
  const BatchId batch = Final({"w-1", "w-2"}, 7, 101);
  BOOST_TEST(!Ledger::IsOpen(BatchAt(batch)));
  BOOST_TEST(!Ledger::IsOpen(SendOf("w-2")));
  const Payment& payment = *SendOf("w-2").payment;
  BOOST_TEST((payment.txid == TxidOf(batch)));
  BOOST_TEST((payment.txids == std::vector<bitcoin::Txid>{TxidOf(batch)}));
  BOOST_TEST((payment.vouts == std::vector<uint32_t>{1}));
  BOOST_TEST(payment.fee_sat == 100);
  BOOST_TEST(payment.batch_size == 2U);
  BOOST_TEST((payment.block == BlockAt(101)));
}

// A version that was never signed is no transaction that anybody could find.
BOOST_AUTO_TEST_CASE(the_payment_names_only_transactions_that_exist) {
  const BatchId batch = Reserved({"w-1"}, 7);
  const auto bumped = Other(batch, {samples::OutputTo("w-1", 1'000)});
  Apply(VersionAdopted{batch, samples::BytesOf(bumped), {{0}}});
  Apply(BatchConfirmed{batch, bitcoin::TxidOf(bumped), BlockAt(101)});
  Apply(BatchFinal{batch});
  BOOST_TEST((SendOf("w-1").payment->txids == std::vector<bitcoin::Txid>{bitcoin::TxidOf(bumped)}));
}

BOOST_AUTO_TEST_CASE(a_reorganisation_opens_a_confirmed_batch_again) {
  const BatchId batch = Confirmed({"w-1"}, 7, 101);
  Apply(BatchReopened{batch, BlockAt(101)});
  BOOST_TEST(!BatchAt(batch).confirmation);
  BOOST_TEST((SendOf("w-1").live_batch == batch));
  Apply(BatchConfirmed{batch, TxidOf(batch), BlockAt(102, 1)});
  BOOST_TEST((BatchAt(batch).confirmation->block == BlockAt(102, 1)));
}

BOOST_AUTO_TEST_CASE(a_reorganisation_opens_a_final_batch_again) {
  const BatchId batch = Final({"w-1"}, 7, 101);
  Apply(BatchReopened{batch, BlockAt(101)});
  BOOST_TEST(Ledger::IsOpen(BatchAt(batch)));
  BOOST_TEST(Ledger::IsOpen(SendOf("w-1")));
  BOOST_TEST(!SendOf("w-1").payment);
  BOOST_TEST((SendOf("w-1").live_batch == batch));
  BOOST_TEST(ledger().waiting().empty());
  BOOST_TEST(ledger().IsReserved(OutPointOf(7)));
}

// --- the chain

BOOST_AUTO_TEST_CASE(the_chain_grows_and_the_most_work_is_remembered) {
  Apply(ChainMoved{100, {BlockAt(101), BlockAt(102)}, samples::WorkOf(102)});
  BOOST_TEST((ledger().chain().tip() == BlockAt(102)));
  Apply(ChainMoved{102, {BlockAt(103)}, samples::WorkOf(50)});
  BOOST_TEST((ledger().chain().work == samples::WorkOf(102)));
}

BOOST_AUTO_TEST_CASE(a_reorganisation_replaces_the_blocks_above_the_fork) {
  Apply(ChainMoved{100, {BlockAt(101), BlockAt(102)}, {}});
  Apply(ChainMoved{101, {BlockAt(102, 1), BlockAt(103, 1)}, {}});
  BOOST_TEST(
      (ledger().chain().locator ==
       std::vector<ChainPosition>{BlockAt(100), BlockAt(101), BlockAt(102, 1), BlockAt(103, 1)}));
  Apply(ChainMoved{100, {}, {}});
  BOOST_TEST((ledger().chain().tip() == BlockAt(100)));
}

BOOST_AUTO_TEST_CASE(the_locator_stays_small_dense_at_the_tip_and_begins_where_the_log_does) {
  for (int32_t height = 101; height <= 20'000; ++height) {
    Apply(ChainMoved{height - 1, {BlockAt(height)}, {}});
  }
  const auto& locator = ledger().chain().locator;
  BOOST_TEST(locator.size() < 200U);
  BOOST_TEST((locator.front() == BlockAt(100)));
  for (size_t depth = 0; depth <= 32; ++depth) {
    BOOST_TEST(locator[locator.size() - 1 - depth].height == 20'000 - static_cast<int32_t>(depth));
  }
  BOOST_TEST(std::is_sorted(locator.begin(), locator.end(),
                            [](const auto& a, const auto& b) { return a.height < b.height; }));
}

// --- alarms

BOOST_AUTO_TEST_CASE(an_alarm_stays_with_the_reason_for_which_it_was_accepted) {
  const Seq number = Apply(AlarmRaised{AlarmKind::kRival, {}, std::nullopt, "look"}).seq;
  const Millis raised_at_ms = now_ms();
  BOOST_TEST(!ledger().alarms().at(number).accepted_reason);
  const Entry accepted = Apply(AlarmAccepted{number, "it was me"});
  const Alarm& alarm = ledger().alarms().at(number);
  BOOST_TEST(alarm.number == number);
  BOOST_TEST(*alarm.accepted_reason == "it was me");
  BOOST_TEST(alarm.accepted_at_ms == now_ms());
  BOOST_TEST(alarm.raised_at_ms == raised_at_ms);
  BOOST_TEST(accepted.alarms.size() == 1U);
}

// --- what an entry carries for the log's indexes

// Everything that a record changes in the ledger stands in its entry, and nothing else: a log that
// kept only the entries' last copies is the ledger.
BOOST_AUTO_TEST_CASE(an_entry_holds_what_its_record_touched) {
  struct Touched {
    size_t sends, batches, alarms;
    bool chain;
  };
  const auto check = [](const Entry& entry, Touched touched) {
    BOOST_TEST_CONTEXT(RecordName(entry.record)) {
      BOOST_TEST(entry.sends.size() == touched.sends);
      BOOST_TEST(entry.batches.size() == touched.batches);
      BOOST_TEST(entry.alarms.size() == touched.alarms);
      BOOST_TEST(entry.chain.has_value() == touched.chain);
      for (const Send& send : entry.sends) BOOST_TEST(send.seq == entry.seq);
      for (const Batch& batch : entry.batches) BOOST_TEST(batch.seq == entry.seq);
    }
  };
  check(Submit("w-1"), {1, 0, 0, false});
  check(Submit("w-2"), {1, 0, 0, false});
  const Entry dropped = Reserve({"w-1", "w-2"}, 7);
  check(dropped, {2, 1, 0, false});
  check(Apply(BatchDropped{dropped.seq}), {2, 1, 0, false});
  const BatchId batch = Reserve({"w-1", "w-2"}, 8).seq;
  check(Apply(SignatureRequested{batch, 0}), {0, 1, 0, false});
  const auto rival = samples::BytesOf(Other(batch, {samples::OutputTo("mallory", 8'000)}));
  check(Apply(VersionSigned{batch, 0, samples::SignatureFor(ledger(), batch)}), {0, 1, 0, false});
  check(Apply(VersionAccepted{batch, TxidOf(batch)}), {0, 1, 0, false});
  check(Apply(RivalSeen{batch, rival, std::nullopt}), {0, 1, 0, false});
  check(Apply(RivalGone{batch, BatchAt(batch).rivals[0].txid}), {0, 1, 0, false});
  check(Apply(BatchConfirmed{batch, TxidOf(batch), BlockAt(101)}), {0, 1, 0, false});
  check(Apply(ChainMoved{100, {BlockAt(101)}, {}}), {0, 0, 0, true});
  check(Apply(BatchFinal{batch}), {2, 1, 0, false});
  check(Apply(BatchReopened{batch, BlockAt(101)}), {2, 1, 0, false});
  check(Apply(BatchConfirmed{batch, TxidOf(batch), BlockAt(101)}), {0, 1, 0, false});
  check(Apply(BatchReopened{batch, BlockAt(101)}), {0, 1, 0, false});
  check(Apply(SendEnded{"burnt", Ending::kCancelled}), {1, 0, 0, false});
  const Seq alarm = ledger().last_seq() + 1;
  check(Apply(AlarmRaised{}), {0, 0, 1, false});
  check(Apply(AlarmAccepted{alarm, "seen"}), {0, 0, 1, false});
}

// --- what leaves memory, and comes back

BOOST_AUTO_TEST_CASE(only_what_is_closed_and_durable_is_forgotten) {
  const BatchId open = Confirmed({"w-1"}, 7, 101);
  const BatchId closed = Final({"w-2"}, 8, 101);
  const Seq last = ledger().last_seq();
  for (BatchId id : {open, closed}) ledger().ForgetIfClosed(id, last - 1);
  for (const char* id : {"w-1", "w-2"}) ledger().ForgetIfClosed(SendId(id), last - 1);
  BOOST_TEST(ledger().FindBatch(closed));
  BOOST_TEST(ledger().FindSend("w-2"));
  for (BatchId id : {open, closed}) ledger().ForgetIfClosed(id, last);
  for (const char* id : {"w-1", "w-2"}) ledger().ForgetIfClosed(SendId(id), last);
  BOOST_TEST(ledger().FindBatch(open));
  BOOST_TEST(ledger().FindSend("w-1"));
  BOOST_TEST(!ledger().FindBatch(closed));
  BOOST_TEST(!ledger().FindSend("w-2"));
  BOOST_TEST(!ledger().IsReserved(OutPointOf(8)));
  ledger().ForgetIfClosed(SendId("w-2"), last);
}

BOOST_AUTO_TEST_CASE(what_is_restored_is_as_it_was_and_can_be_opened_again) {
  const BatchId batch = Final({"w-1"}, 7, 101);
  const Batch stored_batch = BatchAt(batch);
  const Send stored_send = SendOf("w-1");
  ledger().ForgetIfClosed(batch, ledger().last_seq());
  ledger().ForgetIfClosed(SendId("w-1"), ledger().last_seq());
  ledger().Restore({stored_send}, {stored_batch});
  BOOST_TEST(ledger().waiting().empty());
  Apply(BatchReopened{batch, BlockAt(101)});
  BOOST_TEST(Ledger::IsOpen(SendOf("w-1")));
  BOOST_TEST((ledger().BatchesSpending(OutPointOf(7)) == Ids{batch}));
}

// What is here is newer than any copy in the log's index.
BOOST_AUTO_TEST_CASE(restoring_does_not_touch_what_is_here) {
  const BatchId batch = Final({"w-1"}, 7, 101);
  const Batch old_batch = BatchAt(batch);
  const Send old_send = SendOf("w-1");
  Apply(BatchReopened{batch, BlockAt(101)});
  ledger().Restore({old_send}, {old_batch});
  BOOST_TEST(Ledger::IsOpen(BatchAt(batch)));
  BOOST_TEST(Ledger::IsOpen(SendOf("w-1")));
}

BOOST_AUTO_TEST_CASE(a_ledger_is_made_from_what_is_open) {
  Submit("waiting");
  const BatchId batch = Signed({"w-1"}, 7);
  Ledger::Contents contents{ledger().created(), ledger().last_seq(), ledger().chain(), {}, {}, {}};
  contents.sends = {SendOf("waiting"), SendOf("w-1")};
  contents.batches = {BatchAt(batch)};
  contents.alarms = {Alarm{2, {}, 0, std::nullopt, 0}};
  Ledger loaded(std::move(contents));
  BOOST_TEST(loaded.last_seq() == ledger().last_seq());
  BOOST_TEST((loaded.waiting() == std::map<Seq, SendId>{{2, "waiting"}}));
  BOOST_TEST(loaded.IsReserved(OutPointOf(7)));
  BOOST_TEST(loaded.FindBatchByTxid(TxidOf(batch)));
  BOOST_TEST(loaded.alarms().count(2) == 1U);
  BOOST_TEST(loaded.Apply(SendRecorded{"next", Paying({To("a", 1)})}, 1).seq ==
             ledger().last_seq() + 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
