#include "http/utf8.h"

#include <boost/test/unit_test.hpp>
#include <string>

BOOST_AUTO_TEST_SUITE(http_utf8)

using namespace sendonce::http;

BOOST_AUTO_TEST_CASE(takes_every_length) {
  BOOST_TEST(IsUtf8(""));
  BOOST_TEST(IsUtf8("w-1"));
  BOOST_TEST(IsUtf8("\xc3\xa4 \xe2\x82\xbf \xf0\x9f\x92\xb8"));
  BOOST_TEST(IsUtf8(std::string_view("\0", 1)));
  BOOST_TEST(
      IsUtf8("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
}

BOOST_AUTO_TEST_CASE(refuses_what_rfc_3629_refuses) {
  for (const char* bad :
       {"\x80",              // a continuation without a beginning
        "\xc3",              // a beginning without a continuation
        "\xe2\x82",          // cut
        "\xf0\x9f\x92",      // cut
        "\xc0\xaf",          // overlong
        "\xc1\xbf",          // overlong
        "\xe0\x80\xaf",      // overlong
        "\xf0\x80\x80\xaf",  // overlong
        "\xed\xa0\x80",      // a surrogate
        "\xf4\x90\x80\x80",  // beyond U+10FFFF
        "\xf5\x80\x80\x80", "\xff", "\xc3\x28", "\xe2\x28\xa1", "\xe2\x82\x28", "a\x80"}) {
    BOOST_TEST(!IsUtf8(bad));
  }
}

BOOST_AUTO_TEST_CASE(cuts_between_characters) {
  const std::string text = "a\xe2\x82\xbfz";
  BOOST_TEST(Utf8Prefix(text, 0) == "");
  BOOST_TEST(Utf8Prefix(text, 1) == "a");
  BOOST_TEST(Utf8Prefix(text, 2) == "a");
  BOOST_TEST(Utf8Prefix(text, 3) == "a");
  BOOST_TEST(Utf8Prefix(text, 4) == "a\xe2\x82\xbf");
  BOOST_TEST(Utf8Prefix(text, 9) == text);
}

BOOST_AUTO_TEST_SUITE_END()
