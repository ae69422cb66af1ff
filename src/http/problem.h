// Problems: what is wrong with a request, as a document a program and a person can act on (RFC
// 9457, doc/http-api.md). Pure; safe from any thread.

#ifndef SENDONCE_HTTP_PROBLEM_H
#define SENDONCE_HTTP_PROBLEM_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/answers.h"
#include "http/json_writer.h"
#include "http/response.h"

namespace sendonce::http {

// Each has one HTTP status and one stable text, the `code` of the document. An error means that
// this call recorded nothing; it says nothing about earlier calls with the same id.
enum class ProblemCode : uint8_t {
  kBadRequest,            // 400: not HTTP as RFC 9112 has it, or headers too long
  kBadJson,               // 400
  kBadId,                 // 400
  kUnknownField,          // 400
  kMissingField,          // 400
  kBadParameter,          // 400
  kUnauthorized,          // 401
  kForbidden,             // 403
  kUnknownId,             // 404
  kUnknownTransaction,    // 404
  kNotFound,              // 404
  kMethodNotAllowed,      // 405
  kIdReused,              // 409
  kIdCancelled,           // 409
  kTooLate,               // 409
  kCannotBump,            // 409
  kNoVerdictNeeded,       // 409
  kTooLarge,              // 413
  kUnsupportedMediaType,  // 415
  kBadAddress,            // 422
  kBadAmount,             // 422
  kBadFee,                // 422
  kNotPaid,               // 422
  kLimitExceeded,         // 422
  kOverloaded,            // 503, with Retry-After, as those below
  kStarting,              // 503
  kNotPaying,             // 503
  kNodeUnavailable,       // 503
  kStopping,              // 503
};

struct Problem {
  ProblemCode code = ProblemCode::kBadRequest;
  std::string detail;  // a sentence that says what to do
  std::string field;   // the path in the body, the parameter or the header at fault; empty: none
  // 503: in what time trying again is likely to make a difference; 0: the code says it.
  int64_t retry_after_ms = 0;
};

// A caller is sent away for no longer.
constexpr int64_t kMaxRetryAfterSeconds = 60;

// "bad_json", ...
std::string_view CodeText(ProblemCode code);

int HttpStatus(ProblemCode code);

// The standard phrase of a status that this API uses: "Not Found". Also the document's title.
std::string_view StatusPhrase(int status);

// The document as one JSON value, with the send as the log holds it where the contract says so.
void WriteProblem(JsonWriter& json, const Problem& problem,
                  const std::optional<core::SendView>& send = std::nullopt);

// A response of that document alone.
Response ProblemResponse(const Problem& problem,
                         const std::optional<core::SendView>& send = std::nullopt);

}  // namespace sendonce::http

#endif  // SENDONCE_HTTP_PROBLEM_H
