// Every operation of the disk fails, once or for ever: the log stops before the next
// acknowledgement (G7), and what was acknowledged is there afterwards.

#include <leveldb/db.h>
#include <leveldb/env.h>

#include <boost/test/unit_test.hpp>

#include "opened.h"
#include "session.h"
#include "temporary_folder.h"

namespace sendonce::fault {

namespace {

const Aftermath kProcessEnds = {Bytes::kFlushed, Names::kKept, 0};
const Aftermath kPowerGoes = {Bytes::kLost, Names::kLost, 0};

// Nothing rests on the removal of a file, and a folder that LevelDB could not make it tries to make
// once more.
bool LevelDbGoesOnWithout(Operation operation) {
  return operation == Operation::kRemove || operation == Operation::kMakeFolder;
}

// A session in which the fault strikes at the nth such operation. False when it came to its end
// first.
bool StrikesInSession(const wal::Story& story, const Fault& fault) {
  const wal::TemporaryFolder folder;
  const auto root = folder.path() / "root";
  MakeRoot(root);
  FaultEnv faults(root);
  faults.Inject(fault);
  const auto done = RunSession(faults, root, story);
  const bool struck = faults.strikes() > 0;
  if (struck && !LevelDbGoesOnWithout(fault.operation)) BOOST_TEST(done.stopped);
  int images = 0;
  for (const Aftermath& aftermath : {kProcessEnds, kPowerGoes}) {
    const auto image = folder.path() / std::to_string(++images);
    faults.WriteImage(image, aftermath);
    CheckNothingAcknowledgedIsLost(image, story, done);
  }
  return struck;
}

void FailEverywhere(Operation operation, bool for_ever, Failure failure) {
  const auto story = wal::Story::OfEveryType();
  uint64_t nth = 1;
  BOOST_TEST_CONTEXT("operation " << static_cast<int>(operation)) {
    while (StrikesInSession(story, {operation, nth, for_ever, failure})) ++nth;
    BOOST_TEST(nth > 1U);
  }
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

}  // namespace

BOOST_AUTO_TEST_SUITE(storage_errors)

BOOST_AUTO_TEST_CASE(each_write_fails_once) {
  for (Operation operation :
       {Operation::kCreate, Operation::kAppend, Operation::kFlush, Operation::kSync,
        Operation::kRename, Operation::kRemove, Operation::kMakeFolder, Operation::kSyncFolder}) {
    FailEverywhere(operation, false, Failure::kEio);
  }
}

BOOST_AUTO_TEST_CASE(each_write_fails_for_ever) {
  for (Operation operation :
       {Operation::kCreate, Operation::kAppend, Operation::kFlush, Operation::kSync,
        Operation::kRename, Operation::kRemove, Operation::kMakeFolder, Operation::kSyncFolder}) {
    FailEverywhere(operation, true, Failure::kEnospc);
  }
}

BOOST_AUTO_TEST_CASE(each_write_is_short) {
  FailEverywhere(Operation::kAppend, false, Failure::kShortWrite);
}

// The reason for our own latch: LevelDB goes on after a failed append.
BOOST_AUTO_TEST_CASE(leveldb_does_not_latch_a_failed_append_and_we_do) {
  const wal::TemporaryFolder folder;
  MakeRoot(folder.path());
  FaultEnv faults(folder.path());
  leveldb::Options options;
  options.env = faults.substitutes().env;
  options.create_if_missing = true;
  leveldb::DB* opened = nullptr;
  BOOST_REQUIRE(leveldb::DB::Open(options, (folder.path() / "raw").string(), &opened).ok());
  const std::unique_ptr<leveldb::DB> raw(opened);
  leveldb::WriteOptions synced;
  synced.sync = true;
  faults.Inject({Operation::kAppend});
  BOOST_TEST(!raw->Put(synced, "a", "1").ok());
  BOOST_TEST(raw->Put(synced, "b", "2").ok());

  Begun begun(faults, folder.path());
  faults.Inject({Operation::kAppend});
  const auto problem = begun.Append(1);
  BOOST_TEST(problem.has_value());
  BOOST_TEST(faults.strikes() == 1U);
  BOOST_TEST((begun.Append(1) == problem));
  BOOST_TEST(begun.log->last_seq() == 1U);
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
