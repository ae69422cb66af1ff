// What may be signed for a batch, and what may go out, as the log stands: nothing that pays a send
// for which something else does, or may do so, that can confirm beside it. Pure; safe from any
// thread while the ledger does not change.

#ifndef SENDONCE_CORE_MAY_SEND_H
#define SENDONCE_CORE_MAY_SEND_H

#include <optional>
#include <string>
#include <vector>

#include "core/ledger.h"

namespace sendonce::core {

// The last look at R4 before a signature can exist: what the reservation rested on may hold no
// more. Why that version of the batch is not given to sign, or nullopt if it may be.
std::optional<std::string> ObjectionToSigning(const Ledger& ledger, const Batch& batch,
                                              uint32_t number, int32_t conflict_depth);

// Those versions that are signed and may be sent now, the newest first: each of them pays.
std::vector<const Version*> VersionsToSend(const Ledger& ledger, const Batch& batch,
                                           int32_t conflict_depth);

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_MAY_SEND_H
