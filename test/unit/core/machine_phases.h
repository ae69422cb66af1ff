// The way of a send, step by step, so that a test can begin, or crash, at each of them.

#ifndef SENDONCE_TEST_UNIT_CORE_MACHINE_PHASES_H
#define SENDONCE_TEST_UNIT_CORE_MACHINE_PHASES_H

#include <array>
#include <ostream>
#include <string_view>

#include "machine_play.h"

namespace sendonce::core {

// What has happened last. "Appended": the record is on its way to the disk.
enum class Phase {
  kRecordAppended,
  kRecordDurable,  // the draft is under way
  kReservationAppended,
  kReservationDurable,  // the lock is under way
  kRequestAppended,
  kRequestDurable,  // the signature is under way
  kSignatureAppended,
  kSignatureDurable,  // the broadcast is under way
  kAcceptanceAppended,
  kAcceptanceDurable,
};

constexpr std::array kAllPhases = {Phase::kRecordAppended,      Phase::kRecordDurable,
                                   Phase::kReservationAppended, Phase::kReservationDurable,
                                   Phase::kRequestAppended,     Phase::kRequestDurable,
                                   Phase::kSignatureAppended,   Phase::kSignatureDurable,
                                   Phase::kAcceptanceAppended,  Phase::kAcceptanceDurable};

inline std::string_view NameOf(Phase phase) {
  constexpr std::array<std::string_view, kAllPhases.size()> kNames = {
      "record appended",     "record durable",    "reservation appended", "reservation durable",
      "request appended",    "request durable",   "signature appended",   "signature durable",
      "acceptance appended", "acceptance durable"};
  return kNames.at(static_cast<size_t>(phase));
}

inline std::ostream& operator<<(std::ostream& out, Phase phase) {
  return out << NameOf(phase);
}

// Takes the one send of the play, w-1 to alice, as far as that. Batch 3 pays it from coin c1.
// REQUIRES: the play has just been started.
inline void BringTo(Play& play, Phase phase, const SendContent& content) {
  const auto step = [&play](Phase one) {
    if (one == Phase::kReservationAppended) return play.Drafts();
    if (one == Phase::kRequestAppended) return play.Locks();
    if (one == Phase::kSignatureAppended) return play.Signs();
    if (one == Phase::kAcceptanceAppended) return play.Broadcasts();
    return play.Durable();
  };
  play.Submit("w-1", content);
  for (Phase one : kAllPhases) {
    if (one > phase) break;
    if (one != Phase::kRecordAppended) step(one);
  }
}

inline void BringTo(Play& play, Phase phase) {
  BringTo(play, phase, samples::Paying({samples::To("alice", 50'000)}));
}

// A play that was started and brought there.
struct PlayAt : Play {
  explicit PlayAt(Phase phase, const Policy& policy = WithWholeChange()) : Play(policy) {
    Start();
    BringTo(*this, phase);
  }
  PlayAt(Phase phase, const SendContent& content) {
    Start();
    BringTo(*this, phase, content);
  }
  PlayAt(Phase phase, const Policy& policy, const SendContent& content) : Play(policy) {
    Start();
    BringTo(*this, phase, content);
  }
};

}  // namespace sendonce::core

#endif  // SENDONCE_TEST_UNIT_CORE_MACHINE_PHASES_H
