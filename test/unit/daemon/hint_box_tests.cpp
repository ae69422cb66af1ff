#include "daemon/hint_box.h"

#include <boost/test/unit_test.hpp>
#include <vector>

namespace sendonce::daemon {
namespace {

// A loop that runs when the test says so.
struct Box {
  Box()
      : box([this](std::function<void()> letter) { letters.push_back(std::move(letter)); },
            [this](const core::Command& command) { given.push_back(command); }) {}

  void Run() {
    for (const auto& letter : std::exchange(letters, {})) letter();
  }

  size_t ChainHints() const {
    size_t count = 0;
    for (const core::Command& command : given) {
      if (std::holds_alternative<core::ChainHint>(command)) ++count;
    }
    return count;
  }

  std::vector<std::function<void()>> letters;
  std::vector<core::Command> given;
  HintBox box;
};

BOOST_AUTO_TEST_SUITE(hint_box_tests)

BOOST_FIXTURE_TEST_CASE(hints_are_given_in_order, Box) {
  box.Put(core::TransactionHint{});
  box.Put(core::ChainHint{});
  BOOST_TEST(given.empty());
  Run();
  BOOST_REQUIRE(given.size() == 2U);
  BOOST_TEST(std::holds_alternative<core::TransactionHint>(given[0]));
  BOOST_TEST(std::holds_alternative<core::ChainHint>(given[1]));
}

BOOST_FIXTURE_TEST_CASE(what_is_too_much_becomes_one_look_at_the_chain, Box) {
  for (size_t i = 0; i < HintBox::kMaxWaitingHints + 500; ++i) box.Put(core::TransactionHint{});
  BOOST_TEST(letters.size() == HintBox::kMaxWaitingHints + 1);
  Run();
  BOOST_TEST(given.size() == HintBox::kMaxWaitingHints + 1);
  BOOST_TEST(ChainHints() == 1U);
  // There is room again.
  box.Put(core::TransactionHint{});
  Run();
  BOOST_TEST(given.size() == HintBox::kMaxWaitingHints + 2);
  BOOST_TEST(ChainHints() == 1U);
}

BOOST_FIXTURE_TEST_CASE(so_do_too_many_coins, Box) {
  constexpr size_t kFit = 10;
  core::TransactionHint large;
  large.coins.resize(HintBox::kMaxWaitingCoins / kFit);
  for (int round = 0; round < 2; ++round) {
    given.clear();
    for (size_t i = 0; i < 5 * kFit; ++i) box.Put(large);
    // What takes no room has some.
    box.Put(core::ChainHint{});
    BOOST_TEST(letters.size() == kFit + 2);
    Run();
    BOOST_TEST(given.size() == kFit + 2);
    BOOST_TEST(ChainHints() == 2U);
  }
}

// However early the loop takes what waits: what is dropped after its look began is looked for
// again.
BOOST_FIXTURE_TEST_CASE(every_loss_is_followed_by_a_look, Box) {
  core::TransactionHint large;
  large.coins.resize(HintBox::kMaxWaitingCoins);
  box.Put(large);
  box.Put(large);
  const auto first = std::exchange(letters, {});
  BOOST_REQUIRE(first.size() == 2U);
  first[0]();
  box.Put(large);
  box.Put(large);
  first[1]();
  BOOST_TEST(ChainHints() == 1U);
  box.Put(large);
  Run();
  BOOST_TEST(ChainHints() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::daemon
