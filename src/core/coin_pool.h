// The coins that may be chosen from, and the choice. The ledger's reservations are subtracted by
// the caller's predicate: the log is the truth on them (R8).
//
// The choice: the smallest single coin that suffices; else the largest ones until they do. Native
// segwit coins first, because a third party cannot change the txid of what spends them; legacy
// coins only where those do not suffice (R9).
//
// Not thread-safe. Pure.

#ifndef SENDONCE_CORE_COIN_POOL_H
#define SENDONCE_CORE_COIN_POOL_H

#include <functional>
#include <optional>
#include <unordered_set>
#include <vector>

#include "core/answers.h"
#include "core/commands.h"

namespace sendonce::core {

// The most coins that one batch spends: 1,000 P2WPKH inputs are 68 kvB of the 100 kvB that bitcoind
// relays.
constexpr size_t kMaxCoinsPerBatch = 1'000;

class CoinPool {
 public:
  using Predicate = std::function<bool(const WalletCoin&)>;

  // What the wallet shows, all of it. O(n log n).
  void Replace(std::vector<WalletCoin> coins);

  // The coin is spent or was found missing. It comes back only with the next Replace.
  void Remove(const bitcoin::OutPoint& outpoint);

  // Coins whose amounts, less the fee for their own inputs, reach `target_sat`; nullopt if all
  // eligible ones do not. Only coins for which `eligible` holds. O(log n + coins chosen + coins
  // passed over).
  std::optional<std::vector<Coin>> Select(bitcoin::Amount target_sat,
                                          bitcoin::FeeRate fee_rate_sat_kvb,
                                          const Predicate& eligible) const;

  // An eligible output of that transaction: the largest of them. O(n).
  std::optional<Coin> FindOutputOf(const bitcoin::Txid& txid, const Predicate& eligible) const;

  // Number and sum of the coins for which `eligible` holds. O(n).
  CoinSum Sum(const Predicate& eligible) const;

 private:
  // Ascending by amount, then by outpoint, so that the choice does not depend on the wallet's
  // order.
  struct Shelf {
    std::vector<WalletCoin> coins;
  };

  bool IsThere(const WalletCoin& coin, const Predicate& eligible) const;
  std::optional<Coin> SmallestSufficient(const Shelf& shelf, bitcoin::Amount target_sat,
                                         bitcoin::FeeRate fee_rate_sat_kvb,
                                         const Predicate& eligible) const;
  bitcoin::Amount TakeLargest(const Shelf& shelf, bitcoin::Amount missing_sat,
                              bitcoin::FeeRate fee_rate_sat_kvb, const Predicate& eligible,
                              std::vector<Coin>& chosen) const;

  Shelf segwit_;
  Shelf legacy_;
  // Those that were not removed: bounded by the wallet, though every input of every block is given
  // to Remove.
  std::unordered_set<bitcoin::OutPoint, bitcoin::OutPointHasher> there_;
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_COIN_POOL_H
