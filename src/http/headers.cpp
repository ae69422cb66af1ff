#include "http/headers.h"

#include <algorithm>

namespace sendonce::http {

namespace {

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// RFC 9110, section 5.6.2.
bool IsToken(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (Lower(c) >= 'a' && Lower(c) <= 'z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

}  // namespace

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

bool AllDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

size_t CountHeaders(const Headers& headers, std::string_view name) {
  return static_cast<size_t>(std::count_if(headers.begin(), headers.end(), [&](const auto& header) {
    return EqualIgnoringCase(header.first, name);
  }));
}

std::optional<std::string_view> FindHeader(const Headers& headers, std::string_view name) {
  std::optional<std::string_view> found;
  for (const auto& [key, value] : headers) {
    if (!EqualIgnoringCase(key, name)) continue;
    if (found) return std::nullopt;
    found = value;
  }
  return found;
}

bool AsksToClose(const Headers& headers) {
  constexpr std::string_view kBetween = ", \t";
  for (const auto& [name, value] : headers) {
    if (!EqualIgnoringCase(name, "connection")) continue;
    std::string_view left = value;
    while (!left.empty()) {
      const size_t end = std::min(left.find_first_of(kBetween), left.size());
      if (EqualIgnoringCase(left.substr(0, end), "close")) return true;
      left.remove_prefix(std::min(end + 1, left.size()));
    }
  }
  return false;
}

std::optional<std::string> FramingObjection(const Headers& headers) {
  for (const auto& [name, value] : headers) {
    if (!IsToken(name)) return "The name of a header is malformed.";
  }
  const size_t lengths = CountHeaders(headers, "content-length");
  const size_t encodings = CountHeaders(headers, "transfer-encoding");
  if (lengths + encodings > 1) return "Give the length of the body once.";
  if (lengths == 1) {
    const std::string_view length = *FindHeader(headers, "content-length");
    if (length.empty() || !AllDigits(length)) return "Content-Length is digits alone.";
  }
  if (encodings == 1 && !EqualIgnoringCase(*FindHeader(headers, "transfer-encoding"), "chunked")) {
    return "The only Transfer-Encoding that is known here is \"chunked\".";
  }
  return std::nullopt;
}

}  // namespace sendonce::http
