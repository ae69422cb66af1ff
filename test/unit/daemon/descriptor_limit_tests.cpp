#include "daemon/descriptor_limit.h"

#include <sys/resource.h>

#include <boost/test/unit_test.hpp>

namespace sendonce::daemon {
namespace {

BOOST_AUTO_TEST_SUITE(descriptor_limit_tests)

BOOST_AUTO_TEST_CASE(each_connection_needs_one) {
  BOOST_TEST(DescriptorsNeeded(0) > kReservedDescriptors);
  BOOST_TEST(DescriptorsNeeded(10'000) == DescriptorsNeeded(0) + 10'000);
}

// What most systems give a process that asks for nothing.
BOOST_AUTO_TEST_CASE(the_default_fits_the_usual_limit) {
  BOOST_TEST(DescriptorsNeeded(256) <= 1'024U);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused_with_the_way_out) {
  const uint64_t needed = DescriptorsNeeded(300);
  BOOST_TEST(!ObjectionToLimit(needed, 300));
  BOOST_TEST(!ObjectionToLimit(RLIM_INFINITY, 300));
  const std::string text = ObjectionToLimit(needed - 1, 300).value();
  BOOST_TEST(text.find("needs " + std::to_string(needed) + " file") != std::string::npos);
  BOOST_TEST(text.find("LimitNOFILE=") != std::string::npos);
  BOOST_TEST(text.ends_with("or start with -maxconnections=299 or less"));
}

BOOST_AUTO_TEST_CASE(no_number_of_connections_is_named_where_none_fits) {
  const std::string text = ObjectionToLimit(DescriptorsNeeded(0), 256).value();
  BOOST_TEST(text.find("or less") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::daemon
