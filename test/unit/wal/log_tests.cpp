#include "wal/log.h"

#include <boost/test/unit_test.hpp>
#include <thread>

#include "opened.h"
#include "sample.h"
#include "temporary_folder.h"
#include "wal/codec.h"

namespace sendonce::wal {

namespace {

template <class T>
std::vector<bitcoin::Bytes> Encoded(const std::vector<T>& values,
                                    bitcoin::Bytes (*encode)(const T&)) {
  std::vector<bitcoin::Bytes> all;
  for (const T& value : values) all.push_back(encode(value));
  return all;
}

void CheckSame(const core::Ledger::Contents& found, const core::Ledger::Contents& expected) {
  BOOST_TEST(found.last_seq == expected.last_seq);
  BOOST_TEST(EncodeRecord(found.created) == EncodeRecord(expected.created));
  BOOST_TEST(EncodeChain(found.chain) == EncodeChain(expected.chain));
  BOOST_TEST(Encoded(found.sends, EncodeSend) == Encoded(expected.sends, EncodeSend));
  BOOST_TEST(Encoded(found.batches, EncodeBatch) == Encoded(expected.batches, EncodeBatch));
  BOOST_TEST(Encoded(found.alarms, EncodeAlarm) == Encoded(expected.alarms, EncodeAlarm));
}

std::vector<core::Seq> Seqs(const History& history) {
  std::vector<core::Seq> seqs;
  for (const core::Logged& logged : history.records) seqs.push_back(logged.seq);
  return seqs;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(log_file)

BOOST_AUTO_TEST_CASE(a_new_log_holds_its_first_record) {
  const TemporaryFolder folder;
  const Story story;
  const auto log = Must(Log::Create(folder.paths(), story.entries().front()));
  BOOST_TEST(log->last_seq() == 1U);
  BOOST_TEST(log->wal_id() == story.ledger().created().wal_id);
  CheckSame(Must(log->Load()), story.Kept());
}

BOOST_AUTO_TEST_CASE(what_was_appended_is_there_after_opening_again) {
  const TemporaryFolder folder;
  const Story story = Story::OfEveryType();
  WriteStory(folder.paths(), story);
  const auto log = Must(Log::Open(folder.paths()));
  BOOST_TEST(log->last_seq() == story.entries().size());
  CheckSame(Must(log->Load()), story.Kept());
  for (const auto& [id, send] : story.ledger().sends()) {
    const auto found = Must(log->FindSend(id));
    BOOST_REQUIRE(found);
    BOOST_TEST(EncodeSend(*found) == EncodeSend(send));
  }
  BOOST_TEST(!Must(log->FindSend("nobody")).has_value());
}

BOOST_AUTO_TEST_CASE(a_log_goes_on_where_it_ended) {
  const TemporaryFolder folder;
  Story story;
  WriteStory(folder.paths(), story);
  for (int round = 0; round < 3; ++round) {
    const size_t before = story.entries().size();
    story.Pay("w-" + std::to_string(round), 101 + round);
    const auto log = Must(Log::Open(folder.paths()));
    for (const core::Entry& entry : story.EntriesAfter(before)) Must(log->Append({&entry, 1}));
    BOOST_TEST(log->last_seq() == story.entries().size());
  }
  const auto log = Must(Log::Open(folder.paths()));
  CheckSame(Must(log->Load()), story.Kept());
}

BOOST_AUTO_TEST_CASE(a_history_holds_the_records_of_the_send_and_of_its_batches_in_order) {
  const TemporaryFolder folder;
  Story story;
  story.Submit("a");
  story.Submit("ab");  // its name begins with the other's
  const auto dropped = story.Reserve({"a"});
  story.Drop(dropped);
  const auto batch = story.Reserve({"a", "ab"});
  story.AskSignature(batch);
  story.MoveChain(100, 101);
  const auto alarm = story.RaiseAlarm(batch);
  story.AcceptAlarm(alarm);
  WriteStory(folder.paths(), story);
  const auto log = Must(Log::Open(folder.paths()));
  const auto history = Must(log->FindHistory("a"));
  BOOST_TEST(!history.truncated);
  BOOST_TEST(Seqs(history) == (std::vector<core::Seq>{2, 4, 5, 6, 7, 9, 10}));
  for (const core::Logged& logged : history.records) {
    const core::Entry& written = story.entries()[logged.seq - 1];
    BOOST_TEST(EncodeRecord(logged.record) == EncodeRecord(written.record));
    BOOST_TEST(logged.at_ms == written.at_ms);
  }
  BOOST_TEST(Seqs(Must(log->FindHistory("ab"))) == (std::vector<core::Seq>{3, 6, 7, 9, 10}));
  BOOST_TEST(Must(log->FindHistory("nobody")).records.empty());
}

BOOST_AUTO_TEST_CASE(a_history_holds_what_was_decided_about_the_send_and_where_it_was_before) {
  const TemporaryFolder folder;
  Story story;
  const auto left = story.PayUnseen("a");  // 2 to 5
  const auto batch = story.Rebuild(left);
  story.Submit("b");
  story.SeeRival(left);
  story.AskSignature(batch);
  story.GiveVerdict("a", core::OperatorVerdict::kNever);
  story.AdoptPayment("c");
  WriteStory(folder.paths(), story);
  const auto log = Must(Log::Open(folder.paths()));
  BOOST_TEST(Seqs(Must(log->FindHistory("a"))) ==
             (std::vector<core::Seq>{2, 3, 4, 5, 6, 8, 9, 10}));
  BOOST_TEST(Seqs(Must(log->FindHistory("c"))) == (std::vector<core::Seq>{11}));
}

BOOST_AUTO_TEST_CASE(a_batch_that_was_left_is_loaded_for_ever_and_its_sends_with_it) {
  const TemporaryFolder folder;
  Story story;
  const auto left = story.PayUnseen("moved");
  const auto batch = story.Rebuild(left);
  story.AskSignature(batch);
  story.Sign(batch);
  story.Confirm(batch, 101);
  story.MoveChain(100, 101);
  story.Finish(batch);
  WriteStory(folder.paths(), story);
  const auto log = Must(Log::Open(folder.paths()));
  const auto contents = Must(log->Load());
  CheckSame(contents, story.Kept());
  BOOST_TEST(contents.batches.front().id == left);
  BOOST_REQUIRE_EQUAL(contents.sends.size(), 1U);  // once, and it is closed
  BOOST_TEST(contents.sends[0].payment.has_value());
}

BOOST_AUTO_TEST_CASE(a_dropped_batch_is_loaded_until_its_locks_are_released) {
  const TemporaryFolder folder;
  Story story;
  story.Submit("a");
  const auto dropped = story.Reserve({"a"});
  story.Drop(dropped);
  WriteStory(folder.paths(), story);
  const auto log = Must(Log::Open(folder.paths()));
  BOOST_TEST(Must(log->Load()).batches.size() == 1U);
  story.ReleaseLocks(dropped);
  Must(log->Append({&story.entries().back(), 1}));
  BOOST_TEST(Must(log->Load()).batches.empty());
  BOOST_TEST(Must(log->Load()).sends.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_long_history_is_cut_and_says_so) {
  const TemporaryFolder folder;
  Story story;
  story.Submit("a");
  const auto batch = story.Reserve({"a"});
  story.AskSignature(batch);
  story.Sign(batch);
  while (story.entries().size() < kMaxHistoryRecords + 1) story.Accept(batch);
  WriteStory(folder.paths(), story);
  const auto log = Must(Log::Open(folder.paths()));
  auto history = Must(log->FindHistory("a"));
  BOOST_TEST(history.records.size() == kMaxHistoryRecords);
  BOOST_TEST(!history.truncated);
  story.Accept(batch);
  Must(log->Append({&story.entries().back(), 1}));
  history = Must(log->FindHistory("a"));
  BOOST_TEST(history.records.size() == kMaxHistoryRecords);
  BOOST_TEST(history.truncated);
  BOOST_TEST(history.records.front().seq == 2U);
}

BOOST_AUTO_TEST_CASE(a_batch_is_found_by_the_txid_of_each_version) {
  const TemporaryFolder folder;
  Story story;
  story.Submit("a");
  const auto batch = story.Reserve({"a"});
  story.AskSignature(batch);
  story.Sign(batch);
  const auto first = story.CurrentTxid(batch);
  story.Adopt(batch);
  const auto adopted = story.CurrentTxid(batch);
  BOOST_REQUIRE(first != adopted);
  WriteStory(folder.paths(), story);
  const auto log = Must(Log::Open(folder.paths()));
  BOOST_TEST(Must(log->FindBatchesByTxid(first)) == (std::vector<core::BatchId>{batch}));
  BOOST_TEST(Must(log->FindBatchesByTxid(adopted)) == (std::vector<core::BatchId>{batch}));
  BOOST_TEST(Must(log->FindBatchesByTxid(SampleHash(99))).empty());
  const auto found = Must(log->FindBatch(batch));
  BOOST_REQUIRE(found);
  BOOST_TEST(EncodeBatch(*found) == EncodeBatch(*story.ledger().FindBatch(batch)));
  BOOST_TEST(!Must(log->FindBatch(batch + 1)).has_value());
}

BOOST_AUTO_TEST_CASE(confirmed_above_gives_finished_batches_with_their_sends) {
  const TemporaryFolder folder;
  Story story;
  const auto at_101 = story.Pay("a", 101);
  const auto at_102 = story.Pay("b", 102);
  story.MoveChain(102, 299);
  const auto at_300 = story.Pay("c", 300);
  WriteStory(folder.paths(), story);
  const auto log = Must(Log::Open(folder.paths()));
  const auto ids_above = [&](int32_t height) {
    std::vector<core::BatchId> ids;
    for (const core::Batch& batch : Must(log->ConfirmedAbove(height)).batches) {
      ids.push_back(batch.id);
    }
    return ids;
  };
  BOOST_TEST(ids_above(-1) == (std::vector{at_101, at_102, at_300}));
  BOOST_TEST(ids_above(100) == (std::vector{at_101, at_102, at_300}));
  BOOST_TEST(ids_above(101) == (std::vector{at_102, at_300}));
  BOOST_TEST(ids_above(300).empty());
  const auto confirmed = Must(log->ConfirmedAbove(102));
  BOOST_REQUIRE_EQUAL(confirmed.sends.size(), 1U);
  BOOST_TEST(EncodeSend(confirmed.sends[0]) == EncodeSend(*story.ledger().FindSend("c")));

  const size_t before = story.entries().size();
  story.Reopen(at_102);
  story.Confirm(at_102, 301);
  Must(log->Append(story.EntriesAfter(before)));
  BOOST_TEST(ids_above(101) == (std::vector{at_300, at_102}));
  BOOST_TEST(ids_above(300) == (std::vector{at_102}));
}

BOOST_AUTO_TEST_CASE(look_ups_go_on_while_another_thread_appends) {
  const TemporaryFolder folder;
  Story story;
  for (int i = 0; i < 200; ++i) story.Submit("w-" + std::to_string(i));
  const auto log = Must(Log::Create(folder.paths(), story.entries().front()));
  std::thread appender([&] {
    for (const core::Entry& entry : story.EntriesAfter(1)) {
      if (log->Append({&entry, 1})) return;
    }
  });
  std::optional<Problem> problem;
  core::Seq seen = 0;
  // Everything up to last_seq() can be found at once.
  while (!problem && seen < story.entries().size()) {
    seen = log->last_seq();
    if (seen < 2) continue;
    const auto found = log->FindSend("w-" + std::to_string(seen - 2));
    if (!std::get_if<0>(&found) || !*std::get_if<0>(&found)) problem = Problem{"not found", ""};
  }
  appender.join();
  Must(problem);
  Must(log->failure());
}

BOOST_AUTO_TEST_CASE(an_append_of_many_entries_is_cut_into_writes_and_is_whole) {
  const TemporaryFolder folder(TemporaryFolder::Place::kDisk);
  Story story;
  for (int i = 0; i < 30'000; ++i) story.Submit("some-longer-id-of-a-send-" + std::to_string(i));
  WriteStory(folder.paths(), story);
  const auto log = Must(Log::Open(folder.paths()));
  BOOST_TEST(log->last_seq() == story.entries().size());
  BOOST_TEST(Must(log->Load()).sends.size() == 30'000U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::wal
