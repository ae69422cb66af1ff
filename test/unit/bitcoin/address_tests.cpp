#include "bitcoin/address.h"

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <vector>

#include "bitcoin/bech32.h"

namespace sendonce::bitcoin {
namespace {

constexpr std::array<Network, 4> kAllNetworks = {Network::kMain, Network::kTestnet4,
                                                 Network::kSignet, Network::kRegtest};

using Networks = std::vector<Network>;
const Networks kMainOnly = {Network::kMain};
const Networks kBothTests = {Network::kTestnet4, Network::kSignet};
const Networks kRegtestOnly = {Network::kRegtest};
const Networks kAllButMain = {Network::kTestnet4, Network::kSignet, Network::kRegtest};

struct KnownAddress {
  std::string_view address;
  std::string_view script;
  Networks networks;  // that it is good for
};

const std::vector<KnownAddress>& Base58Addresses() {
  static const std::vector<KnownAddress> addresses = {
      {"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac",
       kMainOnly},
      {"17VZNX1SN5NtKa8UQFxwQbFeFc3iqRYhem", "76a91447376c6f537d62177a2c41c4ca9b45829ab9908388ac",
       kMainOnly},
      {"1111111111111111111114oLvT2", "76a914000000000000000000000000000000000000000088ac",
       kMainOnly},
      {"3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "a914b472a266d0bd89c13706a4132ccfb16f7c3b9fcb87",
       kMainOnly},
      {"3EktnHQD7RiAE6uzMj2ZifT9YgRrkSgzQX", "a9148f55563b9a19f321c211e9b9f38cdf686ea0784587",
       kMainOnly},
      {"mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", "76a914243f1394f44554f4ce3fd68649c19adc483ce92488ac",
       kAllButMain},
      {"2MzQwSSnBHWHqSAqtTVQ6v47XtaisrJa1Vc", "a9144e9f39ca4688ff102128ea4ccda34105324305b087",
       kAllButMain},
  };
  return addresses;
}

// BIP 350, "Test vectors for v0-v16 native segregated witness addresses", and one of regtest.
const std::vector<KnownAddress>& SegwitAddresses() {
  static const std::vector<KnownAddress> addresses = {
      {"BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "0014751e76e8199196d454941c45d1b3a323f1433bd6",
       kMainOnly},
      {"tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
       "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262", kBothTests},
      {"bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
       "5128751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6",
       kMainOnly},
      {"BC1SW50QGDZ25J", "6002751e", kMainOnly},
      {"bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", "5210751e76e8199196d454941c45d1b3a323", kMainOnly},
      {"tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy",
       "0020000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433", kBothTests},
      {"tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c",
       "5120000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433", kBothTests},
      {"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
       "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798", kMainOnly},
      {"bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080",
       "0014751e76e8199196d454941c45d1b3a323f1433bd6", kRegtestOnly},
  };
  return addresses;
}

// BIP 173, "invalid segwit addresses", and those of its valid ones that BIP 350 made invalid.
const std::vector<std::string_view> kInvalidSegwitOfBip173 = {
    "tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
    "BC13W508D6QEJXTDG4Y5R3ZARVARY0C5XW7KN40WF2",
    "bc1rw5uspcuh",
    "bc10w508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kw5rljs90",
    "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",
    "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sL5k7",
    "bc1zw508d6qejxtdg4y5r3zarvaryvqyzf3du",
    "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3pjxtptv",
    "bc1gmk9yu",
    "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7k7grplx",
    "BC1SW50QA3JX3S",
    "bc1zw508d6qejxtdg4y5r3zarvaryvg6kdaj",
};

// BIP 350, "invalid segwit addresses".
const std::vector<std::string_view> kInvalidSegwitOfBip350 = {
    "tc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq5zuyut",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
    "tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf",
    "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh",
    "tb1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq24jc47",
    "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",
    "BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R",
    "bc1pw5dgrnzv",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav",
    "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",
    "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf",
    "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j",
    "bc1gmk9yu",
};

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return lower;
}

// On its own networks the address gives its script and the script gives `canonical`; on all others
// it is told to be of another one.
void CheckAddress(const KnownAddress& known, std::string_view canonical) {
  for (const Network network : kAllNetworks) {
    BOOST_TEST_CONTEXT(known.address << " on " << ChainName(network)) {
      const AddressDecoding decoding = DecodeAddress(known.address, network);
      const bool expected = std::ranges::find(known.networks, network) != known.networks.end();
      BOOST_TEST(decoding.script.has_value() == expected);
      BOOST_TEST(decoding.error.has_value() == !expected);
      if (decoding.script) {
        BOOST_TEST(HexFromBytes(*decoding.script) == known.script);
        BOOST_TEST((EncodeAddress(*decoding.script, network) == canonical));
      } else {
        BOOST_TEST((decoding.error == AddressError::kOtherNetwork));
      }
    }
  }
}

void CheckMalformed(std::string_view address) {
  for (const Network network : kAllNetworks) {
    BOOST_TEST_CONTEXT(address << " on " << ChainName(network)) {
      const AddressDecoding decoding = DecodeAddress(address, network);
      BOOST_TEST(!decoding.script.has_value());
      BOOST_TEST((decoding.error == AddressError::kMalformed));
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bitcoin_address)

BOOST_AUTO_TEST_CASE(networks_as_bitcoind_names_them) {
  BOOST_TEST(ChainName(Network::kMain) == "main");
  BOOST_TEST(ChainName(Network::kTestnet4) == "testnet4");
  BOOST_TEST(ChainName(Network::kSignet) == "signet");
  BOOST_TEST(ChainName(Network::kRegtest) == "regtest");
  for (const Network network : kAllNetworks) {
    BOOST_TEST((NetworkFromChainName(ChainName(network)) == network));
  }
  for (const char* name : {"", "test", "testnet", "mainnet", "Main", "main "}) {
    BOOST_TEST(!NetworkFromChainName(name).has_value());
  }
}

BOOST_AUTO_TEST_CASE(folders_and_ports_of_bitcoind) {
  BOOST_TEST(DataSubdirectory(Network::kMain) == "");
  BOOST_TEST(DataSubdirectory(Network::kTestnet4) == "testnet4");
  BOOST_TEST(DataSubdirectory(Network::kSignet) == "signet");
  BOOST_TEST(DataSubdirectory(Network::kRegtest) == "regtest");
  BOOST_TEST(DefaultRpcPort(Network::kMain) == 8332);
  BOOST_TEST(DefaultRpcPort(Network::kTestnet4) == 48332);
  BOOST_TEST(DefaultRpcPort(Network::kSignet) == 38332);
  BOOST_TEST(DefaultRpcPort(Network::kRegtest) == 18443);
}

BOOST_AUTO_TEST_CASE(base58_addresses) {
  for (const KnownAddress& known : Base58Addresses()) CheckAddress(known, known.address);
}

BOOST_AUTO_TEST_CASE(segwit_addresses_of_bip_173_and_350) {
  for (const KnownAddress& known : SegwitAddresses()) CheckAddress(known, Lower(known.address));
}

BOOST_AUTO_TEST_CASE(invalid_addresses_of_bip_173) {
  for (const std::string_view address : kInvalidSegwitOfBip173) CheckMalformed(address);
}

BOOST_AUTO_TEST_CASE(invalid_addresses_of_bip_350) {
  for (const std::string_view address : kInvalidSegwitOfBip350) CheckMalformed(address);
}

BOOST_AUTO_TEST_CASE(base58_that_is_no_address) {
  for (const char* text : {
           "", " ",
           "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",   // checksum
           "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfN",    // cut
           " 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",  // white space
           "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa\n",
           "11A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",                  // one more leading zero
           "11GsChQR2U32pvwJcDNPoYHhGcnz5Rv",                      // version 0 and 19 bytes
           "116L5yRNPTuciSgXGHqYwn9N6NeoGU45ux",                   // version 0 and 21 bytes
           "3QJmnh",                                               // nothing
           "1Wh4bh",                                               // a version alone
           "LKDyUEtTR1HXamkiEphisSiBJu6o3ZPE34",                   // version 48
           "5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAbuatmU",  // a private key
       }) {
    CheckMalformed(text);
  }
}

BOOST_AUTO_TEST_CASE(every_truncation_is_malformed) {
  for (const auto* addresses : {&Base58Addresses(), &SegwitAddresses()}) {
    for (const KnownAddress& known : *addresses) {
      for (size_t size = 0; size < known.address.size(); ++size) {
        CheckMalformed(known.address.substr(0, size));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(bech32_that_is_no_address_of_any_version) {
  const Bytes program = FiveBitGroups(Bytes(32, 0x22));
  for (uint8_t version = 17; version < 32; ++version) {
    Bech32Text text{Bech32Variant::kBech32m, "bc", program};
    text.groups.insert(text.groups.begin(), version);
    CheckMalformed(EncodeBech32(text));
  }
}

BOOST_AUTO_TEST_CASE(every_kind_round_trips_on_every_network) {
  std::vector<Script> scripts = {P2pkhScript(Bytes(20, 0x33)), P2shScript(Bytes(20, 0x44)),
                                 ScriptOf({0, Bytes(20, 0x55)}), ScriptOf({0, Bytes(32, 0x66)})};
  for (int version = 1; version <= 16; ++version) {
    for (size_t size = 2; size <= 40; ++size)
      scripts.push_back(ScriptOf({version, Bytes(size, 0x77)}));
  }
  for (const Network network : kAllNetworks) {
    for (const Script& script : scripts) {
      const std::optional<std::string> address = EncodeAddress(script, network);
      BOOST_REQUIRE(address.has_value());
      BOOST_TEST((DecodeAddress(*address, network).script == script));
    }
  }
}

BOOST_AUTO_TEST_CASE(scripts_without_an_address) {
  for (const char* hex :
       {"", "6a", "6a0568656c6c6f", "0015111111111111111111111111111111111111111111",
        "210279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798ac"}) {
    BOOST_TEST_CONTEXT(hex) {
      BOOST_TEST(!EncodeAddress(*BytesFromHex(hex), Network::kMain).has_value());
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::bitcoin
