#include "node/drafter.h"

#include <boost/test/unit_test.hpp>

#include "node/placeholder_signatures.h"
#include "node/rpc_values.h"
#include "scripted_node.h"

namespace sendonce::node {

namespace {

using bitcoin::Script;
using core::Draft;
using core::DraftTransaction;
using core::Refusal;
using test::Error;
using test::RefusalOf;
using test::Result;
using test::ResultOf;
using test::ResultString;
using test::UnknownOf;

constexpr char kChangeAddress[] = "bcrt1qchange";
constexpr char kClean[] = "mempool-script-verify-flag-failed (Witness program hash mismatch)";

Script WitnessScript(uint8_t fill) {
  Script script(22, fill);
  script[0] = 0;
  script[1] = 20;
  return script;
}

core::Coin CoinNo(uint8_t number) {
  return {{bitcoin::Txid{{number}}, number}, 100'000, WitnessScript(number)};
}

std::string UnspentJson(const std::string& value, const Script& script, char tip = 'b') {
  return R"({"bestblock":")" + std::string(64, tip) + R"(","value":)" + value +
         R"(,"scriptPubKey":{"hex":)" + HexText(script) + "}}";
}

test::Answer Verdict(const std::string& reason) {
  return Result(R"([{"allowed":false,"reject-reason":)" + JsonString(reason) + "}]");
}

// A node that has coins 1 and 2, adds change of 50,000 sat, and likes what it sees.
struct Fixture {
  Fixture() {
    node.On("gettxout", [](const Json& params) {
      const auto vout = static_cast<uint8_t>(*params.At(1).Integer());
      return Result(vout <= 2 ? UnspentJson("0.00100000", WitnessScript(vout)) : "null");
    });
    node.On("estimatesmartfee", Result(R"({"feerate":0.00012345,"blocks":6})"));
    node.On("getrawchangeaddress", ResultString(kChangeAddress));
    node.On("getaddressinfo",
            Result(R"({"ismine":true,"scriptPubKey":)" + HexText(WitnessScript(9)) + "}"));
    node.On("fundrawtransaction", [](const Json& params) { return Funded(params, true); });
    node.On("testmempoolaccept", Verdict(kClean));
    effect.coins = {CoinNo(1), CoinNo(2)};
    effect.outputs = {{30'000, WitnessScript(7)}, {30'000, WitnessScript(7)}};
    effect.fee.fee_rate_sat_kvb = 12'500;
  }

  static test::Answer Funded(const Json& params, bool with_change) {
    auto transaction = bitcoin::ParseTransaction(*ReadHex(params.At(0)));
    if (!transaction) return Error(-22, "TX decode failed");
    const std::string position = std::to_string(transaction->outputs.size());
    if (with_change) transaction->outputs.push_back({50'000, WitnessScript(9)});
    return Result(JsonObject({{"hex", HexText(SerializeTransaction(*transaction))},
                              {"fee", "0.00090000"},
                              {"changepos", with_change ? position : "-1"}}));
  }

  Draft Made() { return ResultOf(drafter.MakeDraft(effect)); }

  test::ScriptedNode node;
  RpcClient rpc{node.Options()};
  Drafter drafter{rpc};
  DraftTransaction effect;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(drafter_tests, Fixture)

BOOST_AUTO_TEST_CASE(a_draft_spends_and_pays_just_what_it_was_told_to) {
  const Draft draft = Made();
  const auto transaction = bitcoin::ParseTransaction(draft.unsigned_tx);
  BOOST_REQUIRE(transaction);
  BOOST_TEST(transaction->version == 2);
  BOOST_TEST(transaction->lock_time == 0U);
  BOOST_REQUIRE(transaction->inputs.size() == 2);
  for (size_t i = 0; i < 2; ++i) {
    BOOST_CHECK(transaction->inputs[i].prevout == effect.coins[i].outpoint);
    BOOST_TEST(transaction->inputs[i].sequence == 0xfffffffd);
    BOOST_TEST(transaction->inputs[i].script_sig.empty());
    BOOST_TEST(transaction->inputs[i].witness.empty());
  }
  BOOST_REQUIRE(transaction->outputs.size() == 3);
  BOOST_CHECK(transaction->outputs[0] == effect.outputs[0]);
  BOOST_CHECK(transaction->outputs[1] == effect.outputs[1]);
  BOOST_CHECK(transaction->outputs[2].script == draft.change_scripts.back());
  BOOST_TEST(draft.fee_rate_sat_kvb == 12'500);
  BOOST_TEST(bitcoin::DisplayHex(draft.tip) == std::string(64, 'b'));
  BOOST_TEST(draft.missing.empty());
  BOOST_TEST(!draft.judgement);
}

BOOST_AUTO_TEST_CASE(everything_is_pinned_when_the_node_is_asked_for_fee_and_change) {
  Made();
  const auto calls = node.CallsOf("fundrawtransaction");
  BOOST_REQUIRE(calls.size() == 1);
  BOOST_TEST(calls[0].ends_with(
      R"(,{"add_inputs":false,"changeAddress":"bcrt1qchange","changePosition":2,)"
      R"("lockUnspents":false,"fee_rate":12.5},false])"));
  BOOST_TEST(node.CallsOf("getrawchangeaddress").front() == R"(getrawchangeaddress ["bech32"])");
}

// Three addresses, asked for one by one, and once more for the next draft: they are not used twice.
BOOST_AUTO_TEST_CASE(change_in_parts_goes_to_addresses_of_its_own) {
  uint8_t last = 20;
  node.On("getrawchangeaddress",
          [&](const Json&) { return ResultString("change" + std::to_string(++last)); });
  node.On("getaddressinfo", [](const Json& params) {
    const int number = std::stoi(params.At(0).String()->substr(6));
    return Result(R"({"ismine":true,"scriptPubKey":)" +
                  HexText(WitnessScript(static_cast<uint8_t>(number))) + "}");
  });
  effect.split_sat = {11'000, 12'000};
  const Draft draft = Made();
  BOOST_TEST((draft.change_scripts ==
              std::vector<Script>{WitnessScript(21), WitnessScript(22), WitnessScript(23)}));
  const auto transaction = bitcoin::ParseTransaction(draft.unsigned_tx);
  BOOST_REQUIRE(transaction->outputs.size() == 5U);
  BOOST_CHECK((transaction->outputs[2] == bitcoin::TxOut{11'000, WitnessScript(21)}));
  BOOST_CHECK((transaction->outputs[3] == bitcoin::TxOut{12'000, WitnessScript(22)}));
  BOOST_TEST(node.CallsOf("fundrawtransaction")
                 .back()
                 .find(R"("changeAddress":"change23","changePosition":4)") != std::string::npos);
  BOOST_CHECK(Made().change_scripts.front() == WitnessScript(24));
}

BOOST_AUTO_TEST_CASE(the_mempool_judges_it_with_placeholders) {
  const Draft draft = Made();
  const auto calls = node.CallsOf("testmempoolaccept");
  BOOST_REQUIRE(calls.size() == 1);
  const auto judged =
      WithPlaceholderSignatures(*bitcoin::ParseTransaction(draft.unsigned_tx), effect.coins);
  BOOST_TEST(calls[0] == "testmempoolaccept [[" + HexText(SerializeTransaction(judged)) + "],0]");
}

// The coins of what it replaces are spent in the mempool, by just that.
BOOST_AUTO_TEST_CASE(for_a_replacement_only_the_chain_has_to_hold_the_coins) {
  node.On("gettxout", [](const Json& params) {
    if (params.At(2).Bool() != false) return Result("null");
    return Result(
        UnspentJson("0.00100000", WitnessScript(static_cast<uint8_t>(*params.At(1).Integer()))));
  });
  BOOST_TEST(Made().missing.size() == 2U);
  effect.replaces = 4;
  const Draft draft = Made();
  BOOST_TEST(draft.missing.empty());
  BOOST_TEST(!draft.unsigned_tx.empty());
}

BOOST_AUTO_TEST_CASE(coins_that_are_missing_are_all_that_is_said) {
  effect.coins = {CoinNo(1), CoinNo(3), CoinNo(2), CoinNo(4)};
  const Draft draft = Made();
  BOOST_REQUIRE(draft.missing.size() == 2);
  BOOST_CHECK(draft.missing[0] == CoinNo(3).outpoint);
  BOOST_CHECK(draft.missing[1] == CoinNo(4).outpoint);
  BOOST_TEST(draft.unsigned_tx.empty());
  BOOST_TEST(node.CallsOf("fundrawtransaction").empty());
  BOOST_TEST(node.CallsOf("getrawchangeaddress").empty());
}

BOOST_AUTO_TEST_CASE(a_coin_of_another_amount_or_script_is_unknown) {
  effect.coins[1].amount_sat += 1;
  UnknownOf(drafter.MakeDraft(effect));
  effect.coins[1] = CoinNo(2);
  effect.coins[1].script = WitnessScript(3);
  UnknownOf(drafter.MakeDraft(effect));
}

BOOST_AUTO_TEST_CASE(a_block_while_the_coins_are_looked_up_is_unknown) {
  node.On("gettxout", [](const Json& params) {
    const auto vout = static_cast<uint8_t>(*params.At(1).Integer());
    return Result(UnspentJson("0.00100000", WitnessScript(vout), vout == 1 ? 'a' : 'b'));
  });
  UnknownOf(drafter.MakeDraft(effect));
}

BOOST_AUTO_TEST_CASE(without_a_rate_the_node_estimates) {
  effect.fee = {6, std::nullopt};
  BOOST_TEST(Made().fee_rate_sat_kvb == 12'345);
  BOOST_TEST(node.CallsOf("estimatesmartfee").front() == R"(estimatesmartfee [6,"economical"])");
  BOOST_TEST(node.CallsOf("fundrawtransaction").front().find(R"("fee_rate":12.345})") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_an_estimate_the_fallback_serves_if_there_is_one) {
  effect.fee = {6, std::nullopt};
  for (const auto& answer : {Result(R"({"errors":["Insufficient data"],"blocks":0})"),
                             Error(-32603, "Fee estimation disabled")}) {
    node.On("estimatesmartfee", answer);
    effect.fallback_fee_rate_sat_kvb = 0;
    BOOST_CHECK(RefusalOf(drafter.MakeDraft(effect)) == Refusal::kNoFeeEstimate);
    effect.fallback_fee_rate_sat_kvb = 2'000;
    BOOST_TEST(Made().fee_rate_sat_kvb == 2'000);
  }
}

BOOST_AUTO_TEST_CASE(an_estimate_that_is_odd_is_unknown_and_no_reason_for_the_fallback) {
  effect.fee = {6, std::nullopt};
  effect.fallback_fee_rate_sat_kvb = 2'000;
  for (const char* reply :
       {R"({"feerate":1e-5})", R"({"feerate":"0.1"})", R"({"feerate":-1})", R"({"feerate":0})"}) {
    node.On("estimatesmartfee", Result(reply));
    BOOST_TEST_CONTEXT(reply) {
      UnknownOf(drafter.MakeDraft(effect));
    }
  }
  node.On("estimatesmartfee", Error(-28, "Loading"));
  BOOST_CHECK(RefusalOf(drafter.MakeDraft(effect)) == Refusal::kNotExecuted);
}

BOOST_AUTO_TEST_CASE(a_change_address_that_is_not_the_wallets_own_is_unknown) {
  const std::string script = R"("scriptPubKey":)" + HexText(WitnessScript(9));
  for (const std::string& info :
       {R"({"ismine":false,)" + script + "}", "{" + script + "}", std::string(R"({"ismine":true})"),
        std::string(R"({"ismine":true,"scriptPubKey":""})")}) {
    node.On("getaddressinfo", Result(info));
    BOOST_TEST_CONTEXT(info) {
      UnknownOf(drafter.MakeDraft(effect));
    }
  }
  BOOST_TEST(node.CallsOf("fundrawtransaction").empty());
}

BOOST_AUTO_TEST_CASE(drafts_that_fail_share_one_change_address) {
  node.On("fundrawtransaction", Error(-4, "Transaction too large"));
  for (int i = 0; i < 3; ++i) {
    BOOST_CHECK(RefusalOf(drafter.MakeDraft(effect)) == Refusal::kCannotBuild);
  }
  node.On("fundrawtransaction", [](const Json& params) { return Funded(params, false); });
  Made();
  BOOST_TEST(node.CallsOf("getrawchangeaddress").size() == 1U);
  node.On("fundrawtransaction", [](const Json& params) { return Funded(params, true); });
  Made();
  BOOST_TEST(node.CallsOf("getrawchangeaddress").size() == 1U);
  Made();
  BOOST_TEST(node.CallsOf("getrawchangeaddress").size() == 2U);
}

BOOST_AUTO_TEST_CASE(the_nodes_objection_is_the_judgement) {
  const std::pair<const char*, Refusal> reasons[] = {
      {"dust", Refusal::kPolicy},
      {"min relay fee not met", Refusal::kFeeTooLow},
      {"txn-already-known", Refusal::kAlreadyInChain},
  };
  for (const auto& [reason, why] : reasons) {
    node.On("testmempoolaccept", Verdict(reason));
    const Draft draft = Made();
    BOOST_REQUIRE(draft.judgement);
    BOOST_CHECK(draft.judgement->why == why);
    BOOST_TEST(draft.judgement->text == reason);
    BOOST_TEST(!draft.unsigned_tx.empty());
  }
}

BOOST_AUTO_TEST_CASE(an_objection_without_end_is_shown_cut) {
  node.On("testmempoolaccept", Verdict("min relay fee not met" + std::string(100'000, 'x')));
  const Draft draft = Made();
  BOOST_REQUIRE(draft.judgement);
  BOOST_CHECK(draft.judgement->why == Refusal::kFeeTooLow);
  BOOST_TEST(draft.judgement->text.size() < 1'100U);
}

BOOST_AUTO_TEST_CASE(a_coin_that_goes_while_the_draft_is_made_is_unknown) {
  node.On("testmempoolaccept", Verdict("missing-inputs"));
  UnknownOf(drafter.MakeDraft(effect));
}

BOOST_AUTO_TEST_CASE(a_verdict_that_is_odd_is_unknown) {
  for (const char* reply : {"[]", "{}", "[{}]", R"([{"allowed":false}])",
                            R"([{"reject-reason":"dust"}])", R"([{"allowed":"yes"}])"}) {
    node.On("testmempoolaccept", Result(reply));
    BOOST_TEST_CONTEXT(reply) {
      UnknownOf(drafter.MakeDraft(effect));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_funded_transaction_that_is_odd_is_unknown) {
  for (const char* reply : {"{}", R"({"hex":"zz","changepos":0})", R"({"hex":"00"})",
                            R"({"hex":"00","changepos":-1})"}) {
    node.On("fundrawtransaction", Result(reply));
    BOOST_TEST_CONTEXT(reply) {
      UnknownOf(drafter.MakeDraft(effect));
    }
  }
}

BOOST_AUTO_TEST_CASE(refusals_are_passed_on) {
  for (const char* method : {"gettxout", "getrawchangeaddress", "getaddressinfo",
                             "fundrawtransaction", "testmempoolaccept"}) {
    Fixture fixture;
    fixture.node.On(method, Error(-28, "Loading"));
    BOOST_TEST_CONTEXT(method) {
      BOOST_CHECK(RefusalOf(fixture.drafter.MakeDraft(effect)) == Refusal::kNotExecuted);
    }
  }
  node.On("gettxout", Error(-999, "odd"));
  UnknownOf(drafter.MakeDraft(effect));
}

BOOST_AUTO_TEST_CASE(coins_that_do_not_cover_are_said_to) {
  node.On("fundrawtransaction",
          Error(-4, "The preselected coins total amount does not cover the transaction target."));
  BOOST_CHECK(RefusalOf(drafter.MakeDraft(effect)) == Refusal::kCoinsDoNotCover);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::node
