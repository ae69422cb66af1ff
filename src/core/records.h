// The records of the log: what is durable, and nothing else is known. Each is a fact about the
// past; applied in order to an empty ledger (core/ledger.h) they give the state. A record is never
// changed, and removed only by a later one that says what of it holds on (type 23); its type number
// and layout never change meaning (doc/wal-format.md).

#ifndef SENDONCE_CORE_RECORDS_H
#define SENDONCE_CORE_RECORDS_H

#include <array>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/batch.h"
#include "core/send.h"

namespace sendonce::core {

// Total proof of work of a chain, big-endian, as in getblockchaininfo's chainwork: comparing the
// arrays compares the work.
using ChainWork = std::array<uint8_t, 32>;

using WalId = std::array<uint8_t, 16>;

// Type 1. Always the first record, and only there. Binds the log to a wallet and a chain for ever.
struct WalCreated {
  WalId wal_id{};
  bitcoin::Network network = bitcoin::Network::kRegtest;
  bitcoin::BlockHash genesis;
  std::string wallet_name;
  std::string binding_address;  // of the wallet; its label carries wal_id
  ChainPosition tip;            // the chain is followed from here
  ChainWork work{};
  std::vector<bitcoin::Txid>
      spends_before;  // the wallet's unconfirmed spends at that moment: explained once and for all
};

// Type 2. A caller's request; acknowledged with 2xx only when durable (G1).
struct SendRecorded {
  SendId id;
  SendContent content;
};

// Type 3. The id is never paid (G6). Burns an unknown id. Only where no signature was ever asked
// for it.
struct SendEnded {
  SendId id;
  Ending ending = Ending::kCancelled;
};

// Type 4. Binds sends to coins and to the exact unsigned transaction. Only a transaction that
// stands in such a record is ever given to sign. The batch's id is this record's seq.
struct BatchReserved {
  std::vector<SendId> sends;
  std::vector<Coin> coins;
  bitcoin::Bytes unsigned_tx;
  PaidVouts paid;
  std::optional<uint32_t> change_vout;
  bitcoin::Amount fee_sat = 0;
  // By it sends can leave the batch that they belong to: then one for each transaction of each
  // send's may-pay set (R4), and all sends come from the same batch. Else empty.
  std::vector<Exclusion> exclusions;
};

// Type 5. From here on a signature may exist. Written before the request leaves.
struct SignatureRequested {
  BatchId batch = 0;
  uint32_t version = 0;
};

// Type 6. Only now may the transaction leave.
struct VersionSigned {
  BatchId batch = 0;
  uint32_t version = 0;
  bitcoin::Bytes raw_tx;
};

// Type 7. Our node has accepted it, or shown it. Sends that it pays and that have left the batch
// belong to it again (R4').
struct VersionAccepted {
  BatchId batch = 0;
  bitcoin::Txid txid;
};

// Type 8. Somebody else's transaction that spends a coin of the batch and pays one of its sends or
// more (R7).
struct VersionAdopted {
  BatchId batch = 0;
  bitcoin::Bytes raw_tx;
  PaidVouts paid;
};

// Type 9. A transaction that spends a coin of the batch and does not pay each of its sends; again
// when its place in the chain becomes known or changes.
struct RivalSeen {
  BatchId batch = 0;
  bitcoin::Bytes raw_tx;
  std::optional<ChainPosition> block;
};

// Type 10. The rival is neither in the chain nor in the mempool any more.
struct RivalGone {
  BatchId batch = 0;
  bitcoin::Txid txid;
};

// Type 11. A version is in the chain.
struct BatchConfirmed {
  BatchId batch = 0;
  bitcoin::Txid txid;
  ChainPosition block;
};

// Type 12. The block of its confirmation left the chain. Also opens a final batch again.
struct BatchReopened {
  BatchId batch = 0;
  ChainPosition block;  // where it was confirmed
};

// Type 13. Confirmed `finality` deep.
struct BatchFinal {
  BatchId batch = 0;
};

// Type 14. Given up. Only where no signature was asked for; its sends wait for coins again, its
// coins are free.
struct BatchDropped {
  BatchId batch = 0;
};

// Type 15. The chain has been read up to `blocks.back()`: all that these blocks say about our coins
// is in the records before this one.
struct ChainMoved {
  int32_t fork_height = 0;            // blocks above it that were read before have left the chain
  std::vector<ChainPosition> blocks;  // ascending, the first at fork_height + 1
  ChainWork work{};
};

enum class AlarmKind : uint8_t {
  kUnexplainedSpend = 1,  // while running: somebody else spends from the wallet (G8)
  kUnexplainedSpendAtStart =
      2,  // the log may be behind the wallet: nothing is paid until this is accepted
  kForeignVersion =
      3,       // a transaction that is not ours pays a send, and differs in more than signatures
  kRival = 4,  // a reserved coin was spent by a transaction that does not pay
  kAmountDiffers =
      5,  // a send's script is paid, in another amount, by a transaction that is not ours
  kSecondPayment = 6,  // a send that is paid, or ended, is paid by a transaction that no rule of
                       // ours allows: made by hand, or after an operator's verdict
};

// Type 16. Stays until an operator accepts it. Its number is this record's seq.
struct AlarmRaised {
  AlarmKind kind = AlarmKind::kUnexplainedSpend;
  bitcoin::Txid txid;
  std::optional<BatchId> batch;
  std::string detail;
};

// Type 17. An operator has looked at it and says why it is in order.
struct AlarmAccepted {
  Seq alarm = 0;
  std::string reason;
};

// Type 18. A version that replaces those before it (R3): spends every coin of version 0, pays less
// sends or the same, byte for byte, and more for the fee. Recorded before its signature is asked
// for.
struct VersionReserved {
  BatchId batch = 0;
  uint32_t version = 0;     // its place among the batch's versions: the next
  std::vector<Coin> added;  // what it spends and no version before it
  bitcoin::Bytes unsigned_tx;
  PaidVouts paid;  // by send of the batch; empty: this version leaves the send out
  std::optional<uint32_t> change_vout;
  bitcoin::Amount fee_sat = 0;
};

enum class OperatorVerdict : uint8_t {
  kPayAgain = 1,  // what may pay the send never will: other coins may pay it
  kNever = 2,     // likewise; and the send is given up
  kPaid = 3,      // the send counts as paid, by whatever the operator knows of
};

// Type 19. An operator decides about a send that the rules leave waiting (R4 d), for good.
struct VerdictGiven {
  SendId id;
  OperatorVerdict verdict = OperatorVerdict::kPayAgain;
  std::vector<bitcoin::Txid> excluded;  // the send's may-pay set as it was: none of it will confirm
  std::string reason;
};

// Type 20. A payment that was made before, or outside: binds the id to it, so that it can never be
// paid again. Makes the send if the id is new, and a batch of its own that has this record's seq
// and one adopted version.
struct PaymentAdopted {
  SendId id;
  SendContent content;
  bitcoin::Bytes raw_tx;
  std::vector<uint32_t> vouts;  // one for each output of the send
  bitcoin::Amount fee_sat = 0;  // of the whole transaction; 0 if the node does not know it
};

// Type 21. The node holds no lock any more on coins that the batch does not claim.
struct LocksReleased {
  BatchId batch = 0;
};

// Type 22. On the chain that was read the node shows these coins of the batch neither as unspent
// nor as spent, and refuses the batch's transactions for them: a parent was replaced or reorganised
// away. No proof of anything; from here on the sends count as conflicted. An empty list: they are
// back.
struct CoinsVanished {
  BatchId batch = 0;
  std::vector<bitcoin::OutPoint> coins;
};

// What is kept for ever of a send whose detail is pruned.
struct PrunedSend {
  SendId id;
  ContentDigest content;
  Millis created_at_ms = 0;
  Seq recorded_seq = 0;

  bool operator==(const PrunedSend&) const = default;
};

// And of the batch that paid it.
struct PrunedBatch {
  BatchId id = 0;
  Payment payment;  // of each of its sends; without vouts
  // Other names that a version once had: of legacy coins, before the signature was there.
  std::vector<bitcoin::Txid> former_txids;
  Millis updated_at_ms = 0;
  Seq seq = 0;               // the last record of its sends
  std::vector<Seq> records;  // all that were about the batch, ascending
  // Of what stands in the log instead of these and of the records of its sends (wal/frame.h).
  bitcoin::Hash256 stubs_hash;
  std::vector<PrunedSend> sends;

  bool operator==(const PrunedBatch&) const = default;
};

// Type 23. From here on only this is known of these batches and their sends; with it, in one step,
// their records are replaced by stubs. Only where they are deep in the chain and had no story but
// to be paid (core/pruning.h).
struct DetailPruned {
  std::vector<PrunedBatch> batches;
};

using Record = std::variant<WalCreated, SendRecorded, SendEnded, BatchReserved, SignatureRequested,
                            VersionSigned, VersionAccepted, VersionAdopted, RivalSeen, RivalGone,
                            BatchConfirmed, BatchReopened, BatchFinal, BatchDropped, ChainMoved,
                            AlarmRaised, AlarmAccepted, VersionReserved, VerdictGiven,
                            PaymentAdopted, LocksReleased, CoinsVanished, DetailPruned>;

// The record's name in doc/wal-format.md: "SendRecorded", ...
std::string_view RecordName(const Record& record);

// A record where it stands in the log.
struct Logged {
  Seq seq = 0;
  Millis at_ms = 0;
  Record record;
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_RECORDS_H
