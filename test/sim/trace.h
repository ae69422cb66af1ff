// A readable account of a schedule: what happened in the world, which command the core was given,
// which effects it had.

#ifndef SENDONCE_TEST_SIM_TRACE_H
#define SENDONCE_TEST_SIM_TRACE_H

#include <ostream>
#include <string>

#include "core/commands.h"
#include "core/effects.h"
#include "transcript.h"

namespace sendonce::sim {

class Trace {
 public:
  // nullptr: nothing is written, and little is spent on it.
  explicit Trace(std::ostream* out) : out_(out) {}

  bool on() const { return out_ != nullptr; }

  // "-- a block of 2"
  void World(const std::string& text);
  // "> signed batch 4 version 0: t1"
  void Given(const core::Command& command, core::Millis now_ms);
  // "    broadcast t1 of batch 4"
  void Emitted(const core::Effect& effect);

  std::string NameOf(const bitcoin::Transaction& transaction) { return names_.NameOf(transaction); }
  std::string NameOf(const bitcoin::OutPoint& coin) { return names_.NameOf(coin); }

 private:
  std::ostream* out_;
  core::Transcript names_;
};

}  // namespace sendonce::sim

#endif  // SENDONCE_TEST_SIM_TRACE_H
