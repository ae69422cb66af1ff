#include "core/look_book.h"

#include <algorithm>
#include <utility>

namespace sendonce::core {

void LookBook::NoteSent(const bitcoin::Txid& txid) {
  on_its_way_.insert(txid);
  for (auto& [batch, look] : looks_) look.sent_since.insert(txid);
}

void LookBook::NoteOutcome(const bitcoin::Txid& txid) {
  const auto sent = on_its_way_.find(txid);
  if (sent != on_its_way_.end()) on_its_way_.erase(sent);
}

bool LookBook::IsOnItsWay(const Batch& batch) const {
  const auto& versions = batch.versions;
  return std::any_of(versions.begin(), versions.end(),
                     [&](const Version& version) { return on_its_way_.contains(version.txid); });
}

void LookBook::Complete(BatchId batch, uint64_t readings, std::set<bitcoin::Txid> spenders,
                        Millis now_ms) {
  std::erase_if(looks_, [&](const auto& item) {
    const auto& at_ms = item.second.at_ms;
    return at_ms && now_ms - *at_ms > window_ms_;
  });
  Look& look = looks_[batch];
  look.at_ms = now_ms;
  look.readings_before = readings;
  look.spenders = std::move(spenders);
  ++completed_;
}

bool LookBook::HasLooked(BatchId batch, const bitcoin::Txid& txid, Millis now_ms) const {
  const auto found = looks_.find(batch);
  if (found == looks_.end() || !found->second.at_ms) return false;
  if (now_ms - *found->second.at_ms > window_ms_) return false;
  return !found->second.sent_since.contains(txid);
}

bool LookBook::HasSeen(BatchId batch, const bitcoin::Txid& txid) const {
  const auto found = looks_.find(batch);
  return found != looks_.end() && found->second.spenders.contains(txid);
}

std::optional<uint64_t> LookBook::ReadingsBefore(BatchId batch) const {
  const auto found = looks_.find(batch);
  if (found == looks_.end() || !found->second.at_ms) return std::nullopt;
  return found->second.readings_before;
}

}  // namespace sendonce::core
