#include "core/coin_selection.h"

#include <algorithm>

namespace sendonce::core {

namespace {

using Shelf = CoinPool::Shelf;

// What an exact sum may be too much by: so little that bitcoind never makes change of it, because
// it is dust to every script once the output is paid for.
constexpr bitcoin::Amount kSmallestDustSat = 294;

int64_t InputVsize(const Coin& coin) {
  return bitcoin::EstimatedInputVsize(bitcoin::KindOf(coin.script));
}

bitcoin::Amount WasteOfInputs(const std::vector<Coin>& coins, const CoinWish& wish) {
  bitcoin::Amount waste_sat = 0;
  for (const Coin& coin : coins) {
    waste_sat += bitcoin::FeeForVsize(wish.fee_rate_sat_kvb, InputVsize(coin));
    waste_sat -= bitcoin::FeeForVsize(wish.long_term_fee_rate_sat_kvb, InputVsize(coin));
  }
  return waste_sat;
}

bitcoin::Amount CostOfChange(const CoinWish& wish) {
  return bitcoin::FeeForVsize(wish.fee_rate_sat_kvb, kChangeVsize) +
         bitcoin::FeeForVsize(wish.long_term_fee_rate_sat_kvb, kSpentChangeVsize);
}

CoinChoice WithChange(std::vector<Coin> coins, const CoinWish& wish) {
  const bitcoin::Amount waste_sat = WasteOfInputs(coins, wish) + CostOfChange(wish);
  return {std::move(coins), waste_sat};
}

std::optional<Coin> SmallestSufficient(const CoinPool& pool, const CoinWish& wish,
                                       const CoinPool::Predicate& eligible) {
  std::optional<Coin> found;
  pool.Ascend(Shelf::kSegwit, wish.target_sat, [&](const WalletCoin& coin) {
    const bool suffices = EffectiveValue(coin.coin, wish.fee_rate_sat_kvb) >= wish.target_sat;
    if (suffices && eligible(coin)) found = coin.coin;
    return !found;
  });
  return found;
}

bitcoin::Amount TakeLargest(const CoinPool& pool, Shelf shelf, const CoinWish& wish,
                            const CoinPool::Predicate& eligible, bitcoin::Amount missing_sat,
                            std::vector<Coin>& chosen) {
  pool.Descend(shelf, bitcoin::kMaxMoneySat, [&](const WalletCoin& coin) {
    if (missing_sat <= 0 || chosen.size() == kMaxCoinsPerBatch) return false;
    const bitcoin::Amount value_sat = EffectiveValue(coin.coin, wish.fee_rate_sat_kvb);
    if (value_sat <= 0) return false;  // the rest is smaller still
    if (!eligible(coin)) return true;
    chosen.push_back(coin.coin);
    missing_sat -= value_sat;
    return true;
  });
  return missing_sat;
}

std::optional<std::vector<Coin>> WithFewInputs(const CoinPool& pool, const CoinWish& wish,
                                               const CoinPool::Predicate& eligible) {
  if (auto coin = SmallestSufficient(pool, wish, eligible)) return std::vector<Coin>{*coin};
  std::vector<Coin> chosen;
  bitcoin::Amount missing_sat =
      TakeLargest(pool, Shelf::kSegwit, wish, eligible, wish.target_sat, chosen);
  if (missing_sat > 0) {
    missing_sat = TakeLargest(pool, Shelf::kLegacy, wish, eligible, missing_sat, chosen);
  }
  if (missing_sat > 0) return std::nullopt;
  return chosen;
}

// Branch and bound: each coin is in or out, the largest first; a branch ends when it is over the
// window, or when all that is left cannot reach it. Keeps the sum with the least left over.
class ExactSearch {
 public:
  ExactSearch(const CoinPool& pool, const CoinWish& wish, const CoinPool::Predicate& eligible)
      : least_sat_(wish.target_sat - ChangeFee(wish)),
        most_sat_(least_sat_ + ChangeFee(wish) + kSmallestDustSat - 1) {
    pool.Descend(Shelf::kSegwit, most_sat_ + InputFee(wish), [&](const WalletCoin& coin) {
      const bitcoin::Amount value_sat = EffectiveValue(coin.coin, wish.fee_rate_sat_kvb);
      if (value_sat <= 0) return false;
      if (value_sat <= most_sat_ && eligible(coin)) coins_.push_back({coin.coin, value_sat});
      return coins_.size() < kMaxExactCandidates;
    });
    std::stable_sort(coins_.begin(), coins_.end(), [](const Candidate& a, const Candidate& b) {
      return a.value_sat > b.value_sat;
    });
  }

  std::optional<std::vector<Coin>> Run() {
    left_sat_.assign(coins_.size() + 1, 0);
    for (size_t i = coins_.size(); i-- > 0;) {
      left_sat_[i] = left_sat_[i + 1] + coins_[i].value_sat;
    }
    Search(0, 0);
    if (best_.empty()) return std::nullopt;
    std::vector<Coin> chosen;
    for (size_t index : best_) chosen.push_back(coins_[index].coin);
    return chosen;
  }

  bitcoin::Amount left_over_sat() const { return best_sum_sat_ - least_sat_; }

 private:
  struct Candidate {
    Coin coin;
    bitcoin::Amount value_sat = 0;
  };

  static bitcoin::Amount ChangeFee(const CoinWish& wish) {
    return bitcoin::FeeForVsize(wish.fee_rate_sat_kvb, kChangeVsize);
  }
  static bitcoin::Amount InputFee(const CoinWish& wish) {
    return bitcoin::FeeForVsize(wish.fee_rate_sat_kvb, kSpentChangeVsize);
  }

  // Not deeper than the candidates are many.
  void Search(size_t next, bitcoin::Amount sum_sat) {
    if (++steps_ > kMaxExactSteps || sum_sat > most_sat_) return;
    if (sum_sat >= least_sat_) {
      if (best_.empty() || sum_sat < best_sum_sat_) {
        best_ = taken_;
        best_sum_sat_ = sum_sat;
      }
      return;
    }
    if (next == coins_.size() || sum_sat + left_sat_[next] < least_sat_) return;
    taken_.push_back(next);
    Search(next + 1, sum_sat + coins_[next].value_sat);
    taken_.pop_back();
    Search(next + 1, sum_sat);
  }

  const bitcoin::Amount least_sat_;
  const bitcoin::Amount most_sat_;
  std::vector<Candidate> coins_;
  std::vector<bitcoin::Amount> left_sat_;  // sum of the candidates from this one on
  std::vector<size_t> taken_;
  std::vector<size_t> best_;
  bitcoin::Amount best_sum_sat_ = 0;
  int steps_ = 0;
};

std::optional<CoinChoice> Exactly(const CoinPool& pool, const CoinWish& wish,
                                  const CoinPool::Predicate& eligible) {
  ExactSearch search(pool, wish, eligible);
  auto coins = search.Run();
  if (!coins) return std::nullopt;
  const bitcoin::Amount waste_sat = WasteOfInputs(*coins, wish) + search.left_over_sat();
  return CoinChoice{std::move(*coins), waste_sat};
}

}  // namespace

bitcoin::Amount EffectiveValue(const Coin& coin, bitcoin::FeeRate fee_rate_sat_kvb) {
  return coin.amount_sat - bitcoin::FeeForVsize(fee_rate_sat_kvb, InputVsize(coin));
}

std::optional<CoinChoice> SelectCoins(const CoinPool& pool, const CoinWish& wish,
                                      const CoinPool::Predicate& eligible) {
  auto few = WithFewInputs(pool, wish, eligible);
  if (!few) return std::nullopt;
  CoinChoice choice = WithChange(std::move(*few), wish);
  if (!wish.may_be_exact) return choice;
  auto exact = Exactly(pool, wish, eligible);
  return exact && exact->waste_sat < choice.waste_sat ? *exact : choice;
}

std::vector<Coin> SmallestCoins(const CoinPool& pool, size_t max_coins,
                                bitcoin::FeeRate fee_rate_sat_kvb,
                                const CoinPool::Predicate& eligible) {
  std::vector<Coin> coins;
  pool.Ascend(Shelf::kSegwit, 0, [&](const WalletCoin& coin) {
    if (coins.size() == max_coins) return false;
    if (EffectiveValue(coin.coin, fee_rate_sat_kvb) > 0 && eligible(coin)) {
      coins.push_back(coin.coin);
    }
    return true;
  });
  return coins;
}

}  // namespace sendonce::core
