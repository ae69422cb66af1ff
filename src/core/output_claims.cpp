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

// Of open batches: each of their sends may be what it pays, but for those of which the log says so.
std::vector<Wish> WishesElsewhere(const Ledger& ledger, const Batch& batch,
                                  const bitcoin::Transaction& transaction) {
  const bitcoin::Txid txid = bitcoin::TxidOf(transaction);
  std::set<SendId> seen(batch.sends.begin(), batch.sends.end());
  std::vector<Wish> elsewhere;
  for (BatchId id : BatchesSpentBy(ledger, transaction)) {
    const Batch& other = *ledger.FindBatch(id);
    if (id == batch.id || !Ledger::IsOpen(other)) continue;
    const Version* known = FindVersion(other, txid);
    const auto wishes = WishesOf(ledger, other);
    for (size_t i = 0; i < wishes.size(); ++i) {
      const bool is_paid = known && !known->paid[i].empty();
      const Send& send = *ledger.FindSend(wishes[i].id);
      // Of what a verdict has declared paid nobody knows by which transaction: it may be this.
      const bool may_be_it = Ledger::IsOpen(send) || send.ending == Ending::kDeclaredPaid;
      if (is_paid || !may_be_it) continue;
      if (seen.insert(wishes[i].id).second) elsewhere.push_back(wishes[i]);
    }
  }
  return elsewhere;
}

Match NoMatch(const Batch& batch) {
  Match match;
  match.paid.resize(batch.sends.size());
  match.by_send.assign(batch.sends.size(), PaymentMatch::kNotPaid);
  return match;
}

// What it pays as a version of another batch it pays there, and not here as well.
void LeaveOut(const OutputClaims& claims, const Batch& batch, Match& match) {
  for (const auto& [vout, id] : claims) {
    const auto found = std::find(batch.sends.begin(), batch.sends.end(), id);
    if (found == batch.sends.end()) continue;
    const auto index = static_cast<size_t>(found - batch.sends.begin());
    match.paid[index].clear();
    match.by_send[index] = PaymentMatch::kNotPaid;
  }
}

}  // namespace

std::set<BatchId> BatchesSpentBy(const Ledger& ledger, const bitcoin::Transaction& transaction) {
  std::set<BatchId> batches;
  for (const bitcoin::TxIn& input : transaction.inputs) {
    for (BatchId id : ledger.BatchesSpending(input.prevout)) batches.insert(id);
  }
  return batches;
}

std::set<BatchId> BatchesSpending(const Ledger& ledger,
                                  const std::vector<bitcoin::OutPoint>& coins) {
  std::set<BatchId> batches;
  for (const bitcoin::OutPoint& coin : coins) {
    for (BatchId id : ledger.BatchesSpending(coin)) batches.insert(id);
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

bool IsOurOwnButForSignatures(const Ledger& ledger, const bitcoin::Transaction& transaction) {
  const auto batches = BatchesSpentBy(ledger, transaction);
  return std::any_of(batches.begin(), batches.end(), [&](BatchId id) {
    const auto& versions = ledger.FindBatch(id)->versions;
    return std::any_of(versions.begin(), versions.end(), [&](const Version& version) {
      if (version.adopted) return false;
      const auto ours = bitcoin::ParseTransaction(version.unsigned_tx);
      return ours && bitcoin::SameButForSignatures(*ours, transaction);
    });
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
  const OutputClaims claims = ClaimsOn(ledger, transaction);
  Match match = MatchTransaction(transaction, batch, own,
                                 {claims, WishesElsewhere(ledger, batch, transaction)});
  if (!is_version && !match.same_but_for_signatures) LeaveOut(claims, batch, match);
  return match;
}

}  // namespace sendonce::core
