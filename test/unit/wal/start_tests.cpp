// What a log refuses to start with, and what it says then.

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <set>

#include "locking_process.h"
#include "opened.h"
#include "sample.h"
#include "temporary_folder.h"
#include "wal/anchor.h"
#include "wal/codec.h"
#include "wal/database.h"
#include "wal/disk.h"
#include "wal/frame.h"
#include "wal/log.h"

namespace sendonce::wal {

namespace {

namespace fs = std::filesystem;

void Copy(const fs::path& from, const fs::path& to) {
  fs::remove_all(to);
  fs::copy(from, to, fs::copy_options::recursive);
}

// A folder with a log that holds every type of record, closed.
struct WrittenLog {
  WrittenLog() { WriteStory(paths, story); }

  Anchor anchor() const {
    return std::get<Anchor>(ReadAnchor(Disk::OperatingSystem(), paths.anchor_file));
  }
  void SetAnchor(const Anchor& anchor) const {
    BOOST_REQUIRE(!WriteAnchor(Disk::OperatingSystem(), paths.anchor_file, anchor));
  }
  // Changes the database behind the log's back.
  void Plant(const KeyWrite& write) const {
    const auto database = Must(Database::Open(paths.wal_directory, {}));
    Must(database->Write({&write, 1}));
  }
  bitcoin::Bytes Frame(core::Seq seq) const {
    return *Must(Must(Database::Open(paths.wal_directory, {}))->Get(FrameKey(seq)));
  }
  std::string Refusal() const { return wal::Refusal(Log::Open(paths)); }

  const TemporaryFolder folder;
  const Paths paths = folder.paths();
  const Story story = Story::OfEveryType();
};

void FlipByte(const fs::path& path, uintmax_t at) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(at));
  const char byte = static_cast<char>(file.get() ^ 0x20);
  file.seekp(static_cast<std::streamoff>(at));
  file.put(byte);
  BOOST_REQUIRE(file);
}

std::set<core::SendId> IdsOf(const std::vector<core::Send>& sends) {
  std::set<core::SendId> ids;
  for (const core::Send& send : sends) ids.insert(send.id);
  return ids;
}

// Asks everything. False at the first Problem; an answer that is not true fails the test.
bool AnswersAreTrue(const Log& log, const Story& story) {
  const auto contents = log.Load();
  if (std::holds_alternative<Problem>(contents)) return false;
  BOOST_TEST(IdsOf(std::get<0>(contents).sends) == IdsOf(story.Kept().sends));
  const auto confirmed = log.ConfirmedAbove(0);
  if (std::holds_alternative<Problem>(confirmed)) return false;
  BOOST_TEST(std::get<0>(confirmed).batches.size() == 22U);
  for (const auto& [id, send] : story.ledger().sends()) {
    const auto found = log.FindSend(id);
    if (std::holds_alternative<Problem>(found)) return false;
    BOOST_REQUIRE(std::get<0>(found));
    BOOST_TEST(EncodeSend(*std::get<0>(found)) == EncodeSend(send));
    const auto history = log.FindHistory(id);
    if (std::holds_alternative<Problem>(history)) return false;
    BOOST_TEST(std::get<0>(history).records.size() >= 1U + 5U * send.payment.has_value());
  }
  return true;
}

fs::path OnlyFileLike(const fs::path& folder, const std::string& extension) {
  fs::path found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != extension) continue;
    BOOST_REQUIRE(found.empty());
    found = entry.path();
  }
  BOOST_REQUIRE(!found.empty());
  return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(start)

BOOST_AUTO_TEST_CASE(a_missing_or_empty_folder_is_never_a_fresh_beginning) {
  const TemporaryFolder folder;
  const Paths paths = folder.paths();
  BOOST_TEST(Says(Refusal(Log::Open(paths)), "There is no WAL in " + paths.wal_directory.string()));
  BOOST_TEST(!fs::exists(paths.wal_directory));
  fs::create_directory(paths.wal_directory);
  BOOST_TEST(Says(Refusal(Log::Open(paths)), "holds no WAL"));
  BOOST_TEST(fs::is_empty(paths.wal_directory));
}

BOOST_AUTO_TEST_CASE(nothing_is_made_where_something_is) {
  const WrittenLog log;
  const auto& first = log.story.entries()[0];
  BOOST_TEST(Says(Refusal(Log::Create(log.paths, first)),
                  "something in " + log.paths.wal_directory.string()));
  const Paths elsewhere = {log.folder.path() / "other", log.paths.anchor_file};
  BOOST_TEST(Says(Refusal(Log::Create(elsewhere, first)), "exists already, without its WAL"));
  BOOST_TEST(!fs::exists(elsewhere.wal_directory));
  const Paths nowhere = {log.folder.path() / "a" / "b", log.folder.path() / "c"};
  BOOST_TEST(Says(Refusal(Log::Create(nowhere, first)), "does not exist"));
  Must(Log::Open(log.paths));
}

BOOST_AUTO_TEST_CASE(an_empty_folder_can_be_used) {
  const TemporaryFolder folder;
  fs::create_directory(folder.paths().wal_directory);
  const Story story;
  Must(Log::Create(folder.paths(), story.entries()[0]));
  Must(Log::Open(folder.paths()));
}

BOOST_AUTO_TEST_CASE(paths_may_be_relative_and_end_in_a_separator) {
  const TemporaryFolder folder;
  const Paths odd = {folder.path() / "x" / ".." / "wal" / "", folder.path() / "anchor"};
  const Story story;
  Must(Log::Create(odd, story.entries()[0]));
  Must(Log::Open(folder.paths()));
}

BOOST_AUTO_TEST_CASE(a_log_has_one_writer) {
  const WrittenLog log;
  {
    const auto first = Must(Log::Open(log.paths));
    BOOST_TEST(!LockingProcess(log.paths.wal_directory).has_lock());
    BOOST_TEST(Says(log.Refusal(), "is in use by this process already"));
  }
  const LockingProcess other(log.paths.wal_directory);
  BOOST_REQUIRE(other.has_lock());
  BOOST_TEST(Says(log.Refusal(), "is in use by process " + std::to_string(other.pid())));
}

BOOST_AUTO_TEST_CASE(an_anchor_that_is_missing_or_damaged_refuses) {
  const WrittenLog log;
  std::ofstream(log.paths.anchor_file, std::ios::app) << "x";
  BOOST_TEST(Says(log.Refusal(), "is damaged"));
  fs::remove(log.paths.anchor_file);
  BOOST_TEST(Says(log.Refusal(), "is missing"));
}

BOOST_AUTO_TEST_CASE(an_anchor_ahead_names_how_many_records_are_missing) {
  const WrittenLog log;
  Anchor ahead = log.anchor();
  BOOST_TEST(ahead.seq == log.story.entries().size());
  ahead.seq += 3;
  log.SetAnchor(ahead);
  BOOST_TEST(Says(log.Refusal(), "3 records are missing"));
  ahead.seq -= 2;
  log.SetAnchor(ahead);
  BOOST_TEST(Says(log.Refusal(), "1 record is missing"));
}

BOOST_AUTO_TEST_CASE(an_anchor_behind_is_brought_up) {
  const WrittenLog log;
  const Anchor newest = log.anchor();
  for (core::Seq seq : {core::Seq(1), newest.seq - 1}) {
    log.SetAnchor({newest.wal_id, seq, HashOfFrame(log.Frame(seq))});
    Must(Log::Open(log.paths));
    BOOST_TEST((log.anchor() == newest));
  }
}

BOOST_AUTO_TEST_CASE(an_anchor_of_another_wal_or_another_past_refuses) {
  const WrittenLog log;
  Anchor other = log.anchor();
  other.wal_id[0] ^= 1;
  log.SetAnchor(other);
  BOOST_TEST(Says(log.Refusal(), "belongs to WAL 01"));
  other = log.anchor();
  other.wal_id[0] ^= 1;
  other.frame_hash.bytes[5] ^= 1;
  log.SetAnchor(other);
  BOOST_TEST(Says(log.Refusal(), "is not the one that the anchor names"));
}

BOOST_AUTO_TEST_CASE(a_wal_copied_back_from_before_refuses) {
  WrittenLog log;
  const auto old = log.folder.path() / "old";
  Copy(log.paths.wal_directory, old);
  const size_t before = log.story.entries().size();
  Story more = log.story;
  more.Submit("since");
  more.Submit("then");
  {
    const auto opened = Must(Log::Open(log.paths));
    Must(opened->Append(more.EntriesAfter(before)));
    Must(opened->SyncAnchor());
  }
  Copy(old, log.paths.wal_directory);
  BOOST_TEST(Says(log.Refusal(), "2 records are missing"));
}

BOOST_AUTO_TEST_CASE(leveldbs_log_cut_at_any_byte_refuses_or_is_whole) {
  const WrittenLog log;
  const auto cut = log.folder.path() / "cut";
  const Paths paths = {cut, log.paths.anchor_file};
  const auto size = fs::file_size(OnlyFileLike(log.paths.wal_directory, ".log"));
  BOOST_REQUIRE(size > 1'000U);
  for (uintmax_t kept = 0; kept < size; kept += 37) {
    Copy(log.paths.wal_directory, cut);
    fs::resize_file(OnlyFileLike(cut, ".log"), kept);
    BOOST_TEST(std::holds_alternative<Problem>(Log::Open(paths)), "cut to " << kept);
  }
}

// The anchor lags; what it does not know of yet must not be dropped in silence either.
BOOST_AUTO_TEST_CASE(damage_behind_the_anchor_refuses) {
  const WrittenLog log;
  const auto log_file = OnlyFileLike(log.paths.wal_directory, ".log").filename();
  const auto size = fs::file_size(log.paths.wal_directory / log_file);
  const auto early = log.folder.path() / "early";
  Copy(log.paths.wal_directory, early);
  log.SetAnchor({log.anchor().wal_id, 1, HashOfFrame(log.Frame(1))});
  const auto work = log.folder.path() / "work";
  for (uintmax_t back = 1; back < 500; back += 7) {
    Copy(early, work);
    FlipByte(work / log_file, size - back);
    const auto opened = Log::Open({work, log.paths.anchor_file});
    BOOST_TEST(std::holds_alternative<Problem>(opened), back << " bytes from the end");
  }
}

// Nobody may be told "never recorded" of what was, and nothing open may be forgotten: an answer
// that is true, or a Problem.
BOOST_AUTO_TEST_CASE(every_changed_byte_in_any_file_refuses_or_is_harmless) {
  const TemporaryFolder folder;
  const Paths whole = folder.paths();
  Story story = Story::OfEveryType();
  for (int i = 0; i < 20; ++i) {
    story.Pay("more-" + std::to_string(i), 104 + i);
    story.Submit("still-open-" + std::to_string(i));
  }
  WriteStory(whole, story);
  Must(Log::Open(whole));  // moves everything into a table
  const auto work = folder.path() / "work";
  size_t refusals = 0;
  size_t late_problems = 0;
  for (const auto& entry : fs::directory_iterator(whole.wal_directory)) {
    const auto name = entry.path().filename();
    if (name == "LOCK" || name.string().starts_with("LOG")) continue;
    const auto size = entry.file_size();
    for (uintmax_t at = 0; at < size; at += 1 + size / 128) {
      Copy(whole.wal_directory, work);
      FlipByte(work / name, at);
      const auto opened = Log::Open({work, whole.anchor_file});
      if (std::holds_alternative<Problem>(opened)) {
        ++refusals;
        continue;
      }
      BOOST_TEST_CONTEXT(name << " byte " << at) {
        if (!AnswersAreTrue(*std::get<0>(opened), story)) ++late_problems;
      }
    }
  }
  BOOST_TEST(refusals > 0U);
  BOOST_TEST(late_problems > 0U);  // damage that only the look-up of a finished send meets
}

BOOST_AUTO_TEST_CASE(each_missing_file_refuses) {
  const WrittenLog log;
  Must(Log::Open(log.paths));
  const auto work = log.folder.path() / "work";
  const Paths paths = {work, log.paths.anchor_file};
  for (const auto& entry : fs::directory_iterator(log.paths.wal_directory)) {
    const auto name = entry.path().filename();
    // The lock and the log for people hold nothing, and the new log nothing yet.
    if (name == "LOCK" || name.string().starts_with("LOG") || entry.file_size() == 0) continue;
    Copy(log.paths.wal_directory, work);
    fs::remove(work / name);
    BOOST_TEST(std::holds_alternative<Problem>(Log::Open(paths)), name.string());
  }
}

BOOST_AUTO_TEST_CASE(a_broken_chain_behind_the_anchor_refuses) {
  const WrittenLog log;
  const core::Seq last = log.story.entries().size();
  auto frame = log.Frame(last - 1);
  frame.back() ^= 1;
  log.Plant({FrameKey(last - 1), frame});
  BOOST_TEST(Says(log.Refusal(), "does not carry the hash of the record before it"));
  log.Plant({FrameKey(last - 1), std::nullopt});
  BOOST_TEST(Says(log.Refusal(), "record " + std::to_string(last - 1) + " is missing"));
}

BOOST_AUTO_TEST_CASE(a_log_without_a_record_refuses) {
  const TemporaryFolder folder;
  const Paths paths = folder.paths();
  Must(Database::Create(paths.wal_directory, {}));
  BOOST_REQUIRE(!WriteAnchor(Disk::OperatingSystem(), paths.anchor_file, {{}, 5, {}}));
  BOOST_TEST(Says(Refusal(Log::Open(paths)), "5 records are missing"));
}

BOOST_AUTO_TEST_CASE(a_damaged_index_value_is_a_problem_that_names_it_and_latches) {
  const WrittenLog log;
  log.Plant({SendKey("paid-1"), bitcoin::Bytes{1, 2, 3}});
  log.Plant({SendKey("waiting"), std::nullopt});
  auto opened = Must(Log::Open(log.paths));
  BOOST_TEST(Says(Refusal(opened->FindSend("paid-1")), "send paid-1"));
  BOOST_TEST(Says(Refusal(opened->FindSend("paid-2")), "send paid-1"));
  BOOST_TEST(opened->failure().has_value());
  opened = nullptr;
  BOOST_TEST(Says(Refusal(Must(Log::Open(log.paths))->Load()), "send waiting is missing"));
}

BOOST_AUTO_TEST_CASE(the_anchor_lags_by_the_stated_time_and_no_more) {
  const TemporaryFolder folder;
  Story story;
  for (int i = 0; i < 4; ++i) story.Submit("w-" + std::to_string(i));
  const auto log = Must(Log::Create(folder.paths(), story.entries()[0]));
  const auto anchored = [&] {
    return std::get<Anchor>(ReadAnchor(Disk::OperatingSystem(), folder.paths().anchor_file)).seq;
  };
  const auto append = [&](size_t index) { Must(log->Append({&story.entries()[index], 1})); };
  BOOST_TEST(anchored() == 1U);
  append(1);
  Must(log->AnchorIfDue(50'000));
  BOOST_TEST(anchored() == 2U);
  append(2);
  Must(log->AnchorIfDue(50'000 + kAnchorIntervalMs - 1));
  BOOST_TEST(anchored() == 2U);
  Must(log->AnchorIfDue(50'000 + kAnchorIntervalMs));
  BOOST_TEST(anchored() == 3U);
  append(3);
  Must(log->AnchorIfDue(10'000));  // the clock was set back
  BOOST_TEST(anchored() == 4U);
  append(4);
  Must(log->SyncAnchor());
  BOOST_TEST(anchored() == 5U);
}

BOOST_AUTO_TEST_CASE(a_lost_anchor_can_be_written_anew) {
  const WrittenLog log;
  const Anchor newest = log.anchor();
  BOOST_TEST(Says(Reanchor(log.paths)->what, "There is an anchor already"));
  std::ofstream(log.paths.anchor_file) << "torn";
  Must(Reanchor(log.paths));
  BOOST_TEST((log.anchor() == newest));
  fs::remove(log.paths.anchor_file);
  Must(Reanchor(log.paths));
  BOOST_TEST((log.anchor() == newest));
  Must(Log::Open(log.paths));
}

BOOST_AUTO_TEST_CASE(a_damaged_log_gets_no_new_anchor) {
  const WrittenLog log;
  auto frame = log.Frame(3);
  frame.back() ^= 1;
  log.Plant({FrameKey(3), frame});
  fs::remove(log.paths.anchor_file);
  BOOST_TEST(Says(Reanchor(log.paths)->what, "record 4 does not carry the hash"));
  BOOST_TEST(!fs::exists(log.paths.anchor_file));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::wal
