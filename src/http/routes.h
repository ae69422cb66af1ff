// Routes: an authenticated request is turned into a command of the core, a question to the daemon,
// or a refusal (doc/http-api.md). Pure; safe from any thread.

#ifndef SENDONCE_HTTP_ROUTES_H
#define SENDONCE_HTTP_ROUTES_H

#include <variant>

#include "core/commands.h"
#include "http/bulk_body.h"
#include "http/request.h"
#include "http/response.h"

namespace sendonce::http {

// GET /v1/sends/{id}/history
struct HistoryRequest {
  core::SendId id;  // valid
};

struct MetricsRequest {};  // GET /metrics
struct HealthRequest {};   // GET /healthz
struct ReadyRequest {};    // GET /readyz

// The commands of the core have no call token and no `stored` yet: the server fills in the one, the
// daemon's driver the other.
using Routed =
    std::variant<core::Submit, core::Query, BulkSubmit, BulkQuery, core::Cancel, core::AskStatus,
                 core::AskFunds, core::AskAlarms, core::AcceptAlarm, core::Bump, core::Adopt,
                 core::GiveVerdict, HistoryRequest, MetricsRequest, HealthRequest, ReadyRequest>;

// What the request asks for, or the problem document that answers it. Addresses must be of
// `network`. A wait beyond core::kMaxWaitMs is cut to it. Cost: linear in the request.
std::variant<Routed, Response> Route(const Request& request, bitcoin::Network network);

}  // namespace sendonce::http

#endif  // SENDONCE_HTTP_ROUTES_H
