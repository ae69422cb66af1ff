// What stands in for signatures while the node judges a transaction that is not signed yet. Pure.

#ifndef SENDONCE_NODE_PLACEHOLDER_SIGNATURES_H
#define SENDONCE_NODE_PLACEHOLDER_SIGNATURES_H

#include <vector>

#include "bitcoin/transaction.h"
#include "core/batch.h"

namespace sendonce::node {

// The transaction with a scriptSig and witness of the form and size that spending each coin takes,
// and of no meaning: so its size and fee rate are those of the signed one, and nothing but its
// signatures is wrong with it. Inputs that spend another kind of script than bitcoind's wallet
// makes stay empty. REQUIRES: one coin for each input, in order.
bitcoin::Transaction WithPlaceholderSignatures(bitcoin::Transaction transaction,
                                               const std::vector<core::Coin>& coins);

}  // namespace sendonce::node

#endif  // SENDONCE_NODE_PLACEHOLDER_SIGNATURES_H
