#include "node/requirements.h"

#include <boost/test/unit_test.hpp>

#include "scripted_node.h"

namespace sendonce::node {

namespace {

using test::Error;
using test::Result;
using test::ResultOf;
using test::ResultString;

const char* const kHelp =
    "== Blockchain ==\ngetblock \"blockhash\" ( verbosity )\ngetblockchaininfo\ngetblockcount\n"
    "getblockhash height\ngetblockheader \"blockhash\"\ngettxout \"txid\" n\n"
    "gettxspendingprevout [{\"txid\":\"hex\"}]\n\n== Control ==\nhelp ( \"command\" )\nuptime\n"
    "== Network ==\ngetnetworkinfo\n== Rawtransactions ==\nfundrawtransaction \"hexstring\"\n"
    "getmempoolentry \"txid\"\ngettransaction \"txid\"\n"
    "getrawtransaction \"txid\"\nsendrawtransaction \"hexstring\"\n"
    "testmempoolaccept [\"rawtx\",...]\n== Util ==\nestimatesmartfee conf_target\n"
    "== Wallet ==\ngetaddressinfo \"address\"\ngetnewaddress\ngetrawchangeaddress\n"
    "getwalletinfo\nlistlabels\nlistlockunspent\nlistsinceblock\nlistunspent\n"
    "lockunspent unlock\nsignrawtransactionwithwallet \"hexstring\"";

const char* const kWalletInfo =
    R"({"private_keys_enabled":true,"lastprocessedblock":{"height":1}})";

// A node that has all that is needed.
struct Fixture {
  Fixture() {
    node.On("help", [this](const Json& params) {
      if (params.size() == 0) return ResultString(help);
      return ResultString(*params.At(0).String() + " ( persistent maxburnamount )");
    });
    node.On("getwalletinfo", Result(kWalletInfo));
    node.On("getnetworkinfo", Result(R"({"version":290000})"));
    node.On("getzmqnotifications",
            Result(R"([{"type":"pubrawtx","address":"tcp://0.0.0.0:28332","hwm":1000},)"
                   R"({"type":"pubhashblock","address":"tcp://127.0.0.1:1","hwm":1000},)"
                   R"({"type":"pubsequence","address":"ipc:///run/zmq","hwm":1000}])"));
  }

  Requirements Read() { return ResultOf(ReadRequirements(rpc)); }

  // The one thing that is missing.
  std::string Unmet() {
    const Requirements requirements = Read();
    BOOST_REQUIRE(requirements.unmet.size() == 1);
    return requirements.unmet.front();
  }

  std::string help = kHelp;
  test::ScriptedNode node;
  RpcClient rpc{node.Options()};
};

ZmqEndpoints Endpoints(const std::string& address, const std::string& host) {
  const auto reply = ParseJson(R"([{"type":"pubrawtx","address":)" + JsonString(address) + "}]");
  BOOST_REQUIRE(reply);
  return TakeZmqEndpoints(*reply, host);
}

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(requirements_tests, Fixture)

BOOST_AUTO_TEST_CASE(a_node_that_has_all_will_do) {
  const Requirements requirements = Read();
  BOOST_TEST(requirements.unmet.empty());
  BOOST_TEST(requirements.zmq.rawtx == "tcp://127.0.0.1:28332");
  BOOST_TEST(requirements.zmq.sequence == "ipc:///run/zmq");
}

BOOST_AUTO_TEST_CASE(an_rpc_that_is_missing_is_named) {
  BOOST_TEST(MissingMethods(kHelp).empty());
  BOOST_TEST(!MissingMethods("").empty());
  help.erase(help.find("gettxspendingprevout"), 8);
  const std::vector<std::string> expected = {"gettxspendingprevout"};
  BOOST_TEST(MissingMethods(help) == expected);
  BOOST_TEST(Has(Unmet(), "'gettxspendingprevout'"));
}

BOOST_AUTO_TEST_CASE(an_argument_that_is_missing_is_named) {
  node.On("help", [this](const Json& params) {
    if (params.size() == 0) return ResultString(help);
    return ResultString(*params.At(0).String() + " ( maxburnamount )");
  });
  BOOST_TEST(Has(Unmet(), "'persistent'"));
}

BOOST_AUTO_TEST_CASE(a_wallet_that_cannot_sign_or_does_not_say_how_far_it_is_will_not_do) {
  node.On("getwalletinfo",
          Result(R"({"private_keys_enabled":false,"lastprocessedblock":{"height":1}})"));
  BOOST_TEST(Has(Unmet(), "private keys"));
  node.On("getwalletinfo", Result(R"({"private_keys_enabled":true})"));
  BOOST_TEST(Has(Unmet(), "how far"));
}

BOOST_AUTO_TEST_CASE(private_broadcast_is_found_out) {
  node.On("getprivatebroadcastinfo", Error(-32601, "Private broadcast is not enabled"));
  BOOST_TEST(Read().unmet.empty());
  // 31.0 answers always.
  node.On("getnetworkinfo", Result(R"({"version":310000})"));
  node.On("getprivatebroadcastinfo", Result(R"({"transactions":[]})"));
  BOOST_TEST(Read().unmet.empty());
  node.On("getprivatebroadcastinfo", Result(R"({"transactions":[{}]})"));
  BOOST_TEST(Has(Unmet(), "-privatebroadcast"));
  node.On("getnetworkinfo", Result(R"({"version":320000})"));
  node.On("getprivatebroadcastinfo", Result(R"({"transactions":[]})"));
  BOOST_TEST(Has(Unmet(), "-privatebroadcast"));
}

BOOST_AUTO_TEST_CASE(a_node_without_zmq_will_do) {
  node.On("getzmqnotifications", Result("[]"));
  BOOST_CHECK(Read().zmq == ZmqEndpoints());
  node.On("getzmqnotifications", Error(-32601, "Method not found"));
  BOOST_CHECK(Read().zmq == ZmqEndpoints());
  node.On("getzmqnotifications", Result("{}"));
  test::UnknownOf(ReadRequirements(rpc));
}

BOOST_AUTO_TEST_CASE(an_address_for_all_interfaces_becomes_the_nodes) {
  BOOST_TEST(Endpoints("tcp://0.0.0.0:28332", "10.0.0.5").rawtx == "tcp://10.0.0.5:28332");
  BOOST_TEST(Endpoints("tcp://*:28332", "node.example").rawtx == "tcp://node.example:28332");
  BOOST_TEST(Endpoints("tcp://[::]:28332", "::1").rawtx == "tcp://[::1]:28332");
  BOOST_TEST(Endpoints("tcp://127.0.0.1:28332", "10.0.0.5").rawtx == "tcp://127.0.0.1:28332");
}

BOOST_AUTO_TEST_CASE(refusals_are_passed_on) {
  for (const char* method : {"getwalletinfo", "help", "getzmqnotifications"}) {
    Fixture fixture;
    fixture.node.On(method, Error(-18, "not loaded"));
    BOOST_CHECK(test::RefusalOf(ReadRequirements(fixture.rpc)) == core::Refusal::kWalletNotLoaded);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::node
