#include "core/coin_pool.h"

#include <boost/test/unit_test.hpp>

#include "samples.h"

namespace sendonce::core {
namespace {

using samples::CoinOf;
using samples::LegacyCoinOf;
using samples::OutPointOf;
using Amounts = std::vector<bitcoin::Amount>;
using Shelf = CoinPool::Shelf;

bool Any(const WalletCoin&) {
  return true;
}
bool None(const WalletCoin&) {
  return false;
}

CoinPool PoolOf(std::vector<WalletCoin> coins) {
  CoinPool pool;
  pool.Replace(std::nullopt, std::move(coins), None);
  return pool;
}

Amounts Ascending(const CoinPool& pool, Shelf shelf, bitcoin::Amount from_sat = 0) {
  Amounts amounts;
  pool.Ascend(shelf, from_sat, [&](const WalletCoin& coin) {
    amounts.push_back(coin.coin.amount_sat);
    return true;
  });
  return amounts;
}

Amounts Descending(const CoinPool& pool, Shelf shelf, bitcoin::Amount from_sat) {
  Amounts amounts;
  pool.Descend(shelf, from_sat, [&](const WalletCoin& coin) {
    amounts.push_back(coin.coin.amount_sat);
    return true;
  });
  return amounts;
}

BOOST_AUTO_TEST_SUITE(coin_pool_tests)

BOOST_AUTO_TEST_CASE(coins_stand_by_amount_on_two_shelves) {
  const CoinPool pool = PoolOf({{CoinOf(1, 500), 1},
                                {LegacyCoinOf(2, 700), 1},
                                {CoinOf(3, 9'000), 1},
                                {CoinOf(4, 2'000), 1}});
  BOOST_TEST(pool.size() == 4U);
  BOOST_TEST((Ascending(pool, Shelf::kSegwit) == Amounts{500, 2'000, 9'000}));
  BOOST_TEST((Ascending(pool, Shelf::kLegacy) == Amounts{700}));
  BOOST_TEST((Ascending(pool, Shelf::kSegwit, 2'000) == Amounts{2'000, 9'000}));
  BOOST_TEST((Descending(pool, Shelf::kSegwit, 2'000) == Amounts{2'000, 500}));
  BOOST_TEST((Descending(pool, Shelf::kSegwit, 1'999) == Amounts{500}));
  BOOST_TEST(
      (Descending(pool, Shelf::kSegwit, bitcoin::kMaxMoneySat) == Amounts{9'000, 2'000, 500}));
}

BOOST_AUTO_TEST_CASE(a_reading_of_all_coins_replaces_all) {
  CoinPool pool = PoolOf({{CoinOf(1, 100), 5}, {CoinOf(2, 200), 0}});
  pool.Replace(std::nullopt, {{CoinOf(3, 300), 7}}, None);
  BOOST_TEST((Ascending(pool, Shelf::kSegwit) == Amounts{300}));
}

// The unconfirmed ones are read again each time: they can confirm, or vanish.
BOOST_AUTO_TEST_CASE(a_reading_of_the_last_blocks_replaces_what_is_in_them_or_in_none) {
  CoinPool pool = PoolOf({{CoinOf(1, 100), 5},
                          {CoinOf(2, 200), 6},
                          {CoinOf(3, 300), 7},
                          {CoinOf(4, 400), 0},
                          {CoinOf(5, 500), 0}});
  pool.Replace(6, {{CoinOf(4, 400), 8}, {CoinOf(6, 600), 8}}, None);
  BOOST_TEST((Ascending(pool, Shelf::kSegwit) == Amounts{100, 200, 400, 600}));
}

// The wallet is asked for a little more than is needed: what is known already stands once.
BOOST_AUTO_TEST_CASE(a_coin_that_is_shown_again_stands_once) {
  CoinPool pool = PoolOf({{CoinOf(1, 100), 5}});
  pool.Replace(6, {{CoinOf(1, 100), 5}}, None);
  BOOST_TEST((Ascending(pool, Shelf::kSegwit) == Amounts{100}));
  BOOST_TEST(pool.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_the_wallet_cannot_show_stays) {
  CoinPool pool = PoolOf({{CoinOf(1, 100), 5}, {CoinOf(2, 200), 5}});
  const auto is_locked = [](const WalletCoin& coin) { return coin.coin.amount_sat == 200; };
  pool.Replace(std::nullopt, {}, is_locked);
  BOOST_TEST((Ascending(pool, Shelf::kSegwit) == Amounts{200}));
}

BOOST_AUTO_TEST_CASE(a_removed_coin_comes_back_only_with_a_reading_that_shows_it) {
  CoinPool pool = PoolOf({{CoinOf(1, 1'000), 5}, {LegacyCoinOf(2, 2'000), 5}});
  pool.Remove(OutPointOf(1));
  pool.Remove(OutPointOf(2));
  BOOST_TEST(pool.size() == 0U);
  BOOST_TEST(Ascending(pool, Shelf::kSegwit).empty());
  BOOST_TEST(Ascending(pool, Shelf::kLegacy).empty());
  pool.Replace(5, {}, Any);
  BOOST_TEST(pool.size() == 0U);
  pool.Replace(std::nullopt, {{CoinOf(1, 1'000), 5}}, None);
  BOOST_TEST((Ascending(pool, Shelf::kSegwit) == Amounts{1'000}));
}

// Every input of every block is handed to Remove: what is not in the pool leaves no trace.
BOOST_AUTO_TEST_CASE(removing_a_coin_that_is_not_there_does_nothing) {
  CoinPool pool = PoolOf({{CoinOf(1, 1'000), 5}});
  pool.Remove(OutPointOf(7));
  BOOST_TEST((Ascending(pool, Shelf::kSegwit) == Amounts{1'000}));
}

BOOST_AUTO_TEST_CASE(after_a_reorganisation_nothing_is_left) {
  CoinPool pool = PoolOf({{CoinOf(1, 1'000), 5}, {LegacyCoinOf(2, 2'000), 0}});
  pool.Clear();
  BOOST_TEST(pool.size() == 0U);
  BOOST_TEST(pool.Sum(Any).coins == 0U);
}

BOOST_AUTO_TEST_CASE(the_largest_eligible_output_of_a_transaction) {
  const Coin first = CoinOf(1, 100);
  Coin second = CoinOf(2, 900);
  second.outpoint = {first.outpoint.txid, first.outpoint.vout + 1};
  const CoinPool pool = PoolOf({{first, 5}, {second, 5}, {CoinOf(3, 5'000), 5}});
  BOOST_TEST((pool.FindOutputOf(first.outpoint.txid, Any) == second));
  const auto not_the_second = [&](const WalletCoin& coin) { return coin.coin != second; };
  BOOST_TEST((pool.FindOutputOf(first.outpoint.txid, not_the_second) == first));
  BOOST_TEST(!pool.FindOutputOf(first.outpoint.txid, None));
  BOOST_TEST(!pool.FindOutputOf(samples::CoinOf(9, 1).outpoint.txid, Any));
}

BOOST_AUTO_TEST_CASE(the_sum_counts_what_is_eligible) {
  CoinPool pool =
      PoolOf({{CoinOf(1, 1'000), 5}, {LegacyCoinOf(2, 2'000), 5}, {CoinOf(3, 4'000), 5}});
  BOOST_TEST(pool.Sum(Any).amount_sat == 7'000);
  BOOST_TEST(pool.Sum(Any).coins == 3U);
  pool.Remove(OutPointOf(3));
  BOOST_TEST(pool.Sum(Any).amount_sat == 3'000);
  BOOST_TEST(pool.Sum(None).coins == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
