#include "http/problem.h"

#include <boost/test/unit_test.hpp>

#include "sample.h"

BOOST_AUTO_TEST_SUITE(http_problem)

using namespace sendonce;
using namespace sendonce::http;

namespace {

std::string HeaderOf(const Response& response, std::string_view name) {
  return std::string(FindHeader(response.headers, name).value_or(""));
}

}  // namespace

BOOST_AUTO_TEST_CASE(says_when_to_try_again) {
  const auto after = [](ProblemCode code, int64_t retry_after_ms) {
    const Response response = ProblemResponse({code, "A.", "", retry_after_ms});
    const std::string header = HeaderOf(response, "Retry-After");
    const std::string member = "\"retry_after_s\":" + header + "}";
    BOOST_TEST(header.empty() != response.body.ends_with(member));
    return header;
  };
  BOOST_TEST(after(ProblemCode::kOverloaded, 0) == "1");
  BOOST_TEST(after(ProblemCode::kOverloaded, 1) == "1");
  BOOST_TEST(after(ProblemCode::kOverloaded, 1'000) == "1");
  BOOST_TEST(after(ProblemCode::kOverloaded, 1'001) == "2");
  BOOST_TEST(after(ProblemCode::kOverloaded, 3'600'000) == "60");
  BOOST_TEST(after(ProblemCode::kNotPaying, 0) == "30");
  BOOST_TEST(after(ProblemCode::kBadId, 0) == "");
}

// The codes and their statuses are a contract: doc/http-api.md.
BOOST_AUTO_TEST_CASE(every_code_has_its_text_and_status) {
  struct Row {
    ProblemCode code;
    const char* text;
    int status;
  };
  const Row rows[] = {
      {ProblemCode::kBadRequest, "bad_request", 400},
      {ProblemCode::kBadJson, "bad_json", 400},
      {ProblemCode::kBadId, "bad_id", 400},
      {ProblemCode::kUnknownField, "unknown_field", 400},
      {ProblemCode::kMissingField, "missing_field", 400},
      {ProblemCode::kBadParameter, "bad_parameter", 400},
      {ProblemCode::kUnauthorized, "unauthorized", 401},
      {ProblemCode::kForbidden, "forbidden", 403},
      {ProblemCode::kUnknownId, "unknown_id", 404},
      {ProblemCode::kUnknownTransaction, "unknown_transaction", 404},
      {ProblemCode::kNotFound, "not_found", 404},
      {ProblemCode::kMethodNotAllowed, "method_not_allowed", 405},
      {ProblemCode::kIdReused, "id_reused", 409},
      {ProblemCode::kIdCancelled, "id_cancelled", 409},
      {ProblemCode::kTooLate, "too_late", 409},
      {ProblemCode::kCannotBump, "cannot_bump", 409},
      {ProblemCode::kNoVerdictNeeded, "no_verdict_needed", 409},
      {ProblemCode::kTooLarge, "too_large", 413},
      {ProblemCode::kUnsupportedMediaType, "unsupported_media_type", 415},
      {ProblemCode::kBadAddress, "bad_address", 422},
      {ProblemCode::kBadAmount, "bad_amount", 422},
      {ProblemCode::kBadFee, "bad_fee", 422},
      {ProblemCode::kNotPaid, "not_paid", 422},
      {ProblemCode::kLimitExceeded, "limit_exceeded", 422},
      {ProblemCode::kOverloaded, "overloaded", 503},
      {ProblemCode::kStarting, "starting", 503},
      {ProblemCode::kNotPaying, "not_paying", 503},
      {ProblemCode::kNodeUnavailable, "node_unavailable", 503},
      {ProblemCode::kStopping, "stopping", 503},
  };
  for (const Row& row : rows) {
    BOOST_TEST(CodeText(row.code) == row.text);
    BOOST_TEST(HttpStatus(row.code) == row.status);
    const Response response = ProblemResponse({row.code, "d", ""});
    BOOST_TEST(response.status == row.status);
    BOOST_TEST(response.content_type == "application/problem+json");
    BOOST_TEST(HeaderOf(response, "Retry-After").empty() == (row.status != 503));
    BOOST_TEST(HeaderOf(response, "WWW-Authenticate").empty() == (row.status != 401));
  }
}

BOOST_AUTO_TEST_CASE(is_a_document_of_rfc_9457) {
  BOOST_TEST(
      ProblemResponse({ProblemCode::kBadAmount, "Not \"so\".", "outputs[0].amount_sat"}).body ==
      R"({"type":"about:blank","title":"Unprocessable Content","status":422,)"
      R"("code":"bad_amount","detail":"Not \"so\".","field":"outputs[0].amount_sat"})");
}

BOOST_AUTO_TEST_CASE(carries_the_stored_send_where_there_is_one) {
  const Response response =
      ProblemResponse({ProblemCode::kTooLate, "d", ""}, sample::RecordedSend());
  BOOST_TEST(response.body ==
             R"({"type":"about:blank","title":"Conflict","status":409,"code":"too_late",)"
             R"("detail":"d","send":)" +
                 sample::RecordedSendJson() + "}");
}

BOOST_AUTO_TEST_SUITE_END()
