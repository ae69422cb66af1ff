// The funder: what a batch spends, and what becomes of what is left over. It chooses from the
// coins that may be spent now (R2, R9), takes small coins along while fees are low (consolidation),
// and has change come back in several parts while there are few coins to spend, so that batches
// need not wait for each other's change.
//
// Not thread-safe. Pure.

#ifndef SENDONCE_CORE_FUNDER_H
#define SENDONCE_CORE_FUNDER_H

#include <optional>
#include <vector>

#include "core/coin_pool.h"
#include "core/coin_selection.h"
#include "core/ledger.h"
#include "core/policy.h"

namespace sendonce::core {

// The least that one of the parts of a batch's change is worth.
constexpr bitcoin::Amount kMinChangePartSat = 100'000;

// Small coins are taken along only while the pool holds at least so many.
constexpr size_t kManyCoins = 100;

struct Funds {
  std::vector<Coin> coins;
  // Change outputs in front of the last one, which takes what is left.
  std::vector<bitcoin::Amount> split_sat;
  bitcoin::Amount waste_sat = 0;  // see CoinChoice
  bool is_plain = true;           // no small coins taken along, change not split
};

class Funder {
 public:
  Funder(const Policy& policy, const Ledger& ledger, const CoinPool& pool)
      : policy_(policy), ledger_(ledger), pool_(pool) {}

  // A coin that may be spent now: confirmed deeply enough (R9) and in no live batch (R2).
  bool MaySpend(const WalletCoin& coin) const;

  // Coins for the sends at that fee rate, `given` among them and first, and `extra_sat` more than
  // that takes; nullopt if there are not enough. `plain`: nothing that makes it dearer than need
  // be.
  std::optional<Funds> Fund(const std::vector<const Send*>& sends, const std::vector<Coin>& given,
                            bitcoin::FeeRate rate_sat_kvb, bitcoin::Amount extra_sat, bool plain);

  // Change was split: its parts are of use once they are confirmed, until then no other is.
  void NoteSplit();

 private:
  std::optional<Funds> Choose(bitcoin::Amount target_sat, const std::vector<Coin>& given,
                              bitcoin::FeeRate rate_sat_kvb, bool is_thin) const;
  void TakeSmallCoins(bitcoin::FeeRate rate_sat_kvb, Funds& funds) const;
  size_t CountSpendable(size_t most) const;
  void SplitChange(bitcoin::Amount change_sat, bitcoin::Amount paid_sat, size_t spendable,
                   bitcoin::FeeRate rate_sat_kvb, Funds& funds) const;

  const Policy& policy_;
  const Ledger& ledger_;
  const CoinPool& pool_;
  int32_t split_at_height_ = -1;
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_FUNDER_H
