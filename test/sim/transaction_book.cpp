#include "transaction_book.h"

#include <algorithm>

namespace sendonce::sim {

using bitcoin::Transaction;
using bitcoin::TxIn;

TransactionBook::TransactionBook() : payers_(kMaxSends) {
  for (int number = 0; number < kMaxSends; ++number) {
    main_payees_[PayeesOf(number, 0).front().script] = number;
  }
}

// Whatever the amount: what was recorded under the id is compared elsewhere.
std::set<int> TransactionBook::PaidBy(const Transaction& transaction) const {
  std::set<int> paid;
  for (const bitcoin::TxOut& output : transaction.outputs) {
    const auto found = main_payees_.find(output.script);
    if (found != main_payees_.end()) paid.insert(found->second);
  }
  return paid;
}

int TransactionBook::Add(const Transaction& transaction, bool foreign) {
  const bitcoin::Txid txid = bitcoin::TxidOf(transaction);
  const int place = static_cast<int>(all_.size());
  if (!by_txid_.emplace(txid, all_.size()).second) return -1;
  all_.push_back({transaction, txid, PaidBy(transaction), foreign});
  for (const int number : all_.back().pays) payers_[static_cast<size_t>(number)].push_back(place);
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
