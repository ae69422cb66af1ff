// Everything that can be asked of a log.

#ifndef SENDONCE_TEST_FAULT_ANSWERS_H
#define SENDONCE_TEST_FAULT_ANSWERS_H

#include "bitcoin/hash.h"
#include "sample.h"
#include "wal/log.h"

namespace sendonce::fault {

// A hash of the answers to every question about the story's sends and batches, and about an id that
// was never recorded; the first Problem if there is one.
wal::Result<bitcoin::Hash256> HashOfAnswers(const wal::Log& log, const wal::Story& story);

}  // namespace sendonce::fault

#endif  // SENDONCE_TEST_FAULT_ANSWERS_H
