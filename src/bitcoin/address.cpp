#include "bitcoin/address.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "bitcoin/base58.h"
#include "bitcoin/bech32.h"

namespace sendonce::bitcoin {
namespace {

// bitcoin's kernel/chainparams.cpp and chainparamsbase.cpp.
struct NetworkParameters {
  Network network;
  std::string_view chain_name;
  std::string_view data_subdirectory;
  uint16_t rpc_port;
  uint8_t p2pkh_version;
  uint8_t p2sh_version;
  std::string_view human_readable_part;
};

constexpr std::array<NetworkParameters, 4> kNetworks = {{
    {Network::kMain, "main", "", 8332, 0, 5, "bc"},
    {Network::kTestnet4, "testnet4", "testnet4", 48332, 111, 196, "tb"},
    {Network::kSignet, "signet", "signet", 38332, 111, 196, "tb"},
    {Network::kRegtest, "regtest", "regtest", 18443, 111, 196, "bcrt"},
}};

const NetworkParameters& ParametersOf(Network network) {
  const auto found = std::ranges::find(kNetworks, network, &NetworkParameters::network);
  assert(found != kNetworks.end());
  return *found;
}

constexpr size_t kBase58PayloadSize = 1 + 20;  // version and hash

std::optional<Script> ScriptFromBase58(std::span<const uint8_t> payload,
                                       const NetworkParameters& parameters) {
  const uint8_t version = payload[0];
  if (version == parameters.p2pkh_version) return P2pkhScript(payload.subspan(1));
  if (version == parameters.p2sh_version) return P2shScript(payload.subspan(1));
  return std::nullopt;
}

// BIP 173 and BIP 350: version 0 in bech32 with a program of 20 or 32 bytes, 1 to 16 in bech32m.
std::optional<Script> ScriptFromBech32(const Bech32Text& text) {
  if (text.groups.empty() || text.groups[0] > 16) return std::nullopt;
  const int version = text.groups[0];
  if ((version == 0) != (text.variant == Bech32Variant::kBech32)) return std::nullopt;
  const std::optional<Bytes> program = BytesFromFiveBitGroups(std::span(text.groups).subspan(1));
  if (!program || program->size() < 2 || program->size() > 40) return std::nullopt;
  if (version == 0 && program->size() != 20 && program->size() != 32) return std::nullopt;
  return ScriptOf({version, *program});
}

// What the address would stand for on that network.
std::optional<Script> ScriptOn(const NetworkParameters& parameters, std::string_view address) {
  if (const std::optional<Bech32Text> text = DecodeBech32(address)) {
    if (text->human_readable_part != parameters.human_readable_part) return std::nullopt;
    return ScriptFromBech32(*text);
  }
  const std::optional<Bytes> payload = DecodeBase58Check(address);
  if (!payload || payload->size() != kBase58PayloadSize) return std::nullopt;
  return ScriptFromBase58(*payload, parameters);
}

std::string Base58Address(uint8_t version, std::span<const uint8_t> hash160) {
  Bytes payload = {version};
  payload.insert(payload.end(), hash160.begin(), hash160.end());
  return EncodeBase58Check(payload);
}

std::string SegwitAddress(const WitnessProgram& witness_program, std::string_view prefix) {
  Bech32Text text;
  text.variant = witness_program.version == 0 ? Bech32Variant::kBech32 : Bech32Variant::kBech32m;
  text.human_readable_part = prefix;
  text.groups = FiveBitGroups(witness_program.program);
  text.groups.insert(text.groups.begin(), static_cast<uint8_t>(witness_program.version));
  return EncodeBech32(text);
}

}  // namespace

std::string_view ChainName(Network network) {
  return ParametersOf(network).chain_name;
}

std::optional<Network> NetworkFromChainName(std::string_view name) {
  const auto found = std::ranges::find(kNetworks, name, &NetworkParameters::chain_name);
  if (found == kNetworks.end()) return std::nullopt;
  return found->network;
}

std::string_view DataSubdirectory(Network network) {
  return ParametersOf(network).data_subdirectory;
}

uint16_t DefaultRpcPort(Network network) {
  return ParametersOf(network).rpc_port;
}

AddressDecoding DecodeAddress(std::string_view address, Network network) {
  if (std::optional<Script> script = ScriptOn(ParametersOf(network), address)) {
    return {std::move(script), std::nullopt};
  }
  const bool elsewhere = std::ranges::any_of(kNetworks, [address](const auto& parameters) {
    return ScriptOn(parameters, address).has_value();
  });
  return {std::nullopt, elsewhere ? AddressError::kOtherNetwork : AddressError::kMalformed};
}

std::optional<std::string> EncodeAddress(const Script& script, Network network) {
  const NetworkParameters& parameters = ParametersOf(network);
  switch (KindOf(script)) {
    case ScriptKind::kP2pkh:
      return Base58Address(parameters.p2pkh_version, Hash160Of(script));
    case ScriptKind::kP2sh:
      return Base58Address(parameters.p2sh_version, Hash160Of(script));
    case ScriptKind::kP2wpkh:
    case ScriptKind::kP2wsh:
    case ScriptKind::kP2tr:
    case ScriptKind::kWitnessUnknown:
      return SegwitAddress(*WitnessProgramOf(script), parameters.human_readable_part);
    case ScriptKind::kOther:
      return std::nullopt;
  }
  assert(!"a kind that the switch does not know");
  return std::nullopt;
}

}  // namespace sendonce::bitcoin
