#include "allocation_meter.h"

#include <cstdlib>
#include <new>

namespace {

thread_local size_t total_allocated = 0;

}  // namespace

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

namespace sendonce::bitcoin {

AllocationMeter::AllocationMeter() : start_(total_allocated) {}

size_t AllocationMeter::allocated() const {
  return total_allocated - start_;
}

}  // namespace sendonce::bitcoin
