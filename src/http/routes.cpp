#include "http/routes.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <optional>

#include "http/bulk_body.h"
#include "http/problem.h"
#include "http/send_body.h"
#include "http/target.h"

namespace sendonce::http {

namespace {

using Answer = std::variant<Routed, Response>;
using Segments = std::vector<std::string_view>;

constexpr size_t kMaxSegments = 4;    // "v1", "sends", id, "history"
constexpr size_t kMaxParameters = 8;  // of a query; two are known
constexpr size_t kMaxShownBytes = 64;

// What a route is given: the request, and the part of the path that varies.
struct Call {
  const Request& request;
  bitcoin::Network network;
  std::string_view variable;
};

// A "*" in the pattern stands for the variable segment.
struct RouteRow {
  std::string_view method;
  Segments pattern;
  Answer (*answer)(const Call& call);
};

Answer Refuse(ProblemCode code, std::string detail, std::string field = "") {
  return ProblemResponse({code, std::move(detail), std::move(field)});
}

// The id of the path, or nullopt if it is none.
std::optional<core::SendId> ReadId(std::string_view segment) {
  std::optional<std::string> id = PercentDecode(segment);
  if (!id || !core::IsValidSendId(*id)) return std::nullopt;
  return id;
}

Answer RefuseId() {
  return ProblemResponse(BadIdProblem());
}

Response ParameterProblem(std::string_view name, std::string detail) {
  return ProblemResponse(
      {ProblemCode::kBadParameter, std::move(detail), std::string(name.substr(0, kMaxShownBytes))});
}

// Whole seconds in digits alone; more than the cap is the cap, however many digits it has.
std::optional<core::Millis> ReadWaitMs(std::string_view text) {
  if (text.empty() ||
      !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return std::nullopt;
  }
  constexpr int64_t kMaxWaitSeconds = core::kMaxWaitMs / 1'000;
  int64_t seconds = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (result.ec == std::errc::result_out_of_range) seconds = kMaxWaitSeconds;
  return std::min(seconds, kMaxWaitSeconds) * 1'000;
}

std::optional<core::Until> ReadUntil(std::string_view text) {
  if (text == "sent") return core::Until::kSent;
  if (text == "confirmed") return core::Until::kConfirmed;
  if (text == "final") return core::Until::kFinal;
  return std::nullopt;
}

// Sets one parameter of the query, or says what is wrong with it.
std::optional<Response> SetWaitParameter(const std::string& name, const std::string& value,
                                         core::Wait& wait) {
  if (name == "wait") {
    if (const auto limit_ms = ReadWaitMs(value)) {
      wait.limit_ms = *limit_ms;
      return std::nullopt;
    }
    return ParameterProblem(name, "Give whole seconds in digits: wait=30.");
  }
  assert(name == "until");
  if (const auto until = ReadUntil(value)) {
    wait.until = *until;
    return std::nullopt;
  }
  return ParameterProblem(name, "Write sent, confirmed or final.");
}

std::variant<core::Wait, Response> ReadWait(std::string_view query) {
  const auto parameters = ParseQuery(query, kMaxParameters);
  if (!parameters) {
    return ParameterProblem("", "The query of this address can not be read.");
  }
  core::Wait wait;
  std::vector<std::string_view> seen;
  for (const auto& [name, value] : *parameters) {
    if (name != "wait" && name != "until") {
      return ParameterProblem(name, "This call knows only wait and until.");
    }
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      return ParameterProblem(name, "Give this parameter once.");
    }
    seen.push_back(name);
    if (auto refusal = SetWaitParameter(name, value, wait)) return std::move(*refusal);
  }
  return wait;
}

Answer PutSend(const Call& call) {
  const auto id = ReadId(call.variable);
  if (!id) return RefuseId();
  auto wait = ReadWait(call.request.query);
  if (auto* refusal = std::get_if<Response>(&wait)) return std::move(*refusal);
  auto content = ReadSendBody(call.request.body, call.network);
  if (const auto* problem = std::get_if<Problem>(&content)) return ProblemResponse(*problem);
  core::Submit submit;
  submit.id = *id;
  submit.content = std::move(std::get<core::SendContent>(content));
  submit.wait = std::get<core::Wait>(wait);
  return submit;
}

Answer GetSend(const Call& call) {
  const auto id = ReadId(call.variable);
  if (!id) return RefuseId();
  auto wait = ReadWait(call.request.query);
  if (auto* refusal = std::get_if<Response>(&wait)) return std::move(*refusal);
  core::Query query;
  query.id = *id;
  query.wait = std::get<core::Wait>(wait);
  return query;
}

// For calls without parameters: nullopt if there are none.
std::optional<Response> RefuseQuery(const Call& call) {
  if (call.request.query.empty()) return std::nullopt;
  const std::string_view query = call.request.query;
  return ParameterProblem(query.substr(0, query.find('=')), "This call takes no parameters.");
}

Answer DeleteSend(const Call& call) {
  const auto id = ReadId(call.variable);
  if (!id) return RefuseId();
  if (auto refusal = RefuseQuery(call)) return std::move(*refusal);
  core::Cancel cancel;
  cancel.id = *id;
  return cancel;
}

Answer PostSends(const Call& call) {
  if (auto refusal = RefuseQuery(call)) return std::move(*refusal);
  auto bulk = ReadBulkSubmit(call.request.body, call.network);
  if (const auto* problem = std::get_if<Problem>(&bulk)) return ProblemResponse(*problem);
  return std::move(std::get<BulkSubmit>(bulk));
}

Answer PostLookup(const Call& call) {
  if (auto refusal = RefuseQuery(call)) return std::move(*refusal);
  auto bulk = ReadBulkQuery(call.request.body);
  if (const auto* problem = std::get_if<Problem>(&bulk)) return ProblemResponse(*problem);
  return std::move(std::get<BulkQuery>(bulk));
}

Answer GetHistory(const Call& call) {
  const auto id = ReadId(call.variable);
  if (!id) return RefuseId();
  if (auto refusal = RefuseQuery(call)) return std::move(*refusal);
  return HistoryRequest{*id};
}

Answer PostBump(const Call& call) {
  const auto id = ReadId(call.variable);
  if (!id) return RefuseId();
  if (auto refusal = RefuseQuery(call)) return std::move(*refusal);
  auto rate_sat_kvb = ReadBumpBody(call.request.body);
  if (const auto* problem = std::get_if<Problem>(&rate_sat_kvb)) return ProblemResponse(*problem);
  core::Bump bump;
  bump.id = *id;
  bump.fee_rate_sat_kvb = std::get<bitcoin::FeeRate>(rate_sat_kvb);
  return bump;
}

Answer PostAdopt(const Call& call) {
  const auto id = ReadId(call.variable);
  if (!id) return RefuseId();
  if (auto refusal = RefuseQuery(call)) return std::move(*refusal);
  auto body = ReadAdoptBody(call.request.body, call.network);
  if (const auto* problem = std::get_if<Problem>(&body)) return ProblemResponse(*problem);
  core::Adopt adopt;
  adopt.id = *id;
  adopt.content = std::move(std::get<AdoptBody>(body).content);
  adopt.txid = std::get<AdoptBody>(body).txid;
  return adopt;
}

Answer PostVerdict(const Call& call) {
  const auto id = ReadId(call.variable);
  if (!id) return RefuseId();
  if (auto refusal = RefuseQuery(call)) return std::move(*refusal);
  auto body = ReadVerdictBody(call.request.body);
  if (const auto* problem = std::get_if<Problem>(&body)) return ProblemResponse(*problem);
  core::GiveVerdict give;
  give.id = *id;
  give.verdict = std::get<VerdictBody>(body).verdict;
  give.reason = std::move(std::get<VerdictBody>(body).reason);
  return give;
}

// For calls that are nothing but their address.
template <typename T>
Answer Plain(const Call& call) {
  if (auto refusal = RefuseQuery(call)) return std::move(*refusal);
  return T{};
}

Answer RefuseAddress() {
  return Refuse(ProblemCode::kNotFound,
                "There is nothing at this address: doc/http-api.md lists the calls.");
}

Answer PostAcceptAlarm(const Call& call) {
  if (auto refusal = RefuseQuery(call)) return std::move(*refusal);
  core::Seq alarm = 0;
  const char* end = call.variable.data() + call.variable.size();
  const auto result = std::from_chars(call.variable.data(), end, alarm);
  if (result.ec != std::errc() || result.ptr != end) return RefuseAddress();
  auto reason = ReadReasonBody(call.request.body);
  if (const auto* problem = std::get_if<Problem>(&reason)) return ProblemResponse(*problem);
  core::AcceptAlarm accept;
  accept.alarm = alarm;
  accept.reason = std::move(std::get<std::string>(reason));
  return accept;
}

const std::vector<RouteRow>& Routes() {
  static const std::vector<RouteRow> kRoutes = {
      {"POST", {"v1", "sends"}, PostSends},
      {"POST", {"v1", "lookup"}, PostLookup},
      {"GET", {"v1", "sends", "*"}, GetSend},
      {"PUT", {"v1", "sends", "*"}, PutSend},
      {"DELETE", {"v1", "sends", "*"}, DeleteSend},
      {"GET", {"v1", "sends", "*", "history"}, GetHistory},
      {"POST", {"v1", "sends", "*", "bump"}, PostBump},
      {"POST", {"v1", "sends", "*", "adopt"}, PostAdopt},
      {"POST", {"v1", "sends", "*", "verdict"}, PostVerdict},
      {"GET", {"v1", "status"}, Plain<core::AskStatus>},
      {"GET", {"v1", "funds"}, Plain<core::AskFunds>},
      {"GET", {"v1", "alarms"}, Plain<core::AskAlarms>},
      {"POST", {"v1", "alarms", "*", "accept"}, PostAcceptAlarm},
      {"GET", {"metrics"}, Plain<MetricsRequest>},
      {"GET", {"healthz"}, Plain<HealthRequest>},
      {"GET", {"readyz"}, Plain<ReadyRequest>},
  };
  return kRoutes;
}

// The variable segment (empty if the pattern has none), or nullopt if the path is another.
std::optional<std::string_view> Match(const Segments& pattern, const Segments& path) {
  if (pattern.size() != path.size()) return std::nullopt;
  std::string_view variable;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == "*") {
      variable = path[i];
    } else if (pattern[i] != path[i]) {
      return std::nullopt;
    }
  }
  return variable;
}

Answer RefuseMethod(const std::string& allowed) {
  Response response = ProblemResponse(
      {ProblemCode::kMethodNotAllowed, "This address knows only " + allowed + ".", ""});
  response.headers.emplace_back("Allow", allowed);
  return response;
}

}  // namespace

std::variant<Routed, Response> Route(const Request& request, bitcoin::Network network) {
  const Segments path = PathSegments(request.path, kMaxSegments);
  std::string allowed;
  for (const RouteRow& route : Routes()) {
    const auto variable = Match(route.pattern, path);
    if (!variable) continue;
    if (route.method == request.method) return route.answer({request, network, *variable});
    allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
  }
  return allowed.empty() ? RefuseAddress() : RefuseMethod(allowed);
}

}  // namespace sendonce::http
