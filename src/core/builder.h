// The builder: decides which waiting sends are paid together, chooses their coins, has the node
// draft the transaction and judge it, checks the draft, and reserves. Until the reservation is
// written nothing has happened: a draft can be thrown away at any moment.
//
// Not thread-safe. Pure.

#ifndef SENDONCE_CORE_BUILDER_H
#define SENDONCE_CORE_BUILDER_H

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/answers.h"
#include "core/batching.h"
#include "core/coin_pool.h"
#include "core/commands.h"
#include "core/draft_numbers.h"
#include "core/follower.h"
#include "core/funder.h"
#include "core/outbox.h"
#include "core/payer.h"
#include "core/policy.h"
#include "core/rebuild.h"

namespace sendonce::core {

class Builder {
 public:
  Builder(const Policy& policy, Ledger& ledger, Outbox& outbox, CoinPool& pool, Follower& follower,
          Payer& payer, Funder& funder, DraftNumbers& drafts);

  // Starts a draft for sends that wait, if none is under way.
  void Advance(Millis now_ms);
  Millis next_due_ms() const;

  void OnDrafted(const Drafted& drafted, Millis now_ms);

  // The send is about to end: a draft that holds it is thrown away.
  void Withdraw(const SendId& id);

  // Why the send is not in a batch yet, or, where its batch cannot go on, why not in another.
  std::optional<Stall> StallOf(const Send& send) const;

  // The clock was set back: what was held back is due.
  void MakeDue(Millis now_ms);

  // What was chosen since the start, see CoinChoice.
  bitcoin::Amount waste_sat() const { return waste_sat_; }

 private:
  struct Attempt {
    uint64_t id = 0;
    std::vector<SendId> sends;
    Funds funds;
    FeeChoice fee;
    std::optional<BatchId> leaves;      // the batch that the sends leave by R4 ...
    std::vector<Exclusion> exclusions;  // ... and why they may
    uint64_t reorganisations = 0;       // the follower's count when the coins were chosen
  };

  // All that the plan to rebuild a batch was made from, as numbers that change with it.
  struct News {
    Seq seq = 0;
    bitcoin::BlockHash tip;
    uint64_t rounds = 0;
    uint64_t looks = 0;

    bool operator==(const News&) const = default;
  };

  // Why a send is passed over for now; lost with the process.
  struct Hold {
    Millis due_ms = 0;
    int failures = 0;
    std::optional<Stall> stall;
  };

  Seq LookedAt(Millis now_ms);
  bool OnlySendsCame() const;
  void AdvanceRebuilds(Millis now_ms);
  News NewsOf(const Batch& batch) const;
  bool HasNewsOf(const Batch& batch) const;
  void NoteBlocked(BatchId batch, const Stall& stall);
  void StartRebuild(const Batch& batch, Millis now_ms);
  void EmitDraft(Attempt attempt);
  bool MaySplit(const Attempt& attempt) const;
  Millis DueOf(const SendId& id) const;
  CoinSources Sources(Millis now_ms);
  Millis HeldUntil(const std::vector<SendId>& sends) const;
  void StartRound();
  bool IsUnaffordable(const Send& send) const;
  bool MayTry(const Send& send, Millis now_ms);
  std::vector<const Send*> Choose(Seq after, Millis now_ms);
  bitcoin::FeeRate GuessedRate(const FeeChoice& fee) const;
  void StartDraft(const std::vector<const Send*>& sends, Millis now_ms);
  bool IsTooHeavy(const std::vector<const Send*>& sends, const Funds& funds) const;

  void OnDraft(const Attempt& attempt, const Draft& draft, Millis now_ms);
  void KeepGone(const Attempt& attempt);
  void ChooseOthers(const Attempt& attempt, Millis now_ms);
  void OnRefusedDraft(const Attempt& attempt, const Refused& refused, Millis now_ms);
  void OnJudgement(const Attempt& attempt, const Refused& judgement, Millis now_ms);
  void Split(const Attempt& attempt);
  void StartPlainly();
  void Pause(Millis now_ms);
  void Reserve(const Attempt& attempt, BatchReserved reservation, Millis now_ms);
  void HoldBack(const SendId& id, std::string code, std::string detail, bool automatic,
                Millis now_ms);
  void HoldBackAll(const Attempt& attempt, const std::string& code, const std::string& detail,
                   bool automatic, Millis now_ms);
  void Forget(const std::vector<SendId>& sends);

  const Policy& policy_;
  Ledger& ledger_;
  Outbox& outbox_;
  CoinPool& pool_;
  Follower& follower_;
  Payer& payer_;
  Funder& funder_;
  DraftNumbers& drafts_;
  std::optional<Attempt> attempt_;
  std::map<BatchId, Stall> blocked_rebuilds_;          // why R4 does not help the batch yet ...
  std::map<BatchId, News> planned_at_;                 // ... and what that was found out from
  std::map<bitcoin::OutPoint, Millis> gone_until_ms_;  // coins that a draft found missing
  Millis rebuild_wake_ms_ = 0;
  Seq rebuild_seq_ = 0;         // the last record when rebuilds were looked at
  uint64_t rebuild_round_ = 0;  // and the follower's round
  uint64_t rebuild_looks_ = 0;
  std::map<SendId, Hold> holds_;
  std::map<int, bitcoin::FeeRate> last_rates_;  // by conf_target, as the last draft used them
  std::map<BatchId, bitcoin::Amount> more_for_rebuild_sat_;  // where one coin more is wanted
  bitcoin::Amount extra_sat_ = 0;  // added to the target after the node found the coins too few
  // By fee rate, the amount for which the coins of this round did not suffice.
  std::map<bitcoin::FeeRate, bitcoin::Amount> unaffordable_;
  std::optional<Millis> short_since_ms_;  // since when there is such an amount in each round
  uint64_t round_ = 0;                    // of the follower, that unaffordable_ is about
  bool plain_ = false;  // the next draft takes no small coins along and splits no change
  bitcoin::Amount waste_sat_ = 0;
  size_t max_company_;          // sends in the next draft: halved when a company is refused
  Millis not_before_ms_ = 0;    // no draft before it
  Millis wake_ms_ = 0;          // when a send that is held back may be tried again
  Seq seen_seq_ = 0;            // the last record when all sends were looked at
  bool all_held_back_ = false;  // then: none of them could be tried
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_BUILDER_H
