#include "net/basic_auth.h"

#include <boost/test/unit_test.hpp>

namespace sendonce::net {

BOOST_AUTO_TEST_SUITE(basic_auth_tests)

BOOST_AUTO_TEST_CASE(the_example_of_rfc_7617) {
  BOOST_TEST(BasicAuthorization("Aladdin:open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

BOOST_AUTO_TEST_CASE(the_vectors_of_rfc_4648) {
  BOOST_TEST(BasicAuthorization("") == "Basic ");
  BOOST_TEST(BasicAuthorization("f") == "Basic Zg==");
  BOOST_TEST(BasicAuthorization("fo") == "Basic Zm8=");
  BOOST_TEST(BasicAuthorization("foo") == "Basic Zm9v");
  BOOST_TEST(BasicAuthorization("foob") == "Basic Zm9vYg==");
  BOOST_TEST(BasicAuthorization("fooba") == "Basic Zm9vYmE=");
  BOOST_TEST(BasicAuthorization("foobar") == "Basic Zm9vYmFy");
}

BOOST_AUTO_TEST_CASE(bytes_beyond_ascii) {
  BOOST_TEST(BasicAuthorization("\xff\xfe\xfd") == "Basic //79");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::net
