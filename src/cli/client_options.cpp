#include "cli/client_options.h"

#include "config.h"
#include "settings/paths.h"
#include "settings/settings.h"

namespace sendonce::cli {
namespace {

using settings::Option;
using settings::OptionGroup;
using settings::Reader;
using settings::Settings;

constexpr int64_t kMaxTimeoutSeconds = 2'592'000;  // 30 days

OptionGroup ServerGroup() {
  constexpr auto kValue = Option::Kind::kValue;
  constexpr auto kFlag = Option::Kind::kFlag;
  constexpr auto kCommandLine = Option::Place::kCommandLine;
  constexpr auto kPerNetwork = Option::Place::kPerNetwork;
  return {"sendonced and output",
          {
              {"rpcconnect", "<host>",
               "The host of sendonced (default: -bind of sendonce.conf, else 127.0.0.1)", kValue,
               kCommandLine},
              {"port", "<port>",
               "The port of sendonced (default: 8552, testnet4: 48552, signet: 38552, regtest: "
               "18552)",
               kValue, kPerNetwork},
              {"bind", "<address>", "As sendonced has it in sendonce.conf", kValue, kPerNetwork},
              {"rpccookiefile", "<file>",
               "The cookie of sendonced (default: .cookie in the network's folder of -datadir)",
               kValue, kCommandLine},
              {"timeout", "<s>",
               "Begin no further try after that many seconds (default: ask until there is an "
               "answer)",
               kValue, kCommandLine},
              {"json", "", "Print the answer as JSON, as sendonced gave it", kFlag, kCommandLine},
          }};
}

constexpr std::string_view kAfterOptions = R"(
It repeats its question, with the same id and the same content, until it has an
answer; on the standard error it says what it waits for. Interrupted, or in
doubt, run the same command again: an id is paid at most once.

Exit codes:

  0  what was asked for has come to be (send: recorded, or with --wait as far
     as --until; get: sent, or as far as --until; cancel: never, for certain)
  1  nothing was asked: the command line or sendonce.conf is wrong
  2  refused; the code is on the standard error
  3  pending: recorded, and not as far as asked for. Do not pay another way
  4  never: it will not be paid by us. Only this permits a refund
  5  no answer. It may be paid: run the same command again
  6  no send is recorded under the id. To be certain, cancel it
  7  import: some lines are not recorded; the standard error has each

Examples:

  sendonce-cli -regtest send w-1001 bcrt1q... 150000 --wait=60
      pay 150000 satoshi, and wait until the node has the payment
  sendonce-cli -regtest get w-1001 --wait=3600 --until=confirmed --json
      wait for a confirmation, and print the send as JSON
  sendonce-cli -regtest cancel w-1001
      make sure that it is never paid, or be told that it is too late
  sendonce-cli -regtest send w-1002 bcrt1q... 5000 --fee-rate=2.5 \
      --reference='customer 4711'
  sendonce-cli -regtest bump w-1002 12.5
      replace what pays it, with a fee of 12.5 sat/vB
  sendonce-cli -regtest adopt w-0815 <txid> bcrt1q... 150000
      it was paid by that transaction, before sendonce: never pay it again
  sendonce-cli -regtest import paid-before.csv
      the same for each line: w-0815,<txid>,bcrt1q...,150000
  sendonce-cli -regtest verdict w-1001 never 'refunded by hand, ticket 12'
  sendonce-cli -regtest accept-alarm 42 'paid by hand, see ticket 7'
)";

std::string VersionText() {
  return "sendonce-cli version " PACKAGE_VERSION "\n";
}

std::string HelpText() {
  return VersionText() +
         "\nAsks sendonced, which makes every bitcoin send happen exactly once.\n"
         "\nUsage:\n  sendonce-cli [options] <command> [arguments]\n\nCommands:\n\n" +
         DescribeCommands() + settings::DescribeOptions(ClientProgram()) +
         std::string(kAfterOptions);
}

// Where to call a server that listens on this address.
std::string ReachableFrom(std::string bind) {
  if (bind.starts_with('[') && bind.ends_with(']')) bind = bind.substr(1, bind.size() - 2);
  if (bind == "0.0.0.0") return "127.0.0.1";
  return bind == "::" ? "::1" : bind;
}

ServerAddress ReadServer(const Settings& settings, Reader& reader) {
  ServerAddress server;
  const std::string bind = ReachableFrom(reader.Text("bind").value_or("127.0.0.1"));
  server.host = reader.Text("rpcconnect").value_or(bind);
  if (server.host.empty() || server.host.find_first_of("/@[] ") != std::string::npos) {
    reader.Refuse(reader.Text("rpcconnect") ? "rpcconnect" : "bind",
                  "must be a host name or a numeric address; the port is -port");
  }
  server.port = static_cast<uint16_t>(
      reader.Integer("port", 1, 65'535, settings::DefaultPort(settings.network())));
  server.cookie_file =
      settings::PathsFor(settings.data_directory(), settings.network(), std::nullopt).cookie_file;
  if (const auto given = reader.Text("rpccookiefile")) server.cookie_file = *given;
  return server;
}

std::variant<ClientOptions, TextToPrint, settings::Problem> ReadAll(const Settings& settings) {
  Reader reader(settings);
  if (reader.Flag("help", false) || reader.Flag("?", false)) return TextToPrint{HelpText()};
  if (reader.Flag("version", false)) return TextToPrint{VersionText()};
  ClientOptions options;
  options.server = ReadServer(settings, reader);
  options.json = reader.Flag("json", false);
  if (reader.Text("timeout")) {
    options.give_up_after_ms = 1'000 * reader.Integer("timeout", 1, kMaxTimeoutSeconds, 1);
  }
  if (reader.problem()) return *reader.problem();
  auto command = ReadCommand(settings);
  if (auto* problem = std::get_if<settings::Problem>(&command)) return *problem;
  options.command = std::get<Command>(std::move(command));
  return options;
}

}  // namespace

const settings::Program& ClientProgram() {
  static const settings::Program kProgram{
      "sendonce-cli", {settings::CommonOptions(), ServerGroup(), CommandOptions()}, true};
  return kProgram;
}

std::variant<ClientOptions, TextToPrint, settings::Problem> ParseClientOptions(
    const std::vector<std::string>& arguments, const std::filesystem::path& home) {
  const auto loaded = settings::Load(ClientProgram(), arguments, home);
  if (const auto* problem = std::get_if<settings::Problem>(&loaded)) return *problem;
  return ReadAll(std::get<Settings>(loaded));
}

}  // namespace sendonce::cli
