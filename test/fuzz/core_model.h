// A naive model of what may be seen of the core: it keeps every durable record in a list, looks
// through all of it for each question, and knows no rule but the guarantees. The core's own ledger
// is not asked.
//
// What it holds the core to, whatever callers, node and disk do:
//   - nothing leaves that no durable record justifies (R1): no signature is asked for, nothing is
//     sent, no coin is locked, nobody is answered, before;
//   - a coin is reserved by one batch at a time, and a reservation pays each of its sends exactly
//     once, spends exactly its coins and keeps the caps (R2);
//   - an id is recorded once, its content never changes, `never` is final (G3, G4, G6).

#ifndef SENDONCE_TEST_FUZZ_CORE_MODEL_H
#define SENDONCE_TEST_FUZZ_CORE_MODEL_H

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/effects.h"
#include "core/policy.h"

namespace sendonce::fuzz {

class CoreModel {
 public:
  explicit CoreModel(const core::Policy& policy) : policy_(policy) {}

  // --- what happens

  void Appended(const core::Entry& entry);
  void Synced(core::Seq up_to) { durable_seq_ = up_to; }
  void Crashed();

  // --- what the core asks for or says, checked

  void Check(const core::Sign& effect) const;
  void Check(const core::Broadcast& effect) const;
  void Check(const core::LockCoins& effect) const;
  // The answer to a question about that id; `submitted` is what was asked to be recorded, if it
  // was.
  void CheckAnswer(const core::SendId& id, const core::SendContent* submitted,
                   const core::SendReply& reply);

  // Ids that an answer has called `never`.
  const std::set<core::SendId>& never() const { return never_; }
  // Ids about which an operator has decided: what he is wrong about is his.
  const std::set<core::SendId>& decided() const { return decided_; }
  bool IsRecorded(const core::SendId& id) const;

 private:
  template <typename Record>
  std::vector<const Record*> Durable() const;
  const core::Entry* EntryOf(core::Seq seq) const;
  const core::SendContent* ContentOf(const core::SendId& id) const;
  bool IsEnded(const core::SendId& id) const;
  const bitcoin::Bytes* UnsignedOf(core::BatchId batch, uint32_t version) const;
  void CheckReservation(const core::BatchReserved& record) const;
  void CheckFreeCoins(const core::BatchReserved& record) const;
  void CheckPayments(const core::BatchReserved& record, const bitcoin::Transaction& tx) const;
  void CheckView(const core::SendView& view) const;
  bool WasShown(const bitcoin::Txid& txid) const;
  void CheckRefusal(const core::SendId& id, const core::SendContent* submitted,
                    const core::SendReply& reply) const;

  const core::Policy policy_;
  std::vector<core::Entry> entries_;  // durable or not
  core::Seq durable_seq_ = 1;         // record 1 is there from the beginning
  std::map<core::BatchId, core::Batch> batches_;
  std::set<core::SendId> created_;  // answered with 201
  std::set<core::SendId> never_;
  std::set<core::SendId> decided_;
};

}  // namespace sendonce::fuzz

#endif  // SENDONCE_TEST_FUZZ_CORE_MODEL_H
