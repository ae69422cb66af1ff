// A guarantee that does not hold. Thrown by the checkers, caught where a schedule is run.

#ifndef SENDONCE_TEST_SIM_VIOLATION_H
#define SENDONCE_TEST_SIM_VIOLATION_H

#include <stdexcept>
#include <string>

namespace sendonce::sim {

class Violation : public std::runtime_error {
 public:
  // `guarantee`: "G2", "R1", ... as in doc/guarantees.md and the rules.
  Violation(std::string guarantee, const std::string& text)
      : std::runtime_error(guarantee + ": " + text), guarantee_(std::move(guarantee)) {}

  const std::string& guarantee() const { return guarantee_; }

 private:
  std::string guarantee_;
};

}  // namespace sendonce::sim

#endif  // SENDONCE_TEST_SIM_VIOLATION_H
