// What the durable records say, folded as they become durable: what an effect or an answer has to
// rest on, whatever the daemon holds in memory.

#ifndef SENDONCE_TEST_SIM_DURABLE_FACTS_H
#define SENDONCE_TEST_SIM_DURABLE_FACTS_H

#include <map>
#include <set>
#include <vector>

#include "core/answers.h"
#include "core/effects.h"
#include "core/ledger.h"

namespace sendonce::sim {

class DurableFacts {
 public:
  // The next record. REQUIRES: R2 was looked at before (payment_checker.h).
  void Take(const core::Entry& entry);

  const core::Ledger& ledger() const { return ledger_; }

  // --- what an effect rests on (R1)
  bool MayAskToSign(const core::Sign& effect) const;
  bool MayBroadcast(const core::Broadcast& effect) const;
  // For locks, which are a courtesy: what an unlock rested on may be otherwise when it leaves, and
  // is put right by a lock behind it.
  bool AreCoinsOf(core::BatchId id, const std::vector<bitcoin::OutPoint>& coins) const;

  // --- what an answer rests on
  bool IsRecorded(const core::SendId& id) const { return history_.contains(id); }
  // The send's state after the record with that seq; nullopt if it was not known then.
  std::optional<core::SendState> StateAt(const core::SendId& id, core::Seq seq) const;
  // A record says that it is never paid.
  bool HasEnded(const core::SendId& id) const { return ended_.contains(id); }

  // The records that let a send be paid again although what they name could confirm beside it (R4
  // c, d): for each excluded transaction the rival, none for a verdict.
  using Excluded = std::map<std::pair<core::SendId, bitcoin::Txid>, std::set<bitcoin::Txid>>;
  const Excluded& excluded_by_depth() const { return excluded_by_depth_; }
  bool HasVerdict(const core::SendId& id) const { return verdicts_.contains(id); }
  bool IsExcludedByVerdict(const core::SendId& id, const bitcoin::Txid& txid) const;

  // Those of the like sends (requests.h) that this transaction of ours was reserved for.
  std::set<int> LikeSendsOf(const bitcoin::Transaction& made) const;

  // The record by which the log knows what others have made of coins of the send's batches;
  // nullopt: by none.
  std::optional<core::Seq> KnownSince(const core::SendId& id, const bitcoin::Txid& txid) const;
  // The record by which the signature of this transaction of ours was asked for.
  std::optional<core::Seq> AskedAt(const bitcoin::Transaction& made) const;

  // It was a version of a batch whose detail is gone.
  bool IsPruned(const bitcoin::Txid& txid) const { return pruned_.contains(txid); }

  // What a start has to load is what the records fold to: a difference, or nullopt.
  std::optional<std::string> DifferenceTo(const core::Ledger::Contents& loaded) const;

 private:
  void NoteStates(const core::Entry& applied);
  void NoteVersions(const core::Entry& applied);
  const core::Version* FindVersion(core::BatchId batch, const bitcoin::Txid& txid) const;

  core::Ledger ledger_;
  std::map<std::pair<core::BatchId, bitcoin::Txid>, core::Seq> known_since_;
  std::map<bitcoin::Bytes, core::Seq> asked_at_;  // by what was not signed yet
  std::map<core::SendId, std::vector<std::pair<core::Seq, core::SendState>>> history_;
  std::set<core::SendId> ended_;
  Excluded excluded_by_depth_;
  std::set<core::SendId> verdicts_;
  std::set<bitcoin::Txid> pruned_;
  std::set<std::pair<core::SendId, bitcoin::Txid>> excluded_by_verdict_;
};

}  // namespace sendonce::sim

#endif  // SENDONCE_TEST_SIM_DURABLE_FACTS_H
