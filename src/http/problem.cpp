#include "http/problem.h"

#include <algorithm>
#include <cassert>

#include "http/response_json.h"

namespace sendonce::http {

namespace {

struct CodeRow {
  ProblemCode code;
  std::string_view text;
  int status;
  int retry_after_s;  // 0: no such header
};

// In the order of the enumeration. The waits say when trying again can make a difference: load
// passes quickly, an operator does not come quickly.
constexpr CodeRow kCodes[] = {
    {ProblemCode::kBadRequest, "bad_request", 400, 0},
    {ProblemCode::kBadJson, "bad_json", 400, 0},
    {ProblemCode::kBadId, "bad_id", 400, 0},
    {ProblemCode::kUnknownField, "unknown_field", 400, 0},
    {ProblemCode::kMissingField, "missing_field", 400, 0},
    {ProblemCode::kBadParameter, "bad_parameter", 400, 0},
    {ProblemCode::kUnauthorized, "unauthorized", 401, 0},
    {ProblemCode::kForbidden, "forbidden", 403, 0},
    {ProblemCode::kUnknownId, "unknown_id", 404, 0},
    {ProblemCode::kUnknownTransaction, "unknown_transaction", 404, 0},
    {ProblemCode::kNotFound, "not_found", 404, 0},
    {ProblemCode::kMethodNotAllowed, "method_not_allowed", 405, 0},
    {ProblemCode::kIdReused, "id_reused", 409, 0},
    {ProblemCode::kIdCancelled, "id_cancelled", 409, 0},
    {ProblemCode::kTooLate, "too_late", 409, 0},
    {ProblemCode::kCannotBump, "cannot_bump", 409, 0},
    {ProblemCode::kNoVerdictNeeded, "no_verdict_needed", 409, 0},
    {ProblemCode::kTooLarge, "too_large", 413, 0},
    {ProblemCode::kUnsupportedMediaType, "unsupported_media_type", 415, 0},
    {ProblemCode::kBadAddress, "bad_address", 422, 0},
    {ProblemCode::kBadAmount, "bad_amount", 422, 0},
    {ProblemCode::kBadFee, "bad_fee", 422, 0},
    {ProblemCode::kNotPaid, "not_paid", 422, 0},
    {ProblemCode::kLimitExceeded, "limit_exceeded", 422, 0},
    {ProblemCode::kOverloaded, "overloaded", 503, 1},
    {ProblemCode::kStarting, "starting", 503, 1},
    {ProblemCode::kNotPaying, "not_paying", 503, 30},
    {ProblemCode::kNodeUnavailable, "node_unavailable", 503, 5},
    {ProblemCode::kStopping, "stopping", 503, 5},
};

const CodeRow& RowOf(ProblemCode code) {
  const CodeRow& row = kCodes[static_cast<size_t>(code)];
  assert(row.code == code);
  return row;
}

// Whole seconds; 0: no such header.
int64_t RetryAfterSeconds(const Problem& problem) {
  if (problem.retry_after_ms <= 0) return RowOf(problem.code).retry_after_s;
  return std::min((problem.retry_after_ms + 999) / 1'000, kMaxRetryAfterSeconds);
}

}  // namespace

void WriteProblem(JsonWriter& json, const Problem& problem,
                  const std::optional<core::SendView>& send) {
  const int status = HttpStatus(problem.code);
  json.BeginObject();
  // RFC 9457, section 4.2.1: no page describes the type, so the status gives the title.
  json.Key("type").String("about:blank");
  json.Key("title").String(StatusPhrase(status));
  json.Key("status").Integer(status);
  json.Key("code").String(CodeText(problem.code));
  json.Key("detail").String(problem.detail);
  if (!problem.field.empty()) json.Key("field").String(problem.field);
  if (const int64_t wait_s = RetryAfterSeconds(problem)) json.Key("retry_after_s").Integer(wait_s);
  if (send) WriteSend(json.Key("send"), *send);
  json.EndObject();
}

std::string_view CodeText(ProblemCode code) {
  return RowOf(code).text;
}

int HttpStatus(ProblemCode code) {
  return RowOf(code).status;
}

std::string_view StatusPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 503:
      return "Service Unavailable";
  }
  assert(false && "a status that this API does not use");
  return "";
}

Response ProblemResponse(const Problem& problem, const std::optional<core::SendView>& send) {
  const CodeRow& row = RowOf(problem.code);
  JsonWriter json;
  WriteProblem(json, problem, send);
  Response response{row.status, std::string(kProblemType), json.Take(), {}};
  if (const int64_t wait_s = RetryAfterSeconds(problem)) {
    response.headers.emplace_back("Retry-After", std::to_string(wait_s));
  }
  if (problem.code == ProblemCode::kUnauthorized) {
    response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"sendonce\"");
  }
  return response;
}

}  // namespace sendonce::http
