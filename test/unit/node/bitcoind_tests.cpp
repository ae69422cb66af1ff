#include "node/bitcoind.h"

#include <boost/test/unit_test.hpp>

#include "scripted_chain.h"

namespace sendonce::node {

namespace {

constexpr const char* kOurs = R"(["sendonce:00112233445566778899aabbccddeeff","other"])";

// A node with a chain, and a wallet that is bound and empty.
struct Fixture {
  Fixture() {
    chain.Extend(1, 1);
    node.On("listlabels", test::Result(kOurs));
    node.On("getblockcount", test::Result("1"));
    node.On("listunspent", test::Result("[]"));
    node.On("listlockunspent", test::Result("[]"));
    node.On("listsinceblock", test::Result(R"({"transactions":[]})"));
  }

  // While that is asked for another wallet takes the place of the bound one.
  void SwapDuring(const std::string& method, const test::Answer& answer) {
    node.On(method, [this, answer](const Json&) {
      node.On("listlabels", test::Result("[]"));
      return answer;
    });
  }

  void AssertNothingIsTaken() {
    BOOST_TEST(test::UnknownOf(bitcoind.ReadCoins({})) == "the wallet changed while it was read");
    BOOST_TEST(test::UnknownOf(bitcoind.ReadSpends({})) == "the wallet changed while it was read");
  }

  test::ScriptedNode node;
  test::ScriptedChain chain{node};
  Bitcoind bitcoind{node.Options()};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(bitcoind_tests, Fixture)

BOOST_AUTO_TEST_CASE(coins_and_spends_are_of_the_wallet_whose_facts_were_read) {
  test::ResultOf(bitcoind.ReadChain({{chain.At(0)}}));
  BOOST_TEST(test::ResultOf(bitcoind.ReadCoins({})).coins.empty());
  BOOST_TEST(test::ResultOf(bitcoind.ReadSpends({})).empty());
  node.On("listlabels", test::Result("[]"));
  AssertNothingIsTaken();
  test::ResultOf(bitcoind.ReadFacts());  // what its binding is worth the core says
  BOOST_TEST(test::ResultOf(bitcoind.ReadSpends({})).empty());
}

BOOST_AUTO_TEST_CASE(a_wallet_that_is_swapped_while_it_is_read_is_seen) {
  test::ResultOf(bitcoind.ReadChain({{chain.At(0)}}));
  SwapDuring("listunspent", test::Result("[]"));
  BOOST_TEST(test::UnknownOf(bitcoind.ReadCoins({})) == "the wallet changed while it was read");
  node.On("listlabels", test::Result(kOurs));
  SwapDuring("listsinceblock", test::Result(R"({"transactions":[]})"));
  BOOST_TEST(test::UnknownOf(bitcoind.ReadSpends({})) == "the wallet changed while it was read");
}

BOOST_AUTO_TEST_CASE(a_wallet_that_does_not_answer_any_more_is_no_wallet) {
  test::ResultOf(bitcoind.ReadFacts());
  node.On("listlabels", test::Error(-18, "not loaded"));
  BOOST_CHECK(test::RefusalOf(bitcoind.ReadCoins({})) == core::Refusal::kWalletNotLoaded);
  BOOST_CHECK(test::RefusalOf(bitcoind.ReadSpends({})) == core::Refusal::kWalletNotLoaded);
  node.On("listlabels", test::Result("{}"));
  test::UnknownOf(bitcoind.ReadSpends({}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::node
