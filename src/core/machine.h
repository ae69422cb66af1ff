// The machine: commands in, effects out, time a parameter. The order that safety rests on lives
// here and nowhere else.
//
// A step applies what it decides to the ledger at once and asks for it to be appended; whatever
// rests on a record leaves only from the step on Durable that covers it. While one append is being
// synced, steps go on; the next append takes all that waits (group commit).
//
// Not thread-safe: one thread owns it. Deterministic: the same contents and the same commands at
// the same times give the same effects.

#ifndef SENDONCE_CORE_MACHINE_H
#define SENDONCE_CORE_MACHINE_H

#include <memory>

#include "core/commands.h"
#include "core/effects.h"
#include "core/ledger.h"
#include "core/policy.h"

#ifdef NDEBUG
#error "sendonce's assertions guard money: build without NDEBUG"
#endif

namespace sendonce::core {

class Machine {
 public:
  Machine(const Policy& policy, Ledger ledger);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // Never blocks. Returns what may be carried out now, in this order.
  Effects Step(const Command& command, Millis now_ms);

  // The time at which a Tick has something to do.
  Millis next_tick_ms() const;

  const Ledger& ledger() const;

  // Why nothing new is paid now; nullopt if all is well.
  const std::optional<Stall>& paying_stall() const;

  // The last attempt to read from the node went well.
  bool node_reachable() const;

  // What AskStatus and AskFunds are answered with. O(what is open) and O(coins).
  StatusReply Status() const;
  FundsReply Funds() const;

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_MACHINE_H
