#include "scripted_rpc.h"

#include <cassert>
#include <charconv>

#include "node/rpc_client.h"

namespace sendonce::fuzz {

RpcScript& Script() {
  static RpcScript script;
  return script;
}

namespace {

core::Outcome<node::Json> AnswerWithError(std::string_view method, std::string_view line) {
  node::RpcError error;
  const size_t space = std::min(line.find(' '), line.size());
  std::from_chars(line.data(), line.data() + space, error.code);
  error.message = line.substr(space);
  return node::OutcomeOf<node::Json>(node::JudgeError(method, error));
}

core::Outcome<node::Json> NextAnswer(std::string_view method) {
  auto& lines = Script().lines;
  ++Script().calls;
  if (lines.empty()) return core::Unknown{"the script has ended"};
  const std::string line = std::move(lines.front());
  lines.pop_front();
  if (line == "U") return core::Unknown{"timeout"};
  if (line.starts_with('E')) return AnswerWithError(method, std::string_view(line).substr(1));
  if (auto json = node::ParseJson(line)) return *json;
  return core::Unknown{"no JSON"};
}

}  // namespace
}  // namespace sendonce::fuzz

namespace sendonce::node {

RpcClient::RpcClient(const RpcOptions& options)
    : options_(options), http_(options.host, options.port, {}) {}

core::Outcome<Json> RpcClient::Call(std::string_view method, std::string_view params) {
  // Whatever the node said before, the next question is well formed.
  assert(ParseJson(params).has_value());
  return fuzz::NextAnswer(method);
}

core::Outcome<std::vector<Json>> RpcClient::CallEach(std::string_view method,
                                                     const std::vector<std::string>& params) {
  std::vector<Json> results;
  for (const std::string& one : params) {
    auto answer = Call(method, one);
    auto* result = std::get_if<Json>(&answer);
    if (!result) return FailedAs<std::vector<Json>>(std::move(answer));
    results.push_back(std::move(*result));
  }
  return results;
}

}  // namespace sendonce::node
