// Transactions and blocks: parsing, serialising, identifiers and sizes (BIP 144, BIP 141). Pure;
// safe from any thread.

#ifndef SENDONCE_BITCOIN_TRANSACTION_H
#define SENDONCE_BITCOIN_TRANSACTION_H

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "bitcoin/amount.h"
#include "bitcoin/bytes.h"
#include "bitcoin/hash.h"
#include "bitcoin/script.h"

namespace sendonce::bitcoin {

// The largest serialisation that can be valid: MAX_BLOCK_WEIGHT of 4,000,000 with nothing but
// witness.
constexpr size_t kMaxBlockSize = 4'000'000;

struct OutPoint {
  Txid txid;
  uint32_t vout = 0;

  auto operator<=>(const OutPoint&) const = default;
};

struct OutPointHasher {
  size_t operator()(const OutPoint& outpoint) const noexcept;
};

struct TxIn {
  OutPoint prevout;
  Bytes script_sig;
  uint32_t sequence = 0xffffffff;
  std::vector<Bytes> witness;

  bool operator==(const TxIn&) const = default;
};

struct TxOut {
  Amount amount_sat = 0;
  Script script;

  bool operator==(const TxOut&) const = default;
};

struct Transaction {
  int32_t version = 2;
  std::vector<TxIn> inputs;
  std::vector<TxOut> outputs;
  uint32_t lock_time = 0;

  bool operator==(const Transaction&) const = default;
};

// The whole of `bytes` as one transaction, with or without a witness; nullopt if it is malformed,
// has bytes left over, a length that is not minimally encoded, an empty witness section, is larger
// than kMaxBlockSize, or pays amounts that are not money, alone or summed (CheckTransaction in
// bitcoin's consensus/tx_check.cpp), so that a sum of its outputs does not overflow. Nothing else
// of consensus is checked. A transaction without inputs is accepted only without the witness
// marker; with exactly one output it can not be told from one with the marker (BIP 144), and is
// refused. Memory is bounded: below 50 bytes for each byte of input.
std::optional<Transaction> ParseTransaction(std::span<const uint8_t> bytes);

// BIP 144 with a witness section if any input has one. Parses back to the same, but for the
// refusals above.
Bytes SerializeTransaction(const Transaction& transaction);

// Without any witness: what the txid commits to.
Bytes SerializeWithoutWitness(const Transaction& transaction);

Txid TxidOf(const Transaction& transaction);

// BIP 141: three times the size without witness plus the size with it; vsize is a quarter of it,
// rounded up.
int64_t WeightOf(const Transaction& transaction);
int64_t VsizeOf(const Transaction& transaction);

// The same but for scriptSig and witness: version, prevouts, sequences, outputs and lock time.
bool SameButForSignatures(const Transaction& a, const Transaction& b);

struct Block {
  BlockHash hash;
  BlockHash previous_hash;
  std::vector<Transaction> transactions;
};

// The whole of `bytes` as a block. The proof of work and the merkle root are the node's to check.
// nullopt as for ParseTransaction, and for a block without transactions.
std::optional<Block> ParseBlock(std::span<const uint8_t> bytes);

}  // namespace sendonce::bitcoin

#endif  // SENDONCE_BITCOIN_TRANSACTION_H
