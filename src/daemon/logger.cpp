#include "daemon/logger.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace sendonce::daemon {
namespace {

// 2026-11-23T20:31:00.123Z [info] [node] text
constexpr const char* kPattern = "%Y-%m-%dT%H:%M:%S.%eZ [%l] [%n] %v";
constexpr const char* kHexDigits = "0123456789abcdef";
constexpr std::string_view kCutMark = " (cut)";

void AppendEscaped(char c, std::string& line) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte != 0x7f) {
    line += c;
    return;
  }
  line += "\\x";
  line += kHexDigits[byte >> 4];
  line += kHexDigits[byte & 15];
}

// UTF-8 passes through; what could end the line or steer a terminal does not.
std::string OneLine(std::string_view text) {
  const std::string_view kept = text.substr(0, Logger::kMaxLogTextBytes);
  std::string line;
  line.reserve(kept.size());
  for (const char c : kept) AppendEscaped(c, line);
  if (kept.size() < text.size()) line += kCutMark;
  return line;
}

std::shared_ptr<spdlog::sinks::sink> OpenFile(const std::filesystem::path& file) {
  return std::make_shared<spdlog::sinks::basic_file_sink_mt>(file.string());
}

}  // namespace

std::string_view LogCategoryName(LogCategory category) {
  switch (category) {
    case LogCategory::kDaemon:
      return "daemon";
    case LogCategory::kCore:
      return "core";
    case LogCategory::kWal:
      return "wal";
    case LogCategory::kNode:
      return "node";
    case LogCategory::kZmq:
      return "zmq";
    case LogCategory::kHttp:
      break;
  }
  return "http";
}

std::optional<LogCategory> LogCategoryFromName(std::string_view name) {
  for (const LogCategory category : kLogCategories) {
    if (LogCategoryName(category) == name) return category;
  }
  return std::nullopt;
}

// One spdlog logger for each category; all write to the same sinks.
class Logger::Sinks {
 public:
  // Throws spdlog::spdlog_ex if the file can not be opened.
  explicit Sinks(const LogOptions& options)
      : file_(options.file), outlets_(std::make_shared<spdlog::sinks::dist_sink_mt>()) {
    if (options.print_to_console) console_ = std::make_shared<spdlog::sinks::stdout_sink_mt>();
    OpenOutlets();
    for (const LogCategory category : kLogCategories) {
      loggers_.push_back(MakeLogger(category, options.debug.contains(category)));
    }
  }

  spdlog::logger& For(LogCategory category) const {
    return *loggers_[static_cast<size_t>(category)];
  }

  // Throws spdlog::spdlog_ex; then nothing has changed.
  void OpenOutlets() {
    std::vector<std::shared_ptr<spdlog::sinks::sink>> outlets{OpenFile(file_)};
    if (console_) outlets.push_back(console_);
    for (const auto& outlet : outlets) outlet->set_formatter(MakeFormatter());
    outlets_->set_sinks(std::move(outlets));
  }

 private:
  static std::unique_ptr<spdlog::formatter> MakeFormatter() {
    return std::make_unique<spdlog::pattern_formatter>(kPattern, spdlog::pattern_time_type::utc);
  }

  std::unique_ptr<spdlog::logger> MakeLogger(LogCategory category, bool debug) const {
    auto logger =
        std::make_unique<spdlog::logger>(std::string(LogCategoryName(category)), outlets_);
    logger->set_level(debug ? spdlog::level::debug : spdlog::level::info);
    logger->flush_on(spdlog::level::debug);
    return logger;
  }

  const std::filesystem::path file_;
  const std::shared_ptr<spdlog::sinks::dist_sink_mt> outlets_;
  std::shared_ptr<spdlog::sinks::sink> console_;
  std::vector<std::unique_ptr<spdlog::logger>> loggers_;  // by LogCategory
};

std::variant<std::unique_ptr<Logger>, std::string> Logger::Open(const LogOptions& options) {
  try {
    return std::unique_ptr<Logger>(new Logger(std::make_unique<Sinks>(options)));
  } catch (const spdlog::spdlog_ex& error) {
    return std::string("the log can not be opened: ") + error.what();
  }
}

Logger::Logger(std::unique_ptr<Sinks> sinks) : sinks_(std::move(sinks)) {}

Logger::~Logger() = default;

void Logger::Error(LogCategory category, std::string_view text) {
  sinks_->For(category).error(OneLine(text));
}

void Logger::Warning(LogCategory category, std::string_view text) {
  sinks_->For(category).warn(OneLine(text));
}

void Logger::Info(LogCategory category, std::string_view text) {
  sinks_->For(category).info(OneLine(text));
}

void Logger::Debug(LogCategory category, std::string_view text) {
  if (Debugs(category)) sinks_->For(category).debug(OneLine(text));
}

bool Logger::Debugs(LogCategory category) const {
  return sinks_->For(category).should_log(spdlog::level::debug);
}

bool Logger::Reopen() {
  try {
    sinks_->OpenOutlets();
    return true;
  } catch (const spdlog::spdlog_ex&) {
    return false;
  }
}

}  // namespace sendonce::daemon
