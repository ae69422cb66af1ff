// Addresses: each stands for one script on networks that share it and on no other, and each script
// has one address. The first byte says what the rest is: the text of an address, or a script.

#include "bitcoin/address.h"

#include <array>
#include <cctype>

#include "bitcoin/base58.h"
#include "bitcoin/bech32.h"
#include "input.h"
#include "target.h"

namespace sendonce::fuzz {
namespace {

using bitcoin::AddressError;
using bitcoin::Network;
using bitcoin::Script;

constexpr std::array<Network, 4> kNetworks = {Network::kMain, Network::kTestnet4, Network::kSignet,
                                              Network::kRegtest};

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool IsBase58Kind(const Script& script) {
  const auto kind = bitcoin::KindOf(script);
  return kind == bitcoin::ScriptKind::kP2pkh || kind == bitcoin::ScriptKind::kP2sh;
}

// Which networks may take the same text is known beforehand (bitcoin's kernel/chainparams.cpp).
bool MayShare(Network a, Network b, bool base58) {
  if (a == b) return true;
  if (a == Network::kMain || b == Network::kMain) return false;
  return base58 || (a != Network::kRegtest && b != Network::kRegtest);
}

// Nothing but the one way of writing it, or all of it in capitals, was accepted.
void CheckOneSpelling(const std::string& text, const Script& script, Network network) {
  const auto encoded = bitcoin::EncodeAddress(script, network);
  assert(encoded.has_value());
  if (IsBase58Kind(script)) {
    assert(*encoded == text);
    return;
  }
  assert(*encoded == Lower(text));
  const bool mixed = text != Lower(text) &&
                     std::any_of(text.begin(), text.end(), [](char c) { return std::islower(c); });
  assert(!mixed);
}

void CheckText(const std::string& text) {
  std::optional<Network> taken_by;
  bool base58 = false;
  size_t refused_as_other = 0;
  for (const Network network : kNetworks) {
    const auto decoding = bitcoin::DecodeAddress(text, network);
    assert(decoding.script.has_value() != decoding.error.has_value());
    refused_as_other += decoding.error == AddressError::kOtherNetwork ? 1 : 0;
    if (!decoding.script) continue;
    base58 = IsBase58Kind(*decoding.script);
    assert(!taken_by || MayShare(*taken_by, network, base58));
    taken_by = network;
    CheckOneSpelling(text, *decoding.script, network);
  }
  // "Other network" is said if and only if there is one.
  const size_t takers = !taken_by ? 0 : *taken_by == Network::kMain ? 1 : base58 ? 3 : 0;
  if (!taken_by) assert(refused_as_other == 0);
  if (takers != 0) assert(refused_as_other == kNetworks.size() - takers);
}

void CheckScript(const Script& script) {
  for (const Network network : kNetworks) {
    const auto text = bitcoin::EncodeAddress(script, network);
    assert(text.has_value() == (bitcoin::KindOf(script) != bitcoin::ScriptKind::kOther));
    if (!text) continue;
    const auto decoding = bitcoin::DecodeAddress(*text, network);
    assert(decoding.script == script);
    CheckText(*text);
  }
  assert(bitcoin::DustThresholdSat(script) >= 0);
  assert(bitcoin::OutputSize(script) > static_cast<int64_t>(script.size()));
}

// BIP 173 promises that up to four changed characters are found. One is tried here.
void CheckChangedCharacter(Input& input) {
  const size_t place = input.Byte();
  const char replaced = static_cast<char>(input.Byte());
  const Script script = bitcoin::ScriptOf({1, input.Bytes(32)});
  std::string text = *bitcoin::EncodeAddress(script, Network::kMain);
  const size_t at = place % text.size();
  if (std::tolower(static_cast<unsigned char>(text[at])) ==
      std::tolower(static_cast<unsigned char>(replaced))) {
    return;
  }
  text[at] = replaced;
  for (const Network network : kNetworks) {
    assert(!bitcoin::DecodeAddress(text, network).script);
  }
}

void CheckBase58(const std::string& text) {
  const auto payload = bitcoin::DecodeBase58Check(text);
  if (payload) assert(bitcoin::EncodeBase58Check(*payload) == text);
}

void CheckBech32(const std::string& text) {
  const auto parts = bitcoin::DecodeBech32(text);
  if (!parts) return;
  assert(bitcoin::EncodeBech32(*parts) == Lower(text));
  for (const uint8_t group : parts->groups) assert(group < 32);
  const auto bytes = bitcoin::BytesFromFiveBitGroups(parts->groups);
  if (bytes) assert(bitcoin::FiveBitGroups(*bytes) == parts->groups);
}

}  // namespace
}  // namespace sendonce::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sendonce::fuzz;
  Input input(data, size);
  switch (input.Below(3)) {
    case 0: {
      const std::string text = input.RestAsText();
      CheckText(text);
      CheckBase58(text);
      CheckBech32(text);
      break;
    }
    case 1:
      CheckScript(input.Bytes(input.size()));
      break;
    default:
      if (input.size() >= 34) CheckChangedCharacter(input);
  }
  return 0;
}
