// Rule R7: match by coins and payments, not only by txid. A transaction that spends a coin of a
// batch is looked at send by send. Pure; safe from any thread.

#ifndef SENDONCE_CORE_MATCHING_H
#define SENDONCE_CORE_MATCHING_H

#include <map>
#include <vector>

#include "bitcoin/transaction.h"
#include "core/batch.h"
#include "core/send.h"

namespace sendonce::core {

enum class PaymentMatch : uint8_t {
  kPaid,  // an output of script and amount for each of the send's outputs, none counted twice
  kAmountDiffers,  // not paid, but a script of the send is paid in another amount: a person must
                   // judge
  kNotPaid,        // for this send the transaction is a rival
  kUnclear,  // fewer outputs than sends that want them, in whatever batch: which of two like sends
             // is paid cannot be said
};

struct Match {
  PaidVouts paid;                        // by send; empty where it is not paid
  std::vector<PaymentMatch> by_send;     // in the order given
  bool same_but_for_signatures = false;  // as the unsigned bytes of a version of the batch

  bool PaysAll() const;
  bool PaysAny() const;
};

// Which id an output pays, as versions on record have it. An output pays one id.
using OutputClaims = std::map<uint32_t, SendId>;

// What a send asked for.
struct Wish {
  SendId id;
  const SendContent* content = nullptr;
};

// What sends of other batches have to do with the same transaction.
struct Elsewhere {
  OutputClaims claims;
  std::vector<Wish>
      wishes;  // of batches that it spends a coin of; not those that it is known to pay
};

// The version of the batch that the transaction is but for its signatures; nullptr if it is none.
const Version* FindTwin(const bitcoin::Transaction& transaction, const Batch& batch);

// Compares `transaction` with the batch's sends; `own[i]` is what `batch.sends[i]` asked for. A
// transaction that is a version but for its signatures pays what that version pays. An output that
// pays another id pays nobody here. REQUIRES: as many own wishes as sends, no content null.
Match MatchTransaction(const bitcoin::Transaction& transaction, const Batch& batch,
                       const std::vector<Wish>& own, const Elsewhere& elsewhere);

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_MATCHING_H
