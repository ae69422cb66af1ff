// The outbox: where rule R1 lives. Records go to the ledger at once and to the log with the next
// Take; an effect that rests on records is held until every record that was made before it is
// durable.
//
// Not thread-safe. Pure.

#ifndef SENDONCE_CORE_OUTBOX_H
#define SENDONCE_CORE_OUTBOX_H

#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "core/effects.h"
#include "core/ledger.h"

namespace sendonce::core {

class Outbox {
 public:
  explicit Outbox(Ledger& ledger);

  // Applies the record and asks for it to be appended. Returns its seq.
  Seq Write(Record record, Millis now_ms);

  // An effect. Those that only read from the node leave with the next Take; all others wait until
  // everything written so far is durable.
  void Emit(Effect effect);

  // An answer that rests on nothing later than `seq`.
  void Reply(CallToken call, core::Reply reply, Seq seq);

  // Lets go what waited for it, and lets the ledger forget what is closed.
  void OnDurable(Seq seq);

  // What may be carried out now, in order; the append, if any, first.
  Effects Take();

  // Sends that were touched by records, directly or by their batch, since the last call; ascending,
  // each once.
  std::vector<SendId> TakeTouched();

  // Batches that were touched by records since the last call; in the order of the records.
  std::vector<BatchId> TakeTouchedBatches() { return std::exchange(touched_batches_, {}); }

  // Records that are not durable yet, and how long the first of them has been waiting for that; 0
  // if there is none.
  size_t unsynced() const { return ledger_.last_seq() - durable_seq_; }
  Millis WaitedMs(Millis now_ms) const;

  Seq durable_seq() const { return durable_seq_; }
  // The last record that moved the chain: what "confirmations" rests on.
  Seq chain_seq() const { return chain_seq_; }
  // The last record that pruned anything.
  Seq pruned_seq() const { return pruned_seq_; }

 private:
  void NoteTouched(const Entry& entry);
  void ForgetClosed();

  Ledger& ledger_;
  std::vector<Entry> unsent_;
  std::multimap<Seq, Effect> held_;
  Effects released_;
  std::vector<SendId> touched_;
  std::vector<BatchId> touched_batches_;
  // What was touched by records that are not durable yet, with their seqs, which ascend.
  std::deque<std::pair<Seq, SendId>> unsettled_sends_;
  std::deque<std::pair<Seq, BatchId>> unsettled_batches_;
  // When records that are not durable were written: the first seq of each millisecond.
  std::deque<std::pair<Seq, Millis>> written_at_;
  Seq durable_seq_;
  Seq chain_seq_ = 0;
  Seq pruned_seq_ = 0;
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_OUTBOX_H
