// Answers: what callers are told (doc/http-api.md), as values. Built from durable facts alone (G3);
// "stalled" is the one exception, it explains and promises nothing.

#ifndef SENDONCE_CORE_ANSWERS_H
#define SENDONCE_CORE_ANSWERS_H

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/alarm.h"
#include "core/batch.h"
#include "core/send.h"

namespace sendonce::core {

enum class SendOutcome : uint8_t { kPending, kSent, kNever };

enum class SendState : uint8_t {
  kRecorded,
  kReserved,
  kSigned,
  kBroadcast,
  kConfirmed,
  kFinal,
  kConflicted,
  kCancelled,
  kExpired
};

// What keeps a send, or all of them, from going on.
struct Stall {
  std::string code;  // stable
  std::string detail;
  Millis since_ms = 0;
  bool automatic =
      true;  // goes on by itself when the cause is gone; otherwise an operator must act

  bool operator==(const Stall&) const = default;
};

struct PayeeView {
  std::string address;
  bitcoin::Amount amount_sat = 0;
  std::optional<uint32_t> vout;
};

// One send as the API shows it.
struct SendView {
  SendId id;
  SendOutcome outcome = SendOutcome::kPending;
  SendState state = SendState::kRecorded;
  bool replayed = false;
  std::optional<Stall> stalled;
  std::vector<PayeeView> outputs;  // empty for an id that was fenced before it was submitted
  std::string reference;
  // The detail was pruned: no outputs and no reference any more, but what was paid in all.
  std::optional<bitcoin::Amount> pruned_amount_sat;
  std::optional<bitcoin::Txid> txid;
  std::vector<bitcoin::Txid> txids;
  std::optional<bitcoin::Amount> fee_sat;
  std::optional<uint32_t> batch_size;
  int32_t confirmations = 0;
  std::optional<ChainPosition> block;
  Millis created_at_ms = 0;
  Millis updated_at_ms = 0;
  Seq seq = 0;
};

enum class Verdict : uint8_t {
  kCreated,          // 201
  kKnown,            // 200
  kFenced,           // 200: DELETE, the send is `never`
  kIdReused,         // 409, with `field` and the stored send
  kIdCancelled,      // 409
  kTooLate,          // 409, with the send
  kUnknownId,        // 404
  kOverloaded,       // 503
  kStarting,         // 503: not compared with wallet and chain yet
  kNotPaying,        // 503: refuses new ids until an operator has acted; `detail` says the way out
  kStopping,         // 503
  kCannotBump,       // 409: nothing to replace, or a rule forbids it; `detail` says which
  kFeeTooHigh,       // 422: a cap forbids the rate
  kNotPaid,          // 422: the transaction does not pay this, or an output of it is another id's
  kNoTransaction,    // 404: wallet and chain do not show it
  kNodeUnavailable,  // 503: the node has to be asked, and gives no answer
  kNoVerdictNeeded,  // 409: the rules decide about this send; `detail` says what to do instead
};

struct SendReply {
  Verdict verdict = Verdict::kKnown;
  std::optional<SendView> send;
  std::string field;   // kIdReused
  std::string detail;  // for a person
  // kOverloaded: in what time trying again is likely to make a difference.
  Millis retry_after_ms = 0;
};

// To many at once, in the order in which they were asked.
struct SendsReply {
  std::vector<SendReply> replies;
};

struct NodeView {
  bool reachable = false;
  std::string problem;  // why not, or what keeps it from being used; empty if all is well
  std::string chain;
  std::string subversion;
  ChainPosition tip;
  bool initial_block_download = false;
  std::string wallet_name;
  bool wallet_locked = false;
};

struct StatusReply {
  NodeView node;
  std::optional<Stall> paying_stalled;  // absent: ready to pay
  bool accepting = false;               // new ids are recorded
  std::string wal_id;
  Seq durable_seq = 0;
  ChainPosition read_up_to;  // the block up to which the log follows the chain
  uint64_t open_sends = 0;
  uint64_t waiting_sends = 0;  // open and in no batch
  std::optional<Millis> oldest_pending_since_ms;
  uint64_t open_batches = 0;
  uint64_t open_alarms = 0;
  bitcoin::Amount waste_sat = 0;  // of the coins chosen since the start, see core/coin_selection.h
};

struct CoinSum {
  bitcoin::Amount amount_sat = 0;
  uint64_t coins = 0;
};

struct Reservation {
  BatchId batch = 0;
  std::vector<SendId> sends;
  std::vector<Coin> coins;
  Millis since_ms = 0;
  std::string reason;  // the batch's state in a word
};

struct FundsReply {
  CoinSum spendable;
  CoinSum reserved;
  CoinSum waiting_for_confirmations;
  std::vector<Reservation> reservations;
  // Coins that are locked in the node and that no record explains: an operator's, they stay (R8).
  std::vector<bitcoin::OutPoint> foreign_locks;
  bool known = false;  // false: the wallet's coins have not been read yet
};

struct AlarmsReply {
  std::vector<Alarm> alarms;  // open ones first, then accepted ones, each by number
};

struct AlarmReply {
  std::optional<Alarm> alarm;  // absent: no such alarm
};

using Reply = std::variant<SendReply, SendsReply, StatusReply, FundsReply, AlarmsReply, AlarmReply>;

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_ANSWERS_H
