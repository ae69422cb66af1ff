#include "wal/audit.h"

#include <utility>

#include "wal/codec.h"
#include "wal/index.h"

namespace sendonce::wal {

void Findings::Add(std::string text) {
  truncated = texts.size() == kMaxFindings;
  if (!truncated) texts.push_back(std::move(text));
}

void Audit::Add(std::span<const uint8_t> key, std::span<const uint8_t> value) {
  const auto stub = DecodeStub(value);
  if (stub && FrameKey(stub->seq) == Key(key.begin(), key.end())) return AddStub(*stub);
  const auto frame = DecodeFrame(value);
  if (!frame || FrameKey(frame->seq) != Key(key.begin(), key.end())) {
    findings_.Add(DescribeKey(key) + " can not be decoded, or carries another number.");
    // The chain goes on behind it, so that only what is wrong is named.
    link_ = {NumberAtEnd(key).value_or(link_.next_seq) + 1, HashOfFrame(value)};
    StopApplying(last_seq(), "it can not be decoded");
    return;
  }
  if (const auto objection = ObjectionToLink(link_, *frame)) {
    findings_.Add("The chain is broken: " + *objection + ".");
  }
  Follow(frame->seq, LinkAfter(*frame, value));
  if (applies_) Apply(*frame);
}

void Audit::Follow(core::Seq seq, const Link& behind) {
  if (seq != link_.next_seq) StopApplying(link_.next_seq, "it is missing");
  link_ = behind;
  if (anchor_ && seq == anchor_->seq) hash_at_anchor_ = link_.hash;
}

// Whether its hash is the one that the next frame carries is seen there.
void Audit::AddStub(const Stub& stub) {
  if (stub.seq != link_.next_seq) {
    findings_.Add("The chain is broken: record " + std::to_string(link_.next_seq) +
                  " is missing before record " + std::to_string(stub.seq) + ".");
  }
  Follow(stub.seq, LinkAfter(stub));
  stubs_.emplace(stub.seq, stub);
  if (applies_) ledger_.Skip(stub.seq);
}

// What the record has pruned are stubs, the same that were there when it was written.
void Audit::TakeStubs(core::Seq seq, const core::PrunedBatch& batch) {
  std::vector<Stub> stubs;
  for (core::Seq pruned : core::StubsOf(batch)) {
    const auto stub = stubs_.extract(pruned);
    if (stub) stubs.push_back(stub.mapped());
  }
  if (HashOfStubs(stubs) == batch.stubs_hash) return;
  findings_.Add("Record " + std::to_string(seq) + " has pruned batch " + std::to_string(batch.id) +
                ", but what stands in the place of its records is something else.");
}

void Audit::CheckStubs() {
  for (const auto& [seq, stub] : stubs_) {
    findings_.Add("Record " + std::to_string(seq) +
                  " is a stub, and no record says that it was "
                  "pruned.");
  }
}

void Audit::Apply(const Frame& frame) {
  auto record = DecodeRecord(frame.payload);
  if (!record) {
    findings_.Add("Record " + std::to_string(frame.seq) + " can not be decoded.");
    return StopApplying(frame.seq, "it can not be decoded");
  }
  if (const auto objection = ledger_.Objection(*record)) {
    findings_.Add("Record " + std::to_string(frame.seq) + " breaks a rule: " + *objection + ".");
    return StopApplying(frame.seq, "it breaks a rule");
  }
  if (const auto* pruned = std::get_if<core::DetailPruned>(&*record)) {
    for (const core::PrunedBatch& batch : pruned->batches) TakeStubs(frame.seq, batch);
  }
  const core::Entry entry = ledger_.Apply(std::move(*record), frame.at_ms);
  for (const KeyWrite& write : IndexWrites(entry)) {
    if (write.value) {
      expected_[write.key] = bitcoin::Sha256(*write.value);
    } else {
      expected_.erase(write.key);
    }
  }
}

void Audit::StopApplying(core::Seq seq, const std::string& why) {
  if (!applies_) return;
  applies_ = false;
  findings_.Add("The indexes were not compared: record " + std::to_string(seq) +
                " could not be applied, " + why + ".");
}

void Audit::ExpectAnchor(const Anchor& anchor) {
  anchor_ = anchor;
}

void Audit::CheckAnchor() {
  if (ledger_.last_seq() > 0 && ledger_.created().wal_id != anchor_->wal_id) {
    findings_.Add("The anchor belongs to WAL " + bitcoin::HexFromBytes(anchor_->wal_id) +
                  ", the log is WAL " + bitcoin::HexFromBytes(ledger_.created().wal_id) + ".");
  } else if (anchor_->seq > last_seq()) {
    findings_.Add("The log ends with record " + std::to_string(last_seq()) +
                  ", its anchor knows record " + std::to_string(anchor_->seq) + ": " +
                  std::to_string(anchor_->seq - last_seq()) + " missing at the end.");
  } else if (hash_at_anchor_ != anchor_->frame_hash) {
    findings_.Add("Record " + std::to_string(anchor_->seq) +
                  " is not the one that the anchor names.");
  }
}

const Audit::Expected* Audit::expected() const {
  return applies_ ? &expected_ : nullptr;
}

}  // namespace sendonce::wal
