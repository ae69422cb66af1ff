// The payer: takes each batch one step further, as far as the log and the node allow: reserved,
// locked, signature asked for, signed, broadcast, and broadcast again until it is confirmed. What
// the next step of a batch is follows from the ledger alone, so that a restart at any point goes on
// where the log ends.
//
// Not thread-safe. Pure.

#ifndef SENDONCE_CORE_PAYER_H
#define SENDONCE_CORE_PAYER_H

#include <map>
#include <optional>
#include <set>

#include "core/answers.h"
#include "core/coin_standings.h"
#include "core/commands.h"
#include "core/follower.h"
#include "core/look_book.h"
#include "core/outbox.h"
#include "core/policy.h"

namespace sendonce::core {

class Payer {
 public:
  Payer(const Policy& policy, Ledger& ledger, Outbox& outbox, Follower& follower);

  // Asks for what is due for each batch.
  void Advance(Millis now_ms);
  Millis next_due_ms() const;

  // The batch exists now, or something about it has changed: look at it with the next Advance.
  void Schedule(BatchId batch, Millis at_ms);
  // All batches, for a node that came back.
  void ScheduleAll(Millis now_ms);

  // These batches were touched by records. What a confirmation has left nothing to do for was
  // forgotten: once the batch is final, or all its sends have left it, its locks are given back.
  void OnTouched(const std::vector<BatchId>& touched, Millis now_ms);

  // The clock was set back: what was scheduled is due.
  void MakeDue(Millis now_ms);

  void OnCoinsLocked(const CoinsLocked& locked, Millis now_ms);
  void OnCoinsUnlocked(const CoinsUnlocked& unlocked, Millis now_ms);
  // Which coins are locked in the node: those of ours that are not, and should be, are locked again
  // (R8).
  void OnLocksRead(const std::vector<bitcoin::OutPoint>& locked, Millis now_ms);
  void OnSigned(const Signed& reply, Millis now_ms);
  void OnBroadcasted(const Broadcasted& reply, Millis now_ms);
  void OnCoinsLookedUp(const CoinsLookedUp& reply, Millis now_ms);

  // The batch has a version to sign, and perhaps coins to lock: at once.
  void OnVersionReserved(BatchId batch, Millis now_ms);

  // Batches of whose newest version the node's policy has said, when it was sent last, that it does
  // not take it for what it is, whatever it pays.
  const std::set<BatchId>& batches_refused_by_policy() const { return refused_by_policy_; }

  // Gives a batch up for which no signature was asked for, and frees its coins. REQUIRES: none was.
  void Drop(BatchId batch, Millis now_ms);

  // Gives up every batch for which no signature was asked for: after a reorganisation its coins may
  // be gone or unconfirmed, and others can still be chosen.
  void DropUnasked(Millis now_ms);

  // Who spends the coins of the batch is asked before anything else is done with it.
  void WantLook(BatchId batch, Millis now_ms);
  // It was, a moment ago, and that version was not sent since; what was found out is on record.
  bool HasLooked(BatchId batch, const bitcoin::Txid& version, Millis now_ms) const;
  // It was in the mempool then.
  bool HasSeen(BatchId batch, const bitcoin::Txid& version) const;
  // The chain was read to its end since: what was in no mempool is in no block either.
  bool HasReadSinceLook(BatchId batch) const;
  // What only a verdict excludes is looked for, in the mempool and, if that is wanted, in what has
  // been mined up to then: true once that is done for each of them, and then it has to be done anew
  // for the next who asks.
  enum class Where { kMempool, kMempoolAndChain };
  bool HasLookedFor(const std::vector<Exclusion>& exclusions, Where where, Millis now_ms);
  // The version is not sent until then, in whatever batch.
  void Hold(const bitcoin::Txid& version, Millis until_ms) { held_until_ms_[version] = until_ms; }
  // Counts those that came back.
  uint64_t looks() const { return looks_.completed(); }

  // What keeps the batch from going on, if anything does.
  std::optional<Stall> StallOf(BatchId batch) const;

 private:
  // What is known of a batch beyond the log; lost with the process, and safe to lose.
  struct Attempt {
    bool in_flight = false;    // a call to the node is out
    bool locked = false;       // the node has its coins locked
    bool relocks = false;      // it has not, though there is nothing left to sign
    bool wants_look = false;   // who spends its coins has to be asked first ...
    bool look_is_out = false;  // ... and is
    int failures = 0;
    Millis due_ms = 0;
    std::optional<Stall> stall;
  };

  static bool HasLocksToGiveBack(const Batch& batch);
  static bool HasWork(const Batch& batch);
  void TakeNextStep(const Batch& batch, Attempt& attempt, Millis now_ms);
  void TrySuperseded(const Batch& batch, Attempt& attempt, Millis now_ms);
  void ReleaseLocks(const Batch& batch, Attempt& attempt, Millis now_ms);
  void Sign(const Batch& batch, uint32_t number, Attempt& attempt, Millis now_ms);
  bool MayGoOnByVerdict(const Batch& batch, Millis now_ms);
  void AskForSignature(const Batch& batch, uint32_t number, Attempt& attempt, Millis now_ms);
  bool DropIfExpired(const Batch& batch, Millis now_ms);
  void EmitBroadcast(const Batch& batch, Attempt& attempt, Millis now_ms);
  void OnAccepted(const Batch& batch, Attempt& attempt, Millis now_ms);
  void NotePolicy(const Batch& batch, const Broadcasted& reply);
  void Forget(BatchId batch, Attempt& attempt);
  std::vector<bitcoin::OutPoint> CoinsToLock(const Batch& batch) const;
  void LookUp(const Batch& batch, Attempt& attempt);
  void TakeWantedLook(const Batch& batch, Attempt& attempt, Millis now_ms);

  Attempt* Returned(BatchId batch);
  void Succeed(Attempt& attempt, BatchId batch, Millis due_ms);
  // Somebody does, and not for the end of what else is done about the batch.
  static bool WaitsForLook(const Attempt& attempt) {
    return attempt.wants_look && !attempt.look_is_out;
  }
  void Fail(Attempt& attempt, BatchId batch, const Stall& stall, Millis now_ms);
  template <typename T>
  void FailWith(Attempt& attempt, BatchId batch, const Outcome<T>& outcome, Millis now_ms);
  void AcceptElsewhere(BatchId id, const Version& version, Millis now_ms);
  void Accept(const Batch& batch, const bitcoin::Txid& txid, Millis now_ms);

  const Policy& policy_;
  Ledger& ledger_;
  Outbox& outbox_;
  Follower& follower_;
  std::map<BatchId, Attempt> attempts_;
  std::set<std::pair<Millis, BatchId>> due_;
  std::set<BatchId> refused_by_policy_;
  CoinStandings standings_;
  LookBook looks_;                // for those who wanted one
  std::set<BatchId> await_look_;  // looked at again when one comes back
  std::map<bitcoin::Txid, Millis> held_until_ms_;
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_PAYER_H
