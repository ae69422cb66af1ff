// Replies that nobody waits for any more: late ones, and those about what is gone. Nothing follows
// from them.

#include <boost/test/unit_test.hpp>

#include "machine_phases.h"

namespace sendonce::core {
namespace {

BOOST_AUTO_TEST_SUITE(late_reply_tests)

BOOST_AUTO_TEST_CASE(a_reply_about_a_batch_that_is_not_there_changes_nothing) {
  PlayAt play(Phase::kAcceptanceDurable);
  const Seq last = play.log.last_seq();
  CHECK_STEP(play.Give(CoinsLocked{99, Done{}}));
  CHECK_STEP(play.Give(Signed{99, 0, bitcoin::Bytes{1}}));
  CHECK_STEP(play.Give(Broadcasted{99, {}, Done{}}));
  CHECK_STEP(play.Give(CoinsLookedUp{99, std::vector<CoinStanding>{}}));
  CHECK_STEP(play.Give(Drafted{99, Draft{}}));
  BOOST_TEST(play.log.last_seq() == last);
}

BOOST_AUTO_TEST_CASE(a_draft_that_was_thrown_away_comes_back_in_vain) {
  PlayAt play(Phase::kRecordDurable);
  const Draft draft = play.HonestDraft();
  play.Cancel("w-1");
  CHECK_STEP(play.Drafts(draft));
  CHECK_STEP(play.Durable(), "answer 2: fenced w-1 never cancelled");
}

// The lock of a batch that was given up is granted after the fact.
BOOST_AUTO_TEST_CASE(a_lock_that_is_granted_after_the_cancel_leads_to_no_signature) {
  PlayAt play(Phase::kReservationDurable);
  play.Cancel("w-1");
  CHECK_STEP(play.Locks());
  play.Settle();
  BOOST_TEST(play.node.signed_ever().empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
