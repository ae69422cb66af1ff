// What the callers of a schedule ask for. Each id has payees of its own, so that whom a transaction
// pays can be read from its outputs alone.

#ifndef SENDONCE_TEST_SIM_REQUESTS_H
#define SENDONCE_TEST_SIM_REQUESTS_H

#include <string>
#include <vector>

#include "core/send.h"
#include "samples.h"

namespace sendonce::sim {

constexpr int kMaxSends = 6;

inline core::SendId IdOf(int number) {
  return "w-" + std::to_string(number);
}
inline int NumberOf(const core::SendId& id) {
  return std::stoi(id.substr(2));
}

constexpr int kVariants = 2;  // of what is asked for under one id

// Two of them ask for the same: one address, one amount. Which of them a transaction pays its
// outputs do not say.
inline bool IsLike(int number) {
  return number == 1 || number == 4;
}

// Every third send has two outputs. `variant` 0 is what the first caller of an id means; others
// differ in the amount.
inline std::vector<core::Payee> PayeesOf(int number, int variant) {
  const int asked_for = IsLike(number) ? 1 : number;
  const bitcoin::Amount amount_sat = 50'000 + 70'000 * asked_for + variant;
  const std::string name = "payee" + std::to_string(asked_for);
  std::vector<core::Payee> payees = {core::samples::To(name, amount_sat)};
  if (number % 3 == 2) payees.push_back(core::samples::To(name + "b", 30'000));
  return payees;
}

}  // namespace sendonce::sim

#endif  // SENDONCE_TEST_SIM_REQUESTS_H
