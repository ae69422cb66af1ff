#include "bitcoin/script.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "bitcoin/byte_writer.h"

namespace sendonce::bitcoin {
namespace {

constexpr uint8_t kOp0 = 0x00;
constexpr uint8_t kOp1 = 0x51;
constexpr uint8_t kOp16 = 0x60;
constexpr uint8_t kOpReturn = 0x6a;
constexpr uint8_t kOpDup = 0x76;
constexpr uint8_t kOpEqual = 0x87;
constexpr uint8_t kOpEqualVerify = 0x88;
constexpr uint8_t kOpHash160 = 0xa9;
constexpr uint8_t kOpCheckSig = 0xac;

constexpr size_t kHash160Size = 20;
constexpr size_t kHash256Size = 32;
constexpr size_t kMinWitnessProgramSize = 2;
constexpr size_t kMaxWitnessProgramSize = 40;
constexpr int kMaxWitnessVersion = 16;
constexpr size_t kMaxScriptSize = 10'000;  // MAX_SCRIPT_SIZE in bitcoin's script/script.h

// What stands before and behind the hash, the opcode that pushes it included.
constexpr std::array<uint8_t, 3> kP2pkhHead = {kOpDup, kOpHash160, kHash160Size};
constexpr std::array<uint8_t, 2> kP2pkhTail = {kOpEqualVerify, kOpCheckSig};
constexpr std::array<uint8_t, 2> kP2shHead = {kOpHash160, kHash160Size};
constexpr std::array<uint8_t, 1> kP2shTail = {kOpEqual};

bool IsHash160Between(const Script& script, std::span<const uint8_t> head,
                      std::span<const uint8_t> tail) {
  if (script.size() != head.size() + kHash160Size + tail.size()) return false;
  return std::ranges::equal(std::span(script).first(head.size()), head) &&
         std::ranges::equal(std::span(script).last(tail.size()), tail);
}

Script Concatenate(std::span<const uint8_t> head, std::span<const uint8_t> hash160,
                   std::span<const uint8_t> tail) {
  assert(hash160.size() == kHash160Size);
  Script script(head.begin(), head.end());
  script.insert(script.end(), hash160.begin(), hash160.end());
  script.insert(script.end(), tail.begin(), tail.end());
  return script;
}

ScriptKind KindOfWitnessProgram(const WitnessProgram& witness_program) {
  const size_t size = witness_program.program.size();
  switch (witness_program.version) {
    case 0:
      if (size == kHash160Size) return ScriptKind::kP2wpkh;
      return size == kHash256Size ? ScriptKind::kP2wsh : ScriptKind::kOther;
    case 1:
      return size == kHash256Size ? ScriptKind::kP2tr : ScriptKind::kWitnessUnknown;
    default:
      return ScriptKind::kWitnessUnknown;
  }
}

bool IsUnspendable(const Script& script) {
  return (!script.empty() && script[0] == kOpReturn) || script.size() > kMaxScriptSize;
}

constexpr int64_t kInputSizeWithoutScript = 32 + 4 + 1 + 4;  // prevout, script length, sequence
constexpr int64_t kWitnessScaleFactor = 4;                   // BIP 141
constexpr int64_t kSignature = 1 + 71;                       // push, DER with low R, hash type
constexpr int64_t kPublicKey = 1 + 33;
constexpr int64_t kSchnorrSignature = 1 + 64;
constexpr int64_t kTwoSignatures = 1 + 2 * kSignature;  // and the empty item of CHECKMULTISIG
constexpr int64_t kTwoOfThreeScript = 1 + 1 + 3 * kPublicKey + 2;
constexpr int64_t kP2wpkhRedeemScript = 1 + 22;
constexpr int64_t kWitnessCount = 1;

int64_t InputVsize(int64_t script_sig_size, int64_t witness_size) {
  const int64_t weight = kWitnessScaleFactor * (kInputSizeWithoutScript + script_sig_size) +
                         kWitnessCount + witness_size;
  return (weight + kWitnessScaleFactor - 1) / kWitnessScaleFactor;
}

}  // namespace

ScriptKind KindOf(const Script& script) {
  if (IsHash160Between(script, kP2pkhHead, kP2pkhTail)) return ScriptKind::kP2pkh;
  if (IsHash160Between(script, kP2shHead, kP2shTail)) return ScriptKind::kP2sh;
  const std::optional<WitnessProgram> witness_program = WitnessProgramOf(script);
  return witness_program ? KindOfWitnessProgram(*witness_program) : ScriptKind::kOther;
}

Script P2pkhScript(std::span<const uint8_t> hash160) {
  return Concatenate(kP2pkhHead, hash160, kP2pkhTail);
}

Script P2shScript(std::span<const uint8_t> hash160) {
  return Concatenate(kP2shHead, hash160, kP2shTail);
}

std::span<const uint8_t> Hash160Of(const Script& script) {
  const ScriptKind kind = KindOf(script);
  assert(kind == ScriptKind::kP2pkh || kind == ScriptKind::kP2sh);
  const size_t offset = kind == ScriptKind::kP2pkh ? kP2pkhHead.size() : kP2shHead.size();
  return std::span(script).subspan(offset, kHash160Size);
}

std::optional<WitnessProgram> WitnessProgramOf(const Script& script) {
  if (script.size() < 2 + kMinWitnessProgramSize) return std::nullopt;
  if (script.size() > 2 + kMaxWitnessProgramSize) return std::nullopt;
  if (script[1] != script.size() - 2) return std::nullopt;
  if (script[0] != kOp0 && (script[0] < kOp1 || script[0] > kOp16)) return std::nullopt;
  const int version = script[0] == kOp0 ? 0 : script[0] - kOp1 + 1;
  return WitnessProgram{version, std::span(script).subspan(2)};
}

Script ScriptOf(const WitnessProgram& witness_program) {
  const auto [version, program] = witness_program;
  assert(version >= 0 && version <= kMaxWitnessVersion);
  assert(program.size() >= kMinWitnessProgramSize && program.size() <= kMaxWitnessProgramSize);
  Script script;
  script.push_back(static_cast<uint8_t>(version == 0 ? kOp0 : kOp1 + version - 1));
  script.push_back(static_cast<uint8_t>(program.size()));
  script.insert(script.end(), program.begin(), program.end());
  return script;
}

bool IsNativeSegwit(ScriptKind kind) {
  return kind == ScriptKind::kP2wpkh || kind == ScriptKind::kP2wsh || kind == ScriptKind::kP2tr;
}

int64_t EstimatedInputVsize(ScriptKind kind) {
  switch (kind) {
    case ScriptKind::kP2pkh:
      return InputVsize(kSignature + kPublicKey, 0);
    case ScriptKind::kP2sh:
      return InputVsize(kP2wpkhRedeemScript, kSignature + kPublicKey);
    case ScriptKind::kP2wpkh:
      return InputVsize(0, kSignature + kPublicKey);
    case ScriptKind::kP2tr:
      return InputVsize(0, kSchnorrSignature);
    case ScriptKind::kP2wsh:
    case ScriptKind::kWitnessUnknown:
      return InputVsize(0, kTwoSignatures + kTwoOfThreeScript);
    case ScriptKind::kOther:
      return InputVsize(kTwoSignatures, 0);
  }
  assert(!"a kind that the switch does not know");
  return 0;
}

int64_t OutputSize(const Script& script) {
  return static_cast<int64_t>(sizeof(Amount) + CompactSizeLength(script.size()) + script.size());
}

Amount DustThresholdSat(const Script& script) {
  constexpr FeeRate kDustRelayFeeSatKvb = 3 * kSatPerVbyte;  // DUST_RELAY_TX_FEE
  constexpr int64_t kLegacySpend = 148;  // of a P2PKH output, with the largest signature
  constexpr int64_t kWitnessSpend = kInputSizeWithoutScript + 107 / kWitnessScaleFactor;
  if (IsUnspendable(script)) return 0;
  const int64_t spend = WitnessProgramOf(script) ? kWitnessSpend : kLegacySpend;
  return FeeForVsize(kDustRelayFeeSatKvb, OutputSize(script) + spend);
}

}  // namespace sendonce::bitcoin
