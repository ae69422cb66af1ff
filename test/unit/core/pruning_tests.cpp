// What may be pruned, what is left of it, and that nothing goes on below.

#include "core/pruning.h"

#include <boost/test/unit_test.hpp>

#include "machine_play.h"

namespace sendonce::core {
namespace {

using samples::BlockAt;
using samples::CoinOf;
using samples::Paying;
using samples::To;

// A log with a final batch of w-1 and w-2 at block 101, which is as deep as it has to be.
struct Log {
  Log() {
    ledger.Apply(samples::LogBeginning(), 1);
    batch = Signed({"w-1", "w-2"}, 10);
    Confirm(batch);
    Dig(kMinPruneDepth);
    ledger.Apply(BatchFinal{batch}, 9);
  }

  BatchId Signed(const std::vector<SendId>& ids, uint32_t coin) {
    for (const SendId& id : ids) ledger.Apply(SendRecorded{id, Paying({To(id, 1'000)})}, 2);
    const BatchId id =
        ledger.Apply(samples::Reservation(ledger, ids, {CoinOf(coin, 9'000)}, 100), 3).seq;
    ledger.Apply(SignatureRequested{id, 0}, 4);
    ledger.Apply(VersionSigned{id, 0, samples::SignatureFor(ledger, id)}, 5);
    return id;
  }
  void Confirm(BatchId id) {
    ledger.Apply(BatchConfirmed{id, ledger.FindBatch(id)->versions[0].txid, BlockAt(101)}, 6);
  }
  // So that block 101 has this many confirmations.
  void Dig(int32_t depth) {
    ChainMoved moved{ledger.chain().tip().height, {}, {}};
    for (int32_t height = moved.fork_height + 1; height <= 100 + depth; ++height) {
      moved.blocks.push_back(BlockAt(height));
    }
    ledger.Apply(moved, 7);
  }

  Prunable PrunableOf(BatchId id) const {
    Prunable prunable{*ledger.FindBatch(id), {}, {id, id + 1}, samples::HashOf(7)};
    for (const SendId& send : prunable.batch.sends) {
      prunable.sends.push_back(*ledger.FindSend(send));
    }
    return prunable;
  }
  PrunedBatch Pruned() const { return PrunedOf(PrunableOf(batch)); }
  std::string On(const Record& record) const { return ledger.Objection(record).value_or(""); }

  Ledger ledger;
  BatchId batch = 0;
};

constexpr const char* kStory = "the batch, or a send of it, has more of a story";

BOOST_AUTO_TEST_SUITE(pruning_tests)

BOOST_FIXTURE_TEST_CASE(what_is_left_says_what_an_answer_needs, Log) {
  const Send before = *ledger.FindSend("w-1");
  const Entry entry = ledger.Apply(DetailPruned{{Pruned()}}, 10);
  const Send& after = *ledger.FindSend("w-1");
  BOOST_TEST(!after.content);
  BOOST_TEST((after.pruned == DigestOf(*before.content)));
  BOOST_TEST(after.pruned->amount_sat == 1'000);
  BOOST_TEST(after.payment->vouts.empty());
  BOOST_TEST((after.payment->txid == before.payment->txid));
  BOOST_TEST((after.payment->txids == before.payment->txids));
  BOOST_TEST((after.payment->block == before.payment->block));
  BOOST_TEST(after.seq == before.seq);
  BOOST_TEST(after.created_at_ms == before.created_at_ms);
  BOOST_TEST(after.updated_at_ms == before.updated_at_ms);
  BOOST_TEST(!Ledger::IsOpen(after));
  BOOST_TEST(!ledger.FindBatch(batch));
  BOOST_TEST(!ledger.FindBatchByTxid(before.payment->txid));
  BOOST_TEST(ledger.BatchesSpending(samples::OutPointOf(10)).empty());
  BOOST_TEST(entry.sends.size() == 2U);
  BOOST_TEST((entry.chain->pruned_up_to == 101));
}

BOOST_FIXTURE_TEST_CASE(it_goes_once_and_as_the_log_has_it, Log) {
  BOOST_TEST(On(DetailPruned{}) == "it prunes nothing");
  BOOST_TEST(On(DetailPruned{{Pruned(), Pruned()}}) == "a batch stands twice in it");
  PrunedBatch other = Pruned();
  other.sends[0].content.hash.bytes[0] ^= 1;
  BOOST_TEST(On(DetailPruned{{other}}) == "it does not say what the log says");
  other = Pruned();
  other.sends.pop_back();
  BOOST_TEST(On(DetailPruned{{other}}) == "it does not say what the log says");
  const PrunedBatch pruned = Pruned();
  ledger.Apply(DetailPruned{{pruned}}, 10);
  BOOST_TEST(On(DetailPruned{{pruned}}) ==
             "a record that it prunes is there, or was pruned before");
}

BOOST_AUTO_TEST_CASE(what_is_not_deep_stays) {
  Log log;
  log.ledger = Ledger();
  log.ledger.Apply(samples::LogBeginning(), 1);
  log.batch = log.Signed({"w-1"}, 10);
  log.Confirm(log.batch);
  log.Dig(kMinPruneDepth - 1);
  log.ledger.Apply(BatchFinal{log.batch}, 9);
  BOOST_TEST(log.On(DetailPruned{{log.Pruned()}}) == "a batch is not deep enough in the chain");
  log.Dig(kMinPruneDepth);
  BOOST_TEST(log.On(DetailPruned{{log.Pruned()}}) == "");
}

BOOST_FIXTURE_TEST_CASE(what_an_alarm_names_stays, Log) {
  const PrunedBatch pruned = Pruned();
  const Seq alarm = ledger.Apply(AlarmRaised{AlarmKind::kRival, {}, batch, "look"}, 10).seq;
  BOOST_TEST(On(DetailPruned{{pruned}}) == "an alarm names the batch");
  ledger.Apply(AlarmAccepted{alarm, "seen"}, 11);
  BOOST_TEST(On(DetailPruned{{pruned}}) == "an alarm names the batch");
}

BOOST_FIXTURE_TEST_CASE(what_had_a_rival_or_was_left_or_is_open_stays, Log) {
  const Prunable simple = PrunableOf(batch);
  BOOST_TEST(HadSimpleLife(simple.batch, simple.sends));
  const auto had_simple_life = [&](auto change) {
    Prunable changed = simple;
    change(changed.batch, changed.sends[1]);
    return HadSimpleLife(changed.batch, changed.sends);
  };
  BOOST_TEST(!had_simple_life([](Batch& one, Send&) { one.end = BatchEnd::kOpen; }));
  BOOST_TEST(!had_simple_life([](Batch& one, Send&) { one.left = true; }));
  BOOST_TEST(!had_simple_life([](Batch& one, Send&) { one.locked = true; }));
  BOOST_TEST(!had_simple_life([](Batch& one, Send&) { one.rivals.emplace_back(); }));
  BOOST_TEST(!had_simple_life([](Batch& one, Send&) { one.vanished.emplace_back(); }));
  BOOST_TEST(!had_simple_life([](Batch& one, Send&) { one.exclusions.emplace_back(); }));
  BOOST_TEST(!had_simple_life([](Batch& one, Send&) { one.versions[0].raw_tx.clear(); }));
  BOOST_TEST(!had_simple_life([](Batch&, Send& send) { send.batches.push_back(99); }));
  BOOST_TEST(!had_simple_life([](Batch&, Send& send) { send.payment.reset(); }));
  BOOST_TEST(!had_simple_life([](Batch&, Send& send) { send.ending = Ending::kDeclaredPaid; }));
  BOOST_TEST(!had_simple_life([](Batch&, Send& send) { send.excluded_by_verdict.resize(1); }));
  BOOST_TEST(!had_simple_life([](Batch&, Send& send) { ++send.seq; }));
  const PrunedBatch pruned = Pruned();
  ledger.Apply(BatchReopened{batch, BlockAt(101)}, 10);
  BOOST_TEST(On(DetailPruned{{pruned}}) == kStory);
}

BOOST_FIXTURE_TEST_CASE(the_chain_does_not_fall_back_below, Log) {
  ledger.Apply(DetailPruned{{Pruned()}}, 10);
  BOOST_TEST(On(ChainMoved{100, {}, {}}) == "what was pruned can not be opened again");
  BOOST_TEST(On(ChainMoved{101, {}, {}}) == "");
}

// A log that is read offline holds stubs where the record pruned.
BOOST_FIXTURE_TEST_CASE(a_pruned_log_gives_the_same_sends, Log) {
  const PrunedBatch pruned = Pruned();
  const Entry there = ledger.Apply(DetailPruned{{pruned}}, 10);
  Ledger offline;
  offline.Apply(samples::LogBeginning(), 1);
  while (offline.last_seq() + 2 < there.seq) offline.Skip(offline.last_seq() + 1);
  ChainMoved moved{100, {}, {}};
  for (int32_t height = 101; height <= 1'100; ++height) moved.blocks.push_back(BlockAt(height));
  offline.Apply(moved, 7);
  const Entry here = offline.Apply(DetailPruned{{pruned}}, 10);
  BOOST_REQUIRE(here.seq == there.seq);
  BOOST_TEST((offline.FindSend("w-2")->pruned == ledger.FindSend("w-2")->pruned));
  BOOST_TEST((offline.FindSend("w-2")->payment == ledger.FindSend("w-2")->payment));
  BOOST_TEST((here.chain->pruned_up_to == 101));
  BOOST_TEST(!offline.IsSkipped(pruned.id));
  BOOST_TEST(*offline.Objection(DetailPruned{{pruned}}) ==
             "a record that it prunes is there, or was pruned before");
}

// --- the machine

// w-1 is paid at block 101 by batch 3; the chain is as deep on it as -prune=7 asks.
struct Old : Play {
  Old() : Play(Pruning()) {
    Start();
    Submit("w-1", content);
    Settle();
    node.Mine(kDepth);
    Reconcile();
  }
  static constexpr int32_t kDepth = 7 * kBlocksPerDay;
  static Policy Pruning() {
    Policy policy;
    policy.prune_depth = kDepth;
    return policy;
  }

  void Prune() {
    After(60'000);
    Finds();
    Settle();
  }

  const SendContent content = Paying({To("alice", 50'000)});
};

BOOST_FIXTURE_TEST_CASE(it_asks_the_log_once_there_is_a_block_old_enough, Old) {
  const bool asked_at_once = IsAskedTo<FindPrunable>();
  BOOST_TEST(!asked_at_once);
  After(60'000);
  BOOST_TEST(Asked<FindPrunable>().up_to_height == 101);
}

BOOST_FIXTURE_TEST_CASE(what_is_found_is_written_down_and_forgotten, Old) {
  After(60'000);
  const Seq next = log.last_seq() + 1;
  CHECK_STEP(Finds(), "append " + std::to_string(next) + ": prune batch 3");
  CHECK_STEP(Query("w-1"));  // says "pruned", so it waits
  Durable();
  BOOST_TEST(WasAnswered(2));
  BOOST_TEST(!ledger().FindSend("w-1"));
  BOOST_TEST(!ledger().FindBatch(3));
  BOOST_TEST(log.FindSend("w-1")->pruned.has_value());
}

BOOST_FIXTURE_TEST_CASE(a_replay_is_answered_as_before_without_outputs, Old) {
  const SendView before = View("w-1");
  Prune();
  Submit("w-1", content);
  const SendView after = View("w-1");
  BOOST_TEST((after.outcome == SendOutcome::kSent));
  BOOST_TEST((after.state == SendState::kFinal));
  BOOST_TEST((after.txid == before.txid));
  BOOST_TEST((after.block == before.block));
  BOOST_TEST((after.fee_sat == before.fee_sat));
  BOOST_TEST(after.seq == before.seq);
  BOOST_TEST(after.outputs.empty());
  BOOST_TEST((after.pruned_amount_sat == 50'000));
  BOOST_TEST(!before.pruned_amount_sat);
}

BOOST_FIXTURE_TEST_CASE(the_id_stays_bound_to_its_content, Old) {
  Prune();
  const Seq last = log.last_seq();
  Submit("w-1", content);
  BOOST_TEST((std::get<SendReply>(ReplyTo(2)).verdict == Verdict::kKnown));
  Submit("w-1", {To("alice", 50'001)});
  BOOST_TEST((std::get<SendReply>(ReplyTo(3)).verdict == Verdict::kIdReused));
  BOOST_TEST(std::get<SendReply>(ReplyTo(3)).field == "outputs");
  Cancel("w-1");
  BOOST_TEST((std::get<SendReply>(ReplyTo(4)).verdict == Verdict::kTooLate));
  Bump("w-1", 99'000);
  BOOST_TEST((std::get<SendReply>(ReplyTo(5)).verdict == Verdict::kTooLate));
  BOOST_TEST(log.last_seq() == last);
}

// Which of its outputs are another id's is not known any more.
BOOST_FIXTURE_TEST_CASE(a_transaction_of_pruned_sends_is_not_adopted, Old) {
  const bitcoin::Txid txid = *View("w-1").txid;
  const auto raw_tx = log.batches().at(3).versions[0].raw_tx;
  Prune();
  Give(Adopt{50, "w-9", content, txid, std::nullopt});
  Give(TransactionLookedUp{50, txid, FoundTransaction{raw_tx, BlockAt(101), {}, 0}, {}, true});
  BOOST_TEST((std::get<SendReply>(ReplyTo(50)).verdict == Verdict::kNotPaid));
}

BOOST_FIXTURE_TEST_CASE(a_reorganisation_down_to_what_was_pruned_stops_all_paying, Old) {
  Prune();
  const Seq last = log.last_seq();
  node.Reorganise(kDepth);
  Reconcile();
  BOOST_REQUIRE(machine().paying_stall());
  BOOST_TEST(machine().paying_stall()->code == "pruned_below");
  BOOST_TEST(!machine().paying_stall()->automatic);
  BOOST_TEST(log.last_seq() == last);
  Crash();
  Settle();
  BOOST_TEST(machine().paying_stall()->code == "pruned_below");
}

BOOST_FIXTURE_TEST_CASE(a_reorganisation_above_is_followed, Old) {
  Prune();
  node.Reorganise(900);
  Reconcile();
  BOOST_TEST(!machine().paying_stall());
  BOOST_TEST(ledger().chain().tip().height == node.height());
}

// What the log said may not be so any more.
BOOST_FIXTURE_TEST_CASE(what_was_found_before_a_reorganisation_is_not_used, Old) {
  After(60'000);
  node.Reorganise(1);
  ReadsChain();
  const Seq last = log.last_seq();
  Finds();
  BOOST_TEST(log.last_seq() == last);
  After(60'000);
  BOOST_TEST(Asked<FindPrunable>().from.height == 0);
}

BOOST_FIXTURE_TEST_CASE(a_crash_before_it_is_durable_changes_nothing, Old) {
  After(60'000);
  Finds();
  Crash();
  Settle();
  BOOST_TEST(log.FindSend("w-1")->content.has_value());
  Prune();
  BOOST_TEST(!log.FindSend("w-1")->content.has_value());
}

BOOST_AUTO_TEST_CASE(without_the_option_nothing_is_asked_for) {
  Play play;
  play.Start();
  play.node.Mine(2'000);
  play.Reconcile();
  play.After(60'000);
  BOOST_TEST(!play.IsAskedTo<FindPrunable>());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
