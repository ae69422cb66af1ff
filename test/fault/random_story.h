// A log that nobody has thought of: what happens to sends and batches, in an order that a seed
// gives. Same seed, same records.

#ifndef SENDONCE_TEST_FAULT_RANDOM_STORY_H
#define SENDONCE_TEST_FAULT_RANDOM_STORY_H

#include <cstdint>

#include "sample.h"

namespace sendonce::fault {

// Some 50 to 200 records of all types. With `long_moves` the chain moves far now and then, in
// records of 40 KB: a small write buffer is full soon, and what was paid before can be pruned.
wal::Story RandomStory(uint64_t seed, bool long_moves);

}  // namespace sendonce::fault

#endif  // SENDONCE_TEST_FAULT_RANDOM_STORY_H
