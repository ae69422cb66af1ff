// Waiting times between tries that failed. Pure.

#ifndef SENDONCE_CORE_BACKOFF_H
#define SENDONCE_CORE_BACKOFF_H

#include <algorithm>

#include "core/policy.h"

namespace sendonce::core {

// Doubles from Policy::retry_min_ms up to retry_max_ms. Tries never end: what was accepted is kept.
inline Millis Backoff(const Policy& policy, int failures) {
  constexpr int kMaxDoublings = 20;
  const Millis wait_ms = policy.retry_min_ms << std::min(failures, kMaxDoublings);
  return std::min(wait_ms, policy.retry_max_ms);
}

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_BACKOFF_H
