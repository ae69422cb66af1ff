#include "node/wallet_actions.h"

#include <boost/test/unit_test.hpp>

#include "node/rpc_values.h"
#include "node/wallet_binding.h"
#include "scripted_node.h"

namespace sendonce::node {

namespace {

using bitcoin::OutPoint;
using core::Refusal;
using test::Error;
using test::RefusalOf;
using test::Result;
using test::ResultOf;
using test::ResultString;
using test::UnknownOf;

struct Fixture {
  test::ScriptedNode node;
  RpcClient rpc{node.Options()};
};

OutPoint CoinNo(uint8_t number) {
  return {bitcoin::Txid{{number}}, number};
}

core::Broadcast BroadcastOf(bitcoin::FeeRate cap_sat_kvb) {
  return {1, bitcoin::Txid{{7}}, {0xab, 0xcd}, cap_sat_kvb};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(wallet_actions_tests, Fixture)

BOOST_AUTO_TEST_CASE(coins_are_locked_for_good) {
  node.On("lockunspent", Result("true"));
  ResultOf(LockCoins(rpc, {CoinNo(1), CoinNo(2)}));
  BOOST_TEST(node.calls().back() ==
             "lockunspent [false," + OutPointsText({CoinNo(1), CoinNo(2)}) + ",true]");
}

BOOST_AUTO_TEST_CASE(a_lock_that_fails_says_how) {
  node.On("lockunspent", Error(-8, "Invalid parameter, expected unspent output"));
  BOOST_CHECK(RefusalOf(LockCoins(rpc, {CoinNo(1)})) == Refusal::kRejected);
  node.On("lockunspent", Error(-4, "Locking coin failed"));
  UnknownOf(LockCoins(rpc, {CoinNo(1)}));
  node.On("lockunspent", Result("false"));
  UnknownOf(LockCoins(rpc, {CoinNo(1)}));
}

BOOST_AUTO_TEST_CASE(only_coins_that_are_locked_are_unlocked) {
  node.On("listlockunspent", Result(OutPointsText({CoinNo(2), CoinNo(3)})));
  node.On("lockunspent", Result("true"));
  ResultOf(UnlockCoins(rpc, {CoinNo(1), CoinNo(2)}));
  BOOST_TEST(node.calls().back() == "lockunspent [true," + OutPointsText({CoinNo(2)}) + "]");
}

// lockunspent true without coins unlocks all, an operator's too.
BOOST_AUTO_TEST_CASE(with_nothing_to_unlock_nothing_is_called) {
  node.On("listlockunspent", Result(OutPointsText({CoinNo(3)})));
  ResultOf(UnlockCoins(rpc, {CoinNo(1)}));
  ResultOf(UnlockCoins(rpc, {}));
  BOOST_TEST(node.CallsOf("lockunspent").empty());
}

BOOST_AUTO_TEST_CASE(a_list_of_locks_that_is_odd_is_unknown) {
  for (const char* reply : {"{}", "[{}]", "null"}) {
    node.On("listlockunspent", Result(reply));
    UnknownOf(UnlockCoins(rpc, {CoinNo(1)}));
  }
}

BOOST_AUTO_TEST_CASE(a_signature_is_asked_for_just_these_bytes) {
  node.On("signrawtransactionwithwallet", Result(R"({"hex":"abcdef","complete":true})"));
  BOOST_TEST(bitcoin::HexFromBytes(ResultOf(SignTransaction(rpc, {0xab}))) == "abcdef");
  BOOST_TEST(node.calls().back() == R"(signrawtransactionwithwallet ["ab"])");
}

BOOST_AUTO_TEST_CASE(a_signature_that_is_not_complete_is_none) {
  node.On("signrawtransactionwithwallet",
          Result(R"({"hex":"abcdef","complete":false,"errors":[{"txid":"aa","vout":3,)"
                 R"("error":"Unable to sign input"}]})"));
  const auto outcome = SignTransaction(rpc, {0xab});
  BOOST_CHECK(RefusalOf(outcome) == Refusal::kCannotSign);
  BOOST_TEST(std::get<core::Refused>(outcome).text ==
             "the wallet can not sign every input; aa:3 Unable to sign input");
}

BOOST_AUTO_TEST_CASE(of_many_inputs_that_can_not_be_signed_three_are_named) {
  const auto text_of = [this](size_t inputs, const std::string& error) {
    std::vector<std::string> errors;
    for (size_t i = 0; i < inputs; ++i) {
      errors.push_back(JsonObject(
          {{"txid", JsonString("aa")}, {"vout", std::to_string(i)}, {"error", JsonString(error)}}));
    }
    node.On("signrawtransactionwithwallet",
            Result(JsonObject(
                {{"hex", "\"ab\""}, {"complete", "false"}, {"errors", JsonArray(errors)}})));
    return std::get<core::Refused>(SignTransaction(rpc, {0xab})).text;
  };
  const std::string three = "the wallet can not sign every input; aa:0 No; aa:1 No; aa:2 No";
  BOOST_TEST(text_of(3, "No") == three);
  BOOST_TEST(text_of(4, "No") == three + "; and 1 more");
  BOOST_TEST(text_of(1'000, "No") == three + "; and 997 more");
  const std::string cut = text_of(100, std::string(100'000, 'x'));
  BOOST_TEST(cut.find("; aa:2 xxx") != std::string::npos);
  BOOST_TEST(cut.ends_with("xxx... (cut: 100005 bytes); and 97 more"));
  BOOST_TEST(cut.size() < 1'000U);
}

BOOST_AUTO_TEST_CASE(a_signature_that_is_odd_is_unknown) {
  for (const char* reply : {"{}", R"({"hex":"ab"})", R"({"complete":true})",
                            R"({"hex":"a","complete":true})", R"({"hex":"ab","complete":1})"}) {
    node.On("signrawtransactionwithwallet", Result(reply));
    BOOST_TEST_CONTEXT(reply) {
      UnknownOf(SignTransaction(rpc, {0xab}));
    }
  }
  node.On("signrawtransactionwithwallet", Error(-13, "Please enter the wallet passphrase"));
  BOOST_CHECK(RefusalOf(SignTransaction(rpc, {0xab})) == Refusal::kWalletLocked);
}

BOOST_AUTO_TEST_CASE(a_broadcast_names_its_caps) {
  node.On("sendrawtransaction", Result(HashText(bitcoin::Txid{{7}})));
  ResultOf(BroadcastTransaction(rpc, BroadcastOf(12'500)));
  BOOST_TEST(node.calls().back() == R"(sendrawtransaction ["abcd",0.00012500,0])");
}

BOOST_AUTO_TEST_CASE(a_cap_that_the_node_would_refuse_is_lowered) {
  node.On("sendrawtransaction", Result(HashText(bitcoin::Txid{{7}})));
  ResultOf(BroadcastTransaction(rpc, BroadcastOf(500 * bitcoin::kSatPerBtc)));
  BOOST_TEST(node.calls().back() == R"(sendrawtransaction ["abcd",0.99999999,0])");
}

BOOST_AUTO_TEST_CASE(a_broadcast_of_another_txid_is_unknown) {
  for (const std::string& reply : {HashText(bitcoin::Txid{{8}}), std::string("\"\""),
                                   std::string("null"), std::string("true")}) {
    node.On("sendrawtransaction", Result(reply));
    UnknownOf(BroadcastTransaction(rpc, BroadcastOf(1'000)));
  }
  node.On("sendrawtransaction", Error(-27, "Transaction outputs already in utxo set"));
  BOOST_CHECK(RefusalOf(BroadcastTransaction(rpc, BroadcastOf(1'000))) == Refusal::kAlreadyInChain);
}

// --- what `init` does

BOOST_AUTO_TEST_CASE(a_binding_is_a_label_on_a_new_address) {
  node.On("getnewaddress", ResultString("bcrt1qnew"));
  core::WalId id{};
  id.back() = 0xff;
  BOOST_TEST(ResultOf(NewBindingAddress(rpc, id)) == "bcrt1qnew");
  BOOST_TEST(node.calls().back() ==
             R"(getnewaddress ["sendonce:000000000000000000000000000000ff","bech32"])");
  node.On("getnewaddress", ResultString(""));
  UnknownOf(NewBindingAddress(rpc, id));
}

BOOST_AUTO_TEST_CASE(a_probe_spends_what_does_not_exist_and_pays_the_same_address) {
  node.On("getaddressinfo", Result(R"({"scriptPubKey":"0014aa"})"));
  std::string asked;
  std::string previous;
  node.On("signrawtransactionwithwallet", [&](const Json& params) {
    asked = *params.At(0).String();
    previous = *params.At(1).At(0)["txid"].String() + " " +
               *params.At(1).At(0)["scriptPubKey"].String() + " " +
               *params.At(1).At(0)["amount"].NumberText();
    return Result(R"({"hex":"ab","complete":true})");
  });
  ResultOf(SignProbeTransaction(rpc, "bcrt1qnew"));
  const auto probe = bitcoin::ParseTransaction(*bitcoin::BytesFromHex(asked));
  BOOST_REQUIRE(probe && probe->inputs.size() == 1 && probe->outputs.size() == 1);
  BOOST_TEST(bitcoin::HexFromBytes(probe->outputs[0].script) == "0014aa");
  const auto script = *bitcoin::BytesFromHex("0014aa");
  BOOST_CHECK(probe->inputs[0].prevout.txid == bitcoin::Sha256(script));
  BOOST_TEST(previous == bitcoin::DisplayHex(probe->inputs[0].prevout.txid) + " 0014aa 0.00002000");
}

BOOST_AUTO_TEST_CASE(a_probe_that_is_not_signed_is_refused) {
  node.On("getaddressinfo", Result(R"({"scriptPubKey":"0014aa"})"));
  node.On("signrawtransactionwithwallet", Result(R"({"hex":"ab","complete":false})"));
  BOOST_CHECK(RefusalOf(SignProbeTransaction(rpc, "bcrt1qnew")) == Refusal::kCannotSign);
  node.On("getaddressinfo", Result("{}"));
  UnknownOf(SignProbeTransaction(rpc, "bcrt1qnew"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::node
