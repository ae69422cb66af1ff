// The words behind a scenario's name: --name=value, each with a default. For a program that people
// and scripts run by hand: what is wrong with them ends it with a sentence.

#ifndef SENDONCE_TEST_BENCH_ARGUMENTS_H
#define SENDONCE_TEST_BENCH_ARGUMENTS_H

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace sendonce::bench {

struct Option {
  std::string name;
  std::string default_value;
  std::string meaning;
};

// What a person can set right; main() prints it.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Arguments {
 public:
  // Throws UsageError for a word that is no --name=value of one of the options.
  Arguments(const std::vector<Option>& options, const std::vector<std::string>& words);

  // REQUIRES of all: `name` is one of the options. The numbers throw UsageError.
  const std::string& Text(const std::string& name) const;
  uint64_t Whole(const std::string& name) const;
  double Number(const std::string& name) const;

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace sendonce::bench

#endif  // SENDONCE_TEST_BENCH_ARGUMENTS_H
