#include "core/exclusion.h"

#include <algorithm>
#include <cassert>

namespace sendonce::core {

namespace {

bool Spends(const bitcoin::Transaction& transaction, const bitcoin::OutPoint& coin) {
  return std::any_of(transaction.inputs.begin(), transaction.inputs.end(),
                     [&](const bitcoin::TxIn& input) { return input.prevout == coin; });
}

bool Spends(const std::vector<Coin>& coins, const bitcoin::OutPoint& outpoint) {
  return std::any_of(coins.begin(), coins.end(),
                     [&](const Coin& coin) { return coin.outpoint == outpoint; });
}

std::optional<std::string> ObjectionToSharedCoin(const Exclusion& exclusion,
                                                 const std::vector<Coin>& coins,
                                                 const bitcoin::Transaction& excluded) {
  if (!Spends(coins, exclusion.coin)) return "the batch does not spend the shared coin";
  if (!Spends(excluded, exclusion.coin)) return "the excluded transaction does not spend it";
  return std::nullopt;
}

// What (b) and (c) have in common: X is a rival of T for this send.
std::optional<std::string> ObjectionToRival(const Exclusion& exclusion,
                                            const bitcoin::Transaction& excluded,
                                            const std::optional<RivalEvidence>& rival) {
  if (!rival) return "the log knows no such rival";
  if (bitcoin::TxidOf(rival->transaction) != exclusion.rival) return "the evidence is of another";
  if (exclusion.rival == exclusion.excluded) return "a transaction does not exclude itself";
  if (rival->pays_the_send) return "the rival pays the send itself";
  if (!ShareACoin(rival->transaction, excluded)) return "rival and excluded share no coin";
  return std::nullopt;
}

std::optional<std::string> ObjectionToDescent(const Exclusion& exclusion,
                                              const std::vector<Coin>& coins) {
  if (!Spends(coins, exclusion.coin)) return "the batch does not spend the rival's output";
  if (exclusion.coin.txid != exclusion.rival) return "the coin is no output of the rival";
  return std::nullopt;
}

}  // namespace

bool ShareACoin(const bitcoin::Transaction& a, const bitcoin::Transaction& b) {
  return std::any_of(a.inputs.begin(), a.inputs.end(),
                     [&](const bitcoin::TxIn& input) { return Spends(b, input.prevout); });
}

std::optional<std::string> ObjectionToExclusion(const Exclusion& exclusion,
                                                const std::vector<Coin>& coins,
                                                const bitcoin::Transaction& excluded,
                                                const std::optional<RivalEvidence>& rival,
                                                bool verdict_names_it, int32_t conflict_depth) {
  switch (exclusion.reason) {
    case ExclusionReason::kSharedCoin:
      return ObjectionToSharedCoin(exclusion, coins, excluded);
    case ExclusionReason::kDescendsFromRival:
      if (auto objection = ObjectionToRival(exclusion, excluded, rival)) return objection;
      return ObjectionToDescent(exclusion, coins);
    case ExclusionReason::kDeepRival:
      if (auto objection = ObjectionToRival(exclusion, excluded, rival)) return objection;
      if (rival->depth < conflict_depth) return "the rival is not deep enough";
      return std::nullopt;
    case ExclusionReason::kVerdict:
      if (!verdict_names_it) return "no verdict in the log names the transaction";
      return std::nullopt;
  }
  return "unknown reason";
}

}  // namespace sendonce::core
