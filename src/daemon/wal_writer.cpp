#include "daemon/wal_writer.h"

#include <cassert>
#include <chrono>
#include <iterator>
#include <utility>

#include "wal/log.h"

namespace sendonce::daemon {
namespace {

core::Millis WallClockMs() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

int64_t MicrosSince(std::chrono::steady_clock::time_point start) {
  const auto elapsed = std::chrono::steady_clock::now() - start;
  return std::chrono::duration_cast<std::chrono::microseconds>(elapsed).count();
}

}  // namespace

WalWriter::WalWriter(wal::Log& log, Callbacks callbacks)
    : log_(log), callbacks_(std::move(callbacks)), thread_([this] { Run(); }) {}

WalWriter::~WalWriter() {
  Stop();
}

void WalWriter::Append(std::vector<core::Entry> entries) {
  {
    const std::lock_guard lock(mutex_);
    assert(!stopping_);
    if (failed_) return;
    queue_.insert(queue_.end(), std::make_move_iterator(entries.begin()),
                  std::make_move_iterator(entries.end()));
  }
  changed_.notify_one();
}

size_t WalWriter::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size() + writing_;
}

void WalWriter::Stop() {
  assert(std::this_thread::get_id() != thread_.get_id());
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

WalWriter::Turn WalWriter::NextTurn() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(wal::kAnchorIntervalMs),
                    [this] { return stopping_ || !queue_.empty(); });
  Turn turn;
  turn.last = stopping_ && queue_.empty();
  if (queue_.size() <= kMaxGroupRecords) {
    turn.group.swap(queue_);
  } else {
    const auto end = queue_.begin() + kMaxGroupRecords;
    turn.group.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
    queue_.erase(queue_.begin(), end);
  }
  writing_ = turn.group.size();
  return turn;
}

void WalWriter::Run() {
  for (Turn turn = NextTurn(); !turn.last; turn = NextTurn()) {
    if (!turn.group.empty() && !WriteGroup(turn.group)) return;
    if (const auto problem = log_.AnchorIfDue(WallClockMs())) return Fail(problem->text());
  }
  if (const auto problem = log_.SyncAnchor()) Fail(problem->text());
}

bool WalWriter::WriteGroup(const std::vector<core::Entry>& group) {
  const auto start = std::chrono::steady_clock::now();
  if (const auto problem = log_.Append(group)) {
    Fail(problem->text());
    return false;
  }
  {
    const std::lock_guard lock(mutex_);
    writing_ = 0;
  }
  callbacks_.on_durable({group.back().seq, group.size(), MicrosSince(start)});
  return true;
}

void WalWriter::Fail(const std::string& what) {
  {
    const std::lock_guard lock(mutex_);
    failed_ = true;
    queue_.clear();
    writing_ = 0;
  }
  callbacks_.on_failure(what);
}

}  // namespace sendonce::daemon
