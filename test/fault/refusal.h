// What a log says when it is refused, for those who did something to it.

#ifndef SENDONCE_TEST_FAULT_REFUSAL_H
#define SENDONCE_TEST_FAULT_REFUSAL_H

#include <filesystem>
#include <string>

#include "wal/problem.h"

namespace sendonce::fault {

// Without what differs from one damage to the next.
std::string Saying(const wal::Problem& problem, const std::filesystem::path& place);

// Not an error of the disk, and not a log that is shorter than its anchor: the one sends the
// operator to a disk that is well, the other says that what was acknowledged is lost.
bool IsCalledDamage(const wal::Problem& problem);

}  // namespace sendonce::fault

#endif  // SENDONCE_TEST_FAULT_REFUSAL_H
