// Values for the log's tests: one of each with every field filled, and a story, folded by the real
// ledger, that meets every type of record.

#ifndef SENDONCE_TEST_UNIT_WAL_SAMPLE_H
#define SENDONCE_TEST_UNIT_WAL_SAMPLE_H

#include <string>
#include <vector>

#include "core/alarm.h"
#include "core/batch.h"
#include "core/effects.h"
#include "core/ledger.h"
#include "core/records.h"

namespace sendonce::wal {

bitcoin::Hash256 SampleHash(uint8_t seed);

// One of every type, in the order of their numbers, every field filled and no two alike.
std::vector<core::Record> SampleRecords();

core::Send SampleSend();
core::Send SamplePrunedSend();
core::Batch SampleBatch();
core::Alarm SampleAlarm();
core::ChainState SampleChain();
core::ChainState SamplePrunedChain();

// What of a ledger that forgets nothing one that forgets would keep.
core::Ledger::Contents KeptOf(const core::Ledger& ledger);

// Writes a log step by step: each function applies the record to a ledger, so the entries are those
// of a real log. Transactions are well-formed and pay what they should.
class Story {
 public:
  // Begins with WalCreated at height 100.
  Story();

  void Submit(const core::SendId& id);
  void Cancel(const core::SendId& id);
  // The batch's version 0 pays the sends and spends one new coin.
  core::BatchId Reserve(const std::vector<core::SendId>& ids);
  // All sends of the batch leave it for one that shares its coin (R4 a).
  core::BatchId Rebuild(core::BatchId left);
  // A version that spends one coin more, for the fee.
  void Replace(core::BatchId batch);
  void AskSignature(core::BatchId batch);
  void Sign(core::BatchId batch);
  void Accept(core::BatchId batch);
  // Malleated by somebody else: other txid, the same payments.
  void Adopt(core::BatchId batch);
  // Spends the batch's coin to somewhere else.
  void SeeRival(core::BatchId batch);
  void LoseRival(core::BatchId batch);
  // The node shows the batch's coin neither as unspent nor as spent.
  void LoseCoin(core::BatchId batch);
  void Confirm(core::BatchId batch, int32_t height);
  void Reopen(core::BatchId batch);
  void Finish(core::BatchId batch);
  void Drop(core::BatchId batch);
  void MoveChain(int32_t fork_height, int32_t new_height);
  core::Seq RaiseAlarm(core::BatchId batch);
  void AcceptAlarm(core::Seq alarm);
  // That nothing that was signed for the send will ever confirm.
  void GiveVerdict(const core::SendId& id, core::OperatorVerdict verdict);
  // Of a new id; the payment was made by somebody else.
  core::BatchId AdoptPayment(const core::SendId& id);
  void ReleaseLocks(core::BatchId batch);

  // The detail of final batches that had no story but to be paid, 1,000 blocks deep.
  void Prune(const std::vector<core::BatchId>& batches);

  // Submit to signed, in a batch of its own; four records.
  core::BatchId PayUnseen(const core::SendId& id);

  // Submit to final at that height, in a batch of its own; eight records.
  core::BatchId Pay(const core::SendId& id, int32_t height);

  // Every type of record but DetailPruned; ends with open and finished sends and batches, and an
  // open alarm.
  static Story OfEveryType();

  // "old-1" and "old-2" are paid and pruned, "young" is paid, "waiting" waits.
  static Story OfPruning();

  const core::Ledger& ledger() const { return ledger_; }
  const std::vector<core::Entry>& entries() const { return entries_; }
  // Those behind the first `count`.
  std::vector<core::Entry> EntriesAfter(size_t count) const;

  core::Ledger::Contents Kept() const { return KeptOf(ledger_); }

  bitcoin::Txid CurrentTxid(core::BatchId batch) const;

  // The record that Prune writes, of one batch.
  core::PrunedBatch Pruned(core::BatchId batch) const;

  // What stands in the log for each record before it is pruned.
  std::vector<bitcoin::Bytes> Frames() const;

 private:
  const core::Entry& Apply(core::Record record);
  core::Coin NewCoin(bitcoin::Amount amount_sat);
  // Spends the coins for so many payments to the same payee.
  static bitcoin::Bytes UnsignedBytes(const std::vector<core::Coin>& coins, size_t payments);
  bitcoin::Bytes SignedBytes(core::BatchId batch, uint8_t signature) const;

  core::Ledger ledger_;
  std::vector<core::Entry> entries_;
  uint8_t coins_ = 0;
};

}  // namespace sendonce::wal

#endif  // SENDONCE_TEST_UNIT_WAL_SAMPLE_H
