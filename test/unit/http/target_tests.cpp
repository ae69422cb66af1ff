#include "http/target.h"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(http_target)

using namespace sendonce::http;

BOOST_AUTO_TEST_CASE(splits_at_the_first_question_mark) {
  const auto split = [](std::string_view target) {
    const auto [path, query] = SplitTarget(target);
    return std::string(path) + "|" + std::string(query);
  };
  BOOST_TEST(split("/a") == "/a|");
  BOOST_TEST(split("/a?") == "/a|");
  BOOST_TEST(split("/a?b=c?d") == "/a|b=c?d");
  BOOST_TEST(split("") == "|");
}

BOOST_AUTO_TEST_CASE(decodes_escapes) {
  BOOST_TEST(*PercentDecode("a%41%7e%3A+") == "aA~:+");
  BOOST_TEST(*PercentDecode("") == "");
  BOOST_TEST(*PercentDecode("%41") == "A");
  BOOST_TEST((*PercentDecode("%00") == std::string(1, '\0')));
  for (const char* bad : {"%", "%4", "a%", "%zz", "%4g", "%g4", "%%41", "% 1"}) {
    BOOST_TEST(!PercentDecode(bad), bad);
  }
}

BOOST_AUTO_TEST_CASE(takes_paths_apart) {
  using Segments = std::vector<std::string_view>;
  BOOST_TEST((PathSegments("/v1/sends/w-1", 4) == Segments{"v1", "sends", "w-1"}));
  BOOST_TEST((PathSegments("/", 4) == Segments{""}));
  BOOST_TEST((PathSegments("/v1/", 4) == Segments{"v1", ""}));
  BOOST_TEST((PathSegments("//", 4) == Segments{"", ""}));
  BOOST_TEST((PathSegments("/a/b/c/d", 4) == Segments{"a", "b", "c", "d"}));
  BOOST_TEST(PathSegments("/a/b/c/d/e", 4).empty());
  BOOST_TEST(PathSegments("", 4).empty());
  BOOST_TEST(PathSegments("v1/sends", 4).empty());
}

BOOST_AUTO_TEST_CASE(takes_queries_apart) {
  BOOST_TEST(ParseQuery("", 2)->empty());
  BOOST_TEST(
      (*ParseQuery("wait=5&until=fin%61l", 2) == Parameters{{"wait", "5"}, {"until", "final"}}));
  BOOST_TEST((*ParseQuery("a&b=", 2) == Parameters{{"a", ""}, {"b", ""}}));
  BOOST_TEST((*ParseQuery("a=b=c", 2) == Parameters{{"a", "b=c"}}));
  BOOST_TEST(!ParseQuery("a=1&b=2&c=3", 2));
  BOOST_TEST(!ParseQuery("a=%4", 2));
  BOOST_TEST(!ParseQuery("%=4", 2));
}

BOOST_AUTO_TEST_SUITE_END()
