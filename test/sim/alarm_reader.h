// The operator who looks at alarms after a log was put back, as doc/http-api.md tells him: each
// spend that the log does not know is given to the ids that it pays, and set aside only where that
// cannot be. Where an id is bound to something else that is conflicted, and the spend pays it, he
// declares it paid first: once the alarm is accepted it may be paid by the rules.

#ifndef SENDONCE_TEST_SIM_ALARM_READER_H
#define SENDONCE_TEST_SIM_ALARM_READER_H

#include <functional>
#include <map>
#include <utility>

#include "daemon.h"
#include "world.h"

namespace sendonce::sim {

class AlarmReader {
 public:
  using NewCall = std::function<core::CallToken(CallKind kind, int number, int variant)>;

  AlarmReader(Daemon& daemon, Checkers& checkers, World& world, NewCall new_call)
      : daemon_(daemon), checkers_(checkers), world_(world), new_call_(std::move(new_call)) {}

  // What was answered before is nothing to this log.
  void OnPutBack() {
    asked_.clear();
    paid_.clear();
  }

  // The alarm may be accepted. If not: what can be done was begun, look again later.
  bool IsDoneWith(core::Seq alarm);

  // Asks for verdicts on what is paid, and cannot be adopted. False: there is none to be given.
  bool DeclaresPaid();
  bool IsPaid(int number) const;

 private:
  using Known = TransactionBook::Known;

  void BringBack(const Known& spend);
  Known PayerNow(int number, const Known& spend) const;
  bool IsPaidOtherwise(int number, const Known& spend) const;
  bool KnowsItself(int number, const Known& spend) const;
  bool IsGiven(int number, const Known& spend);
  void Adopt(int number, const Known& spend);

  Daemon& daemon_;
  Checkers& checkers_;
  World& world_;
  NewCall new_call_;
  std::map<std::pair<int, bitcoin::Txid>, core::CallToken> asked_;
  std::map<int, bitcoin::Txid> paid_;
};

}  // namespace sendonce::sim

#endif  // SENDONCE_TEST_SIM_ALARM_READER_H
