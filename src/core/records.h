// The records of the log: what is durable, and nothing else is known. Each is a fact about the
// past; applied in order to an empty ledger (core/ledger.h) they give the state. A record is never
// changed or removed; its type number and layout never change meaning (doc/wal-format.md).

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
  std::vector<Exclusion> exclusions;  // one for each transaction of each send's may-pay set
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

// Type 7. Our node has accepted it, or shown it.
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

using Record = std::variant<WalCreated, SendRecorded, SendEnded, BatchReserved, SignatureRequested,
                            VersionSigned, VersionAccepted, VersionAdopted, RivalSeen, RivalGone,
                            BatchConfirmed, BatchReopened, BatchFinal, BatchDropped, ChainMoved,
                            AlarmRaised, AlarmAccepted>;

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
