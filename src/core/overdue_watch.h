// The batches that have gone without a confirmation for -bumpafter blocks: policy gives them a
// higher fee, one after the other. Counted from the block at which the batch, or its last step, was
// first known here: a restart counts anew.
//
// Not thread-safe. Pure.

#ifndef SENDONCE_CORE_OVERDUE_WATCH_H
#define SENDONCE_CORE_OVERDUE_WATCH_H

#include <map>
#include <optional>
#include <set>

#include "core/ledger.h"
#include "core/policy.h"

namespace sendonce::core {

class OverdueWatch {
 public:
  OverdueWatch(const Policy& policy, const Ledger& ledger);

  // Counts the block, if it is a new one.
  void Look();

  // A batch that is overdue, if one is to be tried now.
  std::optional<BatchId> Due(Millis now_ms) const;
  Millis next_due_ms() const;
  void MakeDue(Millis now_ms) { due_ms_ = now_ms; }

  // Its last step is of now, or none can be taken.
  void CountAnew(BatchId batch);
  // Tried again in a moment, and a few times at most.
  void Postpone(BatchId batch, Millis now_ms);

 private:
  const Policy& policy_;
  const Ledger& ledger_;
  std::map<BatchId, int32_t> counted_from_;  // a height
  std::set<BatchId> overdue_;
  int32_t height_ = -1;
  Millis due_ms_ = 0;
  int failures_ = 0;
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_OVERDUE_WATCH_H
