#include "node/wallet_reader.h"

#include <boost/test/unit_test.hpp>

#include "node/rpc_values.h"
#include "scripted_node.h"

namespace sendonce::node {

namespace {

using test::ResultOf;
using test::UnknownOf;

struct Fixture {
  core::Outcome<std::vector<core::WalletCoin>> ReadCoins(const std::string& entries) {
    node.On("getblockcount", test::Result("200"));
    node.On("listunspent", test::Result(entries));
    return ReadWalletCoins(rpc, std::nullopt);
  }

  core::Outcome<std::vector<core::WalletSpend>> ReadSpends(const std::string& entries) {
    node.On("listsinceblock", test::Result(R"({"transactions":)" + entries + "}"));
    return ReadWalletSpends(rpc, {});
  }

  test::ScriptedNode node;
  RpcClient rpc{node.Options()};
};

std::string Id(char digit) {
  return std::string(64, digit);
}

std::string CoinJson(const std::string& amount, const std::string& spendable = "true",
                     const std::string& solvable = "true") {
  return R"({"txid":")" + Id('a') + R"(","vout":1,"amount":)" + amount +
         R"(,"scriptPubKey":"0014aa","confirmations":3,"spendable":)" + spendable +
         R"(,"solvable":)" + solvable + "}";
}

std::string SpendJson(const std::string& category, char txid, int confirmations) {
  return R"({"category":")" + category + R"(","txid":")" + Id(txid) + R"(","confirmations":)" +
         std::to_string(confirmations) + "}";
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(wallet_reader_tests, Fixture)

BOOST_AUTO_TEST_CASE(a_coin_is_read_exactly) {
  const auto coins = ResultOf(ReadCoins(JsonArray({CoinJson("0.29000001")})));
  BOOST_REQUIRE(coins.size() == 1);
  BOOST_TEST(OutPointText(coins[0].coin.outpoint) == R"({"txid":")" + Id('a') + R"(","vout":1})");
  BOOST_TEST(coins[0].coin.amount_sat == 29'000'001);
  BOOST_TEST(bitcoin::HexFromBytes(coins[0].coin.script) == "0014aa");
  BOOST_TEST(coins[0].height == 198);
  BOOST_TEST(node.CallsOf("listunspent").back() == "listunspent [0,9999999,[],true]");
}

// At block 200: from 191 on, and as many more as blocks may come while the wallet is read.
BOOST_AUTO_TEST_CASE(only_the_last_blocks_are_read_where_that_is_enough) {
  node.On("getblockcount", test::Result("200"));
  node.On("listunspent", test::Result(JsonArray({CoinJson("1")})));
  BOOST_TEST(ResultOf(ReadWalletCoins(rpc, 190)).size() == 1U);
  BOOST_TEST(node.CallsOf("listunspent").back() == "listunspent [0,20,[],true]");
  BOOST_TEST(ResultOf(ReadWalletCoins(rpc, 205)).size() == 1U);
  BOOST_TEST(node.CallsOf("listunspent").back() == "listunspent [0,10,[],true]");
}

// A coin is never taken for deeper than it is: the height afterwards counts.
BOOST_AUTO_TEST_CASE(blocks_that_come_meanwhile_make_a_coin_younger) {
  int32_t height = 199;
  node.On("getblockcount", [&](const Json&) { return test::Result(std::to_string(++height)); });
  node.On("listunspent", test::Result(JsonArray({CoinJson("1")})));
  BOOST_TEST(ResultOf(ReadWalletCoins(rpc, std::nullopt)).front().height == 199);
}

BOOST_AUTO_TEST_CASE(too_many_blocks_meanwhile_and_it_is_unknown) {
  int32_t height = 189;
  node.On("getblockcount", [&](const Json&) { return test::Result(std::to_string(height += 11)); });
  node.On("listunspent", test::Result("[]"));
  UnknownOf(ReadWalletCoins(rpc, 190));
  BOOST_TEST(ResultOf(ReadWalletCoins(rpc, std::nullopt)).empty());
}

BOOST_AUTO_TEST_CASE(coins_that_the_wallet_cannot_spend_or_solve_are_left_out) {
  const auto coins = ResultOf(ReadCoins(
      JsonArray({CoinJson("1", "false"), CoinJson("2", "true", "false"), CoinJson("3")})));
  BOOST_REQUIRE(coins.size() == 1);
  BOOST_TEST(coins[0].coin.amount_sat == 3 * bitcoin::kSatPerBtc);
  BOOST_TEST(ResultOf(ReadCoins("[]")).empty());
}

BOOST_AUTO_TEST_CASE(a_coin_that_is_odd_makes_all_unknown) {
  for (const std::string& entry :
       {CoinJson("1e-3"), CoinJson("-1"), CoinJson("\"1\""), CoinJson("1", "1"),
        CoinJson("1", "true", "null"), std::string("{}"), std::string("5")}) {
    UnknownOf(ReadCoins(JsonArray({CoinJson("1"), entry})));
  }
  UnknownOf(ReadCoins("{}"));
  std::string conflicted = CoinJson("1");
  conflicted.insert(conflicted.find(":3,") + 1, "-");
  UnknownOf(ReadCoins(JsonArray({conflicted})));
  for (const char* name : {"txid", "vout", "amount", "scriptPubKey", "confirmations"}) {
    std::string entry = CoinJson("1");
    entry.insert(entry.find(name), "x");
    BOOST_TEST_CONTEXT(name) {
      UnknownOf(ReadCoins(JsonArray({entry})));
    }
  }
}

BOOST_AUTO_TEST_CASE(locks_are_read) {
  const std::string lock = R"({"txid":")" + Id('a') + R"(","vout":1})";
  node.On("listlockunspent", test::Result(JsonArray({lock})));
  const auto locked = ResultOf(ReadLockedCoins(rpc));
  BOOST_REQUIRE(locked.size() == 1);
  BOOST_TEST(OutPointText(locked[0]) == lock);
  node.On("listlockunspent", test::Result("[]"));
  BOOST_TEST(ResultOf(ReadLockedCoins(rpc)).empty());
  for (const char* reply : {"{}", "[{}]", "null", "[5]"}) {
    node.On("listlockunspent", test::Result(reply));
    UnknownOf(ReadLockedCoins(rpc));
  }
}

BOOST_AUTO_TEST_CASE(each_transaction_that_spends_is_shown_once) {
  const auto spends =
      ResultOf(ReadSpends(JsonArray({SpendJson("receive", '1', 2), SpendJson("send", '2', 0),
                                     SpendJson("send", '2', 0), SpendJson("generate", '3', 101),
                                     SpendJson("receive", '4', -3), SpendJson("send", '4', -3)})));
  BOOST_REQUIRE(spends.size() == 2);
  BOOST_TEST(bitcoin::DisplayHex(spends[0].txid) == Id('2'));
  BOOST_TEST(spends[0].confirmations == 0);
  BOOST_TEST(bitcoin::DisplayHex(spends[1].txid) == Id('4'));
  BOOST_TEST(spends[1].confirmations == -3);
  BOOST_TEST(!spends[1].explained);
}

BOOST_AUTO_TEST_CASE(spends_are_asked_for_since_a_block) {
  node.On("listsinceblock", test::Result(R"({"transactions":[]})"));
  const auto since = *bitcoin::HashFromDisplayHex(Id('b'));
  BOOST_TEST(ResultOf(ReadWalletSpends(rpc, since)).empty());
  BOOST_TEST(node.calls().back() == "listsinceblock [\"" + Id('b') + "\",1,false,false,false]");
}

BOOST_AUTO_TEST_CASE(an_entry_that_is_odd_makes_all_unknown) {
  for (const char* name : {"category", "txid", "confirmations"}) {
    std::string entry = SpendJson("receive", '1', 2);
    entry.insert(entry.find(name), "x");
    BOOST_TEST_CONTEXT(name) {
      UnknownOf(ReadSpends(JsonArray({entry})));
    }
  }
  UnknownOf(ReadSpends("{}"));
  UnknownOf(ReadSpends("null"));
}

BOOST_AUTO_TEST_CASE(refusals_are_passed_on) {
  node.On("listunspent", test::Error(-18, "not loaded"));
  node.On("listsinceblock", test::Error(-5, "Block not found"));
  node.On("listlockunspent", test::Error(-18, "not loaded"));
  node.On("getblockcount", test::Result("200"));
  BOOST_CHECK(test::RefusalOf(ReadLockedCoins(rpc)) == core::Refusal::kWalletNotLoaded);
  BOOST_CHECK(test::RefusalOf(ReadWalletCoins(rpc, std::nullopt)) ==
              core::Refusal::kWalletNotLoaded);
  BOOST_CHECK(test::RefusalOf(ReadWalletSpends(rpc, {})) == core::Refusal::kNotFound);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::node
