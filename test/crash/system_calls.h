// Which system calls matter outside of the process that makes them.

#ifndef SENDONCE_TEST_CRASH_SYSTEM_CALLS_H
#define SENDONCE_TEST_CRASH_SYSTEM_CALLS_H

#include <cstdint>
#include <span>
#include <string>

namespace sendonce::crash {

// Calls that neither change anything outside of the process nor tell anybody anything: memory,
// clocks, waiting, reading. A process that is killed before such a call leaves the world as one
// that is killed after it. What is not listed counts as a call that matters.
std::span<const int> CallsWithoutEffect();

// "openat", or "call 999" for one that has no name here.
std::string CallName(int number);

// What arguments have to do with it: a file opened to be read, a lock that is only asked about.
// REQUIRES: the number is not one of CallsWithoutEffect().
bool HasEffect(int number, const uint64_t* arguments);

// The index of the argument that holds a path, or a descriptor; -1 if there is none.
int PathArgument(int number);
int DescriptorArgument(int number);

}  // namespace sendonce::crash

#endif  // SENDONCE_TEST_CRASH_SYSTEM_CALLS_H
