// Writes down what a look at a batch's coins has shown: who spends them in the mempool, rivals that
// are gone, coins that have vanished.
//
// Not thread-safe. Pure.

#ifndef SENDONCE_CORE_COIN_STANDINGS_H
#define SENDONCE_CORE_COIN_STANDINGS_H

#include <map>
#include <vector>

#include "core/commands.h"
#include "core/follower.h"
#include "core/outbox.h"

namespace sendonce::core {

class CoinStandings {
 public:
  CoinStandings(Ledger& ledger, Outbox& outbox, Follower& follower);

  // Returns whether all are unspent, in the mempool too. REQUIRES: the ledger has the batch.
  bool Note(BatchId batch, const std::vector<CoinStanding>& standings, Millis now_ms);
  // What was seen once does not count any more.
  void Forget(BatchId batch) { seen_.erase(batch); }

 private:
  // Coins that were neither spent nor unspent when last looked up, and the follower's round then.
  struct Seen {
    std::vector<bitcoin::OutPoint> vanished;
    uint64_t round = 0;
  };

  void NoteGoneRivals(BatchId batch, const std::vector<CoinStanding>& standings, Millis now_ms);
  void NoteVanished(BatchId batch, std::vector<bitcoin::OutPoint> vanished, Millis now_ms);

  Ledger& ledger_;
  Outbox& outbox_;
  Follower& follower_;
  std::map<BatchId, Seen> seen_;
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_COIN_STANDINGS_H
