#include "wal/offline.h"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "locking_process.h"
#include "opened.h"
#include "sample.h"
#include "temporary_folder.h"
#include "wal/codec.h"
#include "wal/database.h"
#include "wal/disk.h"

namespace sendonce::wal {

namespace {

namespace fs = std::filesystem;

// Everything about a folder that a program could change.
std::map<std::string, std::string> Photograph(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    struct stat status = {};
    BOOST_REQUIRE_EQUAL(::stat(entry.path().c_str(), &status), 0);
    std::ostringstream content;
    content << status.st_ino << ' ' << status.st_mtim.tv_sec << '.' << status.st_mtim.tv_nsec << ' '
            << status.st_ctim.tv_sec << '.' << status.st_ctim.tv_nsec << '\n';
    content << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    files[entry.path().filename()] = content.str();
  }
  return files;
}

struct WrittenLog {
  WrittenLog() { WriteStory(paths, story); }

  // Changes the database behind the log's back.
  void Plant(const KeyWrite& write) const {
    const auto database = Must(Database::Open(paths.wal_directory, {}));
    Must(database->Write({&write, 1}));
  }
  std::vector<std::string> Findings() const { return Must(Verify(paths)).findings.texts; }
  // The one finding; the test fails if there are none or more.
  std::string Finding() const {
    const auto findings = Findings();
    for (const auto& text : findings) BOOST_TEST_MESSAGE(text);
    BOOST_REQUIRE_EQUAL(findings.size(), 1U);
    return findings[0];
  }

  const TemporaryFolder folder;
  const Paths paths = folder.paths();
  const Story story = Story::OfEveryType();
};

// Frames of a story, as if it had been written by somebody else: changed, and the hashes made anew.
class Forgery {
 public:
  explicit Forgery(const Story& story) {
    for (const core::Entry& entry : story.entries())
      payloads_.push_back(EncodeRecord(entry.record));
  }

  std::vector<bitcoin::Bytes>& payloads() { return payloads_; }

  Findings Judge() const {
    Audit audit;
    Link link;
    for (const bitcoin::Bytes& payload : payloads_) {
      const Frame frame = {link.next_seq, 5, link.hash, payload};
      const auto bytes = EncodeFrame(frame);
      audit.Add(FrameKey(frame.seq), bytes);
      link = LinkAfter(frame, bytes);
    }
    return audit.findings();
  }

 private:
  std::vector<bitcoin::Bytes> payloads_;
};

bool NoStub(const Stub& stub) {
  BOOST_ERROR("record " << stub.seq << " is a stub");
  return true;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(offline)

BOOST_AUTO_TEST_CASE(a_log_that_was_only_written_by_us_has_no_findings) {
  const WrittenLog log;
  const auto before = Photograph(log.paths.wal_directory);
  auto verification = Must(Verify(log.paths));
  BOOST_TEST(verification.findings.texts == std::vector<std::string>());
  BOOST_TEST(verification.last_seq == log.story.entries().size());
  BOOST_REQUIRE(verification.created);
  BOOST_TEST(verification.created->wallet_name == "hot");
  BOOST_TEST((Photograph(log.paths.wal_directory) == before));
  Must(Log::Open(log.paths));  // now it lies in a table
  BOOST_TEST(log.Findings() == std::vector<std::string>());
}

BOOST_AUTO_TEST_CASE(records_are_walked_in_order_and_nothing_is_changed) {
  const WrittenLog log;
  const auto before = Photograph(log.paths.wal_directory);
  core::Seq next = 1;
  const auto visit = [&](const core::Logged& logged) {
    const core::Entry& entry = log.story.entries().at(next - 1);
    BOOST_TEST(logged.seq == next++);
    BOOST_TEST(logged.at_ms == entry.at_ms);
    BOOST_TEST(EncodeRecord(logged.record) == EncodeRecord(entry.record));
    return true;
  };
  Must(WalkRecords(log.paths.wal_directory, 1, visit, NoStub));
  BOOST_TEST(next == log.story.entries().size() + 1);
  std::vector<core::Seq> some;
  const auto take_three = [&](const core::Logged& logged) {
    some.push_back(logged.seq);
    return some.size() < 3;
  };
  Must(WalkRecords(log.paths.wal_directory, 5, take_three, NoStub));
  BOOST_TEST(some == (std::vector<core::Seq>{5, 6, 7}));
  BOOST_TEST((Photograph(log.paths.wal_directory) == before));
}

BOOST_AUTO_TEST_CASE(a_copy_on_a_disk_that_can_not_be_written_will_do) {
  const WrittenLog log;
  const auto before = Photograph(log.paths.wal_directory);
  for (const auto& entry : fs::directory_iterator(log.paths.wal_directory)) {
    fs::permissions(entry.path(), fs::perms::owner_read);
  }
  fs::permissions(log.paths.wal_directory, fs::perms::owner_read | fs::perms::owner_exec);
  BOOST_TEST(log.Findings() == std::vector<std::string>());
  fs::permissions(log.paths.wal_directory, fs::perms::owner_all);
  fs::remove(log.paths.wal_directory / "LOCK");
  BOOST_TEST(log.Findings() == std::vector<std::string>());
  BOOST_TEST(!fs::exists(log.paths.wal_directory / "LOCK"));
}

BOOST_AUTO_TEST_CASE(a_large_log_with_many_files_is_only_read) {
  const TemporaryFolder folder(TemporaryFolder::Place::kDisk);
  Story story;
  for (int i = 0; i < 30'000; ++i) story.Submit("w-" + std::to_string(i));
  WriteStory(folder.paths(), story);
  const auto before = Photograph(folder.paths().wal_directory);
  BOOST_TEST(Must(Verify(folder.paths())).findings.texts == std::vector<std::string>());
  BOOST_TEST((Photograph(folder.paths().wal_directory) == before));
}

BOOST_AUTO_TEST_CASE(an_index_value_that_was_changed_is_named) {
  const WrittenLog log;
  core::Send send = *log.story.ledger().FindSend("paid-1");
  send.payment->fee_sat += 1;
  log.Plant({SendKey("paid-1"), EncodeSend(send)});
  BOOST_TEST(log.Finding() == "Index: send paid-1 has another value than the records give.");
}

BOOST_AUTO_TEST_CASE(each_kind_of_key_that_is_missing_is_named) {
  const WrittenLog log;
  std::vector<Key> keys;
  {
    const auto database = Must(Database::OpenForReading(log.paths.wal_directory));
    Must(Database::View(*database).ScanUp({}, {}, [&](auto key, auto) {
      if (key[0] != 'r') keys.emplace_back(key.begin(), key.end());
      return true;
    }));
  }
  std::set<uint8_t> kinds;
  for (const Key& key : keys) {
    kinds.insert(key[0]);
    const TemporaryFolder copy;
    fs::copy(log.folder.path(), copy.path(), fs::copy_options::recursive);
    {
      const auto database = Must(Database::Open(copy.paths().wal_directory, {}));
      const KeyWrite removal = {key, std::nullopt};
      Must(database->Write({&removal, 1}));
    }
    const auto findings = Must(Verify(copy.paths())).findings.texts;
    BOOST_TEST(findings == (std::vector{"Index: " + DescribeKey(key) + " is missing."}));
  }
  BOOST_TEST(kinds == (std::set<uint8_t>{'a', 'b', 'c', 'h', 'i', 'o', 's', 't'}));
}

BOOST_AUTO_TEST_CASE(a_key_too_many_is_named) {
  for (const Key& key : {OpenSendKey("paid-1"), ConfirmedKey(7, 3), SendKey("nobody"), AlarmKey(1),
                         SendHistoryKey("paid-1", 9), Key{'z'}, Key{0}, Key{0xff}}) {
    const WrittenLog log;
    log.Plant({key, bitcoin::Bytes()});
    BOOST_TEST(log.Finding() == "Index: " + DescribeKey(key) + " should not be there.");
  }
}

BOOST_AUTO_TEST_CASE(a_changed_record_breaks_the_chain) {
  const WrittenLog log;
  const auto before = log.story.entries()[1];
  auto record = std::get<core::SendRecorded>(before.record);
  record.content.outputs[0].amount_sat += 1;
  const Frame original = [&] {
    const auto database = Must(Database::OpenForReading(log.paths.wal_directory));
    return *DecodeFrame(*Must(database->Get(FrameKey(2))));
  }();
  Frame changed = original;
  changed.payload = EncodeRecord(record);
  log.Plant({FrameKey(2), EncodeFrame(changed)});
  const auto findings = log.Findings();
  BOOST_REQUIRE(!findings.empty());
  BOOST_TEST(findings[0] ==
             "The chain is broken: record 3 does not carry the hash of the record before it.");
}

BOOST_AUTO_TEST_CASE(a_missing_and_an_undecodable_record_are_named) {
  {
    const WrittenLog log;
    log.Plant({FrameKey(3), std::nullopt});
    const auto findings = log.Findings();
    BOOST_TEST(findings[0] == "The chain is broken: record 3 is missing before record 4.");
    BOOST_TEST(Says(findings[1], "The indexes were not compared: record 3"));
    BOOST_TEST(findings.size() == 2U);
  }
  const WrittenLog log;
  log.Plant({FrameKey(3), bitcoin::Bytes{1, 2}});
  BOOST_TEST(Says(log.Findings()[0], "record 3 can not be decoded"));
}

BOOST_AUTO_TEST_CASE(the_anchor_is_verified) {
  const WrittenLog log;
  Disk& disk = Disk::OperatingSystem();
  const auto anchor = std::get<Anchor>(ReadAnchor(disk, log.paths.anchor_file));
  Anchor other = anchor;
  other.seq += 2;
  BOOST_REQUIRE(!WriteAnchor(disk, log.paths.anchor_file, other));
  BOOST_TEST(Says(log.Finding(), "2 missing at the end"));
  other = anchor;
  other.frame_hash.bytes[0] ^= 1;
  BOOST_REQUIRE(!WriteAnchor(disk, log.paths.anchor_file, other));
  BOOST_TEST(Says(log.Finding(), "is not the one that the anchor names"));
  other = anchor;
  other.wal_id[0] ^= 1;
  BOOST_REQUIRE(!WriteAnchor(disk, log.paths.anchor_file, other));
  BOOST_TEST(Says(log.Finding(), "belongs to WAL"));
  std::ofstream(log.paths.anchor_file) << "torn";
  BOOST_TEST(Says(log.Finding(), "is damaged"));
  fs::remove(log.paths.anchor_file);
  BOOST_TEST(Says(log.Finding(), "is missing"));
}

BOOST_AUTO_TEST_CASE(more_findings_than_fit_are_cut_and_it_says_so) {
  const WrittenLog log;
  std::vector<KeyWrite> extra;
  for (core::Seq i = 1'000; i < 1'000 + kMaxFindings + 1; ++i) {
    extra.push_back({AlarmKey(i), bitcoin::Bytes()});
  }
  {
    const auto database = Must(Database::Open(log.paths.wal_directory, {}));
    Must(database->Write(extra));
  }
  const auto findings = Must(Verify(log.paths)).findings;
  BOOST_TEST(findings.texts.size() == kMaxFindings);
  BOOST_TEST(findings.truncated);
}

BOOST_AUTO_TEST_CASE(a_log_in_use_is_a_problem) {
  const WrittenLog log;
  const LockingProcess daemon(log.paths.wal_directory);
  BOOST_REQUIRE(daemon.has_lock());
  BOOST_TEST(
      Says(Refusal(Verify(log.paths)), "is in use by process " + std::to_string(daemon.pid())));
}

BOOST_AUTO_TEST_CASE(no_daemon_starts_on_a_log_that_is_being_read) {
  const WrittenLog log;
  bool could_start = true;
  const auto try_once = [&](const auto&) {
    could_start = LockingProcess(log.paths.wal_directory).has_lock();
    return false;
  };
  Must(WalkRecords(log.paths.wal_directory, 1, try_once, NoStub));
  BOOST_TEST(!could_start);
  BOOST_TEST(LockingProcess(log.paths.wal_directory).has_lock());
}

BOOST_AUTO_TEST_CASE(no_log_is_a_problem) {
  const TemporaryFolder folder;
  BOOST_TEST(Says(Refusal(Verify(folder.paths())), "There is no WAL"));
  BOOST_TEST(WalkRecords(
                 folder.paths().wal_directory, 1, [](const auto&) { return true; }, NoStub)
                 .has_value());
  BOOST_TEST(fs::is_empty(folder.path()));
}

BOOST_AUTO_TEST_CASE(a_forged_log_is_a_finding_and_never_an_abort) {
  const Story story = Story::OfEveryType();
  BOOST_TEST(Forgery(story).Judge().texts.empty());
  const size_t count = story.entries().size();
  for (size_t i = 0; i < count; ++i) {
    Forgery without(story);
    without.payloads().erase(without.payloads().begin() + static_cast<ptrdiff_t>(i));
    without.Judge();
    Forgery doubled(story);
    doubled.payloads().insert(doubled.payloads().begin() + static_cast<ptrdiff_t>(i),
                              doubled.payloads()[i]);
    doubled.Judge();
    for (size_t at = 0; at < story.entries().size() && i + at + 1 < count; ++at) {
      Forgery exchanged(story);
      std::swap(exchanged.payloads()[i], exchanged.payloads()[i + at + 1]);
      exchanged.Judge();
    }
  }
  for (size_t i = 0; i < count; ++i) {
    const size_t size = Forgery(story).payloads()[i].size();
    for (size_t at = 0; at < size; ++at) {
      for (uint8_t change : {0x01, 0x80}) {
        Forgery changed(story);
        changed.payloads()[i][at] ^= change;
        changed.Judge();
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::wal
