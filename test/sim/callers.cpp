#include "callers.h"

#include <algorithm>

namespace sendonce::sim {

namespace {

constexpr int kFirstLike = 1;
constexpr int kAdopted = kMaxSends - 1;  // the number that is paid by hand

}  // namespace

Callers::Callers(Daemon& daemon, Checkers& checkers, World& world, Dice& dice)
    : daemon_(daemon),
      checkers_(checkers),
      world_(world),
      dice_(dice),
      weights_{5, 1, 1, 2, 1, 1, 2, 1, 1, 1},
      reader_(daemon, checkers, world, [this](CallKind kind, int number, int variant) {
        return NewCall(kind, {number}, variant);
      }) {
  for (int number = 0; number < kMaxSends; ++number) {
    if (dice_.OneIn(4)) with_deadline_.insert(number);
    if (dice_.OneIn(4)) alone_.insert(number);
  }
}

core::CallToken Callers::NewCall(CallKind kind, const std::vector<int>& numbers, int variant) {
  checkers_.promises().OnCall(++last_call_, kind, numbers, variant);
  return last_call_;
}

void Callers::CallOnce() {
  switch (weights_.Roll(dice_)) {
    case 0:
      return Submit(AnyNumber(), 0);
    case 1:
      return SubmitOtherwise(AnyNumber());
    case 2:
      return SubmitMany();
    case 3:
      return Query(dice_.Roll(kMaxSends));
    case 4:
      return QueryMany();
    case 5:
      return Cancel(AnyNumber());
    case 6:
      return Bump(AnyNumber(), 12'000 + 6'000 * dice_.Roll(6));
    case 7:
      return LeaveOne();
    case 8:
      return AcceptAlarms();
    default:
      return PayByHandAndAdopt();
  }
}

void Callers::CallBriefly() {
  if (dice_.OneIn(2)) return Submit(AnyNumber(), 0);
  dice_.OneIn(2) ? Cancel(AnyNumber()) : Query(dice_.Roll(kMaxSends));
}

int Callers::AnyNumber() {
  const int number = dice_.Roll(std::min(used_ + 1, kAdopted));
  used_ = std::max(used_, number + 1);
  return only_one_like_ && IsLike(number) ? kFirstLike : number;
}

core::Wait Callers::AnyWait() {
  if (dice_.OneIn(2)) return {};
  const core::Until untils[] = {core::Until::kSent, core::Until::kConfirmed, core::Until::kFinal};
  return {1'000 * (1 + dice_.Roll(60)), untils[dice_.Roll(3)]};
}

// The same for each call with that variant.
core::SendContent Callers::ContentOf(int number, int variant) {
  core::SendContent content = core::samples::Paying(PayeesOf(number, variant));
  if (with_deadline_.contains(number)) content.not_after_ms = 1'000'000 + 4'000 * number;
  if (alone_.contains(number)) content.batch = false;
  return content;
}

void Callers::Submit(int number, int variant) {
  const core::SendId id = IdOf(number);
  const auto call = NewCall(CallKind::kSubmit, {number}, variant);
  daemon_.Give(core::Submit{call, id, ContentOf(number, variant), AnyWait(), daemon_.StoredOf(id)});
}

// The like sends stay alike: the first to ask for one means what the other does.
void Callers::SubmitOtherwise(int number) {
  const bool must_be_like = IsLike(number) && !checkers_.promises().IsAcknowledged(number);
  Submit(number, must_be_like ? 0 : 1);
}

void Callers::SubmitMany() {
  std::vector<int> numbers;
  core::SubmitMany many;
  for (int i = 1 + dice_.Roll(3); i > 0; --i) {
    const int number = AnyNumber();
    numbers.push_back(number);
    many.items.push_back({IdOf(number), ContentOf(number, 0), daemon_.StoredOf(IdOf(number))});
  }
  many.call = NewCall(CallKind::kSubmit, numbers);
  daemon_.Give(many);
}

void Callers::Query(int number) {
  const auto call = NewCall(CallKind::kQuery, {number});
  daemon_.Give(core::Query{call, IdOf(number), AnyWait(), daemon_.StoredOf(IdOf(number))});
}

void Callers::QueryMany() {
  std::vector<int> numbers;
  core::QueryMany many;
  for (int number = 0; number < kMaxSends; ++number) {
    numbers.push_back(number);
    many.items.push_back({IdOf(number), daemon_.StoredOf(IdOf(number))});
  }
  many.call = NewCall(CallKind::kQuery, numbers);
  daemon_.Give(many);
}

void Callers::Cancel(int number) {
  const auto call = NewCall(CallKind::kCancel, {number});
  daemon_.Give(core::Cancel{call, IdOf(number), daemon_.StoredOf(IdOf(number))});
}

void Callers::BumpHigh() {
  Bump(dice_.Roll(kAdopted), 20'000 + 10'000 * dice_.Roll(8));
}

void Callers::Bump(int number, bitcoin::FeeRate rate) {
  const auto call = NewCall(CallKind::kOther, {number});
  daemon_.Give(core::Bump{call, IdOf(number), rate, daemon_.StoredOf(IdOf(number))});
}

// One of those who have called, answered or not.
void Callers::LeaveOne() {
  if (last_call_ == 0) return;
  const auto call = 1 + static_cast<core::CallToken>(dice_.Roll(static_cast<int>(last_call_)));
  checkers_.promises().Forget(call);
  daemon_.Give(core::CallerGone{call});
}

void Callers::AcceptAlarms() {
  std::vector<core::Seq> open;
  for (const auto& [number, alarm] : daemon_.machine().ledger().alarms()) {
    if (!alarm.accepted_reason) open.push_back(number);
  }
  std::erase_if(open, [&](core::Seq number) { return !reader_.IsDoneWith(number); });
  for (const core::Seq number : open) {
    daemon_.Give(core::AcceptAlarm{NewCall(CallKind::kOther, {}), number, "looked at"});
  }
  reader_.DeclaresPaid();
}

void Callers::GiveVerdict(int number, core::OperatorVerdict verdict, bool pays) {
  const auto call = NewCall(CallKind::kVerdict, {number});
  daemon_.Give(
      core::GiveVerdict{call, IdOf(number), verdict, "looked at", daemon_.StoredOf(IdOf(number))});
  daemon_.Settle();
  const bool is_taken = checkers_.promises().IsVerdictTaken(number);
  if (pays && is_taken && verdict == core::OperatorVerdict::kPaid) world_.PayFromElsewhere(number);
}

// First the payment, then, as often as it takes, the adoption.
void Callers::PayByHandAndAdopt() {
  if (!paid_by_hand_) {
    const bitcoin::Txid txid = world_.PayByHand(kAdopted);
    if (txid != bitcoin::Txid()) paid_by_hand_ = txid;
    return;
  }
  const auto call = NewCall(CallKind::kOther, {kAdopted});
  daemon_.Give(core::Adopt{call, IdOf(kAdopted), core::samples::Paying(PayeesOf(kAdopted, 0)),
                           *paid_by_hand_, daemon_.StoredOf(IdOf(kAdopted))});
}

}  // namespace sendonce::sim
