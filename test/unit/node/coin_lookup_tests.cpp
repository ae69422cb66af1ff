#include "node/coin_lookup.h"

#include <boost/test/unit_test.hpp>

#include "node/rpc_values.h"
#include "scripted_node.h"

namespace sendonce::node {

namespace {

using bitcoin::OutPoint;
using core::CoinStanding;
using test::Error;
using test::Result;
using test::ResultOf;
using test::UnknownOf;

OutPoint CoinNo(uint8_t number) {
  return {bitcoin::Txid{{number}}, number};
}

bitcoin::Transaction Spending(const std::vector<OutPoint>& coins) {
  bitcoin::Transaction transaction;
  for (const OutPoint& coin : coins) transaction.inputs.push_back({coin, {}, 0, {}});
  transaction.outputs.push_back({1'000, {0x51}});
  return transaction;
}

std::string UnspentJson(const std::string& value = "0.00001000") {
  return R"({"bestblock":")" + std::string(64, 'b') + R"(","value":)" + value +
         R"(,"scriptPubKey":{"hex":"0014aa"}})";
}

// A node that knows coins 1 and 2, unspent until a transaction enters its mempool.
struct Fixture {
  Fixture() {
    node.On("gettxout", [this](const Json& params) { return TxOut(params); });
    node.On("gettxspendingprevout", [this](const Json& params) { return Spenders(params.At(0)); });
    node.On("getrawtransaction", [this](const Json& params) { return RawTransaction(params); });
  }

  core::Outcome<std::vector<CoinStanding>> Read(const std::vector<OutPoint>& coins) {
    return ReadCoinStandings(rpc, coins);
  }

  const bitcoin::Transaction* SpenderOf(const OutPoint& coin) const {
    for (const bitcoin::Transaction& transaction : mempool) {
      for (const bitcoin::TxIn& input : transaction.inputs) {
        if (input.prevout == coin) return &transaction;
      }
    }
    return nullptr;
  }

  test::Answer TxOut(const Json& params) const {
    const OutPoint coin{*ReadHash(params.At(0)), static_cast<uint32_t>(*params.At(1).Integer())};
    if (params.At(2).Bool() != true) return Error(-8, "asked without the mempool");
    const bool known = coin == CoinNo(1) || coin == CoinNo(2);
    return Result(known && !SpenderOf(coin) ? UnspentJson() : "null");
  }

  test::Answer Spenders(const Json& coins) const {
    std::vector<std::string> entries;
    for (size_t i = 0; i < coins.size(); ++i) {
      const OutPoint coin = *ReadOutPoint(coins.At(i));
      std::string entry = OutPointText(coin);
      if (const bitcoin::Transaction* spender = SpenderOf(coin)) {
        entry.pop_back();
        entry += R"(,"spendingtxid":)" + HashText(TxidOf(*spender)) + in_block + "}";
      }
      entries.push_back(entry);
    }
    return Result(JsonArray(entries));
  }

  test::Answer RawTransaction(const Json& params) const {
    for (const bitcoin::Transaction& transaction : mempool) {
      if (TxidOf(transaction) != ReadHash(params.At(0))) continue;
      return Result(HexText(SerializeTransaction(transaction)));
    }
    return Error(-5, "No such mempool transaction");
  }

  test::ScriptedNode node;
  RpcClient rpc{node.Options()};
  std::vector<bitcoin::Transaction> mempool;
  std::string in_block;  // what the node says of a spender beside its txid
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(coin_lookup_tests, Fixture)

BOOST_AUTO_TEST_CASE(a_coin_is_unspent_spent_or_neither) {
  mempool = {Spending({CoinNo(2), CoinNo(7)})};
  const auto standings = ResultOf(Read({CoinNo(1), CoinNo(2), CoinNo(3)}));
  BOOST_REQUIRE(standings.size() == 3);
  BOOST_CHECK(standings[0].outpoint == CoinNo(1));
  BOOST_TEST(standings[0].unspent);
  BOOST_TEST(!standings[0].mempool_spender);
  BOOST_TEST(!standings[1].unspent);
  BOOST_CHECK(standings[1].mempool_spender == mempool[0]);
  BOOST_CHECK(standings[2].outpoint == CoinNo(3));
  BOOST_TEST(!standings[2].unspent);
  BOOST_TEST(!standings[2].mempool_spender);
}

// With -txospenderindex (Bitcoin Core 31).
BOOST_AUTO_TEST_CASE(a_spender_in_a_block_is_none_in_the_mempool) {
  mempool = {Spending({CoinNo(1)})};
  in_block = R"(,"blockhash":")" + std::string(64, 'b') + "\"";
  const auto standings = ResultOf(Read({CoinNo(1)}));
  BOOST_TEST(!standings[0].unspent);
  BOOST_TEST(!standings[0].mempool_spender);
  BOOST_TEST(node.CallsOf("getrawtransaction").empty());
}

BOOST_AUTO_TEST_CASE(a_transaction_is_read_once_however_many_coins_it_spends) {
  mempool = {Spending({CoinNo(1), CoinNo(2)})};
  const auto standings = ResultOf(Read({CoinNo(1), CoinNo(2)}));
  BOOST_CHECK(standings[0].mempool_spender == standings[1].mempool_spender);
  BOOST_TEST(node.CallsOf("getrawtransaction").size() == 1U);
}

BOOST_AUTO_TEST_CASE(no_coins_need_no_call) {
  BOOST_TEST(ResultOf(Read({})).empty());
  BOOST_TEST(node.calls().empty());
}

BOOST_AUTO_TEST_CASE(a_transaction_that_comes_meanwhile_is_unknown) {
  node.On("gettxout", [this](const Json& params) {
    mempool = {Spending({CoinNo(1)})};
    return TxOut(params);
  });
  UnknownOf(Read({CoinNo(1)}));
  BOOST_TEST(ResultOf(Read({CoinNo(1)}))[0].mempool_spender.has_value());
}

BOOST_AUTO_TEST_CASE(a_transaction_that_goes_meanwhile_is_unknown) {
  mempool = {Spending({CoinNo(1)})};
  node.On("gettxout", [this](const Json& params) {
    const test::Answer answer = TxOut(params);
    mempool.clear();
    return answer;
  });
  UnknownOf(Read({CoinNo(1)}));
}

BOOST_AUTO_TEST_CASE(a_transaction_that_goes_before_it_is_read_is_unknown) {
  mempool = {Spending({CoinNo(1)})};
  node.On("getrawtransaction", Error(-5, "No such mempool transaction"));
  UnknownOf(Read({CoinNo(1)}));
}

BOOST_AUTO_TEST_CASE(a_spender_that_does_not_spend_is_unknown) {
  mempool = {Spending({CoinNo(1)})};
  node.On("gettxspendingprevout", [this](const Json&) {
    std::string entry = OutPointText(CoinNo(2));
    entry.pop_back();
    return Result("[" + entry + R"(,"spendingtxid":)" + HashText(TxidOf(mempool[0])) + "}]");
  });
  UnknownOf(Read({CoinNo(2)}));
}

BOOST_AUTO_TEST_CASE(another_transaction_than_the_one_asked_for_is_unknown) {
  mempool = {Spending({CoinNo(1)})};
  node.On("getrawtransaction",
          Result(HexText(SerializeTransaction(Spending({CoinNo(1), CoinNo(2)})))));
  UnknownOf(Read({CoinNo(1)}));
}

BOOST_AUTO_TEST_CASE(replies_that_are_odd_are_unknown) {
  const std::string other = OutPointText(CoinNo(2));
  std::string bad_txid = OutPointText(CoinNo(1));
  bad_txid.pop_back();
  bad_txid += R"(,"spendingtxid":"00"})";
  for (const std::string& reply : {std::string("[]"), std::string("{}"), "[" + other + "]",
                                   "[" + bad_txid + "]", std::string("null")}) {
    node.On("gettxspendingprevout", Result(reply));
    BOOST_TEST_CONTEXT(reply) {
      UnknownOf(Read({CoinNo(1)}));
    }
  }
}

BOOST_AUTO_TEST_CASE(an_unspent_output_is_read_exactly) {
  const auto outputs =
      ResultOf(ReadUnspentOutputs(rpc, {CoinNo(1), CoinNo(9)}, View::kChainAndMempool));
  BOOST_REQUIRE(outputs.size() == 2 && outputs[0]);
  BOOST_TEST(outputs[0]->output.amount_sat == 1'000);
  BOOST_TEST(bitcoin::HexFromBytes(outputs[0]->output.script) == "0014aa");
  BOOST_TEST(bitcoin::DisplayHex(outputs[0]->tip) == std::string(64, 'b'));
  BOOST_TEST(!outputs[1]);
}

BOOST_AUTO_TEST_CASE(an_unspent_output_that_is_odd_is_unknown) {
  for (const std::string& reply :
       {UnspentJson("1e-5"), UnspentJson("\"1\""), std::string("{}"), std::string("true")}) {
    node.On("gettxout", Result(reply));
    BOOST_TEST_CONTEXT(reply) {
      UnknownOf(ReadUnspentOutputs(rpc, {CoinNo(1)}, View::kChainAndMempool));
      UnknownOf(Read({CoinNo(1)}));
    }
  }
}

BOOST_AUTO_TEST_CASE(refusals_are_passed_on) {
  for (const char* method : {"gettxspendingprevout", "gettxout"}) {
    node.On(method, Error(-28, "Loading"));
    BOOST_CHECK(test::RefusalOf(Read({CoinNo(1)})) == core::Refusal::kNotExecuted);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::node
