// Rule R4: no second payment without exclusion. One small function over values decides whether one
// transaction of a send's may-pay set is excluded by the coins of the batch that the send is to
// enter; the ledger asserts it for every pair before the record is written, and the offline tools
// repeat it. Pure; safe from any thread.

#ifndef SENDONCE_CORE_EXCLUSION_H
#define SENDONCE_CORE_EXCLUSION_H

#include <optional>
#include <string>
#include <vector>

#include "core/batch.h"
#include "core/records.h"

namespace sendonce::core {

// The lowest conflict depth that may be configured. The log does not know what the operator's
// -conflictdepth was when a record was written, so the ledger holds a record to this; the machine
// holds itself to the option.
constexpr int32_t kMinConflictDepth = 10;

// A rival as evidence: the transaction, whether it pays the send in question (then it is no rival
// to it), and how deep it is in the chain (0: not in it).
struct RivalEvidence {
  bitcoin::Transaction transaction;
  bool pays_the_send = false;
  int32_t depth = 0;
};

// Then one chain can hold only one of them, at any depth of a reorganisation.
bool ShareACoin(const bitcoin::Transaction& a, const bitcoin::Transaction& b);

// Why the exclusion does not hold, or nullopt if it does. `coins` is what the new batch spends and
// every later version of it keeps; `excluded` is T.
//   (a) kSharedCoin: `exclusion.coin` is spent by the batch and by T itself.
//   (b) kDescendsFromRival: `exclusion.coin` is spent by the batch and is an output of the rival,
//   which is not T, does not pay the send, and spends a coin that T spends. (c) kDeepRival: such a
//   rival is `conflict_depth` deep. (d) kVerdict: an operator's verdict in the log names T.
// Descendants of a rival and ancestors of T, which R4 allows too, are not followed: what is not
// followed does not hold, which is the safe side.
std::optional<std::string> ObjectionToExclusion(const Exclusion& exclusion,
                                                const std::vector<Coin>& coins,
                                                const bitcoin::Transaction& excluded,
                                                const std::optional<RivalEvidence>& rival,
                                                bool verdict_names_it, int32_t conflict_depth);

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_EXCLUSION_H
