#include "core/output_claims.h"

#include <algorithm>
#include <cassert>

namespace sendonce::core {

namespace {

std::vector<Wish> WishesOf(const Ledger& ledger, const Batch& batch) {
  std::vector<Wish> wishes;
  for (const SendId& id : batch.sends) {
    const Send* send = ledger.FindSend(id);
    assert(send && send->content && "the sends of an open batch are in the ledger");
    wishes.push_back({id, &*send->content});
  }
  return wishes;
}

bool IsAmong(const std::vector<Wish>& wishes, const SendId& id) {
  return std::any_of(wishes.begin(), wishes.end(), [&](const Wish& one) { return one.id == id; });
}

// Of open batches that do not know the transaction yet: each of their sends may be what it pays.
std::vector<Wish> WishesElsewhere(const Ledger& ledger, const Batch& batch,
                                  const std::vector<Wish>& own,
                                  const bitcoin::Transaction& transaction) {
  const bitcoin::Txid txid = bitcoin::TxidOf(transaction);
  std::vector<Wish> wishes;
  for (BatchId id : BatchesSpentBy(ledger, transaction)) {
    const Batch& other = *ledger.FindBatch(id);
    if (id == batch.id || !Ledger::IsOpen(other) || FindVersion(other, txid)) continue;
    for (Wish& wish : WishesOf(ledger, other)) {
      if (!Ledger::IsOpen(*ledger.FindSend(wish.id))) continue;
      if (!IsAmong(own, wish.id) && !IsAmong(wishes, wish.id)) wishes.push_back(wish);
    }
  }
  return wishes;
}

Match NoMatch(const Batch& batch) {
  Match match;
  match.paid.resize(batch.sends.size());
  match.by_send.assign(batch.sends.size(), PaymentMatch::kNotPaid);
  return match;
}

}  // namespace

std::set<BatchId> BatchesSpentBy(const Ledger& ledger, const bitcoin::Transaction& transaction) {
  std::set<BatchId> batches;
  for (const bitcoin::TxIn& input : transaction.inputs) {
    for (BatchId id : ledger.BatchesSpending(input.prevout)) batches.insert(id);
  }
  return batches;
}

OutputClaims ClaimsOn(const Ledger& ledger, const bitcoin::Transaction& transaction) {
  const bitcoin::Txid txid = bitcoin::TxidOf(transaction);
  OutputClaims claims;
  for (BatchId id : BatchesSpentBy(ledger, transaction)) {
    const Batch& batch = *ledger.FindBatch(id);
    const Version* version = FindVersion(batch, txid);
    if (!version) continue;
    for (size_t i = 0; i < version->paid.size(); ++i) {
      for (uint32_t vout : version->paid[i]) claims.emplace(vout, batch.sends[i]);
    }
  }
  return claims;
}

bool IsOurOwn(const Ledger& ledger, const bitcoin::Transaction& transaction) {
  const bitcoin::Txid txid = bitcoin::TxidOf(transaction);
  const auto batches = BatchesSpentBy(ledger, transaction);
  return std::any_of(batches.begin(), batches.end(), [&](BatchId id) {
    const Version* version = FindVersion(*ledger.FindBatch(id), txid);
    return version && !version->adopted;
  });
}

bool IsVersionOf(const Batch& batch, const bitcoin::Transaction& transaction) {
  return FindVersion(batch, bitcoin::TxidOf(transaction)) || FindTwin(transaction, batch);
}

Match MatchSpender(const Ledger& ledger, const Batch& batch,
                   const bitcoin::Transaction& transaction) {
  const bool is_version = FindVersion(batch, bitcoin::TxidOf(transaction)) != nullptr;
  if (!is_version && IsOurOwn(ledger, transaction)) return NoMatch(batch);
  const auto own = WishesOf(ledger, batch);
  return MatchTransaction(
      transaction, batch, own,
      {ClaimsOn(ledger, transaction), WishesElsewhere(ledger, batch, own, transaction)});
}

}  // namespace sendonce::core
