// What was looked up of a batch's coins because somebody wanted to know, and what has been sent
// since: from when on the answer says nothing any more. Lost with the process.
//
// Not thread-safe. Pure.

#ifndef SENDONCE_CORE_LOOK_BOOK_H
#define SENDONCE_CORE_LOOK_BOOK_H

#include <map>
#include <optional>
#include <set>

#include "core/batch.h"

namespace sendonce::core {

class LookBook {
 public:
  // A look says something for so long.
  explicit LookBook(Millis window_ms) : window_ms_(window_ms) {}

  // Of transactions, whatever batch they are sent for.
  void NoteSent(const bitcoin::Txid& txid);
  void NoteOutcome(const bitcoin::Txid& txid);
  // What is on its way to the node may come there behind a look.
  bool IsOnItsWay(const Batch& batch) const;

  void Begin(BatchId batch) { looks_[batch] = {}; }
  // `readings`: of the chain, begun up to now. `spenders`: of its coins, in the mempool.
  void Complete(BatchId batch, uint64_t readings, std::set<bitcoin::Txid> spenders, Millis now_ms);
  void Forget(BatchId batch) { looks_.erase(batch); }
  void ForgetAll() { looks_.clear(); }
  // Counts those that came back.
  uint64_t completed() const { return completed_; }

  // A look came back a moment ago, and the transaction was not sent since it began.
  bool HasLooked(BatchId batch, const bitcoin::Txid& txid, Millis now_ms) const;
  // The look that came back found it in the mempool.
  bool HasSeen(BatchId batch, const bitcoin::Txid& txid) const;
  // The readings of the chain that had begun when it came back; nullopt if none has.
  std::optional<uint64_t> ReadingsBefore(BatchId batch) const;

 private:
  struct Look {
    std::optional<Millis> at_ms;  // absent: it is out
    uint64_t readings_before = 0;
    std::set<bitcoin::Txid> spenders;
    std::set<bitcoin::Txid> sent_since;
  };

  const Millis window_ms_;
  std::map<BatchId, Look> looks_;
  std::multiset<bitcoin::Txid> on_its_way_;
  uint64_t completed_ = 0;
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_LOOK_BOOK_H
