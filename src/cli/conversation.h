// Puts one question to sendonced until there is an answer. This is where the exactness of a send
// is the caller's: the same id and the same content, however often, and no error is an outcome.

#ifndef SENDONCE_CLI_CONVERSATION_H
#define SENDONCE_CLI_CONVERSATION_H

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/reply.h"
#include "net/http_client.h"

namespace sendonce::cli {

constexpr int64_t kFirstPauseMs = 250;      // after a try without an answer; doubles ...
constexpr int64_t kLongestPauseMs = 5'000;  // ... up to this
constexpr int64_t kAskAgainMs = 1'000;      // a server that is full answers before the wait is over
constexpr int64_t kTellAgainMs = 60'000;

// What the conversation needs from outside; a test brings its own.
struct Surroundings {
  std::function<net::HttpOutcome(const net::HttpRequest&)> exchange;
  std::string credentials_place;  // for people: where the following looks
  // "user:password", read anew for each try: sendonced makes new ones whenever it starts. nullopt
  // if there are none.
  std::function<std::optional<std::string>()> read_credentials;
  std::function<int64_t()> now_ms;  // only differences count
  // Returns after that time, or earlier, and then false, if the user has had enough.
  std::function<bool(int64_t ms)> pause;
  // What is waited for, when that changes and every kTellAgainMs.
  std::function<void(const std::string& line)> tell;
};

// Blocks. Returns the last reply, or nullopt if there was none when the user interrupted, or when
// `give_up_after_ms` had passed (absent: it never gives up; no try begins after it). A wait that
// runs out ends it with a reply that is not settled.
std::optional<Reply> Converse(const Command& command, std::optional<int64_t> give_up_after_ms,
                              const Surroundings& surroundings);

}  // namespace sendonce::cli

#endif  // SENDONCE_CLI_CONVERSATION_H
