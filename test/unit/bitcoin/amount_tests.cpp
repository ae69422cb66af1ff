#include "bitcoin/amount.h"

#include <boost/test/unit_test.hpp>
#include <utility>
#include <vector>

namespace sendonce::bitcoin {

BOOST_AUTO_TEST_SUITE(bitcoin_amount)

BOOST_AUTO_TEST_CASE(amounts_as_bitcoind_prints_them) {
  const std::vector<std::pair<const char*, Amount>> cases = {
      {"0.00000000", 0},
      {"0.00000001", 1},
      {"0.00150000", 150'000},
      {"1.00000000", kSatPerBtc},
      {"-1.50000000", -150'000'000},
      {"-0.00000001", -1},
      {"12345678.87654321", 1'234'567'887'654'321},
      {"20999999.99999999", kMaxMoneySat - 1},
      {"21000000.00000000", kMaxMoneySat},
      {"-21000000.00000000", -kMaxMoneySat},
  };
  for (const auto& [text, amount_sat] : cases) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST((AmountFromBtcText(text) == amount_sat));
      BOOST_TEST(BtcTextFromAmount(amount_sat) == text);
    }
  }
}

BOOST_AUTO_TEST_CASE(shorter_forms_are_read) {
  BOOST_TEST((AmountFromBtcText("0") == 0));
  BOOST_TEST((AmountFromBtcText("-0") == 0));
  BOOST_TEST((AmountFromBtcText("0.1") == 10'000'000));
  BOOST_TEST((AmountFromBtcText("-1.5") == -150'000'000));
  BOOST_TEST((AmountFromBtcText("21000000") == kMaxMoneySat));
}

BOOST_AUTO_TEST_CASE(other_texts_are_no_amount) {
  for (const char* text :
       {"",     "-",     ".",    "1e-8", "1E8",  "1e0",   "+1",    "--1",         " 1",
        "1 ",   "1.",    ".5",   "-.5",  "01",   "00",    "00.5",  "0x10",        "1,5",
        "1.-5", "1.5.5", "1..5", "NaN",  "inf",  "1_000", "0.1e1", "0.000000001", "1.000000000",
        "1\n",  "- 1",   "1.+5", "١",    "null", "true",  "\"1\"", "0.0000000a"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(!AmountFromBtcText(text).has_value());
    }
  }
  BOOST_TEST(!AmountFromBtcText(std::string_view("1\0", 2)).has_value());
}

BOOST_AUTO_TEST_CASE(more_than_all_bitcoin_is_no_amount) {
  for (const char* text :
       {"21000000.00000001", "-21000000.00000001", "21000001", "92233720368.54775807",
        "92233720368.54775808", "184467440737.09551616", "99999999999999999999999999999999999"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(!AmountFromBtcText(text).has_value());
    }
  }
}

BOOST_AUTO_TEST_CASE(amounts_beyond_money_are_still_printed) {
  BOOST_TEST(BtcTextFromAmount(INT64_MAX) == "92233720368.54775807");
  BOOST_TEST(BtcTextFromAmount(-INT64_MAX) == "-92233720368.54775807");
}

BOOST_AUTO_TEST_CASE(money_is_between_nothing_and_everything) {
  BOOST_TEST(IsMoney(0));
  BOOST_TEST(IsMoney(kMaxMoneySat));
  BOOST_TEST(!IsMoney(-1));
  BOOST_TEST(!IsMoney(kMaxMoneySat + 1));
}

BOOST_AUTO_TEST_CASE(fee_rates) {
  const std::vector<std::pair<const char*, FeeRate>> cases = {
      {"0", 0},        {"0.001", 1},     {"1", 1'000},         {"12.5", 12'500},
      {"1.01", 1'010}, {"100", 100'000}, {"999.999", 999'999}, {"1000000000", kMaxFeeRateSatKvb},
  };
  for (const auto& [text, rate_sat_kvb] : cases) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST((FeeRateFromSatVbText(text) == rate_sat_kvb));
      BOOST_TEST(SatVbTextFromFeeRate(rate_sat_kvb) == text);
    }
  }
  BOOST_TEST((FeeRateFromSatVbText("12.500") == 12'500));
}

BOOST_AUTO_TEST_CASE(other_texts_are_no_fee_rate) {
  for (const char* text : {"", "-1", "-0", "+1", "1e3", "1.", ".1", "0.0001", "1.0000", "01",
                           "1000000000.001", "1000000001", "9223372036854775808", "nan"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(!FeeRateFromSatVbText(text).has_value());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_fee_is_rounded_up) {
  BOOST_TEST(FeeForVsize(1'000, 141) == 141);
  BOOST_TEST(FeeForVsize(12'500, 141) == 1'763);
  BOOST_TEST(FeeForVsize(1, 1) == 1);
  BOOST_TEST(FeeForVsize(1, 1'000) == 1);
  BOOST_TEST(FeeForVsize(1, 1'001) == 2);
  BOOST_TEST(FeeForVsize(0, 141) == 0);
  BOOST_TEST(FeeForVsize(1'000, 0) == 0);
  BOOST_TEST(FeeForVsize(kMaxFeeRateSatKvb, 4'000'000) == 4'000'000'000'000'000);
  BOOST_TEST(FeeForVsize(1, INT64_MAX) == INT64_MAX / 1'000 + 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::bitcoin
