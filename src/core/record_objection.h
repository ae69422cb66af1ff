// The rules that a record must keep, checked against the ledger before it is applied. The machine
// must never write a record that is objected to (that would be a bug and aborts); the offline tools
// use the same function as a judge of logs. Pure.

#ifndef SENDONCE_CORE_RECORD_OBJECTION_H
#define SENDONCE_CORE_RECORD_OBJECTION_H

#include <optional>
#include <string>

#include "core/records.h"

namespace sendonce::core {

class Ledger;

// Why the record may not follow what the ledger holds, in one sentence, or nullopt. O(size of the
// record and of the batch it is about).
std::optional<std::string> ObjectionToRecord(const Ledger& ledger, const Record& record);

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_RECORD_OBJECTION_H
