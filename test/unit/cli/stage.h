// The other side of a conversation, for tests.

#ifndef SENDONCE_TEST_UNIT_CLI_STAGE_H
#define SENDONCE_TEST_UNIT_CLI_STAGE_H

#include <boost/test/unit_test.hpp>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/conversation.h"

namespace sendonce::cli {

// A sendonced of which each try is written down beforehand, and a clock that only pauses move.
class Stage {
 public:
  struct Try {
    net::HttpOutcome outcome;
    int64_t took_ms = 0;
  };

  void Answers(int status, std::string body, int64_t took_ms = 0, std::string retry_after = "") {
    tries_.push_back(
        {net::HttpResponse{status, "application/json", std::move(retry_after), std::move(body)},
         took_ms});
  }
  void Fails(std::string text, int64_t took_ms = 0) {
    tries_.push_back(
        {net::HttpFailure{net::HttpFailure::Kind::kNoAnswer, std::move(text)}, took_ms});
  }
  void InterruptAtPause(size_t number) { interrupt_at_ = number; }

  std::optional<Reply> Run(const Command& command,
                           std::optional<int64_t> give_up_after_ms = std::nullopt) {
    return Converse(command, give_up_after_ms, MakeSurroundings());
  }

  Surroundings MakeSurroundings() {
    Surroundings surroundings;
    surroundings.exchange = [this](const net::HttpRequest& request) { return Next(request); };
    surroundings.credentials_place = "/d/.cookie";
    surroundings.read_credentials = [this] { return cookie; };
    surroundings.now_ms = [this] { return now_ms; };
    surroundings.pause = [this](int64_t ms) {
      pauses.push_back(ms);
      now_ms += ms;
      return pauses.size() != interrupt_at_;
    };
    surroundings.tell = [this](const std::string& line) { told.push_back(line); };
    return surroundings;
  }

  std::optional<std::string> cookie = "u:p";
  std::function<void()> before_reply = [] {};
  int64_t now_ms = 1'000'000;
  std::vector<net::HttpRequest> requests;
  std::vector<int64_t> pauses;
  std::vector<std::string> told;

 private:
  net::HttpOutcome Next(const net::HttpRequest& request) {
    requests.push_back(request);
    BOOST_REQUIRE(!tries_.empty());
    Try next = std::move(tries_.front());
    tries_.pop_front();
    now_ms += next.took_ms;
    before_reply();
    return next.outcome;
  }

  std::deque<Try> tries_;
  size_t interrupt_at_ = 0;
};

}  // namespace sendonce::cli

#endif  // SENDONCE_TEST_UNIT_CLI_STAGE_H
