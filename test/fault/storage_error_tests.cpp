// Every operation of the disk fails, once or for ever: the log stops before the next
// acknowledgement (G7), and what was acknowledged is there afterwards.

#include <leveldb/db.h>
#include <leveldb/env.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>

#include "opened.h"
#include "session.h"
#include "temporary_folder.h"

namespace sendonce::fault {

namespace {

const Aftermath kProcessEnds = {Bytes::kFlushed, Names::kKept, 0};
const Aftermath kPowerGoes = {Bytes::kLost, Names::kLost, 0};

// Nothing rests on the removal of a file, and a folder that LevelDB could not make it tries to make
// once more. It does without a table's bloom filter when it can not read it.
bool LevelDbGoesOnWithout(Operation operation) {
  return operation == Operation::kRemove || operation == Operation::kMakeFolder ||
         operation == Operation::kRead;
}

struct Play {
  wal::Story story;
  Script script;
  bool has_background_work = false;
};

// Every type of record.
Play ShortPlay() {
  const auto story = wal::Story::OfEveryType();
  return {story, OnceReopened(story), false};
}

// Pruning, and so much between it that LevelDB begins new logs of its own, with so many reopenings
// that it compacts level 0.
Play LongPlay() {
  auto story = wal::Story::OfPruning();
  for (int32_t height = 1'201; height < 4'000; height += 1'000) {
    story.MoveChain(height, height + 1'000);
    story.Pay("after-" + std::to_string(height), height + 1'001);
  }
  Script script{{}, 64 << 10};
  for (core::Seq seq = 5; seq < story.entries().size(); seq += 5)
    script.reopen_after.push_back(seq);
  return {story, script, true};
}

// A session in which the fault strikes at the nth such operation. False when it came to its end
// first.
bool StrikesInSession(const Play& play, const Fault& fault) {
  const wal::TemporaryFolder folder;
  const auto root = folder.path() / "root";
  MakeRoot(root);
  FaultEnv faults(root);
  faults.Inject(fault);
  const auto done = RunSession(faults, root, play.story, play.script);
  const bool struck = faults.strikes() > 0;
  if (struck && !LevelDbGoesOnWithout(fault.operation)) {
    // What strikes LevelDB's own thread behind the last append stops nobody any more.
    if (!play.has_background_work) BOOST_TEST(done.stopped);
    BOOST_TEST(done.after_strike == 0U);
  }
  int images = 0;
  for (const Aftermath& aftermath : {kProcessEnds, kPowerGoes}) {
    const auto image = folder.path() / std::to_string(++images);
    faults.WriteImage(image, aftermath);
    CheckNothingAcknowledgedIsLost(image, play.story, done);
  }
  return struck;
}

void FailEverywhere(const Play& play, Operation operation, bool for_ever, Failure failure,
                    uint64_t stride = 1) {
  uint64_t nth = 1;
  BOOST_TEST_CONTEXT("operation " << static_cast<int>(operation)) {
    while (StrikesInSession(play, {operation, nth, for_ever, failure})) nth += stride;
    BOOST_TEST(nth > 1U);
  }
  BOOST_TEST_MESSAGE("operation " << static_cast<int>(operation) << ": struck "
                                  << (nth - 1) / stride << " times");
}

constexpr Operation kWriting[] = {Operation::kCreate,     Operation::kAppend,    Operation::kFlush,
                                  Operation::kSync,       Operation::kRename,    Operation::kRemove,
                                  Operation::kMakeFolder, Operation::kSyncFolder};

// Of the long play every so many operations fail, if not told otherwise (make storage-errors).
uint64_t LongPlayStride() {
  const char* stride = std::getenv("SENDONCE_STRIDE");
  return stride ? std::stoull(stride) : 5;
}

// A story whose last entries are not in the log yet.
struct Begun {
  explicit Begun(FaultEnv& faults, const std::filesystem::path& root)
      : log(wal::Must(
            wal::Log::Create(PathsBelow(root), story.entries()[0], faults.substitutes()))) {
    story.Submit("one");
    story.Submit("two");
    story.Submit("three");
  }

  std::optional<wal::Problem> Append(size_t index) {
    return log->Append({&story.entries()[index], 1});
  }

  wal::Story story;
  std::unique_ptr<wal::Log> log;
};

leveldb::Options StrictOptions(FaultEnv& faults) {
  leveldb::Options options;
  options.env = faults.substitutes().env;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  return options;
}

std::unique_ptr<leveldb::DB> OpenRaw(const leveldb::Options& options, const std::string& path) {
  leveldb::DB* opened = nullptr;
  const auto status = leveldb::DB::Open(options, path, &opened);
  BOOST_REQUIRE_MESSAGE(status.ok(), status.ToString());
  return std::unique_ptr<leveldb::DB>(opened);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(storage_errors)

BOOST_AUTO_TEST_CASE(each_write_fails_once) {
  for (Operation operation : kWriting) {
    FailEverywhere(ShortPlay(), operation, false, Failure::kEio);
  }
}

BOOST_AUTO_TEST_CASE(each_write_fails_for_ever) {
  for (Operation operation : kWriting) {
    FailEverywhere(ShortPlay(), operation, true, Failure::kEnospc);
  }
}

BOOST_AUTO_TEST_CASE(each_write_is_short) {
  FailEverywhere(ShortPlay(), Operation::kAppend, false, Failure::kShortWrite);
  FailEverywhere(ShortPlay(), Operation::kAppend, true, Failure::kShortWrite);
}

BOOST_AUTO_TEST_CASE(each_opening_and_reading_fails) {
  for (Operation operation : {Operation::kOpen, Operation::kRead}) {
    FailEverywhere(ShortPlay(), operation, false, Failure::kEio);
    FailEverywhere(ShortPlay(), operation, true, Failure::kEio);
  }
}

BOOST_AUTO_TEST_CASE(the_long_play_rotates_and_compacts) {
  const wal::TemporaryFolder folder;
  MakeRoot(folder.path());
  FaultEnv faults(folder.path());
  const Play play = LongPlay();
  const auto done = RunSession(faults, folder.path(), play.story, play.script);
  BOOST_TEST(!done.stopped);
  uint64_t tables = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path() / "wal")) {
    if (entry.path().extension() == ".ldb") ++tables;
  }
  // A log and a manifest for each opening, a log more for each rotation; fewer tables than there
  // were openings, because they were compacted.
  const uint64_t openings = play.script.reopen_after.size() + 1;
  BOOST_TEST(tables < openings);
  BOOST_TEST(faults.count(Operation::kCreate) > 5 * openings);
}

BOOST_AUTO_TEST_CASE(each_operation_of_the_long_play_fails) {
  const uint64_t stride = LongPlayStride();
  const auto fail = [stride](Operation operation, bool for_ever, Failure failure) {
    FailEverywhere(LongPlay(), operation, for_ever, failure, stride);
  };
  for (Operation operation : kWriting) {
    fail(operation, false, Failure::kEio);
    fail(operation, true, Failure::kEnospc);
  }
  fail(Operation::kAppend, false, Failure::kShortWrite);
  fail(Operation::kAppend, true, Failure::kShortWrite);
  fail(Operation::kOpen, false, Failure::kEio);
  fail(Operation::kRead, false, Failure::kEio);
}

// The reason for our own latch. LevelDB goes on after a failed append, acknowledges a write that it
// synced behind the hole, and has lost it when it is opened again, however strictly: the header in
// front of the hole asks for more bytes than there are, which looks like a torn end.
BOOST_AUTO_TEST_CASE(leveldb_loses_synced_writes_after_a_failed_append) {
  const wal::TemporaryFolder folder;
  MakeRoot(folder.path());
  FaultEnv faults(folder.path());
  const auto options = StrictOptions(faults);
  const auto path = (folder.path() / "raw").string();
  leveldb::WriteOptions synced;
  synced.sync = true;
  {
    const auto raw = OpenRaw(options, path);
    BOOST_TEST(raw->Put(synced, "before", "1").ok());
    faults.Inject({Operation::kAppend, 2});  // the first is the header
    BOOST_TEST(!raw->Put(synced, "failed", std::string(1'000, 'x')).ok());
    BOOST_TEST(faults.strikes() == 1U);
    BOOST_TEST(raw->Put(synced, "after", "2").ok());
  }
  const auto raw = OpenRaw(options, path);
  std::string value;
  BOOST_TEST(raw->Get({}, "before", &value).ok());
  BOOST_TEST(raw->Get({}, "after", &value).IsNotFound());
}

BOOST_AUTO_TEST_CASE(our_latch_closes_it) {
  const wal::TemporaryFolder folder;
  const auto root = folder.path() / "root";
  MakeRoot(root);
  FaultEnv faults(root);
  Begun begun(faults, root);
  BOOST_TEST(!begun.Append(1));
  faults.Inject({Operation::kAppend, 2});
  const auto problem = begun.Append(2);
  BOOST_TEST(problem.has_value());
  BOOST_TEST(faults.strikes() == 1U);
  faults.Heal();
  const uint64_t changes = faults.changes();
  BOOST_TEST((begun.Append(2) == problem));
  BOOST_TEST((begun.log->SyncAnchor() == problem));
  BOOST_TEST(begun.log->last_seq() == 2U);
  BOOST_TEST(faults.changes() == changes);  // nothing is even tried
  begun.log = nullptr;
  faults.WriteImage(folder.path() / "image", kPowerGoes);
  CheckNothingAcknowledgedIsLost(folder.path() / "image", begun.story, {2, true});
}

BOOST_AUTO_TEST_CASE(a_failed_sync_latches) {
  const wal::TemporaryFolder folder;
  MakeRoot(folder.path());
  FaultEnv faults(folder.path());
  Begun begun(faults, folder.path());
  BOOST_TEST(!begun.Append(1));
  faults.Inject({Operation::kSync});
  const auto problem = begun.Append(2);
  BOOST_TEST(problem.has_value());
  BOOST_TEST((begun.Append(2) == problem));
  BOOST_TEST(begun.log->last_seq() == 2U);
}

BOOST_AUTO_TEST_CASE(a_failed_read_is_a_problem_and_latches) {
  const wal::TemporaryFolder folder;
  MakeRoot(folder.path());
  const auto story = wal::Story::OfEveryType();
  wal::WriteStory(PathsBelow(folder.path()), story);
  // The first look-up after opening has to read a table; LevelDB maps its files, so that reading
  // fails at the opening of one.
  for (Operation operation : {Operation::kOpen, Operation::kRead}) {
    FaultEnv faults(folder.path());
    const auto opened = wal::Log::Open(PathsBelow(folder.path()), faults.substitutes());
    BOOST_REQUIRE(std::holds_alternative<std::unique_ptr<wal::Log>>(opened));
    const auto& log = *std::get<0>(opened);
    faults.Inject({operation, 1, true, Failure::kEio});
    const auto history = log.FindHistory("paid-1");
    if (faults.strikes() == 0) continue;  // everything was in LevelDB's cache
    BOOST_TEST(std::holds_alternative<wal::Problem>(history));
    faults.Heal();
    BOOST_TEST(std::holds_alternative<wal::Problem>(log.FindSend("paid-1")));
  }
}

// LevelDB does without a table's bloom filter when it can not read it; all else has to be there.
BOOST_AUTO_TEST_CASE(a_failed_read_at_start_refuses_or_is_harmless) {
  const wal::TemporaryFolder folder;
  MakeRoot(folder.path());
  const auto story = wal::Story::OfEveryType();
  wal::WriteStory(PathsBelow(folder.path()), story);
  for (Operation operation : {Operation::kOpen, Operation::kRead}) {
    uint64_t refusals = 0;
    bool struck = true;
    for (uint64_t nth = 1; struck; ++nth) {
      FaultEnv faults(folder.path());
      faults.Inject({operation, nth, false, Failure::kEio});
      const auto opened = wal::Log::Open(PathsBelow(folder.path()), faults.substitutes());
      struck = faults.strikes() > 0;
      if (std::holds_alternative<wal::Problem>(opened)) {
        ++refusals;
      } else {
        BOOST_TEST(std::get<0>(opened)->last_seq() == story.entries().size());
      }
    }
    BOOST_TEST(refusals >= 5U);
  }
  CheckNothingAcknowledgedIsLost(folder.path(), story, {story.entries().size(), false});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::fault
