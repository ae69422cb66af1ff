#include "bitcoin/amount.h"

#include <cassert>

namespace sendonce::bitcoin {
namespace {

constexpr int kBtcDecimals = 8;
constexpr int kSatVbDecimals = 3;

// Appends a decimal digit; false if `c` is none or the value would pass `max`.
bool AppendDigit(char c, int64_t max, int64_t& value) {
  if (c < '0' || c > '9') return false;
  const int64_t digit = c - '0';
  if (value > (max - digit) / 10) return false;
  value = value * 10 + digit;
  return true;
}

// Reads digits with at most `decimals` of them after an optional point, as a number of the smallest
// unit. The grammar is JSON's for a number without sign and exponent: a digit on each side of the
// point, no leading zeros.
std::optional<int64_t> ParseFixedPoint(std::string_view text, int decimals, int64_t max) {
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  if (whole.empty() || (whole.size() > 1 && whole[0] == '0')) return std::nullopt;
  std::string_view fraction;
  if (point != std::string_view::npos) {
    fraction = text.substr(point + 1);
    if (fraction.empty() || fraction.size() > static_cast<size_t>(decimals)) return std::nullopt;
  }
  int64_t value = 0;
  for (const char c : whole) {
    if (!AppendDigit(c, max, value)) return std::nullopt;
  }
  for (size_t i = 0; i < static_cast<size_t>(decimals); ++i) {
    if (!AppendDigit(i < fraction.size() ? fraction[i] : '0', max, value)) return std::nullopt;
  }
  return value;
}

// REQUIRES: value is not negative.
std::string FixedPointText(int64_t value, int decimals) {
  assert(value >= 0);
  std::string digits = std::to_string(value);
  const size_t width = static_cast<size_t>(decimals) + 1;
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  digits.insert(digits.size() - static_cast<size_t>(decimals), 1, '.');
  return digits;
}

}  // namespace

std::optional<Amount> AmountFromBtcText(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::optional<int64_t> value = ParseFixedPoint(text, kBtcDecimals, kMaxMoneySat);
  if (!value) return std::nullopt;
  return negative ? -*value : *value;
}

std::string BtcTextFromAmount(Amount amount_sat) {
  assert(amount_sat != INT64_MIN);
  if (amount_sat < 0) return "-" + FixedPointText(-amount_sat, kBtcDecimals);
  return FixedPointText(amount_sat, kBtcDecimals);
}

std::optional<FeeRate> FeeRateFromSatVbText(std::string_view text) {
  return ParseFixedPoint(text, kSatVbDecimals, kMaxFeeRateSatKvb);
}

std::string SatVbTextFromFeeRate(FeeRate rate_sat_kvb) {
  std::string text = FixedPointText(rate_sat_kvb, kSatVbDecimals);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

Amount FeeForVsize(FeeRate rate_sat_kvb, int64_t vsize) {
  assert(rate_sat_kvb >= 0 && vsize >= 0);
  assert(vsize == 0 || rate_sat_kvb <= INT64_MAX / vsize);
  const int64_t product = rate_sat_kvb * vsize;
  return product / kSatPerVbyte + (product % kSatPerVbyte != 0 ? 1 : 0);
}

}  // namespace sendonce::bitcoin
