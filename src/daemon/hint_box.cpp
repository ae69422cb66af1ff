#include "daemon/hint_box.h"

#include <utility>

namespace sendonce::daemon {

HintBox::HintBox(Post post, Give give) : post_(std::move(post)), give_(std::move(give)) {}

void HintBox::Put(core::Command hint) {
  if (waiting_.fetch_add(1) >= kMaxWaitingHints) {
    waiting_.fetch_sub(1);
    dropped_ = true;
    return;
  }
  post_([this, hint = std::move(hint)] {
    waiting_.fetch_sub(1);
    give_(hint);
    if (dropped_.exchange(false)) give_(core::ChainHint{});
  });
}

}  // namespace sendonce::daemon
