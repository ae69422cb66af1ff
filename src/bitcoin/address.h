// Addresses and the scripts they stand for: base58check (P2PKH, P2SH), bech32 (BIP 173, witness
// version 0) and bech32m (BIP 350, 1 to 16). Pure; safe from any thread. Base58 and bech32 are our
// own code because Debian packages no C or C++ library with headers for them.

#ifndef SENDONCE_BITCOIN_ADDRESS_H
#define SENDONCE_BITCOIN_ADDRESS_H

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
  kMalformed,     // bad character, checksum, length, version or padding
  kOtherNetwork,  // well formed, but for another network
};

// What an address stands for, or why it does not stand for anything here. Exactly one of the two is
// set.
struct AddressDecoding {
  std::optional<Script> script;
  std::optional<AddressError> error;
};

AddressDecoding DecodeAddress(std::string_view address, Network network);

// The address of a script, or nullopt if it has none.
std::optional<std::string> EncodeAddress(const Script& script, Network network);

}  // namespace sendonce::bitcoin

#endif  // SENDONCE_BITCOIN_ADDRESS_H
