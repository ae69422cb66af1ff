#include "bitcoin/script.h"

#include <boost/test/unit_test.hpp>
#include <utility>
#include <vector>

#include "bitcoin/transaction.h"
#include "known_transactions.h"

namespace sendonce::bitcoin {
namespace {

const Bytes kHash160(20, 0xab);
const Bytes kHash256(32, 0xcd);

Script WitnessScript(int version, size_t size) {
  return ScriptOf({version, Bytes(size, 0x11)});
}

Script FromHex(std::string_view hex) {
  return *BytesFromHex(hex);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bitcoin_script)

BOOST_AUTO_TEST_CASE(kinds) {
  const std::string hash160 = HexFromBytes(kHash160);
  const std::string hash256 = HexFromBytes(kHash256);
  const std::vector<std::pair<std::string, ScriptKind>> cases = {
      {"76a914" + hash160 + "88ac", ScriptKind::kP2pkh},
      {"a914" + hash160 + "87", ScriptKind::kP2sh},
      {"0014" + hash160, ScriptKind::kP2wpkh},
      {"0020" + hash256, ScriptKind::kP2wsh},
      {"5120" + hash256, ScriptKind::kP2tr},
      {"51024e73", ScriptKind::kWitnessUnknown},  // pay to anchor
      {"5114" + hash160, ScriptKind::kWitnessUnknown},
      {"5220" + hash256, ScriptKind::kWitnessUnknown},
      {"6002751e", ScriptKind::kWitnessUnknown},
      {"", ScriptKind::kOther},
      {"6a", ScriptKind::kOther},
      {"00", ScriptKind::kOther},
      {"0015" + hash160 + "00", ScriptKind::kOther},  // version 0 of neither length
      {"510101", ScriptKind::kOther},                 // one byte of program
      {"6120" + hash256, ScriptKind::kOther},         // 0x61 is OP_NOP, not a version 17
      {"5020" + hash256, ScriptKind::kOther},         // OP_RESERVED
      {"4f20" + hash256, ScriptKind::kOther},         // OP_1NEGATE
      {"5120" + hash256 + "51", ScriptKind::kOther},  // something behind the push
      {"004c14" + hash160, ScriptKind::kOther},       // not a direct push
      {"76a914" + hash160 + "88ad", ScriptKind::kOther},
      {"76a914" + hash160 + "88ac51", ScriptKind::kOther},
      {"76a915" + hash160 + "88ac", ScriptKind::kOther},
      {"a914" + hash160 + "88", ScriptKind::kOther},
      {"aa20" + hash256 + "87", ScriptKind::kOther},  // OP_HASH256
      {"21" + hash256 + "02ac", ScriptKind::kOther},  // P2PK
  };
  for (const auto& [hex, kind] : cases) {
    BOOST_TEST_CONTEXT(hex) {
      BOOST_TEST((KindOf(FromHex(hex)) == kind));
    }
  }
}

BOOST_AUTO_TEST_CASE(scripts_and_their_parts) {
  BOOST_TEST(HexFromBytes(P2pkhScript(kHash160)) == "76a914" + HexFromBytes(kHash160) + "88ac");
  BOOST_TEST(HexFromBytes(P2shScript(kHash160)) == "a914" + HexFromBytes(kHash160) + "87");
  const Script p2pkh = P2pkhScript(kHash160);
  const Script p2sh = P2shScript(kHash160);
  BOOST_TEST(HexFromBytes(Hash160Of(p2pkh)) == HexFromBytes(kHash160));
  BOOST_TEST(HexFromBytes(Hash160Of(p2sh)) == HexFromBytes(kHash160));
}

BOOST_AUTO_TEST_CASE(every_witness_program_round_trips) {
  for (int version = 0; version <= 16; ++version) {
    for (size_t size = 2; size <= 40; ++size) {
      const Script script = WitnessScript(version, size);
      const std::optional<WitnessProgram> read = WitnessProgramOf(script);
      BOOST_REQUIRE(read.has_value());
      BOOST_TEST(read->version == version);
      BOOST_TEST(HexFromBytes(read->program) == HexFromBytes(Bytes(size, 0x11)));
    }
  }
}

BOOST_AUTO_TEST_CASE(programs_of_other_lengths_are_none) {
  for (const size_t size : {0u, 1u, 41u, 75u}) {
    Script script = {0x51, static_cast<uint8_t>(size)};
    script.insert(script.end(), size, 0x11);
    BOOST_TEST(!WitnessProgramOf(script).has_value());
  }
}

BOOST_AUTO_TEST_CASE(only_known_native_segwit_has_a_fixed_txid) {
  for (const ScriptKind kind : {ScriptKind::kP2wpkh, ScriptKind::kP2wsh, ScriptKind::kP2tr}) {
    BOOST_TEST(IsNativeSegwit(kind));
  }
  for (const ScriptKind kind :
       {ScriptKind::kP2pkh, ScriptKind::kP2sh, ScriptKind::kWitnessUnknown, ScriptKind::kOther}) {
    BOOST_TEST(!IsNativeSegwit(kind));
  }
}

BOOST_AUTO_TEST_CASE(input_sizes_as_wallets_know_them) {
  BOOST_TEST(EstimatedInputVsize(ScriptKind::kP2pkh) == 148);  // 147, and a quarter beside segwit
  BOOST_TEST(EstimatedInputVsize(ScriptKind::kP2sh) == 91);
  BOOST_TEST(EstimatedInputVsize(ScriptKind::kP2wpkh) == 68);
  BOOST_TEST(EstimatedInputVsize(ScriptKind::kP2wsh) == 104);
  BOOST_TEST(EstimatedInputVsize(ScriptKind::kP2tr) == 58);
  BOOST_TEST(EstimatedInputVsize(ScriptKind::kWitnessUnknown) == 104);
  BOOST_TEST(EstimatedInputVsize(ScriptKind::kOther) == 187);
}

// A transaction's size is estimated from its inputs; the estimate must not be below the truth.
BOOST_AUTO_TEST_CASE(an_estimate_is_not_below_a_real_input) {
  const std::vector<std::pair<const char*, std::vector<ScriptKind>>> cases = {
      {"P2SH-P2WPKH and P2WPKH spends, block 702861", {ScriptKind::kP2sh, ScriptKind::kP2wpkh}},
      {"first spend of a P2TR output, block 709635", {ScriptKind::kP2tr}},
  };
  for (const auto& [name, kinds] : cases) {
    BOOST_TEST_CONTEXT(name) {
      const std::optional<Transaction> transaction =
          ParseTransaction(*BytesFromHex(KnownTransactionNamed(name).hex));
      BOOST_REQUIRE(transaction.has_value());
      int64_t estimate = 4 + 1 + 1 + 1 + 4;  // version, marker and counts, lock time
      for (const ScriptKind kind : kinds) estimate += EstimatedInputVsize(kind);
      for (const TxOut& output : transaction->outputs) estimate += OutputSize(output.script);
      BOOST_TEST(estimate >= VsizeOf(*transaction));
      BOOST_TEST(estimate <= VsizeOf(*transaction) + 2);
    }
  }
}

BOOST_AUTO_TEST_CASE(output_sizes) {
  BOOST_TEST(OutputSize(Script{}) == 9);
  BOOST_TEST(OutputSize(WitnessScript(0, 20)) == 31);
  BOOST_TEST(OutputSize(P2pkhScript(kHash160)) == 34);
  BOOST_TEST(OutputSize(Script(252, 0x51)) == 8 + 1 + 252);
  BOOST_TEST(OutputSize(Script(253, 0x51)) == 8 + 3 + 253);
}

BOOST_AUTO_TEST_CASE(dust_thresholds_of_bitcoind) {
  BOOST_TEST(DustThresholdSat(P2pkhScript(kHash160)) == 546);
  BOOST_TEST(DustThresholdSat(P2shScript(kHash160)) == 540);
  BOOST_TEST(DustThresholdSat(WitnessScript(0, 20)) == 294);
  BOOST_TEST(DustThresholdSat(WitnessScript(0, 32)) == 330);
  BOOST_TEST(DustThresholdSat(WitnessScript(1, 32)) == 330);
  BOOST_TEST(DustThresholdSat(WitnessScript(1, 2)) == 240);    // pay to anchor
  BOOST_TEST(DustThresholdSat(WitnessScript(16, 40)) == 354);  // the longest program
}

BOOST_AUTO_TEST_CASE(what_can_not_be_spent_is_no_dust) {
  BOOST_TEST(DustThresholdSat(FromHex("6a0568656c6c6f")) == 0);
  BOOST_TEST(DustThresholdSat(Script(10'001, 0x51)) == 0);
  BOOST_TEST(DustThresholdSat(Script(10'000, 0x51)) == 3 * (8 + 3 + 10'000 + 148));
  BOOST_TEST(DustThresholdSat(Script{}) == 3 * (9 + 148));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::bitcoin
