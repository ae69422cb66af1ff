// Operators' verdicts (R4 d, R7): taken only about a send that the rules leave waiting.
//
// Before one is taken that a send is never paid, it is looked up who spends its coins, and the
// chain is read after that: its own transaction there, sent by us with the reply lost, refutes the
// verdict. The call waits for that. (Of `pay_again` the builder asks the same before anything else
// pays the send, and the payer before it is signed.)
//
// Not thread-safe. Pure.

#ifndef SENDONCE_CORE_VERDICT_DESK_H
#define SENDONCE_CORE_VERDICT_DESK_H

#include <map>
#include <vector>

#include "core/call_result.h"
#include "core/commands.h"
#include "core/follower.h"
#include "core/outbox.h"
#include "core/payer.h"

namespace sendonce::core {

// Calls that may wait for a look at the mempool; more are refused.
constexpr size_t kMaxWaitingVerdicts = 100;
// How long one waits; the verdict can be given again.
constexpr Millis kMaxVerdictWaitMs = 10'000;

class VerdictDesk {
 public:
  VerdictDesk(Ledger& ledger, Outbox& outbox, Follower& follower, Payer& payer);

  // `send`: what is recorded under the id, or nullptr. There is one CallResult for each call, at
  // once or after a look at the mempool.
  void OnVerdict(const GiveVerdict& call, const Send* send, Millis now_ms);
  void OnCallerGone(CallToken call) { waiting_.erase(call); }
  // What waits is given up.
  void Stop();

  // Judges those who wait anew. REQUIRES: with each step, before the payer sends anything.
  void Advance(Millis now_ms);
  Millis next_due_ms() const;
  // The clock was set back.
  void MakeDue(Millis now_ms);
  std::vector<CallResult> TakeResults();

 private:
  struct Waiting {
    GiveVerdict call;
    Millis due_ms = 0;
  };

  void Judge(const Waiting& waiting, const Send& send, Millis now_ms);
  void Record(const GiveVerdict& call, const Send& send, Millis now_ms);
  bool WasAsked(const Send& send) const;
  bool MayGoOut(const Send& send, const Batch& live) const;
  bool LeavesWaiting(const Send& send, const Batch& live) const;
  bool HasLookedFor(const Send& send, Millis now_ms);
  bool IsSetAside(const Send& send) const;
  bool WasSeen(const Send& send) const;
  void Wait(const Waiting& waiting, const Send& send, Millis now_ms);
  void Give(const GiveVerdict& call, Verdict verdict, bool replayed, std::string detail);

  Ledger& ledger_;
  Outbox& outbox_;
  Follower& follower_;
  Payer& payer_;
  std::map<CallToken, Waiting> waiting_;
  std::vector<CallResult> results_;
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_VERDICT_DESK_H
