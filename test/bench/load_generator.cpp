#include "load_generator.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <chrono>
#include <cmath>
#include <memory>
#include <utility>

#include "http_connection.h"

namespace sendonce::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kEventsAtOnce = 64;
constexpr int kFirstGood = 200;
constexpr int kFirstNotGood = 300;

bool IsGood(int status) {
  return status >= kFirstGood && status < kFirstNotGood;
}

double SecondsOf(Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

struct Asker {
  std::unique_ptr<HttpConnection> connection;
  bool busy = false;
  bool writing = false;  // epoll tells when it can write
  uint64_t number = 0;
  Clock::time_point due;
};

class Generator {
 public:
  Generator(const Load& load, const RequestPattern& requests)
      : load_(load), requests_(requests), poll_(epoll_create1(EPOLL_CLOEXEC)) {
    assert(poll_ >= 0 && (load.requests > 0 || load.seconds > 0));
    askers_.resize(load.connections);
    for (Asker& asker : askers_) Connect(asker);
  }
  ~Generator() { close(poll_); }
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  LoadResult Run() {
    begin_ = Clock::now();
    for (Asker& asker : askers_) idle_.push_back(&asker);
    while (AskWhatIsDue() || idle_.size() < askers_.size()) TakeEvents();
    result_.seconds = SecondsOf(Clock::now() - begin_);
    result_.unsent = DueBy(Clock::now()) - asked_;
    return std::move(result_);
  }

 private:
  void Connect(Asker& asker) {
    asker.connection = std::make_unique<HttpConnection>(load_.address, load_.port);
    asker.writing = false;
    epoll_event wanted{EPOLLIN, {&asker}};
    const int result = epoll_ctl(poll_, EPOLL_CTL_ADD, asker.connection->descriptor(), &wanted);
    assert(result == 0);
  }

  bool TimeIsUp(Clock::time_point now) const {
    return load_.seconds > 0 && SecondsOf(now - begin_) >= load_.seconds;
  }

  // How many requests should have been asked by then.
  uint64_t DueBy(Clock::time_point now) const {
    if (load_.rate_per_s == 0) return load_.requests > 0 ? load_.requests : asked_;
    double elapsed_s = SecondsOf(now - begin_);
    if (load_.seconds > 0) elapsed_s = std::min(elapsed_s, load_.seconds);
    const auto due = static_cast<uint64_t>(elapsed_s * load_.rate_per_s) + 1;
    return load_.requests > 0 ? std::min(due, load_.requests) : due;
  }

  Clock::time_point DueTimeOf(uint64_t index, Clock::time_point now) const {
    if (load_.rate_per_s == 0) return now;
    const std::chrono::duration<double> after(static_cast<double>(index) / load_.rate_per_s);
    return begin_ + std::chrono::duration_cast<Clock::duration>(after);
  }

  // False when nothing more will be asked.
  bool AskWhatIsDue() {
    const auto now = Clock::now();
    if (TimeIsUp(now)) return false;
    const bool at_will = load_.rate_per_s == 0 && load_.requests == 0;
    while (!idle_.empty() && (at_will || asked_ < DueBy(now))) {
      Asker& asker = *idle_.back();
      idle_.pop_back();
      Ask(asker, now);
    }
    return load_.requests == 0 || asked_ < load_.requests;
  }

  void Ask(Asker& asker, Clock::time_point now) {
    asker.due = DueTimeOf(asked_, now);
    asker.number = load_.number_of(asked_++);
    asker.busy = true;
    Take(asker, asker.connection->Send(requests_.Make(asker.number)));
  }

  int PatienceMs() const {
    if (load_.rate_per_s == 0 || idle_.empty()) return -1;
    return 1;  // the next one falls due
  }

  void TakeEvents() {
    std::array<epoll_event, kEventsAtOnce> events{};
    const int count = epoll_wait(poll_, events.data(), kEventsAtOnce, PatienceMs());
    for (int i = 0; i < count; ++i) {
      Asker& asker = *static_cast<Asker*>(events[static_cast<size_t>(i)].data.ptr);
      if (asker.writing) Take(asker, asker.connection->Write());
      if (!asker.writing) Take(asker, asker.connection->Read());
    }
  }

  void Take(Asker& asker, HttpConnection::Progress progress) {
    if (std::holds_alternative<HttpConnection::Closed>(progress)) return OnClosed(asker);
    if (const auto* reply = std::get_if<Reply>(&progress)) OnReply(asker, *reply);
    WatchWriting(asker);
  }

  void WatchWriting(Asker& asker) {
    const bool writing = asker.connection->wants_to_write();
    if (writing == std::exchange(asker.writing, writing)) return;
    epoll_event wanted{writing ? EPOLLOUT : EPOLLIN, {&asker}};
    epoll_ctl(poll_, EPOLL_CTL_MOD, asker.connection->descriptor(), &wanted);
  }

  void OnClosed(Asker& asker) {
    if (asker.busy) {
      ++result_.unanswered;
      BecomeIdle(asker);
    }
    Connect(asker);
  }

  void OnReply(Asker& asker, const Reply& reply) {
    const auto now = Clock::now();
    ++result_.by_status[reply.status];
    CountIn(reply.body);
    if (IsGood(reply.status)) {
      result_.latencies.Add(
          std::chrono::duration_cast<std::chrono::nanoseconds>(now - asker.due).count());
      CountSecond(now);
      result_.good_numbers.push_back(asker.number);
    }
    BecomeIdle(asker);
  }

  void CountIn(const std::string& body) {
    if (load_.counted.empty()) return;
    for (size_t at = body.find(load_.counted); at != std::string::npos;
         at = body.find(load_.counted, at + load_.counted.size())) {
      ++result_.counted;
    }
  }

  void CountSecond(Clock::time_point now) {
    const auto second = static_cast<size_t>(SecondsOf(now - begin_));
    if (result_.good_per_second.size() <= second) result_.good_per_second.resize(second + 1);
    ++result_.good_per_second[second];
  }

  void BecomeIdle(Asker& asker) {
    asker.busy = false;
    idle_.push_back(&asker);
  }

  const Load& load_;
  const RequestPattern& requests_;
  const int poll_;
  std::vector<Asker> askers_;
  std::vector<Asker*> idle_;
  Clock::time_point begin_;
  uint64_t asked_ = 0;
  LoadResult result_;
};

}  // namespace

uint64_t LoadResult::good() const {
  uint64_t sum = 0;
  for (const auto& [status, count] : by_status) sum += IsGood(status) ? count : 0;
  return sum;
}

LoadResult RunLoad(const Load& load, const RequestPattern& requests) {
  return Generator(load, requests).Run();
}

}  // namespace sendonce::bench
