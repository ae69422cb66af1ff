#include "cli/interruption.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "cli/exit_code.h"

namespace sendonce::cli {
namespace {

sigset_t EndingSignals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGINT);
  ::sigaddset(&signals, SIGTERM);
  return signals;
}

}  // namespace

Interruption::Interruption(std::function<void()> on_interrupt)
    : on_interrupt_(std::move(on_interrupt)) {
  const sigset_t signals = EndingSignals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  thread_ = std::thread([this] { WaitForSignals(); });
}

Interruption::~Interruption() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  ::pthread_kill(thread_.native_handle(), SIGINT);  // wakes it up
  thread_.join();
}

bool Interruption::Pause(int64_t ms) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return interrupted_; });
}

void Interruption::WaitForSignals() {
  const sigset_t signals = EndingSignals();
  for (int signal = 0; ::sigwait(&signals, &signal) == 0;) {
    {
      const std::lock_guard lock(mutex_);
      if (ending_) return;
      if (interrupted_) ::_exit(static_cast<int>(ExitCode::kNoAnswer));
      interrupted_ = true;
    }
    changed_.notify_all();
    on_interrupt_();
  }
}

}  // namespace sendonce::cli
