#include "core/coin_pool.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "samples.h"

namespace sendonce::core {
namespace {

using samples::CoinOf;
using samples::LegacyCoinOf;
using samples::OutPointOf;

constexpr bitcoin::FeeRate kNoFee = 0;
constexpr bitcoin::FeeRate kTenSatPerVbyte = 10'000;
constexpr bitcoin::Amount kSegwitInputFee = 680;  // 68 vbytes at 10 sat/vB

bool Any(const WalletCoin&) {
  return true;
}

CoinPool PoolOf(const std::vector<Coin>& coins) {
  std::vector<WalletCoin> wallet;
  for (const Coin& coin : coins) wallet.push_back({coin, 6});
  CoinPool pool;
  pool.Replace(std::move(wallet));
  return pool;
}

using Amounts = std::vector<bitcoin::Amount>;

// Amounts of the coins chosen, in order; {-1} if there are not enough.
Amounts Chosen(const CoinPool& pool, bitcoin::Amount target_sat,
               bitcoin::FeeRate fee_rate_sat_kvb = kNoFee,
               const CoinPool::Predicate& eligible = Any) {
  const auto coins = pool.Select(target_sat, fee_rate_sat_kvb, eligible);
  if (!coins) return {-1};
  Amounts amounts;
  for (const Coin& coin : *coins) amounts.push_back(coin.amount_sat);
  return amounts;
}

BOOST_AUTO_TEST_SUITE(coin_pool_tests)

BOOST_AUTO_TEST_CASE(the_smallest_coin_that_suffices_is_taken) {
  const CoinPool pool = PoolOf({CoinOf(1, 500), CoinOf(2, 9'000), CoinOf(3, 2'000)});
  BOOST_TEST((Chosen(pool, 400) == Amounts{500}));
  BOOST_TEST((Chosen(pool, 500) == Amounts{500}));
  BOOST_TEST((Chosen(pool, 501) == Amounts{2'000}));
  BOOST_TEST((Chosen(pool, 9'000) == Amounts{9'000}));
}

BOOST_AUTO_TEST_CASE(else_the_largest_ones_until_they_do) {
  const CoinPool pool = PoolOf({CoinOf(1, 100), CoinOf(2, 900), CoinOf(3, 700), CoinOf(4, 300)});
  BOOST_TEST((Chosen(pool, 901) == Amounts{900, 700}));
  BOOST_TEST((Chosen(pool, 2'000) == Amounts{900, 700, 300, 100}));
  BOOST_TEST((Chosen(pool, 2'001) == Amounts{-1}));
}

BOOST_AUTO_TEST_CASE(an_empty_wallet_has_nothing) {
  BOOST_TEST((Chosen(PoolOf({}), 1) == Amounts{-1}));
}

BOOST_AUTO_TEST_CASE(each_coin_pays_for_its_own_input) {
  const CoinPool pool = PoolOf({CoinOf(1, 10'000), CoinOf(2, 10'500)});
  BOOST_TEST((Chosen(pool, 10'500 - kSegwitInputFee, kTenSatPerVbyte) == Amounts{10'500}));
  BOOST_TEST((Chosen(pool, 10'501 - kSegwitInputFee, kTenSatPerVbyte) == Amounts{10'500, 10'000}));
  BOOST_TEST(
      (Chosen(pool, 20'500 - 2 * kSegwitInputFee, kTenSatPerVbyte) == Amounts{10'500, 10'000}));
  BOOST_TEST((Chosen(pool, 20'501 - 2 * kSegwitInputFee, kTenSatPerVbyte) == Amounts{-1}));
}

BOOST_AUTO_TEST_CASE(a_coin_that_costs_more_than_it_brings_is_left) {
  const CoinPool pool = PoolOf({CoinOf(1, 10'000), CoinOf(2, kSegwitInputFee)});
  BOOST_TEST((Chosen(pool, 10'000 - kSegwitInputFee + 1, kTenSatPerVbyte) == Amounts{-1}));
}

// R9: nobody else can change the txid of what spends native segwit coins.
BOOST_AUTO_TEST_CASE(legacy_coins_are_taken_only_where_segwit_ones_do_not_suffice) {
  const CoinPool pool = PoolOf({LegacyCoinOf(1, 1'000), CoinOf(2, 5'000), CoinOf(3, 400)});
  BOOST_TEST((Chosen(pool, 900) == Amounts{5'000}));
  BOOST_TEST((Chosen(pool, 5'400) == Amounts{5'000, 400}));
  BOOST_TEST((Chosen(pool, 5'401) == Amounts{5'000, 400, 1'000}));
}

BOOST_AUTO_TEST_CASE(what_is_not_eligible_is_passed_over) {
  const CoinPool pool = PoolOf({CoinOf(1, 1'000), CoinOf(2, 2'000), CoinOf(3, 3'000)});
  const auto not_the_second = [](const WalletCoin& coin) {
    return coin.coin.outpoint != OutPointOf(2);
  };
  BOOST_TEST((Chosen(pool, 1'500, kNoFee, not_the_second) == Amounts{3'000}));
  BOOST_TEST((Chosen(pool, 3'500, kNoFee, not_the_second) == Amounts{3'000, 1'000}));
  BOOST_TEST((Chosen(pool, 4'001, kNoFee, not_the_second) == Amounts{-1}));
  BOOST_TEST((Chosen(pool, 1, kNoFee, [](const WalletCoin&) { return false; }) == Amounts{-1}));
}

BOOST_AUTO_TEST_CASE(a_removed_coin_comes_back_only_with_the_next_reading) {
  CoinPool pool = PoolOf({CoinOf(1, 1'000), LegacyCoinOf(2, 2'000)});
  pool.Remove(OutPointOf(1));
  pool.Remove(OutPointOf(2));
  BOOST_TEST((Chosen(pool, 1) == Amounts{-1}));
  pool.Replace({{CoinOf(1, 1'000), 6}});
  BOOST_TEST((Chosen(pool, 1) == Amounts{1'000}));
}

// Every input of every block is handed to Remove: what is not in the pool leaves no trace, and does
// not hide a coin that a later reading shows.
BOOST_AUTO_TEST_CASE(removing_a_coin_that_is_not_there_does_nothing) {
  CoinPool pool = PoolOf({CoinOf(1, 1'000)});
  pool.Remove(OutPointOf(7));
  BOOST_TEST((Chosen(pool, 1) == Amounts{1'000}));
}

BOOST_AUTO_TEST_CASE(the_choice_does_not_depend_on_the_wallets_order) {
  std::vector<Coin> coins;
  for (uint32_t i = 1; i <= 6; ++i) coins.push_back(CoinOf(i, 1'000));
  const auto first = PoolOf(coins).Select(3'500, kNoFee, Any);
  do {
    BOOST_TEST((PoolOf(coins).Select(3'500, kNoFee, Any) == first));
  } while (std::next_permutation(coins.begin(), coins.end(), [](const Coin& a, const Coin& b) {
    return a.outpoint < b.outpoint;
  }));
}

BOOST_AUTO_TEST_CASE(a_batch_spends_at_most_a_thousand_coins) {
  std::vector<Coin> coins;
  for (uint32_t i = 1; i <= kMaxCoinsPerBatch + 1; ++i) coins.push_back(CoinOf(i, 10));
  coins.push_back(LegacyCoinOf(5'000, 10));
  const CoinPool pool = PoolOf(coins);
  BOOST_TEST(Chosen(pool, 10'000).size() == kMaxCoinsPerBatch);
  BOOST_TEST((Chosen(pool, 10'001) == Amounts{-1}));
}

BOOST_AUTO_TEST_CASE(the_sum_counts_what_could_be_chosen) {
  CoinPool pool = PoolOf({CoinOf(1, 1'000), LegacyCoinOf(2, 2'000), CoinOf(3, 4'000)});
  BOOST_TEST(pool.Sum(Any).amount_sat == 7'000);
  BOOST_TEST(pool.Sum(Any).coins == 3U);
  pool.Remove(OutPointOf(3));
  BOOST_TEST(pool.Sum(Any).amount_sat == 3'000);
  const CoinSum none = pool.Sum([](const WalletCoin&) { return false; });
  BOOST_TEST(none.amount_sat == 0);
  BOOST_TEST(none.coins == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
