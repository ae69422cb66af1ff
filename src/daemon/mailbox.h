// How the other threads reach the loop: they post what is to be done on its thread.

#ifndef SENDONCE_DAEMON_MAILBOX_H
#define SENDONCE_DAEMON_MAILBOX_H

#include <functional>
#include <mutex>
#include <vector>

struct event_base;
struct event;

namespace sendonce::daemon {

// Constructor and destructor on the loop's thread.
class Mailbox {
 public:
  using Letter = std::function<void()>;

  // REQUIRES: evthread_use_pthreads() was called before `base` was made.
  explicit Mailbox(event_base* base);
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // Any thread. Letters run on the loop's thread, in the order of their Post. How many can wait is
  // bounded by those who post: one for each call to the node, one for each append, and
  // HintBox::kMaxWaitingHints with one more.
  void Post(Letter letter);

 private:
  void Deliver();

  std::mutex mutex_;
  std::vector<Letter> letters_;
  event* wake_;
};

}  // namespace sendonce::daemon

#endif  // SENDONCE_DAEMON_MAILBOX_H
