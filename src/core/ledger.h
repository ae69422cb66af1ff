// The ledger: what the log says. Records in, state out, and nothing else changes it. The daemon
// holds only what is open; the offline tools fold whole logs with the same code.
//
// Not thread-safe: one thread owns it. Pure: no clock, no input or output.

#ifndef SENDONCE_CORE_LEDGER_H
#define SENDONCE_CORE_LEDGER_H

#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "core/alarm.h"
#include "core/batch.h"
#include "core/effects.h"
#include "core/records.h"
#include "core/send.h"

namespace sendonce::core {

class Ledger {
 public:
  // What was durable, as the log's indexes hold it.
  struct Contents {
    WalCreated created;
    Seq last_seq = 0;
    ChainState chain;
    std::vector<Send> sends;     // open ones (see IsOpen), and all of the batches below
    std::vector<Batch> batches;  // kept ones (see IsKept)
    std::vector<Alarm> alarms;   // all
  };

  // An empty ledger: the next record must be WalCreated, with seq 1.
  Ledger() = default;

  explicit Ledger(Contents contents);

  // Applies the next record and returns it with everything it touched, for the log. Aborts (a bug
  // in our code) if the record breaks a rule that the ledger can see: R2 (a coin or a send in two
  // live batches), an ending after a signature was asked for, a signature that was not asked for, a
  // payment that is not excluded (R4).
  Entry Apply(Record record, Millis at_ms);

  // Whether Apply would take it, for logs that were written elsewhere: an explanation, or nullopt
  // if all is well. O(size of the record and of the batch).
  std::optional<std::string> Objection(const Record& record) const;

  // For logs that are read offline: at this place, the next one, stands a stub. What stood there a
  // later DetailPruned has to justify; nothing is applied.
  void Skip(Seq seq);
  bool IsSkipped(Seq seq) const { return skipped_.contains(seq); }

  // Takes back into memory what is not open any more (a reorganisation reached it). No effect on
  // those that are here.
  void Restore(const std::vector<Send>& sends, const std::vector<Batch>& batches);

  // Forgets the send or batch if it is neither open nor kept any more and all that is known of it
  // is durable: look-ups find it in the log from then on.
  void ForgetIfClosed(const SendId& id, Seq durable_seq);
  void ForgetIfClosed(BatchId id, Seq durable_seq);

  const Send* FindSend(const SendId& id) const;
  const Batch* FindBatch(BatchId id) const;
  const Batch* LiveBatchOf(const Send& send) const;  // nullptr if it is in none
  // The batch that has a version with this txid; nullptr if none that is here.
  const Batch* FindBatchByTxid(const bitcoin::Txid& txid) const;

  // The batches whose versions spend this coin and that are not dropped: what a transaction that
  // spends it has to be compared with. Oldest first.
  std::vector<BatchId> BatchesSpending(const bitcoin::OutPoint& coin) const;

  // The live batches that the coin belongs to: open ones that not all sends have left. One at most,
  // but for payments that were adopted, and after a send has come back to a batch whose coins were
  // free meanwhile (R4').
  std::vector<BatchId> OwnersOf(const bitcoin::OutPoint& coin) const;
  bool IsReserved(const bitcoin::OutPoint& coin) const { return !OwnersOf(coin).empty(); }

  // The sends that belong to the batch now, in its order.
  std::vector<SendId> LivingSends(const Batch& batch) const;

  // R4': the sends that the version pays, that have left its batch, and that belong to it again
  // when it is seen or confirms. Not those that have ended, or that another transaction in the
  // chain pays.
  std::vector<SendId> SendsToTakeBack(const Batch& batch, const Version& version) const;

  // Seeing the version in the mempool would change what the log says: it was not accepted before,
  // coins of its batch had vanished, sends come back by it, or a verdict has said that it never
  // confirms.
  bool IsNews(const Batch& batch, const Version& version) const;

  // Whether sendonce may send the version: not if it pays a send, of whatever batch, that has
  // ended, or one of which a verdict says that the version never confirms.
  bool MayBeSent(const Batch& batch, const Version& version) const;

  // Batches that cannot go on to pay all sends that belong to them: a rival is in the chain, or a
  // version that leaves a send out (then the batch can be final for the others), or no version that
  // pays a send may be sent. What R4 may help.
  const std::set<BatchId>& troubled() const { return troubled_; }

  // Open sends that are in no batch and not ended, by the seq of their first record.
  const std::map<Seq, SendId>& waiting() const { return waiting_; }

  const std::map<SendId, Send>& sends() const { return sends_; }
  const std::map<BatchId, Batch>& batches() const { return batches_; }
  const std::map<Seq, Alarm>& alarms() const { return alarms_; }
  const WalCreated& created() const { return created_; }
  const ChainState& chain() const { return chain_; }
  Seq last_seq() const { return last_seq_; }

  // An open send can still change by itself: it is not ended, and its payment is not final.
  static bool IsOpen(const Send& send);
  // An open batch can still change by itself: it is neither final nor dropped.
  static bool IsOpen(const Batch& batch);
  // A batch is kept in memory, its sends with it, while it is open; for ever if a send has left it
  // (R4: what it may pay has to be excluded whatever comes); and until the node's locks on coins
  // that it does not claim are gone (R8).
  static bool IsKept(const Batch& batch);

 private:
  friend class RecordApplier;

  bool IsTroubled(const Batch& batch) const;
  static bool HasGoneBack(const Send& send, const Batch& batch);
  static bool RestsOnRefuted(const Send& send, const Batch& batch);
  bool MayPayItsSends(const Batch& batch, const Version& version) const;
  // None of the versions pays a send that belongs to the batch.
  bool LeavesOutALivingSend(const Batch& batch, const std::vector<const Version*>& versions) const;
  void IndexTrouble(const Batch& batch);
  void IndexBatch(const Batch& batch);
  void UnindexBatch(const Batch& batch);

  WalCreated created_;
  ChainState chain_;
  Seq last_seq_ = 0;
  std::map<SendId, Send> sends_;
  std::map<BatchId, Batch> batches_;
  std::map<Seq, Alarm> alarms_;
  std::map<Seq, SendId> waiting_;  // by the seq of SendRecorded
  std::set<BatchId> troubled_;
  std::set<Seq> skipped_;
  std::unordered_map<bitcoin::OutPoint, std::set<BatchId>, bitcoin::OutPointHasher> spent_by_;
  std::unordered_map<bitcoin::Txid, BatchId, bitcoin::Hash256Hasher> by_txid_;
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_LEDGER_H
