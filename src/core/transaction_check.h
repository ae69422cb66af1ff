// What is believed of a transaction that came back from the node: nothing that was not checked
// here, byte by byte. Pure; safe from any thread.

#ifndef SENDONCE_CORE_TRANSACTION_CHECK_H
#define SENDONCE_CORE_TRANSACTION_CHECK_H

#include <optional>
#include <string>
#include <vector>

#include "bitcoin/transaction.h"
#include "core/batch.h"
#include "core/commands.h"
#include "core/policy.h"
#include "core/records.h"
#include "core/send.h"

namespace sendonce::core {

// The outputs of the sends, in order: what every version of the batch has to hold in front of its
// change.
std::vector<bitcoin::TxOut> OutputsOf(const std::vector<const SendContent*>& contents);

// Makes the reservation out of the node's draft, or says what is wrong with the draft. Checked: it
// parses; it spends exactly `coins`, in order, unsigned, each sequence signalling replace-by-fee
// (BIP 125) and no relative lock (BIP 68), lock time 0; its outputs are those of the sends, in
// order, each once; behind them `split_sat`, each to its change script, and at most one more, to
// the last change script; and what it leaves for the fee is neither negative nor above what `coins`
// bring. Caps on the fee are FeeObjection's.
struct CheckedDraft {
  std::optional<BatchReserved> reservation;  // its sends are still empty
  std::string problem;                       // set if there is none
};
CheckedDraft CheckDraft(const Draft& draft, const std::vector<Coin>& coins,
                        const std::vector<const SendContent*>& contents,
                        const std::vector<bitcoin::Amount>& split_sat = {});

// The same facts, checked on the record itself: what R1 and R2 need to be true whoever wrote it.
std::optional<std::string> ObjectionToUnsigned(const BatchReserved& record,
                                               const std::vector<const SendContent*>& contents);

// nullopt if `raw_tx` is `unsigned_tx` with signatures: it parses, differs in nothing but scriptSig
// and witness, and each input has at least one of them.
std::optional<std::string> ObjectionToSigned(const bitcoin::Bytes& unsigned_tx,
                                             const bitcoin::Bytes& raw_tx);

// What the transaction will weigh with signatures of the usual size. REQUIRES: `coins` is what it
// spends.
int64_t EstimatedSignedVsize(const bitcoin::Transaction& transaction,
                             const std::vector<Coin>& coins);

// Why the fee may not be paid: over the operator's cap for a transaction, over the rate's cap, over
// a send's own max_fee_sat, or over the operator's cap for what a send may cost in proportion to
// what it pays; nullopt if it may. A send's share is the fee for the vsize of its outputs and an
// equal part of the rest. `index` names the send at fault, if it is one.
struct FeeObjection {
  std::optional<size_t> index;
  std::string text;
};
std::optional<FeeObjection> ObjectionToFee(const BatchReserved& reservation,
                                           const std::vector<const SendContent*>& contents,
                                           const Policy& policy);

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_TRANSACTION_CHECK_H
