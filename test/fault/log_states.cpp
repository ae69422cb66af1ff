#include "log_states.h"

#include <map>

#include "core/pruning.h"
#include "wal/anchor.h"
#include "wal/database.h"
#include "wal/disk.h"
#include "wal/frame.h"
#include "wal/index.h"

namespace sendonce::fault {

namespace {

// The keys of a log, and the hash of each value.
class Content {
 public:
  void Set(const wal::Key& key, const bitcoin::Bytes& value) {
    Remove(key);
    const auto hash = bitcoin::Sha256(value);
    values_[key] = hash;
    digest_.Add(key, hash);
  }

  void Remove(const wal::Key& key) {
    const auto found = values_.find(key);
    if (found == values_.end()) return;
    digest_.Add(key, found->second);
    values_.erase(found);
  }

  const ContentDigest& digest() const { return digest_; }

 private:
  std::map<wal::Key, bitcoin::Hash256> values_;
  ContentDigest digest_;
};

void Prune(const core::Record& record, const std::vector<bitcoin::Bytes>& frames,
           Content& content) {
  const auto* pruned = std::get_if<core::DetailPruned>(&record);
  if (!pruned) return;
  for (const core::PrunedBatch& batch : pruned->batches) {
    for (core::Seq seq : core::StubsOf(batch)) {
      content.Set(wal::FrameKey(seq), wal::EncodeStub(*wal::StubOf(frames.at(seq - 1))));
    }
  }
}

Finding ObjectionToAnchor(const wal::Paths& paths, const wal::Anchor& expected) {
  const auto found = wal::ReadAnchor(wal::Disk::OperatingSystem(), paths.anchor_file);
  const auto* anchor = std::get_if<wal::Anchor>(&found);
  if (!anchor) return Wrong{"there is no anchor after opening"};
  if (anchor->seq != expected.seq || anchor->frame_hash != expected.frame_hash) {
    return Wrong{"the anchor does not name the last record after opening"};
  }
  return Whole{expected.seq};
}

}  // namespace

void ContentDigest::Add(std::span<const uint8_t> key, const bitcoin::Hash256& value_hash) {
  bitcoin::Bytes pair(key.begin(), key.end());
  pair.insert(pair.end(), value_hash.bytes.begin(), value_hash.bytes.end());
  const auto hash = bitcoin::Sha256(pair);
  for (size_t i = 0; i < hash.bytes.size(); ++i) sum_.bytes[i] ^= hash.bytes[i];
}

LogStates::LogStates(const wal::Story& story) {
  const auto frames = story.Frames();
  Content content;
  for (const core::Entry& entry : story.entries()) {
    const auto& frame = frames.at(entry.seq - 1);
    content.Set(wal::FrameKey(entry.seq), frame);
    for (const wal::KeyWrite& write : wal::IndexWrites(entry)) {
      if (write.value) {
        content.Set(write.key, *write.value);
      } else {
        content.Remove(write.key);
      }
    }
    Prune(entry.record, frames, content);
    states_.push_back({content.digest(), wal::HashOfFrame(frame)});
  }
}

Finding LogStates::Compare(const std::filesystem::path& wal_directory, core::Seq last_seq) const {
  auto database = wal::Database::OpenForReading(wal_directory);
  if (const auto* problem = std::get_if<wal::Problem>(&database)) return Refused{*problem};
  const wal::Database::View view(*std::get<0>(database));
  ContentDigest digest;
  const auto problem = view.ScanUp({}, {}, [&](auto key, auto value) {
    digest.Add(key, bitcoin::Sha256(value));
    return true;
  });
  if (problem) return Refused{*problem};
  if (last_seq == 0 || last_seq > states_.size()) {
    return Wrong{"it ends with record " + std::to_string(last_seq) + ", which was never written"};
  }
  if (digest != states_[last_seq - 1].content) {
    return Wrong{"it opens with other content than was written up to record " +
                 std::to_string(last_seq)};
  }
  return Whole{last_seq};
}

Finding LogStates::OpenAndCompare(const wal::Paths& paths, core::Seq at_least) const {
  core::Seq last_seq = 0;
  {
    const auto opened = wal::Log::Open(paths);
    if (const auto* problem = std::get_if<wal::Problem>(&opened)) return Refused{*problem};
    last_seq = std::get<0>(opened)->last_seq();
  }
  if (last_seq < at_least) {
    return Wrong{"it opens with record " + std::to_string(last_seq) + " as its last, and " +
                 std::to_string(at_least) + " were acknowledged"};
  }
  const auto finding = Compare(paths.wal_directory, last_seq);
  if (!std::holds_alternative<Whole>(finding)) return finding;
  return ObjectionToAnchor(paths, {{}, last_seq, states_[last_seq - 1].frame_hash});
}

}  // namespace sendonce::fault
