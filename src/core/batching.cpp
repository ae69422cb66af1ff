#include "core/batching.h"

#include <algorithm>
#include <deque>
#include <map>
#include <tuple>

namespace sendonce::core {

namespace {

constexpr int64_t kWitnessScaleFactor = 4;

int64_t OutputsWeight(const Send& send) {
  int64_t vsize = 0;
  for (const Payee& payee : send.content->outputs) vsize += bitcoin::OutputSize(payee.script);
  return vsize * kWitnessScaleFactor;
}

class Company {
 public:
  explicit Company(const Send& first, const Policy& policy)
      : is_alone_(!first.content->batch.value_or(true)), policy_(policy) {
    Add(first);
  }

  // False, and full from here on, if it would be too much.
  bool Take(const Send& send, size_t max_sends) {
    const size_t outputs = outputs_ + send.content->outputs.size();
    const int64_t weight = weight_ + OutputsWeight(send);
    if (sends_.size() >= max_sends || outputs > policy_.max_outputs_per_batch ||
        weight > policy_.max_batch_weight) {
      is_full_ = true;
      return false;
    }
    Add(send);
    return true;
  }

  Millis DueMs(Millis now_ms) const {
    if (is_full_ || is_alone_ || is_urgent_) return now_ms;
    // A clock that was set back keeps nobody waiting.
    const Millis since_ms = std::min(sends_.front()->created_at_ms, now_ms);
    return since_ms + policy_.max_company_wait_ms;
  }

  bool is_full() const { return is_full_; }
  std::vector<const Send*> TakeSends() { return std::move(sends_); }

 private:
  void Add(const Send& send) {
    sends_.push_back(&send);
    outputs_ += send.content->outputs.size();
    weight_ += OutputsWeight(send);
    const auto conf_target = FeeOf(send, policy_).conf_target;
    is_urgent_ = is_urgent_ || (conf_target && *conf_target <= policy_.urgent_conf_target);
  }

  std::vector<const Send*> sends_;
  size_t outputs_ = 0;
  int64_t weight_ = 0;
  bool is_alone_ = false;
  bool is_urgent_ = false;
  bool is_full_ = false;
  const Policy& policy_;
};

// Companies in the order of their oldest sends.
class Companies {
 public:
  Companies(const Policy& policy, size_t max_sends) : policy_(policy), max_sends_(max_sends) {}

  void Add(const Send& send) {
    if (!send.content->batch.value_or(true)) {
      companies_.emplace_back(send, policy_);
      return;
    }
    const FeeChoice fee = FeeOf(send, policy_);
    const auto [known, is_new] =
        open_.try_emplace({fee.conf_target, fee.fee_rate_sat_kvb}, companies_.size());
    if (is_new) {
      companies_.emplace_back(send, policy_);
      return;
    }
    Company& company = companies_[known->second];
    if (!company.is_full()) company.Take(send, max_sends_);
  }

  // Nothing that comes behind can go before it.
  bool IsFirstFull() const { return !companies_.empty() && companies_.front().is_full(); }

  Gathering FirstDue(Millis now_ms) {
    Gathering gathering;
    for (Company& company : companies_) {
      const Millis due_ms = company.DueMs(now_ms);
      if (due_ms <= now_ms) return {company.TakeSends(), INT64_MAX, 0};
      gathering.due_ms = std::min(gathering.due_ms, due_ms);
    }
    return gathering;
  }

 private:
  const Policy& policy_;
  const size_t max_sends_;
  std::deque<Company> companies_;
  std::map<std::tuple<std::optional<int>, std::optional<bitcoin::FeeRate>>, size_t> open_;
};

}  // namespace

FeeChoice FeeOf(const Send& send, const Policy& policy) {
  return send.content->fee.value_or(FeeChoice{policy.conf_target, std::nullopt});
}

Gathering Gather(const Ledger& ledger, const Policy& policy, size_t max_sends, Seq after,
                 const std::function<bool(const Send&)>& may_try, Millis now_ms) {
  Companies companies(policy, max_sends);
  size_t looks = 0;
  const auto& waiting = ledger.waiting();
  for (auto next = waiting.upper_bound(after); next != waiting.end(); ++next) {
    if (looks == kMaxLooksPerBatch || companies.IsFirstFull()) break;
    const Send* send = ledger.FindSend(next->second);
    if (!may_try(*send)) continue;
    ++looks;
    companies.Add(*send);
  }
  Gathering gathering = companies.FirstDue(now_ms);
  gathering.looks = looks;
  return gathering;
}

}  // namespace sendonce::core
