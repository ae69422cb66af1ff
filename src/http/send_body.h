// The bodies that callers send, checked field by field. Pure; safe from any thread.
//
// Only what is wrong for ever is refused here. What depends on the configuration or on the time is
// the core's to judge, so that a known id is answered from the log however the options change.

#ifndef SENDONCE_HTTP_SEND_BODY_H
#define SENDONCE_HTTP_SEND_BODY_H

#include <string>
#include <string_view>
#include <variant>

#include "bitcoin/address.h"
#include "core/send.h"
#include "http/problem.h"

namespace sendonce::http {

constexpr size_t kMaxAddressBytes = 128;  // the longest there is has 90 (BIP 173)
constexpr core::Millis kMaxNotAfterMs = 253'402'300'799'999;  // the last millisecond of year 9999
constexpr size_t kMaxReasonBytes = 1'024;

// The body of PUT /v1/sends/{id}, every field as the caller wrote it.
std::variant<core::SendContent, Problem> ReadSendBody(std::string_view body,
                                                      bitcoin::Network network);

// {"reason": "..."}: an operator's reason, not empty.
std::variant<std::string, Problem> ReadReasonBody(std::string_view body);

}  // namespace sendonce::http

#endif  // SENDONCE_HTTP_SEND_BODY_H
