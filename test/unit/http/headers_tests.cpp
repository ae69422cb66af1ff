#include "http/headers.h"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(http_headers)

using namespace sendonce::http;

BOOST_AUTO_TEST_CASE(finds_a_header_that_stands_once) {
  const Headers headers = {{"Host", "a"}, {"X", "1"}, {"x", "2"}};
  BOOST_TEST(*FindHeader(headers, "hOST") == "a");
  BOOST_TEST(!FindHeader(headers, "X").has_value());
  BOOST_TEST(!FindHeader(headers, "Origin").has_value());
  BOOST_TEST(CountHeaders(headers, "x") == 2u);
}

BOOST_AUTO_TEST_CASE(takes_one_plain_length_or_one_chunked_encoding) {
  BOOST_TEST(!FramingObjection({}));
  BOOST_TEST(!FramingObjection({{"Host", "a"}, {"Content-Length", "0"}}));
  BOOST_TEST(!FramingObjection({{"content-length", "123"}}));
  BOOST_TEST(!FramingObjection({{"Transfer-Encoding", "Chunked"}}));
}

BOOST_AUTO_TEST_CASE(refuses_what_could_be_read_in_two_ways) {
  const Headers bad[] = {
      {{"Content-Length", "5"}, {"Content-Length", "5"}},
      {{"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}},
      {{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}},
      {{"Transfer-Encoding", "gzip, chunked"}},
      {{"Transfer-Encoding", "identity"}},
      {{"Transfer-Encoding", "xchunked"}},
      {{"Content-Length", ""}},
      {{"Content-Length", "+5"}},
      {{"Content-Length", "-5"}},
      {{"Content-Length", "5 "}},
      {{"Content-Length", "0x5"}},
      {{"Content-Length", "5, 5"}},
      {{"Content-Length ", "5"}},
      {{"", "5"}},
      {{"a b", "5"}},
  };
  for (const Headers& headers : bad) {
    BOOST_TEST(FramingObjection(headers).has_value(), headers[0].first + ": " + headers[0].second);
  }
}

BOOST_AUTO_TEST_SUITE_END()
