// What a scenario has found: named values, for people or as JSON.

#ifndef SENDONCE_TEST_BENCH_REPORT_H
#define SENDONCE_TEST_BENCH_REPORT_H

#include <string>
#include <utility>
#include <vector>

namespace sendonce::bench {

class Report {
 public:
  // Names are of a-z, 0-9 and _, with the unit last.
  void Add(const std::string& name, double value);
  void Add(const std::string& name, const std::vector<double>& values);

  // One line for each value.
  std::string Text() const;
  // One object, in one line.
  std::string Json() const;

 private:
  std::vector<std::pair<std::string, std::string>> values_;  // as JSON has them
};

}  // namespace sendonce::bench

#endif  // SENDONCE_TEST_BENCH_REPORT_H
