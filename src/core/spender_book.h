// Writes down what a transaction is to each batch that it spends a coin of: a version of it that
// was accepted or confirmed, one that somebody else made, or a rival (R4', R7).
//
// Not thread-safe. Pure.

#ifndef SENDONCE_CORE_SPENDER_BOOK_H
#define SENDONCE_CORE_SPENDER_BOOK_H

#include <optional>

#include "bitcoin/transaction.h"
#include "core/alarm_desk.h"
#include "core/ledger.h"
#include "core/matching.h"
#include "core/outbox.h"

namespace sendonce::core {

class SpenderBook {
 public:
  SpenderBook(Ledger& ledger, Outbox& outbox, AlarmDesk& alarms)
      : ledger_(ledger), outbox_(outbox), alarms_(alarms) {}

  // The node shows the transaction: in that block, or in the mempool. No effect if nothing about it
  // is new.
  void OnTransaction(const bitcoin::Transaction& transaction,
                     const std::optional<ChainPosition>& block, Millis now_ms);

 private:
  void OnSpender(BatchId batch, const bitcoin::Transaction& transaction,
                 const std::optional<ChainPosition>& block, Millis now_ms);
  bool IsVersionElsewhere(const Batch& batch, const bitcoin::Txid& txid) const;
  void WarnOfSecondPayment(const Batch& batch, const Version& version, Millis now_ms);
  const Version* AdoptOrNoteRival(const Batch& batch, const bitcoin::Transaction& transaction,
                                  const std::optional<ChainPosition>& block, Millis now_ms);
  void CountAsAsked(BatchId id, Millis now_ms);
  void NoteRival(const Batch& batch, const bitcoin::Transaction& transaction, const Match& match,
                 const std::optional<ChainPosition>& block, Millis now_ms);

  Ledger& ledger_;
  Outbox& outbox_;
  AlarmDesk& alarms_;
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_SPENDER_BOOK_H
