// Output scripts: their standard kinds, what spending one costs, and dust. Pure; safe from any
// thread.

#ifndef SENDONCE_BITCOIN_SCRIPT_H
#define SENDONCE_BITCOIN_SCRIPT_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

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
  kWitnessUnknown,  // a witness program of version 1 to 16 that no rule is known for
  kOther,           // also a program of version 0 and another length, which nobody can spend
};

ScriptKind KindOf(const Script& script);

// REQUIRES: 20 bytes, the RIPEMD-160 of a SHA-256.
Script P2pkhScript(std::span<const uint8_t> hash160);
Script P2shScript(std::span<const uint8_t> hash160);

// The hash in such a script. REQUIRES: the script is P2PKH or P2SH, and outlives the result.
std::span<const uint8_t> Hash160Of(const Script& script);

// BIP 141: a script of nothing but a version of 0 to 16 and one push of 2 to 40 bytes.
struct WitnessProgram {
  int version = 0;
  std::span<const uint8_t> program;  // in the script that it was read from
};

// nullopt if the script is none. REQUIRES: the script outlives the result.
std::optional<WitnessProgram> WitnessProgramOf(const Script& script);

// REQUIRES: version and length as BIP 141 has them.
Script ScriptOf(const WitnessProgram& witness_program);

// True if the txid of a transaction that spends only such outputs cannot be changed by a third
// party: P2WPKH, P2WSH and P2TR (BIP 141). Not so for unknown versions, which anybody can spend.
bool IsNativeSegwit(ScriptKind kind);

// An upper estimate of the virtual bytes that an input spending such an output adds, with
// compressed keys and signatures of the largest low-R size that bitcoind's wallet produces. P2SH is
// taken as P2SH-P2WPKH, P2WSH and unknown witness versions as a 2-of-3 multisig, others as a bare
// 2-of-3 multisig, P2TR as a key path spend. Counts the byte for an empty witness that a legacy
// input costs next to segwit ones.
int64_t EstimatedInputVsize(ScriptKind kind);

// Serialised size of an output with this script: 8 bytes of amount, the script's length, the
// script.
int64_t OutputSize(const Script& script);

// The smallest amount that bitcoind relays for this script at its default -dustrelayfee of 3 sat/vB
// (GetDustThreshold in bitcoin's policy/policy.cpp). 0 for a script that can not be spent: one that
// begins with OP_RETURN or is longer than 10,000 bytes.
Amount DustThresholdSat(const Script& script);

}  // namespace sendonce::bitcoin

#endif  // SENDONCE_BITCOIN_SCRIPT_H
