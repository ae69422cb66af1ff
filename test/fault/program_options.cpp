#include "program_options.h"

#include <charconv>
#include <cstdio>

namespace sendonce::fault {

bool TakeText(std::string_view argument, std::string_view name, std::string& text) {
  if (!argument.starts_with(name)) return false;
  text = argument.substr(name.size());
  return true;
}

bool TakeNumber(std::string_view argument, std::string_view name, uint64_t& number) {
  std::string text;
  if (!TakeText(argument, name, text)) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

std::optional<int> TakeArguments(int argc, char** argv, const char* usage,
                                 const std::function<bool(std::string_view)>& take) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const bool asks_for_help = argument == "--help";
    if (!asks_for_help && take(argument)) continue;
    std::fputs(usage, asks_for_help ? stdout : stderr);
    return asks_for_help ? 0 : 2;
  }
  return std::nullopt;
}

}  // namespace sendonce::fault
