// Output scripts: their standard kinds, what spending one costs, and dust. Pure; safe from any
// thread.

#ifndef SENDONCE_BITCOIN_SCRIPT_H
#define SENDONCE_BITCOIN_SCRIPT_H

#include "bitcoin/amount.h"
#include "bitcoin/bytes.h"

namespace sendonce::bitcoin {

using Script = Bytes;

enum class ScriptKind {
  kP2pkh,
  kP2sh,
  kP2wpkh,          // BIP 141, version 0, 20 bytes
  kP2wsh,           // BIP 141, version 0, 32 bytes
  kP2tr,            // BIP 341, version 1, 32 bytes
  kWitnessUnknown,  // any other witness program that BIP 141 allows
  kOther,
};

ScriptKind KindOf(const Script& script);

// True if the txid of a transaction that spends only such outputs cannot be changed by a third
// party: native segwit (BIP 141).
bool IsNativeSegwit(ScriptKind kind);

// An upper estimate of the virtual bytes that an input spending such an output adds, with one
// signature of the largest low-R size that bitcoind produces. P2SH is taken as P2SH-P2WPKH, P2WSH
// and others as a 2-of-3 multisig.
int64_t EstimatedInputVsize(ScriptKind kind);

// Serialised size of an output with this script: 8 bytes of amount, the script's length, the
// script.
int64_t OutputSize(const Script& script);

// The smallest amount that bitcoind relays for this script at its default -dustrelayfee of 3 sat/vB
// (GetDustThreshold in bitcoin's policy/policy.cpp).
Amount DustThresholdSat(const Script& script);

}  // namespace sendonce::bitcoin

#endif  // SENDONCE_BITCOIN_SCRIPT_H
