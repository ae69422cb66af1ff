#include "allocation_meter.h"

// Clang's thread sanitizer brings operators of its own, which the linker does not let us replace.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SENDONCE_METER_IS_HOOK
#endif
#endif

#ifdef SENDONCE_METER_IS_HOOK
#include <sanitizer/allocator_interface.h>
#else
#include <cstdlib>
#include <new>
#endif

namespace {

thread_local size_t total_allocated = 0;

#ifdef SENDONCE_METER_IS_HOOK
[[maybe_unused]] const int hook = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, size_t size) { total_allocated += size; },
    [](const volatile void*) {});
#endif

}  // namespace

#ifndef SENDONCE_METER_IS_HOOK
// Replaces the global ones for the whole test program, as the language permits.
void* operator new(size_t size) {
  total_allocated += size;
  void* const memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}
#endif

namespace sendonce::bitcoin {

AllocationMeter::AllocationMeter() : start_(total_allocated) {}

size_t AllocationMeter::allocated() const {
  return total_allocated - start_;
}

}  // namespace sendonce::bitcoin
