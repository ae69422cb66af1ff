// What the node says in its own words, as it is shown to people. Pure; safe from any thread.

#ifndef SENDONCE_NODE_NODE_WORDS_H
#define SENDONCE_NODE_NODE_WORDS_H

#include <cstddef>
#include <string>
#include <string_view>

namespace sendonce::node {

// The words of a refusal stand in the stall of each send that it keeps from going on, and so a
// thousand times in one reply: a node, or what is in its place, must not make them long.
constexpr size_t kMaxNodeWordsBytes = 1'000;

// The words in one line: without control characters; of more than `max_bytes` bytes only the
// beginning, no character of it cut in two, and that it was cut. Judge by the words as they came,
// not by these.
std::string NodeWords(std::string_view words, size_t max_bytes = kMaxNodeWordsBytes);

}  // namespace sendonce::node

#endif  // SENDONCE_NODE_NODE_WORDS_H
