// The entry point of every unit test program; the tests register themselves.
#define BOOST_TEST_MODULE sendonce
#include <boost/test/unit_test.hpp>
