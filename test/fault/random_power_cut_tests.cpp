// A sample of what make power-cuts looks at; here on each change, with seeds that stay.

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <numeric>

#include "power_cuts.h"

namespace sendonce::fault {

BOOST_AUTO_TEST_SUITE(random_power_cut)

BOOST_AUTO_TEST_CASE(each_image_of_random_sessions_holds_all_that_was_acknowledged) {
  PowerCuts cuts({});
  for (uint64_t seed = 1; cuts.tally().images() < 10'000; ++seed) cuts.RunSession(seed);
  const auto& tally = cuts.tally();
  for (const std::string& finding : tally.findings) BOOST_ERROR(finding);
  BOOST_TEST(tally.in_recovery > 0U);
  BOOST_TEST(!tally.sayings.empty());  // or nothing was held to being called damage
  for (size_t kind = 0; kind < kKindsOfCut.size(); ++kind) {
    BOOST_TEST_CONTEXT(kKindsOfCut[kind].name) {
      BOOST_TEST(tally.opened[kind] > 0U);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::fault
