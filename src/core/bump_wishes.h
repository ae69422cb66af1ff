// The wishes of callers that a batch pay a higher fee, and what becomes of them: had, refused, or
// tried again. Of several wishes for one batch the highest is tried first; who wished for less has
// his with that one. What waits is lost with the process.
//
// Not thread-safe. Pure.

#ifndef SENDONCE_CORE_BUMP_WISHES_H
#define SENDONCE_CORE_BUMP_WISHES_H

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/answers.h"
#include "core/commands.h"
#include "core/ledger.h"
#include "core/policy.h"

namespace sendonce::core {

// Calls that may wait for a version; more are refused.
constexpr size_t kMaxWaitingBumps = 1'000;

class BumpWishes {
 public:
  // What a call has come to. kKnown: the batch pays what was wished for, or more.
  struct Result {
    CallToken call = 0;
    SendId id;
    Verdict verdict = Verdict::kKnown;
    std::string detail;
  };

  struct Next {
    BatchId batch = 0;
    bitcoin::FeeRate rate_sat_kvb = 0;
  };

  BumpWishes(const Policy& policy, const Ledger& ledger);

  // There is one Result for each call, at once or later. Returns the batch if nobody has wished for
  // as much before: it is due now.
  std::optional<BatchId> Add(CallToken call, const SendId& id, bitcoin::FeeRate fee_rate_sat_kvb,
                             Millis now_ms);
  // His wish stays.
  void OnCallerGone(CallToken call);
  // All that waits is refused: the process is stopping.
  void GiveUp();
  std::vector<Result> TakeResults();

  // The wish to try now, if one is due. What the world has granted or refused meanwhile is answered
  // before.
  std::optional<Next> Due(Millis now_ms);
  Millis next_due_ms() const;
  void MakeDue(Millis now_ms);

  // What a try has come to. Those who wished for less may still get it. No effect if nobody waits.
  void Conclude(const Next& tried, Verdict verdict, const std::string& detail, Millis now_ms);
  // Tried again in a moment, and a few times at most.
  void Postpone(const Next& tried, const std::string& why, Millis now_ms);

 private:
  struct Caller {
    std::optional<CallToken> call;  // absent: he has gone
    SendId id;
    bitcoin::FeeRate rate_sat_kvb = 0;
  };

  struct Wish {
    std::vector<Caller> callers;  // never empty
    Millis due_ms = 0;
    int failures = 0;

    bitcoin::FeeRate HighestRate() const;
  };

  // Why the wish can not be had, or why nothing has to be done; nullopt if it can be tried.
  std::optional<Result> AnswerAtOnce(const Caller& caller) const;
  void AnswerWhatNeedsNoTry(BatchId batch);
  size_t WaitingCalls() const;
  void GiveResult(const Caller& caller, Verdict verdict, std::string detail);

  const Policy& policy_;
  const Ledger& ledger_;
  std::map<BatchId, Wish> wishes_;
  std::vector<Result> results_;
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_BUMP_WISHES_H
