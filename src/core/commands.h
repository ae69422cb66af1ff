// Commands: all that the core is ever told. A caller's request, the log's "durable", the node's
// replies, hints.

#ifndef SENDONCE_CORE_COMMANDS_H
#define SENDONCE_CORE_COMMANDS_H

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "bitcoin/transaction.h"
#include "core/outcome.h"
#include "core/records.h"

namespace sendonce::core {

// Names one waiting HTTP request. Never used twice in the life of a process.
using CallToken = uint64_t;

enum class Until : uint8_t { kSent, kConfirmed, kFinal };

// Hold the answer until the send has come that far, or that time has passed. A limit of 0 ms
// answers at once.
struct Wait {
  Millis limit_ms = 0;
  Until until = Until::kSent;
};
constexpr Millis kMaxWaitMs = 600'000;

// --- from callers. `stored` is the send as the log holds it if it is not open any more (the ledger
// keeps only open ones); the driver looks it up.

struct Submit {
  CallToken call = 0;
  SendId id;
  SendContent content;
  Wait wait;
  std::optional<Send> stored;
};

struct Query {
  CallToken call = 0;
  SendId id;
  Wait wait;
  std::optional<Send> stored;
};

// Many at once, each for itself: what becomes of one does not touch the others. Answered by one
// SendsReply, when all that it rests on is durable; nobody can wait for more.
constexpr size_t kMaxSendsInBulk = 1'000;

struct SubmitMany {
  struct Item {
    SendId id;
    SendContent content;
    std::optional<Send> stored;
  };
  CallToken call = 0;
  std::vector<Item> items;  // kMaxSendsInBulk at most
};

struct QueryMany {
  struct Item {
    SendId id;
    std::optional<Send> stored;
  };
  CallToken call = 0;
  std::vector<Item> items;  // kMaxSendsInBulk at most
};

struct Cancel {
  CallToken call = 0;
  SendId id;
  std::optional<Send> stored;
};

struct AskStatus {
  CallToken call = 0;
};
struct AskFunds {
  CallToken call = 0;
};
struct AskAlarms {
  CallToken call = 0;
};

struct AcceptAlarm {
  CallToken call = 0;
  Seq alarm = 0;
  std::string reason;
};

// Replace by fee the batch that pays the send.
struct Bump {
  CallToken call = 0;
  SendId id;
  bitcoin::FeeRate fee_rate_sat_kvb = 0;
  std::optional<Send> stored;
};

// Record a payment that was made before, or outside.
struct Adopt {
  CallToken call = 0;
  SendId id;
  std::optional<SendContent> content;  // absent: the one that is recorded under the id
  bitcoin::Txid txid;
  std::optional<Send> stored;
};

struct GiveVerdict {
  CallToken call = 0;
  SendId id;
  OperatorVerdict verdict = OperatorVerdict::kPayAgain;
  std::string reason;
  std::optional<Send> stored;
};

// The caller has gone: nothing waits for the answer. Changes nothing else.
struct CallerGone {
  CallToken call = 0;
};

// No new ids from here on (SIGTERM). What is waiting is answered as it stands.
struct StopAccepting {};

// --- from the log

// Everything up to and including `seq` is written and synced.
struct Durable {
  Seq seq = 0;
};

// --- from the node, each an answer to the effect of the same name (core/effects.h)

// An unsigned transaction made around the given coins, and what the node thinks of it. Nothing of
// it is believed before the core has parsed and checked it.
struct Draft {
  bitcoin::Bytes unsigned_tx;
  // The addresses that were asked for, one for each split_sat and one for what is left, which the
  // transaction need not use.
  std::vector<bitcoin::Script> change_scripts;
  bitcoin::FeeRate fee_rate_sat_kvb = 0;
  // The block at which the coins were found unspent (gettxout's bestblock, the same for each). A
  // draft counts only if the log follows the chain to just there: otherwise a coin could belong to
  // a batch that a reorganisation has opened again behind our back.
  bitcoin::BlockHash tip;
  std::vector<bitcoin::OutPoint> missing;  // coins that the node does not show as unspent
  std::optional<Refused>
      judgement;  // testmempoolaccept, if it objects to anything but the missing signatures
};

struct Drafted {
  uint64_t draft = 0;
  Outcome<Draft> outcome;
};

struct CoinsLocked {
  BatchId batch = 0;
  Outcome<Done> outcome;
};

struct CoinsUnlocked {
  BatchId batch = 0;
  Outcome<Done> outcome;
};

struct Signed {
  BatchId batch = 0;
  uint32_t version = 0;
  Outcome<bitcoin::Bytes> outcome;  // the signed transaction
};

struct Broadcasted {
  BatchId batch = 0;
  bitcoin::Txid txid;
  Outcome<Done> outcome;
};

// What the node shows of one coin. Both empty: it is unspent. A coin can be neither spent in the
// mempool nor unspent: spent in the chain, or its parent is gone.
struct CoinStanding {
  bitcoin::OutPoint outpoint;
  bool unspent = false;
  std::optional<bitcoin::Transaction> mempool_spender;
};

struct CoinsLookedUp {
  BatchId batch = 0;
  Outcome<std::vector<CoinStanding>> outcome;
  uint64_t draft = 0;
};

constexpr Millis kStartToleranceMs = 2'000;

struct NodeFacts {
  std::string chain;  // bitcoind's name of it
  bitcoin::BlockHash genesis;
  ChainPosition tip;
  ChainWork work{};
  bool initial_block_download = false;
  std::string subversion;
  bool private_broadcast = false;  // what the node is given is not seen in its mempool
  // When the node's process began, on a clock that is never set: only for comparison with what was
  // read before. Give or take kStartToleranceMs, as the node counts in whole seconds.
  Millis started_at_ms = 0;
  std::string wallet_name;
  bool wallet_has_private_keys = false;
  bool wallet_locked = false;
  bool wallet_scanning = false;
  int32_t wallet_height = 0;                 // the last block that the wallet has processed
  std::vector<std::string> wallet_bindings;  // every WAL id that the wallet carries, hexadecimal
};

struct ReadBlock {
  ChainPosition position;
  std::vector<bitcoin::Transaction> transactions;
};

// One step along the node's best chain, away from the highest block that both know.
struct ChainStep {
  NodeFacts facts;
  bool connected =
      false;  // false: none of the given blocks is in the node's chain, and nothing below is set
  int32_t fork_height = 0;
  std::vector<ReadBlock> blocks;  // from fork_height + 1, at most kMaxBlocksPerRead
  bool more = false;              // the chain goes on behind the last block
};
constexpr size_t kMaxBlocksPerRead = 8;

struct ChainRead {
  Outcome<ChainStep> outcome;
  // Batches, with their sends, that are not open any more and were confirmed above fork_height: the
  // driver looks them up, a reorganisation opens them again.
  std::vector<Batch> stored_batches;
  std::vector<Send> stored_sends;
};

struct WalletCoin {
  Coin coin;
  // Of the block that holds it; higher by what the chain grew while the wallet was read, never
  // lower. 0: in none.
  int32_t height = 0;
};

struct CoinsRead {
  Outcome<std::vector<WalletCoin>> outcome;
  std::optional<int32_t> above_height;    // as asked
  std::vector<bitcoin::OutPoint> locked;  // every coin that is locked in the node
};

// A transaction as wallet and chain show it, for adopting it.
struct FoundTransaction {
  bitcoin::Bytes raw_tx;
  std::optional<ChainPosition> block;  // absent: in the mempool
  // Outputs that the wallet counts as sent to others.
  std::vector<uint32_t> sent_vouts;
  bitcoin::Amount fee_sat = 0;  // 0 if the wallet does not know it
};

struct TransactionLookedUp {
  CallToken call = 0;
  bitcoin::Txid txid;
  Outcome<FoundTransaction>
      outcome;  // kNotFound: not the wallet's, or neither in chain nor mempool
  std::vector<Batch> stored_batches;  // that have it as a version; the driver looks them up
  bool pruned = false;                // the log knows others, whose detail was pruned
};

// A transaction with which the wallet spends, as listsinceblock shows it. `explained`: the log's
// index knows the txid; the driver looks it up.
struct WalletSpend {
  bitcoin::Txid txid;
  int32_t confirmations = 0;
  bool explained = false;
};

struct SpendsRead {
  Outcome<std::vector<WalletSpend>> outcome;
};

// --- from the log, an answer to the effect of the same name

// A final batch, its sends, the records about it, and the hash of what would stand in their place.
struct Prunable {
  Batch batch;
  std::vector<Send> sends;
  std::vector<Seq> records;
  bitcoin::Hash256 stubs_hash;
};

// A place among the confirmed batches, which are in the order of their blocks.
struct PruneCursor {
  int32_t height = 0;
  BatchId batch = 0;
};

struct PrunableFound {
  std::vector<Prunable> found;
  PruneCursor next;   // where to look on
  bool more = false;  // there may be others up to the height that was asked for
};

// --- hints (R6): make us look earlier, and change no record before RPC has confirmed what they say

// What is looked at of a transaction, and no more: anybody can send large ones, and many wait.
struct TransactionHint {
  TransactionHint() = default;
  explicit TransactionHint(const bitcoin::Transaction& transaction)
      : txid(bitcoin::TxidOf(transaction)) {
    coins.reserve(transaction.inputs.size());
    for (const bitcoin::TxIn& input : transaction.inputs) coins.push_back(input.prevout);
  }

  bitcoin::Txid txid;
  std::vector<bitcoin::OutPoint> coins;  // that it spends
};
struct ChainHint {};  // a block came or went, a gap in a counter, a new connection

// Time has passed. The driver gives one at Machine::next_tick_ms().
struct Tick {};

using Command = std::variant<Submit, Query, SubmitMany, QueryMany, Cancel, AskStatus, AskFunds,
                             AskAlarms, AcceptAlarm, CallerGone, StopAccepting, Bump, Adopt,
                             GiveVerdict, Durable, Drafted, CoinsLocked, CoinsUnlocked, Signed,
                             Broadcasted, CoinsLookedUp, ChainRead, CoinsRead, SpendsRead,
                             TransactionLookedUp, PrunableFound, TransactionHint, ChainHint, Tick>;

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_COMMANDS_H
