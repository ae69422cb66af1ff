// The copies of the WAL folder that an operator has, and what he does with them while the daemon is
// down: one of them is put in the place of the log, with its own anchor or beside the present one.

#ifndef SENDONCE_TEST_SIM_ARCHIVE_H
#define SENDONCE_TEST_SIM_ARCHIVE_H

#include <vector>

#include "checkers.h"
#include "dice.h"
#include "disk.h"
#include "toy_node.h"
#include "trace.h"

namespace sendonce::sim {

class Archive {
 public:
  Archive(core::ToyNode& node, Disk& disk, Checkers& checkers, Trace& trace, Dice& dice)
      : node_(node), disk_(disk), checkers_(checkers), trace_(trace), dice_(dice) {}

  // One more copy, while a few more may be made.
  void CopyAside();

  // One of the copies in the place of the log. False: there is none, or a start refused it and the
  // newest is there as before. REQUIRES: no daemon runs, and no call of one is on its way.
  bool PutBack();

  uint64_t times_put_back() const { return forks_.size() - 1; }
  uint64_t times_refused() const { return times_refused_; }

 private:
  struct Copy {
    size_t branch;
    core::Seq last_seq;
    Checkers::Moment moment;
  };
  // Where a log that was put back goes other ways than the one that it is a copy of.
  struct Fork {
    size_t branch;
    core::Seq last_seq;
  };

  size_t BranchAt(size_t branch, core::Seq seq) const;
  bool IsOlder(const Copy& copy) const;
  bool HoldsThePresent(const Copy& copy) const;

  core::ToyNode& node_;
  Disk& disk_;
  Checkers& checkers_;
  Trace& trace_;
  Dice& dice_;
  std::vector<Copy> copies_;
  std::vector<Fork> forks_ = {{0, 0}};  // of the branch with that number
  uint64_t times_refused_ = 0;
};

}  // namespace sendonce::sim

#endif  // SENDONCE_TEST_SIM_ARCHIVE_H
