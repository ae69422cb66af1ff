// A thread that does blocking work, one job after the other. Knows nothing of what the jobs do.

#ifndef SENDONCE_DAEMON_NODE_WORKER_H
#define SENDONCE_DAEMON_NODE_WORKER_H

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace sendonce::daemon {

// Post and waiting may be called from any thread; Stop and the destructor from one thread, which is
// not a job's.
class NodeWorker {
 public:
  // Runs on the worker's thread, must not throw, and says what it found by means of its own (by
  // posting to the driver's loop).
  using Job = std::function<void()>;

  // Makes a job that is running return soon, and those after it at once; called by Stop on its own
  // thread (net::HttpClient::Interrupt is one).
  using Interrupt = std::function<void()>;

  // Starts the thread. `max_waiting` bounds the queue; the running job does not count.
  NodeWorker(size_t max_waiting, Interrupt interrupt);

  // As Stop.
  ~NodeWorker();
  NodeWorker(const NodeWorker&) = delete;
  NodeWorker& operator=(const NodeWorker&) = delete;

  // Queues a job; jobs run in the order of their Post. False, and the job will never run, if the
  // queue is full or Stop was called.
  [[nodiscard]] bool Post(Job job);

  // Interrupts the job that is running, drops those that wait, and returns when the thread has
  // ended. No job runs after it. No effect if called again.
  void Stop();

  // Jobs that wait, without the running one.
  size_t waiting() const;

 private:
  void Run();

  const size_t max_waiting_;
  const Interrupt interrupt_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sendonce::daemon

#endif  // SENDONCE_DAEMON_NODE_WORKER_H
