// The daemon: the real core between a disk and a node, as daemon/driver.cpp has it, with nothing
// happening by itself: whoever plays says when something is synced, which call reaches the node,
// when and whether its reply comes back, when time passes and when the process dies.

#ifndef SENDONCE_TEST_SIM_DAEMON_H
#define SENDONCE_TEST_SIM_DAEMON_H

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "canary.h"
#include "checkers.h"
#include "core/machine.h"
#include "disk.h"
#include "node_calls.h"
#include "trace.h"

namespace sendonce::sim {

// What becomes of a call to the node.
enum class Fate : uint8_t {
  kHonest,
  kTwice,        // carried out two times, as an HTTP client that tries again may have it
  kReplyLost,    // carried out, and nobody hears of it
  kRequestLost,  // never carried out, and nobody knows
  kLate,         // unknown to the daemon, and carried out later, perhaps after its death
  kNotExecuted,  // refused at the door
  kWhim,         // refused for a reason of the node's
  kGarbledReply,
};

class Daemon {
 public:
  struct Surroundings {
    core::ToyNode& node;
    const Condition& condition;
    Disk& disk;
    Checkers& checkers;
    Trace& trace;
  };

  Daemon(const Surroundings& around, const core::Policy& policy, Canary canary);

  // One command; what it leads to is carried out or waits.
  void Give(core::Command command);

  // --- the disk
  // The first `count` of the records that wait.
  void Sync(size_t count);

  // --- the node; each of these is one step for a call
  bool IsAsked(size_t lane) const { return !lanes_[lane].asked.empty() && !lanes_[lane].reply; }
  bool HasReply(size_t lane) const { return lanes_[lane].reply.has_value(); }
  // The oldest call of the lane reaches the node. REQUIRES: IsAsked.
  void Call(size_t lane, Fate fate, int roll);
  // Its reply reaches the core. REQUIRES: HasReply.
  void Reply(size_t lane);
  // A call that was given up long ago is carried out. No effect if there is none.
  void CarryLateOne(Dice& dice);
  void ForgetLateOnes() { late_.clear(); }

  // --- time
  core::Millis now_ms() const { return now_ms_; }
  void Elapse(core::Millis elapsed_ms);
  // Until the core wants to be woken, if it does.
  void Wake();

  // The process dies: what was not synced may be gone, no reply comes back, what was asked may be
  // carried out later. Then it starts again from what is on the disk.
  void Crash(Dice& dice, const std::function<void()>& while_down = {});
  // While it is down a minute passes: what was given up is carried out by then, or never.
  void WaitWhileDown(Dice& dice);

  // SIGTERM: nothing new from here on. Whoever stops it syncs what waits, and then it dies.
  void StopAccepting();

  // Everything is synced and answered honestly until nothing waits. Throws Violation if that does
  // not end.
  void Settle();
  // The first step of that; false if nothing waits.
  bool SettleOneStep();

  const core::Machine& machine() const { return *machine_; }
  uint64_t commands() const { return commands_; }
  // What a command about the id carries along.
  std::optional<core::Send> StoredOf(const core::SendId& id) const;

 private:
  struct Lane {
    std::deque<core::Effect> asked;
    std::optional<core::Command> reply;
  };

  void Start();
  void Step(core::Command command);
  void FillIn(core::Command& command) const;
  void Carry(core::Effect& effect);
  void TellDurable();
  core::Command Outcome(const core::Effect& effect, Fate fate, int roll);
  core::Command AtNode(const core::Effect& effect);

  Surroundings around_;
  const core::Policy policy_;
  const Canary canary_;
  std::unique_ptr<core::Machine> machine_;
  std::array<Lane, kLanes> lanes_;
  std::vector<core::Effect> late_;
  core::Millis now_ms_ = 1'000'000;
  core::Seq told_seq_ = 0;  // that is durable, as the core was told
  int lives_ = 0;
  bool has_read_spends_ = false;  // in this life
  uint64_t commands_ = 0;
};

}  // namespace sendonce::sim

#endif  // SENDONCE_TEST_SIM_DAEMON_H
