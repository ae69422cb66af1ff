// Which of the sends that wait are paid together, and when. Those that want the same fee share a
// batch, oldest first; a send that allows no company is a batch of its own. A batch is due at once
// if it is full, holds an urgent send or one that wants to be alone; else when its oldest send has
// waited for company long enough (Policy::max_company_wait_ms). Rule R2 and the coins are others'
// matter.
//
// Pure.

#ifndef SENDONCE_CORE_BATCHING_H
#define SENDONCE_CORE_BATCHING_H

#include <functional>
#include <vector>

#include "core/ledger.h"
#include "core/policy.h"

namespace sendonce::core {

// Sends that are considered for one batch.
constexpr size_t kMaxLooksPerBatch = 5'000;

struct Gathering {
  std::vector<const Send*> sends;  // of one batch, oldest first; empty: none is due
  Millis due_ms = INT64_MAX;       // then: when the first of those that wait for company is
  size_t looks = 0;                // sends that may be tried, due or not
};

// Of the sends that were recorded after the record `after`; 0: of all. `may_try`: false for what is
// held back. `max_sends`: no batch has more.
Gathering Gather(const Ledger& ledger, const Policy& policy, size_t max_sends, Seq after,
                 const std::function<bool(const Send&)>& may_try, Millis now_ms);

// What the caller chose, or the operator for him.
FeeChoice FeeOf(const Send& send, const Policy& policy);

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_BATCHING_H
