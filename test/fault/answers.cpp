#include "answers.h"

#include <string>

#include "wal/codec.h"

namespace sendonce::fault {

namespace {

// Each answer with its length before it; after the first Problem nothing more.
class Answers {
 public:
  void Add(const bitcoin::Bytes& bytes) {
    Add(bytes.size());
    all_.insert(all_.end(), bytes.begin(), bytes.end());
  }
  void Add(uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8)
      all_.push_back(static_cast<uint8_t>(number >> shift));
  }

  void Add(const core::Send& send) { Add(wal::EncodeSend(send)); }
  void Add(const core::Batch& batch) { Add(wal::EncodeBatch(batch)); }
  void Add(const core::Alarm& alarm) { Add(wal::EncodeAlarm(alarm)); }
  void Add(const core::Logged& logged) {
    Add(logged.seq);
    Add(static_cast<uint64_t>(logged.at_ms));
    Add(wal::EncodeRecord(logged.record));
  }
  void Add(const core::Prunable& prunable) {
    Add(prunable.batch);
    Add(prunable.sends);
    Add(prunable.records);
  }
  template <class T>
  void Add(const std::vector<T>& list) {
    Add(list.size());
    for (const T& each : list) Add(each);
  }
  template <class T>
  void Add(const std::optional<T>& value) {
    Add(uint64_t(value.has_value()));
    if (value) Add(*value);
  }
  void Add(const wal::History& history) {
    Add(history.records);
    Add(history.truncated + 2U * history.pruned);
  }
  void Add(const wal::Confirmed& confirmed) {
    Add(confirmed.batches);
    Add(confirmed.sends);
  }
  void Add(const core::PrunableFound& reply) {
    Add(reply.found);
    Add(uint64_t(reply.more));
  }
  void Add(const core::Ledger::Contents& contents) {
    Add(contents.last_seq);
    Add(wal::EncodeRecord(contents.created));
    Add(wal::EncodeChain(contents.chain));
    Add(contents.sends);
    Add(contents.batches);
    Add(contents.alarms);
  }

  template <class T>
  void Add(const wal::Result<T>& answer) {
    if (problem_) return;
    if (const auto* problem = std::get_if<wal::Problem>(&answer)) {
      problem_ = *problem;
    } else {
      Add(std::get<0>(answer));
    }
  }

  wal::Result<bitcoin::Hash256> Hash() const {
    if (problem_) return *problem_;
    return bitcoin::Sha256(all_);
  }

 private:
  bitcoin::Bytes all_;
  std::optional<wal::Problem> problem_;
};

}  // namespace

wal::Result<bitcoin::Hash256> HashOfAnswers(const wal::Log& log, const wal::Story& story) {
  Answers answers;
  answers.Add(log.last_seq());
  answers.Add(log.Load());
  answers.Add(log.ConfirmedAbove(0));
  answers.Add(log.FindPrunable({{}, 100'000, 1'000}));
  for (const auto& [id, send] : story.ledger().sends()) {
    answers.Add(log.FindSend(id));
    answers.Add(log.FindHistory(id));
  }
  answers.Add(log.FindSend("never-recorded"));
  for (core::Seq seq = 1; seq <= story.entries().size(); ++seq) answers.Add(log.FindBatch(seq));
  for (const auto& [id, batch] : story.ledger().batches()) {
    for (const core::Version& version : batch.versions) {
      answers.Add(log.FindBatchesByTxid(version.txid));
    }
  }
  return answers.Hash();
}

}  // namespace sendonce::fault
