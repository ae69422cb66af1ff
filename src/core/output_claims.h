// An output pays one id, whatever batches its transaction takes coins of. Pure; on the thread of
// the ledger.

#ifndef SENDONCE_CORE_OUTPUT_CLAIMS_H
#define SENDONCE_CORE_OUTPUT_CLAIMS_H

#include <set>
#include <vector>

#include "bitcoin/transaction.h"
#include "core/ledger.h"
#include "core/matching.h"

namespace sendonce::core {

// The batches, none of them dropped, of which the transaction spends a coin. Oldest first.
std::set<BatchId> BatchesSpentBy(const Ledger& ledger, const bitcoin::Transaction& transaction);
std::set<BatchId> BatchesSpending(const Ledger& ledger,
                                  const std::vector<bitcoin::OutPoint>& coins);

// Which id each output pays, as the versions on record have it.
OutputClaims ClaimsOn(const Ledger& ledger, const bitcoin::Transaction& transaction);

// sendonce has made it: whom each of its outputs is for is known.
bool IsOurOwn(const Ledger& ledger, const bitcoin::Transaction& transaction);

// Or is what it has made with other signatures.
bool IsOurOwnButForSignatures(const Ledger& ledger, const bitcoin::Transaction& transaction);

// The transaction is a version of the batch, or one but for its signatures.
bool IsVersionOf(const Batch& batch, const bitcoin::Transaction& transaction);

// What the transaction pays of the batch's sends (R7). What sendonce has made for other sends pays
// none of them. REQUIRES: the sends of the batch are in the ledger, with their content.
Match MatchSpender(const Ledger& ledger, const Batch& batch,
                   const bitcoin::Transaction& transaction);

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_OUTPUT_CLAIMS_H
