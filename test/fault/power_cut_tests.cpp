// The power goes at every single change of the disk: whatever the cut leaves of what was not
// synced, all that was acknowledged is there when the log is opened again (G1).

#include <boost/test/unit_test.hpp>
#include <mutex>

#include "opened.h"
#include "session.h"
#include "temporary_folder.h"

namespace sendonce::fault {

namespace {

// How many changes a session makes that nothing disturbs.
uint64_t ChangesOfWholeSession(const wal::Story& story) {
  const wal::TemporaryFolder folder;
  MakeRoot(folder.path());
  FaultEnv faults(folder.path());
  const auto done = RunSession(faults, folder.path(), story, OnceReopened(story));
  BOOST_REQUIRE(!done.stopped);
  BOOST_REQUIRE_EQUAL(done.last_seq, story.entries().size());
  return faults.changes();
}

// Cuts the power at each change in turn, and hands each aftermath's image to the check.
template <class Check>
void CutEverywhere(const wal::Story& story, const std::vector<Aftermath>& aftermaths, Check check) {
  const uint64_t changes = ChangesOfWholeSession(story);
  for (uint64_t nth = 1; nth <= changes; ++nth) {
    const wal::TemporaryFolder folder;
    const auto root = folder.path() / "root";
    MakeRoot(root);
    FaultEnv faults(root);
    faults.CutPowerAt(nth);
    const auto done = RunSession(faults, root, story, OnceReopened(story));
    BOOST_TEST(faults.power_is_off());
    for (size_t i = 0; i < aftermaths.size(); ++i) {
      BOOST_TEST_CONTEXT("cut at change " << nth << ", aftermath " << i) {
        const auto image = folder.path() / std::to_string(i);
        faults.WriteImage(image, aftermaths[i]);
        check(image, story, done);
      }
    }
  }
}

std::vector<Aftermath> WithSeeds(Bytes bytes, Names names, uint64_t seeds) {
  std::vector<Aftermath> all;
  for (uint64_t seed = 0; seed < seeds; ++seed) all.push_back({bytes, names, seed});
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(power_cut)

BOOST_AUTO_TEST_CASE(nothing_acknowledged_is_lost_when_all_that_was_not_synced_is) {
  CutEverywhere(wal::Story::OfEveryType(), {{Bytes::kLost, Names::kLost, 0}},
                CheckNothingAcknowledgedIsLost);
}

BOOST_AUTO_TEST_CASE(nothing_acknowledged_is_lost_when_the_process_is_killed_or_all_is_kept) {
  CutEverywhere(wal::Story::OfEveryType(),
                {{Bytes::kFlushed, Names::kKept, 0}, {Bytes::kKept, Names::kKept, 0}},
                CheckNothingAcknowledgedIsLost);
}

BOOST_AUTO_TEST_CASE(nothing_acknowledged_is_lost_when_some_names_survive_and_files_are_torn) {
  CutEverywhere(wal::Story::OfEveryType(), WithSeeds(Bytes::kTorn, Names::kSome, 4),
                CheckNothingAcknowledgedIsLost);
}

// What is pruned is so in one step with the record that says so, or not at all.
BOOST_AUTO_TEST_CASE(nothing_is_pruned_by_halves_when_the_power_goes) {
  CutEverywhere(wal::Story::OfPruning(),
                {{Bytes::kLost, Names::kLost, 0},
                 {Bytes::kKept, Names::kKept, 0},
                 {Bytes::kTorn, Names::kSome, 1},
                 {Bytes::kTorn, Names::kSome, 2}},
                CheckNothingAcknowledgedIsLost);
}

// Bytes that were never written can stand behind those that were synced. LevelDB sees that they are
// none of its records; it must never take them for the end of the log and open a shorter one.
BOOST_AUTO_TEST_CASE(a_garbled_tail_is_refused_or_harmless) {
  CutEverywhere(wal::Story::OfEveryType(),
                {{Bytes::kZeroed, Names::kKept, 0}, {Bytes::kGarbled, Names::kSome, 1}},
                CheckRefusedOrNothingLost);
}

// A cut in the middle of the first start after a cut.
BOOST_AUTO_TEST_CASE(nothing_is_lost_when_the_power_goes_again_during_recovery) {
  const wal::TemporaryFolder folder;
  const auto story = wal::Story::OfEveryType();
  const auto root = folder.path() / "root";
  MakeRoot(root);
  wal::WriteStory(PathsBelow(root), story);
  const Acknowledged all = {story.entries().size(), false};
  bool was_cut = true;
  for (uint64_t nth = 1; was_cut; ++nth) {
    const auto copy = folder.path() / ("copy" + std::to_string(nth));
    std::filesystem::copy(root, copy, std::filesystem::copy_options::recursive);
    FaultEnv faults(copy);
    faults.CutPowerAt(nth);
    { const auto log = wal::Log::Open(PathsBelow(copy), faults.substitutes()); }
    was_cut = faults.power_is_off();
    for (uint64_t seed = 0; seed < 8; ++seed) {
      const auto image = folder.path() / (std::to_string(nth) + "-" + std::to_string(seed));
      faults.WriteImage(image, {Bytes::kTorn, Names::kSome, seed});
      BOOST_TEST_CONTEXT("cut at change " << nth << ", seed " << seed) {
        CheckNothingAcknowledgedIsLost(image, story, all);
      }
    }
  }
}

// LevelDB begins a new log of its own when its buffer is full, and syncs that log's name only
// later.
BOOST_AUTO_TEST_CASE(nothing_acknowledged_is_lost_when_leveldb_begins_a_new_log) {
  const wal::TemporaryFolder folder(wal::TemporaryFolder::Place::kDisk);
  wal::Story story;
  for (int i = 0; i < 30'000; ++i) story.Submit("w-" + std::to_string(i));
  const auto root = folder.path() / "root";
  MakeRoot(root);
  FaultEnv faults(root);
  auto log =
      wal::Must(wal::Log::Create(PathsBelow(root), story.entries()[0], faults.substitutes()));
  const uint64_t files_before = faults.count(Operation::kCreate);
  const auto entries = story.EntriesAfter(1);
  constexpr size_t kGroup = 500;
  size_t done = 0;
  bool has_rotated = false;
  for (int groups_after = 0; groups_after < 2 && done < entries.size(); done += kGroup) {
    wal::Must(log->Append(std::span(entries).subspan(done, kGroup)));
    has_rotated = faults.count(Operation::kCreate) > files_before;
    if (has_rotated) ++groups_after;
  }
  BOOST_REQUIRE(has_rotated);
  const Acknowledged acknowledged = {log->last_seq(), false};
  for (uint64_t seed = 0; seed < 8; ++seed) {
    const auto image = folder.path() / ("image" + std::to_string(seed));
    faults.WriteImage(image, {Bytes::kLost, seed == 0 ? Names::kLost : Names::kSome, seed});
    BOOST_TEST_CONTEXT("seed " << seed) {
      CheckNothingAcknowledgedIsLost(image, story, acknowledged);
    }
  }
}

// LevelDB's own thread writes a table, and then says so in the manifest. The kernel may write the
// manifest first.
BOOST_AUTO_TEST_CASE(a_manifest_that_was_not_synced_names_no_table_that_a_cut_takes) {
  const wal::TemporaryFolder folder;
  wal::Story story;
  for (int32_t height = 100; height < 3'100; height += 1'000)
    story.MoveChain(height, height + 1'000);
  const auto root = folder.path() / "root";
  MakeRoot(root);
  FaultEnv faults(root);
  std::mutex mutex;
  std::vector<Image> images;
  faults.OnChange([&] {
    const std::lock_guard guard(mutex);
    images.push_back(faults.ImageAfter({Bytes::kKept, Names::kLost, 0}));
  });
  const auto done = RunSession(faults, root, story, {{}, 64 << 10});
  BOOST_TEST(!done.stopped);
  BOOST_TEST(faults.count(Operation::kCreate) >= 10U);  // LevelDB began a new log
  size_t opened = 0;
  for (const Image& image : images) {
    const auto place = folder.path() / "image";
    WriteFiles(image, place);
    BOOST_TEST_CONTEXT("image " << opened + 1 << " of " << images.size()) {
      CheckNothingAcknowledgedIsLost(place, story, {image.contains("apart/anchor") ? 1U : 0U});
    }
    std::filesystem::remove_all(place);
    ++opened;
  }
}

// One append can be several writes; each of them is whole, and they are durable in order.
BOOST_AUTO_TEST_CASE(an_append_that_fails_in_the_middle_leaves_its_front) {
  const wal::TemporaryFolder folder(wal::TemporaryFolder::Place::kDisk);
  wal::Story story;
  for (int i = 0; i < 30'000; ++i) story.Submit("w-" + std::to_string(i));
  const auto root = folder.path() / "root";
  MakeRoot(root);
  FaultEnv faults(root);
  auto log =
      wal::Must(wal::Log::Create(PathsBelow(root), story.entries()[0], faults.substitutes()));
  faults.Inject({Operation::kSync, 2, true, Failure::kEio});
  BOOST_TEST(log->Append(story.EntriesAfter(1)).has_value());
  const Acknowledged acknowledged = {log->last_seq(), true};
  BOOST_TEST(acknowledged.last_seq > 1U);
  BOOST_TEST(acknowledged.last_seq < story.entries().size());
  log = nullptr;
  faults.WriteImage(folder.path() / "image", {Bytes::kLost, Names::kLost, 0});
  CheckNothingAcknowledgedIsLost(folder.path() / "image", story, acknowledged);
}

// The anchor is written after the records that it names are durable.
BOOST_AUTO_TEST_CASE(the_anchor_never_leads) {
  const auto check = [](const std::filesystem::path& image, const wal::Story&,
                        const Acknowledged& acknowledged) {
    FaultEnv sound(image);
    const auto opened = wal::Log::Open(PathsBelow(image), sound.substitutes());
    const auto* problem = std::get_if<wal::Problem>(&opened);
    if (problem && acknowledged.last_seq > 0) BOOST_ERROR(problem->text());
  };
  CutEverywhere(wal::Story::OfEveryType(), WithSeeds(Bytes::kLost, Names::kSome, 4), check);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::fault
