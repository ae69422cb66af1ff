// What R4 allows for a batch that cannot go on: which of its sends may be paid by a new batch, from
// which coins, and why that new batch can never confirm together with any transaction that may pay
// them already. Only a proposal: the ledger judges the record that comes of it.
//
// Pure.

#ifndef SENDONCE_CORE_REBUILD_H
#define SENDONCE_CORE_REBUILD_H

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/ledger.h"
#include "core/policy.h"

namespace sendonce::core {

struct RebuildPlan {
  std::vector<SendId> sends;
  std::vector<Coin> coins;  // that the exclusions rest on: the new batch spends all of them
  std::vector<Exclusion> exclusions;
};

// Why there is none now.
struct NoPlan {
  std::string reason;
  bool automatic = true;  // can come by itself: a rival confirms deeper, an output of it is ours
};

// What is known of coins beyond the ledger.
struct CoinSources {
  // False: the node has said that the coin is spent or not there.
  std::function<bool(const bitcoin::OutPoint&)> may_be_there;
  // An output of that transaction that the wallet may spend now (R9).
  std::function<std::optional<Coin>(const bitcoin::Txid&)> output_of;
};

// For each transaction that may pay a send, the first of these that can be had: (a) a coin that it
// spends and that is left, (b) an output of a rival, (c) a rival `conflict_depth` deep, (d) a
// verdict. A coin that is chosen already serves for as many as it can.
// REQUIRES: the batch is live and a signature was asked for it.
std::variant<RebuildPlan, NoPlan> PlanRebuild(const Ledger& ledger, const Batch& batch,
                                              const Policy& policy, const CoinSources& sources);

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_REBUILD_H
