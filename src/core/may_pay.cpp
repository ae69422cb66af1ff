#include "core/may_pay.h"

#include <algorithm>
#include <cassert>

#include "core/output_claims.h"

namespace sendonce::core {

namespace {

bool Pays(const Batch& batch, const Version& version, const SendId& id) {
  return !version.paid[IndexOfSend(batch, id)].empty();
}

// In whatever amount: it may be the payment of a like send, or one that a person must judge (R7).
bool HasScriptOf(const bitcoin::Transaction& transaction, const Send& send) {
  const auto& payees = send.content->outputs;
  return std::any_of(payees.begin(), payees.end(), [&](const Payee& payee) {
    return std::any_of(transaction.outputs.begin(), transaction.outputs.end(),
                       [&](const bitcoin::TxOut& output) { return output.script == payee.script; });
  });
}

// Blocks on it, itself included; 0 if it is not in the chain.
int32_t DepthOf(const Ledger& ledger, const std::optional<ChainPosition>& block) {
  return block ? std::max(0, ledger.chain().tip().height - block->height + 1) : 0;
}

std::optional<ChainPosition> BlockOf(const Batch& batch, const Version& version) {
  if (!batch.confirmation || batch.confirmation->txid != version.txid) return std::nullopt;
  return batch.confirmation->block;
}

// The batches that the send was ever in; all are kept.
std::vector<const Batch*> BatchesOf(const Ledger& ledger, const Send& send) {
  std::vector<const Batch*> batches;
  for (BatchId id : send.batches) {
    batches.push_back(ledger.FindBatch(id));
    assert(batches.back() && "what may pay a send is never forgotten before it is paid");
  }
  return batches;
}

bool IsExcludedByVerdict(const Send& send, const bitcoin::Txid& txid) {
  const auto& excluded = send.excluded_by_verdict;
  return std::find(excluded.begin(), excluded.end(), txid) != excluded.end();
}

bool HasDeepRival(const Version& version, const std::vector<RivalEvidence>& rivals,
                  int32_t conflict_depth) {
  return std::any_of(rivals.begin(), rivals.end(), [&](const RivalEvidence& rival) {
    Exclusion exclusion;
    exclusion.excluded = version.txid;
    exclusion.reason = ExclusionReason::kDeepRival;
    exclusion.rival = bitcoin::TxidOf(rival.transaction);
    return !ObjectionToExclusion(exclusion, {}, TransactionOf(version), rival, false,
                                 conflict_depth);
  });
}

}  // namespace

std::vector<MayPay> MayPaySet(const Ledger& ledger, const Send& send) {
  std::vector<MayPay> set;
  for (const Batch* batch : BatchesOf(ledger, send)) {
    for (const Version& version : batch->versions) {
      if (version.signature_asked && Pays(*batch, version, send.id))
        set.push_back({batch, &version});
    }
  }
  return set;
}

bitcoin::Transaction TransactionOf(const Version& version) {
  const auto transaction =
      bitcoin::ParseTransaction(version.raw_tx.empty() ? version.unsigned_tx : version.raw_tx);
  assert(transaction && "only parsed transactions are recorded");
  return *transaction;
}

std::vector<RivalEvidence> AllRivalEvidence(const Ledger& ledger, const Send& send) {
  std::vector<RivalEvidence> all;
  for (const Batch* batch : BatchesOf(ledger, send)) {
    for (const Rival& rival : batch->rivals) {
      const auto transaction = bitcoin::ParseTransaction(rival.raw_tx);
      assert(transaction && "only parsed transactions are recorded");
      // Of our own we know for whom each output is.
      const bool may_pay = HasScriptOf(*transaction, send) && !IsOurOwn(ledger, *transaction);
      all.push_back({*transaction, may_pay, DepthOf(ledger, rival.block)});
    }
    for (const Version& version : batch->versions) {
      if (!version.signature_asked || Pays(*batch, version, send.id)) continue;
      const auto transaction = TransactionOf(version);
      const bool may_pay = version.adopted && HasScriptOf(transaction, send);
      all.push_back({transaction, may_pay, DepthOf(ledger, BlockOf(*batch, version))});
    }
  }
  // A transaction that pays the send is no rival to it, whatever else it is taken for.
  const auto set = MayPaySet(ledger, send);
  std::erase_if(all, [&](const RivalEvidence& evidence) {
    const bitcoin::Txid txid = bitcoin::TxidOf(evidence.transaction);
    return std::any_of(set.begin(), set.end(),
                       [&](const MayPay& one) { return one.version->txid == txid; });
  });
  return all;
}

std::optional<RivalEvidence> FindRivalEvidence(const Ledger& ledger, const Send& send,
                                               const bitcoin::Txid& txid) {
  for (RivalEvidence& evidence : AllRivalEvidence(ledger, send)) {
    if (bitcoin::TxidOf(evidence.transaction) == txid) return std::move(evidence);
  }
  return std::nullopt;
}

std::optional<std::string> ObjectionToExclusionOf(const Ledger& ledger, const Send& send,
                                                  const Version& excluded,
                                                  const Exclusion& exclusion,
                                                  const std::vector<Coin>& coins,
                                                  int32_t conflict_depth) {
  if (exclusion.send != send.id || exclusion.excluded != excluded.txid) {
    return "the exclusion is of another transaction";
  }
  return ObjectionToExclusion(exclusion, coins, TransactionOf(excluded),
                              FindRivalEvidence(ledger, send, exclusion.rival),
                              IsExcludedByVerdict(send, excluded.txid), conflict_depth);
}

bool CanNeverBePaid(const Ledger& ledger, const Send& send, int32_t conflict_depth) {
  const auto set = MayPaySet(ledger, send);
  if (set.empty()) return true;
  if (WaitsForVerdict(ledger, send)) return false;
  const auto rivals = AllRivalEvidence(ledger, send);
  return std::all_of(set.begin(), set.end(), [&](const MayPay& one) {
    return IsExcludedByVerdict(send, one.version->txid) ||
           HasDeepRival(*one.version, rivals, conflict_depth);
  });
}

bool WaitsForVerdict(const Ledger& ledger, const Send& send) {
  const auto rivals = AllRivalEvidence(ledger, send);
  const bool unclear = std::any_of(rivals.begin(), rivals.end(),
                                   [](const RivalEvidence& rival) { return rival.pays_the_send; });
  if (!unclear) return false;
  const auto set = MayPaySet(ledger, send);
  return !std::all_of(set.begin(), set.end(), [&](const MayPay& one) {
    return IsExcludedByVerdict(send, one.version->txid);
  });
}

}  // namespace sendonce::core
