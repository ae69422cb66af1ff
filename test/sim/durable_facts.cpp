#include "durable_facts.h"

#include <algorithm>

#include "core/views.h"
#include "requests.h"
#include "violation.h"
#include "wal/codec.h"

namespace sendonce::sim {

using core::Batch;
using core::Entry;
using core::Send;
using core::SendId;
using core::Seq;
using core::Version;

namespace {

bitcoin::Transaction WithoutSignatures(bitcoin::Transaction transaction) {
  for (bitcoin::TxIn& input : transaction.inputs) {
    input.script_sig.clear();
    input.witness.clear();
  }
  return transaction;
}

}  // namespace

void DurableFacts::Take(const Entry& entry) {
  if (const auto objection = ledger_.Objection(entry.record)) {
    throw Violation("rules", "a record is durable that those before it forbid: " + *objection);
  }
  if (const auto* reserved = std::get_if<core::BatchReserved>(&entry.record)) {
    for (const core::Exclusion& one : reserved->exclusions) {
      if (one.reason != core::ExclusionReason::kDeepRival) continue;
      excluded_by_depth_[{one.send, one.excluded}].insert(one.rival);
    }
  }
  if (const auto* ended = std::get_if<core::SendEnded>(&entry.record)) ended_.insert(ended->id);
  if (const auto* verdict = std::get_if<core::VerdictGiven>(&entry.record)) {
    verdicts_.insert(verdict->id);
    if (verdict->verdict == core::OperatorVerdict::kNever) ended_.insert(verdict->id);
    for (const auto& txid : verdict->excluded) excluded_by_verdict_.insert({verdict->id, txid});
  }
  if (const auto* pruned = std::get_if<core::DetailPruned>(&entry.record)) {
    for (const core::PrunedBatch& batch : pruned->batches) {
      pruned_.insert(batch.payment.txids.begin(), batch.payment.txids.end());
    }
  }
  const Entry applied = ledger_.Apply(entry.record, entry.at_ms);
  NoteStates(applied);
  NoteVersions(applied);
}

void DurableFacts::NoteVersions(const Entry& applied) {
  for (const Batch& batch : applied.batches) {
    for (const core::Rival& rival : batch.rivals) {
      known_since_.try_emplace({batch.id, rival.txid}, applied.seq);
    }
    for (const Version& version : batch.versions) {
      if (version.adopted) known_since_.try_emplace({batch.id, version.txid}, applied.seq);
      if (version.signature_asked) asked_at_.try_emplace(version.unsigned_tx, applied.seq);
    }
  }
}

std::optional<Seq> DurableFacts::KnownSince(const SendId& id, const bitcoin::Txid& txid) const {
  const Send* send = ledger_.FindSend(id);
  std::optional<Seq> first;
  for (const core::BatchId batch : send ? send->batches : std::vector<core::BatchId>()) {
    const auto found = known_since_.find({batch, txid});
    if (found != known_since_.end()) first = std::min(first.value_or(UINT64_MAX), found->second);
  }
  return first;
}

std::optional<Seq> DurableFacts::AskedAt(const bitcoin::Transaction& made) const {
  const auto found = asked_at_.find(bitcoin::SerializeTransaction(WithoutSignatures(made)));
  return found == asked_at_.end() ? std::nullopt : std::optional(found->second);
}

void DurableFacts::NoteStates(const Entry& applied) {
  std::set<SendId> touched;
  for (const Send& send : applied.sends) touched.insert(send.id);
  for (const Batch& batch : applied.batches) {
    touched.insert(batch.sends.begin(), batch.sends.end());
  }
  for (const SendId& id : touched) {
    const Send& send = *ledger_.FindSend(id);
    history_[id].emplace_back(applied.seq, core::StateOf(send, ledger_.LiveBatchOf(send)));
  }
}

// The log may not know the signature yet.
std::set<int> DurableFacts::LikeSendsOf(const bitcoin::Transaction& made) const {
  std::set<int> like;
  const bitcoin::Transaction bare = WithoutSignatures(made);
  for (const bitcoin::Txid& txid : {bitcoin::TxidOf(made), bitcoin::TxidOf(bare)}) {
    const Batch* batch = ledger_.FindBatchByTxid(txid);
    const Version* version = batch ? core::FindVersion(*batch, txid) : nullptr;
    if (!version) continue;
    for (size_t i = 0; i < batch->sends.size(); ++i) {
      const int number = NumberOf(batch->sends[i]);
      if (IsLike(number) && !version->paid[i].empty()) like.insert(number);
    }
    break;
  }
  return like;
}

bool DurableFacts::MayAskToSign(const core::Sign& effect) const {
  const Batch* batch = ledger_.FindBatch(effect.batch);
  if (!batch || effect.version >= batch->versions.size()) return false;
  const Version& version = batch->versions[effect.version];
  return version.unsigned_tx == effect.unsigned_tx && version.signature_asked;
}

bool DurableFacts::MayBroadcast(const core::Broadcast& effect) const {
  const Batch* batch = ledger_.FindBatch(effect.batch);
  if (!batch) return false;
  return std::any_of(batch->versions.begin(), batch->versions.end(), [&](const Version& version) {
    return version.raw_tx == effect.raw_tx && version.txid == effect.txid;
  });
}

bool DurableFacts::AreCoinsOf(core::BatchId id, const std::vector<bitcoin::OutPoint>& coins) const {
  const Batch* batch = ledger_.FindBatch(id);
  if (!batch) return false;
  return std::all_of(coins.begin(), coins.end(), [&](const auto& coin) {
    return std::any_of(batch->coins.begin(), batch->coins.end(),
                       [&](const core::Coin& own) { return own.outpoint == coin; });
  });
}

std::optional<core::SendState> DurableFacts::StateAt(const SendId& id, Seq seq) const {
  const auto found = history_.find(id);
  if (found == history_.end()) return std::nullopt;
  std::optional<core::SendState> state;
  for (const auto& [at, then] : found->second) {
    if (at <= seq) state = then;
  }
  return state;
}

bool DurableFacts::IsExcludedByVerdict(const SendId& id, const bitcoin::Txid& txid) const {
  return excluded_by_verdict_.contains({id, txid});
}

std::optional<std::string> DurableFacts::DifferenceTo(const core::Ledger::Contents& loaded) const {
  if (loaded.last_seq != ledger_.last_seq()) return "the last record";
  if (wal::EncodeChain(loaded.chain) != wal::EncodeChain(ledger_.chain())) return "the chain";
  std::set<SendId> sends;
  for (const Send& send : loaded.sends) {
    const Send* folded = ledger_.FindSend(send.id);
    if (!folded || wal::EncodeSend(*folded) != wal::EncodeSend(send)) return "send " + send.id;
    sends.insert(send.id);
  }
  std::set<core::BatchId> batches;
  for (const Batch& batch : loaded.batches) {
    const Batch* folded = ledger_.FindBatch(batch.id);
    if (!folded || wal::EncodeBatch(*folded) != wal::EncodeBatch(batch)) {
      return "batch " + std::to_string(batch.id);
    }
    batches.insert(batch.id);
  }
  for (const auto& [id, send] : ledger_.sends()) {
    if (core::Ledger::IsOpen(send) && !sends.contains(id)) return "send " + id + " is missing";
  }
  for (const auto& [id, batch] : ledger_.batches()) {
    if (!core::Ledger::IsKept(batch) || batches.contains(id)) continue;
    return "batch " + std::to_string(id) + " is missing";
  }
  if (loaded.alarms.size() != ledger_.alarms().size()) return "alarms";
  for (const core::Alarm& alarm : loaded.alarms) {
    const auto& folded = ledger_.alarms().at(alarm.number);
    if (wal::EncodeAlarm(folded) != wal::EncodeAlarm(alarm)) return "an alarm";
  }
  return std::nullopt;
}

}  // namespace sendonce::sim
