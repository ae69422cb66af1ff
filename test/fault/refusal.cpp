#include "refusal.h"

#include <algorithm>
#include <cctype>

namespace sendonce::fault {

std::string Saying(const wal::Problem& problem, const std::filesystem::path& place) {
  std::string text = problem.what;
  for (size_t at = text.find(place); at != std::string::npos; at = text.find(place, at)) {
    text.replace(at, place.string().size(), "...");
  }
  text.resize(std::min(text.size(), text.find(": NotFound")));  // quotes what is in CURRENT
  std::string plain;
  for (char letter : text) {
    const bool is_digit = std::isdigit(static_cast<unsigned char>(letter));
    if (is_digit && plain.ends_with('#')) continue;
    plain += is_digit ? '#' : letter;
  }
  return plain;
}

bool IsCalledDamage(const wal::Problem& problem) {
  const bool is_of_log_or_anchor =
      problem.what.starts_with("The WAL") || problem.what.starts_with("The anchor ");
  const bool is_damage = problem.what.find(" is damaged: ") != std::string::npos ||
                         problem.what.ends_with(" is damaged.");
  return is_of_log_or_anchor && is_damage && !problem.way_out.empty();
}

}  // namespace sendonce::fault
