#include "core_model.h"

#include <algorithm>
#include <cassert>

namespace sendonce::fuzz {

using core::BatchId;
using core::Entry;
using core::SendContent;
using core::SendId;
using core::Verdict;

// --- looking through the list

template <typename Record>
std::vector<const Record*> CoreModel::Durable() const {
  std::vector<const Record*> found;
  for (const Entry& entry : entries_) {
    if (entry.seq > durable_seq_) break;
    if (const auto* record = std::get_if<Record>(&entry.record)) found.push_back(record);
  }
  return found;
}

const Entry* CoreModel::EntryOf(core::Seq seq) const {
  for (const Entry& entry : entries_) {
    if (entry.seq == seq && seq <= durable_seq_) return &entry;
  }
  return nullptr;
}

// Durable or not: a reservation may stand behind it in the same append.
const SendContent* CoreModel::ContentOf(const SendId& id) const {
  for (const Entry& entry : entries_) {
    const auto* record = std::get_if<core::SendRecorded>(&entry.record);
    if (record && record->id == id) return &record->content;
    const auto* adopted = std::get_if<core::PaymentAdopted>(&entry.record);
    if (adopted && adopted->id == id) return &adopted->content;
  }
  return nullptr;
}

bool CoreModel::IsRecorded(const SendId& id) const {
  for (const auto* record : Durable<core::SendRecorded>()) {
    if (record->id == id) return true;
  }
  return false;
}

bool CoreModel::IsEnded(const SendId& id) const {
  for (const auto* record : Durable<core::SendEnded>()) {
    if (record->id == id) return true;
  }
  for (const auto* record : Durable<core::VerdictGiven>()) {
    if (record->id == id && record->verdict == core::OperatorVerdict::kNever) return true;
  }
  return false;
}

const bitcoin::Bytes* CoreModel::UnsignedOf(BatchId batch, uint32_t version) const {
  if (version == 0) {
    const Entry* entry = EntryOf(batch);
    const auto* record = entry ? std::get_if<core::BatchReserved>(&entry->record) : nullptr;
    return record ? &record->unsigned_tx : nullptr;
  }
  for (const auto* record : Durable<core::VersionReserved>()) {
    if (record->batch == batch && record->version == version) return &record->unsigned_tx;
  }
  return nullptr;
}

// --- what happens

void CoreModel::Appended(const Entry& entry) {
  assert(entries_.empty() || entry.seq == entries_.back().seq + 1);
  if (const auto* record = std::get_if<core::SendRecorded>(&entry.record)) {
    assert(ContentOf(record->id) == nullptr && !record->content.outputs.empty());
  }
  if (const auto* record = std::get_if<core::BatchReserved>(&entry.record)) {
    CheckReservation(*record);
  }
  if (const auto* record = std::get_if<core::VersionReserved>(&entry.record)) {
    assert(record->fee_sat >= 0 && record->fee_sat <= policy_.max_fee_sat);
  }
  if (const auto* record = std::get_if<core::VerdictGiven>(&entry.record)) {
    decided_.insert(record->id);
  }
  entries_.push_back(entry);
  for (const core::Batch& batch : entry.batches) batches_[batch.id] = batch;
}

void CoreModel::Crashed() {
  while (!entries_.empty() && entries_.back().seq > durable_seq_) entries_.pop_back();
  batches_.clear();
  for (const Entry& entry : entries_) {
    for (const core::Batch& batch : entry.batches) batches_[batch.id] = batch;
  }
}

// --- reservations

void CoreModel::CheckReservation(const core::BatchReserved& record) const {
  const auto tx = bitcoin::ParseTransaction(record.unsigned_tx);
  assert(tx && tx->inputs.size() == record.coins.size());
  bitcoin::Amount fee_sat = 0;
  for (size_t i = 0; i < record.coins.size(); ++i) {
    const bitcoin::TxIn& input = tx->inputs[i];
    assert(input.prevout == record.coins[i].outpoint);
    assert(input.script_sig.empty() && input.witness.empty());
    fee_sat += record.coins[i].amount_sat;
  }
  for (const bitcoin::TxOut& output : tx->outputs) fee_sat -= output.amount_sat;
  assert(fee_sat == record.fee_sat && fee_sat >= 0 && fee_sat <= policy_.max_fee_sat);
  CheckPayments(record, *tx);
  CheckFreeCoins(record);
}

// Each output pays one send or is our own change.
void CoreModel::CheckPayments(const core::BatchReserved& record,
                              const bitcoin::Transaction& tx) const {
  std::vector<bitcoin::TxOut> unused = tx.outputs;
  for (const SendId& id : record.sends) {
    const SendContent* content = ContentOf(id);
    assert(content != nullptr && !never_.contains(id));
    for (const core::Payee& payee : content->outputs) {
      const auto found =
          std::find(unused.begin(), unused.end(), bitcoin::TxOut{payee.amount_sat, payee.script});
      assert(found != unused.end());
      unused.erase(found);
    }
  }
  const bitcoin::Script change = bitcoin::ScriptOf(
      {0, bitcoin::Bytes{'c', 'h', 'a', 'n', 'g', 'e', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}});
  for (const bitcoin::TxOut& output : unused) assert(output.script == change);
}

void CoreModel::CheckFreeCoins(const core::BatchReserved& record) const {
  std::set<bitcoin::OutPoint> coins;
  for (const core::Coin& coin : record.coins) assert(coins.insert(coin.outpoint).second);
  for (const auto& [id, batch] : batches_) {
    // A batch that its sends have left shares a coin with the one that they went to (R4 a).
    if (batch.end != core::BatchEnd::kOpen || batch.superseded) continue;
    const bool left_now =
        std::any_of(batch.sends.begin(), batch.sends.end(), [&](const SendId& send) {
          return std::find(record.sends.begin(), record.sends.end(), send) != record.sends.end();
        });
    if (batch.left || left_now) continue;
    for (const core::Coin& coin : batch.coins) {
      assert(!coins.contains(coin.outpoint) || batch.versions.front().adopted);
    }
  }
}

// --- effects

void CoreModel::Check(const core::Sign& effect) const {
  const bitcoin::Bytes* recorded = UnsignedOf(effect.batch, effect.version);
  assert(recorded != nullptr && *recorded == effect.unsigned_tx);
  bool asked = false;
  for (const auto* record : Durable<core::SignatureRequested>()) {
    asked = asked || (record->batch == effect.batch && record->version == effect.version);
  }
  assert(asked);
  for (const SendId& id : batches_.at(effect.batch).sends) {
    assert(!IsEnded(id) || decided_.contains(id));
  }
}

void CoreModel::Check(const core::Broadcast& effect) const {
  const auto transaction = bitcoin::ParseTransaction(effect.raw_tx);
  assert(transaction && bitcoin::TxidOf(*transaction) == effect.txid);
  assert(effect.max_fee_rate_sat_kvb > 0);
  for (const auto* record : Durable<core::VersionSigned>()) {
    if (record->batch == effect.batch && record->raw_tx == effect.raw_tx) return;
  }
  for (const auto* record : Durable<core::VersionAdopted>()) {
    if (record->batch == effect.batch && record->raw_tx == effect.raw_tx) return;
  }
  for (const auto* record : Durable<core::PaymentAdopted>()) {
    if (record->raw_tx == effect.raw_tx) return;
  }
  assert(!"no durable record holds these bytes");
}

void CoreModel::Check(const core::LockCoins& effect) const {
  assert(EntryOf(effect.batch) != nullptr && !effect.coins.empty());
}

// --- answers

void CoreModel::CheckAnswer(const SendId& id, const SendContent* submitted,
                            const core::SendReply& reply) {
  if (reply.send) {
    assert(reply.send->id == id);
    CheckView(*reply.send);
    if (reply.send->outcome == core::SendOutcome::kNever) never_.insert(id);
  }
  if (reply.verdict == Verdict::kCreated) {
    assert(submitted != nullptr && IsRecorded(id) && created_.insert(id).second);
  }
  if (reply.verdict == Verdict::kKnown && submitted != nullptr) {
    assert(ContentOf(id) != nullptr && !core::DifferingField(*ContentOf(id), *submitted));
  }
  if (reply.verdict == Verdict::kFenced) assert(IsEnded(id));
  CheckRefusal(id, submitted, reply);
}

void CoreModel::CheckView(const core::SendView& view) const {
  assert(view.seq <= durable_seq_ && view.confirmations >= 0);
  if (never_.contains(view.id)) assert(view.outcome == core::SendOutcome::kNever);
  if (view.outcome == core::SendOutcome::kNever) assert(IsEnded(view.id));
  const bool sent = view.outcome == core::SendOutcome::kSent;
  if (sent && !decided_.contains(view.id)) assert(view.txid && WasShown(*view.txid));
}

// A durable record says that our node has accepted or shown it.
bool CoreModel::WasShown(const bitcoin::Txid& txid) const {
  const auto has_txid = [&](const auto* record) { return record->txid == txid; };
  const auto has_bytes = [&](const auto* record) {
    const auto transaction = bitcoin::ParseTransaction(record->raw_tx);
    return transaction && bitcoin::TxidOf(*transaction) == txid;
  };
  const auto accepted = Durable<core::VersionAccepted>();
  const auto confirmed = Durable<core::BatchConfirmed>();
  const auto versions = Durable<core::VersionAdopted>();
  const auto payments = Durable<core::PaymentAdopted>();
  return std::any_of(accepted.begin(), accepted.end(), has_txid) ||
         std::any_of(confirmed.begin(), confirmed.end(), has_txid) ||
         std::any_of(versions.begin(), versions.end(), has_bytes) ||
         std::any_of(payments.begin(), payments.end(), has_bytes);
}

// A refusal of a submit recorded nothing; and a known id is answered from the log.
void CoreModel::CheckRefusal(const SendId& id, const SendContent* submitted,
                             const core::SendReply& reply) const {
  const bool busy = reply.verdict == Verdict::kOverloaded || reply.verdict == Verdict::kStarting ||
                    reply.verdict == Verdict::kNotPaying || reply.verdict == Verdict::kStopping;
  if (busy && submitted != nullptr) assert(!created_.contains(id));
  if (reply.verdict == Verdict::kUnknownId) assert(!created_.contains(id) && !IsEnded(id));
  if (reply.verdict == Verdict::kIdReused) {
    assert(submitted != nullptr && !reply.field.empty() && ContentOf(id) != nullptr);
    assert(core::DifferingField(*ContentOf(id), *submitted));
  }
}

}  // namespace sendonce::fuzz
