#include "archive.h"

#include "violation.h"

namespace sendonce::sim {

namespace {

constexpr size_t kMaxCopies = 4;
constexpr uint64_t kMaxTimesPutBack = 2;

}  // namespace

void Archive::CopyAside() {
  if (copies_.size() == kMaxCopies) return;
  trace_.World("the log is copied");
  disk_.CopyAside(static_cast<int>(copies_.size()));
  copies_.push_back({forks_.size() - 1, disk_.durable_seq(), checkers_.Now()});
}

// The branch that wrote the record which a log of that branch holds there.
size_t Archive::BranchAt(size_t branch, core::Seq seq) const {
  while (branch > 0 && seq <= forks_[branch].last_seq) branch = forks_[branch].branch;
  return branch;
}

bool Archive::IsOlder(const Copy& copy) const {
  return copy.last_seq <= disk_.durable_seq() &&
         BranchAt(copy.branch, copy.last_seq) == BranchAt(forks_.size() - 1, copy.last_seq);
}

bool Archive::HoldsThePresent(const Copy& copy) const {
  const core::Seq last = disk_.durable_seq();
  return copy.last_seq >= last && BranchAt(copy.branch, last) == BranchAt(forks_.size() - 1, last);
}

bool Archive::PutBack() {
  if (copies_.empty() || times_put_back() == kMaxTimesPutBack) return false;
  const int number = dice_.Roll(static_cast<int>(copies_.size()));
  const Copy& copy = copies_[static_cast<size_t>(number)];
  const bool is_newer = HoldsThePresent(copy);
  if (is_newer && copy.last_seq == disk_.durable_seq()) return false;
  // Of a log that was given up: what the one in its place has done since, none of its copies tells.
  const bool is_astray = !is_newer && !IsOlder(copy);
  const bool with_its_anchor = !is_astray && !dice_.OneIn(4);
  if (trace_.on()) {
    trace_.World("the log is put back to record " + std::to_string(copy.last_seq) +
                 (with_its_anchor ? ", with its anchor" : ", beside the present anchor"));
  }
  if (!disk_.PutBack(number, with_its_anchor)) {
    if (with_its_anchor || is_newer) throw Violation("start", "a whole log is refused");
    trace_.World("a start refuses that: the newest is put back");
    ++times_refused_;
    return false;
  }
  if (!with_its_anchor && !is_newer) {
    throw Violation("start", "an older log is opened beside the present anchor");
  }
  forks_.push_back({copy.branch, copy.last_seq});
  node_.LoseSignatures(checkers_.OnPutBack(copy.moment));
  return true;
}

}  // namespace sendonce::sim
