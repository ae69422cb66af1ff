#include "arguments.h"

#include <charconv>

namespace sendonce::bench {

namespace {

template <typename Value>
Value Parsed(const std::string& name, const std::string& text) {
  Value value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw UsageError("--" + name + " is to be a number, not \"" + text + "\"");
  }
  return value;
}

}  // namespace

Arguments::Arguments(const std::vector<Option>& options, const std::vector<std::string>& words) {
  for (const Option& option : options) values_[option.name] = option.default_value;
  for (const std::string& word : words) {
    const size_t equals = word.find('=');
    const bool is_option = word.starts_with("--") && equals != std::string::npos;
    const auto value = values_.find(is_option ? word.substr(2, equals - 2) : "");
    if (value == values_.end()) throw UsageError("unknown: " + word + " (write --name=value)");
    value->second = word.substr(equals + 1);
  }
}

const std::string& Arguments::Text(const std::string& name) const {
  return values_.at(name);
}

uint64_t Arguments::Whole(const std::string& name) const {
  return Parsed<uint64_t>(name, Text(name));
}

double Arguments::Number(const std::string& name) const {
  return Parsed<double>(name, Text(name));
}

}  // namespace sendonce::bench
