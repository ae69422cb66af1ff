// Whether a log is what it should be: frames in, in order; findings out, and every key and value
// that the indexes should hold. Pure: where the frames come from is wal/offline.h's business.
//
// Nothing in a frame is trusted: a log written by somebody else is a finding, never an abort.

#ifndef SENDONCE_WAL_AUDIT_H
#define SENDONCE_WAL_AUDIT_H

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/ledger.h"
#include "core/pruning.h"
#include "wal/anchor.h"
#include "wal/frame.h"
#include "wal/key.h"

namespace sendonce::wal {

// More are counted, but not kept.
constexpr size_t kMaxFindings = 1'000;

// Each is a sentence that names the record or key it is about.
struct Findings {
  std::vector<std::string> texts;
  bool truncated = false;  // there are more

  void Add(std::string text);
};

class Audit {
 public:
  // SHA-256 of the value that the key should have.
  using Expected = std::map<Key, bitcoin::Hash256>;

  // The next frame, by ascending keys: its place in the chain, its record, and what the ledger has
  // to say to it. From the first record that can not be applied, only the chain is followed.
  void Add(std::span<const uint8_t> key, std::span<const uint8_t> value);

  // After the last frame: whether the log reaches the anchor and meets it. REQUIRES: ExpectAnchor
  // was called before the first frame.
  void ExpectAnchor(const Anchor& anchor);
  void CheckAnchor();

  // After the last frame: whether every stub was justified by a record behind it.
  void CheckStubs();

  // Index keys, and what they should hold; nullopt if a record could not be applied, so that nobody
  // knows.
  const Expected* expected() const;

  core::Seq last_seq() const { return link_.next_seq - 1; }
  const core::Ledger& ledger() const { return ledger_; }
  Findings& findings() { return findings_; }

 private:
  void Follow(core::Seq seq, const Link& behind);
  void AddStub(const Stub& stub);
  void TakeStubs(core::Seq seq, const core::PrunedBatch& batch);
  void Apply(const Frame& frame);
  void StopApplying(core::Seq seq, const std::string& why);

  Link link_;
  core::Ledger ledger_;
  Expected expected_;
  bool applies_ = true;
  std::map<core::Seq, Stub> stubs_;  // that nothing has justified yet
  std::optional<Anchor> anchor_;
  std::optional<bitcoin::Hash256> hash_at_anchor_;
  Findings findings_;
};

}  // namespace sendonce::wal

#endif  // SENDONCE_WAL_AUDIT_H
