// A node that answers from a script: an RpcClient whose calls are answered one after the other by
// the lines of a text, without a socket. It takes the place of the real one when the target is
// linked, so that everything above the client is the code of the daemon.
//
// A line "E" code, a space and a message is an error of the node, "U" an outcome that is not known;
// any other line is a result, as JSON. What is no JSON, and a script that has ended, are not known
// either.

#ifndef SENDONCE_TEST_FUZZ_SCRIPTED_RPC_H
#define SENDONCE_TEST_FUZZ_SCRIPTED_RPC_H

#include <cstddef>
#include <deque>
#include <string>

namespace sendonce::fuzz {

// What the client answers from; one for the process, because the client's interface has no place
// for it.
struct RpcScript {
  std::deque<std::string> lines;
  size_t calls = 0;  // so far
};

RpcScript& Script();

}  // namespace sendonce::fuzz

#endif  // SENDONCE_TEST_FUZZ_SCRIPTED_RPC_H
