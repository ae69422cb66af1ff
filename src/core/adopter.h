// The adopter: records payments that were made before sendonce was there, or outside of it, so that
// their ids can never be paid again. The transaction is looked up in wallet and chain first; only
// then is anything written.
//
// Where the payment stands is a record of its own, and the block may have been read long ago: what
// a crash came between, or a node that had fallen behind, is looked up again.
//
// Not thread-safe. Pure.

#ifndef SENDONCE_CORE_ADOPTER_H
#define SENDONCE_CORE_ADOPTER_H

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/answers.h"
#include "core/builder.h"
#include "core/call_result.h"
#include "core/commands.h"
#include "core/follower.h"
#include "core/outbox.h"
#include "core/payer.h"
#include "core/policy.h"

namespace sendonce::core {

class Adopter {
 public:
  // Calls that wait for the node; more are refused.
  static constexpr size_t kMaxWaitingAdoptions = 1'000;
  // Places of adopted payments that the node is asked for at a time; the others wait for the next
  // round.
  static constexpr size_t kMaxPlacesPerRound = 100;

  Adopter(const Policy& policy, Ledger& ledger, Outbox& outbox, Follower& follower,
          Builder& builder, Payer& payer);

  // `send`: what is recorded under the id, or nullptr. There is one CallResult for each call, at
  // once or after OnTransactionLookedUp.
  void OnAdopt(const Adopt& adopt, const Send* send);
  void OnTransactionLookedUp(const TransactionLookedUp& reply, Millis now_ms);
  // These sends were touched by records. Calls for one that has ended are answered while the ledger
  // still holds it: it is forgotten once that is durable, and would be taken for a new id.
  void OnTouched(const std::vector<SendId>& touched);
  void OnCallerGone(CallToken call) { waiting_.erase(call); }
  // Asks for the place of what has none, some in each round and each in its turn.
  void Advance();
  // What waits for the node is given up.
  void Stop();

  std::vector<CallResult> TakeResults();

 private:
  void Give(const Adopt& adopt, Verdict verdict, bool replayed, std::string detail);
  bool IsBound(const Send& send) const;
  bool IsRecordedPayment(const Send& send, const bitcoin::Txid& txid) const;
  void FindPlace(const TransactionLookedUp& reply, Millis now_ms);
  void Record(const Adopt& adopt, const FoundTransaction& found, Millis now_ms);
  void RecordPlace(BatchId batch, const bitcoin::Txid& txid, const FoundTransaction& found,
                   Millis now_ms);
  void AcceptAlarms(const bitcoin::Transaction& transaction, const FoundTransaction& found,
                    Millis now_ms);

  const Policy& policy_;
  Ledger& ledger_;
  Outbox& outbox_;
  Follower& follower_;
  Builder& builder_;
  Payer& payer_;
  std::map<CallToken, Adopt> waiting_;
  std::map<BatchId, bitcoin::Txid> unplaced_;  // adopted, and in no block by the log
  std::optional<uint64_t> asked_round_;        // in which some were last asked for ...
  BatchId last_asked_ = 0;                     // ... up to this one
  std::vector<CallResult> results_;
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_ADOPTER_H
