// The log in memory: what was appended, what of it is durable, and what a start finds. It keeps for
// each send, batch and alarm the copy in the last durable entry, as the real log's indexes do.

#ifndef SENDONCE_TEST_UNIT_CORE_MEMORY_LOG_H
#define SENDONCE_TEST_UNIT_CORE_MEMORY_LOG_H

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/commands.h"
#include "core/effects.h"
#include "core/ledger.h"

namespace sendonce::core {

class MemoryLog {
 public:
  // Begins with samples::LogBeginning, durable.
  MemoryLog();

  // REQUIRES: the seqs follow on.
  void Append(const std::vector<Entry>& entries);
  void Sync(Seq up_to);
  // A crash: what is not durable is gone.
  void LoseUnsynced();

  Seq last_seq() const { return entries_.back().seq; }
  Seq durable_seq() const { return durable_seq_; }
  const std::vector<Entry>& entries() const { return entries_; }
  bool IsDurable(Seq seq) const { return seq <= durable_seq_; }

  // What a start loads.
  Ledger::Contents Load() const;

  // What the driver looks up, of what is durable.
  std::optional<Send> FindSend(const SendId& id) const;
  // As daemon::Driver says it: not by bytes that were only reserved; what was pruned was paid.
  bool ExplainsSpend(const bitcoin::Txid& txid) const;
  void FillIn(ChainRead& read) const;

  // Those that touched it, oldest first.
  std::vector<Seq> RecordsAbout(BatchId batch) const;

  const std::map<BatchId, Batch>& batches() const { return batches_; }

 private:
  void Index(const Entry& entry);

  std::vector<Entry> entries_;
  Seq durable_seq_ = 0;
  WalCreated created_;
  ChainState chain_;
  std::map<SendId, Send> sends_;
  std::map<BatchId, Batch> batches_;
  std::map<Seq, Alarm> alarms_;
  std::set<bitcoin::Txid> txids_;
};

}  // namespace sendonce::core

#endif  // SENDONCE_TEST_UNIT_CORE_MEMORY_LOG_H
