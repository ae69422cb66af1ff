// A scenario: something that can be measured, or that a measurement needs, under a name of its own.

#ifndef SENDONCE_TEST_BENCH_SCENARIO_H
#define SENDONCE_TEST_BENCH_SCENARIO_H

#include <string>
#include <vector>

#include "arguments.h"
#include "report.h"

namespace sendonce::bench {

struct Scenario {
  std::string name;
  std::string summary;
  std::string example;
  std::vector<Option> options;
  Report (*run)(const Arguments& arguments);  // throws std::runtime_error
};

// Each is in the file scenario_<name>.cpp.
Scenario LoadScenario();
Scenario ConstantServerScenario();
Scenario ZmqIntakeScenario();
Scenario FillWalScenario();

}  // namespace sendonce::bench

#endif  // SENDONCE_TEST_BENCH_SCENARIO_H
