#include "daemon/wal_writer.h"

#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <mutex>

#include "core/ledger.h"
#include "scratch_directory.h"
#include "wal/disk.h"
#include "wal/log.h"

namespace sendonce::daemon {
namespace {

// The operating system's disk until it is broken.
class BreakableDisk : public wal::Disk {
 public:
  bool broken = false;  // set before the writer's thread starts

  std::variant<std::string, wal::FileMissing, wal::DiskError> ReadFile(
      const std::filesystem::path& file, size_t max_bytes) override {
    return OperatingSystem().ReadFile(file, max_bytes);
  }
  std::optional<wal::DiskError> WriteFile(const std::filesystem::path& file,
                                          std::string_view content) override {
    if (broken) return wal::DiskError{"write " + file.string() + ": No space left on device"};
    return OperatingSystem().WriteFile(file, content);
  }
  std::optional<wal::DiskError> RenameFile(const std::filesystem::path& from,
                                           const std::filesystem::path& to) override {
    return OperatingSystem().RenameFile(from, to);
  }
  std::optional<wal::DiskError> SyncFolder(const std::filesystem::path& folder) override {
    return OperatingSystem().SyncFolder(folder);
  }
};

// What the callbacks heard. The first on_durable can be held, so that entries gather behind it.
class Listener {
 public:
  WalWriter::Callbacks callbacks() {
    return {[this](const WalWriter::Written& written) { OnDurable(written); },
            [this](const std::string& text) { OnFailure(text); }};
  }

  void HoldFirst() { held_ = true; }

  void Release() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }

  // Blocks until that record is durable. Returns what was reported so far.
  std::vector<WalWriter::Written> WaitFor(core::Seq seq) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !written_.empty() && written_.back().last_seq >= seq; });
    return written_;
  }

  std::vector<std::string> WaitForFailure() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !failures_.empty(); });
    return failures_;
  }

  std::vector<WalWriter::Written> written() const {
    const std::lock_guard lock(mutex_);
    return written_;
  }
  std::vector<std::string> failures() const {
    const std::lock_guard lock(mutex_);
    return failures_;
  }

 private:
  void OnDurable(const WalWriter::Written& written) {
    std::unique_lock lock(mutex_);
    written_.push_back(written);
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
  }

  void OnFailure(const std::string& text) {
    const std::lock_guard lock(mutex_);
    failures_.push_back(text);
    changed_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  std::vector<WalWriter::Written> written_;
  std::vector<std::string> failures_;
};

// A new log that holds its first record, and a source of more.
struct NewLog : ScratchDirectory {
  NewLog() {
    core::WalCreated created;
    created.wal_id[0] = 1;
    auto made = wal::Log::Create({path() / "wal", path() / "anchor"}, ledger.Apply(created, 1),
                                 {{}, &disk});
    BOOST_REQUIRE(std::holds_alternative<std::unique_ptr<wal::Log>>(made));
    log = std::move(std::get<std::unique_ptr<wal::Log>>(made));
  }

  std::vector<core::Entry> NextEntries(size_t count) {
    std::vector<core::Entry> entries;
    for (size_t i = 0; i < count; ++i) {
      const std::string id = "w-" + std::to_string(ledger.last_seq());
      entries.push_back(ledger.Apply(core::SendEnded{id, core::Ending::kCancelled}, 2));
    }
    return entries;
  }

  // A writer whose first append was reported, and whose thread is held there.
  void AppendAndHold(WalWriter& writer) {
    writer.Append(NextEntries(1));
    listener.WaitFor(2);
  }

  BreakableDisk disk;
  core::Ledger ledger;
  std::unique_ptr<wal::Log> log;
  Listener listener;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(wal_writer_tests, NewLog)

BOOST_AUTO_TEST_CASE(what_is_reported_is_in_the_log) {
  WalWriter writer(*log, listener.callbacks());
  writer.Append(NextEntries(3));
  const auto written = listener.WaitFor(4);
  BOOST_REQUIRE_EQUAL(written.size(), 1);
  BOOST_TEST(written[0].last_seq == 4);
  BOOST_TEST(written[0].records == 3);
  BOOST_TEST(written[0].took_us >= 0);
  BOOST_TEST(log->last_seq() == 4);
  BOOST_TEST(writer.waiting() == 0);
}

BOOST_AUTO_TEST_CASE(what_gathers_during_an_append_is_one_append) {
  listener.HoldFirst();
  WalWriter writer(*log, listener.callbacks());
  AppendAndHold(writer);
  for (int i = 0; i < 5; ++i) writer.Append(NextEntries(2));
  BOOST_TEST(writer.waiting() == 10);
  listener.Release();
  const auto written = listener.WaitFor(12);
  BOOST_REQUIRE_EQUAL(written.size(), 2);
  BOOST_TEST(written[1].records == 10);
}

BOOST_AUTO_TEST_CASE(one_append_is_bounded) {
  listener.HoldFirst();
  WalWriter writer(*log, listener.callbacks());
  AppendAndHold(writer);
  writer.Append(NextEntries(WalWriter::kMaxGroupRecords + 1));
  listener.Release();
  const auto written = listener.WaitFor(3 + WalWriter::kMaxGroupRecords);
  BOOST_REQUIRE_EQUAL(written.size(), 3);
  BOOST_TEST(written[1].records == WalWriter::kMaxGroupRecords);
  BOOST_TEST(written[2].records == 1);
}

BOOST_AUTO_TEST_CASE(stop_writes_what_waits_and_the_anchor) {
  listener.HoldFirst();
  WalWriter writer(*log, listener.callbacks());
  AppendAndHold(writer);
  writer.Append(NextEntries(4));
  listener.Release();
  writer.Stop();
  BOOST_TEST(listener.written().back().last_seq == 6);
  BOOST_TEST(listener.failures().empty());
  writer.Stop();
  log.reset();
  BOOST_TEST(Read("anchor").find("6") != std::string::npos);
  const auto reopened = wal::Log::Open({path() / "wal", path() / "anchor"});
  BOOST_REQUIRE(std::holds_alternative<std::unique_ptr<wal::Log>>(reopened));
  BOOST_TEST(std::get<std::unique_ptr<wal::Log>>(reopened)->last_seq() == 6);
}

BOOST_AUTO_TEST_CASE(the_anchor_follows_also_when_nothing_more_comes,
                     *boost::unit_test::timeout(600)) {
  WalWriter writer(*log, listener.callbacks());
  // The first anchor is due at once; the second one only after a while in which nothing happens.
  for (core::Seq seq = 2; seq <= 3; ++seq) {
    const std::string before = Read("anchor");
    writer.Append(NextEntries(1));
    listener.WaitFor(seq);
    while (Read("anchor") == before) std::this_thread::yield();
  }
  BOOST_TEST(listener.failures().empty());
}

BOOST_AUTO_TEST_CASE(a_failed_append_is_reported_and_nothing_is_durable) {
  disk.broken = true;
  BOOST_REQUIRE(!log->Append(NextEntries(1)));
  BOOST_REQUIRE(log->SyncAnchor());  // the log has latched: every append fails from here on
  WalWriter writer(*log, listener.callbacks());
  writer.Append(NextEntries(1));
  const auto failures = listener.WaitForFailure();
  BOOST_TEST(failures[0].find("No space left on device") != std::string::npos);
  writer.Append(NextEntries(1));
  writer.Stop();
  BOOST_TEST(writer.waiting() == 0);
  BOOST_TEST(listener.written().empty());
  BOOST_TEST(listener.failures().size() == 1);
}

BOOST_AUTO_TEST_CASE(a_failed_anchor_is_reported_too) {
  disk.broken = true;
  WalWriter writer(*log, listener.callbacks());
  writer.Append(NextEntries(1));
  BOOST_TEST(listener.WaitForFailure().size() == 1);
  writer.Append(NextEntries(1));
  writer.Stop();
  BOOST_TEST(listener.written().size() == 1);
  BOOST_TEST(listener.failures().size() == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::daemon
