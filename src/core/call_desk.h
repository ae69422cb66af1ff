// The call desk: takes callers' requests, writes down what they ask for, and answers from durable
// facts (G1, G3, G4, G6).
//
// Not thread-safe. Pure.

#ifndef SENDONCE_CORE_CALL_DESK_H
#define SENDONCE_CORE_CALL_DESK_H

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/answers.h"
#include "core/builder.h"
#include "core/bumper.h"
#include "core/call_result.h"
#include "core/commands.h"
#include "core/follower.h"
#include "core/outbox.h"
#include "core/payer.h"
#include "core/policy.h"

namespace sendonce::core {

class CallDesk {
 public:
  CallDesk(const Policy& policy, Ledger& ledger, Outbox& outbox, Follower& follower, Payer& payer,
           Builder& builder, Bumper& bumper);

  void OnSubmit(const Submit& submit, Millis now_ms);
  void OnQuery(const Query& query, Millis now_ms);
  void OnSubmitMany(const SubmitMany& submits, Millis now_ms);
  void OnQueryMany(const QueryMany& queries);
  void OnCancel(const Cancel& cancel, Millis now_ms);
  // The send: the one in the ledger, else the copy from the log's index, else nullptr.
  const Send* Find(const SendId& id, const std::optional<Send>& stored) const;
  void AnswerResult(const CallResult& result);
  void OnBump(const Bump& bump, Millis now_ms);
  void OnCallerGone(CallToken call);
  void StopAccepting();
  void EndWaits();

  // Ends sends whose deadline has passed, answers waits whose time is up.
  void Advance(Millis now_ms);
  Millis next_due_ms() const;

  // Answers those who wait for one of these sends, where it has come far enough.
  void OnTouched(const std::vector<SendId>& sends);

  // Answers those who wait for a higher fee and need wait no longer.
  void AnswerBumps();

  // New ids are recorded.
  bool accepting(Millis now_ms) const;

 private:
  struct Waiter {
    CallToken call = 0;
    Until until = Until::kSent;
    Millis due_ms = 0;
    Verdict verdict = Verdict::kKnown;
    bool replayed = false;
  };

  // What is to be said about a send, before anybody has decided to wait for more. Without a send
  // the log has none to show.
  struct Finding {
    Verdict verdict = Verdict::kKnown;
    const Send* send = nullptr;
    bool replayed = false;
    std::string field;
    std::string detail;
    Millis retry_after_ms = 0;
  };

  Finding Record(const SendId& id, const SendContent& content, const std::optional<Send>& stored,
                 Millis now_ms);
  static Finding FindingOnKnown(const Send& send, const SendContent& content);
  Finding LookUp(const SendId& id, const std::optional<Send>& stored) const;
  void Tell(Finding finding, CallToken call, const Wait& wait, Millis now_ms);
  Seq SeqBehind(const SendReply& reply) const;
  SendReply ReplyOf(Finding finding) const;
  std::optional<SendReply> RefusalOfPromises() const;
  std::optional<SendReply> RefusalOfNew(Millis now_ms) const;
  std::optional<SendReply> Overload(Millis now_ms) const;
  Millis TimeToMakeRoomMs(Millis now_ms) const;
  void Answer(const Send& send, CallToken call, Verdict verdict, bool replayed,
              std::string field = "", std::string detail = "");
  SendView View(const Send& send, bool replayed) const;
  std::optional<Stall> StallOf(const Send& send, const Batch* batch) const;
  std::optional<Stall> OwnStallOf(const Send& send, const Batch* batch) const;
  bool MayEnd(const Send& send) const;
  bool MayExpire(const Send& send) const;
  void End(const Send& send, Ending ending, Millis now_ms);
  void ExpireDue(Millis now_ms);
  void ForgetDeadline(const Send& send);
  template <typename Predicate>
  void AnswerWaiters(const Send& send, Predicate is_ready);
  void Forget(const Waiter& waiter);

  const Policy& policy_;
  Ledger& ledger_;
  Outbox& outbox_;
  Follower& follower_;
  Payer& payer_;
  Builder& builder_;
  Bumper& bumper_;
  bool stopping_ = false;
  std::map<SendId, std::vector<Waiter>> waiters_;
  std::map<CallToken, SendId> waiting_calls_;
  std::set<std::pair<Millis, CallToken>> wait_ends_;
  std::set<std::pair<Millis, SendId>> deadlines_;
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_CALL_DESK_H
