#include "cli/conversation.h"

#include <algorithm>

#include "core/commands.h"
#include "http/access.h"

namespace sendonce::cli {
namespace {

constexpr int kUnauthorized = 401;

std::string TimeText(int64_t ms) {
  return ms < 1'000 ? std::to_string(ms) + " ms" : std::to_string(ms / 1'000) + " s";
}

class Conversation {
 public:
  Conversation(const Command& command, std::optional<int64_t> give_up_after_ms,
               const Surroundings& surroundings)
      : command_(command), surroundings_(surroundings), start_ms_(surroundings.now_ms()) {
    if (command.wait) wait_ends_ms_ = start_ms_ + 1'000 * command.wait->seconds;
    if (give_up_after_ms) give_up_ms_ = start_ms_ + *give_up_after_ms;
  }

  std::optional<Reply> Hold() {
    do {
      auto judged = Try();
      if (auto* reply = std::get_if<Reply>(&judged)) {
        Keep(std::move(*reply));
        if (IsSettled(command_, *last_reply_)) break;
      }
      if (last_reply_ && WaitLeftMs() == 0) break;
      if (const auto* again = std::get_if<TryAgain>(&judged)) BackOff(*again);
    } while (surroundings_.pause(next_pause_ms_) && !GivesUp());
    return std::move(last_reply_);
  }

 private:
  std::variant<Reply, TryAgain> Try() {
    const auto credentials = surroundings_.read_credentials();
    if (!credentials) return NoCredentials();
    auto judged = JudgeOutcome(command_, surroundings_.exchange(MakeRequest(*credentials)));
    const auto* reply = std::get_if<Reply>(&judged);
    const bool locked_out = reply != nullptr && reply->status == kUnauthorized;
    // A sendonced that has just been started again knows only its new cookie.
    if (locked_out && surroundings_.read_credentials() != credentials) {
      return TryAgain{"sendonced has a new cookie", 0};
    }
    return judged;
  }

  TryAgain NoCredentials() const {
    return {"there is no cookie of a running sendonced in " + surroundings_.credentials_place, 0};
  }

  net::HttpRequest MakeRequest(const std::string& credentials) const {
    net::HttpRequest request;
    request.method = command_.method;
    request.target = command_.path + WaitQuery();
    request.headers = {{"Accept", "application/json"},
                       {"Authorization", http::BasicAuthorization(credentials)}};
    if (!command_.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
    request.body = command_.body;
    return request;
  }

  // The server holds its answer for as long as we would wait, so that we hear of it at once.
  std::string WaitQuery() const {
    if (!command_.wait) return "";
    const int64_t seconds = std::min(WaitLeftMs() + 999, core::kMaxWaitMs) / 1'000;
    return "?wait=" + std::to_string(seconds) + "&until=" + command_.wait->until;
  }

  int64_t WaitLeftMs() const {
    if (!wait_ends_ms_) return 0;
    return std::max<int64_t>(0, *wait_ends_ms_ - surroundings_.now_ms());
  }

  bool GivesUp() const { return give_up_ms_ && surroundings_.now_ms() >= *give_up_ms_; }

  void Keep(Reply reply) {
    last_reply_ = std::move(reply);
    pause_ms_ = kFirstPauseMs;
    next_pause_ms_ = std::min(kAskAgainMs, WaitLeftMs());
  }

  void BackOff(const TryAgain& again) {
    next_pause_ms_ = std::max(pause_ms_, again.not_before_ms);
    pause_ms_ = std::min(2 * pause_ms_, kLongestPauseMs);
    Explain(again.why);
  }

  void Explain(const std::string& why) {
    const int64_t now_ms = surroundings_.now_ms();
    if (why == told_ && now_ms < told_at_ms_ + kTellAgainMs) return;
    told_ = why;
    told_at_ms_ = now_ms;
    surroundings_.tell("no answer yet: " + why + "; asking the same again, next in " +
                       TimeText(next_pause_ms_));
  }

  const Command& command_;
  const Surroundings& surroundings_;
  const int64_t start_ms_;
  std::optional<int64_t> wait_ends_ms_;
  std::optional<int64_t> give_up_ms_;
  int64_t pause_ms_ = kFirstPauseMs;
  int64_t next_pause_ms_ = 0;
  std::optional<Reply> last_reply_;
  std::string told_;
  int64_t told_at_ms_ = 0;
};

}  // namespace

std::optional<Reply> Converse(const Command& command, std::optional<int64_t> give_up_after_ms,
                              const Surroundings& surroundings) {
  return Conversation(command, give_up_after_ms, surroundings).Hold();
}

}  // namespace sendonce::cli
