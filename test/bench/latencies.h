// Many durations in little memory: counts in buckets that are at most 1/64 wide, as HdrHistogram
// has them. A percentile is exact but for that.

#ifndef SENDONCE_TEST_BENCH_LATENCIES_H
#define SENDONCE_TEST_BENCH_LATENCIES_H

#include <cstdint>
#include <vector>

namespace sendonce::bench {

class Latencies {
 public:
  void Add(int64_t nanoseconds);

  uint64_t count() const { return count_; }

  // The duration that so much of all (0 to 1) does not exceed; 0 if there are none.
  double PercentileMs(double part) const;
  double MaxMs() const;
  double MeanMs() const;

 private:
  std::vector<uint64_t> buckets_;
  uint64_t count_ = 0;
  int64_t max_ns_ = 0;
  int64_t sum_ns_ = 0;
};

}  // namespace sendonce::bench

#endif  // SENDONCE_TEST_BENCH_LATENCIES_H
