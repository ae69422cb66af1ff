// That the fault injector tells the truth: what it says is lost was really not synced, what it says
// is kept was.

#include "fault_env.h"

#include <leveldb/env.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include "temporary_folder.h"
#include "wal/disk.h"

namespace sendonce::fault {

namespace {

// A faulty disk with a few files on it.
class Bench {
 public:
  Bench() : root_(folder_.path() / "root") {
    std::filesystem::create_directory(root_);
    std::ofstream(root_ / "old") << "was here before";
    faults_ = std::make_unique<FaultEnv>(root_);
  }

  FaultEnv& faults() { return *faults_; }
  leveldb::Env& env() { return *faults_->substitutes().env; }
  wal::Disk& disk() { return *faults_->substitutes().disk; }
  std::string Path(const std::string& name) const { return (root_ / name).string(); }

  std::unique_ptr<leveldb::WritableFile> Create(const std::string& name) {
    leveldb::WritableFile* file = nullptr;
    BOOST_REQUIRE(env().NewWritableFile(Path(name), &file).ok());
    return std::unique_ptr<leveldb::WritableFile>(file);
  }

  void SyncNames() { BOOST_REQUIRE(!disk().SyncFolder(root_)); }

  // The content of the file after a cut now; nullopt if there is no such file.
  std::optional<std::string> After(const Aftermath& aftermath, const std::string& name) {
    const auto image = folder_.path() / ("image" + std::to_string(++images_));
    faults_->WriteImage(image, aftermath);
    std::ifstream file(image / name, std::ios::binary);
    if (!file) return std::nullopt;
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
  }

 private:
  const wal::TemporaryFolder folder_;
  const std::filesystem::path root_;
  std::unique_ptr<FaultEnv> faults_;
  int images_ = 0;
};

const Aftermath kWorst = {Bytes::kLost, Names::kLost, 0};

std::string Text(const std::optional<std::string>& content) {
  return content.value_or("(none)");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fault_env)

BOOST_AUTO_TEST_CASE(synced_bytes_are_kept_and_others_are_not) {
  Bench bench;
  const auto file = bench.Create("file");
  bench.SyncNames();
  BOOST_TEST(file->Append("abc").ok());
  BOOST_TEST(Text(bench.After(kWorst, "file")) == "");
  BOOST_TEST(file->Sync().ok());
  BOOST_TEST(file->Append("def").ok());
  BOOST_TEST(Text(bench.After(kWorst, "file")) == "abc");
  BOOST_TEST(Text(bench.After({Bytes::kKept, Names::kLost, 0}, "file")) == "abcdef");
  BOOST_TEST(Text(bench.After({Bytes::kZeroed, Names::kLost, 0}, "file")) ==
             std::string("abc\0\0\0", 6));
  const auto garbled = Text(bench.After({Bytes::kGarbled, Names::kLost, 7}, "file"));
  BOOST_TEST(garbled.size() == 6U);
  BOOST_TEST(garbled.substr(0, 3) == "abc");
  BOOST_TEST(garbled != "abcdef");
}

BOOST_AUTO_TEST_CASE(the_kill_of_a_process_takes_what_was_not_flushed) {
  Bench bench;
  const auto file = bench.Create("file");
  const Aftermath kill = {Bytes::kFlushed, Names::kKept, 0};
  BOOST_TEST(file->Append("abc").ok());
  BOOST_TEST(Text(bench.After(kill, "file")) == "");
  BOOST_TEST(file->Flush().ok());
  BOOST_TEST(file->Append("def").ok());
  BOOST_TEST(Text(bench.After(kill, "file")) == "abc");
}

BOOST_AUTO_TEST_CASE(a_tear_can_be_at_any_byte) {
  Bench bench;
  const auto file = bench.Create("file");
  bench.SyncNames();
  BOOST_TEST(file->Append("a").ok());
  BOOST_TEST(file->Sync().ok());
  BOOST_TEST(file->Append("bcd").ok());
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    seen.insert(Text(bench.After({Bytes::kTorn, Names::kLost, seed}, "file")));
  }
  BOOST_TEST(seen == (std::set<std::string>{"a", "ab", "abc", "abcd"}));
}

BOOST_AUTO_TEST_CASE(a_name_is_lost_without_a_sync_of_its_folder) {
  Bench bench;
  const auto file = bench.Create("file");
  BOOST_TEST(file->Append("abc").ok());
  BOOST_TEST(file->Sync().ok());
  BOOST_TEST(!bench.After(kWorst, "file"));
  BOOST_TEST(Text(bench.After({Bytes::kLost, Names::kKept, 0}, "file")) == "abc");
  bench.SyncNames();
  BOOST_TEST(Text(bench.After(kWorst, "file")) == "abc");
}

BOOST_AUTO_TEST_CASE(a_manifest_syncs_its_folder) {
  Bench bench;
  const auto file = bench.Create("file");
  const auto manifest = bench.Create("MANIFEST-000002");
  BOOST_TEST(manifest->Sync().ok());
  BOOST_TEST(bench.After(kWorst, "file").has_value());
}

BOOST_AUTO_TEST_CASE(a_rename_is_whole_and_can_be_lost) {
  Bench bench;
  const auto file = bench.Create("fresh");
  BOOST_TEST(file->Append("new").ok());
  BOOST_TEST(file->Sync().ok());
  bench.SyncNames();
  BOOST_TEST(bench.env().RenameFile(bench.Path("fresh"), bench.Path("old")).ok());
  BOOST_TEST(Text(bench.After(kWorst, "old")) == "was here before");
  BOOST_TEST(Text(bench.After(kWorst, "fresh")) == "new");
  BOOST_TEST(Text(bench.After({Bytes::kLost, Names::kKept, 0}, "old")) == "new");
  BOOST_TEST(!bench.After({Bytes::kLost, Names::kKept, 0}, "fresh"));
  bench.SyncNames();
  BOOST_TEST(Text(bench.After(kWorst, "old")) == "new");
}

BOOST_AUTO_TEST_CASE(a_removal_can_be_lost_and_can_overtake_a_creation) {
  Bench bench;
  const auto file = bench.Create("file");
  BOOST_TEST(bench.env().RemoveFile(bench.Path("old")).ok());
  BOOST_TEST(Text(bench.After(kWorst, "old")) == "was here before");
  std::set<std::pair<bool, bool>> seen;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const Aftermath some = {Bytes::kLost, Names::kSome, seed};
    seen.emplace(bench.After(some, "file").has_value(), bench.After(some, "old").has_value());
  }
  BOOST_TEST(seen.size() == 4U);
}

BOOST_AUTO_TEST_CASE(a_folder_that_was_not_synced_takes_its_files_with_it) {
  Bench bench;
  BOOST_TEST(bench.env().CreateDir(bench.Path("folder")).ok());
  const auto file = bench.Create("folder/file");
  BOOST_TEST(file->Sync().ok());
  BOOST_REQUIRE(!bench.disk().SyncFolder(bench.Path("folder")));
  BOOST_TEST(!bench.After(kWorst, "folder/file"));
  bench.SyncNames();
  BOOST_TEST(bench.After(kWorst, "folder/file").has_value());
}

BOOST_AUTO_TEST_CASE(a_file_that_is_opened_anew_has_lost_what_it_held) {
  Bench bench;
  const auto file = bench.Create("old");
  BOOST_TEST(Text(bench.After(kWorst, "old")) == "");
}

BOOST_AUTO_TEST_CASE(bytes_of_a_failed_sync_are_never_trusted_again) {
  Bench bench;
  const auto file = bench.Create("file");
  bench.SyncNames();
  BOOST_TEST(file->Append("abc").ok());
  bench.faults().Inject({Operation::kSync});
  BOOST_TEST(!file->Sync().ok());
  BOOST_TEST(file->Append("def").ok());
  BOOST_TEST(file->Sync().ok());
  BOOST_TEST(Text(bench.After(kWorst, "file")) == std::string("\0\0\0def", 6));
}

BOOST_AUTO_TEST_CASE(a_fault_strikes_the_operation_that_was_named_and_no_other) {
  Bench bench;
  const auto file = bench.Create("file");
  bench.faults().Inject({Operation::kAppend, 2, false, Failure::kEio});
  BOOST_TEST(file->Append("a").ok());
  BOOST_TEST(file->Sync().ok());
  BOOST_TEST(!file->Append("b").ok());
  BOOST_TEST(file->Append("c").ok());
  BOOST_TEST(bench.faults().strikes() == 1U);
  BOOST_TEST(Text(bench.After({Bytes::kKept, Names::kKept, 0}, "file")) == "ac");

  bench.faults().Inject({Operation::kAppend, 2, true, Failure::kEnospc});
  BOOST_TEST(file->Append("d").ok());
  BOOST_TEST(!file->Append("e").ok());
  BOOST_TEST(!file->Append("f").ok());
  bench.faults().Heal();
  BOOST_TEST(file->Append("g").ok());
  BOOST_TEST(Text(bench.After({Bytes::kKept, Names::kKept, 0}, "file")) == "acdg");
}

BOOST_AUTO_TEST_CASE(a_short_write_leaves_half) {
  Bench bench;
  const auto file = bench.Create("file");
  bench.faults().Inject({Operation::kAppend, 1, false, Failure::kShortWrite});
  BOOST_TEST(!file->Append("abcdef").ok());
  BOOST_TEST(Text(bench.After({Bytes::kKept, Names::kKept, 0}, "file")) == "abc");
}

BOOST_AUTO_TEST_CASE(each_kind_of_operation_can_fail) {
  const std::vector<std::pair<Operation, std::function<bool(Bench&)>>> operations = {
      {Operation::kCreate,
       [](Bench& bench) {
         leveldb::WritableFile* file = nullptr;
         return bench.env().NewWritableFile(bench.Path("new"), &file).ok();
       }},
      {Operation::kRename,
       [](Bench& bench) {
         return bench.env().RenameFile(bench.Path("old"), bench.Path("new")).ok();
       }},
      {Operation::kRemove,
       [](Bench& bench) { return bench.env().RemoveFile(bench.Path("old")).ok(); }},
      {Operation::kMakeFolder,
       [](Bench& bench) { return bench.env().CreateDir(bench.Path("new")).ok(); }},
      {Operation::kSyncFolder,
       [](Bench& bench) { return !bench.disk().SyncFolder(bench.Path("")); }},
      {Operation::kOpen,
       [](Bench& bench) {
         leveldb::SequentialFile* file = nullptr;
         return bench.env().NewSequentialFile(bench.Path("old"), &file).ok();
       }},
      {Operation::kRead,
       [](Bench& bench) {
         return std::holds_alternative<std::string>(bench.disk().ReadFile(bench.Path("old"), 100));
       }},
  };
  for (const auto& [operation, succeeds] : operations) {
    Bench bench;
    bench.faults().Inject({operation});
    BOOST_TEST(!succeeds(bench), "operation " << static_cast<int>(operation));
    BOOST_TEST(bench.faults().strikes() == 1U);
    BOOST_TEST(Text(bench.After({Bytes::kKept, Names::kKept, 0}, "old")) == "was here before");
    BOOST_TEST(!bench.After({Bytes::kKept, Names::kKept, 0}, "new"));
  }
}

BOOST_AUTO_TEST_CASE(nothing_changes_after_the_power_has_gone) {
  Bench bench;
  const auto file = bench.Create("file");
  bench.SyncNames();
  bench.faults().CutPowerAt(3);
  BOOST_TEST(file->Append("abc").ok());
  BOOST_TEST(file->Sync().ok());
  BOOST_TEST(!bench.faults().power_is_off());
  BOOST_TEST(!file->Append("def").ok());
  BOOST_TEST(bench.faults().power_is_off());
  BOOST_TEST(!file->Sync().ok());
  BOOST_TEST(!bench.env().RemoveFile(bench.Path("old")).ok());
  BOOST_TEST(bench.disk().SyncFolder(bench.Path("")).has_value());
  BOOST_TEST(std::holds_alternative<wal::DiskError>(bench.disk().ReadFile(bench.Path("old"), 100)));
  BOOST_TEST(Text(bench.After({Bytes::kKept, Names::kKept, 0}, "file")) == "abc");
  BOOST_TEST(Text(bench.After({Bytes::kKept, Names::kKept, 0}, "old")) == "was here before");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::fault
