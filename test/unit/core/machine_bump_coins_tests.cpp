// The coins of a higher fee: what is added to those of the first version can be gone before it is
// reserved, and change that somebody counts on is not taken away (R3).

#include <boost/test/unit_test.hpp>

#include "core/may_pay.h"
#include "machine_sent.h"

namespace sendonce::core {
namespace {

using bitcoin::Transaction;
using samples::CoinOf;
using samples::To;

constexpr bitcoin::FeeRate kHigher = 20'000;

// w-1, accepted, at 10 sat/vB. Its coin c1 is too little for more; c2 and c3 are free.
struct Scarce : Play {
  Scarce() {
    FundWith({CoinOf(1, 53'000), CoinOf(2, 20'000), CoinOf(3, 30'000)});
    Start();
    Submit("w-1", {To("alice", 50'000)});
    Settle();
    batch = *ledger().FindSend("w-1")->live_batch;
  }

  const Batch& TheBatch() const { return *ledger().FindBatch(batch); }

  std::vector<bitcoin::OutPoint> Added() const {
    std::vector<bitcoin::OutPoint> added;
    for (size_t i = 1; i < TheBatch().coins.size(); ++i) {
      added.push_back(TheBatch().coins[i].outpoint);
    }
    return added;
  }

  // What the node says when it is asked for a draft with that coin.
  Draft Missing(const Coin& coin) {
    Draft draft = HonestDraft();
    draft.missing = {coin.outpoint};
    return draft;
  }

  const SendReply& Told(CallToken call) const { return std::get<SendReply>(ReplyTo(call)); }

  BatchId batch = 0;
};

BOOST_AUTO_TEST_SUITE(machine_bump_coins_tests)

BOOST_FIXTURE_TEST_CASE(another_coin_is_added_for_one_that_is_missing, Scarce) {
  Bump("w-1", kHigher);
  LooksUp();
  BOOST_REQUIRE(Asked<DraftTransaction>().coins.size() == 2U);
  const Coin first = Asked<DraftTransaction>().coins[1];
  const Coin other =
      first.outpoint == CoinOf(2, 0).outpoint ? CoinOf(3, 30'000) : CoinOf(2, 20'000);
  const std::string text = Drafts(Missing(first));
  BOOST_TEST(text.find("append") == std::string::npos, text);
  Settle();
  BOOST_TEST((Told(2).verdict == Verdict::kKnown));
  BOOST_TEST((Added() == std::vector{other.outpoint}));
  BOOST_TEST(!ledger().IsReserved(first.outpoint));
}

// What an earlier version has added can go as well: the next one does without it.
BOOST_FIXTURE_TEST_CASE(what_an_earlier_version_added_can_be_missing, Scarce) {
  Bump("w-1", kHigher);
  Settle();
  BOOST_REQUIRE(Added().size() == 1U);
  const Coin added = TheBatch().coins[1];
  Bump("w-1", 2 * kHigher);
  LooksUp();
  Drafts(Missing(added));
  Settle();
  BOOST_TEST((Told(3).verdict == Verdict::kKnown), Told(3).detail);
  const Transaction newest = TransactionOf(TheBatch().versions.back());
  BOOST_TEST(TheBatch().versions.size() == 3U);
  for (const bitcoin::TxIn& input : newest.inputs) BOOST_TEST((input.prevout != added.outpoint));
}

// Without the coins of version 0 there is no other version: whatever took them is read first.
BOOST_FIXTURE_TEST_CASE(a_coin_of_the_first_version_that_is_missing_is_waited_for, Scarce) {
  Bump("w-1", kHigher);
  LooksUp();
  Drafts(Missing(CoinOf(1, 0)));
  BOOST_TEST(!WasAnswered(2));
  BOOST_TEST(!IsAskedTo<DraftTransaction>());
  Settle();
  WakeAndSettle(2);
  BOOST_TEST((Told(2).verdict == Verdict::kKnown));
  for (const Transaction& one : node.signed_ever()) {
    BOOST_TEST((one.inputs[0].prevout == CoinOf(1, 0).outpoint));
  }
}

BOOST_FIXTURE_TEST_CASE(a_coin_of_the_first_version_that_stays_missing_is_named, Scarce) {
  Bump("w-1", kHigher);
  for (int i = 0; i < 100 && !WasAnswered(2); ++i) {
    if (IsAskedTo<DraftTransaction>()) Drafts(Missing(CoinOf(1, 0)));
    if (SettleOneStep().empty()) Wake();
  }
  BOOST_TEST((Told(2).verdict == Verdict::kNodeUnavailable));
  BOOST_TEST(Told(2).detail.find("is not in the chain, or is spent there") != std::string::npos,
             Told(2).detail);
  BOOST_TEST(TheBatch().versions.size() == 1U);
}

// --- change of a version that another batch spends

// w-1 has three versions; the second was in a block, w-2 is paid from its change, and the block
// has left the chain.
struct ChangeInUse : Play {
  ChangeInUse() {
    Start();
    Submit("w-1", {To("alice", 50'000)});
    Settle();
    Bump("w-1", kHigher);
    Settle();
    Bump("w-1", 2 * kHigher);
    Settle();
    BOOST_REQUIRE(TheBatch().versions.size() == 3U);
    const Transaction second = TransactionOf(TheBatch().versions[1]);
    node.MineOnly({second});
    Reconcile();
    Submit("w-2", {To("bob", 60'000)});
    Settle();
    change = {bitcoin::TxidOf(second), 1};
    BOOST_REQUIRE(ledger().IsReserved(change));
    node.Reorganise(1);
    Reconcile();
    BOOST_REQUIRE(!TheBatch().confirmation);
  }

  const Batch& TheBatch() const { return *ledger().FindBatch(3); }

  bitcoin::OutPoint change;
};

BOOST_FIXTURE_TEST_CASE(change_of_the_second_of_three_versions_is_not_taken_away, ChangeInUse) {
  const CallToken call = 5;
  Bump("w-1", 4 * kHigher);
  const auto& reply = std::get<SendReply>(ReplyTo(call));
  BOOST_TEST((reply.verdict == Verdict::kCannotBump));
  BOOST_TEST(reply.detail == "its change is spent by another transaction of sendonce");
  BOOST_TEST(!IsAsked());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
