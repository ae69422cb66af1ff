#include "node/node_facts.h"

#include <boost/test/unit_test.hpp>

#include "scripted_chain.h"

namespace sendonce::node {

namespace {

using core::NodeFacts;

constexpr char kHash[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

Json Parsed(const std::string& text) {
  const auto json = ParseJson(text);
  BOOST_REQUIRE(json);
  return *json;
}

std::string BlockchainInfo() {
  return std::string(R"({"chain":"signet","blocks":110,"bestblockhash":")") + kHash +
         R"(","chainwork":")" + std::string(62, '0') + R"(de","initialblockdownload":true})";
}

constexpr char kWalletInfo[] =
    R"({"walletname":"hot","private_keys_enabled":true,"unlocked_until":0,"scanning":false,)"
    R"("lastprocessedblock":{"hash":"x","height":109}})";

// The text with one part of it replaced, which must be there.
std::string Changed(std::string text, const std::string& part, const std::string& by) {
  const size_t at = text.find(part);
  BOOST_REQUIRE(at != std::string::npos);
  return text.replace(at, part.size(), by);
}

bool IsWalletInfo(const std::string& text) {
  NodeFacts facts;
  return TakeWalletInfo(Parsed(text), facts);
}

NodeFacts WalletFacts(const std::string& text) {
  NodeFacts facts;
  BOOST_REQUIRE(TakeWalletInfo(Parsed(text), facts));
  return facts;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(node_facts_tests)

BOOST_AUTO_TEST_CASE(the_chain_is_read) {
  NodeFacts facts;
  BOOST_REQUIRE(TakeBlockchainInfo(Parsed(BlockchainInfo()), facts));
  BOOST_TEST(facts.chain == "signet");
  BOOST_TEST(facts.tip.height == 110);
  BOOST_TEST(bitcoin::DisplayHex(facts.tip.hash) == kHash);
  BOOST_TEST(facts.work.back() == 0xde);
  BOOST_TEST(facts.work.front() == 0);
  BOOST_TEST(facts.initial_block_download);
}

BOOST_AUTO_TEST_CASE(a_field_of_the_chain_that_is_missing_or_odd_is_seen) {
  const std::pair<const char*, const char*> changes[] = {
      {"\"chain\"", "\"x\""},
      {"\"blocks\"", "\"x\""},
      {"110", "-1"},
      {"110", "1.5"},
      {"\"bestblockhash\"", "\"x\""},
      {"000102", "0001"},
      {"\"chainwork\"", "\"x\""},
      {"de\"", "d\""},
      {"\"initialblockdownload\"", "\"x\""},
      {"true", "1"},
  };
  for (const auto& [part, by] : changes) {
    NodeFacts facts;
    BOOST_TEST(!TakeBlockchainInfo(Parsed(Changed(BlockchainInfo(), part, by)), facts), part);
  }
}

BOOST_AUTO_TEST_CASE(the_wallet_is_read) {
  const NodeFacts facts = WalletFacts(kWalletInfo);
  BOOST_TEST(facts.wallet_name == "hot");
  BOOST_TEST(facts.wallet_has_private_keys);
  BOOST_TEST(facts.wallet_locked);
  BOOST_TEST(!facts.wallet_scanning);
  BOOST_TEST(facts.wallet_height == 109);
}

BOOST_AUTO_TEST_CASE(a_wallet_is_locked_only_with_a_passphrase_and_no_time_left) {
  BOOST_TEST(!WalletFacts(Changed(kWalletInfo, ":0,", ":1790000000,")).wallet_locked);
  BOOST_TEST(!WalletFacts(Changed(kWalletInfo, "\"unlocked_until\":0,", "")).wallet_locked);
  BOOST_TEST(!IsWalletInfo(Changed(kWalletInfo, ":0,", ":false,")));
}

BOOST_AUTO_TEST_CASE(a_wallet_scans_while_it_shows_progress) {
  const auto scanning =
      Changed(kWalletInfo, "\"scanning\":false", R"("scanning":{"duration":1,"progress":0.5})");
  BOOST_TEST(WalletFacts(scanning).wallet_scanning);
  BOOST_TEST(!IsWalletInfo(Changed(kWalletInfo, "\"scanning\":false", "\"scanning\":true")));
  BOOST_TEST(!IsWalletInfo(Changed(kWalletInfo, "\"scanning\":false,", "")));
}

BOOST_AUTO_TEST_CASE(a_field_of_the_wallet_that_is_missing_is_seen) {
  for (const char* name : {"walletname", "private_keys_enabled", "lastprocessedblock", "height"}) {
    BOOST_TEST(!IsWalletInfo(Changed(kWalletInfo, std::string("\"") + name + "\"", "\"x\"")), name);
  }
}

BOOST_AUTO_TEST_CASE(bindings_are_labels_with_an_id) {
  NodeFacts facts;
  facts.wallet_bindings = {"left over"};
  BOOST_REQUIRE(
      TakeLabels(Parsed(R"(["","sendonce:00112233445566778899aabbccddeeff","sendonce:",)"
                        R"("sendonce:001122","sendonce:zz112233445566778899aabbccddeeff","other",)"
                        R"("Xsendonce:00112233445566778899aabbccddeeff",)"
                        R"("sendonce:FF112233445566778899AABBCCDDEEFF"])"),
                 facts));
  const std::vector<std::string> expected = {"00112233445566778899aabbccddeeff",
                                             "ff112233445566778899aabbccddeeff"};
  BOOST_TEST(facts.wallet_bindings == expected);
  BOOST_TEST(!TakeLabels(Parsed("{}"), facts));
  BOOST_TEST(!TakeLabels(Parsed("[1]"), facts));
}

BOOST_AUTO_TEST_CASE(the_uptime_says_when_the_node_was_started) {
  NodeFacts facts;
  BOOST_REQUIRE(TakeUptime(Parsed("60"), 1'000'000, facts));
  BOOST_TEST(facts.started_at_ms == 940'000);
  for (const char* odd : {"-1", "1.5", "\"60\"", "9223372036854775807", "null"}) {
    BOOST_TEST(!TakeUptime(Parsed(odd), 1'000'000, facts), odd);
  }
}

BOOST_AUTO_TEST_CASE(a_label_is_found_again) {
  core::WalId id{};
  id.front() = 0xab;
  id.back() = 1;
  NodeFacts facts;
  BOOST_REQUIRE(TakeLabels(Parsed(JsonArray({JsonString(BindingLabel(id))})), facts));
  BOOST_REQUIRE(facts.wallet_bindings.size() == 1);
  BOOST_TEST(facts.wallet_bindings.front() == bitcoin::HexFromBytes(id));
}

BOOST_AUTO_TEST_CASE(all_of_it_is_asked_for) {
  test::ScriptedNode node;
  test::ScriptedChain chain(node);
  chain.Extend(2, 1);
  node.On("listlabels", test::Result(R"(["sendonce:00112233445566778899aabbccddeeff"])"));
  RpcClient rpc(node.Options());
  const NodeFacts facts = test::ResultOf(ReadNodeFacts(rpc));
  BOOST_CHECK(facts.genesis == chain.At(0).hash);
  BOOST_CHECK(facts.tip == chain.tip());
  BOOST_TEST(facts.subversion == "/Scripted:1/");
  BOOST_TEST(facts.wallet_name == "w");
  BOOST_TEST(facts.wallet_bindings.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_name_longer_than_a_node_may_have_is_cut) {
  const std::string longest(256, 'x');
  test::ScriptedNode node;
  test::ScriptedChain chain(node);
  chain.Extend(1, 1);
  RpcClient rpc(node.Options());
  node.On("getnetworkinfo", test::Result("{\"subversion\":\"" + longest + "\"}"));
  BOOST_TEST(test::ResultOf(ReadNodeFacts(rpc)).subversion == longest);
  node.On("getnetworkinfo", test::Result("{\"subversion\":\"" + longest + "y\"}"));
  BOOST_TEST(test::ResultOf(ReadNodeFacts(rpc)).subversion == longest + "... (cut: 257 bytes)");
}

BOOST_AUTO_TEST_CASE(a_node_that_does_not_show_what_it_is_given_is_known) {
  test::ScriptedNode node;
  test::ScriptedChain chain(node);
  chain.Extend(1, 1);
  RpcClient rpc(node.Options());
  BOOST_TEST(!test::ResultOf(ReadNodeFacts(rpc)).private_broadcast);
  node.On("getprivatebroadcastinfo", test::Result(R"({"transactions":[{}]})"));
  BOOST_TEST(test::ResultOf(ReadNodeFacts(rpc)).private_broadcast);
  // Neither a field that is missing nor an error of another kind says that it does not.
  node.On("getprivatebroadcastinfo", test::Result("{}"));
  test::UnknownOf(ReadNodeFacts(rpc));
  node.On("getprivatebroadcastinfo", test::Error(-28, "Loading"));
  BOOST_CHECK(test::RefusalOf(ReadNodeFacts(rpc)) == core::Refusal::kNotExecuted);
}

BOOST_AUTO_TEST_CASE(one_reply_that_is_odd_makes_all_unknown) {
  for (const char* method : {"getblockchaininfo", "getblockhash", "getnetworkinfo", "uptime",
                             "getwalletinfo", "listlabels"}) {
    test::ScriptedNode node;
    test::ScriptedChain chain(node);
    chain.Extend(2, 1);
    RpcClient rpc(node.Options());
    node.On(method, test::Result("-5"));
    BOOST_TEST(test::UnknownOf(ReadNodeFacts(rpc)).find(method) != std::string::npos);
    node.On(method, test::Error(-18, "not loaded"));
    BOOST_CHECK(test::RefusalOf(ReadNodeFacts(rpc)) == core::Refusal::kWalletNotLoaded);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::node
