// A send: one request of a caller, bound for ever to the id that the caller chose. Plain values;
// see core/ledger.h for who owns them.

#ifndef SENDONCE_CORE_SEND_H
#define SENDONCE_CORE_SEND_H

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bitcoin/address.h"
#include "bitcoin/amount.h"
#include "bitcoin/hash.h"
#include "bitcoin/script.h"

namespace sendonce::core {

// Milliseconds since 1970. Time enters the core only as a parameter.
using Millis = int64_t;

// 1 to kMaxIdLength of A-Z a-z 0-9 . _ : ~ -, and neither "." nor "..".
using SendId = std::string;
constexpr size_t kMaxIdLength = 128;
bool IsValidSendId(std::string_view id);

// Position of a record in the log: 1, 2, 3, ... without gaps.
using Seq = uint64_t;

// A batch is named by the position of the record that reserved it.
using BatchId = Seq;

constexpr size_t kMaxOutputsPerSend = 100;
constexpr size_t kMaxReferenceBytes = 256;
constexpr int kMaxConfTarget = 1008;  // bitcoind's own limit for estimatesmartfee

struct Payee {
  std::string address;  // as the caller wrote it: only for showing it again
  bitcoin::Script script;
  bitcoin::Amount amount_sat = 0;

  bool operator==(const Payee&) const = default;
};

// Exactly one of the two is set.
struct FeeChoice {
  std::optional<int> conf_target;                    // blocks
  std::optional<bitcoin::FeeRate> fee_rate_sat_kvb;  // "rate_sat_vb" of the API

  bool operator==(const FeeChoice&) const = default;
};

// What the caller asked for, field by field as it was written: an absent field is not its default,
// so that a retry that leaves one out is another content (G4).
struct SendContent {
  std::vector<Payee> outputs;
  std::optional<FeeChoice> fee;
  std::optional<bitcoin::Amount> max_fee_sat;
  std::optional<bool> batch;
  std::optional<Millis> not_after_ms;
  std::optional<std::string> reference;
};

// The first field in which the two differ, as a path a caller can find in his body
// ("outputs[1].amount_sat", "fee.conf_target"), or nullopt if they are the same content. Addresses
// are compared by script, outputs in order.
std::optional<std::string> DifferingField(const SendContent& stored, const SendContent& offered);

// What is kept of a content that was pruned (core/pruning.h): enough to know it again, and to name
// the field in which another one differs. "outputs", "fee", "max_fee_sat", "batch", "not_after",
// "reference".
constexpr size_t kContentFields = 6;
struct ContentDigest {
  bitcoin::Hash256 hash;  // of all of it; it alone decides whether two contents are the same
  std::array<uint64_t, kContentFields> field_hashes{};  // cut short: they only name a field
  bitcoin::Amount amount_sat = 0;                       // sum of the outputs

  bool operator==(const ContentDigest&) const = default;
};

// Different for contents that have a DifferingField, equal for others.
ContentDigest DigestOf(const SendContent& content);

// As above, but only the field as a whole is named.
std::optional<std::string> DifferingField(const ContentDigest& stored, const SendContent& offered);

// Sum of the outputs. REQUIRES: each is money and so is the sum (checked when the content was
// accepted).
bitcoin::Amount TotalAmountSat(const SendContent& content);

enum class Ending : uint8_t {
  kNone = 0,
  kCancelled = 1,     // by DELETE, before a signature was ever asked for
  kExpired = 2,       // not_after passed, before a signature was ever asked for
  kDeclaredPaid = 3,  // by an operator's verdict; counts as sent
};

struct ChainPosition {
  int32_t height = 0;
  bitcoin::BlockHash hash;

  bool operator==(const ChainPosition&) const = default;
};

// What is kept of the payment when the batch is final and leaves memory, so that a look-up of a
// finished send is one read.
struct Payment {
  bitcoin::Txid txid;
  std::vector<bitcoin::Txid> txids;  // every version, oldest first
  std::vector<uint32_t> vouts;       // one for each output of the send
  bitcoin::Amount fee_sat = 0;       // of the whole transaction
  uint32_t batch_size = 0;           // sends in the batch
  ChainPosition block;

  bool operator==(const Payment&) const = default;
};

struct Send {
  SendId id;
  // Absent: the id was fenced before it was ever submitted, or `pruned` is there instead.
  std::optional<SendContent> content;
  std::optional<ContentDigest> pruned;  // finished long ago: only the answer is kept
  Ending ending = Ending::kNone;
  std::vector<BatchId> batches;       // that it was ever in, oldest first, but for dropped ones
  std::optional<BatchId> live_batch;  // that it belongs to; absent: in none now
  // What an operator's verdict says will never confirm (R4 d).
  std::vector<bitcoin::Txid> excluded_by_verdict;
  std::optional<Payment> payment;  // set exactly while the batch that pays it is final
  Millis created_at_ms = 0;
  Millis updated_at_ms = 0;
  Seq recorded_seq = 0;  // its first record: its place in the queue
  Seq seq = 0;           // its last record, its batch's included when that was written for it
};

// The same for a send; nullopt also if it was fenced before it was ever submitted.
std::optional<std::string> DifferingField(const Send& stored, const SendContent& offered);

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_SEND_H
