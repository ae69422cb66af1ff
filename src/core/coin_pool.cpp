#include "core/coin_pool.h"

#include <algorithm>

namespace sendonce::core {

namespace {

bool ByAmount(const WalletCoin& a, const WalletCoin& b) {
  if (a.coin.amount_sat != b.coin.amount_sat) return a.coin.amount_sat < b.coin.amount_sat;
  return a.coin.outpoint < b.coin.outpoint;
}

// What the coin adds to a payment once its own input is paid for.
bitcoin::Amount EffectiveValue(const Coin& coin, bitcoin::FeeRate fee_rate_sat_kvb) {
  const int64_t vsize = bitcoin::EstimatedInputVsize(bitcoin::KindOf(coin.script));
  return coin.amount_sat - bitcoin::FeeForVsize(fee_rate_sat_kvb, vsize);
}

}  // namespace

void CoinPool::Replace(std::vector<WalletCoin> coins) {
  segwit_.coins.clear();
  legacy_.coins.clear();
  there_.clear();
  for (WalletCoin& coin : coins) {
    there_.insert(coin.coin.outpoint);
    const bool is_segwit = bitcoin::IsNativeSegwit(bitcoin::KindOf(coin.coin.script));
    (is_segwit ? segwit_ : legacy_).coins.push_back(std::move(coin));
  }
  std::sort(segwit_.coins.begin(), segwit_.coins.end(), ByAmount);
  std::sort(legacy_.coins.begin(), legacy_.coins.end(), ByAmount);
}

void CoinPool::Remove(const bitcoin::OutPoint& outpoint) {
  there_.erase(outpoint);
}

bool CoinPool::IsThere(const WalletCoin& coin, const Predicate& eligible) const {
  return there_.contains(coin.coin.outpoint) && eligible(coin);
}

std::optional<Coin> CoinPool::SmallestSufficient(const Shelf& shelf, bitcoin::Amount target_sat,
                                                 bitcoin::FeeRate fee_rate_sat_kvb,
                                                 const Predicate& eligible) const {
  auto coin = std::lower_bound(shelf.coins.begin(), shelf.coins.end(), target_sat,
                               [](const WalletCoin& candidate, bitcoin::Amount amount_sat) {
                                 return candidate.coin.amount_sat < amount_sat;
                               });
  for (; coin != shelf.coins.end(); ++coin) {
    if (EffectiveValue(coin->coin, fee_rate_sat_kvb) < target_sat) continue;
    if (IsThere(*coin, eligible)) return coin->coin;
  }
  return std::nullopt;
}

bitcoin::Amount CoinPool::TakeLargest(const Shelf& shelf, bitcoin::Amount missing_sat,
                                      bitcoin::FeeRate fee_rate_sat_kvb, const Predicate& eligible,
                                      std::vector<Coin>& chosen) const {
  for (auto coin = shelf.coins.rbegin(); coin != shelf.coins.rend() && missing_sat > 0; ++coin) {
    if (chosen.size() == kMaxCoinsPerBatch) break;
    const bitcoin::Amount value_sat = EffectiveValue(coin->coin, fee_rate_sat_kvb);
    if (value_sat <= 0) break;  // the rest is smaller still
    if (!IsThere(*coin, eligible)) continue;
    chosen.push_back(coin->coin);
    missing_sat -= value_sat;
  }
  return missing_sat;
}

std::optional<std::vector<Coin>> CoinPool::Select(bitcoin::Amount target_sat,
                                                  bitcoin::FeeRate fee_rate_sat_kvb,
                                                  const Predicate& eligible) const {
  if (auto coin = SmallestSufficient(segwit_, target_sat, fee_rate_sat_kvb, eligible)) {
    return std::vector<Coin>{*coin};
  }
  std::vector<Coin> chosen;
  bitcoin::Amount missing_sat =
      TakeLargest(segwit_, target_sat, fee_rate_sat_kvb, eligible, chosen);
  if (missing_sat > 0) {
    missing_sat = TakeLargest(legacy_, missing_sat, fee_rate_sat_kvb, eligible, chosen);
  }
  if (missing_sat > 0) return std::nullopt;
  return chosen;
}

std::optional<Coin> CoinPool::FindOutputOf(const bitcoin::Txid& txid,
                                           const Predicate& eligible) const {
  const WalletCoin* best = nullptr;
  for (const Shelf* shelf : {&segwit_, &legacy_}) {
    for (const WalletCoin& coin : shelf->coins) {
      if (coin.coin.outpoint.txid != txid || !IsThere(coin, eligible)) continue;
      if (!best || best->coin.amount_sat < coin.coin.amount_sat) best = &coin;
    }
  }
  return best ? std::optional(best->coin) : std::nullopt;
}

CoinSum CoinPool::Sum(const Predicate& eligible) const {
  CoinSum sum;
  for (const Shelf* shelf : {&segwit_, &legacy_}) {
    for (const WalletCoin& coin : shelf->coins) {
      if (!IsThere(coin, eligible)) continue;
      sum.amount_sat += coin.coin.amount_sat;
      ++sum.coins;
    }
  }
  return sum;
}

}  // namespace sendonce::core
