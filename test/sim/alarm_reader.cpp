#include "alarm_reader.h"

#include <algorithm>

#include "core/views.h"

namespace sendonce::sim {

namespace {

// Nothing that time or a better moment would change.
bool IsFinal(core::Verdict verdict) {
  switch (verdict) {
    case core::Verdict::kNodeUnavailable:
    case core::Verdict::kNotPaying:
    case core::Verdict::kOverloaded:
    case core::Verdict::kStarting:
    case core::Verdict::kStopping:
      return false;
    default:
      return true;
  }
}

// The content that it pays.
int VariantOf(int number, const bitcoin::Transaction& transaction) {
  const auto due = PayeesOf(number, 0).front();
  const auto& outputs = transaction.outputs;
  const bool is_first = std::any_of(outputs.begin(), outputs.end(), [&](const auto& output) {
    return output.script == due.script && output.amount_sat == due.amount_sat;
  });
  return is_first ? 0 : 1;
}

}  // namespace

bool AlarmReader::IsDoneWith(core::Seq alarm) {
  if (!checkers_.was_put_back()) return true;
  const auto& raised = daemon_.machine().ledger().alarms().at(alarm).raised;
  const Known* found = checkers_.book().Find(raised.txid);
  if (!found) return true;
  const Known spend = *found;
  BringBack(spend);
  bool all = true;
  for (const int number : spend.pays) all = IsGiven(number, PayerNow(number, spend)) && all;
  if (!all) return false;
  for (const int number : spend.pays) {
    const Known payer = PayerNow(number, spend);
    if (KnowsItself(number, spend) || KnowsItself(number, payer)) continue;
    if (world_.IsThere(payer.txid)) {
      paid_[number] = payer.txid;
    } else {
      checkers_.payments().SetAside(number, spend.txid);
    }
  }
  return !DeclaresPaid();
}

bool AlarmReader::IsPaid(int number) const {
  const auto paid = paid_.find(number);
  return paid != paid_.end() && world_.IsThere(paid->second);
}

bool AlarmReader::DeclaresPaid() {
  bool any = false;
  for (const auto& [number, txid] : paid_) {
    const core::SendId id = IdOf(number);
    const core::Ledger& ledger = checkers_.facts().ledger();
    const core::Send* send = ledger.FindSend(id);
    if (!send || !core::Ledger::IsOpen(*send) || !world_.IsThere(txid)) continue;
    const auto state = core::StateOf(*send, ledger.LiveBatchOf(*send));
    if (state != core::SendState::kConflicted) continue;
    any = true;
    if (!world_.IsDeep(txid)) continue;
    daemon_.Give(core::GiveVerdict{new_call_(CallKind::kOther, number, 0), id,
                                   core::OperatorVerdict::kPaid, "paid by what was not known",
                                   daemon_.StoredOf(id)});
  }
  return any;
}

// What only the wallet has cannot be adopted.
void AlarmReader::BringBack(const Known& spend) {
  if (world_.IsThere(spend.txid)) return;
  const bool is_wanted = std::none_of(spend.pays.begin(), spend.pays.end(),
                                      [&](int number) { return IsPaidOtherwise(number, spend); });
  if (is_wanted && !spend.pays.empty()) world_.SendAgain(spend.transaction);
}

bool AlarmReader::IsPaidOtherwise(int number, const Known& spend) const {
  return checkers_.payments().IsCoveredByVerdict(number, spend.txid) ||
         PayerNow(number, spend).txid != spend.txid;
}

// Where it is gone, what pays the send in its place.
AlarmReader::Known AlarmReader::PayerNow(int number, const Known& spend) const {
  if (world_.IsThere(spend.txid)) return spend;
  for (const int place : checkers_.book().PayersOf(number)) {
    const Known& other = checkers_.book().all()[static_cast<size_t>(place)];
    if (world_.IsThere(other.txid)) return other;
  }
  return spend;
}

// The log has it as a payment of the send, or has bound the send to what it is but for signatures.
bool AlarmReader::KnowsItself(int number, const Known& spend) const {
  const core::Ledger& ledger = checkers_.facts().ledger();
  const core::Send* send = ledger.FindSend(IdOf(number));
  if (!send) return false;
  if (send->payment && send->payment->txid == spend.txid) return true;
  return std::any_of(send->batches.begin(), send->batches.end(), [&](core::BatchId id) {
    const core::Batch* batch = ledger.FindBatch(id);
    if (!batch) return false;
    return std::any_of(batch->versions.begin(), batch->versions.end(), [&](const auto& version) {
      if (version.txid == spend.txid) return true;
      const auto own = bitcoin::ParseTransaction(version.unsigned_tx);
      return own && bitcoin::SameButForSignatures(*own, spend.transaction);
    });
  });
}

// Or cannot be.
bool AlarmReader::IsGiven(int number, const Known& spend) {
  if (KnowsItself(number, spend)) return true;
  const auto asked = asked_.find({number, spend.txid});
  if (asked != asked_.end()) {
    const auto answer = checkers_.promises().AdoptionAnswer(asked->second);
    const bool has_come_back =
        answer == core::Verdict::kNoTransaction && world_.IsThere(spend.txid);
    if (answer && IsFinal(*answer) && !has_come_back) return true;
  }
  Adopt(number, spend);
  return false;
}

// With the content that is recorded, if there is one.
void AlarmReader::Adopt(int number, const Known& spend) {
  const core::SendId id = IdOf(number);
  const int variant = VariantOf(number, spend.transaction);
  const auto call = new_call_(CallKind::kAdopt, number, variant);
  asked_[{number, spend.txid}] = call;
  std::optional<core::SendContent> content;
  if (!checkers_.facts().IsRecorded(id)) content = core::samples::Paying(PayeesOf(number, variant));
  daemon_.Give(core::Adopt{call, id, content, spend.txid, daemon_.StoredOf(id)});
}

}  // namespace sendonce::sim
