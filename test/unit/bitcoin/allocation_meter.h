// Counts what the test program allocates, to show that a parser does not trust a number that it
// was sent.

#ifndef SENDONCE_TEST_UNIT_BITCOIN_ALLOCATION_METER_H
#define SENDONCE_TEST_UNIT_BITCOIN_ALLOCATION_METER_H

#include <cstddef>

namespace sendonce::bitcoin {

// Bytes asked for with operator new by this thread since the meter was made, what was freed again
// included.
class AllocationMeter {
 public:
  AllocationMeter();
  size_t allocated() const;

 private:
  size_t start_;
};

}  // namespace sendonce::bitcoin

#endif  // SENDONCE_TEST_UNIT_BITCOIN_ALLOCATION_METER_H
