#include "core/coin_selection.h"

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
constexpr bitcoin::Amount kChangeFee = 430;       // 43 vbytes

bool Any(const WalletCoin&) {
  return true;
}

CoinPool PoolOf(const std::vector<Coin>& coins) {
  std::vector<WalletCoin> wallet;
  for (const Coin& coin : coins) wallet.push_back({coin, 6});
  CoinPool pool;
  pool.Replace(std::nullopt, std::move(wallet), Any);
  return pool;
}

using Amounts = std::vector<bitcoin::Amount>;

Amounts AmountsOf(const std::vector<Coin>& coins) {
  Amounts amounts;
  for (const Coin& coin : coins) amounts.push_back(coin.amount_sat);
  return amounts;
}

// Amounts of the coins chosen, in order; {-1} if there are not enough.
Amounts Chosen(const CoinPool& pool, bitcoin::Amount target_sat,
               bitcoin::FeeRate fee_rate_sat_kvb = kNoFee,
               const CoinPool::Predicate& eligible = Any) {
  const auto choice = SelectCoins(pool, {target_sat, fee_rate_sat_kvb}, eligible);
  return choice ? AmountsOf(choice->coins) : Amounts{-1};
}

// At ten satoshi per vbyte, where no change is allowed.
std::optional<CoinChoice> ChosenExactly(const CoinPool& pool, bitcoin::Amount target_sat,
                                        bitcoin::FeeRate long_term = kTenSatPerVbyte) {
  return SelectCoins(pool, {target_sat, kTenSatPerVbyte, long_term, true}, Any);
}

BOOST_AUTO_TEST_SUITE(coin_selection_tests)

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

BOOST_AUTO_TEST_CASE(the_choice_does_not_depend_on_the_wallets_order) {
  std::vector<Coin> coins;
  for (uint32_t i = 1; i <= 6; ++i) coins.push_back(CoinOf(i, 1'000));
  const auto first = SelectCoins(PoolOf(coins), {3'500}, Any);
  do {
    BOOST_TEST((SelectCoins(PoolOf(coins), {3'500}, Any)->coins == first->coins));
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

// --- without change

// 20,000 for the payment, 430 for a change output that is not needed: 7,680 + 14,000 bring 7,000 +
// 13,320 = 20,320.
BOOST_AUTO_TEST_CASE(an_exact_sum_needs_no_change) {
  const CoinPool pool =
      PoolOf({CoinOf(1, 7'680), CoinOf(2, 14'000), CoinOf(3, 9'000), CoinOf(4, 50'000)});
  const auto choice = ChosenExactly(pool, 20'000 + kChangeFee);
  BOOST_REQUIRE(choice);
  BOOST_TEST((AmountsOf(choice->coins) == Amounts{14'000, 7'680}));
  BOOST_TEST(choice->waste_sat == 320);  // left to the miner
}

BOOST_AUTO_TEST_CASE(of_exact_sums_the_one_that_leaves_least) {
  const CoinPool pool = PoolOf({CoinOf(1, 20'980), CoinOf(2, 20'780), CoinOf(3, 20'680)});
  const auto choice = ChosenExactly(pool, 20'000 + kChangeFee);
  BOOST_TEST((AmountsOf(choice->coins) == Amounts{20'680}));
  BOOST_TEST(choice->waste_sat == 0);
}

// Above the change's fee and 294 satoshi bitcoind makes change of it after all.
BOOST_AUTO_TEST_CASE(a_sum_that_leaves_enough_for_change_is_not_exact) {
  const bitcoin::Amount most = kChangeFee + 293;
  const auto at_most =
      ChosenExactly(PoolOf({CoinOf(1, 20'680 + most), CoinOf(2, 90'000)}), 20'000 + kChangeFee);
  BOOST_TEST(at_most->waste_sat == most);
  const auto above =
      ChosenExactly(PoolOf({CoinOf(1, 20'681 + most), CoinOf(2, 90'000)}), 20'000 + kChangeFee);
  BOOST_TEST(above->waste_sat == kChangeFee + kSegwitInputFee);
}

// Two inputs more now than later: dearer than change.
BOOST_AUTO_TEST_CASE(many_inputs_are_no_gain_while_fees_are_high) {
  std::vector<Coin> coins = {CoinOf(9, 90'000)};
  for (uint32_t i = 1; i <= 4; ++i) coins.push_back(CoinOf(i, 5'680));
  const auto now = ChosenExactly(PoolOf(coins), 20'000 + kChangeFee, 1'000);
  BOOST_TEST((AmountsOf(now->coins) == Amounts{90'000}));
  const auto later = ChosenExactly(PoolOf(coins), 20'000 + kChangeFee, 10'000);
  BOOST_TEST((AmountsOf(later->coins) == Amounts{5'680, 5'680, 5'680, 5'680}));
}

BOOST_AUTO_TEST_CASE(the_search_ends_where_there_is_no_exact_sum) {
  std::vector<Coin> coins = {CoinOf(9'999, 10'000'000)};
  for (uint32_t i = 1; i <= 500; ++i) coins.push_back(CoinOf(i, 100'000 + 2'000 * i));
  const auto choice = ChosenExactly(PoolOf(coins), 3'333'333);
  BOOST_REQUIRE(choice);
  BOOST_TEST(choice->coins.size() >= 1U);
}

// --- small ones

BOOST_AUTO_TEST_CASE(the_smallest_segwit_coins_that_bring_anything) {
  const CoinPool pool = PoolOf({CoinOf(1, kSegwitInputFee), CoinOf(2, 900), CoinOf(3, 800),
                                LegacyCoinOf(4, 2'000), CoinOf(5, 5'000)});
  BOOST_TEST((AmountsOf(SmallestCoins(pool, 2, kTenSatPerVbyte, Any)) == Amounts{800, 900}));
  BOOST_TEST((AmountsOf(SmallestCoins(pool, 9, kTenSatPerVbyte, Any)) == Amounts{800, 900, 5'000}));
  BOOST_TEST(SmallestCoins(pool, 0, kTenSatPerVbyte, Any).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
