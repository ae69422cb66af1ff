#include "request_pattern.h"

#include <array>
#include <string_view>
#include <utility>

namespace sendonce::bench {

namespace {

constexpr std::string_view kItems = "{items}";
constexpr size_t kIdDigits = 9;

std::string Base64(std::string_view bytes) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t bits = 0;
    for (size_t j = 0; j < 3; ++j) {
      bits = bits << 8 | (i + j < bytes.size() ? static_cast<uint8_t>(bytes[i + j]) : 0);
    }
    for (size_t j = 0; j < 4; ++j) {
      const bool padding = i + j > bytes.size();
      text += padding ? '=' : kAlphabet[bits >> (18 - 6 * j) & 63];
    }
  }
  return text;
}

bool HasItems(const std::string& body) {
  return body.find(kItems) != std::string::npos;
}

std::string BeforeItems(const std::string& body) {
  return body.substr(0, body.find(kItems));
}

std::string BehindItems(const std::string& body) {
  return HasItems(body) ? body.substr(body.find(kItems) + kItems.size()) : "";
}

std::string HeadersOf(const RequestParts& parts) {
  std::string headers = "Host: " + parts.host + "\r\n";
  if (!parts.authorization.empty()) headers += "Authorization: " + parts.authorization + "\r\n";
  if (!parts.body.empty()) headers += "Content-Type: application/json\r\n";
  return headers;
}

}  // namespace

Pattern::Pattern(const std::string& text, std::string id_prefix,
                 const std::vector<std::string>& addresses)
    : id_prefix_(std::move(id_prefix)), addresses_(addresses) {
  static constexpr std::array<std::pair<std::string_view, Kind>, 4> kNames{
      {{"{id}", Kind::kId},
       {"{id64}", Kind::kId64},
       {"{n}", Kind::kNumber},
       {"{address}", Kind::kAddress}}};
  std::string plain;
  for (size_t at = 0; at < text.size();) {
    const auto* found = kNames.begin();
    while (found != kNames.end() && text.compare(at, found->first.size(), found->first) != 0) {
      ++found;
    }
    if (found == kNames.end()) {
      plain += text[at++];
      continue;
    }
    pieces_.push_back({Kind::kText, std::exchange(plain, "")});
    pieces_.push_back({found->second, ""});
    at += found->first.size();
  }
  pieces_.push_back({Kind::kText, plain});
}

void Pattern::AppendTo(std::string& text, uint64_t number) const {
  for (const Piece& piece : pieces_) {
    text += piece.kind == Kind::kText ? piece.text : Filled(piece, number);
  }
}

std::string Pattern::IdOf(uint64_t number) const {
  const std::string digits = std::to_string(number);
  const size_t zeros = digits.size() < kIdDigits ? kIdDigits - digits.size() : 0;
  return id_prefix_ + std::string(zeros, '0') + digits;
}

std::string Pattern::Filled(const Piece& piece, uint64_t number) const {
  switch (piece.kind) {
    case Kind::kId:
      return IdOf(number);
    case Kind::kId64:
      return Base64(IdOf(number));
    case Kind::kNumber:
      return std::to_string(number);
    case Kind::kAddress:
      return addresses_.empty() ? "" : addresses_[number % addresses_.size()];
    case Kind::kText:
      break;
  }
  return piece.text;
}

RequestPattern::RequestPattern(const RequestParts& parts)
    : has_items_(HasItems(parts.body)),
      bulk_(parts.bulk),
      request_line_(parts.method + " " + parts.target + " HTTP/1.1\r\n", parts.id_prefix,
                    parts.addresses),
      headers_(HeadersOf(parts)),
      body_(BeforeItems(parts.body), parts.id_prefix, parts.addresses),
      body_end_(BehindItems(parts.body), parts.id_prefix, parts.addresses),
      item_(parts.item, parts.id_prefix, parts.addresses) {}

std::string RequestPattern::Make(uint64_t number) const {
  std::string request;
  request_line_.AppendTo(request, number);
  request += headers_;
  const std::string body = BodyOf(number);
  if (!body.empty()) request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return request + "\r\n" + body;
}

std::string RequestPattern::BodyOf(uint64_t number) const {
  std::string body;
  body_.AppendTo(body, number);
  for (uint64_t i = 0; has_items_ && i < bulk_; ++i) {
    if (i > 0) body += ',';
    item_.AppendTo(body, number * bulk_ + i);
  }
  body_end_.AppendTo(body, number);
  return body;
}

}  // namespace sendonce::bench
