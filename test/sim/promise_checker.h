// G1, G3, G4 and G6 as callers see them: what an answer says, against what was said before, what is
// durable and what is so in the world.

#ifndef SENDONCE_TEST_SIM_PROMISE_CHECKER_H
#define SENDONCE_TEST_SIM_PROMISE_CHECKER_H

#include <array>
#include <map>
#include <optional>
#include <vector>

#include "payment_checker.h"

namespace sendonce::sim {

enum class CallKind : uint8_t { kSubmit, kQuery, kCancel, kVerdict, kAdopt, kOther };

class PromiseChecker {
  // What callers have been told about one id.
  struct Said {
    bool known = false;
    bool never = false;
    bool created = false;
    bool verdict_taken = false;
    bool adopted = false;  // with the outputs alone
    std::optional<int> variant;
  };

 public:
  // All that was said.
  struct Promises {
    std::array<Said, kMaxSends> said;
    std::map<bitcoin::OutPoint, int> paid_by;  // whom an output was said to pay
  };

  PromiseChecker(const core::ToyNode& node, const TransactionBook& book, const DurableFacts& facts,
                 PaymentChecker& payments);

  // Answers are heard, and not compared with what is durable: for a planted bug.
  void BelieveAnswers() { compares_ = false; }

  // About these sends, in order; `variant` of what a submit carries.
  void OnCall(core::CallToken call, CallKind kind, const std::vector<int>& numbers, int variant);
  void OnAnswer(const core::Answer& answer);
  // The caller has gone, or the daemon has died: no answer is expected, one may still come.
  void Forget(core::CallToken call) { expected_.erase(call); }
  void OnCrash();
  // The daemon was asked to stop: nothing new is recorded from here on, and what is known is told.
  void OnStop() { stopping_ = true; }
  // The log was put back from when no more than this had been said. What was said since is not
  // promised (doc/guarantees.md).
  const Promises& promises() const { return promises_; }
  void OnPutBack(const Promises& then) { promises_ = then; }

  // Each acknowledged send is in the log (G1).
  void CheckNothingIsLost() const;
  // Every call was answered.
  void CheckAllAreAnswered() const;

  bool IsAcknowledged(int number) const { return promises_.said[At(number)].known; }
  bool IsVerdictTaken(int number) const { return promises_.said[At(number)].verdict_taken; }
  // What a call that adopts was answered; nullopt: nothing yet.
  std::optional<core::Verdict> AdoptionAnswer(core::CallToken call) const;

 private:
  struct Call {
    CallKind kind = CallKind::kOther;
    std::vector<int> numbers;
    std::vector<Said> before;
    int variant = 0;
    bool while_stopping = false;
  };

  static size_t At(int number) { return static_cast<size_t>(number); }
  void OnReply(const Call& call, size_t place, const core::SendReply& reply);
  void OnVerdict(const Call& call, const Said& before, Said& said, const core::SendReply& reply);
  void OnSubmitKnown(const Call& call, const core::SendId& id, Said& said);
  void OnView(int number, const Said& before, Said& said, const core::SendView& view);
  void CheckPruned(int number, const Said& said, const core::SendView& view) const;
  void CheckSent(int number, const core::SendView& view);
  void CheckOwnOutput(int number, const bitcoin::OutPoint& output);

  const core::ToyNode& node_;
  const TransactionBook& book_;
  const DurableFacts& facts_;
  PaymentChecker& payments_;
  Promises promises_;
  std::map<core::CallToken, core::Verdict> adoptions_;
  std::map<core::CallToken, Call> calls_;
  std::set<core::CallToken> expected_;
  bool compares_ = true;
  bool stopping_ = false;
};

}  // namespace sendonce::sim

#endif  // SENDONCE_TEST_SIM_PROMISE_CHECKER_H
