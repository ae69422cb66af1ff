#include "node/node_words.h"

#include <boost/test/unit_test.hpp>

namespace sendonce::node {

namespace {

std::string Cut(const std::string& beginning, size_t bytes) {
  return beginning + "... (cut: " + std::to_string(bytes) + " bytes)";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(node_words_tests)

BOOST_AUTO_TEST_CASE(few_words_are_shown_as_they_are) {
  for (const std::string& words :
       {std::string(), std::string("mempool full"), std::string("\xc3\xa4\xf0\x9f\x92\xb0"),
        std::string(kMaxNodeWordsBytes, 'x')}) {
    BOOST_TEST(NodeWords(words) == words);
  }
}

BOOST_AUTO_TEST_CASE(many_words_are_cut_and_said_to_be) {
  const std::string beginning(kMaxNodeWordsBytes, 'x');
  BOOST_TEST(NodeWords(beginning + "y") == Cut(beginning, kMaxNodeWordsBytes + 1));
  BOOST_TEST(NodeWords(std::string(20'000'000, 'x')) == Cut(beginning, 20'000'000));
  BOOST_TEST(NodeWords("abcdef", 3) == Cut("abc", 6));
}

BOOST_AUTO_TEST_CASE(no_character_is_cut_in_two) {
  const std::string words = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x92\xb0z";  // 1, 2, 3, 4 and 1 bytes
  const std::vector<size_t> ends = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10};
  for (size_t max_bytes = 0; max_bytes < ends.size(); ++max_bytes) {
    BOOST_TEST(NodeWords(words, max_bytes) == Cut(words.substr(0, ends[max_bytes]), words.size()));
  }
  BOOST_TEST(NodeWords(words, words.size()) == words);
}

BOOST_AUTO_TEST_CASE(what_is_no_text_is_cut_all_the_same) {
  const std::string odd(100, '\x80');
  BOOST_TEST(NodeWords(odd, 50) == Cut(odd.substr(0, 50), 100));
  BOOST_TEST(NodeWords(odd, 2) == Cut(odd.substr(0, 2), 100));
}

BOOST_AUTO_TEST_CASE(they_stand_in_one_line) {
  BOOST_TEST(NodeWords(std::string("a\nb\r\tc\0d\x1b[1me\x7f", 14)) == "a b  c d [1me ");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::node
