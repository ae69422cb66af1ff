// The bodies that callers send, checked field by field. Pure; safe from any thread.
//
// Only what is wrong for ever is refused here. What depends on the configuration or on the time is
// the core's to judge, so that a known id is answered from the log however the options change.

#ifndef SENDONCE_HTTP_SEND_BODY_H
#define SENDONCE_HTTP_SEND_BODY_H

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "bitcoin/address.h"
#include "core/records.h"
#include "core/send.h"
#include "http/json_reader.h"
#include "http/problem.h"

namespace sendonce::http {

constexpr size_t kMaxAddressBytes = 128;  // the longest there is has 90 (BIP 173)
constexpr core::Millis kMaxNotAfterMs = 253'402'300'799'999;  // the last millisecond of year 9999
constexpr size_t kMaxReasonBytes = 1'024;

// The body of PUT /v1/sends/{id}, every field as the caller wrote it.
std::variant<core::SendContent, Problem> ReadSendBody(std::string_view body,
                                                      bitcoin::Network network);

// The same of an object that was parsed already.
std::variant<core::SendContent, Problem> ReadSendFields(const JsonValue& object,
                                                        bitcoin::Network network);

// {"rate_sat_vb": 30}, in the form of the content's fee.
std::variant<bitcoin::FeeRate, Problem> ReadBumpBody(std::string_view body);

struct AdoptBody {
  bitcoin::Txid txid;
  std::optional<core::SendContent> content;  // outputs and reference; absent: as recorded
};

// {"txid": "...", "outputs": [...], "reference": "..."}, the last two in the form of the content,
// and absent or not as the caller wrote them. A reference needs outputs.
std::variant<AdoptBody, Problem> ReadAdoptBody(std::string_view body, bitcoin::Network network);

struct VerdictBody {
  core::OperatorVerdict verdict = core::OperatorVerdict::kPayAgain;
  std::string reason;  // not empty
};

// {"verdict": "pay_again", "reason": "..."}
std::variant<VerdictBody, Problem> ReadVerdictBody(std::string_view body);

// {"reason": "..."}: an operator's reason, not empty.
std::variant<std::string, Problem> ReadReasonBody(std::string_view body);

// --- what these have in common with other bodies

// The body as an object, before its fields are looked at.
std::variant<JsonValue, Problem> ReadObject(std::string_view body, const JsonLimits& limits = {});

// nullopt if it is an object.
std::optional<Problem> ObjectProblem(const JsonValue& value);

Problem MissingFieldProblem(std::string field);
Problem UnknownFieldProblem(std::string field);

// What is said of an id that is none.
Problem BadIdProblem();

}  // namespace sendonce::http

#endif  // SENDONCE_HTTP_SEND_BODY_H
