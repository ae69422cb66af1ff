#include "core/ledger.h"

#include <algorithm>
#include <cassert>

#include "core/record_objection.h"

namespace sendonce::core {

namespace {

// Dense near the tip, then every 16th, 256th and 4096th block: some 130 entries for a year. A fork
// below the dense part is found a little too low, which costs reading a few blocks again and
// nothing else.
bool KeepsPlace(int32_t height, int32_t tip_height) {
  const int32_t depth = tip_height - height;
  if (depth <= 32) return true;
  if (depth <= 1024) return height % 16 == 0;
  if (depth <= 16384) return height % 256 == 0;
  return height % 4096 == 0;
}

void MoveLocator(std::vector<ChainPosition>& locator, const ChainMoved& moved) {
  // The first entry is where following began and is never given up.
  while (locator.size() > 1 && locator.back().height > moved.fork_height) locator.pop_back();
  locator.insert(locator.end(), moved.blocks.begin(), moved.blocks.end());
  const int32_t tip_height = locator.back().height;
  const auto thinned = std::remove_if(
      locator.begin() + 1, locator.end(),
      [&](const ChainPosition& position) { return !KeepsPlace(position.height, tip_height); });
  locator.erase(thinned, locator.end());
}

// What an adopted transaction pays for its fee, if it spends only coins that the batch knows; else
// 0.
bitcoin::Amount FeeOfAdopted(const Batch& batch, const bitcoin::Bytes& raw) {
  bitcoin::Amount fee_sat = 0;
  const auto transaction = bitcoin::ParseTransaction(raw);
  for (const bitcoin::TxIn& input : transaction->inputs) {
    const auto coin = std::find_if(batch.coins.begin(), batch.coins.end(),
                                   [&](const Coin& one) { return one.outpoint == input.prevout; });
    if (coin == batch.coins.end()) return 0;
    fee_sat += coin->amount_sat;
  }
  for (const bitcoin::TxOut& output : transaction->outputs) fee_sat -= output.amount_sat;
  return fee_sat;
}

bitcoin::Txid TxidOfBytes(const bitcoin::Bytes& raw) {
  const auto transaction = bitcoin::ParseTransaction(raw);
  assert(transaction && "only parsed transactions are recorded");
  return bitcoin::TxidOf(*transaction);
}

Payment PaymentOf(const Batch& batch, const SendId& id) {
  const Version& confirmed = CurrentVersion(batch);
  Payment payment;
  payment.txid = confirmed.txid;
  for (const Version& version : batch.versions) {
    if (!version.raw_tx.empty()) payment.txids.push_back(version.txid);
  }
  payment.vouts = confirmed.paid[IndexOfSend(batch, id)];
  payment.fee_sat = confirmed.fee_sat;
  payment.batch_size = static_cast<uint32_t>(batch.sends.size());
  payment.block = batch.confirmation->block;
  return payment;
}

}  // namespace

// Applies one record. One function for each type; each notes what it touched in the entry.
class RecordApplier {
 public:
  RecordApplier(Ledger& ledger, Entry& entry) : ledger_(ledger), entry_(entry) {}

  void operator()(const WalCreated& record) {
    ledger_.created_ = record;
    ledger_.chain_.locator = {record.tip};
    ledger_.chain_.work = record.work;
    touched_chain_ = true;
  }

  void operator()(const SendRecorded& record) {
    Send send;
    send.id = record.id;
    send.content = record.content;
    send.created_at_ms = entry_.at_ms;
    send.recorded_seq = entry_.seq;
    ledger_.sends_.emplace(record.id, std::move(send));
    ledger_.waiting_.emplace(entry_.seq, record.id);
    Touch(record.id);
  }

  void operator()(const SendEnded& record) {
    auto [found, is_new] = ledger_.sends_.try_emplace(record.id);
    Send& send = found->second;
    if (is_new) {
      send.id = record.id;
      send.created_at_ms = entry_.at_ms;
      send.recorded_seq = entry_.seq;
    }
    send.ending = record.ending;
    ledger_.waiting_.erase(send.recorded_seq);
    Touch(record.id);
  }

  void operator()(const BatchReserved& record) {
    Batch batch;
    batch.id = entry_.seq;
    batch.sends = record.sends;
    batch.coins = record.coins;
    batch.core_coins = static_cast<uint32_t>(record.coins.size());
    batch.change_vout = record.change_vout;
    batch.exclusions = record.exclusions;
    batch.created_at_ms = entry_.at_ms;
    Version version;
    version.unsigned_tx = record.unsigned_tx;
    version.txid = TxidOfBytes(record.unsigned_tx);
    version.paid = record.paid;
    version.fee_sat = record.fee_sat;
    batch.versions.push_back(std::move(version));
    const auto [stored, is_new] = ledger_.batches_.emplace(entry_.seq, std::move(batch));
    assert(is_new);
    ledger_.IndexBatch(stored->second);
    Touch(entry_.seq);
    for (const SendId& id : record.sends) Join(id, entry_.seq);
  }

  void operator()(const SignatureRequested& record) {
    VersionAt(record.batch, record.version).signature_asked = true;
  }

  void operator()(const VersionSigned& record) {
    Version& version = VersionAt(record.batch, record.version);
    // The signature of a legacy input changes the txid: under the old one nothing can exist.
    ledger_.UnindexBatch(BatchAt(record.batch));
    version.raw_tx = record.raw_tx;
    version.txid = TxidOfBytes(record.raw_tx);
    ledger_.IndexBatch(BatchAt(record.batch));
  }

  void operator()(const VersionAccepted& record) {
    VersionWith(record.batch, record.txid).accepted = true;
  }

  void operator()(const VersionAdopted& record) {
    Batch& batch = BatchAt(record.batch);
    const bitcoin::Txid txid = TxidOfBytes(record.raw_tx);
    for (Version& own : batch.versions) {
      if (own.txid != txid) continue;
      // Our own bytes, with a signature that the log never saw (a tail lost, an old copy put back).
      own.raw_tx = record.raw_tx;
      own.signature_asked = true;
      own.accepted = true;
      return;
    }
    Version version;
    version.raw_tx = record.raw_tx;
    version.txid = txid;
    version.paid = record.paid;
    version.fee_sat = FeeOfAdopted(batch, record.raw_tx);
    version.signature_asked = true;
    version.accepted = true;
    version.adopted = true;
    batch.versions.push_back(std::move(version));
    ledger_.IndexBatch(batch);
  }

  void operator()(const RivalSeen& record) {
    Batch& batch = BatchAt(record.batch);
    const bitcoin::Txid txid = TxidOfBytes(record.raw_tx);
    for (Rival& rival : batch.rivals) {
      if (rival.txid != txid) continue;
      rival.block = record.block;
      return;
    }
    batch.rivals.push_back({record.raw_tx, txid, record.block});
  }

  void operator()(const RivalGone& record) {
    std::erase_if(BatchAt(record.batch).rivals,
                  [&](const Rival& rival) { return rival.txid == record.txid; });
  }

  void operator()(const BatchConfirmed& record) {
    VersionWith(record.batch, record.txid).accepted = true;
    BatchAt(record.batch).confirmation = Confirmation{record.txid, record.block};
  }

  void operator()(const BatchReopened& record) {
    Batch& batch = BatchAt(record.batch);
    batch.confirmation.reset();
    if (batch.end == BatchEnd::kFinal) {
      batch.end = BatchEnd::kOpen;
      for (const SendId& id : batch.sends) {
        ledger_.sends_.at(id).payment.reset();
        Touch(id);
      }
    }
  }

  void operator()(const BatchFinal& record) {
    Batch& batch = BatchAt(record.batch);
    batch.end = BatchEnd::kFinal;
    for (const SendId& id : batch.sends) {
      ledger_.sends_.at(id).payment = PaymentOf(batch, id);
      Touch(id);
    }
  }

  void operator()(const BatchDropped& record) {
    Batch& batch = BatchAt(record.batch);
    batch.end = BatchEnd::kDropped;
    ledger_.UnindexBatch(batch);
    for (const SendId& id : batch.sends) {
      Send& send = ledger_.sends_.at(id);
      send.live_batch.reset();
      ledger_.waiting_.emplace(send.recorded_seq, id);
      Touch(id);
    }
  }

  void operator()(const ChainMoved& record) {
    MoveLocator(ledger_.chain_.locator, record);
    ledger_.chain_.work = std::max(ledger_.chain_.work, record.work);
    touched_chain_ = true;
  }

  void operator()(const AlarmRaised& record) {
    ledger_.alarms_[entry_.seq] = Alarm{entry_.seq, record, entry_.at_ms, std::nullopt, 0};
    touched_alarms_.insert(entry_.seq);
  }

  void operator()(const AlarmAccepted& record) {
    Alarm& alarm = ledger_.alarms_.at(record.alarm);
    alarm.accepted_reason = record.reason;
    alarm.accepted_at_ms = entry_.at_ms;
    touched_alarms_.insert(record.alarm);
  }

  // Copies what was touched, as it now is, into the entry.
  void Finish() {
    for (const SendId& id : touched_sends_) entry_.sends.push_back(ledger_.sends_.at(id));
    for (BatchId id : touched_batches_) entry_.batches.push_back(ledger_.batches_.at(id));
    for (Seq number : touched_alarms_) entry_.alarms.push_back(ledger_.alarms_.at(number));
    if (touched_chain_) entry_.chain = ledger_.chain_;
  }

 private:
  void Touch(const SendId& id) {
    Send& send = ledger_.sends_.at(id);
    send.seq = entry_.seq;
    send.updated_at_ms = entry_.at_ms;
    touched_sends_.insert(id);
  }

  void Touch(BatchId id) {
    Batch& batch = ledger_.batches_.at(id);
    batch.seq = entry_.seq;
    batch.updated_at_ms = entry_.at_ms;
    touched_batches_.insert(id);
  }

  Batch& BatchAt(BatchId id) {
    Touch(id);
    return ledger_.batches_.at(id);
  }

  Version& VersionAt(BatchId id, uint32_t version) { return BatchAt(id).versions.at(version); }

  Version& VersionWith(BatchId id, const bitcoin::Txid& txid) {
    auto& versions = BatchAt(id).versions;
    const auto found = std::find_if(versions.begin(), versions.end(),
                                    [&](const Version& version) { return version.txid == txid; });
    assert(found != versions.end());
    return *found;
  }

  void Join(const SendId& id, BatchId batch) {
    Send& send = ledger_.sends_.at(id);
    send.batches.push_back(batch);
    send.live_batch = batch;
    ledger_.waiting_.erase(send.recorded_seq);
    Touch(id);
  }

  Ledger& ledger_;
  Entry& entry_;
  std::set<SendId> touched_sends_;
  std::set<BatchId> touched_batches_;
  std::set<Seq> touched_alarms_;
  bool touched_chain_ = false;
};

Ledger::Ledger(Contents contents)
    : created_(std::move(contents.created)),
      chain_(std::move(contents.chain)),
      last_seq_(contents.last_seq) {
  assert(last_seq_ > 0 && !chain_.locator.empty());
  Restore(contents.sends, contents.batches);
  for (Alarm& alarm : contents.alarms) alarms_.emplace(alarm.number, std::move(alarm));
}

Entry Ledger::Apply(Record record, Millis at_ms) {
  const auto objection = Objection(record);
  assert(!objection && "a record must not break a rule of the protocol");
  Entry entry;
  entry.seq = ++last_seq_;
  entry.at_ms = at_ms;
  entry.record = std::move(record);
  RecordApplier applier(*this, entry);
  std::visit(applier, entry.record);
  applier.Finish();
  return entry;
}

std::optional<std::string> Ledger::Objection(const Record& record) const {
  return ObjectionToRecord(*this, record);
}

void Ledger::Restore(const std::vector<Send>& sends, const std::vector<Batch>& batches) {
  for (const Send& send : sends) {
    const auto [stored, is_new] = sends_.emplace(send.id, send);
    if (is_new && IsOpen(send) && !send.live_batch) waiting_.emplace(send.recorded_seq, send.id);
  }
  for (const Batch& batch : batches) {
    const auto [stored, is_new] = batches_.emplace(batch.id, batch);
    if (is_new) IndexBatch(stored->second);
  }
}

void Ledger::ForgetIfClosed(const SendId& id, Seq durable_seq) {
  const auto found = sends_.find(id);
  if (found == sends_.end() || IsOpen(found->second) || found->second.seq > durable_seq) return;
  sends_.erase(found);
}

void Ledger::ForgetIfClosed(BatchId id, Seq durable_seq) {
  const auto found = batches_.find(id);
  if (found == batches_.end() || IsOpen(found->second) || found->second.seq > durable_seq) return;
  UnindexBatch(found->second);
  batches_.erase(found);
}

const Send* Ledger::FindSend(const SendId& id) const {
  const auto found = sends_.find(id);
  return found == sends_.end() ? nullptr : &found->second;
}

const Batch* Ledger::FindBatch(BatchId id) const {
  const auto found = batches_.find(id);
  return found == batches_.end() ? nullptr : &found->second;
}

const Batch* Ledger::LiveBatchOf(const Send& send) const {
  return send.live_batch ? FindBatch(*send.live_batch) : nullptr;
}

const Batch* Ledger::FindBatchByTxid(const bitcoin::Txid& txid) const {
  const auto found = by_txid_.find(txid);
  return found == by_txid_.end() ? nullptr : FindBatch(found->second);
}

std::vector<BatchId> Ledger::BatchesSpending(const bitcoin::OutPoint& coin) const {
  const auto found = spent_by_.find(coin);
  if (found == spent_by_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

bool Ledger::IsReserved(const bitcoin::OutPoint& coin) const {
  return spent_by_.find(coin) != spent_by_.end();
}

bool Ledger::IsOpen(const Send& send) {
  return send.ending == Ending::kNone && !send.payment;
}

bool Ledger::IsOpen(const Batch& batch) {
  return batch.end == BatchEnd::kOpen;
}

void Ledger::IndexBatch(const Batch& batch) {
  if (batch.end == BatchEnd::kDropped) return;
  for (const Coin& coin : batch.coins) spent_by_[coin.outpoint].insert(batch.id);
  for (const Version& version : batch.versions) by_txid_[version.txid] = batch.id;
}

void Ledger::UnindexBatch(const Batch& batch) {
  for (const Coin& coin : batch.coins) {
    const auto found = spent_by_.find(coin.outpoint);
    if (found == spent_by_.end()) continue;
    found->second.erase(batch.id);
    if (found->second.empty()) spent_by_.erase(found);
  }
  for (const Version& version : batch.versions) {
    // The same bytes can belong to a later batch by now, if this one was dropped.
    const auto found = by_txid_.find(version.txid);
    if (found != by_txid_.end() && found->second == batch.id) by_txid_.erase(found);
  }
}

}  // namespace sendonce::core
