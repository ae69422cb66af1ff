// Keeps an HTTP server busy from many keep-alive connections on one thread, and counts and times
// the answers. Light enough not to be what is measured: doc/benchmarks.md has the comparison
// with wrk.

#ifndef SENDONCE_TEST_BENCH_LOAD_GENERATOR_H
#define SENDONCE_TEST_BENCH_LOAD_GENERATOR_H

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "latencies.h"
#include "request_pattern.h"

namespace sendonce::bench {

struct Load {
  std::string address = "127.0.0.1";
  uint16_t port = 0;
  size_t connections = 1;
  uint64_t requests = 0;  // 0: until the time is up
  double seconds = 0;     // 0: until all requests are answered
  // 0: each connection asks again as soon as it is answered. Else requests fall due at this rate
  // whatever the server does, and wait for a free connection; their time counts from when they were
  // due, so that a server that stalls is not asked less and thereby flattered.
  double rate_per_s = 0;
  std::string counted;  // a text to be counted in the bodies of replies; empty: none
  // The number of the request that is asked as the k-th: 0, 1, 2, ...
  std::function<uint64_t(uint64_t)> number_of = [](uint64_t k) { return k; };
};

struct LoadResult {
  double seconds = 0;
  std::map<int, uint64_t> by_status;
  uint64_t unanswered = 0;  // the connection ended instead
  uint64_t unsent = 0;      // due by the rate, and still waiting for a connection at the end
  uint64_t counted = 0;
  Latencies latencies;                  // of answers with 2xx
  std::vector<double> good_per_second;  // answers with 2xx, second by second
  std::vector<uint64_t> good_numbers;   // of the requests that were answered with 2xx

  uint64_t good() const;
};

// Returns when the last answer is there. Connections that end are made again.
// REQUIRES: requests or seconds are given. Throws std::runtime_error if no connection can be made.
LoadResult RunLoad(const Load& load, const RequestPattern& requests);

}  // namespace sendonce::bench

#endif  // SENDONCE_TEST_BENCH_LOAD_GENERATOR_H
