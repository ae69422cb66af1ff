#include "core/record_applier.h"

#include <algorithm>
#include <cassert>
#include <set>
#include <utility>

#include "core/pruning.h"

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

// What an adopted transaction pays for its fee, if it spends only coins whose amounts the batch
// knows; else 0.
bitcoin::Amount FeeOfAdopted(const Batch& batch, const bitcoin::Bytes& raw) {
  bitcoin::Amount fee_sat = 0;
  const auto transaction = bitcoin::ParseTransaction(raw);
  for (const bitcoin::TxIn& input : transaction->inputs) {
    const auto coin = std::find_if(batch.coins.begin(), batch.coins.end(),
                                   [&](const Coin& one) { return one.outpoint == input.prevout; });
    if (coin == batch.coins.end() || coin->script.empty()) return 0;
    fee_sat += coin->amount_sat;
  }
  for (const bitcoin::TxOut& output : transaction->outputs) fee_sat -= output.amount_sat;
  return fee_sat;
}

// What confirmed need not spend what other versions have added; and what somebody else has made can
// spend coins of his own instead.
bool SpendsAllCoins(const Batch& batch, const Version& version) {
  const auto transaction = bitcoin::ParseTransaction(version.raw_tx);
  std::set<bitcoin::OutPoint> spent;
  for (const bitcoin::TxIn& input : transaction->inputs) spent.insert(input.prevout);
  return std::all_of(batch.coins.begin(), batch.coins.end(),
                     [&](const Coin& coin) { return spent.contains(coin.outpoint); });
}

bitcoin::Txid TxidOfBytes(const bitcoin::Bytes& raw) {
  const auto transaction = bitcoin::ParseTransaction(raw);
  assert(transaction && "only parsed transactions are recorded");
  return bitcoin::TxidOf(*transaction);
}

Payment PaymentOf(const Ledger& ledger, const Batch& batch, size_t index) {
  const Version& confirmed = CurrentVersion(batch);
  Payment payment;
  payment.txid = confirmed.txid;
  for (BatchId any : ledger.FindSend(batch.sends[index])->batches) {
    const Batch* one = ledger.FindBatch(any);
    assert(one && "what may pay a send is never forgotten before it is paid");
    for (const Version& version : one->versions) {
      if (!version.raw_tx.empty()) payment.txids.push_back(version.txid);
    }
  }
  payment.vouts = confirmed.paid[index];
  payment.fee_sat = confirmed.fee_sat;
  payment.batch_size = static_cast<uint32_t>(batch.sends.size());
  payment.block = batch.confirmation->block;
  return payment;
}

}  // namespace

// Applies one record. One function for each type; each notes what it touched in the entry.
class RecordApplier::Visitor {
 public:
  Visitor(Ledger& ledger, Entry& entry) : ledger_(ledger), entry_(entry) {}

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
    End(send, record.ending);
  }

  void operator()(const BatchReserved& record) {
    Batch batch;
    batch.id = entry_.seq;
    batch.sends = record.sends;
    batch.coins = record.coins;
    batch.core_coins = static_cast<uint32_t>(record.coins.size());
    batch.exclusions = record.exclusions;
    batch.created_at_ms = entry_.at_ms;
    Version version;
    version.unsigned_tx = record.unsigned_tx;
    version.txid = TxidOfBytes(record.unsigned_tx);
    version.paid = record.paid;
    version.change_vout = record.change_vout;
    version.fee_sat = record.fee_sat;
    batch.versions.push_back(std::move(version));
    AddBatch(std::move(batch));
  }

  void operator()(const VersionReserved& record) {
    Batch& batch = BatchAt(record.batch);
    ledger_.UnindexBatch(batch);
    batch.coins.insert(batch.coins.end(), record.added.begin(), record.added.end());
    batch.locked = true;
    Version version;
    version.unsigned_tx = record.unsigned_tx;
    version.txid = TxidOfBytes(record.unsigned_tx);
    version.paid = record.paid;
    version.change_vout = record.change_vout;
    version.fee_sat = record.fee_sat;
    batch.versions.push_back(std::move(version));
    ledger_.IndexBatch(batch);
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
    version.former_txid = FormerTxidOf(version);
    ledger_.IndexBatch(BatchAt(record.batch));
  }

  void operator()(const VersionAccepted& record) {
    VersionWith(record.batch, record.txid).accepted = true;
    BatchAt(record.batch).vanished.clear();
    TakeBack(record.batch, record.txid);
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
      return TakeBack(record.batch, txid);
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
    TakeBack(record.batch, txid);
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
    BatchAt(record.batch).vanished.clear();
    BatchAt(record.batch).confirmation = Confirmation{record.txid, record.block};
    TakeBack(record.batch, record.txid);
  }

  void operator()(const BatchReopened& record) {
    Batch& batch = BatchAt(record.batch);
    batch.confirmation.reset();
    if (batch.end == BatchEnd::kFinal) {
      batch.end = BatchEnd::kOpen;
      NoteLocks(batch);
      for (const SendId& id : ledger_.LivingSends(batch)) {
        ledger_.sends_.at(id).payment.reset();
        Touch(id);
      }
    }
  }

  void operator()(const BatchFinal& record) {
    Batch& batch = BatchAt(record.batch);
    batch.end = BatchEnd::kFinal;
    batch.locked = batch.locked && !SpendsAllCoins(batch, CurrentVersion(batch));
    for (size_t i = 0; i < batch.sends.size(); ++i) {
      const auto send = ledger_.sends_.find(batch.sends[i]);
      if (send == ledger_.sends_.end() || send->second.live_batch != batch.id) continue;
      send->second.payment = PaymentOf(ledger_, batch, i);
      Touch(send->first);
    }
  }

  void operator()(const BatchDropped& record) {
    Batch& batch = BatchAt(record.batch);
    ledger_.UnindexBatch(batch);
    batch.end = BatchEnd::kDropped;
    batch.left = batch.superseded = false;
    for (const SendId& id : batch.sends) GoBack(ledger_.sends_.at(id), record.batch);
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

  void operator()(const VerdictGiven& record) {
    Send& send = ledger_.sends_.at(record.id);
    auto& excluded = send.excluded_by_verdict;
    excluded.insert(excluded.end(), record.excluded.begin(), record.excluded.end());
    Touch(record.id);
    if (send.live_batch) Touch(*send.live_batch);
    if (record.verdict == OperatorVerdict::kNever) End(send, Ending::kCancelled);
    if (record.verdict == OperatorVerdict::kPaid) End(send, Ending::kDeclaredPaid);
  }

  void operator()(const PaymentAdopted& record) {
    auto [found, is_new] = ledger_.sends_.try_emplace(record.id);
    Send& send = found->second;
    if (is_new) {
      send.id = record.id;
      send.content = record.content;
      send.created_at_ms = entry_.at_ms;
      send.recorded_seq = entry_.seq;
    }
    Batch batch;
    batch.id = entry_.seq;
    batch.sends = {record.id};
    batch.locked = false;
    batch.created_at_ms = entry_.at_ms;
    Version version;
    version.raw_tx = record.raw_tx;
    version.txid = TxidOfBytes(record.raw_tx);
    version.paid = {record.vouts};
    version.fee_sat = record.fee_sat;
    version.signature_asked = version.accepted = version.adopted = true;
    const auto transaction = bitcoin::ParseTransaction(record.raw_tx);
    for (const bitcoin::TxIn& input : transaction->inputs) {
      batch.coins.push_back({input.prevout, 0, {}});  // amounts and scripts are the node's affair
    }
    batch.core_coins = static_cast<uint32_t>(batch.coins.size());
    batch.versions.push_back(std::move(version));
    AddBatch(std::move(batch));
  }

  void operator()(const LocksReleased& record) { BatchAt(record.batch).locked = false; }

  void operator()(const CoinsVanished& record) { BatchAt(record.batch).vanished = record.coins; }

  void operator()(const DetailPruned& record) {
    auto& pruned_up_to = ledger_.chain_.pruned_up_to;
    for (const PrunedBatch& pruned : record.batches) {
      ForgetBatch(pruned.id);
      for (const PrunedSend& send : pruned.sends) {
        ledger_.sends_.insert_or_assign(send.id, SendOf(pruned, send));
        touched_sends_.insert(send.id);
      }
      for (Seq seq : StubsOf(pruned)) ledger_.skipped_.erase(seq);
      const int32_t height = pruned.payment.block.height;
      pruned_up_to = std::max(height, pruned_up_to.value_or(height));
    }
    touched_chain_ = true;
  }

  // Copies what was touched, as it now is, into the entry.
  void Finish() {
    for (BatchId id : Concerned()) ledger_.IndexTrouble(ledger_.batches_.at(id));
    for (const SendId& id : touched_sends_) entry_.sends.push_back(ledger_.sends_.at(id));
    for (BatchId id : touched_batches_) entry_.batches.push_back(ledger_.batches_.at(id));
    for (Seq number : touched_alarms_) entry_.alarms.push_back(ledger_.alarms_.at(number));
    if (touched_chain_) entry_.chain = ledger_.chain_;
  }

 private:
  // Those that were touched, and others of their sends: what one of these may send depends on where
  // its sends live.
  std::set<BatchId> Concerned() const {
    std::set<BatchId> concerned = touched_batches_;
    for (BatchId touched : touched_batches_) {
      for (const SendId& id : ledger_.batches_.at(touched).sends) {
        const Send* send = ledger_.FindSend(id);
        if (!send || send->batches.size() < 2) continue;
        concerned.insert(send->batches.begin(), send->batches.end());
      }
    }
    std::erase_if(concerned, [&](BatchId id) { return !ledger_.FindBatch(id); });
    return concerned;
  }

  // Not there, where the log was pruned before.
  void ForgetBatch(BatchId id) {
    const auto batch = ledger_.batches_.find(id);
    if (batch == ledger_.batches_.end()) return;
    ledger_.UnindexBatch(batch->second);
    ledger_.batches_.erase(batch);
  }

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

  void AddBatch(Batch batch) {
    const BatchId id = batch.id;
    const auto [stored, is_new] = ledger_.batches_.emplace(id, std::move(batch));
    assert(is_new);
    ledger_.IndexBatch(stored->second);
    Touch(id);
    for (const SendId& send : stored->second.sends) Join(ledger_.sends_.at(send), id);
  }

  void Join(Send& send, BatchId batch) {
    Leave(send);
    if (std::find(send.batches.begin(), send.batches.end(), batch) == send.batches.end()) {
      send.batches.push_back(batch);
    }
    send.live_batch = batch;
    ledger_.waiting_.erase(send.recorded_seq);
    if (std::exchange(BatchAt(batch).superseded, false)) NoteLocks(BatchAt(batch));
    Touch(send.id);
  }

  // The batch has its coins again, and the node may be given locks on them again (R8). Those of
  // what was paid outside are not ours to lock.
  static void NoteLocks(Batch& batch) {
    if (!batch.versions.front().adopted) batch.locked = true;
  }

  // The batch that the send belongs to, if any, is watched for ever from here on.
  void Leave(Send& send) {
    if (!send.live_batch) return;
    Batch& batch = BatchAt(*send.live_batch);
    send.live_batch.reset();
    batch.left = true;
    batch.superseded = ledger_.LivingSends(batch).empty();
    Touch(send.id);
  }

  void End(Send& send, Ending ending) {
    Leave(send);
    send.ending = ending;
    ledger_.waiting_.erase(send.recorded_seq);
    Touch(send.id);
  }

  // No transaction of the dropped batch can exist. A send that R4 had brought there stays under R4:
  // it goes back to the batch that it came from, never to those that wait for any coins.
  void GoBack(Send& send, BatchId dropped) {
    std::erase(send.batches, dropped);
    Touch(send.id);
    if (send.live_batch != dropped) return;
    send.live_batch.reset();
    for (auto id = send.batches.rbegin(); id != send.batches.rend(); ++id) {
      if (SignatureAsked(ledger_.batches_.at(*id))) return Join(send, *id);
    }
    ledger_.waiting_.emplace(send.recorded_seq, send.id);
  }

  void TakeBack(BatchId id, const bitcoin::Txid& txid) {
    const Batch& batch = ledger_.batches_.at(id);
    const Version& version = *FindVersion(batch, txid);
    for (size_t i = 0; i < batch.sends.size(); ++i) {
      if (!version.paid[i].empty()) Refute(batch.sends[i], version);
    }
    for (const SendId& send : ledger_.SendsToTakeBack(batch, version)) {
      Join(ledger_.sends_.at(send), id);
    }
  }

  // The transaction is there, whatever a verdict has said.
  void Refute(const SendId& id, const Version& version) {
    const auto send = ledger_.sends_.find(id);
    if (send == ledger_.sends_.end() || !Ledger::IsOpen(send->second)) return;
    const auto erased =
        std::erase_if(send->second.excluded_by_verdict,
                      [&](const bitcoin::Txid& txid) { return IsKnownAs(version, txid); });
    if (erased > 0) Touch(id);
  }

  Ledger& ledger_;
  Entry& entry_;
  std::set<SendId> touched_sends_;
  std::set<BatchId> touched_batches_;
  std::set<Seq> touched_alarms_;
  bool touched_chain_ = false;
};

void RecordApplier::Apply(Ledger& ledger, Entry& entry) {
  Visitor visitor(ledger, entry);
  std::visit(visitor, entry.record);
  visitor.Finish();
}

}  // namespace sendonce::core
