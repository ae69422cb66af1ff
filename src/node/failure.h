// What a call to the node came to if not to success, on its way from one outcome to another.

#ifndef SENDONCE_NODE_FAILURE_H
#define SENDONCE_NODE_FAILURE_H

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "core/outcome.h"

namespace sendonce::node {

// What is not success: known to have had no effect, or not known (R5).
using Failure = std::variant<core::Refused, core::Unknown>;

template <typename T>
core::Outcome<T> OutcomeOf(Failure failure) {
  return std::visit([](auto& f) -> core::Outcome<T> { return std::move(f); }, failure);
}

// The failure of one call as the failure of what it was made for. REQUIRES: it is not success.
template <typename T, typename U>
core::Outcome<T> FailedAs(core::Outcome<U> outcome) {
  if (auto* refused = std::get_if<core::Refused>(&outcome)) return std::move(*refused);
  return std::get<core::Unknown>(std::move(outcome));
}

// A reply with a field missing, of another type, or that contradicts the request.
inline core::Unknown Malformed(std::string_view method) {
  return {"the reply to " + std::string(method) + " is not what bitcoind documents"};
}

// The replies to several calls do not fit together, because the chain or the mempool changed in
// between.
inline core::Unknown Moved(std::string_view what) {
  return {std::string(what) + " changed while it was read"};
}

}  // namespace sendonce::node

#endif  // SENDONCE_NODE_FAILURE_H
