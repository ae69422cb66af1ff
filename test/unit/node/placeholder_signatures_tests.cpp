#include "node/placeholder_signatures.h"

#include <boost/test/unit_test.hpp>

namespace sendonce::node {

namespace {

using bitcoin::Bytes;
using bitcoin::Script;

Script WitnessScript(uint8_t version_opcode, uint8_t size) {
  Script script = {version_opcode, size};
  script.resize(2U + size);
  return script;
}

// P2PKH, P2SH, P2WPKH, P2WSH and P2TR.
std::vector<Script> StandardScripts() {
  return {bitcoin::P2pkhScript(Bytes(20)), bitcoin::P2shScript(Bytes(20)), WitnessScript(0x00, 20),
          WitnessScript(0x00, 32), WitnessScript(0x51, 32)};
}

bitcoin::Transaction Unsigned(size_t inputs) {
  bitcoin::Transaction transaction;
  for (size_t i = 0; i < inputs; ++i) {
    transaction.inputs.push_back({{{}, static_cast<uint32_t>(i)}, {}, 0xfffffffd, {}});
  }
  transaction.outputs.push_back({1'000, WitnessScript(0x00, 20)});
  return transaction;
}

std::vector<core::Coin> CoinsWith(const std::vector<Script>& scripts) {
  std::vector<core::Coin> coins;
  for (const Script& script : scripts) coins.push_back({{}, 1'000, script});
  return coins;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(placeholder_signatures_tests)

BOOST_AUTO_TEST_CASE(nothing_but_signatures_is_added) {
  const auto scripts = StandardScripts();
  const auto before = Unsigned(scripts.size());
  const auto after = WithPlaceholderSignatures(before, CoinsWith(scripts));
  BOOST_TEST(bitcoin::SameButForSignatures(before, after));
  for (const bitcoin::TxIn& input : after.inputs) {
    BOOST_TEST((!input.script_sig.empty() || !input.witness.empty()));
  }
  BOOST_CHECK(bitcoin::ParseTransaction(bitcoin::SerializeTransaction(after)) == after);
}

// An input of the estimate's size: in a transaction with a witness, which the estimate assumes.
BOOST_AUTO_TEST_CASE(each_input_has_the_size_that_is_estimated_for_it) {
  const Script segwit = WitnessScript(0x00, 20);
  const auto alone = WithPlaceholderSignatures(Unsigned(1), CoinsWith({segwit}));
  for (const Script& script : StandardScripts()) {
    const auto both = WithPlaceholderSignatures(Unsigned(2), CoinsWith({segwit, script}));
    const int64_t added = bitcoin::VsizeOf(both) - bitcoin::VsizeOf(alone);
    const int64_t estimated = bitcoin::EstimatedInputVsize(bitcoin::KindOf(script));
    BOOST_TEST(added <= estimated);
    BOOST_TEST(added >= estimated - 1);
  }
}

BOOST_AUTO_TEST_CASE(what_the_wallet_does_not_make_stays_empty) {
  const auto after =
      WithPlaceholderSignatures(Unsigned(2), CoinsWith({Script{0x51}, WitnessScript(0x52, 32)}));
  BOOST_CHECK(after == Unsigned(2));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::node
