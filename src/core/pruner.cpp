#include "core/pruner.h"

#include <utility>

namespace sendonce::core {

namespace {

// So many sends are some 200 KB to write: less than a group of new sends can be.
constexpr size_t kMaxSendsPerStep = 500;
constexpr Millis kStepPauseMs = 250;
constexpr Millis kIdlePauseMs = 60'000;  // nothing is old enough: until more blocks have come

}  // namespace

Pruner::Pruner(const Policy& policy, Ledger& ledger, Outbox& outbox, const Follower& follower)
    : policy_(policy), ledger_(ledger), outbox_(outbox), follower_(follower) {}

bool Pruner::MayPrune() const {
  return follower_.has_read_chain() && !follower_.RefusalToPay() &&
         written_seq_ <= outbox_.durable_seq() &&
         ledger_.waiting().size() <= policy_.max_sends_per_batch;
}

void Pruner::Advance(Millis now_ms) {
  if (policy_.prune_depth == 0 || asking_ || now_ms < due_ms_) return;
  due_ms_ = now_ms + kStepPauseMs;
  if (!MayPrune()) return;
  const int32_t up_to_height = ledger_.chain().tip().height - policy_.prune_depth + 1;
  if (up_to_height < cursor_.height) {
    due_ms_ = now_ms + kIdlePauseMs;
    return;
  }
  asking_ = true;
  reorganisations_ = follower_.reorganisations();
  outbox_.Emit(FindPrunable{cursor_, up_to_height, kMaxSendsPerStep});
}

Millis Pruner::next_due_ms() const {
  return policy_.prune_depth == 0 || asking_ ? INT64_MAX : due_ms_;
}

void Pruner::OnFound(const PrunableFound& reply, Millis now_ms) {
  asking_ = false;
  due_ms_ = now_ms + kStepPauseMs;
  // What was read may have been opened and finished again meanwhile.
  if (follower_.reorganisations() != reorganisations_) {
    cursor_ = {};
    return;
  }
  cursor_ = reply.next;
  if (!reply.more) due_ms_ = now_ms + kIdlePauseMs;
  DetailPruned record;
  for (const Prunable& prunable : reply.found) {
    if (auto pruned = TakeBack(prunable)) record.batches.push_back(std::move(*pruned));
  }
  if (!record.batches.empty()) written_seq_ = outbox_.Write(std::move(record), now_ms);
}

// The record is judged by what the ledger holds, so the batch comes back for it.
std::optional<PrunedBatch> Pruner::TakeBack(const Prunable& prunable) {
  const BatchId id = prunable.batch.id;
  if (ledger_.FindBatch(id)) return std::nullopt;  // somebody needs it now
  ledger_.Restore(prunable.sends, {prunable.batch});
  PrunedBatch pruned = PrunedOf(prunable);
  if (!ledger_.Objection(DetailPruned{{pruned}})) return pruned;
  ledger_.ForgetIfClosed(id, outbox_.durable_seq());
  return std::nullopt;
}

}  // namespace sendonce::core
