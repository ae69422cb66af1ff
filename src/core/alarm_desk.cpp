#include "core/alarm_desk.h"

#include <algorithm>
#include <utility>

namespace sendonce::core {

void AlarmDesk::Raise(AlarmKind kind, const bitcoin::Txid& txid, std::optional<BatchId> batch,
                      std::string detail, Millis now_ms) {
  if (Has(txid)) return;
  if (!is_compared_) kind = AlarmKind::kUnexplainedSpendAtStart;
  outbox_.Write(AlarmRaised{kind, txid, batch, std::move(detail)}, now_ms);
}

bool AlarmDesk::Has(const bitcoin::Txid& txid) const {
  return std::any_of(ledger_.alarms().begin(), ledger_.alarms().end(),
                     [&](const auto& item) { return item.second.raised.txid == txid; });
}

bool AlarmDesk::Has(const bitcoin::Txid& txid, AlarmKind kind) const {
  return std::any_of(ledger_.alarms().begin(), ledger_.alarms().end(), [&](const auto& item) {
    return item.second.raised.txid == txid && item.second.raised.kind == kind;
  });
}

bool AlarmDesk::HasOpenSpend(const bitcoin::Txid& txid) const {
  return !OpenSpends(txid).empty();
}

void AlarmDesk::AcceptSpends(const bitcoin::Txid& txid, const std::string& reason, Millis now_ms) {
  for (Seq number : OpenSpends(txid)) outbox_.Write(AlarmAccepted{number, reason}, now_ms);
}

std::vector<Seq> AlarmDesk::OpenSpends(const bitcoin::Txid& txid) const {
  std::vector<Seq> open;
  for (const auto& [number, alarm] : ledger_.alarms()) {
    const bool is_spend = alarm.raised.kind == AlarmKind::kUnexplainedSpend ||
                          alarm.raised.kind == AlarmKind::kUnexplainedSpendAtStart;
    if (is_spend && alarm.raised.txid == txid && !alarm.accepted_reason) open.push_back(number);
  }
  return open;
}

}  // namespace sendonce::core
