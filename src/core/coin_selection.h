// Which coins a payment spends. The method is that of bitcoind's wallet (src/wallet/
// coinselection.cpp, after M. Erhardt, "An Evaluation of Coin Selection Strategies", 2016), cut
// down to what does not depend on the size of the wallet:
//
// - an exact sum, found by branch and bound among the coins next below the amount: no change, so
//   nothing is paid for making it and for spending it later;
// - the smallest single coin that suffices; else the largest ones until they do: few inputs;
// - of these the one with the least waste: what its inputs cost more now than at the long-term fee
//   rate, and what its change costs, or what an exact sum leaves to the miner.
//
// Native segwit coins first, because a third party cannot change the txid of what spends them;
// legacy coins only where those do not suffice (R9).
//
// Pure.

#ifndef SENDONCE_CORE_COIN_SELECTION_H
#define SENDONCE_CORE_COIN_SELECTION_H

#include <optional>
#include <vector>

#include "core/coin_pool.h"

namespace sendonce::core {

// The most coins that one batch spends: 1,000 P2WPKH inputs are 68 kvB of the 100 kvB that bitcoind
// relays.
constexpr size_t kMaxCoinsPerBatch = 1'000;

// Of a change output, to the longest standard script, and of spending one again.
constexpr int64_t kChangeVsize = 43;
constexpr int64_t kSpentChangeVsize = 68;

// Coins and steps of one search for an exact sum.
constexpr size_t kMaxExactCandidates = 64;
constexpr int kMaxExactSteps = 10'000;

struct CoinWish {
  bitcoin::Amount target_sat = 0;  // payments, and the fee for all but the inputs, change included
  bitcoin::FeeRate fee_rate_sat_kvb = 0;
  bitcoin::FeeRate long_term_fee_rate_sat_kvb = 0;  // at which change will be spent
  bool may_be_exact = false;                        // without change
};

struct CoinChoice {
  std::vector<Coin> coins;
  bitcoin::Amount waste_sat = 0;  // negative: spending them now is cheaper than later
};

// Coins whose amounts, less the fee for their own inputs, reach the target; nullopt if all eligible
// ones do not, or would be too many. O(coins chosen + coins passed over, each times log n).
std::optional<CoinChoice> SelectCoins(const CoinPool& pool, const CoinWish& wish,
                                      const CoinPool::Predicate& eligible);

// What the coin adds to a payment once its own input is paid for.
bitcoin::Amount EffectiveValue(const Coin& coin, bitcoin::FeeRate fee_rate_sat_kvb);

// Up to that many of the smallest native segwit coins that add anything.
std::vector<Coin> SmallestCoins(const CoinPool& pool, size_t max_coins,
                                bitcoin::FeeRate fee_rate_sat_kvb,
                                const CoinPool::Predicate& eligible);

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_COIN_SELECTION_H
