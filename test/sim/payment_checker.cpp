#include "payment_checker.h"

#include <algorithm>

#include "violation.h"

namespace sendonce::sim {

using core::Batch;
using Known = TransactionBook::Known;

PaymentChecker::PaymentChecker(const core::ToyNode& node, const TransactionBook& book,
                               const DurableFacts& facts, int32_t conflict_depth)
    : node_(node), book_(book), facts_(facts), conflict_depth_(conflict_depth) {}

void PaymentChecker::OnKnown(int place) const {
  const Known& fresh = book_.all()[static_cast<size_t>(place)];
  for (const int number : fresh.pays) {
    if (never_.contains(number) && !fresh.splits && !IsExcluded(number, fresh)) {
      throw Violation("G6", IdOf(number) + " was fenced, and something that pays it is signed");
    }
    for (const int other : book_.PayersOf(number)) {
      if (other != place) CheckPair(number, book_.all()[static_cast<size_t>(other)], fresh);
    }
  }
}

void PaymentChecker::CheckPair(int number, const Known& one, const Known& other) const {
  if (book_.Exclude(one, other) || IsMadeBeside(number, one, other)) return;
  if (IsExcluded(number, one) || IsExcluded(number, other)) return;
  throw Violation("G2", IdOf(number) + " is paid by two transactions that one chain can hold");
}

// By somebody, and not by us who knew of the other.
bool PaymentChecker::IsMadeBeside(int number, const Known& one, const Known& fresh) const {
  if (fresh.splits || (one.splits && fresh.foreign)) return true;
  if (!one.splits) return false;
  const auto known = facts_.KnownSince(IdOf(number), one.txid);
  const auto asked = facts_.AskedAt(fresh.transaction);
  return !known || (asked && *asked < *known);
}

// What has made the send final cannot stand beside it.
bool PaymentChecker::IsInTheWay(int number, const Known& sent) const {
  const core::Send* send = facts_.ledger().FindSend(IdOf(number));
  const Known* final = send && send->payment ? book_.Find(send->payment->txid) : nullptr;
  return final && book_.Exclude(sent, *final);
}

void PaymentChecker::OnSending(const bitcoin::Txid& txid, core::Seq known_by) const {
  const Known* sent = book_.Find(txid);
  if (!sent || sent->foreign) return;
  for (const int number : sent->pays) {
    if (IsInTheWay(number, *sent)) continue;
    for (const int place : book_.PayersOf(number)) {
      const Known& other = book_.all()[static_cast<size_t>(place)];
      if (!other.splits ||
          facts_.KnownSince(IdOf(number), other.txid).value_or(UINT64_MAX) > known_by)
        continue;
      if (book_.Exclude(*sent, other) || IsExcluded(number, other)) continue;
      throw Violation("G2", IdOf(number) + " is sent beside what somebody else has paid");
    }
  }
}

// By a reason that does not rest on the coins of what takes its place: an operator's verdict, or a
// rival that is really so deep.
bool PaymentChecker::IsExcluded(int number, const Known& known) const {
  const core::SendId id = IdOf(number);
  if (IsCoveredByVerdict(number, known.txid)) return true;
  const auto recorded = facts_.excluded_by_depth().find({id, known.txid});
  if (recorded != facts_.excluded_by_depth().end()) {
    const auto& rivals = recorded->second;
    return std::any_of(rivals.begin(), rivals.end(), [&](const bitcoin::Txid& txid) {
      const Known* rival = book_.Find(txid);
      return rival && IsDeepRival(number, *rival, known);
    });
  }
  return std::any_of(book_.all().begin(), book_.all().end(),
                     [&](const Known& rival) { return IsDeepRival(number, rival, known); });
}

bool PaymentChecker::IsCoveredByVerdict(int number, const bitcoin::Txid& txid) const {
  return facts_.IsExcludedByVerdict(IdOf(number), txid) ||
         covered_by_verdict_.contains({number, txid});
}

void PaymentChecker::OnReplaced(const bitcoin::Txid& old_txid, const bitcoin::Txid& txid) {
  bumped_.insert({old_txid, txid});
  for (int number = 0; number < kMaxSends; ++number) {
    if (IsCoveredByVerdict(number, old_txid)) covered_by_verdict_.insert({number, txid});
  }
}

void PaymentChecker::SetAside(int number, bitcoin::Txid txid) {
  covered_by_verdict_.insert({number, txid});
  const auto [first, last] = bumped_.equal_range(txid);
  for (auto it = first; it != last; ++it) SetAside(number, it->second);
}

bool PaymentChecker::IsDeepRival(int number, const Known& rival, const Known& excluded) const {
  if (rival.txid == excluded.txid || rival.pays.contains(number)) return false;
  return node_.ConfirmationsOf(rival.txid) >= conflict_depth_ && book_.Exclude(rival, excluded);
}

void PaymentChecker::CheckChain() const {
  for (int number = 0; number < kMaxSends; ++number) {
    int payments = 0;
    for (const int place : book_.PayersOf(number)) {
      const Known& known = book_.all()[static_cast<size_t>(place)];
      if (known.splits || IsCoveredByVerdict(number, known.txid)) continue;
      if (node_.ConfirmationsOf(known.txid) > 0) ++payments;
    }
    if (payments > 1) throw Violation("G2", IdOf(number) + " is paid twice in the chain");
    if (payments > 0 && never_.contains(number)) {
      throw Violation("G6", IdOf(number) + " was fenced, and is paid in the chain");
    }
  }
}

void PaymentChecker::OnNever(int number) {
  if (!never_.insert(number).second) return;
  for (const int place : book_.PayersOf(number)) {
    const Known& known = book_.all()[static_cast<size_t>(place)];
    if (known.splits || IsExcluded(number, known)) continue;
    throw Violation("G6", IdOf(number) + " is called never, and what was signed can confirm");
  }
}

// What others have made beside it, and the log knows, can not confirm.
void PaymentChecker::CheckEnding(const core::SendId& id) const {
  const int number = NumberOf(id);
  for (const int place : book_.PayersOf(number)) {
    const Known& known = book_.all()[static_cast<size_t>(place)];
    if (!known.splits || !facts_.KnownSince(id, known.txid) || IsExcluded(number, known)) continue;
    throw Violation("G6", id + " is ended, and what somebody else has paid can confirm");
  }
}

void PaymentChecker::OnRecord(const core::Entry& entry) {
  if (const auto* verdict = std::get_if<core::VerdictGiven>(&entry.record)) {
    const int number = NumberOf(verdict->id);
    for (const int place : book_.PayersOf(number)) {
      covered_by_verdict_.insert({number, book_.all()[static_cast<size_t>(place)].txid});
    }
  }
  if (const auto* ended = std::get_if<core::SendEnded>(&entry.record)) CheckEnding(ended->id);
  if (const auto* reserved = std::get_if<core::BatchReserved>(&entry.record)) {
    for (const core::Coin& coin : reserved->coins) CheckClaim(*reserved, coin);
    for (const core::SendId& id : reserved->sends) CheckWaits(id);
  } else if (const auto* version = std::get_if<core::VersionReserved>(&entry.record)) {
    for (const core::Coin& coin : version->added) CheckClaim({}, coin);
  }
}

// R7: what the log knows to be paid in part no rule pays again.
void PaymentChecker::CheckWaits(const core::SendId& id) const {
  if (facts_.HasVerdict(id)) return;
  for (const core::BatchId number : facts_.ledger().FindSend(id)->batches) {
    const Batch& batch = *facts_.ledger().FindBatch(number);
    std::vector<bitcoin::Txid> others;
    for (const core::Rival& rival : batch.rivals) others.push_back(rival.txid);
    for (const core::Version& version : batch.versions) others.push_back(version.txid);
    for (const bitcoin::Txid& txid : others) {
      const Known* known = book_.Find(txid);
      if (!known || !known->foreign || !known->parts.contains(NumberOf(id))) continue;
      throw Violation("R7", id + " is paid in part, and paid again without a verdict");
    }
  }
}

// No other batch lives on the coin, but for one that all its sends leave by this record.
void PaymentChecker::CheckClaim(const core::BatchReserved& reserved, const core::Coin& coin) const {
  if (!node_.WasInChain(coin.outpoint)) {
    throw Violation("R9", "a coin that no block ever held is reserved");
  }
  const auto& sends = reserved.sends;
  for (const core::BatchId id : facts_.ledger().BatchesSpending(coin.outpoint)) {
    const Batch& batch = *facts_.ledger().FindBatch(id);
    if (batch.end != core::BatchEnd::kOpen || batch.superseded || batch.confirmation) continue;
    const auto living = facts_.ledger().LivingSends(batch);
    const bool all_leave = std::all_of(living.begin(), living.end(), [&](const core::SendId& send) {
      return std::find(sends.begin(), sends.end(), send) != sends.end();
    });
    if (!all_leave) throw Violation("R2", "a coin is claimed by two live batches");
  }
}

}  // namespace sendonce::sim
