#include "core/outbox.h"

#include <boost/test/unit_test.hpp>

#include "samples.h"
#include "transcript.h"

namespace sendonce::core {
namespace {

using samples::CoinOf;
using samples::Paying;
using samples::To;

constexpr Millis kNow = 1'000;

// A ledger whose first record is durable, and an outbox over it.
struct Begun {
  Begun() {
    ledger.Apply(samples::LogBeginning(), kNow);
    outbox.emplace(ledger);
  }

  Seq Record(const SendId& id) {
    return outbox->Write(SendRecorded{id, Paying({To("alice", 1'000)})}, kNow);
  }

  // A batch of one send, signature and all, up to what was asked for.
  BatchId Reserve(const SendId& id, uint32_t coin) {
    return outbox->Write(samples::Reservation(ledger, {id}, {CoinOf(coin, 5'000)}, 100), kNow);
  }

  BatchId Finish(const SendId& id, uint32_t coin) {
    const BatchId batch = Reserve(id, coin);
    outbox->Write(SignatureRequested{batch, 0}, kNow);
    outbox->Write(VersionSigned{batch, 0, samples::SignatureFor(ledger, batch)}, kNow);
    const bitcoin::Txid txid = ledger.FindBatch(batch)->versions[0].txid;
    outbox->Write(BatchConfirmed{batch, txid, samples::BlockAt(101)}, kNow);
    outbox->Write(BatchFinal{batch}, kNow);
    return batch;
  }

  void Answer(CallToken call, Seq seq) { outbox->Reply(call, SendReply{}, seq); }

  std::string Take() { return transcript.TextOf(outbox->Take()); }

  Ledger ledger;
  std::optional<Outbox> outbox;
  Transcript transcript;
};

BOOST_FIXTURE_TEST_SUITE(outbox_tests, Begun)

// R1, for every effect that is more than a question.
BOOST_AUTO_TEST_CASE(nothing_that_rests_on_a_record_leaves_before_it_is_durable) {
  const Seq seq = Record("w-1");
  outbox->Emit(LockCoins{seq, {samples::OutPointOf(7)}});
  outbox->Emit(UnlockCoins{3, {samples::OutPointOf(7)}});
  outbox->Emit(Sign{seq, 0, {}});
  outbox->Emit(Broadcast{seq, {}, samples::BytesOf(samples::Spending({CoinOf(7, 9)}, {})), 0});
  Answer(1, seq);
  CHECK_STEP(Take(), "append 2: w-1 recorded");
  CHECK_STEP(Take());
  outbox->OnDurable(seq);
  CHECK_STEP(Take(), "lock c7 for batch 2", "unlock c7", "sign batch 2 version 0",
             "broadcast t1 of batch 2", "answer 1: known");
  CHECK_STEP(Take());
}

BOOST_AUTO_TEST_CASE(questions_to_the_node_need_no_record) {
  Record("w-1");
  outbox->Emit(ReadChain{{samples::BlockAt(100)}});
  outbox->Emit(ReadCoins{});
  outbox->Emit(ReadSpends{samples::BlockAt(100)});
  outbox->Emit(LookUpCoins{2, {samples::OutPointOf(7)}});
  outbox->Emit(
      DraftTransaction{1, {CoinOf(7, 5'000)}, {samples::OutputTo("alice", 1'000)}, {}, {}, {}, 0});
  CHECK_STEP(Take(), "append 2: w-1 recorded", "read chain from 100", "read coins",
             "read spends since 100", "look up c7 of batch 2", "draft 1: c7 to alice 1000");
}

BOOST_AUTO_TEST_CASE(with_everything_durable_an_effect_leaves_at_once) {
  outbox->Emit(LockCoins{9, {samples::OutPointOf(7)}});
  CHECK_STEP(Take(), "lock c7 for batch 9");
}

// The append of an earlier record says nothing about a later one.
BOOST_AUTO_TEST_CASE(an_effect_waits_for_every_record_that_was_made_before_it) {
  const Seq first = Record("w-1");
  const Seq second = Record("w-2");
  outbox->Emit(LockCoins{9, {samples::OutPointOf(7)}});
  CHECK_STEP(Take(), "append 2: w-1 recorded", "append 3: w-2 recorded");
  outbox->OnDurable(first);
  CHECK_STEP(Take());
  outbox->OnDurable(second);
  CHECK_STEP(Take(), "lock c7 for batch 9");
}

BOOST_AUTO_TEST_CASE(an_answer_waits_only_for_the_records_that_it_rests_on) {
  const Seq first = Record("w-1");
  const Seq second = Record("w-2");
  Answer(2, second);
  Answer(1, first);
  Answer(3, 0);
  CHECK_STEP(Take(), "append 2: w-1 recorded", "append 3: w-2 recorded", "answer 3: known");
  outbox->OnDurable(first);
  CHECK_STEP(Take(), "answer 1: known");
  Answer(4, first);
  CHECK_STEP(Take(), "answer 4: known");
  outbox->OnDurable(second);
  CHECK_STEP(Take(), "answer 2: known");
}

BOOST_AUTO_TEST_CASE(what_was_held_leaves_in_the_order_in_which_it_was_asked_for) {
  for (uint32_t i = 1; i <= 3; ++i) {
    const Seq seq = Record("w-" + std::to_string(i));
    outbox->Emit(UnlockCoins{3, {samples::OutPointOf(i)}});
    Answer(i, seq);
  }
  outbox->Take();
  outbox->OnDurable(ledger.last_seq());
  CHECK_STEP(Take(), "unlock c1", "answer 1: known", "unlock c2", "answer 2: known", "unlock c3",
             "answer 3: known");
}

// Group commit: the next append takes all that waits, each record once, in order.
BOOST_AUTO_TEST_CASE(an_append_takes_all_that_waits) {
  Record("w-1");
  CHECK_STEP(Take(), "append 2: w-1 recorded");
  Record("w-2");
  Record("w-3");
  CHECK_STEP(Take(), "append 3: w-2 recorded", "append 4: w-3 recorded");
  CHECK_STEP(Take());
}

BOOST_AUTO_TEST_CASE(an_entry_carries_what_its_record_touched_as_it_then_was) {
  Record("w-1");
  const BatchId batch = Reserve("w-1", 7);
  const Effects effects = outbox->Take();
  const auto& entries = std::get<Append>(effects.at(0)).entries;
  BOOST_REQUIRE(entries.size() == 2U);
  BOOST_TEST(!entries[0].sends.at(0).live_batch);
  BOOST_TEST((entries[1].sends.at(0).live_batch == batch));
}

BOOST_AUTO_TEST_CASE(what_is_closed_is_forgotten_when_all_that_is_known_of_it_is_durable) {
  Record("w-1");
  const BatchId batch = Finish("w-1", 7);
  outbox->OnDurable(ledger.last_seq() - 1);
  BOOST_TEST(ledger.FindSend("w-1"));
  BOOST_TEST(ledger.FindBatch(batch));
  outbox->OnDurable(ledger.last_seq());
  BOOST_TEST(!ledger.FindSend("w-1"));
  BOOST_TEST(!ledger.FindBatch(batch));
}

BOOST_AUTO_TEST_CASE(what_is_open_is_kept) {
  Record("w-1");
  const BatchId batch = Reserve("w-1", 7);
  outbox->OnDurable(ledger.last_seq());
  BOOST_TEST(ledger.FindSend("w-1"));
  BOOST_TEST(ledger.FindBatch(batch));
}

BOOST_AUTO_TEST_CASE(an_ended_send_is_kept_until_its_end_is_durable) {
  Record("w-1");
  outbox->OnDurable(ledger.last_seq());
  const Seq end = outbox->Write(SendEnded{"w-1", Ending::kCancelled}, kNow);
  BOOST_TEST(ledger.FindSend("w-1"));
  outbox->OnDurable(end);
  BOOST_TEST(!ledger.FindSend("w-1"));
}

// Opened again before its end was durable: then durability of the end closes nothing.
BOOST_AUTO_TEST_CASE(what_was_opened_again_meanwhile_is_kept) {
  Record("w-1");
  const BatchId batch = Finish("w-1", 7);
  const Seq final_seq = ledger.last_seq();
  outbox->Write(BatchReopened{batch, samples::BlockAt(101)}, kNow);
  outbox->OnDurable(final_seq);
  outbox->OnDurable(ledger.last_seq());
  BOOST_TEST(ledger.FindSend("w-1"));
  BOOST_TEST(ledger.FindBatch(batch));
}

BOOST_AUTO_TEST_CASE(sends_are_touched_by_their_own_records_and_by_those_of_their_batch) {
  Record("w-1");
  Record("w-2");
  BOOST_TEST((outbox->TakeTouched() == std::vector<SendId>{"w-1", "w-2"}));
  BOOST_TEST(outbox->TakeTouched().empty());
  const BatchId batch = Reserve("w-1", 7);
  BOOST_TEST((outbox->TakeTouched() == std::vector<SendId>{"w-1"}));
  outbox->Write(SignatureRequested{batch, 0}, kNow);
  BOOST_TEST((outbox->TakeTouched() == std::vector<SendId>{"w-1"}));
}

BOOST_AUTO_TEST_CASE(how_long_the_first_record_waits_is_known) {
  const auto record_at = [&](const SendId& id, Millis now_ms) {
    return outbox->Write(SendRecorded{id, Paying({To("alice", 1'000)})}, now_ms);
  };
  BOOST_TEST(outbox->unsynced() == 0U);
  BOOST_TEST(outbox->WaitedMs(kNow) == 0);
  record_at("w-1", kNow);
  const Seq second = record_at("w-2", kNow);
  const Seq third = record_at("w-3", kNow + 10);
  const Seq last = record_at("w-4", kNow + 20);
  BOOST_TEST(outbox->unsynced() == 4U);
  BOOST_TEST(outbox->WaitedMs(kNow + 25) == 25);
  outbox->OnDurable(second - 1);
  BOOST_TEST(outbox->WaitedMs(kNow + 25) == 25);
  outbox->OnDurable(second);
  BOOST_TEST(outbox->WaitedMs(kNow + 25) == 15);
  outbox->OnDurable(third);
  BOOST_TEST(outbox->WaitedMs(kNow + 25) == 5);
  BOOST_TEST(outbox->WaitedMs(kNow) == 0);
  outbox->OnDurable(last);
  BOOST_TEST(outbox->WaitedMs(kNow + 25) == 0);
}

// What an answer that counts confirmations rests on.
BOOST_AUTO_TEST_CASE(the_last_record_that_moved_the_chain_is_known) {
  BOOST_TEST(outbox->chain_seq() == 0U);
  const Seq moved = outbox->Write(ChainMoved{100, {samples::BlockAt(101)}, {}}, kNow);
  Record("w-1");
  BOOST_TEST(outbox->chain_seq() == moved);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
