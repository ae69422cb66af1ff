#include "canary.h"

#include <algorithm>
#include <array>

namespace sendonce::sim {

namespace {

constexpr std::array kBugs = {
    PlantedBug{Canary::kAnswerBeforeSync, "answer-before-sync",
               "the core is told that requests are durable before they are"},
    PlantedBug{Canary::kSignBeforeSync, "sign-before-sync",
               "the core is told that reservations are durable before they are"},
    PlantedBug{Canary::kBroadcastBeforeSync, "broadcast-before-sync",
               "the core is told that signatures are durable before they are"},
    PlantedBug{
        Canary::kLostAnswer, "lost-answer",
        "answer-before-sync, and nobody looks at effects: a crash loses what was acknowledged"},
    PlantedBug{Canary::kLostReservation, "lost-reservation",
               "sign-before-sync, and nobody looks at effects: other coins after a crash"},
    PlantedBug{Canary::kLyingDisk, "lying-disk",
               "a crash takes back the last records that were synced"},
    PlantedBug{Canary::kEmptyLog, "empty-log", "after a crash the log is taken for a new one"},
    PlantedBug{Canary::kStaleIndex, "stale-index",
               "the log's index of sends is not brought up to date"},
    PlantedBug{Canary::kForgottenSignature, "forgotten-signature",
               "a start forgets that a signature was asked for: cancels, other coins"},
    PlantedBug{Canary::kForgottenVersions, "forgotten-versions",
               "a start remembers only the last version of a batch (R4)"},
    PlantedBug{Canary::kForgottenBatches, "forgotten-batches",
               "a start remembers only the last batch that a send was in (R4)"},
    PlantedBug{Canary::kLockBelieved, "lock-believed",
               "a coin that the node has locked is taken for one that is there (R8)"},
    PlantedBug{Canary::kForgottenAdoptions, "forgotten-adoptions",
               "other people's versions are left out of the blocks that the core reads"},
    PlantedBug{Canary::kShallowConflict, "shallow-conflict",
               "a rival counts as deep when it is half as deep as it should be (R4 c)"},
    PlantedBug{Canary::kMempoolBelieved, "mempool-believed",
               "what is in the mempool is taken for confirmed"},
    PlantedBug{Canary::kReorganisationMissed, "reorganisation-missed",
               "blocks that left the chain are not reported as gone"},
    PlantedBug{Canary::kConfirmationsIgnored, "confirmations-ignored",
               "unconfirmed coins are taken for confirmed ones (R9)"},
    PlantedBug{Canary::kRenamedRetry, "renamed-retry",
               "a request that is made again is taken for a new one"},
    PlantedBug{Canary::kContentIgnored, "content-ignored",
               "a request with other content is answered as the same"},
    PlantedBug{Canary::kFalseFence, "false-fence", "each cancel is answered with never"},
    PlantedBug{Canary::kUnknownAfterStart, "unknown-after-start",
               "after a start, ids that are only in the log are unknown"},
    PlantedBug{Canary::kLostReply, "lost-reply",
               "a reply that does not come is never reported as unknown"},
    PlantedBug{Canary::kLostWakeUp, "lost-wake-up", "the core is never woken"},
    PlantedBug{Canary::kHiddenSpends, "hidden-spends",
               "other people's spends are not shown to the core (G8)"},
    PlantedBug{Canary::kStopIgnored, "stop-ignored",
               "the core is not told that the daemon stops: nobody who waits is answered"},
    PlantedBug{Canary::kForgottenVerdict, "forgotten-verdict",
               "a start forgets that a verdict has ended a send"},
    PlantedBug{Canary::kVerdictMisread, "verdict-misread",
               "a verdict that a send is paid is taken for one to pay it again"},
    PlantedBug{Canary::kForgottenPartPayment, "forgotten-part-payment",
               "a start remembers what a rival spends, and not whom it pays (R7)"},
    PlantedBug{Canary::kPrunedForgotten, "pruned-forgotten",
               "ids whose detail was pruned are unknown"},
    PlantedBug{Canary::kSharedOutput, "shared-output",
               "after a start one output counts for both of two like sends"},
    PlantedBug{Canary::kAnchorIgnored, "anchor-ignored",
               "an older copy of the log is opened beside the present anchor"},
    PlantedBug{Canary::kStartBelieved, "start-believed",
               "what the wallet has spent before the start is taken for explained (G8)"},
    PlantedBug{Canary::kMatchedByTxid, "matched-by-txid",
               "what the wallet has spent before the start is not matched by its coins (R7)",
               86'000},
    PlantedBug{Canary::kNowhereBelieved, "nowhere-believed",
               "what only the wallet has, and signed with legacy coins, is taken for nobody's",
               8'500},
};

}  // namespace

std::span<const PlantedBug> PlantedBugs() {
  return kBugs;
}

std::optional<Canary> CanaryByName(std::string_view name) {
  const auto found = std::find_if(kBugs.begin(), kBugs.end(),
                                  [&](const PlantedBug& bug) { return bug.name == name; });
  if (found == kBugs.end()) return std::nullopt;
  return found->canary;
}

bool NeedsPutBack(Canary canary) {
  return canary == Canary::kMatchedByTxid || canary == Canary::kNowhereBelieved;
}

bool HidesFromEffectChecker(Canary canary) {
  return canary == Canary::kLostAnswer || canary == Canary::kLostReservation;
}

}  // namespace sendonce::sim
