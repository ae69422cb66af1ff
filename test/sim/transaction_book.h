// Every transaction that anybody in the world may have: signed for us, made by others, mined. What
// was signed once is known for ever, whether a reply brought it to the daemon or not.

#ifndef SENDONCE_TEST_SIM_TRANSACTION_BOOK_H
#define SENDONCE_TEST_SIM_TRANSACTION_BOOK_H

#include <map>
#include <set>
#include <vector>

#include "bitcoin/transaction.h"
#include "requests.h"

namespace sendonce::sim {

class TransactionBook {
 public:
  struct Known {
    bitcoin::Transaction transaction;
    bitcoin::Txid txid;
    std::set<int> pays;   // the sends (requests.h) that each output of is in it
    std::set<int> parts;  // those that a script of is paid by it, and not all that is due
    bool foreign = false;
    bool splits = false;  // foreign, of some coins of a batch: may stand beside what is of others
    bool lost = false;    // nobody has it any more; it may be signed again
  };

  TransactionBook();

  // `like`: those of the like sends (requests.h) that it is to pay, if it has so many outputs for
  // them. Returns its place, or -1 if it was known and is not lost.
  int Add(const bitcoin::Transaction& transaction, bool foreign, const std::set<int>& like);
  // REQUIRES: it is known, and foreign.
  void NoteSplit(const bitcoin::Txid& txid) { all_[by_txid_.at(txid)].splits = true; }
  // Somebody has decided that an output of it, where it was not clear whose it is, was for this
  // one.
  void Assign(const bitcoin::Txid& txid, int number);

  // Nobody has it any more.
  void Lose(const bitcoin::Txid& txid);

  const Known* Find(const bitcoin::Txid& txid) const;
  const std::vector<Known>& all() const { return all_; }
  // Places of those that pay the send.
  const std::vector<int>& PayersOf(int number) const {
    return payers_[static_cast<size_t>(number)];
  }

  // It has what is due to one send of that content.
  static bool HasOneOf(const Known& known, int number) {
    return Pays(known.transaction, number, 1);
  }

  // No chain could hold both: they, or what they descend from, spend one coin twice.
  bool Exclude(const Known& a, const Known& b) const;

 private:
  int Regain(const bitcoin::Txid& txid);
  void AddLine(const Known& known, std::set<bitcoin::Txid>& line) const;
  static bool Pays(const bitcoin::Transaction& transaction, int number, size_t times);

  std::vector<Known> all_;
  std::map<bitcoin::Txid, size_t> by_txid_;
  std::vector<std::vector<int>> payers_;
  std::map<bitcoin::Script, int> payees_;
};

}  // namespace sendonce::sim

#endif  // SENDONCE_TEST_SIM_TRANSACTION_BOOK_H
