// A log of which some detail was pruned: what is left of it, what is found in it, and what is not
// taken for pruned.

#include "core/pruning.h"

#include <boost/test/unit_test.hpp>
#include <set>

#include "opened.h"
#include "sample.h"
#include "temporary_folder.h"
#include "wal/audit.h"
#include "wal/codec.h"
#include "wal/database.h"
#include "wal/offline.h"

namespace sendonce::wal {

namespace {

constexpr core::Seq kOldBatch = 3;  // of "old-1", which record 2 recorded

struct PrunedLog {
  PrunedLog() { WriteStory(paths, story); }

  void Plant(const Key& key, const bitcoin::Bytes& value) const {
    const KeyWrite write{key, value};
    const auto database = Must(Database::Open(paths.wal_directory, {}));
    Must(database->Write({&write, 1}));
  }
  Stub StubAt(core::Seq seq) const { return *StubOf(story.Frames().at(seq - 1)); }
  std::vector<std::string> Findings() const { return Must(Verify(paths)).findings.texts; }
  bool Finds(const std::string& words) const {
    for (const auto& text : Findings()) {
      if (text.find(words) != std::string::npos) return true;
    }
    return false;
  }

  const TemporaryFolder folder;
  const Paths paths = folder.paths();
  const Story story = Story::OfPruning();
};

std::vector<core::BatchId> IdsOf(const core::PrunableFound& reply) {
  std::vector<core::BatchId> ids;
  for (const core::Prunable& prunable : reply.found) ids.push_back(prunable.batch.id);
  return ids;
}

using Ids = std::vector<core::BatchId>;

// A log that holds the story, open.
struct OpenLog {
  explicit OpenLog(const Story& story) {
    WriteStory(folder.paths(), story);
    log = Must(Log::Open(folder.paths()));
  }
  core::PrunableFound Find(core::PruneCursor from = {}, size_t max_sends = 100) const {
    return Must(log->FindPrunable({from, 150, max_sends}));
  }

  const TemporaryFolder folder;
  std::unique_ptr<Log> log;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(pruning)

BOOST_AUTO_TEST_CASE(a_log_that_was_pruned_has_no_findings) {
  const PrunedLog log;
  BOOST_TEST(log.Findings() == std::vector<std::string>());
  Must(Log::Open(log.paths));  // now it lies in a table
  BOOST_TEST(log.Findings() == std::vector<std::string>());
}

BOOST_AUTO_TEST_CASE(all_records_of_the_batch_and_of_its_sends_are_stubs_and_no_others) {
  const PrunedLog log;
  std::set<core::Seq> stubs;
  std::set<core::Seq> records;
  Must(WalkRecords(
      log.paths.wal_directory, 1,
      [&](const core::Logged& logged) { return records.insert(logged.seq).second; },
      [&](const Stub& stub) {
        BOOST_TEST((stub == log.StubAt(stub.seq)));
        return stubs.insert(stub.seq).second;
      }));
  // SendRecorded to BatchFinal, but not the ChainMoved before BatchFinal.
  BOOST_TEST(stubs == (std::set<core::Seq>{2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 17}));
  BOOST_TEST(stubs.size() + records.size() == log.story.entries().size());
}

BOOST_AUTO_TEST_CASE(what_an_answer_needs_is_there_and_nothing_else) {
  const PrunedLog written;
  const auto log = Must(Log::Open(written.paths));
  const auto send = Must(log->FindSend("old-1"));
  BOOST_REQUIRE(send);
  BOOST_TEST(EncodeSend(*send) == EncodeSend(*written.story.ledger().FindSend("old-1")));
  BOOST_TEST(!send->content);
  BOOST_TEST(send->pruned->amount_sat == 150'000);
  BOOST_TEST(send->payment->block.height == 101);
  BOOST_TEST(send->seq == 9U);
  BOOST_TEST(!Must(log->FindBatch(kOldBatch)));
  BOOST_TEST(Must(log->FindBatchesByTxid(send->payment->txid)) == Ids{kOldBatch});
  const auto history = Must(log->FindHistory("old-1"));
  BOOST_TEST(history.records.empty());
  BOOST_TEST(history.pruned);
  BOOST_TEST(!Must(log->FindHistory("young")).pruned);
  BOOST_TEST(Must(log->FindHistory("young")).records.size() == 7U);
  BOOST_TEST(Must(log->ConfirmedAbove(0)).batches.size() == 1U);
  BOOST_TEST((Must(log->Load()).chain.pruned_up_to == 102));
}

// The anchor can be older than the pruning.
BOOST_AUTO_TEST_CASE(an_anchor_that_names_a_record_that_is_a_stub_now_is_met) {
  const TemporaryFolder folder;
  const Story story = Story::OfPruning();
  auto log = Must(Log::Create(folder.paths(), story.entries()[0]));
  Must(log->Append(std::span(story.entries()).subspan(1, 11)));
  Must(log->SyncAnchor());
  BOOST_TEST(log->anchored_seq() == 12U);
  Must(log->Append(story.EntriesAfter(12)));
  log = nullptr;
  BOOST_TEST(Must(Verify(folder.paths())).findings.texts == std::vector<std::string>());
  BOOST_TEST(Must(Log::Open(folder.paths()))->last_seq() == story.entries().size());
}

BOOST_AUTO_TEST_CASE(a_changed_stub_is_found_also_between_stubs) {
  for (core::Seq seq : {4, 7}) {
    const PrunedLog log;
    Stub stub = log.StubAt(seq);
    stub.frame_hash.bytes[0] ^= 1;
    log.Plant(FrameKey(seq), EncodeStub(stub));
    BOOST_TEST(log.Finds("has pruned batch 3, but what stands in the place of its records"), seq);
  }
}

BOOST_AUTO_TEST_CASE(a_stub_that_no_record_justifies_is_found) {
  const PrunedLog log;
  const core::Seq young = log.story.ledger().FindSend("young")->recorded_seq;
  log.Plant(FrameKey(young), EncodeStub(log.StubAt(young)));
  BOOST_TEST(log.Finds("Record " + std::to_string(young) + " is a stub, and no record says"));
}

BOOST_AUTO_TEST_CASE(a_record_that_was_pruned_and_is_back_is_found) {
  const PrunedLog log;
  log.Plant(FrameKey(2), log.story.Frames().at(1));
  BOOST_TEST(log.Finds("breaks a rule: a record that it prunes is there"));
}

BOOST_AUTO_TEST_CASE(a_pruned_answer_that_was_changed_is_found) {
  const PrunedLog log;
  core::Send send = *log.story.ledger().FindSend("old-1");
  send.payment->txid.bytes[0] ^= 1;
  log.Plant(SendKey("old-1"), EncodeSend(send));
  BOOST_TEST(log.Finds("send old-1 has another value than the records give"));
}

// Nothing is pruned that is not what the record was made from.
BOOST_AUTO_TEST_CASE(a_record_that_does_not_fit_the_log_is_not_written) {
  const TemporaryFolder folder;
  const Story story = Story::OfPruning();
  auto log = Must(Log::Create(folder.paths(), story.entries()[0]));
  const size_t before = story.entries().size() - 2;
  Must(log->Append(std::span(story.entries()).subspan(1, before - 1)));
  core::Entry entry = story.entries()[before];
  std::get<core::DetailPruned>(entry.record).batches[0].stubs_hash.bytes[0] ^= 1;
  BOOST_TEST(log->Append({&entry, 1}).has_value());
  BOOST_TEST(log->failure().has_value());
  log = nullptr;
  log = Must(Log::Open(folder.paths()));
  BOOST_TEST(log->last_seq() == before);
  BOOST_TEST(Must(log->FindBatch(kOldBatch)).has_value());
}

BOOST_AUTO_TEST_CASE(what_was_finished_is_found_from_the_lowest_block_on) {
  Story story;
  const auto first = story.Pay("a", 101);
  const auto second = story.Pay("b", 102);
  const auto third = story.Pay("c", 103);
  story.MoveChain(103, 150);
  story.Pay("young", 151);
  const OpenLog open(story);
  const auto all = open.Find();
  BOOST_TEST(IdsOf(all) == (Ids{first, second, third}));
  BOOST_TEST(!all.more);
  const core::PrunedBatch expected = story.Pruned(first);
  BOOST_TEST((core::PrunedOf(all.found[0]) == expected));
  const auto one = open.Find({}, 1);
  BOOST_TEST(IdsOf(one) == Ids{first});
  BOOST_TEST(one.more);
  const auto rest = open.Find(one.next);
  BOOST_TEST(IdsOf(rest) == (Ids{second, third}));
  BOOST_TEST(IdsOf(open.Find(rest.next)) == Ids());
}

BOOST_AUTO_TEST_CASE(what_has_more_of_a_story_is_not_found) {
  Story story;
  story.Submit("dropped");
  story.Drop(story.Reserve({"dropped"}));
  const auto after_drop = story.Reserve({"dropped"});
  story.AskSignature(after_drop);
  story.Sign(after_drop);
  const auto rivalled = story.PayUnseen("rivalled");
  story.SeeRival(rivalled);
  const auto moved = story.Rebuild(story.PayUnseen("moved"));
  story.AskSignature(moved);
  story.Sign(moved);
  const auto bumped = story.PayUnseen("bumped");
  story.Replace(bumped);
  const auto plain = story.PayUnseen("plain");
  for (core::BatchId batch : {after_drop, rivalled, moved, bumped, plain}) {
    story.Confirm(batch, 101);
  }
  story.MoveChain(100, 101);
  for (core::BatchId batch : {after_drop, rivalled, moved, bumped, plain}) story.Finish(batch);
  const auto open = story.PayUnseen("open");
  story.Confirm(open, 102);
  story.MoveChain(101, 102);
  BOOST_TEST(IdsOf(OpenLog(story).Find()) == Ids{plain});
}

BOOST_AUTO_TEST_CASE(an_adopted_payment_is_found_too) {
  Story story;
  const auto batch = story.AdoptPayment("adopted");
  story.Confirm(batch, 101);
  story.MoveChain(100, 101);
  story.Finish(batch);
  story.ReleaseLocks(story.PayUnseen("other"));
  story.MoveChain(101, 1'200);
  BOOST_TEST(IdsOf(OpenLog(story).Find()) == Ids{batch});
  story.Prune({batch});
  const TemporaryFolder folder;
  WriteStory(folder.paths(), story);
  BOOST_TEST(Must(Verify(folder.paths())).findings.texts == std::vector<std::string>());
}

// Hashes made anew around whatever was changed.
BOOST_AUTO_TEST_CASE(a_forged_pruning_is_a_finding_and_never_an_abort) {
  const Story story = Story::OfPruning();
  const auto frames = story.Frames();
  const auto judge = [&](size_t pruning, const bitcoin::Bytes& payload) {
    Audit audit;
    Link link;
    for (size_t i = 0; i < frames.size(); ++i) {
      Frame frame = *DecodeFrame(frames[i]);
      if (i == pruning) frame.payload = payload;
      frame.previous_hash = link.hash;
      bitcoin::Bytes bytes = EncodeFrame(frame);
      link = LinkAfter(frame, bytes);
      if (i < 17 && i != 0 && i != 7 && i != 15) bytes = EncodeStub(*StubOf(bytes));
      audit.Add(FrameKey(frame.seq), bytes);
    }
    audit.CheckStubs();
    return audit.findings().texts;
  };
  const size_t pruning = frames.size() - 2;
  const bitcoin::Bytes payload = DecodeFrame(frames[pruning])->payload;
  BOOST_TEST(judge(pruning, payload) == std::vector<std::string>());
  for (size_t at = 0; at < payload.size(); ++at) {
    bitcoin::Bytes changed = payload;
    changed[at] ^= 0x81;
    judge(pruning, changed);
  }
  BOOST_TEST(!judge(pruning, EncodeRecord(core::DetailPruned{})).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::wal
