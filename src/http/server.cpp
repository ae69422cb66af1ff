#include "http/server.h"

#include <map>
#include <set>
#include <utility>

#include "http/access.h"
#include "http/bulk_body.h"
#include "http/connections.h"
#include "http/json_writer.h"
#include "http/problem.h"
#include "http/record_json.h"
#include "http/response_json.h"

namespace sendonce::http {

namespace {

struct CallSetter {
  core::CallToken call;

  void operator()(HistoryRequest&) const {}
  void operator()(MetricsRequest&) const {}
  void operator()(HealthRequest&) const {}
  void operator()(ReadyRequest&) const {}
  void operator()(BulkSubmit& bulk) const { bulk.command.call = call; }
  void operator()(BulkQuery& bulk) const { bulk.command.call = call; }
  template <typename Command>
  void operator()(Command& command) const {
    command.call = call;
  }
};

struct ReplyWriter {
  Server::Handler& handler;
  const std::vector<RefusedElement>& refused;  // of a bulk call

  Response operator()(const core::SendReply& reply) const { return SendResponse(reply); }
  Response operator()(const core::SendsReply& reply) const { return BulkResponse(reply, refused); }
  Response operator()(const core::StatusReply& reply) const {
    return StatusResponse(reply, handler.DescribeService());
  }
  Response operator()(const core::FundsReply& reply) const { return FundsResponse(reply); }
  Response operator()(const core::AlarmsReply& reply) const { return AlarmsResponse(reply); }
  Response operator()(const core::AlarmReply& reply) const { return AlarmResponse(reply); }
};

core::Wait* WaitOf(Routed& routed) {
  if (auto* submit = std::get_if<core::Submit>(&routed)) return &submit->wait;
  if (auto* query = std::get_if<core::Query>(&routed)) return &query->wait;
  return nullptr;
}

std::vector<RefusedElement>* RefusedOf(Routed& routed) {
  if (auto* submit = std::get_if<BulkSubmit>(&routed)) return &submit->refused;
  if (auto* query = std::get_if<BulkQuery>(&routed)) return &query->refused;
  return nullptr;
}

// A short call can ask for it.
bool HasLongReply(const Routed& routed) {
  return std::holds_alternative<BulkSubmit>(routed) || std::holds_alternative<BulkQuery>(routed) ||
         std::holds_alternative<HistoryRequest>(routed) ||
         std::holds_alternative<core::AskAlarms>(routed);
}

}  // namespace

// Lets requests in or not, and keeps the books on calls. A call's token is the exchange it answers.
class Server::Desk : private Connections::Listener {
 public:
  Desk(event_base* base, Handler& handler, ServerOptions options)
      : handler_(handler),
        options_(std::move(options)),
        credentials_(options_.credentials),
        connections_(base, *this, options_.limits) {}

  void Respond(core::CallToken call, const Response& response) {
    Forget(call);
    connections_.Respond(call, response);
  }

  void Reply(core::CallToken call, const core::Reply& reply) {
    const auto bulk = bulk_calls_.find(call);
    const std::vector<RefusedElement> none;
    const auto& refused = bulk == bulk_calls_.end() ? none : bulk->second;
    Respond(call, std::visit(ReplyWriter{handler_, refused}, reply));
  }

  ServerCounters counters() const {
    ServerCounters counters = connections_.counters();
    counters.unauthorized = unauthorized_;
    return counters;
  }

  const ServerOptions& options() const { return options_; }
  Connections& connections() { return connections_; }

 private:
  void OnRequest(Exchange exchange, Request request) override {
    if (const auto problem = CheckSite(request.headers, options_.bind_address)) {
      return Respond(exchange, ProblemResponse(*problem));
    }
    if (!IsPublic(request.path) && !credentials_.Match(request.headers)) {
      return RefuseCredentials(exchange);
    }
    if (const auto problem = CheckBody(request)) {
      return Respond(exchange, ProblemResponse(*problem));
    }
    auto routed = Route(request, options_.network);
    if (const auto* refusal = std::get_if<Response>(&routed)) return Respond(exchange, *refusal);
    HandOver(exchange, std::move(std::get<Routed>(routed)));
  }

  void OnEnded(Exchange exchange) override {
    Forget(exchange);
    handler_.OnCallerGone(exchange);
  }

  void RefuseCredentials(Exchange exchange) {
    ++unauthorized_;
    const Problem problem{ProblemCode::kUnauthorized,
                          "Show the credentials of the cookie file in the data directory "
                          "(Authorization: Basic). They are new with every start: read it again.",
                          ""};
    connections_.Respond(exchange, ProblemResponse(problem), options_.limits.unauthorized_delay_ms);
  }

  void Forget(core::CallToken call) {
    waiting_.erase(call);
    bulk_calls_.erase(call);
  }

  // False: there is no room for its reply.
  bool Admit(core::CallToken call, Routed& routed) {
    if (!HasLongReply(routed)) return true;
    if (connections_.counters().unsent_bytes >= options_.limits.max_unsent_bytes) return false;
    auto* const refused = RefusedOf(routed);
    if (!refused) return true;
    if (bulk_calls_.size() >= options_.limits.max_bulk_calls) return false;
    bulk_calls_.emplace(call, std::move(*refused));  // waits for the reply to the rest
    return true;
  }

  void HandOver(core::CallToken call, Routed routed) {
    if (!Admit(call, routed)) {
      return Respond(call, ProblemResponse({ProblemCode::kOverloaded,
                                            "Too many long replies are being made, or wait to be "
                                            "read; nothing was recorded. Repeat this call, "
                                            "unchanged, later.",
                                            ""}));
    }
    core::Wait* const wait = WaitOf(routed);
    if (wait && wait->limit_ms > 0) {
      if (waiting_.size() < options_.limits.max_waiting_calls) {
        waiting_.insert(call);
      } else {
        wait->limit_ms = 0;
      }
    }
    std::visit(CallSetter{call}, routed);
    handler_.OnRouted(call, std::move(routed));
  }

  Handler& handler_;
  const ServerOptions options_;
  const Credentials credentials_;
  std::set<core::CallToken> waiting_;                                  // calls that asked to wait
  std::map<core::CallToken, std::vector<RefusedElement>> bulk_calls_;  // that are not answered yet
  uint64_t unauthorized_ = 0;
  Connections connections_;
};

Server::Server(event_base* base, Handler& handler, ServerOptions options)
    : desk_(std::make_unique<Desk>(base, handler, std::move(options))) {}

Server::~Server() = default;

std::optional<std::string> Server::Listen() {
  return desk_->connections().Listen(desk_->options().bind_address, desk_->options().port);
}

uint16_t Server::port() const {
  return desk_->connections().port();
}

void Server::Reply(core::CallToken call, const core::Reply& reply) {
  desk_->Reply(call, reply);
}

void Server::ReplyHistory(core::CallToken call, const std::vector<core::Logged>& records,
                          bool pruned) {
  desk_->Respond(call, HistoryResponse(records, pruned));
}

void Server::ReplyMetrics(core::CallToken call, const std::string& prometheus_text) {
  desk_->Respond(call, {200, std::string(kPrometheusType), prometheus_text, {}});
}

void Server::ReplyHealth(core::CallToken call) {
  desk_->Respond(call, HealthResponse());
}

void Server::ReplyReady(core::CallToken call, const std::optional<core::Stall>& paying_stalled) {
  desk_->Respond(call, ReadyResponse(paying_stalled));
}

void Server::Stop(std::function<void()> drained) {
  desk_->connections().Stop(std::move(drained));
}

ServerCounters Server::counters() const {
  return desk_->counters();
}

}  // namespace sendonce::http
