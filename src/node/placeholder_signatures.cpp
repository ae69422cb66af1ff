#include "node/placeholder_signatures.h"

#include <cassert>

namespace sendonce::node {

namespace {

using bitcoin::Bytes;
using bitcoin::ScriptKind;

constexpr size_t kEcdsaSignatureSize = 71;    // with low R, as bitcoind's wallet makes it (BIP 66)
constexpr size_t kSchnorrSignatureSize = 64;  // BIP 340
constexpr size_t kPublicKeySize = 33;
constexpr uint8_t kOp2 = 0x52;
constexpr uint8_t kOp3 = 0x53;
constexpr uint8_t kOpCheckMultisig = 0xae;
constexpr uint8_t kFill = 1;

Bytes Filled(size_t size) {
  return Bytes(size, kFill);
}

Bytes Joined(const Bytes& a, const Bytes& b) {
  Bytes joined = a;
  joined.insert(joined.end(), b.begin(), b.end());
  return joined;
}

// REQUIRES: short enough for an opcode that is its own length.
Bytes Push(const Bytes& data) {
  assert(data.size() <= 75);
  return Joined({static_cast<uint8_t>(data.size())}, data);
}

// Of the right form, not only of the right size: a node may take pushes that no signature check
// follows for data, and refuse those (-datacarriersize in Bitcoin Knots).
Bytes TwoOfThreeScript() {
  const Bytes key = Push(Filled(kPublicKeySize));
  const Bytes keys = Joined(Joined(key, key), key);
  return Joined(Joined({kOp2}, keys), {kOp3, kOpCheckMultisig});
}

// P2SH is taken as P2SH-P2WPKH, P2WSH as 2-of-3, as in bitcoin::EstimatedInputVsize.
void FillIn(ScriptKind kind, bitcoin::TxIn& input) {
  const Bytes signature = Filled(kEcdsaSignatureSize);
  const Bytes public_key = Filled(kPublicKeySize);
  switch (kind) {
    case ScriptKind::kP2pkh:
      input.script_sig = Joined(Push(signature), Push(public_key));
      return;
    case ScriptKind::kP2sh:
      // A witness program, or the mempool would not take the redeem script for one.
      input.script_sig = Push(Joined({0x00, 0x14}, Filled(20)));
      input.witness = {signature, public_key};
      return;
    case ScriptKind::kP2wpkh:
      input.witness = {signature, public_key};
      return;
    case ScriptKind::kP2wsh:
      input.witness = {{}, signature, signature, TwoOfThreeScript()};
      return;
    case ScriptKind::kP2tr:
      input.witness = {Filled(kSchnorrSignatureSize)};
      return;
    case ScriptKind::kWitnessUnknown:
    case ScriptKind::kOther:
      return;
  }
}

}  // namespace

bitcoin::Transaction WithPlaceholderSignatures(bitcoin::Transaction transaction,
                                               const std::vector<core::Coin>& coins) {
  assert(transaction.inputs.size() == coins.size());
  for (size_t i = 0; i < coins.size(); ++i) {
    FillIn(bitcoin::KindOf(coins[i].script), transaction.inputs[i]);
  }
  return transaction;
}

}  // namespace sendonce::node
