// A batch: what spends coins with one transaction, for one or more sends, or for none. It owns its
// coins from the record that reserves them.

#ifndef SENDONCE_CORE_BATCH_H
#define SENDONCE_CORE_BATCH_H

#include <optional>
#include <string>
#include <vector>

#include "bitcoin/transaction.h"
#include "core/send.h"

namespace sendonce::core {

// An unspent output of the wallet.
struct Coin {
  bitcoin::OutPoint outpoint;
  bitcoin::Amount amount_sat = 0;
  bitcoin::Script script;

  bool operator==(const Coin&) const = default;
};

// For each send of the batch, in the order of Batch::sends, the outputs that pay it, in the order
// of the send's own outputs. Empty: it is not paid.
using PaidVouts = std::vector<std::vector<uint32_t>>;

// A transaction of the batch that was, or may have been, given to sign; or one made by somebody
// else that pays and was adopted (R7).
struct Version {
  bitcoin::Bytes unsigned_tx;  // empty if adopted
  bitcoin::Bytes raw_tx;       // signed; empty until a signature is in the log
  bitcoin::Txid txid;  // of raw_tx; before that of unsigned_tx, which is the same where only native
                       // segwit is spent
  PaidVouts paid;
  std::optional<uint32_t> change_vout;  // this output and all behind it are our change
  bitcoin::Amount fee_sat = 0;
  bool signature_asked = false;  // from here on a signature may exist, whatever was heard (R3)
  bool accepted = false;         // our node has accepted or shown it
  bool adopted = false;
  // That of unsigned_tx, if it is another. Follows from the rest, and is not stored.
  std::optional<bitcoin::Txid> former_txid = std::nullopt;

  bool operator==(const Version&) const = default;
};

// A transaction that spends a coin of the batch and is no version of it. For the sends it does not
// pay.
struct Rival {
  bitcoin::Bytes raw_tx;
  bitcoin::Txid txid;
  std::optional<ChainPosition> block;  // absent: seen in the mempool only

  bool operator==(const Rival&) const = default;
};

// Why one transaction of a send's may-pay set can not confirm together with the batch that the send
// enters (R4). Part of the record that reserves the coins.
enum class ExclusionReason : uint8_t {
  kSharedCoin = 1,         // (a) the batch spends a coin that the transaction spends
  kDescendsFromRival = 2,  // (b) the batch spends an output of a rival, or of a descendant of one
  kDeepRival = 3,          // (c) such a rival is conflict_depth deep
  kVerdict = 4,            // (d) an operator's verdict
};

struct Exclusion {
  SendId send;
  bitcoin::Txid excluded;  // T
  ExclusionReason reason = ExclusionReason::kSharedCoin;
  bitcoin::OutPoint coin;  // (a): shared with T; (b): of the rival's line, spent by the batch
  bitcoin::Txid rival;     // (b), (c): X
};

struct Confirmation {
  bitcoin::Txid txid;  // the version that is in the chain
  ChainPosition block;

  bool operator==(const Confirmation&) const = default;
};

enum class BatchEnd : uint8_t {
  kOpen = 0,
  kFinal = 1,    // confirmed `finality` deep; a reorganisation opens it again
  kDropped = 2,  // given up before a signature was asked for: no transaction of it can exist
};

struct Batch {
  BatchId id = 0;
  std::vector<SendId> sends;
  std::vector<Coin>
      coins;  // all that any version spends; the first `core_coins` are those of version 0
  uint32_t core_coins = 0;
  std::vector<Exclusion> exclusions;
  std::vector<Version> versions;
  std::vector<Rival> rivals;
  std::vector<bitcoin::OutPoint> vanished;  // coins that the node shows neither spent nor unspent
  std::optional<Confirmation> confirmation;
  BatchEnd end = BatchEnd::kOpen;
  bool left = false;        // a send has left it by R4: it is watched for ever
  bool superseded = false;  // all have: its coins are free
  bool locked = true;       // the node may hold locks on its coins
  Millis created_at_ms = 0;
  Millis updated_at_ms = 0;
  Seq seq = 0;  // its last record
};

// Most outputs of a transaction that are our change.
constexpr size_t kMaxChangeOutputs = 10;

// Where the version's change is; none for one that was adopted.
std::vector<bitcoin::OutPoint> ChangeOf(const Version& version);

// The amounts of its change but for the last of it.
std::vector<bitcoin::Amount> SplitOf(const Version& version);

// True if a signature was asked for any version: the sends in it can no longer be cancelled.
bool SignatureAsked(const Batch& batch);

// R4: all sends leave the batch together, because a version may be signed and nobody has heard of
// it. Not where a version is in the chain: the others of ours conflict with it (R3), so those that
// it leaves out may go, each for reasons of its own.
bool MustLeaveTogether(const Batch& batch);

// True if our node has accepted or shown a version, or one is in the chain.
bool Accepted(const Batch& batch);

// True if that was a version of our making: it is in the world.
bool AcceptedOurOwn(const Batch& batch);

// The version has that txid, or had it before it was signed: legacy inputs change it with their
// signature, and what was recorded about it meanwhile names it by the one that it had.
bool IsKnownAs(const Version& version, const bitcoin::Txid& txid);

// What Version::former_txid has to be. Costs a hash of the transaction.
std::optional<bitcoin::Txid> FormerTxidOf(const Version& version);

// An operator's verdict on the send excludes the version, and stands.
bool IsNamedByVerdict(const Send& send, const Version& version);

// A spend of the wallet by that transaction is explained: the batch has a version of it that was
// given to sign, or that somebody else made and that was adopted. Bytes that were only reserved
// explain nothing: then the log is older than the signature.
bool ExplainsSpend(const Batch& batch, const bitcoin::Txid& txid);

// The version with that txid, or nullptr.
const Version* FindVersion(const Batch& batch, const bitcoin::Txid& txid);

// The version to show and to broadcast first: the one in the chain, else the newest with a
// signature, else the newest.
const Version& CurrentVersion(const Batch& batch);

// The version to show of those that pay the send: the one in the chain, else the newest that our
// node has accepted, else the newest with a signature, else the newest; nullptr if none pays it.
// REQUIRES: the send is in the batch.
const Version* ShownVersion(const Batch& batch, const SendId& id);

// Position of the send in the batch. REQUIRES: it is in it.
size_t IndexOfSend(const Batch& batch, const SendId& id);

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_BATCH_H
