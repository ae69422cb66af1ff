#include "report.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace sendonce::bench {

namespace {

// The shortest digits that read back as the same number.
std::string Digits(double value) {
  std::array<char, 64> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return {digits.data(), end};
}

}  // namespace

void Report::Add(const std::string& name, double value) {
  values_.emplace_back(name, Digits(value));
}

void Report::Add(const std::string& name, const std::vector<double>& values) {
  std::string list;
  for (double value : values) list += (list.empty() ? "" : ", ") + Digits(value);
  values_.emplace_back(name, "[" + list + "]");
}

std::string Report::Text() const {
  size_t width = 0;
  for (const auto& [name, value] : values_) width = std::max(width, name.size());
  std::string text;
  for (const auto& [name, value] : values_) {
    text += name + std::string(width + 2 - name.size(), ' ') + value + "\n";
  }
  return text;
}

std::string Report::Json() const {
  std::string members;
  for (const auto& [name, value] : values_) {
    members += (members.empty() ? "\"" : ", \"") + name + "\": " + value;
  }
  return "{" + members + "}\n";
}

}  // namespace sendonce::bench
