// The bumper: gives a batch another version (R3). By a caller's wish, or by policy when it does not
// confirm: the same payments for a higher fee. For a version that the node's policy refuses: one
// that leaves out those whom it is refused for. It has the version drafted and judged, checks the
// draft, and reserves it; signing and sending are the payer's. Until the record is written nothing
// has happened.
//
// A replacement spends the core of the batch, first and in order; where that is too little, what
// earlier versions have added, and then confirmed coins that are free.
//
// One draft at a time; callers' wishes come first.
//
// Not thread-safe. Pure.

#ifndef SENDONCE_CORE_BUMPER_H
#define SENDONCE_CORE_BUMPER_H

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/answers.h"
#include "core/bump_wishes.h"
#include "core/coin_pool.h"
#include "core/commands.h"
#include "core/culprit_search.h"
#include "core/draft_numbers.h"
#include "core/follower.h"
#include "core/funder.h"
#include "core/outbox.h"
#include "core/overdue_watch.h"
#include "core/payer.h"
#include "core/policy.h"

namespace sendonce::core {

class Bumper {
 public:
  Bumper(const Policy& policy, Ledger& ledger, Outbox& outbox, CoinPool& pool, Follower& follower,
         Payer& payer, const Funder& funder, DraftNumbers& drafts);

  // A caller wants the batch that pays the send to pay that rate (BumpWishes::Add).
  void Ask(CallToken call, const SendId& id, bitcoin::FeeRate fee_rate_sat_kvb, Millis now_ms);
  void OnCallerGone(CallToken call) { wishes_.OnCallerGone(call); }
  // What waits is given up.
  void Stop();
  std::vector<BumpWishes::Result> TakeResults() { return wishes_.TakeResults(); }

  void Advance(Millis now_ms);
  Millis next_due_ms() const;
  // The clock was set back: what was held back is due.
  void MakeDue(Millis now_ms);

  // No effect if they answer another part's question.
  void OnCoinsLookedUp(const CoinsLookedUp& reply, Millis now_ms);
  void OnDrafted(const Drafted& reply, Millis now_ms);

 private:
  enum class Purpose : uint8_t { kAsked, kLeaveOut, kOverdue };

  struct Attempt {
    uint64_t id = 0;  // of the draft, and of the look-up before it
    BatchId batch = 0;
    Purpose purpose = Purpose::kAsked;
    std::vector<SendId> pays;
    FeeChoice fee;
    bitcoin::FeeRate rate_sat_kvb = 0;  // that the coins are chosen for
    std::vector<Coin> coins;
    std::vector<bitcoin::Amount> split_sat;  // of the change, as version 0 has it
    std::set<bitcoin::OutPoint> fresh;  // those of them that are not reserved for the batch yet
    std::set<bitcoin::OutPoint> gone;   // found missing
    bitcoin::Amount extra_sat = 0;      // added to the target after the coins were found too few
    bool has_all = false;               // there are no more coins to add
    int rounds = 0;                     // of choosing coins
    uint64_t reorganisations = 0;       // the follower's count when the coins were chosen
  };

  struct Search {
    CulpritSearch culprits;
    Millis due_ms = 0;
    int failures = 0;
  };

  bool StartAsked(Millis now_ms);
  bool StartLeavingOut(Millis now_ms);
  bool StartOverdue(Millis now_ms);
  void NoteRefusedBatches();
  std::optional<FeeChoice> TargetOf(const Batch& batch) const;
  bitcoin::FeeRate NextStep(const Batch& batch) const;

  void Start(Attempt attempt, Millis now_ms);
  void StartAgain(Attempt attempt, Millis now_ms);
  void ChooseCoins(const Batch& batch, Attempt& attempt) const;
  bool AddFreeCoins(const Batch& batch, bitcoin::Amount missing_sat, Attempt& attempt) const;
  void EmitDraft(Attempt attempt);

  void OnDraft(Attempt attempt, const Draft& draft, Millis now_ms);
  void OnMissing(Attempt attempt, const Draft& draft, Millis now_ms);
  void OnRefusedDraft(Attempt attempt, const Refused& refused, Millis now_ms);
  bool SettleRate(const Attempt& attempt, const Draft& draft, Millis now_ms);
  bool GoOnSearching(const Attempt& attempt, const Draft& draft, Millis now_ms);
  void Reserve(const Attempt& attempt, const Draft& draft, Millis now_ms);

  void Conclude(const Attempt& attempt, Verdict verdict, const std::string& detail, Millis now_ms);
  void Postpone(const Attempt& attempt, const std::string& why, Millis now_ms);

  const Policy& policy_;
  Ledger& ledger_;
  Outbox& outbox_;
  CoinPool& pool_;
  Follower& follower_;
  Payer& payer_;
  const Funder& funder_;
  DraftNumbers& drafts_;
  std::optional<Attempt> attempt_;
  BumpWishes wishes_;
  std::map<BatchId, Search> searches_;
  OverdueWatch overdue_;
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_BUMPER_H
