#include "daemon/node_worker.h"

#include <cassert>
#include <utility>

namespace sendonce::daemon {

NodeWorker::NodeWorker(size_t max_waiting, Interrupt interrupt)
    : max_waiting_(max_waiting), interrupt_(std::move(interrupt)), thread_([this] { Run(); }) {}

NodeWorker::~NodeWorker() {
  Stop();
}

bool NodeWorker::Post(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || jobs_.size() >= max_waiting_) return false;
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

void NodeWorker::Stop() {
  assert(std::this_thread::get_id() != thread_.get_id());
  std::deque<Job> dropped;  // destroyed without the lock held
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    dropped.swap(jobs_);
  }
  changed_.notify_one();
  interrupt_();
  thread_.join();
}

size_t NodeWorker::waiting() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

void NodeWorker::Run() {
  while (true) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
  }
}

}  // namespace sendonce::daemon
