#include "daemon/mailbox.h"

#include <event2/event.h>

#include <cassert>
#include <utility>

namespace sendonce::daemon {

Mailbox::Mailbox(event_base* base)
    : wake_(event_new(
          base, -1, EV_PERSIST,
          [](evutil_socket_t, short, void* self) { static_cast<Mailbox*>(self)->Deliver(); },
          this)) {
  assert(wake_);
}

Mailbox::~Mailbox() {
  event_free(wake_);
}

void Mailbox::Post(Letter letter) {
  {
    const std::lock_guard lock(mutex_);
    letters_.push_back(std::move(letter));
  }
  event_active(wake_, EV_READ, 0);
}

void Mailbox::Deliver() {
  std::vector<Letter> letters;
  {
    const std::lock_guard lock(mutex_);
    letters.swap(letters_);
  }
  for (Letter& letter : letters) letter();
}

}  // namespace sendonce::daemon
