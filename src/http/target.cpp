#include "http/target.h"

namespace sendonce::http {

namespace {

int DigitValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Everything before the first `separator`, which is removed from `rest` with it.
std::string_view TakeUntil(std::string_view& rest, char separator) {
  const size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return part;
}

}  // namespace

std::pair<std::string_view, std::string_view> SplitTarget(std::string_view target) {
  std::string_view query = target;
  const std::string_view path = TakeUntil(query, '?');
  return {path, query};
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? DigitValue(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? DigitValue(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::vector<std::string_view> PathSegments(std::string_view path, size_t max_segments) {
  std::vector<std::string_view> segments;
  while (!path.empty() && path.front() == '/') {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    if (segments.size() == max_segments) return {};
    segments.push_back(segment);
  }
  return path.empty() ? segments : std::vector<std::string_view>{};
}

std::optional<Parameters> ParseQuery(std::string_view query, size_t max_parameters) {
  Parameters parameters;
  while (!query.empty()) {
    std::string_view value = TakeUntil(query, '&');
    const std::string_view name = TakeUntil(value, '=');
    const auto decoded_name = PercentDecode(name);
    const auto decoded_value = PercentDecode(value);
    if (!decoded_name || !decoded_value) return std::nullopt;
    if (parameters.size() == max_parameters) return std::nullopt;
    parameters.emplace_back(*decoded_name, *decoded_value);
  }
  return parameters;
}

}  // namespace sendonce::http
