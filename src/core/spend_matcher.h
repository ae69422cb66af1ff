// Spends of the wallet that no record explains when the log is compared with it: each is looked up,
// so that it can be matched by its coins (R7) before anything is paid, promised or ended. By its
// txid alone a transaction can not be told: that of a legacy input changes with its signature
// (BIP 62, BIP 141).

#ifndef SENDONCE_CORE_SPEND_MATCHER_H
#define SENDONCE_CORE_SPEND_MATCHER_H

#include <optional>
#include <set>

#include "core/commands.h"
#include "core/outbox.h"
#include "core/policy.h"

namespace sendonce::core {

// No caller has this number, they count from 1: what is looked up for it is the matcher's.
constexpr CallToken kMatchersCall = UINT64_MAX;

class SpendMatcher {
 public:
  SpendMatcher(const Policy& policy, Outbox& outbox) : policy_(policy), outbox_(outbox) {}

  void Add(const bitcoin::Txid& txid) { waiting_.insert(txid); }
  // Nothing is left to be looked up.
  bool is_done() const { return waiting_.empty(); }

  // One at a time; what is not answered is asked again after a while.
  void Advance(Millis now_ms);
  Millis next_due_ms() const;

  // What the wallet shows under the txid, or nullopt. REQUIRES: reply.call is kMatchersCall.
  std::optional<FoundTransaction> OnLookedUp(const TransactionLookedUp& reply, Millis now_ms);

  void MakeDue(Millis now_ms) { not_before_ms_ = now_ms; }

 private:
  const Policy& policy_;
  Outbox& outbox_;
  std::set<bitcoin::Txid> waiting_;
  bool is_asked_ = false;
  int failures_ = 0;
  Millis not_before_ms_ = 0;
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_SPEND_MATCHER_H
