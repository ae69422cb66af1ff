// Addresses and the scripts they stand for: base58check (P2PKH, P2SH), bech32 (BIP 173, witness
// version 0) and bech32m (BIP 350, 1 to 16). Pure; safe from any thread. Base58 and bech32 are our
// own code (base58.h, bech32.h) because Debian packages no library for both.

#ifndef SENDONCE_BITCOIN_ADDRESS_H
#define SENDONCE_BITCOIN_ADDRESS_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bitcoin/script.h"

namespace sendonce::bitcoin {

enum class Network { kMain, kTestnet4, kSignet, kRegtest };

// bitcoind's name of the chain, as in getblockchaininfo: "main", "testnet4", "signet", "regtest".
std::string_view ChainName(Network network);
std::optional<Network> NetworkFromChainName(std::string_view name);

// The folder below a data directory that bitcoind uses for the network: "", "testnet4", "signet",
// "regtest".
std::string_view DataSubdirectory(Network network);

// bitcoind's default RPC port for the network.
uint16_t DefaultRpcPort(Network network);

enum class AddressError {
  kMalformed,  // bad character, checksum, length, version or padding, or of no network named here
  kOtherNetwork,  // well formed, but for another of the networks
};

// What an address stands for, or why it does not stand for anything here. Exactly one of the two is
// set.
struct AddressDecoding {
  std::optional<Script> script;
  std::optional<AddressError> error;
};

// An address does not always tell its network: testnet4 and signet share all of theirs, and regtest
// the base58 ones. Such an address is good for each of them. White space is not forgiven. An
// address of a witness version that has no rules yet (BIP 350) gives its script, as in bitcoind;
// whoever pays it must know why.
AddressDecoding DecodeAddress(std::string_view address, Network network);

// The address of a script, or nullopt if it has none: ScriptKind::kOther. Bech32 in lower case.
std::optional<std::string> EncodeAddress(const Script& script, Network network);

}  // namespace sendonce::bitcoin

#endif  // SENDONCE_BITCOIN_ADDRESS_H
