// What a version that replaces others has to be (R3): whether the batch can be given one now, whom
// it pays, and what it costs at least. Only proposals: the ledger judges the record that comes of
// them. Pure; safe from any thread while the ledger does not change.

#ifndef SENDONCE_CORE_REPLACEMENT_H
#define SENDONCE_CORE_REPLACEMENT_H

#include <optional>
#include <string>
#include <vector>

#include "core/ledger.h"

namespace sendonce::core {

// What a node wants more for a replacement than was paid before, for each vbyte of it (bitcoind's
// -incrementalrelayfee, or more than that).
constexpr bitcoin::FeeRate kReplacementStepSatKvb = bitcoin::kSatPerVbyte;

// Why the batch can not be given another version now, or nullopt if it can.
std::optional<std::string> ObjectionToReplacing(const Ledger& ledger, const Batch& batch);

// The sends that another version pays, in the batch's order: they belong to the batch, and no
// version of ours leaves them out.
std::vector<SendId> SendsToPay(const Ledger& ledger, const Batch& batch);

// The highest rate that a version of the batch pays, signed or not.
bitcoin::FeeRate PresentFeeRate(const Batch& batch);

// The rate at which a transaction of that size pays more than every version of ours, by what a node
// wants for the replacement. REQUIRES: vsize is positive.
bitcoin::FeeRate FeeRateAboveAll(const Batch& batch, int64_t vsize);

// Where the change of the batch's signed versions is.
std::vector<bitcoin::OutPoint> ChangesOf(const Batch& batch);

// The record that makes a checked draft the next version of the batch. `pays`: the sends of the
// draft, in the batch's order.
VersionReserved ReplacementOf(const Batch& batch, const std::vector<SendId>& pays,
                              const BatchReserved& checked);

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_REPLACEMENT_H
