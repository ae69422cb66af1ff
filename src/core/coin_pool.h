// The wallet's coins, as far as they have been read: all of them once, then what the last blocks
// changed (a full listunspent costs the node seconds where there are many). The ledger's
// reservations are subtracted by the caller's predicate: the log is the truth on them (R8). What is
// chosen is core/coin_selection.h's matter.
//
// Not thread-safe. Pure.

#ifndef SENDONCE_CORE_COIN_POOL_H
#define SENDONCE_CORE_COIN_POOL_H

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/answers.h"
#include "core/commands.h"

namespace sendonce::core {

class CoinPool {
 public:
  using Predicate = std::function<bool(const WalletCoin&)>;

  // Native segwit coins, which a third party cannot give another txid, and all others (R9).
  enum class Shelf : uint8_t { kSegwit, kLegacy };

  // What the wallet shows of its coins: all of them, or only those in blocks above a height and
  // those in none. Of these, coins that are here and are not shown go, but for those for which
  // `stays` holds: the wallet does not show what is locked. O((shown + gone) log n).
  void Replace(std::optional<int32_t> above_height, std::vector<WalletCoin> shown,
               const Predicate& stays);

  // The coin is spent or was found missing. It comes back only if a later reading shows it.
  void Remove(const bitcoin::OutPoint& outpoint);

  void Clear();

  size_t size() const { return coins_.size(); }

  // By amount, then by outpoint, so that nothing depends on the wallet's order; until `visit`
  // returns false. Ascending from the first coin of at least that amount, descending from the last
  // of at most that amount. `visit` must not change the pool.
  using Visitor = std::function<bool(const WalletCoin&)>;
  void Ascend(Shelf shelf, bitcoin::Amount from_sat, const Visitor& visit) const;
  void Descend(Shelf shelf, bitcoin::Amount from_sat, const Visitor& visit) const;

  // An eligible output of that transaction: the largest of them. O(log n + its outputs).
  std::optional<Coin> FindOutputOf(const bitcoin::Txid& txid, const Predicate& eligible) const;

  // Number and sum of the coins for which `eligible` holds. O(n).
  CoinSum Sum(const Predicate& eligible) const;

 private:
  using Coins = std::map<bitcoin::OutPoint, WalletCoin>;
  using ByAmount = std::set<std::pair<bitcoin::Amount, bitcoin::OutPoint>>;

  void Add(WalletCoin coin);
  void EraseAbove(std::optional<int32_t> above_height, const Predicate& stays);
  ByAmount& ShelfOf(const WalletCoin& coin);

  Coins coins_;
  ByAmount segwit_;
  ByAmount legacy_;
  // Unconfirmed ones are above all heights.
  std::set<std::pair<int32_t, bitcoin::OutPoint>> by_height_;
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_COIN_POOL_H
