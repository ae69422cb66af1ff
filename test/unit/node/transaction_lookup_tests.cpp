#include "node/transaction_lookup.h"

#include <boost/test/unit_test.hpp>
#include <map>

#include "node/rpc_values.h"
#include "scripted_node.h"

namespace sendonce::node {

namespace {

using core::FoundTransaction;
using core::Refusal;
using test::Error;
using test::RefusalOf;
using test::Result;
using test::ResultOf;
using test::UnknownOf;

bitcoin::Transaction Payment() {
  bitcoin::Transaction transaction;
  transaction.inputs.push_back({{bitcoin::Txid{{7}}, 1}, {}, 0, {}});
  for (int i = 0; i < 3; ++i) transaction.outputs.push_back({1'000, {0x51}});
  return transaction;
}

std::string Detail(const std::string& category, const std::string& vout) {
  return R"({"category":")" + category + R"(","vout":)" + vout + "}";
}

// A node whose wallet knows the payment, in its mempool until a test says otherwise.
struct Fixture {
  Fixture() {
    node.On("getmempoolentry", Result("{}"));
    node.On("gettransaction", [this](const Json&) { return Result(JsonObject(Members())); });
  }

  std::vector<std::pair<std::string, std::string>> Members() const {
    std::vector<std::pair<std::string, std::string>> members;
    for (const auto& [name, value] : wallet) members.emplace_back(name, value);
    return members;
  }

  void Confirm() {
    node.On("getmempoolentry", Error(-5, "Transaction not in mempool"));
    wallet["confirmations"] = "3";
    wallet["blockheight"] = "101";
    wallet["blockhash"] = "\"" + std::string(64, 'b') + "\"";
  }

  core::Outcome<FoundTransaction> Find() { return FindTransaction(rpc, TxidOf(Payment())); }

  test::ScriptedNode node;
  RpcClient rpc{node.Options()};
  std::map<std::string, std::string> wallet = {
      {"confirmations", "0"},
      {"fee", "-0.00000141"},
      {"hex", HexText(SerializeTransaction(Payment()))},
      {"details", JsonArray({Detail("send", "2"), Detail("receive", "1"), Detail("send", "0")})},
  };
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(transaction_lookup_tests, Fixture)

BOOST_AUTO_TEST_CASE(a_payment_in_the_mempool_is_found) {
  const FoundTransaction found = ResultOf(Find());
  BOOST_TEST(found.raw_tx == SerializeTransaction(Payment()));
  BOOST_TEST(!found.block);
  BOOST_TEST(found.sent_vouts == (std::vector<uint32_t>{0, 2}));
  BOOST_TEST(found.fee_sat == 141);
  const std::string txid = bitcoin::DisplayHex(TxidOf(Payment()));
  BOOST_TEST(node.calls() == (std::vector<std::string>{"getmempoolentry [\"" + txid + "\"]",
                                                       "gettransaction [\"" + txid + "\",true]"}));
}

BOOST_AUTO_TEST_CASE(a_payment_in_the_chain_is_found_with_its_block) {
  Confirm();
  const FoundTransaction found = ResultOf(Find());
  BOOST_REQUIRE(found.block);
  BOOST_TEST(found.block->height == 101);
  BOOST_TEST(bitcoin::DisplayHex(found.block->hash) == std::string(64, 'b'));
}

// It left the mempool for a block between the two calls, or came back in a reorganisation.
BOOST_AUTO_TEST_CASE(the_wallets_word_on_confirmations_is_the_later_one) {
  Confirm();
  node.On("getmempoolentry", Result("{}"));
  BOOST_TEST(ResultOf(Find()).block.has_value());
}

// Its block leaves the chain between the two questions.
BOOST_AUTO_TEST_CASE(what_comes_back_to_the_mempool_meanwhile_is_not_missing) {
  node.On("getmempoolentry", Error(-5, "Transaction not in mempool"));
  node.On("gettransaction", [this](const Json&) {
    node.On("getmempoolentry", Result("{}"));
    return Result(JsonObject(Members()));
  });
  BOOST_TEST(UnknownOf(Find()) == "the mempool changed while it was read");
  BOOST_TEST(!ResultOf(Find()).block);
}

BOOST_AUTO_TEST_CASE(what_is_neither_in_chain_nor_mempool_is_not_found) {
  node.On("getmempoolentry", Error(-5, "Transaction not in mempool"));
  BOOST_CHECK(RefusalOf(Find()) == Refusal::kNotFound);
  for (const char* conflicted : {"-1", "-7"}) {
    wallet["confirmations"] = conflicted;
    BOOST_CHECK(RefusalOf(Find()) == Refusal::kNotFound);
  }
  node.On("getmempoolentry", Result("{}"));
  BOOST_CHECK(RefusalOf(Find()) == Refusal::kNotFound);
  node.On("gettransaction", Error(-5, "Invalid or non-wallet transaction id"));
  BOOST_CHECK(RefusalOf(Find()) == Refusal::kNotFound);
}

BOOST_AUTO_TEST_CASE(a_payment_of_strangers_has_no_fee_and_sends_nothing) {
  wallet.erase("fee");
  wallet["details"] = JsonArray({Detail("receive", "1")});
  const FoundTransaction found = ResultOf(Find());
  BOOST_TEST(found.fee_sat == 0);
  BOOST_TEST(found.sent_vouts.empty());
  wallet["fee"] = "0.5";
  BOOST_TEST(ResultOf(Find()).fee_sat == 0);
}

BOOST_AUTO_TEST_CASE(an_output_that_the_wallet_pays_to_itself_is_there_once) {
  wallet["details"] = JsonArray({Detail("send", "1"), Detail("receive", "1"), Detail("send", "1")});
  BOOST_TEST(ResultOf(Find()).sent_vouts == (std::vector<uint32_t>{1}));
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_that_transaction_are_unknown) {
  bitcoin::Transaction other = Payment();
  other.version = 1;
  for (const std::string& hex : {HexText(SerializeTransaction(other)), std::string("\"00\""),
                                 std::string("\"zz\""), std::string("null")}) {
    wallet["hex"] = hex;
    UnknownOf(Find());
  }
}

BOOST_AUTO_TEST_CASE(a_reply_that_is_odd_is_unknown) {
  const auto original = wallet;
  for (const std::string& details :
       {std::string("null"), std::string("{}"), std::string("[5]"), "[" + Detail("send", "3") + "]",
        "[" + Detail("send", "-1") + "]", "[" + Detail("send", "\"1\"") + "]"}) {
    wallet["details"] = details;
    BOOST_TEST_CONTEXT(details) {
      UnknownOf(Find());
    }
  }
  wallet = original;
  wallet.erase("confirmations");
  UnknownOf(Find());
  for (const char* name : {"blockheight", "blockhash"}) {
    wallet = original;
    Confirm();
    wallet.erase(name);
    UnknownOf(Find());
  }
  wallet = original;
  node.On("getmempoolentry", Result("true"));
  UnknownOf(Find());
}

BOOST_AUTO_TEST_CASE(refusals_are_passed_on) {
  node.On("getmempoolentry", Error(-28, "Loading"));
  BOOST_CHECK(RefusalOf(Find()) == Refusal::kNotExecuted);
  node.On("getmempoolentry", Result("{}"));
  node.On("gettransaction", Error(-18, "not loaded"));
  BOOST_CHECK(RefusalOf(Find()) == Refusal::kWalletNotLoaded);
  node.On("gettransaction", Error(-999, "odd"));
  UnknownOf(Find());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::node
