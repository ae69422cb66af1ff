#include "core/coin_pool.h"

#include <limits>
#include <utility>

namespace sendonce::core {

namespace {

constexpr int32_t kInNoBlock = std::numeric_limits<int32_t>::max();

int32_t HeightKey(const WalletCoin& coin) {
  return coin.height > 0 ? coin.height : kInNoBlock;
}

}  // namespace

CoinPool::ByAmount& CoinPool::ShelfOf(const WalletCoin& coin) {
  return bitcoin::IsNativeSegwit(bitcoin::KindOf(coin.coin.script)) ? segwit_ : legacy_;
}

void CoinPool::Replace(std::optional<int32_t> above_height, std::vector<WalletCoin> shown,
                       const Predicate& stays) {
  EraseAbove(above_height, stays);
  for (WalletCoin& coin : shown) Add(std::move(coin));
}

void CoinPool::EraseAbove(std::optional<int32_t> above_height, const Predicate& stays) {
  auto item = by_height_.begin();
  if (above_height && *above_height < kInNoBlock) {
    item = by_height_.lower_bound({*above_height + 1, {}});
  }
  std::vector<bitcoin::OutPoint> gone;
  for (; item != by_height_.end(); ++item) {
    if (!stays(coins_.at(item->second))) gone.push_back(item->second);
  }
  for (const bitcoin::OutPoint& outpoint : gone) Remove(outpoint);
}

void CoinPool::Add(WalletCoin coin) {
  const bitcoin::OutPoint outpoint = coin.coin.outpoint;
  Remove(outpoint);
  ShelfOf(coin).emplace(coin.coin.amount_sat, outpoint);
  by_height_.emplace(HeightKey(coin), outpoint);
  coins_.emplace(outpoint, std::move(coin));
}

void CoinPool::Remove(const bitcoin::OutPoint& outpoint) {
  const auto found = coins_.find(outpoint);
  if (found == coins_.end()) return;
  const WalletCoin& coin = found->second;
  ShelfOf(coin).erase({coin.coin.amount_sat, outpoint});
  by_height_.erase({HeightKey(coin), outpoint});
  coins_.erase(found);
}

void CoinPool::Clear() {
  coins_.clear();
  segwit_.clear();
  legacy_.clear();
  by_height_.clear();
}

void CoinPool::Ascend(Shelf shelf, bitcoin::Amount from_sat, const Visitor& visit) const {
  const ByAmount& amounts = shelf == Shelf::kSegwit ? segwit_ : legacy_;
  for (auto item = amounts.lower_bound({from_sat, {}}); item != amounts.end(); ++item) {
    if (!visit(coins_.at(item->second))) return;
  }
}

void CoinPool::Descend(Shelf shelf, bitcoin::Amount from_sat, const Visitor& visit) const {
  const ByAmount& amounts = shelf == Shelf::kSegwit ? segwit_ : legacy_;
  auto item =
      from_sat < bitcoin::kMaxMoneySat ? amounts.lower_bound({from_sat + 1, {}}) : amounts.end();
  while (item != amounts.begin()) {
    --item;
    if (!visit(coins_.at(item->second))) return;
  }
}

std::optional<Coin> CoinPool::FindOutputOf(const bitcoin::Txid& txid,
                                           const Predicate& eligible) const {
  const WalletCoin* best = nullptr;
  for (auto item = coins_.lower_bound({txid, 0}); item != coins_.end(); ++item) {
    if (item->first.txid != txid) break;
    if (!eligible(item->second)) continue;
    if (!best || best->coin.amount_sat < item->second.coin.amount_sat) best = &item->second;
  }
  return best ? std::optional(best->coin) : std::nullopt;
}

CoinSum CoinPool::Sum(const Predicate& eligible) const {
  CoinSum sum;
  for (const auto& [outpoint, coin] : coins_) {
    if (!eligible(coin)) continue;
    sum.amount_sat += coin.coin.amount_sat;
    ++sum.coins;
  }
  return sum;
}

}  // namespace sendonce::core
