// The pruner: asks the log for batches that were finished long enough ago, and writes down that
// their detail goes (core/pruning.h). In small steps, the next one only when the last is durable,
// and none while many sends wait: nothing else waits for it. It begins anew at the lowest block
// with each start; what it finds there then is only what can not be pruned.
//
// Not thread-safe. Pure.

#ifndef SENDONCE_CORE_PRUNER_H
#define SENDONCE_CORE_PRUNER_H

#include "core/follower.h"
#include "core/outbox.h"
#include "core/policy.h"
#include "core/pruning.h"

namespace sendonce::core {

class Pruner {
 public:
  Pruner(const Policy& policy, Ledger& ledger, Outbox& outbox, const Follower& follower);

  // Asks for what is due. No effect unless -prune is set.
  void Advance(Millis now_ms);
  Millis next_due_ms() const;

  void OnFound(const PrunableFound& reply, Millis now_ms);

  // The clock was set back.
  void MakeDue(Millis now_ms) { due_ms_ = now_ms; }

 private:
  bool MayPrune() const;
  std::optional<PrunedBatch> TakeBack(const Prunable& prunable);

  const Policy& policy_;
  Ledger& ledger_;
  Outbox& outbox_;
  const Follower& follower_;
  PruneCursor cursor_;
  Millis due_ms_ = 0;
  bool asking_ = false;
  Seq written_seq_ = 0;           // of the last step
  uint64_t reorganisations_ = 0;  // when the log was asked
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_PRUNER_H
