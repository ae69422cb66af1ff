// SIGINT and SIGTERM while the program waits, without work in a signal handler.

#ifndef SENDONCE_CLI_INTERRUPTION_H
#define SENDONCE_CLI_INTERRUPTION_H

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace sendonce::cli {

// One at a time in a process, made before any other thread: it blocks the two signals in the
// calling thread, and so in those that come from it, and waits for them in a thread of its own. The
// second signal ends the process at once.
class Interruption {
 public:
  // `on_interrupt` is called once, on that thread, at the first signal.
  explicit Interruption(std::function<void()> on_interrupt);
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  // Returns true after that time, and false as soon as there was a signal.
  bool Pause(int64_t ms);

 private:
  void WaitForSignals();

  const std::function<void()> on_interrupt_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool interrupted_ = false;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace sendonce::cli

#endif  // SENDONCE_CLI_INTERRUPTION_H
