#include "core/spend_matcher.h"

#include "core/backoff.h"

namespace sendonce::core {

void SpendMatcher::Advance(Millis now_ms) {
  if (is_asked_ || waiting_.empty() || now_ms < not_before_ms_) return;
  is_asked_ = true;
  outbox_.Emit(LookUpTransaction{kMatchersCall, *waiting_.begin()});
}

Millis SpendMatcher::next_due_ms() const {
  return is_asked_ || waiting_.empty() ? INT64_MAX : not_before_ms_;
}

std::optional<FoundTransaction> SpendMatcher::OnLookedUp(const TransactionLookedUp& reply,
                                                         Millis now_ms) {
  is_asked_ = false;
  const auto* found = std::get_if<FoundTransaction>(&reply.outcome);
  const auto* refused = std::get_if<Refused>(&reply.outcome);
  const bool is_gone = refused && refused->why == Refusal::kNotFound;
  if (!found && !is_gone) {
    not_before_ms_ = now_ms + Backoff(policy_, failures_++);
    return std::nullopt;
  }
  failures_ = 0;
  waiting_.erase(reply.txid);
  return found ? std::optional(*found) : std::nullopt;
}

}  // namespace sendonce::core
