#include "daemon/logger.h"

#include <boost/test/unit_test.hpp>
#include <regex>
#include <sstream>
#include <thread>
#include <vector>

#include "scratch_directory.h"

namespace sendonce::daemon {
namespace {

struct Scratch : ScratchDirectory {
  std::unique_ptr<Logger> OpenLog(std::set<LogCategory> debug = {}) const {
    auto opened = Logger::Open({path() / "debug.log", false, std::move(debug)});
    BOOST_REQUIRE(std::holds_alternative<std::unique_ptr<Logger>>(opened));
    return std::move(std::get<std::unique_ptr<Logger>>(opened));
  }

  std::vector<std::string> Lines(const std::string& name = "debug.log") const {
    std::istringstream text(Read(name));
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }
};

// Behind the time.
std::string Tail(const std::string& line) {
  return line.substr(line.find(' ') + 1);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(logger_tests, Scratch)

BOOST_AUTO_TEST_CASE(a_line_has_time_level_category_and_text) {
  OpenLog()->Info(LogCategory::kNode, "text");
  BOOST_REQUIRE_EQUAL(Lines().size(), 1);
  const std::regex form(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \[info\] \[node\] text)");
  BOOST_TEST(std::regex_match(Lines()[0], form), Lines()[0]);
}

BOOST_AUTO_TEST_CASE(levels_and_categories) {
  const auto log = OpenLog({LogCategory::kWal});
  log->Error(LogCategory::kDaemon, "a");
  log->Warning(LogCategory::kCore, "b");
  log->Debug(LogCategory::kWal, "c");
  log->Debug(LogCategory::kHttp, "not asked for");
  log->Info(LogCategory::kZmq, "d");
  BOOST_TEST(log->Debugs(LogCategory::kWal));
  BOOST_TEST(!log->Debugs(LogCategory::kHttp));
  const auto lines = Lines();  // the log is still open: each line was written at once
  BOOST_REQUIRE_EQUAL(lines.size(), 4);
  BOOST_TEST(Tail(lines[0]) == "[error] [daemon] a");
  BOOST_TEST(Tail(lines[1]) == "[warning] [core] b");
  BOOST_TEST(Tail(lines[2]) == "[debug] [wal] c");
  BOOST_TEST(Tail(lines[3]) == "[info] [zmq] d");
}

BOOST_AUTO_TEST_CASE(text_from_outside_can_not_make_a_line) {
  OpenLog()->Info(LogCategory::kHttp, "a\n2026-11-23T20:31:00.123Z [info]\r\x1b[2Jb\x7f {} %s äö");
  BOOST_REQUIRE_EQUAL(Lines().size(), 1);
  BOOST_TEST(Tail(Lines()[0]) ==
             R"([info] [http] a\x0a2026-11-23T20:31:00.123Z [info]\x0d\x1b[2Jb\x7f {} %s äö)");
}

BOOST_AUTO_TEST_CASE(a_long_text_is_cut) {
  OpenLog()->Info(LogCategory::kHttp, std::string(Logger::kMaxLogTextBytes + 1, 'x'));
  const std::string tail = Tail(Lines().at(0));
  BOOST_TEST(tail.ends_with("xx (cut)"));
  BOOST_TEST(std::count(tail.begin(), tail.end(), 'x') == Logger::kMaxLogTextBytes);
}

BOOST_AUTO_TEST_CASE(a_log_is_appended_to) {
  OpenLog()->Info(LogCategory::kCore, "first");
  OpenLog()->Info(LogCategory::kCore, "second");
  BOOST_TEST(Lines().size() == 2);
}

BOOST_AUTO_TEST_CASE(reopening_follows_a_rotation) {
  const auto log = OpenLog();
  log->Info(LogCategory::kCore, "before");
  std::filesystem::rename(path() / "debug.log", path() / "debug.log.1");
  log->Info(LogCategory::kCore, "still the old file");
  BOOST_TEST(log->Reopen());
  log->Info(LogCategory::kCore, "after");
  BOOST_TEST(Lines("debug.log.1").size() == 2);
  BOOST_REQUIRE_EQUAL(Lines().size(), 1);
  BOOST_TEST(Tail(Lines()[0]) == "[info] [core] after");
}

BOOST_AUTO_TEST_CASE(when_reopening_fails_the_old_file_stays_in_use) {
  const auto log = OpenLog();
  std::filesystem::rename(path() / "debug.log", path() / "old");
  std::filesystem::create_directory(path() / "debug.log");
  BOOST_TEST(!log->Reopen());
  log->Info(LogCategory::kCore, "kept");
  BOOST_TEST(Lines("old").size() == 1);
}

BOOST_AUTO_TEST_CASE(a_log_that_can_not_be_opened_says_why) {
  std::filesystem::create_directory(path() / "debug.log");
  const auto opened = Logger::Open({path() / "debug.log", false, {}});
  BOOST_REQUIRE(std::holds_alternative<std::string>(opened));
  BOOST_TEST(std::get<std::string>(opened).find("debug.log") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(lines_of_several_threads_stay_whole) {
  constexpr int kThreads = 4;
  constexpr int kLines = 200;
  const auto log = OpenLog();
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&log, i] {
      for (int j = 0; j < kLines; ++j) log->Info(LogCategory::kCore, std::string(50, "abcd"[i]));
      log->Reopen();
    });
  }
  for (auto& thread : threads) thread.join();
  const auto lines = Lines();
  BOOST_TEST(lines.size() == kThreads * kLines);
  for (const std::string& line : lines) {
    const std::string text = Tail(line);
    BOOST_TEST(text == "[info] [core] " + std::string(50, text.back()));
  }
}

BOOST_AUTO_TEST_CASE(category_names_are_their_own_inverse) {
  for (const LogCategory category : kLogCategories) {
    BOOST_TEST((LogCategoryFromName(LogCategoryName(category)) == category));
  }
  BOOST_TEST(!LogCategoryFromName("nod"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::daemon
