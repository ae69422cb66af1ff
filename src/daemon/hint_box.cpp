#include "daemon/hint_box.h"

#include <utility>

namespace sendonce::daemon {

namespace {

size_t CoinsIn(const core::Command& hint) {
  const auto* transaction = std::get_if<core::TransactionHint>(&hint);
  return transaction ? transaction->coins.size() : 0;
}

}  // namespace

HintBox::HintBox(Post post, Give give) : post_(std::move(post)), give_(std::move(give)) {}

void HintBox::Put(core::Command hint) {
  const size_t coins = CoinsIn(hint);
  if (!Reserve(coins)) return Drop();
  post_([this, coins, hint = std::move(hint)] {
    Release(coins);
    give_(hint);
  });
}

bool HintBox::Reserve(size_t coins) {
  const size_t hints = waiting_hints_.fetch_add(1) + 1;
  const size_t all_coins = waiting_coins_.fetch_add(coins) + coins;
  if (hints <= kMaxWaitingHints && all_coins <= kMaxWaitingCoins) return true;
  Release(coins);
  return false;
}

void HintBox::Release(size_t coins) {
  waiting_hints_.fetch_sub(1);
  waiting_coins_.fetch_sub(coins);
}

// One look for all that is dropped before it begins.
void HintBox::Drop() {
  if (look_is_due_.exchange(true)) return;
  post_([this] {
    look_is_due_ = false;
    give_(core::ChainHint{});
  });
}

}  // namespace sendonce::daemon
