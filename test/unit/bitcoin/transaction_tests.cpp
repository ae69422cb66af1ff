#include "bitcoin/transaction.h"

#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <vector>

#include "allocation_meter.h"
#include "known_transactions.h"

namespace sendonce::bitcoin {
namespace {

Bytes FromHex(std::string_view hex) {
  return *BytesFromHex(hex);
}

Transaction Parsed(const KnownTransaction& known) {
  const std::optional<Transaction> transaction = ParseTransaction(FromHex(known.hex));
  BOOST_REQUIRE(transaction.has_value());
  return *transaction;
}

std::string Repeated(std::string_view text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

// Pieces of a transaction in hexadecimal, to put together by hand.
const std::string kVersion = "02000000";
const std::string kLockTime = "00000000";
const std::string kPrevout = Repeated("11", 32) + "05000000";
const std::string kInput = kPrevout + "00" + "fdffffff";
const std::string kOutput =
    "e803000000000000"
    "0151";
const std::string kInputs = "01" + kInput;
const std::string kOutputs = "01" + kOutput;

bool Parses(const std::string& hex) {
  return ParseTransaction(FromHex(hex)).has_value();
}

// One input with an empty script, outputs of these amounts.
Bytes PayingAmounts(const std::vector<Amount>& amounts_sat) {
  Transaction transaction;
  transaction.inputs.resize(1);
  for (const Amount amount_sat : amounts_sat) transaction.outputs.push_back({amount_sat, {0x51}});
  return SerializeTransaction(transaction);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bitcoin_transaction)

BOOST_AUTO_TEST_CASE(known_transactions) {
  for (const KnownTransaction& known : KnownTransactions()) {
    BOOST_TEST_CONTEXT(known.name) {
      const Transaction transaction = Parsed(known);
      BOOST_TEST(DisplayHex(TxidOf(transaction)) == known.txid);
      BOOST_TEST(transaction.inputs.size() == known.inputs);
      BOOST_TEST(transaction.outputs.size() == known.outputs);
      BOOST_TEST(WeightOf(transaction) == known.weight);
      BOOST_TEST(VsizeOf(transaction) == (known.weight + 3) / 4);
      BOOST_TEST(HexFromBytes(SerializeTransaction(transaction)) == known.hex);
      BOOST_TEST(static_cast<int64_t>(known.hex.size()) == 2 * known.size);
    }
  }
}

BOOST_AUTO_TEST_CASE(without_witness_it_parses_to_the_same_txid) {
  for (const KnownTransaction& known : KnownTransactions()) {
    BOOST_TEST_CONTEXT(known.name) {
      const Bytes stripped = SerializeWithoutWitness(Parsed(known));
      BOOST_TEST((HexFromBytes(stripped) == known.hex) == !known.has_witness);
      const std::optional<Transaction> transaction = ParseTransaction(stripped);
      BOOST_REQUIRE(transaction.has_value());
      BOOST_TEST(DisplayHex(TxidOf(*transaction)) == known.txid);
      BOOST_TEST(WeightOf(*transaction) == 4 * static_cast<int64_t>(stripped.size()));
    }
  }
}

BOOST_AUTO_TEST_CASE(fields_of_a_taproot_spend) {
  const Transaction transaction =
      Parsed(KnownTransactionNamed("first spend of a P2TR output, block 709635"));
  BOOST_TEST(transaction.version == 1);
  BOOST_TEST(transaction.lock_time == 709'631u);
  BOOST_REQUIRE(transaction.inputs.size() == 1u);
  const TxIn& input = transaction.inputs[0];
  BOOST_TEST(DisplayHex(input.prevout.txid) ==
             "5849051cf3ce36257a1d844e28959f368a35adc9520fb9679175f6cdf8c1f1d1");
  BOOST_TEST(input.prevout.vout == 1u);
  BOOST_TEST(input.sequence == 0xfffffffd);
  BOOST_TEST(input.script_sig.empty());
  BOOST_REQUIRE(input.witness.size() == 1u);
  BOOST_TEST(input.witness[0].size() == 64u);
  BOOST_REQUIRE(transaction.outputs.size() == 2u);
  BOOST_TEST(transaction.outputs[0].amount_sat == 0);
  BOOST_TEST(transaction.outputs[1].amount_sat == 67'230);
  BOOST_TEST((KindOf(transaction.outputs[1].script) == ScriptKind::kP2tr));
}

BOOST_AUTO_TEST_CASE(witnesses_stay_with_their_inputs) {
  const Transaction transaction =
      Parsed(KnownTransactionNamed("BIP 143, native P2WPKH beside P2PK, signed"));
  BOOST_REQUIRE(transaction.inputs.size() == 2u);
  BOOST_TEST(transaction.inputs[0].witness.empty());
  BOOST_TEST(transaction.inputs[0].script_sig.size() == 73u);
  BOOST_TEST(transaction.inputs[1].script_sig.empty());
  BOOST_REQUIRE(transaction.inputs[1].witness.size() == 2u);
  BOOST_TEST(transaction.inputs[1].witness[0].size() == 71u);
  BOOST_TEST(transaction.inputs[1].witness[1].size() == 33u);
}

BOOST_AUTO_TEST_CASE(every_truncation_is_refused) {
  for (const KnownTransaction& known : KnownTransactions()) {
    BOOST_TEST_CONTEXT(known.name) {
      const Bytes bytes = FromHex(known.hex);
      for (size_t size = 0; size < bytes.size(); ++size) {
        if (ParseTransaction(std::span(bytes).first(size))) BOOST_ERROR("parsed at " << size);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_trailing_byte_is_refused) {
  for (const KnownTransaction& known : KnownTransactions()) {
    BOOST_TEST_CONTEXT(known.name) {
      for (const char* trailing : {"00", "ff", "00000000"}) {
        BOOST_TEST(!Parses(std::string(known.hex) + trailing));
      }
    }
  }
}

// Nothing that parses is read in two ways: it serialises back to the same bytes.
BOOST_AUTO_TEST_CASE(whatever_parses_round_trips) {
  std::mt19937 random(20160805);
  int parsed = 0;
  for (const KnownTransaction& known : KnownTransactions()) {
    const Bytes original = FromHex(known.hex);
    for (int i = 0; i < 2'000; ++i) {
      Bytes bytes = original;
      for (uint32_t n = random() % 4; n > 0; --n) {
        bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
      }
      const std::optional<Transaction> transaction = ParseTransaction(bytes);
      if (!transaction) continue;
      ++parsed;
      if (SerializeTransaction(*transaction) != bytes) BOOST_ERROR(HexFromBytes(bytes));
    }
  }
  BOOST_TEST(parsed > 1'000);
}

BOOST_AUTO_TEST_CASE(pieces_that_the_next_tests_break) {
  BOOST_TEST(Parses(kVersion + kInputs + kOutputs + kLockTime));
  BOOST_TEST(Parses(kVersion + "0001" + kInputs + kOutputs + "0101aa" + kLockTime));
  BOOST_TEST(Parses(kVersion + "0001" + kInputs + kOutputs + "0100" + kLockTime));
}

BOOST_AUTO_TEST_CASE(a_size_that_is_not_minimal_is_refused) {
  for (const char* one : {"fd0100", "fe01000000", "ff0100000000000000"}) {
    BOOST_TEST_CONTEXT(one) {
      BOOST_TEST(!Parses(kVersion + one + kInput + kOutputs + kLockTime));
      BOOST_TEST(!Parses(kVersion + kInputs + one + kOutput + kLockTime));
      BOOST_TEST(!Parses(kVersion + "01" + kPrevout + one + "51fdffffff" + kOutputs + kLockTime));
      BOOST_TEST(!Parses(kVersion + kInputs + "01e803000000000000" + one + "51" + kLockTime));
      BOOST_TEST(!Parses(kVersion + "0001" + kInputs + kOutputs + one + "01aa" + kLockTime));
      BOOST_TEST(!Parses(kVersion + "0001" + kInputs + kOutputs + "01" + one + "aa" + kLockTime));
    }
  }
}

BOOST_AUTO_TEST_CASE(sizes_at_the_edges_of_their_encodings) {
  for (const size_t size : {0u, 1u, 252u, 253u, 254u, 255u, 256u, 65'535u, 65'536u, 70'000u}) {
    Transaction transaction;
    transaction.inputs.resize(1);
    transaction.inputs[0].script_sig.assign(size, 0x51);
    transaction.inputs[0].witness = {Bytes(size, 0x52), Bytes()};
    transaction.outputs.push_back({1, Script(size, 0x53)});
    BOOST_TEST((ParseTransaction(SerializeTransaction(transaction)) == transaction));
  }
}

BOOST_AUTO_TEST_CASE(a_minimal_size_of_the_wrong_range_is_refused) {
  // 252 fits one byte, 65535 fits three, 2^32 - 1 fits five.
  for (const char* size : {"fdfc00", "feffff0000", "ffffffffff00000000"}) {
    const std::string script = Repeated("51", 65'535);
    BOOST_TEST(!Parses(kVersion + kInputs + "01e803000000000000" + size + script + kLockTime));
  }
}

BOOST_AUTO_TEST_CASE(huge_counts_cost_no_memory) {
  constexpr size_t kBytesPerByte = 50;  // promised in transaction.h
  for (const char* huge : {"fdffff", "feffffffff", "ffffffffffffffffff", "ff0000000000000080",
                           "fe00000002", "fd0002"}) {
    for (const std::string& hex : {
             kVersion + huge + kInput + kOutputs + kLockTime,
             kVersion + kInputs + huge + kOutput + kLockTime,
             kVersion + "01" + kPrevout + huge + "51fdffffff" + kOutputs + kLockTime,
             kVersion + kInputs + "01e803000000000000" + huge + "51" + kLockTime,
             kVersion + "0001" + kInputs + kOutputs + huge + "01aa" + kLockTime,
             kVersion + "0001" + kInputs + kOutputs + "01" + huge + "aa" + kLockTime,
         }) {
      const Bytes bytes = FromHex(hex);
      const AllocationMeter meter;
      const bool parsed = ParseTransaction(bytes).has_value();
      const size_t allocated = meter.allocated();
      BOOST_TEST(!parsed);
      BOOST_TEST(allocated <= kBytesPerByte * bytes.size());
    }
  }
}

// The worst that a well-formed input can do: as many items, of as few bytes, as fit.
BOOST_AUTO_TEST_CASE(memory_is_bounded_by_the_input) {
  for (const size_t item_size : {0u, 1u, 2u, 17u}) {
    Transaction transaction;
    transaction.inputs.resize(1);
    transaction.inputs[0].witness.assign(100'000, Bytes(item_size, 0xaa));
    const Bytes bytes = SerializeTransaction(transaction);
    const AllocationMeter meter;
    const bool parsed = ParseTransaction(bytes).has_value();
    const size_t allocated = meter.allocated();
    BOOST_TEST(parsed);
    BOOST_TEST(allocated >= 100'000 * sizeof(Bytes));  // the meter counts at all
    BOOST_TEST(allocated <= 50 * bytes.size());
  }
}

BOOST_AUTO_TEST_CASE(a_transaction_larger_than_a_block_is_refused) {
  Transaction transaction;
  transaction.inputs.resize(1);
  transaction.outputs.push_back({1, Script{}});
  const size_t rest = SerializeTransaction(transaction).size() + 4;  // a longer size of the script
  transaction.outputs[0].script.assign(kMaxBlockSize - rest, 0x51);
  Bytes bytes = SerializeTransaction(transaction);
  BOOST_TEST(bytes.size() == kMaxBlockSize);
  BOOST_TEST(ParseTransaction(bytes).has_value());
  transaction.outputs[0].script.push_back(0x51);
  BOOST_TEST(!ParseTransaction(SerializeTransaction(transaction)).has_value());
}

BOOST_AUTO_TEST_CASE(a_witness_section_without_any_witness_is_refused) {
  BOOST_TEST(!Parses(kVersion + "0001" + kInputs + kOutputs + "00" + kLockTime));
  BOOST_TEST(!Parses(kVersion + "0001" + "02" + kInput + kInput + kOutputs + "0000" + kLockTime));
  BOOST_TEST(Parses(kVersion + "0001" + "02" + kInput + kInput + kOutputs + "000100" + kLockTime));
}

BOOST_AUTO_TEST_CASE(other_witness_flags_are_refused) {
  for (const char* flag : {"0000", "0002", "0003", "00ff"}) {
    BOOST_TEST(!Parses(kVersion + flag + kInputs + kOutputs + "0101aa" + kLockTime));
  }
}

BOOST_AUTO_TEST_CASE(no_inputs) {
  BOOST_TEST(Parses(kVersion + "00" + "00" + kLockTime));
  BOOST_TEST(Parses(kVersion + "00" + "02" + kOutput + kOutput + kLockTime));
  // One output reads as the marker; that no reading of it makes sense is the input's fault.
  BOOST_TEST(!Parses(kVersion + "00" + kOutputs + kLockTime));
  BOOST_TEST(!Parses(kVersion + "0001" + "00" + kOutputs + kLockTime));
}

BOOST_AUTO_TEST_CASE(amounts_that_are_no_money_are_refused) {
  BOOST_TEST(ParseTransaction(PayingAmounts({0, kMaxMoneySat})).has_value());
  BOOST_TEST(!ParseTransaction(PayingAmounts({-1})).has_value());
  BOOST_TEST(!ParseTransaction(PayingAmounts({INT64_MIN})).has_value());
  BOOST_TEST(!ParseTransaction(PayingAmounts({INT64_MAX})).has_value());
  BOOST_TEST(!ParseTransaction(PayingAmounts({kMaxMoneySat + 1})).has_value());
}

BOOST_AUTO_TEST_CASE(a_sum_that_is_no_money_is_refused) {
  BOOST_TEST(!ParseTransaction(PayingAmounts({kMaxMoneySat, 1})).has_value());
  BOOST_TEST(!ParseTransaction(PayingAmounts({1, kMaxMoneySat})).has_value());
  // So many that 64 bits overflow.
  BOOST_TEST(
      !ParseTransaction(PayingAmounts(std::vector<Amount>(9'000, kMaxMoneySat))).has_value());
}

BOOST_AUTO_TEST_CASE(the_same_but_for_signatures) {
  const Transaction is_signed =
      Parsed(KnownTransactionNamed("BIP 143, native P2WPKH beside P2PK, signed"));
  const Transaction is_unsigned =
      Parsed(KnownTransactionNamed("BIP 143, native P2WPKH beside P2PK, unsigned"));
  BOOST_TEST(SameButForSignatures(is_signed, is_signed));
  BOOST_TEST(SameButForSignatures(is_signed, is_unsigned));
  BOOST_TEST(SameButForSignatures(is_unsigned, is_signed));
  BOOST_TEST((TxidOf(is_signed) != TxidOf(is_unsigned)));  // the P2PK input's scriptSig
}

BOOST_AUTO_TEST_CASE(any_other_difference_is_seen) {
  const Transaction original =
      Parsed(KnownTransactionNamed("BIP 143, native P2WPKH beside P2PK, signed"));
  std::vector<Transaction> changed(12, original);
  changed[0].version += 1;
  changed[1].lock_time += 1;
  changed[2].inputs[1].prevout.vout += 1;
  changed[3].inputs[0].prevout.txid.bytes[31] ^= 1;
  changed[4].inputs[1].sequence -= 1;
  changed[5].outputs[0].amount_sat -= 1;
  changed[6].outputs[1].script.back() ^= 1;
  changed[7].outputs.pop_back();
  changed[8].inputs.pop_back();
  changed[9].outputs.push_back({1, {0x51}});
  std::swap(changed[10].outputs[0], changed[10].outputs[1]);
  std::swap(changed[11].inputs[0], changed[11].inputs[1]);
  for (size_t i = 0; i < changed.size(); ++i) {
    BOOST_TEST_CONTEXT("change " << i) {
      BOOST_TEST(!SameButForSignatures(original, changed[i]));
      BOOST_TEST(!SameButForSignatures(changed[i], original));
    }
  }
}

BOOST_AUTO_TEST_CASE(known_blocks) {
  for (const KnownBlock& known : KnownBlocks()) {
    BOOST_TEST_CONTEXT(known.name) {
      const std::optional<Block> block = ParseBlock(FromHex(known.hex));
      BOOST_REQUIRE(block.has_value());
      BOOST_TEST(DisplayHex(block->hash) == known.hash);
      BOOST_TEST(DisplayHex(block->previous_hash) == known.previous_hash);
      BOOST_REQUIRE(block->transactions.size() == known.txids.size());
      for (size_t i = 0; i < known.txids.size(); ++i) {
        BOOST_TEST(DisplayHex(TxidOf(block->transactions[i])) == known.txids[i]);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(truncated_and_lengthened_blocks_are_refused) {
  for (const KnownBlock& known : KnownBlocks()) {
    Bytes bytes = FromHex(known.hex);
    for (size_t size = 0; size < bytes.size(); ++size) {
      if (ParseBlock(std::span(bytes).first(size))) BOOST_ERROR("parsed at " << size);
    }
    bytes.push_back(0);
    BOOST_TEST(!ParseBlock(bytes).has_value());
  }
}

BOOST_AUTO_TEST_CASE(blocks_with_other_counts_are_refused) {
  const std::string block(KnownBlocks()[0].hex);
  const std::string header = block.substr(0, 160);
  const std::string coinbase = block.substr(162);
  BOOST_TEST(ParseBlock(FromHex(header + "01" + coinbase)).has_value());
  for (const char* count : {"", "00", "02", "fd0100", "fdffff", "ffffffffffffffffff"}) {
    BOOST_TEST_CONTEXT(count) {
      BOOST_TEST(!ParseBlock(FromHex(header + count + coinbase)).has_value());
    }
  }
  BOOST_TEST(!ParseBlock(FromHex(header + "00")).has_value());
  BOOST_TEST(!ParseBlock(FromHex(header)).has_value());
  BOOST_TEST(!ParseBlock(Bytes(kMaxBlockSize + 1, 0)).has_value());
}

BOOST_AUTO_TEST_CASE(outpoints_of_one_transaction_hash_apart) {
  const OutPointHasher hasher;
  for (uint32_t vout = 1; vout < 1'000; ++vout) {
    BOOST_TEST(hasher(OutPoint{Txid{}, vout}) != hasher(OutPoint{Txid{}, vout - 1}));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::bitcoin
