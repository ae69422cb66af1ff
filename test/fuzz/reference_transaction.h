// A transaction's bytes read a second time, as BIP 144 words it and no further than a comparison
// needs: what makes one, where its amounts are, and what of it the txid commits to.

#ifndef SENDONCE_TEST_FUZZ_REFERENCE_TRANSACTION_H
#define SENDONCE_TEST_FUZZ_REFERENCE_TRANSACTION_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "bitcoin/bytes.h"

namespace sendonce::fuzz {

struct ReferenceTransaction {
  size_t inputs = 0;
  std::vector<int64_t> amounts;
  bitcoin::Bytes stripped;  // without marker, flag and witnesses
};

// nullopt for what bitcoin/transaction.h says is refused.
std::optional<ReferenceTransaction> ReadReferenceTransaction(const bitcoin::Bytes& bytes);

}  // namespace sendonce::fuzz

#endif  // SENDONCE_TEST_FUZZ_REFERENCE_TRANSACTION_H
