#include "core/culprit_search.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace sendonce::core {
namespace {

BOOST_AUTO_TEST_SUITE(culprit_search_tests)

bool IsJudgedGood(const std::vector<SendId>& group, const std::vector<SendId>& bad) {
  return std::none_of(group.begin(), group.end(), [&](const SendId& id) {
    return std::find(bad.begin(), bad.end(), id) != bad.end();
  });
}

BOOST_AUTO_TEST_CASE(whoever_is_refused_is_found) {
  const std::vector<SendId> all = {"a", "b", "c", "d", "e", "f", "g"};
  for (unsigned members = 1; members < 1U << all.size(); ++members) {
    std::vector<SendId> bad;
    std::vector<SendId> good;
    for (size_t i = 0; i < all.size(); ++i) {
      (members & (1U << i) ? bad : good).push_back(all[i]);
    }
    CulpritSearch search(all);
    size_t judgements = 0;
    for (; !search.IsOver(); ++judgements) search.Judged(IsJudgedGood(search.Next(), bad));
    BOOST_TEST(search.good() == good);
    BOOST_TEST(judgements <= 2 * all.size());
  }
}

BOOST_AUTO_TEST_CASE(one_of_many_is_found_soon) {
  std::vector<SendId> all;
  for (int i = 0; i < 500; ++i) all.push_back("w-" + std::to_string(i));
  CulpritSearch search(all);
  int judgements = 0;
  for (; !search.IsOver(); ++judgements) search.Judged(IsJudgedGood(search.Next(), {"w-333"}));
  BOOST_TEST(search.good().size() == 499U);
  BOOST_TEST(judgements <= 18);
}

// So the last that was taken can be kept as it is.
BOOST_AUTO_TEST_CASE(those_found_good_are_asked_about_again_with_the_others) {
  CulpritSearch search({"a", "b", "c"});
  BOOST_TEST(search.Next() == (std::vector<SendId>{"a"}));
  search.Judged(true);
  BOOST_TEST(search.Next() == (std::vector<SendId>{"a", "b", "c"}));
  search.Judged(false);
  BOOST_TEST(search.Next() == (std::vector<SendId>{"a", "b"}));
  search.Judged(false);
  BOOST_TEST(search.Next() == (std::vector<SendId>{"a", "c"}));
  search.Judged(true);
  BOOST_TEST(search.IsOver());
  BOOST_TEST(search.good() == (std::vector<SendId>{"a", "c"}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
