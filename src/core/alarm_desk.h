// Raises alarms about transactions that sendonce did not make, one for each, and accepts them where
// they turn out to be explained.
//
// Not thread-safe. Pure.

#ifndef SENDONCE_CORE_ALARM_DESK_H
#define SENDONCE_CORE_ALARM_DESK_H

#include <optional>
#include <string>
#include <vector>

#include "core/ledger.h"
#include "core/outbox.h"

namespace sendonce::core {

class AlarmDesk {
 public:
  AlarmDesk(const Ledger& ledger, Outbox& outbox) : ledger_(ledger), outbox_(outbox) {}

  // No effect if there was any alarm about the transaction. Before wallet and log have been
  // compared, whatever sendonce did not make may be what a log that was put back has forgotten, and
  // may pay a send that the log does not know: then it is an unexplained spend at start, whatever
  // the kind.
  void Raise(AlarmKind kind, const bitcoin::Txid& txid, std::optional<BatchId> batch,
             std::string detail, Millis now_ms);
  // They have been, since the start of the process.
  void NoteCompared() { is_compared_ = true; }

  bool Has(const bitcoin::Txid& txid) const;
  bool Has(const bitcoin::Txid& txid, AlarmKind kind) const;

  // Those that say that the transaction is an unexplained spend, and are still open.
  bool HasOpenSpend(const bitcoin::Txid& txid) const;
  void AcceptSpends(const bitcoin::Txid& txid, const std::string& reason, Millis now_ms);

 private:
  std::vector<Seq> OpenSpends(const bitcoin::Txid& txid) const;

  const Ledger& ledger_;
  Outbox& outbox_;
  bool is_compared_ = false;
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_ALARM_DESK_H
