// The may-pay set of a send, and what the log knows against the transactions in it (R4): shared by
// those who propose a new batch, a cancellation or an ending, and by the judge of records. Pure;
// safe from any thread while the ledger does not change.

#ifndef SENDONCE_CORE_MAY_PAY_H
#define SENDONCE_CORE_MAY_PAY_H

#include <optional>
#include <string>
#include <vector>

#include "core/exclusion.h"
#include "core/ledger.h"

namespace sendonce::core {

// A transaction that pays the send and was, or may have been, given to sign; or was made by
// somebody else and adopted.
struct MayPay {
  const Batch* batch = nullptr;
  const Version* version = nullptr;
};

// All of them, of every batch that the send was ever in, oldest first. O(versions).
// REQUIRES: these batches are in the ledger (true for every send that is in the ledger and open).
std::vector<MayPay> MayPaySet(const Ledger& ledger, const Send& send);

// The transaction of a version, signed if the log has a signature.
bitcoin::Transaction TransactionOf(const Version& version);

// What is known of a transaction that spends a coin of one of the send's batches and does not pay
// it: a rival, or a version that leaves the send out. nullopt: the log knows no such transaction.
std::optional<RivalEvidence> FindRivalEvidence(const Ledger& ledger, const Send& send,
                                               const bitcoin::Txid& txid);

// Every transaction that FindRivalEvidence finds, in the order of the log.
std::vector<RivalEvidence> AllRivalEvidence(const Ledger& ledger, const Send& send);

// Of these what may be the payment of the send, so that only a person can say (R7), and no verdict
// has named yet.
std::vector<RivalEvidence> UnclearEvidence(const Ledger& ledger, const Send& send);

// A batch has one confirmed version. Whether it is another one, of coins that the first does not
// spend (one of the two is of somebody's making), which can be in a block as well: nothing else
// there has taken them.
bool MayStandBesideConfirmed(const MayPay& one);

// Why the exclusion of one transaction does not hold now, or nullopt if it does. `coins`: what the
// new batch spends.
std::optional<std::string> ObjectionToExclusionOf(const Ledger& ledger, const Send& send,
                                                  const Version& excluded,
                                                  const Exclusion& exclusion,
                                                  const std::vector<Coin>& coins,
                                                  int32_t conflict_depth);

// No transaction that may pay the send can confirm any more, whatever is built: each is excluded by
// a deep rival or by a verdict (R4 c, d); true also if there is none.
bool CanNeverBePaid(const Ledger& ledger, const Send& send, int32_t conflict_depth);

// The same by deep rivals alone (R4 c): nobody's word is needed.
bool IsExcludedByDepth(const Ledger& ledger, const Send& send, int32_t conflict_depth);

// R7: somebody else's transaction spends a coin of the send and has an output to one of its
// scripts, but does not pay it: whether that counts as the payment only a person can say, and only
// a verdict lets the send be paid again. What was reserved on a verdict does not wait for another
// because of what stood there when it was given, and it has named.
bool WaitsForVerdict(const Ledger& ledger, const Send& send);

// A transaction that somebody else has made, that pays a send which the version pays, too, or may
// pay it (R7), and that can confirm beside the version, because they share no coin (an added coin
// is not in each version) and neither the batch's record (R4), a rival so deep nor a verdict
// excludes it. nullopt: the log knows none. What sendonce itself has made is excluded by the rules
// R3 and R4.
std::optional<bitcoin::Txid> PaymentBeside(const Ledger& ledger, const Batch& batch,
                                           const Version& version, int32_t conflict_depth);

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_MAY_PAY_H
