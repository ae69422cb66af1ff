#include "bitcoin/transaction.h"

#include <algorithm>
#include <array>

#include "bitcoin/byte_reader.h"
#include "bitcoin/byte_writer.h"

namespace sendonce::bitcoin {
namespace {

// BIP 144: an impossible number of inputs, and the only flag that is defined.
constexpr std::array<uint8_t, 2> kWitnessMarker = {0x00, 0x01};

// The sizes of the smallest ones that can be serialised: a count is checked against them before
// anything is allocated for it.
constexpr size_t kMinInputSize = 32 + 4 + 1 + 4;
constexpr size_t kMinOutputSize = 8 + 1;
constexpr size_t kMinTransactionSize = 4 + 1 + 1 + 4;
constexpr size_t kBlockHeaderSize = 80;

TxIn ReadInput(ByteReader& reader) {
  TxIn input;
  input.prevout.txid = reader.ReadHash();
  input.prevout.vout = reader.ReadUint32();
  input.script_sig = reader.ReadSizedBytes();
  input.sequence = reader.ReadUint32();
  return input;
}

std::vector<TxIn> ReadInputs(ByteReader& reader) {
  const size_t count = reader.ReadCount(kMinInputSize);
  std::vector<TxIn> inputs;
  inputs.reserve(count);
  while (inputs.size() < count && reader.ok()) inputs.push_back(ReadInput(reader));
  return inputs;
}

std::vector<TxOut> ReadOutputs(ByteReader& reader) {
  const size_t count = reader.ReadCount(kMinOutputSize);
  std::vector<TxOut> outputs;
  outputs.reserve(count);
  Amount total_sat = 0;
  while (outputs.size() < count && reader.ok()) {
    TxOut& output = outputs.emplace_back();
    output.amount_sat = static_cast<Amount>(reader.ReadUint64());
    output.script = reader.ReadSizedBytes();
    if (IsMoney(output.amount_sat)) total_sat += output.amount_sat;
    if (!IsMoney(output.amount_sat) || !IsMoney(total_sat)) reader.Fail();
  }
  return outputs;
}

std::vector<Bytes> ReadWitness(ByteReader& reader) {
  const size_t count = reader.ReadCount(1);
  std::vector<Bytes> witness;
  witness.reserve(count);
  while (witness.size() < count && reader.ok()) witness.push_back(reader.ReadSizedBytes());
  return witness;
}

bool HasWitness(const Transaction& transaction) {
  return std::ranges::any_of(transaction.inputs,
                             [](const TxIn& input) { return !input.witness.empty(); });
}

Transaction ReadTransaction(ByteReader& reader) {
  Transaction transaction;
  transaction.version = static_cast<int32_t>(reader.ReadUint32());
  const bool marked = reader.SkipPrefix(kWitnessMarker);
  transaction.inputs = ReadInputs(reader);
  transaction.outputs = ReadOutputs(reader);
  if (marked) {
    for (TxIn& input : transaction.inputs) input.witness = ReadWitness(reader);
    if (!HasWitness(transaction)) reader.Fail();
  }
  transaction.lock_time = reader.ReadUint32();
  return transaction;
}

void AppendInput(const TxIn& input, Bytes& to) {
  AppendBytes(input.prevout.txid.bytes, to);
  AppendUint32(input.prevout.vout, to);
  AppendSizedBytes(input.script_sig, to);
  AppendUint32(input.sequence, to);
}

void AppendOutput(const TxOut& output, Bytes& to) {
  AppendUint64(static_cast<uint64_t>(output.amount_sat), to);
  AppendSizedBytes(output.script, to);
}

void AppendWitness(const std::vector<Bytes>& witness, Bytes& to) {
  AppendCompactSize(witness.size(), to);
  for (const Bytes& item : witness) AppendSizedBytes(item, to);
}

Bytes Serialize(const Transaction& transaction, bool with_witness) {
  Bytes bytes;
  AppendUint32(static_cast<uint32_t>(transaction.version), bytes);
  if (with_witness) AppendBytes(kWitnessMarker, bytes);
  AppendCompactSize(transaction.inputs.size(), bytes);
  for (const TxIn& input : transaction.inputs) AppendInput(input, bytes);
  AppendCompactSize(transaction.outputs.size(), bytes);
  for (const TxOut& output : transaction.outputs) AppendOutput(output, bytes);
  if (with_witness) {
    for (const TxIn& input : transaction.inputs) AppendWitness(input.witness, bytes);
  }
  AppendUint32(transaction.lock_time, bytes);
  return bytes;
}

}  // namespace

size_t OutPointHasher::operator()(const OutPoint& outpoint) const noexcept {
  // Spreads the few low values of vout over all bits (Fibonacci hashing, by 2^64 / golden ratio).
  return Hash256Hasher{}(outpoint.txid) ^ outpoint.vout * 0x9e3779b97f4a7c15u;
}

std::optional<Transaction> ParseTransaction(std::span<const uint8_t> bytes) {
  if (bytes.size() > kMaxBlockSize) return std::nullopt;
  ByteReader reader(bytes);
  Transaction transaction = ReadTransaction(reader);
  if (!reader.ok() || reader.remaining() != 0) return std::nullopt;
  return transaction;
}

Bytes SerializeTransaction(const Transaction& transaction) {
  return Serialize(transaction, HasWitness(transaction));
}

Bytes SerializeWithoutWitness(const Transaction& transaction) {
  return Serialize(transaction, false);
}

Txid TxidOf(const Transaction& transaction) {
  return DoubleSha256(SerializeWithoutWitness(transaction));
}

int64_t WeightOf(const Transaction& transaction) {
  const size_t stripped = SerializeWithoutWitness(transaction).size();
  return static_cast<int64_t>(3 * stripped + SerializeTransaction(transaction).size());
}

int64_t VsizeOf(const Transaction& transaction) {
  return (WeightOf(transaction) + 3) / 4;
}

bool SameButForSignatures(const Transaction& a, const Transaction& b) {
  const auto same_input = [](const TxIn& x, const TxIn& y) {
    return x.prevout == y.prevout && x.sequence == y.sequence;
  };
  return a.version == b.version && a.lock_time == b.lock_time && a.outputs == b.outputs &&
         std::ranges::equal(a.inputs, b.inputs, same_input);
}

std::optional<Block> ParseBlock(std::span<const uint8_t> bytes) {
  if (bytes.size() > kMaxBlockSize || bytes.size() < kBlockHeaderSize) return std::nullopt;
  Block block;
  block.hash = DoubleSha256(bytes.first(kBlockHeaderSize));
  ByteReader header(bytes.first(kBlockHeaderSize));
  header.ReadUint32();  // version
  block.previous_hash = header.ReadHash();

  ByteReader reader(bytes.subspan(kBlockHeaderSize));
  const size_t count = reader.ReadCount(kMinTransactionSize);
  block.transactions.reserve(count);
  while (block.transactions.size() < count && reader.ok()) {
    block.transactions.push_back(ReadTransaction(reader));
  }
  if (!reader.ok() || reader.remaining() != 0 || count == 0) return std::nullopt;
  return block;
}

}  // namespace sendonce::bitcoin
