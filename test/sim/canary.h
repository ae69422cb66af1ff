// Bugs that are planted to see that the checkers find them. Each changes what passes between the
// core, its log and its node; the core itself is the one that is shipped.

#ifndef SENDONCE_TEST_SIM_CANARY_H
#define SENDONCE_TEST_SIM_CANARY_H

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace sendonce::sim {

enum class Canary {
  kNone,
  kAnswerBeforeSync,
  kSignBeforeSync,
  kBroadcastBeforeSync,
  kLostAnswer,
  kLostReservation,
  kLyingDisk,
  kEmptyLog,
  kStaleIndex,
  kForgottenSignature,
  kForgottenVersions,
  kForgottenBatches,
  kForgottenAdoptions,
  kLockBelieved,
  kShallowConflict,
  kMempoolBelieved,
  kReorganisationMissed,
  kConfirmationsIgnored,
  kRenamedRetry,
  kContentIgnored,
  kFalseFence,
  kUnknownAfterStart,
  kLostReply,
  kLostWakeUp,
  kHiddenSpends,
  kStopIgnored,
  kForgottenVerdict,
  kVerdictMisread,
  kForgottenPartPayment,
  kPrunedForgotten,
  kSharedOutput,
  kAnchorIgnored,
  kStartBelieved,
  kMatchedByTxid,
  kNowhereBelieved,
};

struct PlantedBug {
  Canary canary;
  std::string_view name;
  std::string_view what;
  // So many schedules from the first seed on are known not to find it, and are left out.
  uint64_t skip = 0;
};

std::span<const PlantedBug> PlantedBugs();
std::optional<Canary> CanaryByName(std::string_view name);

// Only a log that is put back, of a wallet with legacy coins, shows it.
bool NeedsPutBack(Canary canary);

// The checker of effects (R1) is switched off: what comes of the bug has to be found instead.
bool HidesFromEffectChecker(Canary canary);

}  // namespace sendonce::sim

#endif  // SENDONCE_TEST_SIM_CANARY_H
