// Transactions and blocks of the main network and of the BIPs, with what other software says of
// them. Ids, sizes and weights were worked out without sendonce's code.

#ifndef SENDONCE_TEST_UNIT_BITCOIN_KNOWN_TRANSACTIONS_H
#define SENDONCE_TEST_UNIT_BITCOIN_KNOWN_TRANSACTIONS_H

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sendonce::bitcoin {

struct KnownTransaction {
  std::string_view name;
  std::string_view hex;
  std::string_view txid;
  int64_t size = 0;
  int64_t weight = 0;
  size_t inputs = 0;
  size_t outputs = 0;
  bool has_witness = false;
};

const std::vector<KnownTransaction>& KnownTransactions();

// REQUIRES: there is one.
const KnownTransaction& KnownTransactionNamed(std::string_view name);

struct KnownBlock {
  std::string_view name;
  std::string_view hex;
  std::string_view hash;
  std::string_view previous_hash;
  std::vector<std::string_view> txids;
};

const std::vector<KnownBlock>& KnownBlocks();

}  // namespace sendonce::bitcoin

#endif  // SENDONCE_TEST_UNIT_BITCOIN_KNOWN_TRANSACTIONS_H
