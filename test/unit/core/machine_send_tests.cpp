// One send from the request to the sixth confirmation, step by step: what the machine asks for, and
// what it waits for before it does.

#include <boost/test/unit_test.hpp>

#include "machine_play.h"

namespace sendonce::core {
namespace {

using samples::To;

BOOST_AUTO_TEST_SUITE(machine_send_tests)

BOOST_AUTO_TEST_CASE(at_start_the_chain_is_read_and_then_the_wallet) {
  Play play;
  CHECK_STEP(play.Tick(), "read chain from 100");
  CHECK_STEP(play.ReadsChain(), "read coins", "read spends since 100");
  CHECK_STEP(play.ReadsCoins());
  CHECK_STEP(play.ReadsSpends());
  CHECK_STEP(play.AskStatus(), "answer 1: status: ready, accepting");
}

BOOST_AUTO_TEST_CASE(a_whole_send) {
  Play play;
  play.Start();
  // Drafting has no effect on the node, so it need not wait; the answer does.
  CHECK_STEP(play.Submit("w-1", {To("alice", 50'000)}), "append 2: w-1 recorded",
             "draft 1: c1 to alice 50000");
  CHECK_STEP(play.Durable(), "answer 1: created w-1 pending recorded");
  CHECK_STEP(play.Drafts(), "append 3: batch 3 reserves c1 for w-1");
  CHECK_STEP(play.Durable(), "lock c1 for batch 3");
  CHECK_STEP(play.Locks(), "append 4: batch 3 asks for a signature");
  CHECK_STEP(play.Durable(), "sign batch 3 version 0");
  CHECK_STEP(play.Signs(), "append 5: batch 3 signed: t1");
  CHECK_STEP(play.Durable(), "broadcast t1 of batch 3");
  CHECK_STEP(play.Broadcasts(), "append 6: batch 3 accepted: t1");
  CHECK_STEP(play.Durable());
  CHECK_STEP(play.Query("w-1"), "answer 2: known w-1 sent broadcast t1");

  play.node.Mine();
  CHECK_STEP(play.ChainHint(), "read chain from 100");
  CHECK_STEP(play.ReadsChain(), "append 7: batch 3 confirmed: t1 in block 101",
             "append 8: chain from 100 to 101", "read coins above 100", "read spends since 100");
  CHECK_STEP(play.Settle());
  CHECK_STEP(play.Query("w-1"), "answer 3: known w-1 sent confirmed t1 1 deep");

  play.node.Mine(4);
  play.Reconcile();
  CHECK_STEP(play.Query("w-1"), "answer 4: known w-1 sent confirmed t1 5 deep");
  play.node.Mine();
  play.ChainHint();
  CHECK_STEP(play.ReadsChain(), "append 10: chain from 105 to 106", "append 11: batch 3 final",
             "read coins above 105", "read spends since 100");
  CHECK_STEP(play.Durable());
  CHECK_STEP(play.Query("w-1"), "answer 5: known w-1 sent final t1 6 deep");
  BOOST_TEST(!play.ledger().FindSend("w-1"));
  BOOST_TEST(play.node.PaymentsInChain(samples::OutputTo("alice", 50'000)) == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
