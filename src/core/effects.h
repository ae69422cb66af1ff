// Effects: all that the core ever asks for. The core releases, the driver only executes: an effect
// that leaves Machine::Step may be carried out at once, because every record that justifies it is
// durable (R1). The driver never reorders effects of one kind for one batch.

#ifndef SENDONCE_CORE_EFFECTS_H
#define SENDONCE_CORE_EFFECTS_H

#include <variant>
#include <vector>

#include "core/alarm.h"
#include "core/answers.h"
#include "core/commands.h"
#include "core/records.h"

namespace sendonce::core {

// Blocks of the chain that was read, thinned with depth, for finding the fork after a
// reorganisation (as getblocklocator does); ascending.
struct ChainState {
  std::vector<ChainPosition> locator;  // the last is the tip
  ChainWork work{};                    // the most work that was ever seen (R10)
  // The highest block with a batch whose detail was pruned: what leaves the chain must be above it.
  std::optional<int32_t> pruned_up_to;

  const ChainPosition& tip() const { return locator.back(); }
};

// One record and what the ledger holds of everything that it touched, after it. The log writes all
// of it in one atomic step, so that the indexes never say more or less than the records.
struct Entry {
  Seq seq = 0;
  Millis at_ms = 0;
  Record record;
  std::vector<Send> sends;
  std::vector<Batch> batches;
  std::vector<Alarm> alarms;
  std::optional<ChainState> chain;
};

// Append and sync, in order; then the command Durable with the last seq. Any failure stops the
// process (G7).
struct Append {
  std::vector<Entry> entries;
};

// --- to the node. The first six have no effect on it.

struct ReadChain {
  std::vector<ChainPosition> locator;
};

// The wallet's unspent outputs, all of them or those in blocks above a height, unconfirmed ones
// included, those that are locked not; and the list of those that are.
struct ReadCoins {
  std::optional<int32_t> above_height;
};

// Every transaction with which the wallet spends, in blocks above this one or in none.
struct ReadSpends {
  ChainPosition since;
};

// What wallet and chain know of this transaction.
struct LookUpTransaction {
  CallToken call = 0;
  bitcoin::Txid txid;
};

// Which of these coins is spent, and by whom.
struct LookUpCoins {
  BatchId batch = 0;
  std::vector<bitcoin::OutPoint> coins;
  uint64_t draft = 0;  // that it comes before; 0: it is about the batch as it stands
};

// Make an unsigned transaction that spends exactly these coins, pays exactly these outputs in this
// order, with change, if any, behind them; nothing is reserved, signed or sent.
struct DraftTransaction {
  uint64_t draft = 0;
  std::vector<Coin> coins;
  std::vector<bitcoin::TxOut> outputs;
  std::vector<bitcoin::Amount> split_sat;  // change behind them, in front of what is left
  // For a version that replaces others: the batch. Its own coins may be spent by what is in the
  // mempool, only the chain has to hold them.
  std::optional<BatchId> replaces;
  FeeChoice fee;
  bitcoin::FeeRate fallback_fee_rate_sat_kvb = 0;  // where the node has no estimate; 0: then refuse
};

struct LockCoins {
  BatchId batch = 0;
  std::vector<bitcoin::OutPoint> coins;
};

// Coins of the batch that it does not claim any more. Answered; asked again until it is done (R8).
struct UnlockCoins {
  BatchId batch = 0;
  std::vector<bitcoin::OutPoint> coins;
};

// REQUIRES (kept by the core): the record that holds exactly these bytes, and the one that says
// that a signature is asked for, are durable.
struct Sign {
  BatchId batch = 0;
  uint32_t version = 0;
  bitcoin::Bytes unsigned_tx;
};

// REQUIRES (kept by the core): the record that holds exactly these bytes is durable.
struct Broadcast {
  BatchId batch = 0;
  bitcoin::Txid txid;
  bitcoin::Bytes raw_tx;
  bitcoin::FeeRate max_fee_rate_sat_kvb = 0;
};

// --- to the log

// Batches that can be pruned, in blocks up to a height, from a place on. No more sends than that,
// but for the last batch.
struct FindPrunable {
  PruneCursor from;
  int32_t up_to_height = 0;
  size_t max_sends = 0;
};

// --- to a caller

struct Answer {
  CallToken call = 0;
  Reply reply;
};

using Effect =
    std::variant<Append, ReadChain, ReadCoins, ReadSpends, LookUpTransaction, LookUpCoins,
                 DraftTransaction, LockCoins, UnlockCoins, Sign, Broadcast, FindPrunable, Answer>;
using Effects = std::vector<Effect>;

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_EFFECTS_H
