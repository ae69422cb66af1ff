#include "daemon/options.h"

#include <arpa/inet.h>

#include <algorithm>

#include "core/coin_selection.h"
#include "core/exclusion.h"
#include "core/pruning.h"
#include "core/send.h"
#include "daemon/option_table.h"
#include "http/limits.h"
#include "settings/settings.h"

namespace sendonce::daemon {
namespace {

using settings::Reader;
using settings::Settings;

constexpr int64_t kMaxConfirmations = 1'000'000;
constexpr int32_t kMaxPruneDays = 36'500;
constexpr int32_t kMinPruneDays = 7;
static_assert(kMinPruneDays * core::kBlocksPerDay >= core::kMinPruneDepth);
// A hundred times the amount: sums of money and their percents stay within 63 bits.
constexpr int64_t kMaxPercent = 10'000;
constexpr int64_t kMaxTimeoutSeconds = 3'600;
constexpr int64_t kMaxConnections = 10'000;
// bitcoind refuses a maxfeerate of 1 BTC/kvB and more (ParseFeeRate in its src/rpc/util.cpp).
constexpr bitcoin::FeeRate kMaxFeeRate = 100'000 * bitcoin::kSatPerVbyte - 1;
// A transaction of more than 100,000 vB is not relayed (MAX_STANDARD_TX_WEIGHT); an output has at
// least 31 bytes.
constexpr int64_t kMaxSendsPerBatch = 3'000;
constexpr int64_t kMaxOutputsPerBatch = 10'000;
constexpr int64_t kMinBatchWeight = 10'000;
constexpr int64_t kMaxBatchWeight = 400'000;  // bitcoind's MAX_STANDARD_TX_WEIGHT
constexpr int64_t kMaxTargetCoins = 10'000;
constexpr int64_t kMaxWaitingSends = 10'000'000;
constexpr core::Millis kMinIntervalMs = 10;
constexpr core::Millis kMaxIntervalMs = 86'400'000;
constexpr bitcoin::FeeRate kRegtestFallbackFeeRate = 2 * bitcoin::kSatPerVbyte;

uint16_t ReadPort(Reader& reader, std::string_view name, uint16_t otherwise) {
  return static_cast<uint16_t>(reader.Integer(name, 1, 65'535, otherwise));
}

// An empty path stays empty.
std::filesystem::path Absolute(const std::string& given) {
  std::error_code error;
  return std::filesystem::absolute(given, error);
}

// --- bitcoind

std::string ReadHost(Reader& reader, const std::string& otherwise) {
  std::string host = reader.Text("rpcconnect").value_or(otherwise);
  const bool has_port = std::count(host.begin(), host.end(), ':') == 1;
  if (host.empty() || has_port || host.find_first_of("/@[] ") != std::string::npos) {
    reader.Refuse("rpcconnect", "must be a host name or a numeric address; the port is -rpcport");
  }
  return host;
}

std::filesystem::path BitcoindFolder(const Reader& reader, bitcoin::Network network,
                                     const std::filesystem::path& home) {
  const auto given = reader.Text("bitcoindatadir");
  const std::filesystem::path folder = given ? Absolute(*given) : home / ".bitcoin";
  const std::string_view subdirectory = bitcoin::DataSubdirectory(network);
  return subdirectory.empty() ? folder : folder / subdirectory;
}

void ReadLogin(Reader& reader, node::RpcOptions& rpc) {
  const auto user = reader.Text("rpcuser");
  const auto password = reader.Text("rpcpassword");
  if (user && user->empty()) reader.Refuse("rpcuser", "must not be empty");
  if (user && !password) reader.Refuse("rpcuser", "needs -rpcpassword too");
  if (password && !user) reader.Refuse("rpcpassword", "needs -rpcuser too");
  rpc.user = user.value_or("");
  rpc.password = password.value_or("");
}

ZmqEndpoint ReadEndpoint(Reader& reader, std::string_view name) {
  if (reader.Negated(name)) return {ZmqEndpoint::Source::kOff, ""};
  const auto address = reader.Text(name);
  if (!address) return {};
  if (!address->starts_with("tcp://") && !address->starts_with("ipc://")) {
    reader.Refuse(name, "must be an address such as tcp://127.0.0.1:28332, or 0 for none");
  }
  return {ZmqEndpoint::Source::kGiven, *address};
}

NodeOptions ReadNode(Reader& reader, bitcoin::Network network, const std::filesystem::path& home) {
  NodeOptions options;
  node::RpcOptions& rpc = options.rpc;
  rpc.host = ReadHost(reader, rpc.host);
  rpc.port = ReadPort(reader, "rpcport", bitcoin::DefaultRpcPort(network));
  rpc.cookie_file =
      (BitcoindFolder(reader, network, home) / reader.Text("rpccookiefile").value_or(".cookie"))
          .string();
  ReadLogin(reader, rpc);
  rpc.wallet = reader.Text("rpcwallet");
  rpc.call_timeout_ms = 1'000 * reader.Integer("rpcclienttimeout", 1, kMaxTimeoutSeconds,
                                               rpc.call_timeout_ms / 1'000);
  options.zmq_raw_tx = ReadEndpoint(reader, "zmqpubrawtx");
  options.zmq_sequence = ReadEndpoint(reader, "zmqpubsequence");
  return options;
}

// --- callers

bool IsNumericAddress(const std::string& address) {
  in6_addr parsed{};
  return ::inet_pton(AF_INET, address.c_str(), &parsed) == 1 ||
         ::inet_pton(AF_INET6, address.c_str(), &parsed) == 1;
}

HttpOptions ReadHttp(Reader& reader, bitcoin::Network network) {
  HttpOptions options;
  options.bind_address = reader.Text("bind").value_or("127.0.0.1");
  if (options.bind_address.starts_with('[') && options.bind_address.ends_with(']')) {
    options.bind_address = options.bind_address.substr(1, options.bind_address.size() - 2);
  }
  if (!IsNumericAddress(options.bind_address)) {
    reader.Refuse("bind", "must be a numeric address, such as 127.0.0.1 or ::1; the port is -port");
  }
  options.port = ReadPort(reader, "port", settings::DefaultPort(network));
  options.max_connections = static_cast<size_t>(reader.Integer(
      "maxconnections", 1, kMaxConnections, static_cast<int64_t>(options.max_connections)));
  return options;
}

// --- paying

bitcoin::FeeRate ReadFeeRate(Reader& reader, std::string_view name, bitcoin::FeeRate lowest,
                             bitcoin::FeeRate highest, bitcoin::FeeRate otherwise) {
  const auto text = reader.Text(name);
  if (!text) return otherwise;
  const auto rate = bitcoin::FeeRateFromSatVbText(*text);
  if (rate && *rate >= lowest && *rate <= highest) return *rate;
  reader.Refuse(name, "must be from " + bitcoin::SatVbTextFromFeeRate(lowest) + " to " +
                          bitcoin::SatVbTextFromFeeRate(highest) +
                          " sat/vB, with at most three decimals");
  return otherwise;
}

int32_t ReadConfirmations(Reader& reader, std::string_view name, int32_t otherwise) {
  return static_cast<int32_t>(reader.Integer(name, 1, kMaxConfirmations, otherwise));
}

core::Millis ReadInterval(Reader& reader, std::string_view name, core::Millis otherwise) {
  return reader.Integer(name, kMinIntervalMs, kMaxIntervalMs, otherwise);
}

void ReadDepths(Reader& reader, core::Policy& policy) {
  policy.finality = ReadConfirmations(reader, "finality", policy.finality);
  policy.min_confirmations = ReadConfirmations(reader, "minconf", policy.min_confirmations);
  policy.min_confirmations_foreign =
      ReadConfirmations(reader, "minconfforeign", policy.min_confirmations_foreign);
  policy.conflict_depth = ReadConfirmations(reader, "conflictdepth", policy.conflict_depth);
  if (policy.conflict_depth < core::kMinConflictDepth) {
    reader.Refuse("conflictdepth", "-conflictdepth must not be lower than " +
                                       std::to_string(core::kMinConflictDepth) +
                                       ": the log holds every second payment to that");
  }
  if (policy.conflict_depth < policy.finality) {
    reader.Refuse(reader.Text("conflictdepth") ? "conflictdepth" : "finality",
                  "-conflictdepth must not be lower than -finality: what excludes a payment has to "
                  "be at least as deep as what counts as final");
  }
  const auto days = static_cast<int32_t>(reader.Integer("prune", 0, kMaxPruneDays, 0));
  if (days == 0) return;
  if (days < kMinPruneDays) {
    reader.Refuse("prune", "-prune must be 0, or not lower than " + std::to_string(kMinPruneDays) +
                               ": nothing is followed any more that is pruned");
  }
  policy.prune_depth = std::max(days * core::kBlocksPerDay, policy.conflict_depth + 1);
}

void ReadFees(Reader& reader, bitcoin::Network network, core::Policy& policy) {
  policy.conf_target =
      static_cast<int>(reader.Integer("conftarget", 1, core::kMaxConfTarget, policy.conf_target));
  policy.max_fee_rate_sat_kvb = ReadFeeRate(reader, "maxfeerate", bitcoin::kSatPerVbyte,
                                            kMaxFeeRate, policy.max_fee_rate_sat_kvb);
  const bitcoin::FeeRate fallback =
      network == bitcoin::Network::kRegtest
          ? std::min(kRegtestFallbackFeeRate, policy.max_fee_rate_sat_kvb)
          : policy.fallback_fee_rate_sat_kvb;
  policy.fallback_fee_rate_sat_kvb =
      ReadFeeRate(reader, "fallbackfee", 0, policy.max_fee_rate_sat_kvb, fallback);
  policy.max_fee_sat = reader.Integer("maxtxfee", 1, bitcoin::kMaxMoneySat, policy.max_fee_sat);
  policy.max_fee_share_percent =
      reader.Integer("maxfeeshare", 0, kMaxPercent, policy.max_fee_share_percent);
}

void ReadBumps(Reader& reader, core::Policy& policy) {
  policy.bump_after_blocks = static_cast<int32_t>(
      reader.Integer("bumpafter", 0, kMaxConfirmations, policy.bump_after_blocks));
  policy.bump_step_percent = reader.Integer("bumpstep", 1, kMaxPercent, policy.bump_step_percent);
}

void ReadLimits(Reader& reader, core::Policy& policy) {
  policy.max_sends_per_batch = static_cast<size_t>(reader.Integer(
      "maxbatch", 1, kMaxSendsPerBatch, static_cast<int64_t>(policy.max_sends_per_batch)));
  policy.max_outputs_per_batch =
      static_cast<size_t>(reader.Integer("maxbatchoutputs", 1, kMaxOutputsPerBatch,
                                         static_cast<int64_t>(policy.max_outputs_per_batch)));
  policy.max_batch_weight =
      reader.Integer("maxbatchweight", kMinBatchWeight, kMaxBatchWeight, policy.max_batch_weight);
  policy.max_company_wait_ms =
      reader.Integer("batchwait", 0, kMaxIntervalMs, policy.max_company_wait_ms);
  policy.urgent_conf_target = static_cast<int>(
      reader.Integer("urgenttarget", 0, core::kMaxConfTarget, policy.urgent_conf_target));
  policy.max_waiting_sends = static_cast<size_t>(reader.Integer(
      "maxbacklog", 1, kMaxWaitingSends, static_cast<int64_t>(policy.max_waiting_sends)));
  policy.max_commit_wait_ms = ReadInterval(reader, "maxcommitwait", policy.max_commit_wait_ms);
}

void ReadCoins(Reader& reader, core::Policy& policy) {
  policy.target_coins = static_cast<size_t>(
      reader.Integer("targetcoins", 0, kMaxTargetCoins, static_cast<int64_t>(policy.target_coins)));
  policy.consolidate_fee_rate_sat_kvb = ReadFeeRate(reader, "consolidatefeerate", 0, kMaxFeeRate,
                                                    policy.consolidate_fee_rate_sat_kvb);
  policy.max_consolidated_coins =
      static_cast<size_t>(reader.Integer("maxconsolidation", 0, core::kMaxCoinsPerBatch,
                                         static_cast<int64_t>(policy.max_consolidated_coins)));
}

void ReadTimes(Reader& reader, core::Policy& policy) {
  policy.reconcile_interval_ms =
      ReadInterval(reader, "reconcileinterval", policy.reconcile_interval_ms);
  policy.rebroadcast_interval_ms =
      ReadInterval(reader, "rebroadcastinterval", policy.rebroadcast_interval_ms);
  policy.retry_min_ms = ReadInterval(reader, "retrymin", policy.retry_min_ms);
  policy.retry_max_ms = ReadInterval(reader, "retrymax", policy.retry_max_ms);
  if (policy.retry_max_ms < policy.retry_min_ms) {
    reader.Refuse(reader.Text("retrymax") ? "retrymax" : "retrymin",
                  "-retrymax must not be lower than -retrymin");
  }
}

core::Policy ReadPolicy(Reader& reader, bitcoin::Network network) {
  core::Policy policy;
  ReadDepths(reader, policy);
  ReadFees(reader, network, policy);
  ReadBumps(reader, policy);
  ReadLimits(reader, policy);
  ReadCoins(reader, policy);
  ReadTimes(reader, policy);
  return policy;
}

// --- files

settings::Paths ReadPaths(Reader& reader, const Settings& settings) {
  std::optional<std::filesystem::path> anchor_directory;
  if (const auto given = reader.Text("anchordir")) {
    std::error_code ignored;
    anchor_directory = Absolute(*given);
    if (!std::filesystem::is_directory(*anchor_directory, ignored)) {
      reader.Refuse("anchordir", "there is no such directory; is its disk mounted?");
    }
  }
  settings::Paths paths =
      settings::PathsFor(settings.data_directory(), settings.network(), anchor_directory);
  if (const auto pid = reader.Text("pid")) paths.pid_file = paths.data_directory / *pid;
  return paths;
}

LogOptions ReadLog(Reader& reader, const settings::Paths& paths) {
  LogOptions options;
  options.file = paths.log_file;
  options.print_to_console = reader.Flag("printtoconsole", false);
  for (const std::string& name : reader.List("debug")) {
    const auto category = LogCategoryFromName(name);
    if (category) {
      options.debug.insert(*category);
    } else if (name == "1" || name == "all") {
      options.debug.insert(kLogCategories.begin(), kLogCategories.end());
    } else {
      reader.Refuse("debug",
                    "there is no log category \"" + name + "\"; there are " + LogCategoryNames());
    }
  }
  return options;
}

std::optional<UsageError> CheckWords(const std::vector<std::string>& words) {
  if (words.empty() || (words.size() == 1 && words[0] == "init")) return std::nullopt;
  const std::string& odd = words[0] == "init" ? words[1] : words[0];
  return UsageError{"\"" + odd +
                    "\" is not understood: options begin with a dash, and the only other word is "
                    "init; see sendonced -help"};
}

ParsedOptions ReadAll(const Settings& settings, const std::filesystem::path& home) {
  Reader reader(settings);
  if (reader.Flag("help", false) || reader.Flag("?", false)) return TextToPrint{HelpText()};
  if (reader.Flag("version", false)) return TextToPrint{VersionText()};
  if (const auto error = CheckWords(settings.words())) return *error;
  Options options;
  options.action = settings.words().empty() ? Action::kRun : Action::kInit;
  options.network = settings.network();
  options.paths = ReadPaths(reader, settings);
  options.node = ReadNode(reader, options.network, home);
  options.http = ReadHttp(reader, options.network);
  options.log = ReadLog(reader, options.paths);
  options.policy = ReadPolicy(reader, options.network);
  if (reader.problem()) return UsageError{reader.problem()->text};
  return options;
}

}  // namespace

ParsedOptions ParseOptions(const std::vector<std::string>& arguments,
                           const std::filesystem::path& home) {
  const auto loaded = settings::Load(SendoncedProgram(), arguments, home);
  if (const auto* problem = std::get_if<settings::Problem>(&loaded)) {
    return UsageError{problem->text};
  }
  return ReadAll(std::get<Settings>(loaded), home);
}

}  // namespace sendonce::daemon
