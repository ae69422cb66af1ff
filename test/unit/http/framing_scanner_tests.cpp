#include "http/framing_scanner.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>

#include "http/limits.h"

BOOST_AUTO_TEST_SUITE(http_framing_scanner)

using namespace sendonce::http;

namespace {

const std::string kGet = "GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n";

std::string Put(const std::string& header, const std::string& body) {
  return "PUT /v1/sends/w-1 HTTP/1.1\r\nHost: localhost\r\n" + header + "\r\n\r\n" + body;
}

std::string Chunked(const std::string& body) {
  return Put("Transfer-Encoding: chunked", body);
}

// 0 if there is none. In pieces of any size the finding is the same.
uint64_t AmbiguousIn(const std::string& text) {
  FramingScanner whole;
  whole.Take(text);
  for (const size_t size : {1, 2, 7}) {
    FramingScanner scanner;
    for (size_t at = 0; at < text.size(); at += size) scanner.Take(text.substr(at, size));
    BOOST_TEST((scanner.ambiguous_request() == whole.ambiguous_request()), text);
  }
  return whole.ambiguous_request().value_or(0);
}

// That the scanner knows where the text ends: a bad request behind it is the next one.
void ExpectEndOf(const std::string& text, uint64_t requests = 1) {
  BOOST_TEST(AmbiguousIn(text) == 0u, text);
  BOOST_TEST(AmbiguousIn(text + "GET / HTTP/1.1\nHost: x\r\n\r\n") == requests + 1, text);
}

}  // namespace

BOOST_AUTO_TEST_CASE(knows_where_requests_end) {
  ExpectEndOf(kGet);
  ExpectEndOf(kGet + kGet, 2);
  ExpectEndOf(Put("Content-Length: 4", "\n\n\r\n"));
  ExpectEndOf(Put("content-length:\t4 ", "\n\n\r\n") + kGet, 2);
  ExpectEndOf(Put("Content-Length: 0", ""));
  ExpectEndOf(Put("Content-Length: 004", "abcd"));
  ExpectEndOf(Chunked("4\r\n\n\n\n\n\r\n0\r\n\r\n"));
  ExpectEndOf(
      Chunked("0A\r\n0123456789\r\n1\r\n\n\r\n000\r\nTrailer: x\r\nOther: y\r\n\r\n") + kGet, 2);
}

BOOST_AUTO_TEST_CASE(lines_end_with_both_bytes) {
  for (const std::string& text :
       {std::string("GET / HTTP/1.1\nHost: x\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nHost: x\n\r\n"),
        std::string("GET / HTTP/1.1\r\nHost: x\r\n\n"),
        std::string("GET / HTTP/1.1\r\nA: b\rc\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nA: b\r\r\n\r\n"), std::string("\n"),
        std::string("GET / HTTP/1.1\r\nA: b\0c\r\n\r\n", 27),
        std::string("GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n")}) {
    BOOST_TEST(AmbiguousIn(text) == 1u, text);
    BOOST_TEST(AmbiguousIn(kGet + text) == 2u, text);
  }
}

BOOST_AUTO_TEST_CASE(sizes_of_chunks_are_hexadecimal_digits_alone) {
  for (const char* size :
       {"0x4", "+4", "-0", "-4", " 4", "4 ", "\t4", "4;a=b", "", "g", "4h", "4_0"}) {
    BOOST_TEST(AmbiguousIn(Chunked(std::string(size) + "\r\nabcd\r\n0\r\n\r\n")) == 1u, size);
  }
  BOOST_TEST(AmbiguousIn(Chunked("4\nabcd\r\n0\r\n\r\n")) == 1u);
  BOOST_TEST(AmbiguousIn(Chunked("4\r\nabcd\r\n0\n\r\n")) == 1u);
}

BOOST_AUTO_TEST_CASE(behind_a_chunk_its_line_ends) {
  for (const char* between : {"", "\n", "\r", "x\r\n", "\r\n\r\n", "\n\r\n"}) {
    BOOST_TEST(AmbiguousIn(Chunked("4\r\nabcd" + std::string(between) + "0\r\n\r\n")) == 1u,
               between);
  }
}

BOOST_AUTO_TEST_CASE(trailers_are_lines_too) {
  BOOST_TEST(AmbiguousIn(Chunked("0\r\nA: b\n\r\n")) == 1u);
  BOOST_TEST(AmbiguousIn(Chunked("0\r\nA: b\r\n c\r\n\r\n")) == 1u);
}

// It is refused for its length; what stands behind it is none of its requests.
BOOST_AUTO_TEST_CASE(a_length_beyond_all_numbers_has_no_end) {
  const std::string digits(30, '9');
  BOOST_TEST(AmbiguousIn(Put("Content-Length: " + digits, "\n\n") + kGet + "\n") == 0u);
  BOOST_TEST(AmbiguousIn(Chunked(std::string(30, 'f') + "\r\n\n\n") + kGet + "\n") == 0u);
}

BOOST_AUTO_TEST_CASE(a_line_has_a_limit) {
  BOOST_TEST(AmbiguousIn("GET /" + std::string(kMaxHeaderBytes, 'x')) == 1u);
  BOOST_TEST(AmbiguousIn(Chunked(std::string(kMaxHeaderBytes + 1, '0'))) == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
