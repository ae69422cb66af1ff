#include "core/funder.h"

#include <algorithm>

namespace sendonce::core {

namespace {

// Version, counts, lock time, segwit marker; and change.
constexpr int64_t kOverheadVsize = 11 + kChangeVsize;

bitcoin::Amount PaidOutSat(const std::vector<const Send*>& sends) {
  bitcoin::Amount sum_sat = 0;
  for (const Send* send : sends) sum_sat += TotalAmountSat(*send->content);
  return sum_sat;
}

// What the coins have to bring beyond the fee for their own inputs.
bitcoin::Amount TargetFor(const std::vector<const Send*>& sends, bitcoin::FeeRate rate_sat_kvb) {
  int64_t vsize = kOverheadVsize;
  for (const Send* send : sends) {
    for (const Payee& payee : send->content->outputs) vsize += bitcoin::OutputSize(payee.script);
  }
  return PaidOutSat(sends) + bitcoin::FeeForVsize(rate_sat_kvb, vsize);
}

bitcoin::Amount ValueOf(const std::vector<Coin>& coins, bitcoin::FeeRate rate_sat_kvb) {
  bitcoin::Amount sum_sat = 0;
  for (const Coin& coin : coins) sum_sat += EffectiveValue(coin, rate_sat_kvb);
  return sum_sat;
}

bool Holds(const std::vector<Coin>& coins, const WalletCoin& wanted) {
  return std::find(coins.begin(), coins.end(), wanted.coin) != coins.end();
}

}  // namespace

bool Funder::MaySpend(const WalletCoin& coin) const {
  if (coin.height == 0 || ledger_.IsReserved(coin.coin.outpoint)) return false;
  const bool own = ledger_.FindBatchByTxid(coin.coin.outpoint.txid) != nullptr;
  return ledger_.chain().tip().height - coin.height + 1 >=
         (own ? policy_.min_confirmations : policy_.min_confirmations_foreign);
}

std::optional<Funds> Funder::Fund(const std::vector<const Send*>& sends,
                                  const std::vector<Coin>& given, bitcoin::FeeRate rate_sat_kvb,
                                  bitcoin::Amount extra_sat, bool plain) {
  const bitcoin::Amount target_sat = TargetFor(sends, rate_sat_kvb) + extra_sat;
  const size_t spendable = CountSpendable(policy_.target_coins);
  const bool is_thin = spendable < policy_.target_coins;
  auto funds = Choose(target_sat, given, rate_sat_kvb, is_thin);
  if (!funds || plain) return funds;
  TakeSmallCoins(rate_sat_kvb, *funds);
  if (is_thin) {
    const bitcoin::Amount change_sat = ValueOf(funds->coins, rate_sat_kvb) - target_sat;
    SplitChange(change_sat, PaidOutSat(sends), spendable, rate_sat_kvb, *funds);
  }
  return funds;
}

std::optional<Funds> Funder::Choose(bitcoin::Amount target_sat, const std::vector<Coin>& given,
                                    bitcoin::FeeRate rate_sat_kvb, bool is_thin) const {
  Funds funds;
  funds.coins = given;
  const bitcoin::Amount missing_sat = target_sat - ValueOf(given, rate_sat_kvb);
  if (missing_sat <= 0 && !given.empty()) return funds;
  // Where coins are few, change is wanted.
  const CoinWish wish{missing_sat, rate_sat_kvb, policy_.consolidate_fee_rate_sat_kvb,
                      given.empty() && !is_thin};
  auto choice = SelectCoins(
      pool_, wish, [&](const WalletCoin& coin) { return !Holds(given, coin) && MaySpend(coin); });
  if (!choice) return std::nullopt;
  funds.coins.insert(funds.coins.end(), choice->coins.begin(), choice->coins.end());
  funds.waste_sat = choice->waste_sat;
  return funds;
}

// Cheaper now than later. They have to be spent in company: for a small coin alone a transaction
// costs more.
void Funder::TakeSmallCoins(bitcoin::FeeRate rate_sat_kvb, Funds& funds) const {
  const bool is_cheap = rate_sat_kvb <= policy_.consolidate_fee_rate_sat_kvb;
  if (!is_cheap || pool_.size() < kManyCoins || funds.coins.size() >= kMaxCoinsPerBatch) return;
  const size_t room = kMaxCoinsPerBatch - funds.coins.size();
  const auto small = SmallestCoins(
      pool_, std::min(policy_.max_consolidated_coins, room), rate_sat_kvb,
      [&](const WalletCoin& coin) { return !Holds(funds.coins, coin) && MaySpend(coin); });
  if (small.empty()) return;
  funds.coins.insert(funds.coins.end(), small.begin(), small.end());
  funds.is_plain = false;
}

size_t Funder::CountSpendable(size_t most) const {
  size_t count = 0;
  for (const auto shelf : {CoinPool::Shelf::kSegwit, CoinPool::Shelf::kLegacy}) {
    pool_.Descend(shelf, bitcoin::kMaxMoneySat, [&](const WalletCoin& coin) {
      if (count >= most) return false;
      if (MaySpend(coin)) ++count;
      return true;
    });
  }
  return count;
}

// Into equal parts, each of which could pay such a batch again.
void Funder::SplitChange(bitcoin::Amount change_sat, bitcoin::Amount paid_sat, size_t spendable,
                         bitcoin::FeeRate rate_sat_kvb, Funds& funds) const {
  if (split_at_height_ == ledger_.chain().tip().height) return;
  const bitcoin::Amount part_sat =
      std::max(kMinChangePartSat, paid_sat) + bitcoin::FeeForVsize(rate_sat_kvb, kChangeVsize);
  const auto wanted = static_cast<bitcoin::Amount>(policy_.target_coins - spendable + 1);
  const bitcoin::Amount parts =
      std::min({static_cast<bitcoin::Amount>(kMaxChangeOutputs), wanted, change_sat / part_sat});
  if (parts < 2) return;
  const bitcoin::Amount each_sat =
      change_sat / parts - bitcoin::FeeForVsize(rate_sat_kvb, kChangeVsize);
  funds.split_sat.assign(static_cast<size_t>(parts - 1), each_sat);
  funds.is_plain = false;
}

void Funder::NoteSplit() {
  split_at_height_ = ledger_.chain().tip().height;
}

}  // namespace sendonce::core
