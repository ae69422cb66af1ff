#include "core/may_pay.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <set>

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

bool IsNamed(const Send& send, const bitcoin::Txid& txid) {
  const auto& named = send.excluded_by_verdict;
  return std::find(named.begin(), named.end(), txid) != named.end();
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

void AddEvidenceOf(const Batch& batch, const Ledger& ledger, const Send& send,
                   std::vector<RivalEvidence>& all) {
  for (const Rival& rival : batch.rivals) {
    const auto transaction = bitcoin::ParseTransaction(rival.raw_tx);
    assert(transaction && "only parsed transactions are recorded");
    // Of our own we know for whom each output is.
    const bool may_pay = HasScriptOf(*transaction, send) && !IsOurOwn(ledger, *transaction);
    all.push_back({*transaction, may_pay, DepthOf(ledger, rival.block)});
  }
  for (const Version& version : batch.versions) {
    if (!version.signature_asked || Pays(batch, version, send.id)) continue;
    const auto transaction = TransactionOf(version);
    const bool may_pay = version.adopted && HasScriptOf(transaction, send);
    all.push_back({transaction, may_pay, DepthOf(ledger, BlockOf(batch, version))});
  }
}

bool IsInSet(const std::vector<MayPay>& set, const bitcoin::Txid& txid) {
  return std::any_of(set.begin(), set.end(),
                     [&](const MayPay& one) { return one.version->txid == txid; });
}

// Of each transaction that may pay the send it holds, and R7 leaves nothing to a person; true also
// if there is none.
template <typename Excluded>
bool EachIs(const Ledger& ledger, const Send& send, Excluded is_excluded) {
  const auto set = MayPaySet(ledger, send);
  if (set.empty()) return true;
  if (WaitsForVerdict(ledger, send)) return false;
  const auto rivals = AllRivalEvidence(ledger, send);
  return std::all_of(set.begin(), set.end(),
                     [&](const MayPay& one) { return is_excluded(*one.version, rivals); });
}

// The sends that the version pays, also those that have left its batch: it may be tried still.
std::vector<const Send*> OpenPayees(const Ledger& ledger, const Batch& batch,
                                    const Version& version) {
  std::vector<const Send*> payees;
  for (size_t i = 0; i < batch.sends.size(); ++i) {
    const Send* send = version.paid[i].empty() ? nullptr : ledger.FindSend(batch.sends[i]);
    if (send && Ledger::IsOpen(*send)) payees.push_back(send);
  }
  return payees;
}

// What others have made of the coins of these sends' batches, and shares none with the transaction.
using Transactions = std::map<bitcoin::Txid, bitcoin::Transaction>;
Transactions ForeignOnesBeside(const bitcoin::Transaction& transaction, const Ledger& ledger,
                               const std::vector<const Send*>& sends) {
  std::set<const Batch*> batches;
  for (const Send* send : sends) {
    for (const Batch* batch : BatchesOf(ledger, *send)) batches.insert(batch);
  }
  Transactions foreign;
  for (const Batch* batch : batches) {
    for (const Version& version : batch->versions) {
      if (version.adopted) foreign.emplace(version.txid, TransactionOf(version));
    }
    for (const Rival& rival : batch->rivals) {
      foreign.emplace(rival.txid, *bitcoin::ParseTransaction(rival.raw_tx));
    }
  }
  std::erase_if(foreign, [&](const auto& one) { return ShareACoin(one.second, transaction); });
  return foreign;
}

// The batch's own record has excluded it (R4), and that still holds.
bool IsExcludedByRecord(const Batch& batch, const Ledger& ledger, const Send& send,
                        const Version& version, int32_t conflict_depth) {
  const std::vector<Coin> core(batch.coins.begin(), batch.coins.begin() + batch.core_coins);
  return std::any_of(
      batch.exclusions.begin(), batch.exclusions.end(), [&](const Exclusion& exclusion) {
        return !ObjectionToExclusionOf(ledger, send, version, exclusion, core, conflict_depth);
      });
}

// One of them that pays the send, and can confirm beside what is the batch's.
std::optional<bitcoin::Txid> PaymentAmong(const Transactions& foreign, const Ledger& ledger,
                                          const Batch& batch, const Send& send,
                                          int32_t conflict_depth) {
  for (const MayPay& one : MayPaySet(ledger, send)) {
    const Version& version = *one.version;
    if (!version.adopted || !foreign.contains(version.txid)) continue;
    if (IsNamedByVerdict(send, version)) continue;
    if (IsExcludedByRecord(batch, ledger, send, version, conflict_depth)) continue;
    if (!HasDeepRival(version, AllRivalEvidence(ledger, send), conflict_depth)) return version.txid;
  }
  return std::nullopt;
}

bool HasTakenFrom(const Batch& batch, const bitcoin::Txid& txid) {
  return FindVersion(batch, txid) ||
         std::any_of(batch.rivals.begin(), batch.rivals.end(),
                     [&](const Rival& rival) { return rival.txid == txid; });
}

// One of them that has taken a coin of the batch, or of a later one of the send, and may be the
// payment of the send, as far as the log knows (R7). What comes of an earlier batch later on asks
// for a verdict before another is reserved or signed, and keeps nothing from going out that is
// signed.
std::optional<bitcoin::Txid> UnclearAmong(const Transactions& foreign, const Ledger& ledger,
                                          const Batch& batch, const Send& send) {
  const auto batches = BatchesOf(ledger, send);
  const auto is_of_batch = [&](const bitcoin::Txid& txid) {
    return std::any_of(batches.begin(), batches.end(), [&](const Batch* one) {
      return one->id >= batch.id && HasTakenFrom(*one, txid);
    });
  };
  const bool any = std::any_of(foreign.begin(), foreign.end(), [&](const auto& one) {
    return HasScriptOf(one.second, send) && is_of_batch(one.first);
  });
  if (!any || !WaitsForVerdict(ledger, send)) return std::nullopt;
  for (const RivalEvidence& evidence : UnclearEvidence(ledger, send)) {
    const bitcoin::Txid txid = bitcoin::TxidOf(evidence.transaction);
    if (foreign.contains(txid) && is_of_batch(txid)) return txid;
  }
  return std::nullopt;
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
  for (const Batch* batch : BatchesOf(ledger, send)) AddEvidenceOf(*batch, ledger, send, all);
  // A transaction that pays the send is no rival to it, whatever else it is taken for.
  const auto set = MayPaySet(ledger, send);
  std::erase_if(all, [&](const RivalEvidence& evidence) {
    return IsInSet(set, bitcoin::TxidOf(evidence.transaction));
  });
  return all;
}

std::vector<RivalEvidence> UnclearEvidence(const Ledger& ledger, const Send& send) {
  std::vector<RivalEvidence> unclear = AllRivalEvidence(ledger, send);
  std::erase_if(unclear, [&](const RivalEvidence& evidence) {
    return !evidence.pays_the_send || IsNamed(send, bitcoin::TxidOf(evidence.transaction));
  });
  return unclear;
}

bool MayStandBesideConfirmed(const MayPay& one) {
  const Batch& batch = *one.batch;
  if (!batch.confirmation) return false;
  const auto transaction = TransactionOf(*one.version);
  if (ShareACoin(TransactionOf(CurrentVersion(batch)), transaction)) return false;
  return std::none_of(batch.rivals.begin(), batch.rivals.end(), [&](const Rival& rival) {
    return rival.block && ShareACoin(*bitcoin::ParseTransaction(rival.raw_tx), transaction);
  });
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
  if (exclusion.send != send.id || !IsKnownAs(excluded, exclusion.excluded)) {
    return "the exclusion is of another transaction";
  }
  return ObjectionToExclusion(exclusion, coins, TransactionOf(excluded),
                              FindRivalEvidence(ledger, send, exclusion.rival),
                              IsNamedByVerdict(send, excluded), conflict_depth);
}

bool IsExcludedByDepth(const Ledger& ledger, const Send& send, int32_t conflict_depth) {
  return EachIs(ledger, send, [&](const Version& version, const auto& rivals) {
    return HasDeepRival(version, rivals, conflict_depth);
  });
}

bool CanNeverBePaid(const Ledger& ledger, const Send& send, int32_t conflict_depth) {
  return EachIs(ledger, send, [&](const Version& version, const auto& rivals) {
    return IsNamedByVerdict(send, version) || HasDeepRival(version, rivals, conflict_depth);
  });
}

bool WaitsForVerdict(const Ledger& ledger, const Send& send) {
  return !UnclearEvidence(ledger, send).empty() && !MayPaySet(ledger, send).empty();
}

std::optional<bitcoin::Txid> PaymentBeside(const Ledger& ledger, const Batch& batch,
                                           const Version& version, int32_t conflict_depth) {
  const auto payees = OpenPayees(ledger, batch, version);
  const auto foreign = ForeignOnesBeside(TransactionOf(version), ledger, payees);
  if (foreign.empty()) return std::nullopt;
  for (const Send* send : payees) {
    if (auto txid = PaymentAmong(foreign, ledger, batch, *send, conflict_depth)) return txid;
    if (auto txid = UnclearAmong(foreign, ledger, batch, *send)) return txid;
  }
  return std::nullopt;
}

}  // namespace sendonce::core
