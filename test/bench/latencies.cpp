#include "latencies.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace sendonce::bench {

namespace {

constexpr double kNanosecondsPerMs = 1e6;
constexpr unsigned kSubBits = 6;  // 64 buckets for each power of two
constexpr uint64_t kSubBuckets = uint64_t{1} << kSubBits;

size_t BucketOf(uint64_t value) {
  if (value < kSubBuckets) return value;
  const auto exponent = static_cast<unsigned>(std::bit_width(value)) - 1 - kSubBits;
  return (exponent + 1) * kSubBuckets + ((value >> exponent) - kSubBuckets);
}

// The largest value that belongs to it.
uint64_t EndOf(size_t bucket) {
  if (bucket < kSubBuckets) return bucket;
  const size_t exponent = bucket / kSubBuckets - 1;
  return ((bucket % kSubBuckets + kSubBuckets + 1) << exponent) - 1;
}

}  // namespace

void Latencies::Add(int64_t nanoseconds) {
  const auto value = std::max<int64_t>(nanoseconds, 0);
  const size_t bucket = BucketOf(static_cast<uint64_t>(value));
  if (buckets_.size() <= bucket) buckets_.resize(bucket + 1);
  ++buckets_[bucket];
  ++count_;
  sum_ns_ += value;
  max_ns_ = std::max(max_ns_, value);
}

double Latencies::PercentileMs(double part) const {
  const auto wanted = static_cast<uint64_t>(std::ceil(part * static_cast<double>(count_)));
  uint64_t seen = 0;
  for (size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen > 0 && seen >= wanted) {
      const auto end = std::min(EndOf(bucket), static_cast<uint64_t>(max_ns_));
      return static_cast<double>(end) / kNanosecondsPerMs;
    }
  }
  return MaxMs();
}

double Latencies::MaxMs() const {
  return static_cast<double>(max_ns_) / kNanosecondsPerMs;
}

double Latencies::MeanMs() const {
  return count_ == 0
             ? 0
             : static_cast<double>(sum_ns_) / kNanosecondsPerMs / static_cast<double>(count_);
}

}  // namespace sendonce::bench
