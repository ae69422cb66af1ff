#include "core/overdue_watch.h"

#include "core/backoff.h"

namespace sendonce::core {

namespace {

constexpr Millis kNever = INT64_MAX;
constexpr int kMaxFailures = 6;

}  // namespace

OverdueWatch::OverdueWatch(const Policy& policy, const Ledger& ledger)
    : policy_(policy), ledger_(ledger) {}

void OverdueWatch::Look() {
  const int32_t height = ledger_.chain().tip().height;
  if (policy_.bump_after_blocks == 0 || height == height_) return;
  const int32_t before = height_ < 0 ? height : height_;
  height_ = height;
  overdue_.clear();
  std::map<BatchId, int32_t> counted_from;
  for (const auto& [id, batch] : ledger_.batches()) {
    if (!Ledger::IsOpen(batch) || batch.confirmation || !SignatureAsked(batch)) continue;
    const auto known = counted_from_.find(id);
    counted_from[id] = known == counted_from_.end() ? before : known->second;
    if (height - counted_from[id] >= policy_.bump_after_blocks) overdue_.insert(id);
  }
  counted_from_ = std::move(counted_from);
}

std::optional<BatchId> OverdueWatch::Due(Millis now_ms) const {
  if (overdue_.empty() || due_ms_ > now_ms) return std::nullopt;
  return *overdue_.begin();
}

Millis OverdueWatch::next_due_ms() const {
  return overdue_.empty() ? kNever : due_ms_;
}

void OverdueWatch::CountAnew(BatchId batch) {
  overdue_.erase(batch);
  failures_ = 0;
  counted_from_[batch] = ledger_.chain().tip().height;
}

void OverdueWatch::Postpone(BatchId batch, Millis now_ms) {
  if (++failures_ > kMaxFailures) return CountAnew(batch);
  due_ms_ = now_ms + Backoff(policy_, failures_ - 1);
}

}  // namespace sendonce::core
