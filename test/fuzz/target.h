// A fuzz target: one function that takes any bytes and aborts if something does not hold. libFuzzer
// calls it with --enable-fuzz; otherwise standalone_main.cpp does, with each file that is named.
//
// What a target checks it checks with assert: a build with NDEBUG does not compile here.

#ifndef SENDONCE_TEST_FUZZ_TARGET_H
#define SENDONCE_TEST_FUZZ_TARGET_H

#include <cassert>
#include <cstddef>
#include <cstdint>

#ifdef NDEBUG
#error "a fuzz target checks with assert"
#endif

// Returns 0: libFuzzer's convention.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

#endif  // SENDONCE_TEST_FUZZ_TARGET_H
