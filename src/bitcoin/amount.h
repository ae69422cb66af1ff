// Amounts of bitcoin as integers. Money never passes through a floating-point number. Pure; safe
// from any thread.

#ifndef SENDONCE_BITCOIN_AMOUNT_H
#define SENDONCE_BITCOIN_AMOUNT_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sendonce::bitcoin {

// Satoshi. Signed, so that a difference can be checked for being negative.
using Amount = int64_t;

constexpr Amount kSatPerBtc = 100'000'000;
// The sum of all coins that can ever exist (MAX_MONEY in bitcoin's consensus/amount.h).
constexpr Amount kMaxMoneySat = 21'000'000 * kSatPerBtc;

constexpr bool IsMoney(Amount amount_sat) {
  return amount_sat >= 0 && amount_sat <= kMaxMoneySat;
}

// Fee rates in satoshi per 1,000 virtual bytes: three decimals of sat/vB, which is what bitcoind's
// fee_rate arguments carry.
using FeeRate = int64_t;  // sat/kvB
constexpr FeeRate kSatPerVbyte = 1000;
// The highest rate that is read: 1e9 sat/vB, ten bitcoin for each byte. Times the size of the
// largest block it still fits 63 bits.
constexpr FeeRate kMaxFeeRateSatKvb = 1'000'000'000 * kSatPerVbyte;

// Reads a decimal number of bitcoin as bitcoind prints it ("0.00150000", "-1.5", "21000000"): a
// JSON number of at most eight decimals without exponent, so no leading zeros, no "+", and a digit
// on each side of a point. nullopt for anything else or beyond kMaxMoneySat either way.
std::optional<Amount> AmountFromBtcText(std::string_view text);

// Eight decimals, as bitcoind prints it. REQUIRES: amount_sat is not the smallest int64_t.
std::string BtcTextFromAmount(Amount amount_sat);

// Reads a decimal number of sat/vB ("12.5", "1"): the same form with at most three decimals and no
// sign. nullopt for anything else or beyond kMaxFeeRateSatKvb.
std::optional<FeeRate> FeeRateFromSatVbText(std::string_view text);

// Three decimals at most, trailing zeros cut: 12500 gives "12.5". REQUIRES: not negative.
std::string SatVbTextFromFeeRate(FeeRate rate_sat_kvb);

// The fee for that many virtual bytes, rounded up. REQUIRES: neither is negative and the product
// fits 63 bits.
Amount FeeForVsize(FeeRate rate_sat_kvb, int64_t vsize);

}  // namespace sendonce::bitcoin

#endif  // SENDONCE_BITCOIN_AMOUNT_H
