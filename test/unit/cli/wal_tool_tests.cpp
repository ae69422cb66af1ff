#include "cli/wal_tool.h"

#include <boost/test/unit_test.hpp>

#include "cli/wal_options.h"
#include "core/ledger.h"
#include "home.h"
#include "http/json_reader.h"
#include "wal/log.h"

namespace sendonce::cli {
namespace {

using Arguments = std::vector<std::string>;

constexpr int kDone = static_cast<int>(WalExitCode::kDone);
constexpr int kUsage = static_cast<int>(WalExitCode::kUsage);
constexpr int kUnreadable = static_cast<int>(WalExitCode::kUnreadable);
constexpr int kDamaged = static_cast<int>(WalExitCode::kDamaged);

// A stopped regtest sendonced with a log of four records.
struct Stopped : Home {
  Stopped() {
    const auto folder = path() / ".sendonce/regtest";
    std::filesystem::create_directory(folder);
    core::Ledger ledger;
    core::WalCreated created;
    created.wal_id[0] = 0xab;
    created.wallet_name = "hot";
    auto made = wal::Log::Create({folder / "wal", folder / "anchor"}, ledger.Apply(created, 7));
    BOOST_REQUIRE(std::holds_alternative<std::unique_ptr<wal::Log>>(made));
    auto& log = *std::get<std::unique_ptr<wal::Log>>(made);
    std::vector<core::Entry> entries;
    for (const char* id : {"w-1", "w-2", "w-3"}) {
      entries.push_back(ledger.Apply(core::SendEnded{id, core::Ending::kCancelled}, 8));
    }
    BOOST_REQUIRE(!log.Append(entries));
    BOOST_REQUIRE(!log.SyncAnchor());
  }

  int Run(const Arguments& arguments) {
    std::FILE* file = std::tmpfile();
    BOOST_REQUIRE(file != nullptr);
    const int code = RunWalTool(arguments, path(), file);
    output.assign(static_cast<size_t>(std::ftell(file)), '\0');
    std::rewind(file);
    BOOST_REQUIRE(std::fread(output.data(), 1, output.size(), file) == output.size());
    std::fclose(file);
    return code;
  }

  std::vector<std::string> Lines() const {
    std::vector<std::string> lines;
    for (size_t start = 0; start < output.size();) {
      const size_t end = output.find('\n', start);
      BOOST_REQUIRE(end != std::string::npos);
      lines.push_back(output.substr(start, end - start));
      start = end + 1;
    }
    return lines;
  }

  bool Says(std::string_view part) const { return output.find(part) != std::string::npos; }

  std::string output;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(wal_tool_tests, Stopped)

BOOST_AUTO_TEST_CASE(dump_prints_one_json_object_a_line) {
  BOOST_TEST(Run({"-regtest", "dump"}) == kDone);
  BOOST_REQUIRE_EQUAL(Lines().size(), 4);
  for (const std::string& line : Lines()) {
    BOOST_TEST(std::holds_alternative<http::JsonValue>(http::ParseJson(line)), line);
  }
  BOOST_TEST(Lines()[0].starts_with(R"({"seq":1,"at":7,"type":"WalCreated",)"));
  BOOST_TEST(Lines()[3].find(R"("w-3")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(dump_can_begin_later) {
  BOOST_TEST(Run({"-regtest", "dump", "-from=4"}) == kDone);
  BOOST_REQUIRE_EQUAL(Lines().size(), 1);
  BOOST_TEST(Lines()[0].starts_with(R"({"seq":4,)"));
  BOOST_TEST(Run({"-regtest", "dump", "-from=5"}) == kDone);
  BOOST_TEST(output == "");
}

BOOST_AUTO_TEST_CASE(verify_says_what_it_has_verified) {
  BOOST_TEST(Run({"-regtest", "verify"}) == kDone);
  BOOST_TEST(Says("log       ab0000"));
  BOOST_TEST(Says("wallet    hot\n"));
  BOOST_TEST(Says("records   4\n"));
  BOOST_TEST(Says("verified  chain of hashes, rules, anchor, indexes\n"));
}

BOOST_AUTO_TEST_CASE(verify_finds_a_lost_anchor) {
  std::filesystem::remove(path() / ".sendonce/regtest/anchor");
  BOOST_TEST(Run({"-regtest", "verify"}) == kDamaged);
  BOOST_TEST(Says("\nfinding   "));
  BOOST_TEST(!Says("verified"));
}

BOOST_AUTO_TEST_CASE(a_lost_anchor_is_written_anew_and_no_other) {
  BOOST_TEST(Run({"-regtest", "reanchor"}) == kUnreadable);
  const auto anchor = path() / ".sendonce/regtest/anchor";
  std::filesystem::remove(anchor);
  BOOST_TEST(Run({"-regtest", "reanchor"}) == kDone);
  BOOST_TEST(Says("was written anew"));
  BOOST_TEST(Run({"-regtest", "verify"}) == kDone);
  BOOST_TEST(Run({"reanchor", "-waldir=/x"}) == kUsage);
}

BOOST_AUTO_TEST_CASE(a_copy_is_verified_against_the_anchor_that_was_copied_with_it) {
  const auto folder = path() / ".sendonce/regtest";
  std::filesystem::copy(folder / "wal", path() / "copy", std::filesystem::copy_options::recursive);
  std::filesystem::copy(folder / "anchor", path() / "copied-anchor");
  const std::string wal_option = "-waldir=" + (path() / "copy").string();
  const std::string anchor_option = "-anchorfile=" + (path() / "copied-anchor").string();
  BOOST_TEST(Run({"verify", wal_option, anchor_option}) == kDone);
  BOOST_TEST(Run({"verify", wal_option}) == kUsage);
  BOOST_TEST(Run({"dump", wal_option}) == kDone);
  BOOST_TEST(Lines().size() == 4);
}

BOOST_AUTO_TEST_CASE(a_log_that_is_not_there_can_not_be_read) {
  BOOST_TEST(Run({"verify"}) == kUnreadable);  // of the main network
  BOOST_TEST(Run({"dump"}) == kUnreadable);
  BOOST_TEST(output == "");
  BOOST_TEST(!std::filesystem::exists(path() / ".sendonce/wal"));
}

BOOST_AUTO_TEST_CASE(nothing_is_changed) {
  const auto folder = path() / ".sendonce/regtest/wal";
  const auto names = [&folder] {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      found.push_back(entry.path().filename().string() + " " + std::to_string(entry.file_size()));
    }
    std::sort(found.begin(), found.end());
    return found;
  };
  const auto before = names();
  BOOST_TEST(Run({"-regtest", "verify"}) == kDone);
  BOOST_TEST(Run({"-regtest", "dump"}) == kDone);
  BOOST_TEST(names() == before, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(output_that_can_not_be_written_is_no_success) {
  for (const char* action : {"dump", "verify", "-help"}) {
    std::FILE* full = std::fopen("/dev/full", "w");
    BOOST_REQUIRE(full != nullptr);
    BOOST_TEST(RunWalTool({"-regtest", action}, path(), full) == kUsage);
    std::fclose(full);
  }
}

BOOST_AUTO_TEST_CASE(wrong_options) {
  for (const Arguments& arguments :
       {Arguments{}, {"verify", "dump"}, {"repair"}, {"dump", "-from=0"}, {"dump", "-frm=1"}}) {
    BOOST_TEST(Run(arguments) == kUsage);
    BOOST_TEST(output == "");
  }
}

BOOST_AUTO_TEST_CASE(the_paths_are_those_of_sendonced) {
  const auto paths = [this](const Arguments& arguments) {
    const auto parsed = ParseWalOptions(arguments, path());
    BOOST_REQUIRE(std::holds_alternative<WalOptions>(parsed));
    return std::get<WalOptions>(parsed).paths;
  };
  BOOST_TEST(paths({"dump"}).wal_directory == path() / ".sendonce/wal");
  WriteConfig("chain=signet\nfinality=3\nanchordir=/anchors\n");
  BOOST_TEST(paths({"dump"}).wal_directory == path() / ".sendonce/signet/wal");
  BOOST_TEST(paths({"dump"}).anchor_file == "/anchors/signet/anchor");
}

BOOST_AUTO_TEST_CASE(help_and_version) {
  BOOST_TEST(Run({"--help"}) == kDone);
  for (const char* part : {"sendonce-wal [options] dump", "-waldir", "Exit codes:", "Examples:"}) {
    BOOST_TEST(Says(part), part);
  }
  BOOST_TEST(Run({"-version"}) == kDone);
  BOOST_TEST(output.starts_with("sendonce-wal version "));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::cli
