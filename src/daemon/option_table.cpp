#include "daemon/option_table.h"

#include "config.h"
#include "core/policy.h"
#include "daemon/logger.h"
#include "http/limits.h"
#include "node/bitcoind.h"

namespace sendonce::daemon {
namespace {

using settings::Option;
using settings::OptionGroup;

constexpr auto kFlag = Option::Kind::kFlag;
constexpr auto kValue = Option::Kind::kValue;
constexpr auto kList = Option::Kind::kList;
constexpr auto kAnywhere = Option::Place::kAnywhere;
constexpr auto kPerNetwork = Option::Place::kPerNetwork;

// "text (default: value)"
template <typename Number>
std::string With(const char* text, Number otherwise) {
  return std::string(text) + " (default: " + std::to_string(otherwise) + ")";
}

OptionGroup NodeGroup() {
  const node::RpcOptions defaults;
  return {
      "bitcoind",
      {
          {"rpcconnect", "<host>", "The host of bitcoind (default: " + defaults.host + ")"},
          {"rpcport", "<port>",
           "The RPC port of bitcoind (default: 8332, testnet4: 48332, signet: 38332, regtest: "
           "18443)",
           kValue, kPerNetwork},
          {"bitcoindatadir", "<dir>",
           "The data directory of bitcoind, where its cookie is found (default: ~/.bitcoin)"},
          {"rpccookiefile", "<file>",
           "The cookie of bitcoind; a relative path is below the network's folder in "
           "-bitcoindatadir (default: .cookie)"},
          {"rpcuser", "<user>", "Log in with a user name and a password instead of the cookie"},
          {"rpcpassword", "<password>", "The password that belongs to -rpcuser"},
          {"rpcwallet", "<wallet>",
           "The wallet that pays (default: the log's); init must be told if several are loaded. "
           "-rpcwallet= "
           "is the wallet without a name",
           kValue, kPerNetwork},
          {"rpcclienttimeout", "<s>",
           With("Wait for a reply of bitcoind for that many seconds; what comes of a call that "
                "took longer is unknown, and is looked up",
                defaults.call_timeout_ms / 1000)},
          {"zmqpubrawtx", "<address>",
           "Where bitcoind publishes raw transactions (default: as it says itself). -nozmqpubrawtx "
           "does without: payments are then seen later, and nothing else changes",
           kValue, kAnywhere, true},
          {"zmqpubsequence", "<address>", "The same for bitcoind's sequence notifications", kValue,
           kAnywhere, true},
      }};
}

OptionGroup CallersGroup() {
  return {"Callers",
          {
              {"bind", "<address>",
               "Answer on this numeric address. Nothing is encrypted: keep it on a host or a "
               "network that you trust (default: 127.0.0.1)",
               kValue, kPerNetwork},
              {"port", "<port>",
               "Answer on this port (default: 8552, testnet4: 48552, signet: 38552, regtest: "
               "18552)",
               kValue, kPerNetwork},
              {"maxconnections", "<n>",
               With("Connections at the same time; more are refused",
                    http::ServerLimits().max_connections)},
          }};
}

OptionGroup PayingGroup() {
  const core::Policy policy;
  return {
      "Paying",
      {
          {"finality", "<n>", With("Confirmations at which a send is final", policy.finality)},
          {"minconf", "<n>",
           With("Confirmations that our own change needs before it is spent",
                policy.min_confirmations)},
          {"minconfforeign", "<n>",
           With("Confirmations that coins from others need before they are spent: who paid them in "
                "can take them back until they are deep enough",
                policy.min_confirmations_foreign)},
          {"conflictdepth", "<n>",
           With(
               "Confirmations of a transaction that excludes a payment, from which on the send may "
               "be paid with other coins. Lower than the deepest reorganisation that can happen, "
               "a send can be paid twice",
               policy.conflict_depth)},
          {"conftarget", "<n>",
           With("Pay fees so that a send confirms within that many blocks", policy.conf_target)},
          {"fallbackfee", "<sat/vB>",
           "The fee rate if bitcoind has no estimate; 0: wait until it has one (default: 0, "
           "regtest: 2)"},
          {"maxfeerate", "<sat/vB>",
           "No transaction pays a higher fee rate (default: " +
               bitcoin::SatVbTextFromFeeRate(policy.max_fee_rate_sat_kvb) + ")"},
          {"maxtxfee", "<sat>",
           With("No transaction pays a higher fee, in satoshi", policy.max_fee_sat)},
          {"maxfeeshare", "<percent>",
           With("No send's share of the fee is higher, in percent of what it pays out; 0: no cap",
                policy.max_fee_share_percent)},
          {"bumpafter", "<n>",
           With("Raise the fee of what did not confirm within that many blocks, towards bitcoind's "
                "estimate, one step for each so many blocks; 0: only when asked to. A send that "
                "names a fee rate is left alone",
                policy.bump_after_blocks)},
          {"bumpstep", "<percent>",
           With("The height of such a step, in percent of the fee rate", policy.bump_step_percent)},
      }};
}

OptionGroup BatchesGroup() {
  const core::Policy policy;
  return {
      "Batches and coins",
      {
          {"batchwait", "<ms>",
           With("Milliseconds that a send waits for others to share its transaction; 0: it goes as "
                "soon as the one before is on its way",
                policy.max_company_wait_ms)},
          {"urgenttarget", "<n>",
           With("A send that names so few blocks, or less, does not wait for others",
                policy.urgent_conf_target)},
          {"maxbatch", "<n>",
           With("Sends that one transaction pays at most", policy.max_sends_per_batch)},
          {"maxbatchoutputs", "<n>",
           With("Outputs that pay, in one transaction", policy.max_outputs_per_batch)},
          {"maxbatchweight", "<n>",
           With("Weight of one transaction; bitcoind relays 400000", policy.max_batch_weight)},
          {"targetcoins", "<n>",
           With("While fewer coins can be spent, change comes back in several parts, so that "
                "transactions need not wait for each other's; 0: never",
                policy.target_coins)},
          {"consolidatefeerate", "<sat/vB>",
           "At most at this fee rate a transaction takes small coins along; 0: never (default: " +
               bitcoin::SatVbTextFromFeeRate(policy.consolidate_fee_rate_sat_kvb) + ")"},
          {"maxconsolidation", "<n>",
           With("Small coins that one transaction takes along", policy.max_consolidated_coins)},
          {"maxbacklog", "<n>",
           With("Sends that may wait to be paid; new ones are refused beyond it",
                policy.max_waiting_sends)},
          {"maxcommitwait", "<ms>",
           With("New sends are refused while the disk keeps a record waiting for longer",
                policy.max_commit_wait_ms)},
      }};
}

OptionGroup TimesGroup() {
  const core::Policy policy;
  return {
      "Times, in milliseconds",
      {
          {"reconcileinterval", "<ms>",
           With("Compare log, wallet and chain that often, also if nothing was heard",
                policy.reconcile_interval_ms)},
          {"rebroadcastinterval", "<ms>",
           With("Send an unconfirmed transaction to the node again that often",
                policy.rebroadcast_interval_ms)},
          {"retrymin", "<ms>",
           With("Wait that long before the node is asked again for the first time",
                policy.retry_min_ms)},
          {"retrymax", "<ms>", With("The wait doubles each time, up to this", policy.retry_max_ms)},
      }};
}

OptionGroup FilesGroup() {
  return {"Files and log",
          {
              {"anchordir", "<dir>",
               "Keep the anchor, which shows that the log has not become shorter, below this "
               "folder; best on another disk (default: the data directory)"},
              {"prune", "<days>",
               "Keep of sends that were final so long ago only what answers need (id, hash of the "
               "content, outcome, transactions, block, times); a day is 144 blocks. At least 7 and "
               "more than -conflictdepth; 0: keep all (default: 0)"},
              {"pid", "<file>",
               "The file with the process id; a relative path is below the network's folder in the "
               "data directory (default: sendonced.pid)"},
              {"debug", "<category>",
               "Write debug lines of this category; can be given more than once. Without a "
               "category, all. Categories: " +
                   LogCategoryNames(),
               kList, kAnywhere, true},
              {"printtoconsole", "", "Write the log to the standard output too", kFlag},
          }};
}

constexpr std::string_view kExamples = R"(
Examples:

  sendonced init -regtest -rpcwallet=hot   once: make the log, and bind it to the wallet
  sendonced -regtest -rpcwallet=hot        then: pay what is submitted
  sendonced -regtest -debug=node -printtoconsole
                                           watch what it says to bitcoind
  sendonced -conf=/etc/sendonce.conf       take everything from a file

The same options, without dashes, can stand in sendonce.conf:

  chain=regtest
  finality=3
  [regtest]
  rpcwallet=hot

SIGTERM stops it; SIGHUP opens debug.log anew, for log rotation.
)";

}  // namespace

const settings::Program& SendoncedProgram() {
  static const settings::Program kProgram{
      "sendonced",
      {settings::CommonOptions(), NodeGroup(), CallersGroup(), PayingGroup(), BatchesGroup(),
       TimesGroup(), FilesGroup()},
      false};
  return kProgram;
}

std::string HelpText() {
  return VersionText() +
         "\nMakes every bitcoin send happen exactly once. Works beside a bitcoind with a wallet.\n"
         "\nUsage:\n"
         "  sendonced [options]       run\n"
         "  sendonced init [options]  make a new log and bind it to the wallet; nothing is paid\n" +
         settings::DescribeOptions(SendoncedProgram()) + std::string(kExamples);
}

std::string VersionText() {
  return "sendonced version " PACKAGE_VERSION "\n";
}

std::string LogCategoryNames() {
  std::string names;
  for (const LogCategory category : kLogCategories) {
    names += (names.empty() ? "" : ", ") + std::string(LogCategoryName(category));
  }
  return names;
}

}  // namespace sendonce::daemon
