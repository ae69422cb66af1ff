#include "core/culprit_search.h"

#include <cassert>

namespace sendonce::core {

CulpritSearch::CulpritSearch(std::vector<SendId> all)
    : all_(std::move(all)), is_good_(all_.size(), false) {
  assert(all_.size() > 1);
  AddHalves({0, all_.size()});
}

void CulpritSearch::AddHalves(const Group& group) {
  const size_t middle = group.begin + (group.end - group.begin) / 2;
  undecided_.push_back({middle, group.end});
  undecided_.push_back({group.begin, middle});
}

std::vector<SendId> CulpritSearch::Next() const {
  assert(!IsOver());
  const Group& group = undecided_.back();
  std::vector<SendId> next;
  for (size_t i = 0; i < all_.size(); ++i) {
    if (is_good_[i] || (i >= group.begin && i < group.end)) next.push_back(all_[i]);
  }
  return next;
}

void CulpritSearch::Judged(bool is_good) {
  assert(!IsOver());
  const Group group = undecided_.back();
  undecided_.pop_back();
  if (is_good) {
    for (size_t i = group.begin; i < group.end; ++i) is_good_[i] = true;
  } else if (group.end - group.begin > 1) {
    AddHalves(group);
  }
}

std::vector<SendId> CulpritSearch::good() const {
  std::vector<SendId> good;
  for (size_t i = 0; i < all_.size(); ++i) {
    if (is_good_[i]) good.push_back(all_[i]);
  }
  return good;
}

}  // namespace sendonce::core
