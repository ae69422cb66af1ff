#include "core/may_send.h"

#include "core/may_pay.h"

namespace sendonce::core {

std::optional<std::string> ObjectionToSigning(const Ledger& ledger, const Batch& batch,
                                              uint32_t number, int32_t conflict_depth) {
  if (auto objection = ledger.Objection(SignatureRequested{batch.id, number})) return objection;
  const auto other = PaymentBeside(ledger, batch, batch.versions[number], conflict_depth);
  if (!other) return std::nullopt;
  return "somebody else has made a transaction that pays, or may pay, the same, and can confirm "
         "beside it: " +
         bitcoin::DisplayHex(*other);
}

std::vector<const Version*> VersionsToSend(const Ledger& ledger, const Batch& batch,
                                           int32_t conflict_depth) {
  std::vector<const Version*> versions;
  for (auto version = batch.versions.rbegin(); version != batch.versions.rend(); ++version) {
    if (version->raw_tx.empty() || !ledger.MayBeSent(batch, *version)) continue;
    // What others have made is in the world already; none of ours goes out beside it.
    const bool is_alone =
        version->adopted || !PaymentBeside(ledger, batch, *version, conflict_depth);
    if (is_alone) versions.push_back(&*version);
  }
  return versions;
}

}  // namespace sendonce::core
