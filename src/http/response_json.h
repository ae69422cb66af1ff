// The core's answers as the API shows them (doc/http-api.md). Pure; safe from any thread.

#ifndef SENDONCE_HTTP_RESPONSE_JSON_H
#define SENDONCE_HTTP_RESPONSE_JSON_H

#include <optional>
#include <string_view>
#include <vector>

#include "core/answers.h"
#include "http/bulk_body.h"
#include "http/json_writer.h"
#include "http/response.h"
#include "http/service_status.h"

namespace sendonce::http {

// "pending", "sent", "never".
std::string_view OutcomeText(core::SendOutcome outcome);

// "recorded", "reserved", ...
std::string_view StateText(core::SendState state);

// The send as one JSON value, here and wherever a send is returned.
void WriteSend(JsonWriter& json, const core::SendView& send);

// 200, 201, or the problem that the verdict stands for. REQUIRES: there is a send wherever the
// verdict says that the log has one.
Response SendResponse(const core::SendReply& reply);

// To a bulk call: {"results": [...]}, one for each element of its list, in order: those that were
// refused at their positions, and the replies in between.
Response BulkResponse(const core::SendsReply& reply, const std::vector<RefusedElement>& refused);

Response StatusResponse(const core::StatusReply& reply, const ServiceStatus& service);
Response FundsResponse(const core::FundsReply& reply);
Response AlarmsResponse(const core::AlarmsReply& reply);

// 404 if there is no such alarm.
Response AlarmResponse(const core::AlarmReply& reply);

// 200.
Response HealthResponse();

// 200, or 503 with the reason.
Response ReadyResponse(const std::optional<core::Stall>& paying_stalled);

}  // namespace sendonce::http

#endif  // SENDONCE_HTTP_RESPONSE_JSON_H
