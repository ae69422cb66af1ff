#include "wal/lookup.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/pruning.h"
#include "wal/codec.h"
#include "wal/key.h"

namespace sendonce::wal {

namespace {

// A value that an index says is there.
template <class T, class Decode>
Result<T> LookUpIndexed(const Database::View& view, const Key& key, Decode decode) {
  auto value = view.Get(key);
  if (auto* problem = std::get_if<Problem>(&value)) return *problem;
  const auto& bytes = std::get<0>(value);
  if (!bytes) return DamagedValue(key);
  auto decoded = decode(*bytes);
  if (!decoded) return DamagedValue(key);
  return std::move(*decoded);
}

// Gathers what look-ups give, and the first Problem of any.
template <class T>
class Gathering {
 public:
  // False from the first Problem on.
  bool Add(Result<T> result) {
    if (auto* problem = std::get_if<Problem>(&result)) {
      problem_ = *problem;
      return false;
    }
    values_.push_back(std::move(std::get<0>(result)));
    return true;
  }

  const std::optional<Problem>& problem() const { return problem_; }
  std::vector<T> Take() { return std::move(values_); }

 private:
  std::vector<T> values_;
  std::optional<Problem> problem_;
};

Result<core::Send> SendAt(const Database::View& view, const core::SendId& id) {
  return LookUpIndexed<core::Send>(view, SendKey(id), DecodeSend);
}

Result<core::Batch> BatchAt(const Database::View& view, core::BatchId batch) {
  return LookUpIndexed<core::Batch>(view, BatchKey(batch), DecodeBatch);
}

// What each key of a kind stands for, in the order of the keys; `read` gives a Result<T>.
template <class T, class Read>
Result<std::vector<T>> GatherScan(const Database::View& view, const Key& from, const Key& prefix,
                                  Read read) {
  Gathering<T> gathering;
  const auto problem = view.ScanUp(from, prefix, [&](auto key, auto value) {
    return gathering.Add(read(key.subspan(prefix.size()), value));
  });
  if (problem) return *problem;
  if (gathering.problem()) return *gathering.problem();
  return gathering.Take();
}

// The numbers at the end of at most `limit` keys, from the lowest.
Result<std::vector<uint64_t>> NumbersUnder(const Database::View& view, const Key& from,
                                           const Key& prefix, size_t limit) {
  std::vector<uint64_t> numbers;
  std::optional<Problem> damage;
  const auto problem = view.ScanUp(from, prefix, [&](auto key, auto) {
    const auto number = NumberAtEnd(key.subspan(prefix.size()));
    if (!number) damage = DamagedValue(key);
    if (damage || numbers.size() == limit) return false;
    numbers.push_back(*number);
    return true;
  });
  if (problem) return *problem;
  if (damage) return *damage;
  return numbers;
}

Result<std::vector<core::Seq>> HistorySeqs(const Database::View& view, const core::Send& send) {
  std::set<core::Seq> all;
  std::vector<Key> prefixes = {SendHistoryPrefix(send.id)};
  for (core::BatchId batch : send.batches) prefixes.push_back(BatchHistoryPrefix(batch));
  for (const Key& prefix : prefixes) {
    auto seqs = NumbersUnder(view, prefix, prefix, kMaxHistoryRecords + 1);
    if (auto* problem = std::get_if<Problem>(&seqs)) return *problem;
    all.insert(std::get<0>(seqs).begin(), std::get<0>(seqs).end());
  }
  return std::vector<core::Seq>(all.begin(), all.end());
}

// Those of the batches, and the others, each once.
Result<std::vector<core::Send>> SendsOf(const Database::View& view,
                                        const std::vector<core::Batch>& batches,
                                        std::set<core::SendId> ids = {}) {
  for (const core::Batch& batch : batches) ids.insert(batch.sends.begin(), batch.sends.end());
  Gathering<core::Send> sends;
  for (const core::SendId& id : ids) {
    if (!sends.Add(SendAt(view, id))) return *sends.problem();
  }
  return sends.Take();
}

Result<std::set<core::SendId>> OpenSendIds(const Database::View& view) {
  std::set<core::SendId> ids;
  const auto problem = view.ScanUp(OpenSendPrefix(), OpenSendPrefix(), [&](auto key, auto) {
    const auto id = key.subspan(OpenSendPrefix().size());
    ids.emplace(id.begin(), id.end());
    return true;
  });
  if (problem) return *problem;
  return ids;
}

// In one step; more than these are left for the next one.
constexpr size_t kMaxBatchesPerPruning = 1'000;

// No send was in a batch that was dropped, or had a verdict: its own records are the first and the
// one that reserved its coins.
Result<bool> WereOnlyRecordedAndReserved(const Database::View& view,
                                         const std::vector<core::Send>& sends, core::BatchId id) {
  for (const core::Send& send : sends) {
    const Key prefix = SendHistoryPrefix(send.id);
    auto seqs = NumbersUnder(view, prefix, prefix, kMaxHistoryRecords);
    if (auto* problem = std::get_if<Problem>(&seqs)) return *problem;
    for (core::Seq seq : std::get<0>(seqs)) {
      if (seq != send.recorded_seq && seq != id) return false;
    }
  }
  return true;
}

// nullopt if the batch is not to be pruned.
Result<std::optional<core::Prunable>> LookUpOnePrunable(const Database::View& view,
                                                        core::BatchId id) {
  std::optional<core::Prunable> none;
  auto batch = BatchAt(view, id);
  if (auto* problem = std::get_if<Problem>(&batch)) return *problem;
  core::Prunable prunable;
  prunable.batch = std::move(std::get<0>(batch));
  Gathering<core::Send> sends;
  for (const core::SendId& send : prunable.batch.sends) {
    if (!sends.Add(SendAt(view, send))) return *sends.problem();
  }
  prunable.sends = sends.Take();
  if (!core::HadSimpleLife(prunable.batch, prunable.sends)) return none;
  auto simple = WereOnlyRecordedAndReserved(view, prunable.sends, id);
  if (auto* problem = std::get_if<Problem>(&simple)) return *problem;
  if (!std::get<0>(simple)) return none;
  const Key prefix = BatchHistoryPrefix(id);
  auto records = NumbersUnder(view, prefix, prefix, kMaxHistoryRecords + 1);
  if (auto* problem = std::get_if<Problem>(&records)) return *problem;
  prunable.records = std::move(std::get<0>(records));
  if (prunable.records.size() > kMaxHistoryRecords) return none;
  auto stubs = LookUpStubs(view, core::StubsOf(prunable));
  if (auto* problem = std::get_if<Problem>(&stubs)) return *problem;
  prunable.stubs_hash = HashOfStubs(std::get<0>(stubs));
  return std::optional(std::move(prunable));
}

struct ConfirmedPlaces {
  std::vector<core::PruneCursor> places;
  bool more = false;
};

// Batches in blocks up to a height, from a place on, by height.
Result<ConfirmedPlaces> PlacesFrom(const Database::View& view, const core::FindPrunable& what) {
  ConfirmedPlaces found;
  std::optional<Problem> damage;
  const Key from = ConfirmedKey(what.from.height, what.from.batch);
  const auto problem = view.ScanUp(from, ConfirmedPrefix(), [&](auto key, auto) {
    const auto place = PlaceOfConfirmed(key);
    if (!place) damage = DamagedValue(key);
    if (damage || place->height > what.up_to_height) return false;
    found.more = found.places.size() == kMaxBatchesPerPruning;
    if (!found.more) found.places.push_back(*place);
    return !found.more;
  });
  if (problem) return *problem;
  if (damage) return *damage;
  return found;
}

}  // namespace

Problem DamagedValue(std::span<const uint8_t> key) {
  return {"The WAL is damaged: " + DescribeKey(key) + " is missing or can not be decoded.",
          "Put the whole folder back from a copy that reaches its anchor; 'sendonce-wal verify' "
          "names everything that is wrong with this one."};
}

Result<core::Logged> DecodeLogged(std::span<const uint8_t> key, std::span<const uint8_t> value) {
  const auto frame = DecodeFrame(value);
  if (!frame || FrameKey(frame->seq) != Key(key.begin(), key.end())) return DamagedValue(key);
  auto record = DecodeRecord(frame->payload);
  if (!record) return DamagedValue(key);
  return core::Logged{frame->seq, frame->at_ms, std::move(*record)};
}

Result<std::optional<core::Logged>> LookUpRecord(const Database::View& view, core::Seq seq) {
  const Key key = FrameKey(seq);
  auto value = view.Get(key);
  if (auto* problem = std::get_if<Problem>(&value)) return *problem;
  const auto& bytes = std::get<0>(value);
  if (!bytes) return std::optional<core::Logged>();
  auto logged = DecodeLogged(key, *bytes);
  if (auto* problem = std::get_if<Problem>(&logged)) return *problem;
  return std::optional(std::move(std::get<0>(logged)));
}

Result<core::WalCreated> LookUpCreated(const Database::View& view) {
  auto first = LookUpRecord(view, 1);
  if (auto* problem = std::get_if<Problem>(&first)) return *problem;
  const auto& logged = std::get<0>(first);
  const auto* created = logged ? std::get_if<core::WalCreated>(&logged->record) : nullptr;
  if (!created) return DamagedValue(FrameKey(1));
  return *created;
}

Result<core::Seq> LookUpLastSeq(const Database::View& view) {
  core::Seq last_seq = 0;
  const auto problem = view.ScanDown(FramePrefix(), [&](auto key, auto) {
    last_seq = NumberAtEnd(key).value_or(0);
    return false;
  });
  if (problem) return *problem;
  return last_seq;
}

Result<std::optional<core::Send>> LookUpSend(const Database& database, const core::SendId& id) {
  const Key key = SendKey(id);
  auto value = database.Get(key);
  if (auto* problem = std::get_if<Problem>(&value)) return *problem;
  const auto& bytes = std::get<0>(value);
  if (!bytes) return std::optional<core::Send>();
  auto send = DecodeSend(*bytes);
  if (!send) return DamagedValue(key);
  return send;
}

Result<std::optional<core::Batch>> LookUpBatch(const Database& database, core::BatchId id) {
  const Key key = BatchKey(id);
  auto value = database.Get(key);
  if (auto* problem = std::get_if<Problem>(&value)) return *problem;
  const auto& bytes = std::get<0>(value);
  if (!bytes) return std::optional<core::Batch>();
  auto batch = DecodeBatch(*bytes);
  if (!batch) return DamagedValue(key);
  return batch;
}

Result<core::Ledger::Contents> LookUpContents(const Database::View& view) {
  core::Ledger::Contents contents;
  auto created = LookUpCreated(view);
  if (auto* problem = std::get_if<Problem>(&created)) return *problem;
  auto chain = LookUpIndexed<core::ChainState>(view, ChainKey(), DecodeChain);
  if (auto* problem = std::get_if<Problem>(&chain)) return *problem;
  auto batches = GatherScan<core::Batch>(
      view, OpenBatchPrefix(), OpenBatchPrefix(),
      [&](auto number, auto) { return BatchAt(view, NumberAtEnd(number).value_or(0)); });
  if (auto* problem = std::get_if<Problem>(&batches)) return *problem;
  auto open_ids = OpenSendIds(view);
  if (auto* problem = std::get_if<Problem>(&open_ids)) return *problem;
  auto sends = SendsOf(view, std::get<0>(batches), std::move(std::get<0>(open_ids)));
  if (auto* problem = std::get_if<Problem>(&sends)) return *problem;
  auto alarms = GatherScan<core::Alarm>(
      view, AlarmPrefix(), AlarmPrefix(), [&](auto number, auto value) -> Result<core::Alarm> {
        auto alarm = DecodeAlarm(value);
        if (!alarm) return DamagedValue(AlarmKey(NumberAtEnd(number).value_or(0)));
        return std::move(*alarm);
      });
  if (auto* problem = std::get_if<Problem>(&alarms)) return *problem;
  auto last_seq = LookUpLastSeq(view);
  if (auto* problem = std::get_if<Problem>(&last_seq)) return *problem;
  contents.last_seq = std::get<0>(last_seq);
  contents.created = std::move(std::get<0>(created));
  contents.chain = std::move(std::get<0>(chain));
  contents.sends = std::move(std::get<0>(sends));
  contents.batches = std::move(std::get<0>(batches));
  contents.alarms = std::move(std::get<0>(alarms));
  return contents;
}

Result<History> LookUpHistory(const Database::View& view, const core::SendId& id) {
  auto value = view.Get(SendKey(id));
  if (auto* problem = std::get_if<Problem>(&value)) return *problem;
  if (!std::get<0>(value)) return History();
  const auto send = DecodeSend(*std::get<0>(value));
  if (!send) return DamagedValue(SendKey(id));
  auto found = HistorySeqs(view, *send);
  if (auto* problem = std::get_if<Problem>(&found)) return *problem;
  const auto& seqs = std::get<0>(found);
  History history;
  history.pruned = send->pruned.has_value();
  history.truncated = seqs.size() > kMaxHistoryRecords;
  for (size_t i = 0; i < std::min(seqs.size(), kMaxHistoryRecords); ++i) {
    auto logged = LookUpRecord(view, seqs[i]);
    if (auto* problem = std::get_if<Problem>(&logged)) return *problem;
    if (!std::get<0>(logged)) return DamagedValue(FrameKey(seqs[i]));
    history.records.push_back(std::move(*std::get<0>(logged)));
  }
  return history;
}

Result<std::vector<Stub>> LookUpStubs(const Database::View& view,
                                      const std::vector<core::Seq>& records) {
  std::vector<Stub> stubs;
  for (core::Seq seq : records) {
    const Key key = FrameKey(seq);
    auto value = view.Get(key);
    if (auto* problem = std::get_if<Problem>(&value)) return *problem;
    const auto& bytes = std::get<0>(value);
    const auto stub = bytes ? StubOf(*bytes) : std::nullopt;
    if (!stub || stub->seq != seq) return DamagedValue(key);
    stubs.push_back(*stub);
  }
  return stubs;
}

Result<core::PrunableFound> LookUpPrunable(const Database::View& view,
                                           const core::FindPrunable& what) {
  auto found = PlacesFrom(view, what);
  if (auto* problem = std::get_if<Problem>(&found)) return *problem;
  const auto& [places, more] = std::get<0>(found);
  core::PrunableFound reply;
  reply.next = what.from;
  reply.more = more;
  size_t sends = 0;
  for (const core::PruneCursor& place : places) {
    if (sends >= what.max_sends) {
      reply.more = true;
      break;
    }
    auto prunable = LookUpOnePrunable(view, place.batch);
    if (auto* problem = std::get_if<Problem>(&prunable)) return *problem;
    reply.next = {place.height, place.batch + 1};
    if (!std::get<0>(prunable)) continue;
    sends += std::get<0>(prunable)->sends.size();
    reply.found.push_back(std::move(*std::get<0>(prunable)));
  }
  return reply;
}

Result<std::vector<core::BatchId>> LookUpBatchesByTxid(const Database::View& view,
                                                       const bitcoin::Txid& txid) {
  const Key prefix = TxidPrefix(txid);
  return NumbersUnder(view, prefix, prefix, kMaxBatchesPerTxid);
}

Result<Confirmed> LookUpConfirmedAbove(const Database::View& view, int32_t height) {
  const Key from = ConfirmedKey(std::max(height, -1) + 1, 0);
  auto found = NumbersUnder(view, from, ConfirmedPrefix(), kMaxConfirmedAbove + 1);
  if (auto* problem = std::get_if<Problem>(&found)) return *problem;
  const auto& numbers = std::get<0>(found);
  if (numbers.size() > kMaxConfirmedAbove) {
    return Problem{"More than " + std::to_string(kMaxConfirmedAbove) +
                       " batches are confirmed above height " + std::to_string(height) + ".",
                   "See whether the node follows the right chain; a reorganisation of such a "
                   "depth is not handled."};
  }
  Gathering<core::Batch> batches;
  for (core::BatchId batch : numbers) {
    if (!batches.Add(BatchAt(view, batch))) return *batches.problem();
  }
  Confirmed confirmed;
  confirmed.batches = batches.Take();
  auto sends = SendsOf(view, confirmed.batches);
  if (auto* problem = std::get_if<Problem>(&sends)) return *problem;
  confirmed.sends = std::move(std::get<0>(sends));
  return confirmed;
}

}  // namespace sendonce::wal
