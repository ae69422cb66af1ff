#include "core/bump_wishes.h"

#include <algorithm>
#include <utility>

#include "core/backoff.h"
#include "core/replacement.h"

namespace sendonce::core {

namespace {

constexpr Millis kNever = INT64_MAX;
// Tries that failed by what can be otherwise in a moment, before a caller is told so.
constexpr int kMaxFailures = 6;

constexpr const char* kLeftOut =
    "the present version of the transaction leaves this send out; it is paid again when that one "
    "has confirmed (rule R4)";

bool Contains(const std::vector<SendId>& ids, const SendId& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

bitcoin::FeeRate BumpWishes::Wish::HighestRate() const {
  bitcoin::FeeRate highest = 0;
  for (const Caller& caller : callers) highest = std::max(highest, caller.rate_sat_kvb);
  return highest;
}

BumpWishes::BumpWishes(const Policy& policy, const Ledger& ledger)
    : policy_(policy), ledger_(ledger) {}

std::optional<BumpWishes::Result> BumpWishes::AnswerAtOnce(const Caller& caller) const {
  const auto result = [&](Verdict verdict, std::string detail) {
    return Result{caller.call.value_or(0), caller.id, verdict, std::move(detail)};
  };
  const Send* send = ledger_.FindSend(caller.id);
  if (!send || !Ledger::IsOpen(*send)) {
    return result(Verdict::kTooLate, "the send is paid, or has ended");
  }
  const Batch* batch = ledger_.LiveBatchOf(*send);
  if (!batch) return result(Verdict::kCannotBump, "no transaction pays the send yet");
  if (batch->confirmation && !CurrentVersion(*batch).paid[IndexOfSend(*batch, caller.id)].empty()) {
    return result(Verdict::kTooLate, "the transaction that pays the send is confirmed");
  }
  if (!Contains(SendsToPay(ledger_, *batch), caller.id)) {
    return result(Verdict::kCannotBump, kLeftOut);
  }
  if (caller.rate_sat_kvb <= PresentFeeRate(*batch)) return result(Verdict::kKnown, "");
  if (auto objection = ObjectionToReplacing(ledger_, *batch)) {
    return result(Verdict::kCannotBump, std::move(*objection));
  }
  if (caller.rate_sat_kvb > policy_.max_fee_rate_sat_kvb) {
    return result(Verdict::kFeeTooHigh, "the rate is above -maxfeerate");
  }
  return std::nullopt;
}

std::optional<BatchId> BumpWishes::Add(CallToken call, const SendId& id,
                                       bitcoin::FeeRate fee_rate_sat_kvb, Millis now_ms) {
  const Caller caller{call, id, fee_rate_sat_kvb};
  if (auto result = AnswerAtOnce(caller)) {
    results_.push_back(std::move(*result));
    return std::nullopt;
  }
  if (WaitingCalls() >= kMaxWaitingBumps) {
    GiveResult(caller, Verdict::kOverloaded, "too many calls wait for a higher fee");
    return std::nullopt;
  }
  const BatchId batch = *ledger_.FindSend(id)->live_batch;
  Wish& wish = wishes_[batch];
  const bool is_higher = fee_rate_sat_kvb > wish.HighestRate();
  wish.callers.push_back(caller);
  if (!is_higher) return std::nullopt;
  wish.due_ms = now_ms;
  return batch;
}

size_t BumpWishes::WaitingCalls() const {
  size_t calls = 0;
  for (const auto& [batch, wish] : wishes_) calls += wish.callers.size();
  return calls;
}

void BumpWishes::OnCallerGone(CallToken call) {
  for (auto& [batch, wish] : wishes_) {
    for (Caller& caller : wish.callers) {
      if (caller.call == call) caller.call.reset();
    }
  }
}

void BumpWishes::GiveUp() {
  for (const auto& [batch, wish] : wishes_) {
    for (const Caller& caller : wish.callers) {
      GiveResult(caller, Verdict::kStopping, "sendonced is stopping; no higher fee was recorded");
    }
  }
  wishes_.clear();
}

void BumpWishes::GiveResult(const Caller& caller, Verdict verdict, std::string detail) {
  if (caller.call) results_.push_back({*caller.call, caller.id, verdict, std::move(detail)});
}

std::vector<BumpWishes::Result> BumpWishes::TakeResults() {
  return std::exchange(results_, {});
}

Millis BumpWishes::next_due_ms() const {
  Millis due_ms = kNever;
  for (const auto& [batch, wish] : wishes_) due_ms = std::min(due_ms, wish.due_ms);
  return due_ms;
}

void BumpWishes::MakeDue(Millis now_ms) {
  for (auto& [batch, wish] : wishes_) wish.due_ms = now_ms;
}

void BumpWishes::AnswerWhatNeedsNoTry(BatchId batch) {
  std::erase_if(wishes_.at(batch).callers, [&](const Caller& caller) {
    const auto result = AnswerAtOnce(caller);
    if (result) GiveResult(caller, result->verdict, result->detail);
    return result.has_value();
  });
  if (wishes_.at(batch).callers.empty()) wishes_.erase(batch);
}

std::optional<BumpWishes::Next> BumpWishes::Due(Millis now_ms) {
  while (true) {
    const auto next = std::min_element(wishes_.begin(), wishes_.end(), [](auto& a, auto& b) {
      return a.second.due_ms < b.second.due_ms;
    });
    if (next == wishes_.end() || next->second.due_ms > now_ms) return std::nullopt;
    const BatchId batch = next->first;
    AnswerWhatNeedsNoTry(batch);
    const auto wish = wishes_.find(batch);
    if (wish != wishes_.end()) return Next{batch, wish->second.HighestRate()};
  }
}

void BumpWishes::Conclude(const Next& tried, Verdict verdict, const std::string& detail,
                          Millis now_ms) {
  const auto wish = wishes_.find(tried.batch);
  if (wish == wishes_.end()) return;
  std::erase_if(wish->second.callers, [&](const Caller& caller) {
    const bool is_his = verdict == Verdict::kKnown || caller.rate_sat_kvb >= tried.rate_sat_kvb;
    if (!is_his) return false;
    const auto moved_on = verdict == Verdict::kKnown ? std::nullopt : AnswerAtOnce(caller);
    GiveResult(caller, moved_on ? moved_on->verdict : verdict,
               moved_on ? moved_on->detail : detail);
    return true;
  });
  wish->second.due_ms = now_ms;
  wish->second.failures = 0;
  if (wish->second.callers.empty()) wishes_.erase(wish);
}

void BumpWishes::Postpone(const Next& tried, const std::string& why, Millis now_ms) {
  const auto wish = wishes_.find(tried.batch);
  if (wish == wishes_.end()) return;
  if (++wish->second.failures > kMaxFailures) {
    return Conclude(tried, Verdict::kNodeUnavailable, why, now_ms);
  }
  wish->second.due_ms = now_ms + Backoff(policy_, wish->second.failures - 1);
}

}  // namespace sendonce::core
