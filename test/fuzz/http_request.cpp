// A request as the server hands it on: head and body. The first line is method and target, then one
// header a line as "name: value", an empty line, the body. Bytes that can not be in a line are
// evhttp's to refuse; everything behind it is ours.

#include <algorithm>

#include "http/access.h"
#include "http/headers.h"
#include "http/routes.h"
#include "http/target.h"
#include "input.h"
#include "target.h"

namespace sendonce::fuzz {
namespace {

using bitcoin::Network;
using http::Request;
using http::Response;

constexpr std::string_view kSecret = "__cookie__:5eca7";
constexpr std::string_view kBindAddress = "10.1.2.3";

std::string Lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

Request TakeRequest(Input& input) {
  Request request;
  const std::string first_line = input.Until('\n');
  const size_t space = std::min(first_line.find(' '), first_line.size());
  request.method = first_line.substr(0, space);
  const std::string target = first_line.substr(std::min(space + 1, first_line.size()));
  const auto [path, query] = http::SplitTarget(target);
  assert(std::string(path) + (path.size() < target.size() ? "?" : "") + std::string(query) ==
         target);
  request.path = path;
  request.query = query;
  for (std::string line = input.Until('\n'); !line.empty(); line = input.Until('\n')) {
    const size_t colon = std::min(line.find(": "), line.size());
    request.headers.emplace_back(line.substr(0, colon),
                                 line.substr(std::min(colon + 2, line.size())));
  }
  request.body = input.RestAsText();
  return request;
}

// --- what can be said about headers without looking at the code

std::vector<std::string> ValuesOf(const http::Headers& headers, const std::string& name) {
  std::vector<std::string> values;
  for (const auto& [key, value] : headers) {
    if (Lower(key) == name) values.push_back(value);
  }
  return values;
}

// A request without an objection has one length at most, and it means one thing.
void CheckFraming(const http::Headers& headers) {
  if (http::FramingObjection(headers)) return;
  const auto lengths = ValuesOf(headers, "content-length");
  const auto encodings = ValuesOf(headers, "transfer-encoding");
  assert(lengths.size() + encodings.size() <= 1);
  for (const std::string& length : lengths) {
    assert(!length.empty());
    for (const char c : length) assert(c >= '0' && c <= '9');
  }
  for (const std::string& encoding : encodings) assert(Lower(encoding) == "chunked");
  for (const auto& [name, value] : headers) {
    assert(!name.empty() && name.find_first_of(" \t\r\n:\"(),/;<=>?@[\\]{}") == std::string::npos);
  }
}

bool IsPort(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// With brackets or without.
bool IsLocalName(const std::string& host) {
  for (const std::string_view local : {std::string_view("127.0.0.1"), std::string_view("localhost"),
                                       std::string_view("::1"), kBindAddress}) {
    const std::string bare(local);
    for (const std::string& name : {bare, "[" + bare + "]"}) {
      if (host == name) return true;
      if (host.starts_with(name + ":") && IsPort(host.substr(name.size() + 1))) return true;
    }
  }
  return false;
}

// What a page of another site sends does not come through.
void CheckWhoAsks(const http::Headers& headers) {
  if (http::CheckSite(headers, kBindAddress)) return;
  const auto hosts = ValuesOf(headers, "host");
  assert(hosts.size() == 1 && IsLocalName(Lower(hosts.front())));
  const auto origins = ValuesOf(headers, "origin");
  assert(origins.size() <= 1);
  for (const std::string& origin : origins) {
    assert(Lower(origin) == "http://" + Lower(hosts.front()));
  }
}

void CheckCredentials(const http::Headers& headers) {
  static const http::Credentials kCredentials{kSecret};
  if (!kCredentials.Match(headers)) return;
  const auto given = ValuesOf(headers, "authorization");
  assert(given.size() == 1);
  const std::string token = http::BasicAuthorization(kSecret).substr(6);
  assert(Lower(given.front().substr(0, 6)) == "basic " && given.front().ends_with(token));
  for (size_t i = 6; i + token.size() < given.front().size(); ++i) assert(given.front()[i] == ' ');
}

// --- targets

std::string PercentEncode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    encoded += {'%', kDigits[byte / 16], kDigits[byte % 16]};
  }
  return encoded;
}

void CheckDecoding(std::string_view text) {
  assert(http::PercentDecode(PercentEncode(text)) == text);
  const auto decoded = http::PercentDecode(text);
  if (!decoded) return;
  const auto escapes = static_cast<size_t>(std::count(text.begin(), text.end(), '%'));
  assert(decoded->size() == text.size() - 2 * escapes);
}

void CheckPath(const std::string& path) {
  constexpr size_t kMany = 1'000'000;
  const auto segments = http::PathSegments(path, kMany);
  std::string joined;
  for (const std::string_view segment : segments) {
    assert(segment.find('/') == std::string_view::npos);
    joined += "/" + std::string(segment);
  }
  assert(segments.empty() ? path.empty() || path.front() != '/' : joined == path);
}

// --- routes

struct RoutedCheck {
  void Id(const std::string& id) const {
    assert(!id.empty() && id.size() <= 128 && id != "." && id != "..");
    for (const char c : id) {
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      assert(letter || (c >= '0' && c <= '9') ||
             std::string_view("._:~-").find(c) != std::string_view::npos);
    }
  }

  void operator()(const core::Submit& submit) const {
    Id(submit.id);
    assert(submit.wait.limit_ms >= 0 && submit.wait.limit_ms <= core::kMaxWaitMs);
    assert(!submit.content.outputs.empty());
  }
  void operator()(const core::Query& query) const {
    Id(query.id);
    assert(query.wait.limit_ms >= 0 && query.wait.limit_ms <= core::kMaxWaitMs);
  }
  void operator()(const http::BulkSubmit& bulk) const { Bulk(bulk); }
  void operator()(const http::BulkQuery& bulk) const { Bulk(bulk); }
  void operator()(const core::AcceptAlarm& accept) const { assert(!accept.reason.empty()); }
  void operator()(const core::Cancel& cancel) const { Id(cancel.id); }
  void operator()(const core::Bump& bump) const {
    Id(bump.id);
    assert(bump.fee_rate_sat_kvb > 0);
  }
  void operator()(const core::Adopt& adopt) const { Id(adopt.id); }
  void operator()(const core::GiveVerdict& give) const {
    Id(give.id);
    assert(!give.reason.empty());
  }
  void operator()(const http::HistoryRequest& history) const { Id(history.id); }
  void operator()(const auto&) const {}

  void Bulk(const auto& bulk) const {
    assert(bulk.command.items.size() + bulk.refused.size() <= core::kMaxSendsInBulk);
    for (const auto& item : bulk.command.items) Id(item.id);
    for (size_t i = 1; i < bulk.refused.size(); ++i) {
      assert(bulk.refused[i - 1].position < bulk.refused[i].position);
    }
  }
};

void CheckRoute(const Request& request) {
  const auto routed = http::Route(request, Network::kRegtest);
  if (const auto* response = std::get_if<Response>(&routed)) {
    assert(response->status >= 400 && response->status < 500);
    assert(!response->body.empty());
    return;
  }
  std::visit(RoutedCheck{}, std::get<http::Routed>(routed));
  // What changes something, or may, is never reached by a method that a page sends by itself.
  const bool changes = request.method != "GET";
  assert(changes || (!std::holds_alternative<core::Submit>(std::get<http::Routed>(routed)) &&
                     !std::holds_alternative<core::Cancel>(std::get<http::Routed>(routed))));
}

void CheckBodyRule(const Request& request) {
  const bool takes_body = request.method == "PUT" || request.method == "POST";
  const auto problem = http::CheckBody(request);
  if (problem || !takes_body) {
    assert(problem || request.body.empty());
    return;
  }
  const auto types = ValuesOf(request.headers, "content-type");
  assert(types.size() == 1 && Lower(types.front()).starts_with("application/json"));
}

}  // namespace
}  // namespace sendonce::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sendonce::fuzz;
  Input input(data, size);
  const Request request = TakeRequest(input);
  CheckFraming(request.headers);
  CheckWhoAsks(request.headers);
  CheckCredentials(request.headers);
  CheckDecoding(request.path);
  CheckPath(request.path);
  CheckBodyRule(request);
  CheckRoute(request);
  return 0;
}
