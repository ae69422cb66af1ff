// Pruning: what is kept for ever of sends that were finished long ago, and when the rest may go.
// Kept is what an answer needs: id, a digest of the content, outcome, transactions, block, times.
// What goes: addresses, scripts and reference, raw transactions, coins, the records about them.
//
// Only batches with a simple life are pruned: all their sends were paid by them and were never in
// another one, nothing was ever in their way, no alarm names them. What R4 may need again stays.
//
// Age is counted in blocks, of which a day has some 144: the clock of a machine may be wrong, and
// what was pruned does not come back. Nothing is ever read again from so deep in the chain: a
// reorganisation that reaches there is not followed (core/follower.h).
//
// Pure; safe from any thread while the ledger does not change.

#ifndef SENDONCE_CORE_PRUNING_H
#define SENDONCE_CORE_PRUNING_H

#include <optional>
#include <string>
#include <vector>

#include "core/commands.h"
#include "core/ledger.h"
#include "core/records.h"

namespace sendonce::core {

constexpr int32_t kBlocksPerDay = 144;
// No log is pruned less deep. Beyond any reorganisation that was ever seen, and where the locator
// of the chain is still so dense that a fork above is not taken for one below.
constexpr int32_t kMinPruneDepth = 1'000;

// What the batch and its sends themselves show of a simple life. Not, because they do not hold it:
// that no send was in a batch that was dropped, and that no alarm names the batch.
bool HadSimpleLife(const Batch& batch, const std::vector<Send>& sends);

// What the record says about the batch. REQUIRES: HadSimpleLife.
PrunedBatch PrunedOf(const Prunable& prunable);

// All records that stubs stand for: those of the batch and those that recorded its sends;
// ascending.
std::vector<Seq> StubsOf(const PrunedBatch& batch);
std::vector<Seq> StubsOf(const Prunable& prunable);

// The send as it is from then on.
Send SendOf(const PrunedBatch& batch, const PrunedSend& send);

// The part of core::Ledger::Objection that is about this record. What is not in the ledger has to
// be known to it as a stub (Ledger::Skip).
std::optional<std::string> ObjectionToPruning(const Ledger& ledger, const DetailPruned& record);

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_PRUNING_H
