#include "http/access.h"

#include <algorithm>
#include <cassert>

#include "http/headers.h"

namespace sendonce::http {

namespace {

bool StartsWithIgnoringCase(std::string_view text, std::string_view prefix) {
  return EqualIgnoringCase(text.substr(0, prefix.size()), prefix);
}

// RFC 4648, section 4.
std::string Base64(std::string_view data) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < data.size(); i += 3) {
    const size_t bytes = std::min<size_t>(3, data.size() - i);
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < bytes ? static_cast<uint8_t>(data[i + j]) : 0);
    }
    for (size_t j = 0; j < 4; ++j) {
      text += j <= bytes ? kDigits[group >> (18 - 6 * j) & 0x3f] : '=';
    }
  }
  return text;
}

bitcoin::Hash256 HashOf(std::string_view text) {
  return bitcoin::Sha256({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

// "host", "host:port", "[v6]" or "[v6]:port" without the port and the brackets; nullopt for
// anything else.
std::optional<std::string_view> HostName(std::string_view host) {
  if (host.starts_with('[')) {
    const size_t end = host.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view rest = host.substr(end + 1);
    if (!rest.empty() && (rest[0] != ':' || !AllDigits(rest.substr(1)))) return std::nullopt;
    return host.substr(1, end - 1);
  }
  const size_t colon = host.find(':');
  if (colon != std::string_view::npos && !AllDigits(host.substr(colon + 1))) return std::nullopt;
  return host.substr(0, colon);
}

bool IsLocal(std::string_view host, std::string_view bind_address) {
  const std::optional<std::string_view> name = HostName(host);
  if (!name) return false;
  return *name == "127.0.0.1" || *name == "::1" || EqualIgnoringCase(*name, "localhost") ||
         EqualIgnoringCase(*name, bind_address);
}

Problem Forbidden(std::string detail, std::string field) {
  return {ProblemCode::kForbidden, std::move(detail), std::move(field)};
}

}  // namespace

std::string BasicAuthorization(std::string_view credentials) {
  return "Basic " + Base64(credentials);
}

Credentials::Credentials(std::string_view credentials) : expected_(HashOf(Base64(credentials))) {
  assert(credentials.find(':') != std::string_view::npos);
}

bool Credentials::Match(const Headers& headers) const {
  constexpr std::string_view kScheme = "basic ";
  const std::optional<std::string_view> header = FindHeader(headers, "authorization");
  if (!header || !StartsWithIgnoringCase(*header, kScheme)) return false;
  std::string_view given = header->substr(kScheme.size());
  given.remove_prefix(std::min(given.find_first_not_of(' '), given.size()));
  const bitcoin::Hash256 hash = HashOf(given);
  uint8_t difference = 0;
  for (size_t i = 0; i < hash.bytes.size(); ++i) difference |= hash.bytes[i] ^ expected_.bytes[i];
  return difference == 0;
}

std::optional<Problem> CheckSite(const Headers& headers, std::string_view bind_address) {
  const std::optional<std::string_view> host = FindHeader(headers, "host");
  if (!host || !IsLocal(*host, bind_address)) {
    return Forbidden(
        "This service answers only under a local name: use 127.0.0.1, localhost or [::1], or the "
        "address it is bound to.",
        "Host");
  }
  if (CountHeaders(headers, "origin") == 0) return std::nullopt;
  const std::optional<std::string_view> origin = FindHeader(headers, "origin");
  if (!origin || !EqualIgnoringCase(*origin, "http://" + std::string(*host))) {
    return Forbidden("This service does not serve web pages of other sites.", "Origin");
  }
  return std::nullopt;
}

std::optional<Problem> CheckBody(const Request& request) {
  if (request.method != "PUT" && request.method != "POST") {
    if (request.body.empty()) return std::nullopt;
    return Problem{ProblemCode::kBadParameter, "This call takes no body.", "body"};
  }
  const std::string_view type = FindHeader(request.headers, "content-type").value_or("");
  const std::string_view media = type.substr(0, type.find_first_of("; \t"));
  if (EqualIgnoringCase(media, kJsonType)) return std::nullopt;
  return Problem{ProblemCode::kUnsupportedMediaType,
                 "Send the body as \"Content-Type: application/json\".", "Content-Type"};
}

bool IsPublic(std::string_view path) {
  return path == "/healthz" || path == "/readyz";
}

}  // namespace sendonce::http
