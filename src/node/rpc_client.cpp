#include "node/rpc_client.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "net/basic_auth.h"

namespace sendonce::node {

namespace {

using core::Outcome;
using core::Refusal;
using core::Refused;
using core::Unknown;

constexpr size_t kMaxCookieBytes = 1'000;

// bitcoind decodes %XX in the wallet's name (httprpc.cpp, urlDecode).
std::string PercentEncoded(std::string_view text) {
  constexpr char kHexDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const unsigned char c : text) {
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
    if (plain) {
      encoded += static_cast<char>(c);
    } else {
      encoded += {'%', kHexDigits[c >> 4], kHexDigits[c & 15]};
    }
  }
  return encoded;
}

std::string TargetFor(const std::optional<std::string>& wallet) {
  return wallet ? "/wallet/" + PercentEncoded(*wallet) : "/";
}

net::HttpClient::Limits LimitsOf(const RpcOptions& options) {
  return {options.connect_timeout_ms, options.call_timeout_ms, kMaxReplyBytes};
}

bool IsCredentials(const std::string& text) {
  return text.size() <= kMaxCookieBytes && text.find(':') != std::string::npos &&
         std::none_of(text.begin(), text.end(),
                      [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

Outcome<std::string> ReadCookie(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxCookieBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (!text.empty() && IsCredentials(text)) return text;
  const int error = errno;
  if (!file.is_open() && error == ENOENT) {
    return Refused{Refusal::kNotExecuted, 0,
                   "there is no cookie file " + path + ": is the node running?"};
  }
  return Refused{Refusal::kUnauthorized, 0,
                 "the cookie file " + path + " can not be used: " +
                     (error != 0 ? std::strerror(error) : "its content is not user:password")};
}

Failure JudgeTransport(const net::HttpFailure& failure) {
  if (failure.kind == net::HttpFailure::Kind::kNotConnected) {
    return Refused{Refusal::kNotExecuted, 0, failure.text};
  }
  return Unknown{failure.text};
}

Unknown NotAReply(const net::HttpResponse& response) {
  return Unknown{"not a reply to the request: " +
                 std::get<Unknown>(JudgeStatus(response.status, response.body)).text};
}

// 200, and 400, 404 and 500 with a JSON-RPC error, carry a reply.
bool MayCarryReply(int status) {
  return status == 200 || status == 400 || status == 404 || status == 500;
}

Outcome<Json> ResultOf(std::string_view method, RpcReply reply) {
  if (auto* result = std::get_if<Json>(&reply)) return std::move(*result);
  return OutcomeOf<Json>(JudgeError(method, std::get<RpcError>(reply)));
}

}  // namespace

RpcClient::RpcClient(const RpcOptions& options)
    : options_(options),
      target_(TargetFor(options.wallet)),
      http_(options.host, options.port, LimitsOf(options)) {}

Outcome<Json> RpcClient::Call(std::string_view method, std::string_view params) {
  const uint64_t id = ++last_id_;
  auto exchanged = Exchange(RequestText(id, method, params));
  const auto* response = std::get_if<net::HttpResponse>(&exchanged);
  if (!response) return OutcomeOf<Json>(std::get<Failure>(std::move(exchanged)));
  auto reply = ParseReply(response->body, id);
  if (!reply) return NotAReply(*response);
  return ResultOf(method, std::move(*reply));
}

Outcome<std::vector<Json>> RpcClient::CallEach(std::string_view method,
                                               const std::vector<std::string>& params) {
  std::vector<Json> results;
  for (size_t at = 0; at < params.size(); at += kMaxCallsPerExchange) {
    const size_t count = std::min(kMaxCallsPerExchange, params.size() - at);
    const uint64_t first_id = last_id_ + 1;
    std::vector<std::string> requests;
    for (size_t i = 0; i < count; ++i) {
      requests.push_back(RequestText(++last_id_, method, params[at + i]));
    }
    auto exchanged = Exchange(JsonArray(requests));
    const auto* response = std::get_if<net::HttpResponse>(&exchanged);
    if (!response) {
      return OutcomeOf<std::vector<Json>>(std::get<Failure>(std::move(exchanged)));
    }
    auto replies = ParseBatchReply(response->body, first_id, count);
    if (!replies) return NotAReply(*response);
    for (RpcReply& reply : *replies) {
      if (const auto* error = std::get_if<RpcError>(&reply)) {
        return OutcomeOf<std::vector<Json>>(JudgeError(method, *error));
      }
      results.push_back(std::get<Json>(std::move(reply)));
    }
  }
  return results;
}

std::variant<net::HttpResponse, Failure> RpcClient::Exchange(const std::string& body) {
  if (auto failure = LoadCredentials()) return std::move(*failure);
  const std::string used = credentials_;
  auto exchanged = ExchangeOnce(body);
  const auto* failure = std::get_if<Failure>(&exchanged);
  if (!failure) return exchanged;
  credentials_.clear();
  const auto* refused = std::get_if<Refused>(failure);
  if (!refused || refused->code != 401 || LoadCredentials() || credentials_ == used) {
    return exchanged;
  }
  return ExchangeOnce(body);
}

std::variant<net::HttpResponse, Failure> RpcClient::ExchangeOnce(const std::string& body) {
  net::HttpOutcome outcome =
      http_.Exchange({"POST",
                      target_,
                      {{"Authorization", net::BasicAuthorization(credentials_)},
                       {"Content-Type", "application/json"}},
                      body});
  if (const auto* failure = std::get_if<net::HttpFailure>(&outcome)) {
    return JudgeTransport(*failure);
  }
  auto& response = std::get<net::HttpResponse>(outcome);
  if (!MayCarryReply(response.status)) return JudgeStatus(response.status, response.body);
  return std::move(response);
}

// nullopt: credentials_ is set.
std::optional<Failure> RpcClient::LoadCredentials() {
  if (!credentials_.empty()) return std::nullopt;
  if (!options_.user.empty()) {
    credentials_ = options_.user + ":" + options_.password;
    return std::nullopt;
  }
  auto cookie = ReadCookie(options_.cookie_file);
  if (const auto* refused = std::get_if<Refused>(&cookie)) return Failure(*refused);
  credentials_ = std::get<std::string>(std::move(cookie));
  return std::nullopt;
}

}  // namespace sendonce::node
