// A log of any size, for measurements: finished sends in batches, then open ones, as the daemon
// would have written them. Every record is judged by the real ledger and every byte written by the
// real log; only the syncs are fewer, because whole batches go into one append.

#ifndef SENDONCE_TEST_BENCH_WAL_FILLER_H
#define SENDONCE_TEST_BENCH_WAL_FILLER_H

#include <cstdint>
#include <memory>
#include <vector>

#include "core/ledger.h"
#include "core/records.h"
#include "wal/log.h"

namespace sendonce::bench {

// The id of the send with that number. Spread over the whole key space, as random ids are: the
// hardest case for an index that is kept in order. Different numbers give different ids.
core::SendId FilledId(uint64_t number);

// What such a send asks for: one output, a reference.
core::SendContent FilledContent(uint64_t number);

// Makes the log and appends to it. Aborts at the first Problem.
class WalFiller {
 public:
  // REQUIRES: wal::Log::Create would make a log at these paths.
  explicit WalFiller(const wal::Paths& paths);

  // Goes on with a log that is there, for example one that a daemon has made for its wallet.
  // `blocks` are those of its chain, ascending: the batches confirm in those above the log's tip,
  // so that the daemon finds its log and its node in agreement. REQUIRES: nobody has the log open;
  // there are blocks enough, and none is missing.
  WalFiller(const wal::Paths& paths, std::vector<core::ChainPosition> blocks,
            size_t batches_per_block);

  // Sends that are paid and final, numbered on from those before. Ten batches share a block unless
  // the constructor says otherwise.
  void AddFinished(uint64_t sends, uint32_t sends_per_batch);

  // Sends that wait to be paid.
  void AddOpen(uint64_t sends);

  // Writes what is left and the anchor. To be called last.
  void Finish();

  uint64_t sends() const { return sends_; }
  core::Seq last_seq() const { return ledger_.last_seq(); }

 private:
  void Submit();
  void PayBatch(const std::vector<core::SendId>& ids);
  core::ChainPosition NextBlock();
  void MineBlock();
  core::Seq Apply(core::Record record);
  void Write();

  std::vector<core::ChainPosition> blocks_;  // empty: made up
  size_t next_block_ = 0;
  const size_t batches_per_block_;
  core::Ledger ledger_;
  std::unique_ptr<wal::Log> log_;
  std::vector<core::Entry> unwritten_;
  std::vector<core::BatchId> confirmed_;  // in the next block
  uint64_t sends_ = 0;
  uint32_t coins_ = 0;
};

}  // namespace sendonce::bench

#endif  // SENDONCE_TEST_BENCH_WAL_FILLER_H
