// Transactions and blocks: what is accepted serialises to the same bytes, and a second, naive
// reader agrees on what a transaction is, on what it says and on its txid.

#include "bitcoin/transaction.h"

#include "input.h"
#include "reference_sha256.h"
#include "reference_transaction.h"
#include "target.h"

namespace sendonce::fuzz {
namespace {

using bitcoin::Bytes;
using bitcoin::Transaction;

void CheckIdentity(const Transaction& transaction, const ReferenceTransaction& reference) {
  assert(bitcoin::SerializeWithoutWitness(transaction) == reference.stripped);
  assert(bitcoin::TxidOf(transaction) == ReferenceDoubleSha256(reference.stripped));
}

void CheckSizes(const Transaction& transaction, size_t whole, size_t stripped) {
  const auto weight = static_cast<int64_t>(3 * stripped + whole);
  assert(bitcoin::WeightOf(transaction) == weight);
  assert(bitcoin::VsizeOf(transaction) == (weight + 3) / 4);
}

void CheckTransaction(const Bytes& bytes) {
  const auto transaction = bitcoin::ParseTransaction(bytes);
  const auto reference = ReadReferenceTransaction(bytes);
  assert(transaction.has_value() == reference.has_value());
  if (!transaction) return;
  assert(bitcoin::SerializeTransaction(*transaction) == bytes);
  CheckIdentity(*transaction, *reference);
  CheckSizes(*transaction, bytes.size(), reference->stripped.size());
  assert(transaction->inputs.size() == reference->inputs);
  assert(transaction->outputs.size() == reference->amounts.size());
  for (size_t i = 0; i < transaction->outputs.size(); ++i) {
    assert(transaction->outputs[i].amount_sat == reference->amounts[i]);
  }
  assert(bitcoin::SameButForSignatures(*transaction, *transaction));
}

// The transactions of a block are found again, one behind the other, in its bytes.
void CheckBlock(const Bytes& bytes) {
  const auto block = bitcoin::ParseBlock(bytes);
  if (!block) return;
  constexpr size_t kHeaderBytes = 80;
  assert(!block->transactions.empty() && bytes.size() > kHeaderBytes);
  assert(block->hash == ReferenceDoubleSha256({bytes.begin(), bytes.begin() + kHeaderBytes}));
  Bytes behind;
  for (const Transaction& transaction : block->transactions) {
    const Bytes one = bitcoin::SerializeTransaction(transaction);
    behind.insert(behind.end(), one.begin(), one.end());
  }
  assert(behind.size() < bytes.size() - kHeaderBytes);
  assert(std::equal(behind.rbegin(), behind.rend(), bytes.rbegin()));
}

}  // namespace
}  // namespace sendonce::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sendonce::fuzz;
  const sendonce::bitcoin::Bytes bytes(data, data + size);
  CheckTransaction(bytes);
  CheckBlock(bytes);
  return 0;
}
