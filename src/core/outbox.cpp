#include "core/outbox.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace sendonce::core {

namespace {

// What has no effect on anything but our knowledge needs no record to justify it.
bool OnlyReads(const Effect& effect) {
  return std::holds_alternative<ReadChain>(effect) || std::holds_alternative<ReadCoins>(effect) ||
         std::holds_alternative<ReadSpends>(effect) ||
         std::holds_alternative<LookUpTransaction>(effect) ||
         std::holds_alternative<LookUpCoins>(effect) ||
         std::holds_alternative<DraftTransaction>(effect);
}

}  // namespace

Outbox::Outbox(Ledger& ledger) : ledger_(ledger), durable_seq_(ledger.last_seq()) {}

Seq Outbox::Write(Record record, Millis now_ms) {
  unsent_.push_back(ledger_.Apply(std::move(record), now_ms));
  NoteTouched(unsent_.back());
  const Seq seq = unsent_.back().seq;
  if (written_at_.empty() || written_at_.back().second != now_ms) {
    written_at_.emplace_back(seq, now_ms);
  }
  return seq;
}

Millis Outbox::WaitedMs(Millis now_ms) const {
  return written_at_.empty() ? 0 : std::max<Millis>(now_ms - written_at_.front().second, 0);
}

void Outbox::NoteTouched(const Entry& entry) {
  if (entry.chain) chain_seq_ = entry.seq;
  for (const Send& send : entry.sends) {
    touched_.insert(send.id);
    unsettled_sends_.emplace(entry.seq, send.id);
  }
  for (const Batch& batch : entry.batches) {
    touched_.insert(batch.sends.begin(), batch.sends.end());
    unsettled_batches_.emplace(entry.seq, batch.id);
  }
}

void Outbox::Emit(Effect effect) {
  assert(!std::holds_alternative<Append>(effect) && "appends come from Write");
  assert(!std::holds_alternative<Answer>(effect) && "answers come from Reply");
  if (OnlyReads(effect) || ledger_.last_seq() <= durable_seq_) {
    released_.push_back(std::move(effect));
  } else {
    held_.emplace(ledger_.last_seq(), std::move(effect));
  }
}

void Outbox::Reply(CallToken call, core::Reply reply, Seq seq) {
  assert(seq <= ledger_.last_seq());
  Answer answer{call, std::move(reply)};
  if (seq <= durable_seq_) {
    released_.emplace_back(std::move(answer));
  } else {
    held_.emplace(seq, std::move(answer));
  }
}

void Outbox::OnDurable(Seq seq) {
  assert(seq >= durable_seq_ && seq <= ledger_.last_seq());
  durable_seq_ = seq;
  // The first that is not durable was written when the last mark that is not behind it says.
  while (written_at_.size() > 1 && written_at_[1].first <= seq + 1) written_at_.pop_front();
  if (unsynced() == 0) written_at_.clear();
  const auto end = held_.upper_bound(seq);
  for (auto held = held_.begin(); held != end; ++held) {
    released_.push_back(std::move(held->second));
  }
  held_.erase(held_.begin(), end);
  ForgetClosed();
}

void Outbox::ForgetClosed() {
  const auto sends_end = unsettled_sends_.upper_bound(durable_seq_);
  for (auto item = unsettled_sends_.begin(); item != sends_end; ++item) {
    ledger_.ForgetIfClosed(item->second, durable_seq_);
  }
  unsettled_sends_.erase(unsettled_sends_.begin(), sends_end);
  const auto batches_end = unsettled_batches_.upper_bound(durable_seq_);
  for (auto item = unsettled_batches_.begin(); item != batches_end; ++item) {
    ledger_.ForgetIfClosed(item->second, durable_seq_);
  }
  unsettled_batches_.erase(unsettled_batches_.begin(), batches_end);
}

Effects Outbox::Take() {
  Effects effects;
  if (!unsent_.empty()) effects.emplace_back(Append{std::move(unsent_)});
  unsent_.clear();
  std::move(released_.begin(), released_.end(), std::back_inserter(effects));
  released_.clear();
  return effects;
}

std::set<SendId> Outbox::TakeTouched() {
  return std::exchange(touched_, {});
}

}  // namespace sendonce::core
