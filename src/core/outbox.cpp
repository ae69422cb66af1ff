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
         std::holds_alternative<FindPrunable>(effect) ||
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
  if (std::holds_alternative<ChainMoved>(entry.record)) chain_seq_ = entry.seq;
  if (std::holds_alternative<DetailPruned>(entry.record)) pruned_seq_ = entry.seq;
  for (const Send& send : entry.sends) {
    touched_.push_back(send.id);
    unsettled_sends_.emplace_back(entry.seq, send.id);
  }
  for (const Batch& batch : entry.batches) {
    touched_.insert(touched_.end(), batch.sends.begin(), batch.sends.end());
    touched_batches_.push_back(batch.id);
    unsettled_batches_.emplace_back(entry.seq, batch.id);
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
  const auto forget_up_to = [this](auto& unsettled) {
    for (; !unsettled.empty() && unsettled.front().first <= durable_seq_; unsettled.pop_front()) {
      ledger_.ForgetIfClosed(unsettled.front().second, durable_seq_);
    }
  };
  forget_up_to(unsettled_sends_);
  forget_up_to(unsettled_batches_);
}

Effects Outbox::Take() {
  Effects effects;
  if (!unsent_.empty()) effects.emplace_back(Append{std::move(unsent_)});
  unsent_.clear();
  std::move(released_.begin(), released_.end(), std::back_inserter(effects));
  released_.clear();
  return effects;
}

std::vector<SendId> Outbox::TakeTouched() {
  std::sort(touched_.begin(), touched_.end());
  touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
  return std::exchange(touched_, {});
}

}  // namespace sendonce::core
