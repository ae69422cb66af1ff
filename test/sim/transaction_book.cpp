#include "transaction_book.h"

#include <algorithm>

namespace sendonce::sim {

using bitcoin::Transaction;
using bitcoin::TxIn;

TransactionBook::TransactionBook() : payers_(kMaxSends) {
  for (int number = 0; number < kMaxSends; ++number) {
    for (const core::Payee& payee : PayeesOf(number, 0)) payees_[payee.script] = number;
  }
}

// With any of its contents: which was recorded under the id is compared elsewhere.
bool TransactionBook::Pays(const Transaction& transaction, int number, size_t times) {
  const auto& outputs = transaction.outputs;
  for (int variant = 0; variant < kVariants; ++variant) {
    const auto payees = PayeesOf(number, variant);
    const bool all = std::all_of(payees.begin(), payees.end(), [&](const core::Payee& payee) {
      const bitcoin::TxOut due = {payee.amount_sat, payee.script};
      return static_cast<size_t>(std::count(outputs.begin(), outputs.end(), due)) >= times;
    });
    if (all) return true;
  }
  return false;
}

void TransactionBook::Assign(const bitcoin::Txid& txid, int number) {
  Known& known = all_[by_txid_.at(txid)];
  known.parts.clear();
  known.pays.insert(number);
  payers_[static_cast<size_t>(number)].push_back(static_cast<int>(by_txid_.at(txid)));
}

int TransactionBook::Add(const Transaction& transaction, bool foreign, const std::set<int>& like) {
  const bitcoin::Txid txid = bitcoin::TxidOf(transaction);
  const int place = static_cast<int>(all_.size());
  if (!by_txid_.emplace(txid, all_.size()).second) return Regain(txid);
  all_.push_back({transaction, txid, {}, {}, foreign});
  Known& known = all_.back();
  for (const bitcoin::TxOut& output : transaction.outputs) {
    const auto found = payees_.find(output.script);
    if (found == payees_.end()) continue;
    const std::set<int> for_whom = IsLike(found->second) ? like : std::set{found->second};
    const bool in_full = Pays(transaction, found->second, for_whom.size());
    (in_full ? known.pays : known.parts).insert(for_whom.begin(), for_whom.end());
  }
  for (const int number : known.pays) payers_[static_cast<size_t>(number)].push_back(place);
  return place;
}

void TransactionBook::Lose(const bitcoin::Txid& txid) {
  const size_t place = by_txid_.at(txid);
  all_[place].lost = true;
  for (std::vector<int>& payers : payers_) std::erase(payers, static_cast<int>(place));
}

int TransactionBook::Regain(const bitcoin::Txid& txid) {
  const auto place = static_cast<int>(by_txid_.at(txid));
  Known& known = all_[by_txid_.at(txid)];
  if (!known.lost) return -1;
  known.lost = false;
  for (const int number : known.pays) payers_[static_cast<size_t>(number)].push_back(place);
  return place;
}

const TransactionBook::Known* TransactionBook::Find(const bitcoin::Txid& txid) const {
  const auto found = by_txid_.find(txid);
  return found == by_txid_.end() ? nullptr : &all_[found->second];
}

void TransactionBook::AddLine(const Known& known, std::set<bitcoin::Txid>& line) const {
  if (!line.insert(known.txid).second) return;
  for (const TxIn& input : known.transaction.inputs) {
    if (const Known* parent = Find(input.prevout.txid)) AddLine(*parent, line);
  }
}

bool TransactionBook::Exclude(const Known& a, const Known& b) const {
  std::set<bitcoin::Txid> line;
  AddLine(a, line);
  AddLine(b, line);
  std::set<bitcoin::OutPoint> spent;
  for (const bitcoin::Txid& txid : line) {
    for (const TxIn& input : Find(txid)->transaction.inputs) {
      if (!spent.insert(input.prevout).second) return true;
    }
  }
  return false;
}

}  // namespace sendonce::sim
