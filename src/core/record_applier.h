// What each record changes in the ledger. Part of core/ledger.h, apart for its length.

#ifndef SENDONCE_CORE_RECORD_APPLIER_H
#define SENDONCE_CORE_RECORD_APPLIER_H

#include "core/ledger.h"

namespace sendonce::core {

class RecordApplier {
 public:
  // Applies `entry.record`, whose seq and time are set, and copies into the entry whatever it
  // touched, as it then is. REQUIRES: Ledger::Objection has nothing against the record.
  static void Apply(Ledger& ledger, Entry& entry);

 private:
  class Visitor;
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_RECORD_APPLIER_H
