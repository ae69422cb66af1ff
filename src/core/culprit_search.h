// Finds those that a judge refuses among many whom it refused together, by asking about groups of
// them: halves, and halves of these. Each alone is good or not, whoever is with it. Pure.

#ifndef SENDONCE_CORE_CULPRIT_SEARCH_H
#define SENDONCE_CORE_CULPRIT_SEARCH_H

#include <vector>

#include "core/send.h"

namespace sendonce::core {

class CulpritSearch {
 public:
  // Refused together. REQUIRES: more than one.
  explicit CulpritSearch(std::vector<SendId> all);

  // Who is good is known of each. So after at most twice as many judgements as there are members;
  // after some 2 log2(n) of them for each that is refused.
  bool IsOver() const { return undecided_.empty(); }

  // Whom to ask about next: those found good so far and some more, in the order given at first.
  // REQUIRES: it is not over.
  std::vector<SendId> Next() const;

  // What the judge says of Next().
  void Judged(bool is_good);

  const std::vector<SendId>& all() const { return all_; }
  std::vector<SendId> good() const;

 private:
  // Positions in all_: from `begin` up to but not including `end`.
  struct Group {
    size_t begin = 0;
    size_t end = 0;
  };

  void AddHalves(const Group& group);

  std::vector<SendId> all_;
  std::vector<bool> is_good_;
  std::vector<Group> undecided_;  // the last is asked about next
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_CULPRIT_SEARCH_H
