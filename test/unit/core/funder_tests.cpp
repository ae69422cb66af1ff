#include "core/funder.h"

#include <boost/test/unit_test.hpp>
#include <numeric>

#include "samples.h"

namespace sendonce::core {
namespace {

using samples::CoinOf;
using samples::kFirstHeight;
using samples::Paying;
using samples::To;

constexpr bitcoin::FeeRate kOneSatPerVbyte = 1'000;
constexpr bitcoin::FeeRate kTwoSatPerVbyte = 2'000;

// One send of 100,000 satoshi waits; our change needs one confirmation, coins from others six.
struct Wallet {
  Wallet() {
    ledger.Apply(samples::LogBeginning(), 0);
    ledger.Apply(SendRecorded{"a", Paying({To("alice", 100'000)})}, 0);
    policy.target_coins = 0;
  }

  void Has(std::vector<Coin> coins, int32_t height = kFirstHeight - 5) {
    std::vector<WalletCoin> shown;
    for (Coin& coin : coins) shown.push_back({std::move(coin), height});
    pool.Replace(height, std::move(shown), [](const WalletCoin&) { return true; });
  }
  void HasMany(uint32_t count, bitcoin::Amount amount_sat) {
    std::vector<Coin> coins;
    for (uint32_t i = 0; i < count; ++i) coins.push_back(CoinOf(1'000 + i, amount_sat + i));
    Has(std::move(coins));
  }

  std::optional<Funds> Fund(bitcoin::FeeRate rate = kTwoSatPerVbyte, bool plain = false) {
    return funder.Fund({ledger.FindSend("a")}, {}, rate, 0, plain);
  }

  Ledger ledger;
  Policy policy;
  CoinPool pool;
  Funder funder{policy, ledger, pool};
};

BOOST_FIXTURE_TEST_SUITE(funder_tests, Wallet)

BOOST_AUTO_TEST_CASE(a_coin_from_others_needs_six_confirmations) {
  const Coin coin = CoinOf(1, 1'000'000);
  BOOST_TEST(!funder.MaySpend({coin, 0}));
  BOOST_TEST(!funder.MaySpend({coin, kFirstHeight}));
  BOOST_TEST(!funder.MaySpend({coin, kFirstHeight - 4}));
  BOOST_TEST(funder.MaySpend({coin, kFirstHeight - 5}));
  policy.min_confirmations_foreign = 1;
  BOOST_TEST(funder.MaySpend({coin, kFirstHeight}));
  // Read from a chain that has grown since: nothing is known of that block here.
  BOOST_TEST(!funder.MaySpend({coin, kFirstHeight + 1}));
}

BOOST_AUTO_TEST_CASE(our_own_change_needs_one_and_what_is_reserved_is_not_spent) {
  const auto record = samples::Reservation(ledger, {"a"}, {CoinOf(1, 1'000'000)}, 1'000);
  const BatchId batch = ledger.Apply(record, 0).seq;
  const bitcoin::Txid txid = CurrentVersion(*ledger.FindBatch(batch)).txid;
  const Coin change{{txid, 1}, 899'000, samples::ScriptOf("wallet")};
  BOOST_TEST(funder.MaySpend({change, kFirstHeight}));
  BOOST_TEST(!funder.MaySpend({change, 0}));
  BOOST_TEST(!funder.MaySpend({CoinOf(1, 1'000'000), kFirstHeight - 50}));
}

BOOST_AUTO_TEST_CASE(too_little_is_nothing) {
  Has({CoinOf(1, 100'000)});
  BOOST_TEST(!Fund());
}

BOOST_AUTO_TEST_CASE(coins_that_are_given_come_first_and_others_are_added) {
  Has({CoinOf(1, 60'000), CoinOf(2, 70'000), CoinOf(3, 80'000)});
  const auto funds =
      funder.Fund({ledger.FindSend("a")}, {CoinOf(1, 60'000)}, kTwoSatPerVbyte, 0, true);
  BOOST_REQUIRE(funds);
  BOOST_TEST((funds->coins == std::vector<Coin>{CoinOf(1, 60'000), CoinOf(2, 70'000)}));
}

// --- change in parts

BOOST_AUTO_TEST_CASE(where_coins_are_few_change_comes_back_in_parts) {
  policy.target_coins = 5;
  Has({CoinOf(1, 10'000'000)});
  const auto funds = Fund();
  BOOST_REQUIRE(funds);
  BOOST_TEST(!funds->is_plain);
  // One coin is spent: five parts make five coins. Four stand here, the fifth is what is left.
  BOOST_REQUIRE(funds->split_sat.size() == 4U);
  const auto sum =
      std::accumulate(funds->split_sat.begin(), funds->split_sat.end(), bitcoin::Amount{0});
  BOOST_TEST(sum > 4 * 1'900'000);
  BOOST_TEST(10'000'000 - 100'000 - sum > 1'900'000);
}

BOOST_AUTO_TEST_CASE(where_they_are_many_it_does_not) {
  policy.target_coins = 2;
  Has({CoinOf(1, 10'000'000), CoinOf(2, 10'000'000)});
  BOOST_TEST(Fund()->split_sat.empty());
}

BOOST_AUTO_TEST_CASE(no_part_is_less_than_the_batch_pays) {
  policy.target_coins = 10;
  Has({CoinOf(1, 400'000)});
  BOOST_TEST(Fund()->split_sat.size() == 1U);
  Has({CoinOf(1, 290'000)});
  BOOST_TEST(Fund()->split_sat.empty());
}

BOOST_AUTO_TEST_CASE(there_is_a_limit_to_parts) {
  policy.target_coins = 1'000;
  Has({CoinOf(1, 1'000'000'000)});
  BOOST_TEST(Fund()->split_sat.size() == kMaxChangeOutputs - 1);
}

BOOST_AUTO_TEST_CASE(change_is_split_once_in_a_block) {
  policy.target_coins = 5;
  Has({CoinOf(1, 10'000'000)});
  BOOST_TEST(!Fund()->split_sat.empty());
  funder.NoteSplit();
  BOOST_TEST(Fund()->split_sat.empty());
  ledger.Apply(ChainMoved{kFirstHeight, {samples::BlockAt(kFirstHeight + 1)}, samples::WorkOf(500)},
               0);
  BOOST_TEST(!Fund()->split_sat.empty());
}

// --- small coins

BOOST_AUTO_TEST_CASE(small_coins_are_taken_along_while_fees_are_low) {
  policy.consolidate_fee_rate_sat_kvb = kOneSatPerVbyte;
  policy.max_consolidated_coins = 7;
  HasMany(100, 1'000);
  Has({CoinOf(1, 10'000'000)});
  const auto cheap = Fund(kOneSatPerVbyte);
  BOOST_REQUIRE(cheap->coins.size() == 8U);
  BOOST_TEST((cheap->coins.front() == CoinOf(1, 10'000'000)));
  BOOST_TEST(cheap->coins.back().amount_sat == 1'006);
  BOOST_TEST(!cheap->is_plain);
  BOOST_TEST(Fund(kOneSatPerVbyte + 1)->coins.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_small_pool_is_left_as_it_is) {
  policy.consolidate_fee_rate_sat_kvb = kOneSatPerVbyte;
  HasMany(kManyCoins - 2, 1'000);
  Has({CoinOf(1, 10'000'000)});
  BOOST_TEST(Fund(kOneSatPerVbyte)->coins.size() == 1U);
}

BOOST_AUTO_TEST_CASE(plainly_there_is_neither) {
  policy.consolidate_fee_rate_sat_kvb = kOneSatPerVbyte;
  policy.target_coins = 1'000;
  HasMany(100, 1'000);
  Has({CoinOf(1, 10'000'000)});
  const auto funds = Fund(kOneSatPerVbyte, true);
  BOOST_TEST(funds->coins.size() == 1U);
  BOOST_TEST(funds->split_sat.empty());
  BOOST_TEST(funds->is_plain);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
