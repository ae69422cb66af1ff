#include "daemon/application.h"

#include <event2/event.h>
#include <event2/thread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string_view>
#include <utility>

#include "daemon/descriptor_limit.h"
#include "daemon/driver.h"
#include "daemon/folders.h"
#include "daemon/initializer.h"
#include "daemon/logger.h"
#include "daemon/metrics.h"
#include "daemon/options.h"
#include "daemon/pid_file.h"
#include "http/cookie.h"
#include "settings/settings.h"
#include "wal/disk.h"

namespace sendonce::daemon {

namespace {

// After SIGTERM: how long answers may take to reach those who wait for them.
constexpr time_t kDrainSeconds = 10;

int Refuse(const std::string& sentence) {
  std::fprintf(stderr, "sendonced: %s\n", sentence.c_str());
  return kExitRefused;
}

// LevelDB maps its tables into memory: what the disk can not read of one, or what is gone of it, is
// this signal there and no error (G7).
void StopUnreadable(int) {
  constexpr std::string_view kSentence =
      "sendonced: storage error: a file of the WAL can not be read any more (SIGBUS). See to the "
      "disk and start again; if it stays so, put the whole WAL folder back from a copy that "
      "reaches its anchor.\n";
  [[maybe_unused]] const ssize_t written =
      ::write(STDERR_FILENO, kSentence.data(), kSentence.size());
  ::_exit(kExitStorage);
}

struct FreeEventBase {
  void operator()(event_base* base) const { event_base_free(base); }
};

// evhttp stops and starts reading around every request: changes that cancel each other until the
// loop waits again are not worth a call to the kernel.
event_base* NewEventBase() {
  event_config* const config = event_config_new();
  assert(config);
  event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
  event_base* const base = event_base_new_with_config(config);
  event_config_free(config);
  assert(base);
  return base;
}

struct FreeEvent {
  void operator()(event* item) const { event_free(item); }
};
using EventPointer = std::unique_ptr<event, FreeEvent>;

// Everything private: the cookie pays out money.
std::optional<std::string> MakeFolders(const settings::Paths& paths, wal::Disk* substitute) {
  umask(0077);
  wal::Disk& disk = substitute ? *substitute : wal::Disk::OperatingSystem();
  for (const auto& folder : {paths.data_directory, paths.anchor_file.parent_path()}) {
    if (auto problem = MakeFolder(folder, disk)) return problem;
  }
  return std::nullopt;
}

http::ServerOptions ServerOptionsOf(const Options& options, const std::string& credentials) {
  http::ServerOptions server;
  server.bind_address = options.http.bind_address;
  server.port = options.http.port;
  server.network = options.network;
  server.credentials = credentials;
  server.limits.max_connections = options.http.max_connections;
  return server;
}

// One run of the daemon on an open log.
class Run {
 public:
  Run(const Options& options, const Interposed& interposed, Logger& logger, wal::Log& log)
      : options_(options), interposed_(interposed), logger_(logger), log_(log) {}

  int Go(core::Ledger::Contents contents) {
    auto pid = PidFile::Write(options_.paths.pid_file);
    if (const auto* problem = std::get_if<std::string>(&pid)) return Refuse(*problem);
    auto cookie = http::CookieFile::Create(options_.paths.cookie_file.string());
    if (const auto* problem = std::get_if<std::string>(&cookie)) return Refuse(*problem);
    const auto& file = std::get<http::CookieFile>(cookie);
    interposed_.failpoints.Reach("loaded");
    const int status = Loop(core::Ledger(std::move(contents)), file.credentials());
    file.Remove();
    return status;
  }

 private:
  int Loop(core::Ledger ledger, const std::string& credentials) {
    evthread_use_pthreads();
    const std::unique_ptr<event_base, FreeEventBase> base(NewEventBase());
    assert(base);
    base_ = base.get();
    Driver driver(
        {base_, log_, options_.paths.wal_directory, logger_, metrics_, interposed_.failpoints,
         [this](const std::string& problem) { StopAtOnce(problem); }},
        options_.policy, std::move(ledger), options_.node, ServerOptionsOf(options_, credentials));
    driver_ = &driver;
    const EventPointer term = OnSignal(SIGTERM, [](Run& run) { run.Stop(); });
    const EventPointer interrupt = OnSignal(SIGINT, [](Run& run) { run.Stop(); });
    const EventPointer hang_up = OnSignal(SIGHUP, [](Run& run) { run.logger_.Reopen(); });
    if (auto problem = driver.Start()) return Refuse(*problem);
    logger_.Info(LogCategory::kDaemon, "answering on " + options_.http.bind_address + " port " +
                                           std::to_string(options_.http.port));
    event_base_dispatch(base_);
    logger_.Info(LogCategory::kDaemon, "stopped");
    return kExitOk;
  }

  using SignalAction = void (*)(Run&);

  template <typename Action>
  EventPointer OnSignal(int signal, Action) {
    event* item = evsignal_new(
        base_, signal,
        [](evutil_socket_t, short, void* self) { Action()(*static_cast<Run*>(self)); }, this);
    assert(item);
    event_add(item, nullptr);
    return EventPointer(item);
  }

  void Stop() {
    logger_.Info(LogCategory::kDaemon, "stopping");
    const timeval patience{kDrainSeconds, 0};
    event_base_loopexit(base_, &patience);
    driver_->Stop([this] { event_base_loopexit(base_, nullptr); });
  }

  // From any thread. What was acknowledged is durable; what is not is unknown to everybody (G7).
  [[noreturn]] void StopAtOnce(const std::string& problem) {
    logger_.Error(LogCategory::kWal, "storage error, stopping at once: " + problem);
    std::fprintf(stderr, "sendonced: storage error: %s\n", problem.c_str());
    interposed_.failpoints.Reach("failed");
    std::_Exit(kExitStorage);
  }

  const Options& options_;
  const Interposed& interposed_;
  Logger& logger_;
  wal::Log& log_;
  Metrics metrics_;
  event_base* base_ = nullptr;
  Driver* driver_ = nullptr;
};

// Never "the one that is loaded": that can be another one with each call.
Options WithWallet(Options options, const std::string& name) {
  if (!options.node.rpc.wallet) options.node.rpc.wallet = name;
  return options;
}

int RunDaemon(const Options& options, const Interposed& interposed) {
  if (auto problem = ReserveDescriptors(options.http.max_connections)) return Refuse(*problem);
  auto logger = Logger::Open(options.log);
  if (const auto* problem = std::get_if<std::string>(&logger)) return Refuse(*problem);
  Logger& lines = *std::get<std::unique_ptr<Logger>>(logger);
  lines.Info(LogCategory::kDaemon, "sendonced starts");
  auto opened =
      wal::Log::Open({options.paths.wal_directory, options.paths.anchor_file}, interposed.files);
  if (const auto* problem = std::get_if<wal::Problem>(&opened)) {
    lines.Error(LogCategory::kWal, problem->text());
    return Refuse(problem->text());
  }
  wal::Log& log = *std::get<std::unique_ptr<wal::Log>>(opened);
  auto contents = log.Load();
  if (const auto* problem = std::get_if<wal::Problem>(&contents)) {
    lines.Error(LogCategory::kWal, problem->text());
    return Refuse(problem->text());
  }
  auto& loaded = std::get<core::Ledger::Contents>(contents);
  if (loaded.created.network != options.network) {
    return Refuse(
        "the WAL in " + options.paths.wal_directory.string() + " belongs to " +
        std::string(bitcoin::ChainName(loaded.created.network)) +
        "; start sendonced with -chain=" + std::string(bitcoin::ChainName(loaded.created.network)));
  }
  lines.Info(LogCategory::kWal, "WAL with " + std::to_string(loaded.last_seq) + " records, " +
                                    std::to_string(loaded.sends.size()) + " open sends");
  const Options bound = WithWallet(options, loaded.created.wallet_name);
  return Run(bound, interposed, lines, log).Go(std::move(loaded));
}

}  // namespace

int RunSendonced(const std::vector<std::string>& arguments, const Interposed& interposed) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGBUS, StopUnreadable);
  const ParsedOptions parsed = ParseOptions(arguments, settings::HomeDirectory());
  if (const auto* text = std::get_if<TextToPrint>(&parsed)) {
    std::fputs(text->text.c_str(), stdout);
    return kExitOk;
  }
  if (const auto* error = std::get_if<UsageError>(&parsed)) {
    std::fprintf(stderr, "sendonced: %s\n", error->text.c_str());
    return kExitUsage;
  }
  const auto& options = std::get<Options>(parsed);
  if (auto problem = MakeFolders(options.paths, interposed.files.disk)) return Refuse(*problem);
  if (options.action == Action::kInit) return Initialize(options, interposed.files);
  return RunDaemon(options, interposed);
}

}  // namespace sendonce::daemon
