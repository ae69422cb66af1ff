#include "daemon/options.h"

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "daemon/option_table.h"
#include "scratch_directory.h"

namespace sendonce::daemon {
namespace {

using Arguments = std::vector<std::string>;

struct Home : ScratchDirectory {
  Home() { std::filesystem::create_directory(path() / ".sendonce"); }

  Options Parsed(const Arguments& arguments) const {
    const ParsedOptions parsed = ParseOptions(arguments, path());
    if (const auto* error = std::get_if<UsageError>(&parsed)) BOOST_FAIL(error->text);
    BOOST_REQUIRE(std::holds_alternative<Options>(parsed));
    return std::get<Options>(parsed);
  }

  std::string ErrorOf(const Arguments& arguments) const {
    const ParsedOptions parsed = ParseOptions(arguments, path());
    BOOST_REQUIRE(std::holds_alternative<UsageError>(parsed));
    return std::get<UsageError>(parsed).text;
  }

  std::string TextOf(const Arguments& arguments) const {
    const ParsedOptions parsed = ParseOptions(arguments, path());
    BOOST_REQUIRE(std::holds_alternative<TextToPrint>(parsed));
    return std::get<TextToPrint>(parsed).text;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(options_tests, Home)

BOOST_AUTO_TEST_CASE(beside_a_default_bitcoind_nothing_needs_to_be_given) {
  const Options options = Parsed({});
  BOOST_TEST((options.action == Action::kRun));
  BOOST_TEST((options.network == bitcoin::Network::kMain));
  BOOST_TEST(options.paths.wal_directory == path() / ".sendonce/wal");
  BOOST_TEST(options.paths.anchor_file == path() / ".sendonce/anchor");
  BOOST_TEST(options.paths.pid_file == path() / ".sendonce/sendonced.pid");
  BOOST_TEST(options.log.file == path() / ".sendonce/debug.log");
  BOOST_TEST(!options.log.print_to_console);
  BOOST_TEST(options.log.debug.empty());
  BOOST_TEST(options.node.rpc.host == "127.0.0.1");
  BOOST_TEST(options.node.rpc.port == 8332);
  BOOST_TEST(options.node.rpc.cookie_file == (path() / ".bitcoin/.cookie").string());
  BOOST_TEST(options.node.rpc.user == "");
  BOOST_TEST(!options.node.rpc.wallet);
  BOOST_TEST((options.node.zmq_raw_tx.source == ZmqEndpoint::Source::kAskNode));
  BOOST_TEST((options.node.zmq_sequence.source == ZmqEndpoint::Source::kAskNode));
  BOOST_TEST(options.http.bind_address == "127.0.0.1");
  BOOST_TEST(options.http.port == 8552);
  BOOST_TEST(options.policy.fallback_fee_rate_sat_kvb == 0);
}

BOOST_AUTO_TEST_CASE(regtest_has_folders_ports_and_a_fee_of_its_own) {
  const Options options = Parsed({"-regtest"});
  BOOST_TEST(options.paths.data_directory == path() / ".sendonce/regtest");
  BOOST_TEST(options.node.rpc.port == 18443);
  BOOST_TEST(options.node.rpc.cookie_file == (path() / ".bitcoin/regtest/.cookie").string());
  BOOST_TEST(options.http.port == 18552);
  BOOST_TEST(options.policy.fallback_fee_rate_sat_kvb == 2'000);
  BOOST_TEST(Parsed({"-regtest", "-fallbackfee=0"}).policy.fallback_fee_rate_sat_kvb == 0);
  BOOST_TEST(Parsed({"-regtest", "-maxfeerate=1.5"}).policy.fallback_fee_rate_sat_kvb == 1'500);
}

BOOST_AUTO_TEST_CASE(init_is_the_only_word) {
  BOOST_TEST((Parsed({"init"}).action == Action::kInit));
  BOOST_TEST((Parsed({"-regtest", "init", "-rpcwallet=hot"}).action == Action::kInit));
  BOOST_TEST(ErrorOf({"start"}).starts_with("\"start\" is not understood"));
  BOOST_TEST(ErrorOf({"init", "again"}).starts_with("\"again\" is not understood"));
}

BOOST_AUTO_TEST_CASE(how_to_reach_the_node) {
  const node::RpcOptions rpc = Parsed({"-rpcconnect=node.example", "-rpcport=1234", "-rpcuser=u",
                                       "-rpcpassword=p", "-rpcwallet=hot", "-rpcclienttimeout=7"})
                                   .node.rpc;
  BOOST_TEST(rpc.host == "node.example");
  BOOST_TEST(rpc.port == 1234);
  BOOST_TEST(rpc.user == "u");
  BOOST_TEST(rpc.password == "p");
  BOOST_TEST(rpc.wallet.value() == "hot");
  BOOST_TEST(rpc.call_timeout_ms == 7'000);
  BOOST_TEST(Parsed({"-rpcwallet="}).node.rpc.wallet.value() == "");
  BOOST_TEST(Parsed({"-rpcconnect=::1"}).node.rpc.host == "::1");
}

BOOST_AUTO_TEST_CASE(where_the_cookie_of_the_node_is) {
  const auto cookie = [this](const Arguments& arguments) {
    return Parsed(arguments).node.rpc.cookie_file;
  };
  BOOST_TEST(cookie({"-bitcoindatadir=/b"}) == "/b/.cookie");
  BOOST_TEST(cookie({"-bitcoindatadir=/b", "-signet"}) == "/b/signet/.cookie");
  BOOST_TEST(cookie({"-bitcoindatadir=/b", "-rpccookiefile=c"}) == "/b/c");
  BOOST_TEST(cookie({"-bitcoindatadir=/b", "-rpccookiefile=/x/c"}) == "/x/c");
}

BOOST_AUTO_TEST_CASE(a_login_is_whole_or_refused) {
  BOOST_TEST(ErrorOf({"-rpcuser=u"}) == "-rpcuser=u: needs -rpcpassword too");
  BOOST_TEST(ErrorOf({"-rpcpassword=secret"}) == "-rpcpassword: needs -rpcuser too");
  BOOST_TEST(ErrorOf({"-rpcuser=", "-rpcpassword=p"}) == "-rpcuser=: must not be empty");
}

BOOST_AUTO_TEST_CASE(a_host_is_not_a_url_and_has_no_port) {
  for (const char* host : {"-rpcconnect=", "-rpcconnect=127.0.0.1:8332", "-rpcconnect=http://x",
                           "-rpcconnect=[::1]", "-rpcconnect=a b"}) {
    BOOST_TEST(ErrorOf({host}).find("the port is -rpcport") != std::string::npos, host);
  }
}

BOOST_AUTO_TEST_CASE(notifications_are_asked_for_given_or_off) {
  const NodeOptions given = Parsed({"-zmqpubrawtx=tcp://127.0.0.1:1", "-nozmqpubsequence"}).node;
  BOOST_TEST((given.zmq_raw_tx.source == ZmqEndpoint::Source::kGiven));
  BOOST_TEST(given.zmq_raw_tx.address == "tcp://127.0.0.1:1");
  BOOST_TEST((given.zmq_sequence.source == ZmqEndpoint::Source::kOff));
  BOOST_TEST((Parsed({"-zmqpubrawtx=0"}).node.zmq_raw_tx.source == ZmqEndpoint::Source::kOff));
  BOOST_TEST(ErrorOf({"-zmqpubrawtx=127.0.0.1:1"}).find("must be an address such as") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(where_callers_find_us) {
  const HttpOptions http = Parsed({"-bind=[::1]", "-port=99", "-maxconnections=5"}).http;
  BOOST_TEST(http.bind_address == "::1");
  BOOST_TEST(http.port == 99);
  BOOST_TEST(http.max_connections == 5);
  for (const char* bind : {"-bind=", "-bind=localhost", "-bind=127.0.0.1:80", "-bind=1.2.3"}) {
    BOOST_TEST(ErrorOf({bind}).find("must be a numeric address") != std::string::npos, bind);
  }
  BOOST_TEST(ErrorOf({"-port=0"}) == "-port=0: must be a whole number from 1 to 65535");
  BOOST_TEST(ErrorOf({"-maxconnections=0"}).starts_with("-maxconnections=0: must be"));
}

BOOST_AUTO_TEST_CASE(every_field_of_the_policy_can_be_chosen) {
  const core::Policy policy =
      Parsed({"-finality=2", "-minconf=3", "-minconfforeign=4", "-conflictdepth=15",
              "-conftarget=7", "-fallbackfee=8.125", "-maxfeerate=9", "-maxtxfee=10",
              "-maxbatch=11", "-maxbacklog=12", "-reconcileinterval=13", "-rebroadcastinterval=14",
              "-retrymin=15", "-retrymax=16", "-maxfeeshare=17", "-bumpafter=18", "-bumpstep=19",
              "-maxcommitwait=20"})
          .policy;
  BOOST_TEST(policy.finality == 2);
  BOOST_TEST(policy.min_confirmations == 3);
  BOOST_TEST(policy.min_confirmations_foreign == 4);
  BOOST_TEST(policy.conflict_depth == 15);
  BOOST_TEST(policy.conf_target == 7);
  BOOST_TEST(policy.fallback_fee_rate_sat_kvb == 8'125);
  BOOST_TEST(policy.max_fee_rate_sat_kvb == 9'000);
  BOOST_TEST(policy.max_fee_sat == 10);
  BOOST_TEST(policy.max_sends_per_batch == 11);
  BOOST_TEST(policy.max_waiting_sends == 12);
  BOOST_TEST(policy.reconcile_interval_ms == 13);
  BOOST_TEST(policy.rebroadcast_interval_ms == 14);
  BOOST_TEST(policy.retry_min_ms == 15);
  BOOST_TEST(policy.retry_max_ms == 16);
  BOOST_TEST(policy.max_fee_share_percent == 17);
  BOOST_TEST(policy.bump_after_blocks == 18);
  BOOST_TEST(policy.bump_step_percent == 19);
  BOOST_TEST(policy.max_commit_wait_ms == 20);
}

BOOST_AUTO_TEST_CASE(what_is_out_of_range_is_refused) {
  for (const char* argument : {"-finality=0",
                               "-minconf=0",
                               "-minconfforeign=0",
                               "-conflictdepth=0",
                               "-conftarget=0",
                               "-conftarget=1009",
                               "-maxtxfee=0",
                               "-maxtxfee=0.1",
                               "-maxtxfee=2100000000000001",
                               "-maxfeeshare=-1",
                               "-maxfeeshare=10001",
                               "-bumpafter=-1",
                               "-bumpstep=0",
                               "-maxbatch=0",
                               "-maxbatch=3001",
                               "-maxbacklog=0",
                               "-maxcommitwait=9",
                               "-reconcileinterval=9",
                               "-retrymin=0",
                               "-rebroadcastinterval=86400001",
                               "-rpcclienttimeout=0",
                               "-rpcport=65536"}) {
    BOOST_TEST(ErrorOf({argument}).starts_with(std::string(argument) + ": must be a whole number"),
               argument);
  }
  for (const char* argument : {"-fallbackfee=0.0001", "-fallbackfee=-1", "-fallbackfee=1001",
                               "-maxfeerate=0", "-maxfeerate=100000", "-maxfeerate=x"}) {
    BOOST_TEST(ErrorOf({argument}).find("sat/vB, with at most three decimals") != std::string::npos,
               argument);
  }
}

BOOST_AUTO_TEST_CASE(options_that_contradict_each_other_are_refused) {
  BOOST_TEST(ErrorOf({"-conflictdepth=5"}).starts_with("-conflictdepth=5: -conflictdepth must"));
  BOOST_TEST(ErrorOf({"-finality=101"}).starts_with("-finality=101: -conflictdepth must not"));
  BOOST_TEST(ErrorOf({"-retrymin=20000"}).starts_with("-retrymin=20000: -retrymax must not be"));
  BOOST_TEST(ErrorOf({"-retrymax=10"}).starts_with("-retrymax=10: -retrymax must not be lower"));
  BOOST_TEST(ErrorOf({"-maxfeerate=5", "-fallbackfee=6"}).starts_with("-fallbackfee=6: must be"));
}

BOOST_AUTO_TEST_CASE(log_categories) {
  const auto debug = [this](const Arguments& arguments) { return Parsed(arguments).log.debug; };
  BOOST_TEST((debug({"-debug=node", "-debug=wal"}) ==
              std::set<LogCategory>{LogCategory::kNode, LogCategory::kWal}));
  BOOST_TEST(debug({"-debug"}).size() == kLogCategories.size());
  BOOST_TEST(debug({"-debug=all"}).size() == kLogCategories.size());
  BOOST_TEST(debug({"-debug=node", "-nodebug"}).empty());
  BOOST_TEST(Parsed({"-printtoconsole"}).log.print_to_console);
  BOOST_TEST(ErrorOf({"-debug=noed"}) ==
             "-debug=noed: there is no log category \"noed\"; there are daemon, core, wal, node, "
             "zmq, http");
}

BOOST_AUTO_TEST_CASE(files_elsewhere) {
  const std::string anchors = (path() / "anchors").string();
  BOOST_TEST(ErrorOf({"-anchordir=" + anchors}).ends_with("is its disk mounted?"));
  BOOST_TEST(ErrorOf({"-anchordir="}).ends_with("is its disk mounted?"));
  std::filesystem::create_directory(anchors);
  const settings::Paths paths =
      Parsed({"-regtest", "-anchordir=" + anchors, "-pid=/run/x.pid"}).paths;
  BOOST_TEST(paths.anchor_file == anchors + "/regtest/anchor");
  BOOST_TEST(paths.pid_file == "/run/x.pid");
  BOOST_TEST(Parsed({"-regtest", "-pid=x.pid"}).paths.pid_file ==
             path() / ".sendonce/regtest/x.pid");
}

BOOST_AUTO_TEST_CASE(the_file_is_read_and_named_in_errors) {
  Write(".sendonce/sendonce.conf", "regtest=1\nfinality=3\n[regtest]\nport=77\n");
  BOOST_TEST(Parsed({}).http.port == 77);
  BOOST_TEST(Parsed({"-finality=4"}).policy.finality == 4);
  Write(".sendonce/sendonce.conf", "regtest=1\nfinality=soon\n");
  BOOST_TEST(ErrorOf({}) == (path() / ".sendonce/sendonce.conf").string() +
                                ":2: finality=soon: must be a whole number from 1 to 1000000");
}

BOOST_AUTO_TEST_CASE(help_shows_every_option_and_fits_the_screen) {
  const std::string help = TextOf({"-help"});
  for (const settings::OptionGroup& group : SendoncedProgram().groups) {
    for (const settings::Option& option : group.options) {
      BOOST_TEST(help.find("\n  -" + std::string(option.name)) != std::string::npos);
    }
  }
  BOOST_TEST(help == TextOf({"-?"}));
  BOOST_TEST(help.find("Examples:") != std::string::npos);
  BOOST_TEST(TextOf({"-version"}).starts_with("sendonced version "));
}

BOOST_AUTO_TEST_CASE(the_manual_names_every_option_and_no_other) {
  std::ifstream file(SENDONCE_SOURCE_DIR "/doc/sendonced.md");
  BOOST_REQUIRE(file);
  const std::string manual{std::istreambuf_iterator<char>(file), {}};
  const std::regex name("(?:^|, )(?:\\| )?`-([a-z?][a-z0-9]*)`", std::regex::multiline);
  std::set<std::string> written;
  for (std::sregex_iterator match(manual.begin(), manual.end(), name), end; match != end; ++match) {
    written.insert((*match)[1]);
  }
  std::set<std::string> known;
  for (const settings::OptionGroup& group : SendoncedProgram().groups) {
    for (const settings::Option& option : group.options) known.insert(std::string(option.name));
  }
  BOOST_TEST(written == known, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::daemon
