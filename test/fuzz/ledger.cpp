// A log of somebody else's: records, each with a length of two bytes before it, judged and folded
// as `sendonce-wal verify` does it. Whatever they say, the judgement is a sentence and no abort;
// what is taken claims no coin twice, and its indexes are whole.

#include "core/ledger.h"

#include <map>
#include <set>

#include "input.h"
#include "target.h"
#include "wal/codec.h"
#include "wal/index.h"

namespace sendonce::fuzz {
namespace {

using bitcoin::Bytes;
using core::Entry;
using core::Ledger;

constexpr size_t kMaxRecords = 200;

void CheckValue(const wal::Key& key, const Bytes& value) {
  switch (key.front()) {
    case 's':
      assert(wal::EncodeSend(wal::DecodeSend(value).value()) == value);
      return;
    case 'b':
      assert(wal::EncodeBatch(wal::DecodeBatch(value).value()) == value);
      return;
    case 'a':
      assert(wal::EncodeAlarm(wal::DecodeAlarm(value).value()) == value);
      return;
    case 'c':
      assert(wal::EncodeChain(wal::DecodeChain(value).value()) == value);
      return;
    default:
      assert(value.empty());
  }
}

void CheckIndexes(const Entry& entry) {
  std::set<wal::Key> keys;
  for (const wal::KeyWrite& write : wal::IndexWrites(entry)) {
    assert(!write.key.empty() && keys.insert(write.key).second);
    if (write.value) CheckValue(write.key, *write.value);
  }
}

// R2, counted anew from the entries alone: a coin that is reserved is in no other batch that is
// live; nor is a send.
class Claims {
 public:
  void Take(const Entry& entry) {
    if (const auto* reserved = std::get_if<core::BatchReserved>(&entry.record)) {
      const std::set<core::SendId> sends(reserved->sends.begin(), reserved->sends.end());
      for (const core::Coin& coin : reserved->coins) CheckFree(coin.outpoint, sends);
    }
    if (const auto* version = std::get_if<core::VersionReserved>(&entry.record)) {
      for (const core::Coin& coin : version->added) CheckFree(coin.outpoint, {});
    }
    for (const core::Batch& batch : entry.batches) batches_[batch.id] = batch;
    for (const core::Send& send : entry.sends) sends_[send.id] = send;
  }

  // Content is bound to the id for ever; what has ended stays so.
  void CheckKept(const Entry& entry) const {
    for (const core::Send& send : entry.sends) {
      const auto before = sends_.find(send.id);
      if (before == sends_.end()) continue;
      if (send.content) assert(!core::DifferingField(before->second, *send.content));
      assert(before->second.ending == core::Ending::kNone || send.ending == before->second.ending);
      assert(before->second.recorded_seq == send.recorded_seq);
    }
  }

 private:
  // A batch that a send can go on to be paid by.
  bool IsLive(const core::Batch& batch) const {
    return batch.end == core::BatchEnd::kOpen && !batch.superseded;
  }

  // A batch that its sends leave shares a coin with the one that they go to (R4 a); a payment that
  // was made by somebody else claims nothing.
  void CheckFree(const bitcoin::OutPoint& coin, const std::set<core::SendId>& moving) const {
    for (const auto& [id, batch] : batches_) {
      if (!IsLive(batch) || batch.left || batch.versions.front().adopted) continue;
      const bool leaving = std::any_of(batch.sends.begin(), batch.sends.end(),
                                       [&](const auto& send) { return moving.contains(send); });
      if (leaving) continue;
      for (const core::Coin& claimed : batch.coins) assert(claimed.outpoint != coin);
    }
  }

  std::map<core::BatchId, core::Batch> batches_;
  std::map<core::SendId, core::Send> sends_;
};

}  // namespace
}  // namespace sendonce::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sendonce::fuzz;
  Input input(data, size);
  Ledger ledger;
  Claims claims;
  sendonce::core::Millis now_ms = 1'000;
  for (size_t i = 0; i < kMaxRecords && !input.empty(); ++i) {
    const auto record = sendonce::wal::DecodeRecord(input.SizedBytes());
    if (!record) continue;
    const auto objection = ledger.Objection(*record);
    if (objection) {
      assert(!objection->empty());
      continue;
    }
    const Entry entry = ledger.Apply(*record, ++now_ms);
    assert(entry.seq == ledger.last_seq());
    CheckIndexes(entry);
    claims.CheckKept(entry);
    claims.Take(entry);
  }
  return 0;
}
