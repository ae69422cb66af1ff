// What is under way while a send is paid again (R4), and comes late, or is held back: it goes on
// all the same, and is not tried without end meanwhile.

#include <boost/test/unit_test.hpp>

#include "machine_operated.h"

namespace sendonce::core {
namespace {

using samples::CoinOf;
using samples::LegacyCoinOf;
using samples::OutputTo;
using samples::To;

// w-1 is to be paid from two legacy coins; the node is slow to sign. One of them is somebody else's
// meanwhile, in a block.
struct SlowToSign : Operated {
  SlowToSign() : Operated({LegacyCoinOf(1, 60'000), LegacyCoinOf(2, 60'000)}) {
    Submit("w-1", {To("alice", 100'000)});
    while (!IsAskedTo<Sign>()) SettleOneStep();
    first = Asked<Sign>().batch;
    signature = node.Sign(Asked<Sign>().unsigned_tx);
    node.MineOnly({Foreign({LegacyCoinOf(2, 60'000)}, {OutputTo("mallory", 50'000)})});
    FundLater(CoinOf(9, 500'000));
    ChainHint();
  }

  void StepWithoutSignature() {
    if (log.durable_seq() < log.last_seq()) {
      Durable();
    } else if (IsAskedTo<ReadChain>()) {
      ReadsChain();
    } else if (IsAskedTo<ReadCoins>()) {
      ReadsCoins();
    } else if (IsAskedTo<ReadSpends>()) {
      ReadsSpends();
    } else if (IsAskedTo<LookUpCoins>()) {
      LooksUp();
    } else if (IsAskedTo<DraftTransaction>()) {
      Drafts();
    } else if (IsAskedTo<LockCoins>()) {
      Locks();
    } else if (IsAskedTo<UnlockCoins>()) {
      Unlocks();
    } else {
      Wake();
    }
  }

  bool IsAnotherToBeSigned() const {
    return LiveBatchOf("w-1").id != first && LiveBatchOf("w-1").versions[0].signature_asked &&
           log.durable_seq() == log.last_seq();
  }

  BatchId first = 0;
  Outcome<bitcoin::Bytes> signature = Unknown{};
};

// w-1 and w-2 were paid from c1, which is somebody else's in a block. They leave together, each
// once a verdict says so.
struct TwoLeave : Operated {
  TwoLeave() : Operated({CoinOf(1, 200'000)}) {
    SubmitMany({{"w-1", {To("alice", 50'000)}}, {"w-2", {To("bob", 60'000)}}});
    Settle();
    SeeInBlock({Foreign({CoinOf(1, 200'000)}, {OutputTo("mallory", 150'000)})});
    FundLater(CoinOf(9, 500'000));
    Settle();
  }

  // So many drafts find that their coin is not there.
  void DraftInVain(int times) {
    for (int i = 0; i < times; ++i) {
      GoOnUpTo([&] { return IsAskedTo<DraftTransaction>(); });
      Draft draft = HonestDraft();
      draft.missing = {Asked<DraftTransaction>().coins[0].outpoint};
      Drafts(draft);
    }
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(machine_rebuild_waits_tests)

// With its signatures the first one has another txid than the one by which it was excluded.
BOOST_FIXTURE_TEST_CASE(a_late_signature_of_legacy_coins_does_not_hold_what_replaces_it,
                        SlowToSign) {
  for (int i = 0; i < 2'000 && !IsAnotherToBeSigned(); ++i) StepWithoutSignature();
  BOOST_REQUIRE(IsAnotherToBeSigned());
  BOOST_REQUIRE(Asked<Sign>().batch == first);
  Signs(signature);
  Durable();
  BOOST_REQUIRE(Asked<Sign>().batch != first);
  Signs(Refused{Refusal::kWalletLocked, -13, "unlock it"});
  GoOn(3'000);
  BOOST_TEST(NameOfState("w-1") == "broadcast");
}

// Play throws where the machine does not sleep.
BOOST_FIXTURE_TEST_CASE(it_sleeps_while_one_of_two_that_leave_together_is_held_back, TwoLeave) {
  GiveVerdict("w-1", OperatorVerdict::kPayAgain);
  DraftInVain(5);
  GiveVerdict("w-2", OperatorVerdict::kPayAgain);
  BOOST_CHECK_NO_THROW(DraftInVain(5));
  GoOn(3'000);
  BOOST_TEST(NameOfState("w-1") == "broadcast");
  BOOST_TEST(NameOfState("w-2") == "broadcast");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::core
