// The simulated node without a daemon: random operations and its answers, for comparing them with
// those of a real bitcoind.

#ifndef SENDONCE_TEST_SIM_NODE_OPERATIONS_H
#define SENDONCE_TEST_SIM_NODE_OPERATIONS_H

#include <cstdint>
#include <ostream>

namespace sendonce::sim {

// One JSON object a line, each with "op" and, if it is answered, "answer". Coins and transactions
// are named: c1 is in the wallet from the beginning, t2:0 is the first output of t2.
void PrintNodeOperations(uint64_t seed, int operations, std::ostream& out);

}  // namespace sendonce::sim

#endif  // SENDONCE_TEST_SIM_NODE_OPERATIONS_H
