#include "http/access.h"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(http_access)

using namespace sendonce::http;

namespace {

std::string CodeOf(const std::optional<Problem>& problem) {
  return problem ? std::string(CodeText(problem->code)) : "none";
}

std::string Site(const Headers& headers) {
  return CodeOf(CheckSite(headers, "10.0.0.5"));
}

std::string Body(const std::string& method, const Headers& headers, const std::string& body) {
  return CodeOf(CheckBody({method, "/v1/sends/a", "", headers, body}));
}

}  // namespace

// RFC 7617, section 2, and RFC 4648, section 10.
BOOST_AUTO_TEST_CASE(encodes_credentials) {
  BOOST_TEST(BasicAuthorization("Aladdin:open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  BOOST_TEST(BasicAuthorization("foo:") == "Basic Zm9vOg==");
  BOOST_TEST(BasicAuthorization("fooba:") == "Basic Zm9vYmE6");
  BOOST_TEST(BasicAuthorization("fooba:\xff") == "Basic Zm9vYmE6/w==");
}

BOOST_AUTO_TEST_CASE(knows_its_credentials) {
  const Credentials credentials("Aladdin:open sesame");
  const auto match = [&](const std::string& value) {
    return credentials.Match({{"authorization", value}});
  };
  BOOST_TEST(match("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
  BOOST_TEST(match("basic  QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
  BOOST_TEST(!match("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ="));
  BOOST_TEST(!match("Basic QWxhZGRpbjpvcGVuIHNlc2FtZR=="));
  BOOST_TEST(!match("Basic"));
  BOOST_TEST(!match("Basic "));
  BOOST_TEST(!match(""));
  BOOST_TEST(!match("Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
  BOOST_TEST(!match("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ== "));
  BOOST_TEST(!credentials.Match({}));
  const std::string right = BasicAuthorization("Aladdin:open sesame");
  BOOST_TEST(!credentials.Match({{"Authorization", right}, {"Authorization", right}}));
}

BOOST_AUTO_TEST_CASE(takes_local_hosts) {
  for (const char* host : {"127.0.0.1", "127.0.0.1:8338", "localhost", "LocalHost:1", "[::1]",
                           "[::1]:8338", "10.0.0.5", "10.0.0.5:8338"}) {
    BOOST_TEST(Site({{"Host", host}}) == "none", host);
  }
}

BOOST_AUTO_TEST_CASE(refuses_other_hosts) {
  for (const char* host : {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
                           "127.0.0.1:80x", "localhost:80:80", "127.0.0.2", "10.0.0.6", "::1",
                           "[::1", "[::1]x", "[::1]:x", "[]", "localhost ", "user@localhost"}) {
    BOOST_TEST(Site({{"Host", host}}) == "forbidden", host);
  }
  BOOST_TEST(Site({}) == "forbidden");
  BOOST_TEST(Site({{"Host", "localhost"}, {"Host", "localhost"}}) == "forbidden");
}

BOOST_AUTO_TEST_CASE(refuses_pages_of_other_origins) {
  const auto site = [](const std::string& origin) {
    return Site({{"Host", "localhost:8338"}, {"Origin", origin}});
  };
  BOOST_TEST(site("http://localhost:8338") == "none");
  BOOST_TEST(site("http://LOCALHOST:8338") == "none");
  for (const char* origin : {"http://localhost", "http://localhost:3000", "https://localhost:8338",
                             "null", "", "http://evil.example", "http://localhost:8338/"}) {
    BOOST_TEST(site(origin) == "forbidden", origin);
  }
  BOOST_TEST(Site({{"Host", "localhost"},
                   {"Origin", "http://localhost"},
                   {"Origin", "http://localhost"}}) == "forbidden");
}

BOOST_AUTO_TEST_CASE(wants_json_bodies_where_there_are_bodies) {
  const auto put = [](const std::string& type) {
    return Body("PUT", {{"Content-Type", type}}, "{}");
  };
  BOOST_TEST(put("application/json") == "none");
  BOOST_TEST(put("Application/JSON; charset=utf-8") == "none");
  BOOST_TEST(put("application/json;charset=utf-8") == "none");
  for (const char* type :
       {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
        "application/jsonx", "application/problem+json", "text/plain; application/json"}) {
    BOOST_TEST(put(type) == "unsupported_media_type", type);
  }
  BOOST_TEST(Body("PUT", {}, "{}") == "unsupported_media_type");
  BOOST_TEST(Body("POST", {}, "") == "unsupported_media_type");
  BOOST_TEST(Body("PUT",
                  {{"Content-Type", "application/json"}, {"Content-Type", "application/json"}},
                  "{}") == "unsupported_media_type");
}

BOOST_AUTO_TEST_CASE(refuses_bodies_where_there_are_none) {
  BOOST_TEST(Body("GET", {}, "") == "none");
  BOOST_TEST(Body("DELETE", {}, "") == "none");
  BOOST_TEST(Body("GET", {{"Content-Type", "application/json"}}, "{}") == "bad_parameter");
  BOOST_TEST(Body("DELETE", {{"Content-Type", "application/json"}}, "{}") == "bad_parameter");
}

BOOST_AUTO_TEST_CASE(opens_nothing_but_the_probes) {
  BOOST_TEST(IsPublic("/healthz"));
  BOOST_TEST(IsPublic("/readyz"));
  for (const char* path : {"/", "/metrics", "/v1/status", "/healthz/", "/v1/sends/healthz", ""}) {
    BOOST_TEST(!IsPublic(path), path);
  }
}

BOOST_AUTO_TEST_SUITE_END()
