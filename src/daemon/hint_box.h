// Hints on their way from the subscriber's thread to the loop's. Anybody on the host can send them
// (R6), faster than they can be looked at: so only so many wait, and what comes beyond is dropped
// for one hint to read the chain. A hint only makes us look earlier.

#ifndef SENDONCE_DAEMON_HINT_BOX_H
#define SENDONCE_DAEMON_HINT_BOX_H

#include <atomic>
#include <functional>

#include "core/commands.h"

namespace sendonce::daemon {

class HintBox {
 public:
  static constexpr size_t kMaxWaitingHints = 10'000;
  // That waiting transactions spend, together: 3.6 MB. Each is looked for, on the loop's thread,
  // before the loop turns to anything else; and a transaction can have 10,000.
  static constexpr size_t kMaxWaitingCoins = 100'000;

  // `post` runs a function later, on the loop's thread, in order; any thread may call it. `give`
  // takes what was put in, on the loop's thread.
  using Post = std::function<void(std::function<void()>)>;
  using Give = std::function<void(core::Command)>;
  HintBox(Post post, Give give);
  HintBox(const HintBox&) = delete;
  HintBox& operator=(const HintBox&) = delete;

  // Any thread. REQUIRES: a hint.
  void Put(core::Command hint);

 private:
  bool Reserve(size_t coins);
  void Release(size_t coins);
  void Drop();

  const Post post_;
  const Give give_;
  std::atomic<size_t> waiting_hints_ = 0;
  std::atomic<size_t> waiting_coins_ = 0;
  std::atomic<bool> look_is_due_ = false;
};

}  // namespace sendonce::daemon

#endif  // SENDONCE_DAEMON_HINT_BOX_H
