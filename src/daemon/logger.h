// The log for people: debug.log, and the standard output if asked. Not the WAL: nothing rests on
// it, and what can not be written to it is lost.

#ifndef SENDONCE_DAEMON_LOGGER_H
#define SENDONCE_DAEMON_LOGGER_H

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>

namespace sendonce::daemon {

enum class LogCategory : uint8_t { kDaemon, kCore, kWal, kNode, kZmq, kHttp };

inline constexpr std::array kLogCategories = {LogCategory::kDaemon, LogCategory::kCore,
                                              LogCategory::kWal,    LogCategory::kNode,
                                              LogCategory::kZmq,    LogCategory::kHttp};

// "daemon", "core", "wal", "node", "zmq", "http".
std::string_view LogCategoryName(LogCategory category);
std::optional<LogCategory> LogCategoryFromName(std::string_view name);

struct LogOptions {
  std::filesystem::path file;
  bool print_to_console = false;
  std::set<LogCategory> debug;  // whose debug lines are written, -debug=<category>
};

// Thread-safe. One line for each call, written before the call returns:
//   2026-11-23T20:31:00.123Z [info] [node] text
// Time is UTC. Control characters of the text are written as \xHH, so that what a caller or the
// node said can not pretend to be a line of its own. A text longer than kMaxLogTextBytes is cut.
//
// A write that fails (disk full) does not fail the call: the line is lost, and that is said on the
// standard error, at most once a second.
class Logger {
 public:
  static constexpr size_t kMaxLogTextBytes = 16'384;

  // Opens the file for appending, and makes it if it is missing. Its folder must exist. Otherwise
  // the text says why not.
  static std::variant<std::unique_ptr<Logger>, std::string> Open(const LogOptions& options);

  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  void Error(LogCategory category, std::string_view text);
  void Warning(LogCategory category, std::string_view text);
  void Info(LogCategory category, std::string_view text);
  // Written only if the category was asked for.
  void Debug(LogCategory category, std::string_view text);

  // Whether Debug writes anything: to be asked before a costly text is made.
  bool Debugs(LogCategory category) const;

  // Opens the file anew, for log rotation (SIGHUP). False if that fails: the old one stays in use.
  bool Reopen();

 private:
  class Sinks;
  explicit Logger(std::unique_ptr<Sinks> sinks);

  std::unique_ptr<Sinks> sinks_;
};

}  // namespace sendonce::daemon

#endif  // SENDONCE_DAEMON_LOGGER_H
