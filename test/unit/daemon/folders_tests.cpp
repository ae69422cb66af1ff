#include "daemon/folders.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "scratch_directory.h"

namespace sendonce::daemon {

namespace {

// Notes each sync of a folder, with the names that were in it.
class NotingDisk final : public wal::Disk {
 public:
  std::variant<std::string, wal::FileMissing, wal::DiskError> ReadFile(const std::filesystem::path&,
                                                                       size_t) override {
    return wal::FileMissing{};
  }
  std::optional<wal::DiskError> WriteFile(const std::filesystem::path&, std::string_view) override {
    return std::nullopt;
  }
  std::optional<wal::DiskError> RenameFile(const std::filesystem::path&,
                                           const std::filesystem::path&) override {
    return std::nullopt;
  }
  std::optional<wal::DiskError> SyncFolder(const std::filesystem::path& folder) override {
    if (fails) return wal::DiskError{"sync " + folder.string() + ": Input/output error"};
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      synced.push_back(entry.path());
    }
    return std::nullopt;
  }

  bool fails = false;
  std::vector<std::filesystem::path> synced;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(folders)

BOOST_AUTO_TEST_CASE(the_name_of_each_folder_that_was_made_is_synced) {
  const ScratchDirectory scratch;
  NotingDisk disk;
  for (const char* folder : {"a/b/c", "x/y/"}) {
    BOOST_TEST(!MakeFolder(scratch.path() / folder, disk));
    BOOST_TEST(std::filesystem::is_directory(scratch.path() / folder));
  }
  const auto is_synced = [&](const char* name) {
    return std::find(disk.synced.begin(), disk.synced.end(), scratch.path() / name) !=
           disk.synced.end();
  };
  for (const char* name : {"a", "a/b", "a/b/c", "x", "x/y"}) BOOST_TEST(is_synced(name), name);
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_there_is_left_alone) {
  const ScratchDirectory scratch;
  NotingDisk disk;
  disk.fails = true;
  BOOST_TEST(!MakeFolder(scratch.path(), disk));
  BOOST_TEST(!MakeFolder(scratch.path() / "", disk));
}

BOOST_AUTO_TEST_CASE(what_can_not_be_made_or_synced_is_named) {
  const ScratchDirectory scratch;
  NotingDisk disk;
  BOOST_TEST(MakeFolder("/proc/none", disk).value_or("").starts_with("cannot make the folder"));
  disk.fails = true;
  BOOST_TEST(MakeFolder(scratch.path() / "a", disk).value_or("").ends_with("Input/output error"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::daemon
