// The callers: several who use the same ids, repeat what they asked for, ask for something else
// under an id, cancel, bump, go away, and ask again for ever; and an operator who adopts and
// accepts alarms.

#ifndef SENDONCE_TEST_SIM_CALLERS_H
#define SENDONCE_TEST_SIM_CALLERS_H

#include <optional>
#include <set>
#include <vector>

#include "alarm_reader.h"
#include "daemon.h"
#include "dice.h"
#include "weights.h"
#include "world.h"

namespace sendonce::sim {

class Callers {
 public:
  Callers(Daemon& daemon, Checkers& checkers, World& world, Dice& dice);

  // Calls come in a mixture of their own.
  void DrawWeights() { weights_.Draw(dice_, 1); }

  // Of the like sends (requests.h) the second is never asked for: of what a log has forgotten
  // nobody can tell which of them it paid.
  void AskForOneLike() { only_one_like_ = true; }

  // One call of any kind.
  void CallOnce();

  // So high that coins are added for it, often.
  void BumpHigh();

  // One that needs nothing but the log.
  void CallBriefly();

  void Query(int number);
  // Each open alarm is looked at and accepted; after a log was put back with care.
  void AcceptAlarms();
  void OnPutBack() { reader_.OnPutBack(); }
  // By what the log does not know.
  bool IsPaidAnyway(int number) const { return reader_.IsPaid(number); }
  // That what may pay the send never will, and what follows. REQUIRES: it is so. What is declared
  // paid is paid, from elsewhere if it is not yet, once the verdict is taken.
  void GiveVerdict(int number, core::OperatorVerdict verdict, bool pays = true);

 private:
  void Submit(int number, int variant);
  void SubmitOtherwise(int number);
  void SubmitMany();
  void QueryMany();
  void Cancel(int number);
  void Bump(int number, bitcoin::FeeRate rate);
  void LeaveOne();
  void PayByHandAndAdopt();

  // Those that somebody has ever used, and one more.
  int AnyNumber();
  core::Wait AnyWait();
  core::SendContent ContentOf(int number, int variant);
  core::CallToken NewCall(CallKind kind, const std::vector<int>& numbers, int variant = 0);

  Daemon& daemon_;
  Checkers& checkers_;
  World& world_;
  Dice& dice_;
  Weights weights_;
  AlarmReader reader_;
  core::CallToken last_call_ = 0;
  int used_ = 0;
  bool only_one_like_ = false;
  std::set<int> with_deadline_;
  std::set<int> alone_;
  // The last number is never asked for before it was paid by hand and adopted.
  std::optional<bitcoin::Txid> paid_by_hand_;
};

}  // namespace sendonce::sim

#endif  // SENDONCE_TEST_SIM_CALLERS_H
