// The evidence table (doc/states.md), row by row: what the machine does on each thing that the node
// can say, and on silence. Nothing that was heard after a signature was asked for leads to other
// coins or to a second batch.

#include <boost/test/unit_test.hpp>

#include "machine_phases.h"

namespace sendonce::core {
namespace {

using samples::CoinOf;
using samples::Paying;
using samples::To;

// Whatever is refused or not heard of: nothing of it is proof, so one batch stays the only one.
void CheckOnlyOneBatch(const Play& play) {
  BOOST_TEST(play.log.batches().size() == 1U);
  BOOST_TEST(play.node.signed_ever().size() <= 1U);
}

// The first try again comes after the shortest back-off, not before.
constexpr Millis kFirstRetryMs = 250;

// How it ends when the fault is over: paid once, from the coins that were chosen first.
void CheckPaidOnceAfterAll(Play& play) {
  for (int i = 0; i < 20; ++i) {
    play.Wake();
    play.Settle();
  }
  play.node.Mine();
  play.Reconcile();
  CheckOnlyOneBatch(play);
  BOOST_TEST(play.node.PaymentsInChain(samples::OutputTo("alice", 50'000)) == 1);
  BOOST_TEST((play.View("w-1").state == SendState::kConfirmed));
}

Refused Because(Refusal why) {
  return {why, 0, "the node's words"};
}

// --- sendrawtransaction

BOOST_AUTO_TEST_SUITE(evidence_on_broadcast_tests)

struct Broadcasting : PlayAt {
  Broadcasting() : PlayAt(Phase::kSignatureDurable) {}

  // How long the machine sleeps, in all, until it asks for the next broadcast.
  Millis TimeToBroadcast() {
    const Millis begin_ms = now_ms();
    while (!IsAskedTo<Broadcast>() && now_ms() < begin_ms + 1'000'000) {
      Wake();
      if (IsAskedTo<ReadChain>()) ReadsChain();
      if (IsAskedTo<ReadCoins>()) ReadsCoins();
      if (IsAskedTo<ReadSpends>()) ReadsSpends();
    }
    return now_ms() - begin_ms;
  }
};

BOOST_FIXTURE_TEST_CASE(accepted, Broadcasting) {
  CHECK_STEP(Broadcasts(Done{}), "append 6: batch 3 accepted: t1");
  CheckOnlyOneBatch(*this);
}

// -27: in the chain. Where, only the blocks say.
BOOST_FIXTURE_TEST_CASE(already_in_chain_is_accepted, Broadcasting) {
  node.Broadcast(Asked<Broadcast>().raw_tx);
  node.Mine();
  CHECK_STEP(Broadcasts(), "append 6: batch 3 accepted: t1", "read chain from 100");
  CHECK_STEP(ReadsChain(), "append 7: batch 3 confirmed: t1 in block 101",
             "append 8: chain from 100 to 101", "read coins above 100", "read spends since 100");
}

// -25: not spendable in this view, for any of six reasons. Each coin is looked up, and nothing is
// concluded from a coin that is not there.
BOOST_FIXTURE_TEST_CASE(missing_or_spent_is_no_proof, Broadcasting) {
  CHECK_STEP(Broadcasts(Because(Refusal::kMissingOrSpent)), "look up c1 of batch 3",
             "read chain from 100");
  CHECK_STEP(LooksUp(std::vector<CoinStanding>{{samples::OutPointOf(1), false, std::nullopt}}));
  CHECK_STEP(Query("w-1"), "answer 2: known w-1 pending signed t1 stalled coin_missing_or_spent");
  ReadsChain();
  CHECK_STEP(After(kFirstRetryMs - 1));
  CHECK_STEP(After(1), "broadcast t1 of batch 3");
  CheckPaidOnceAfterAll(*this);
}

BOOST_FIXTURE_TEST_CASE(over_our_own_cap_an_operator_must_act_and_it_is_tried_again, Broadcasting) {
  CHECK_STEP(Broadcasts(Because(Refusal::kOverOurCap)));
  CHECK_STEP(Query("w-1"), "answer 2: known w-1 pending signed t1 stalled fee_above_cap");
  BOOST_TEST(!std::get<SendReply>(ReplyTo(2)).send->stalled->automatic);
  CHECK_STEP(After(kFirstRetryMs), "broadcast t1 of batch 3");
  CheckPaidOnceAfterAll(*this);
}

BOOST_FIXTURE_TEST_CASE(a_fee_that_is_too_low_now_is_tried_again_with_the_same_bytes,
                        Broadcasting) {
  CHECK_STEP(Broadcasts(Because(Refusal::kFeeTooLow)), "look up c1 of batch 3",
             "read chain from 100");
  CHECK_STEP(LooksUp());
  CHECK_STEP(Query("w-1"), "answer 2: known w-1 pending signed t1 stalled fee_too_low");
  BOOST_TEST(std::get<SendReply>(ReplyTo(2)).send->stalled->automatic);
  ReadsChain();
  CHECK_STEP(After(kFirstRetryMs), "broadcast t1 of batch 3");
  CheckPaidOnceAfterAll(*this);
}

BOOST_FIXTURE_TEST_CASE(another_rule_of_the_node_is_for_an_operator, Broadcasting) {
  CHECK_STEP(Broadcasts(Because(Refusal::kPolicy)), "look up c1 of batch 3", "read chain from 100");
  CHECK_STEP(LooksUp());
  CHECK_STEP(Query("w-1"), "answer 2: known w-1 pending signed t1 stalled node_refuses");
  BOOST_TEST(!std::get<SendReply>(ReplyTo(2)).send->stalled->automatic);
  CheckPaidOnceAfterAll(*this);
}

// -28, HTTP 503, connection refused, 401: the node did nothing.
BOOST_FIXTURE_TEST_CASE(what_was_not_executed_is_asked_again_later_and_later, Broadcasting) {
  Millis wait_ms = kFirstRetryMs;
  for (Refusal why : {Refusal::kNotExecuted, Refusal::kUnauthorized, Refusal::kNotExecuted,
                      Refusal::kNotExecuted, Refusal::kNotExecuted}) {
    CHECK_STEP(Broadcasts(Because(why)));
    BOOST_TEST(TimeToBroadcast() == wait_ms);
    wait_ms *= 2;
  }
  CheckPaidOnceAfterAll(*this);
}

BOOST_FIXTURE_TEST_CASE(the_waits_between_tries_stop_growing, Broadcasting) {
  for (int i = 0; i < 40; ++i) {
    Broadcasts(Because(Refusal::kOverOurCap));
    BOOST_TEST(TimeToBroadcast() <= Policy{}.retry_max_ms);
  }
}

// Timeout, reset, garbage, an unknown code: it may have been executed. The same bytes again, and a
// look at what the node knows.
BOOST_FIXTURE_TEST_CASE(silence_is_not_failure, Broadcasting) {
  CHECK_STEP(BroadcastsUnheard(), "read chain from 100");
  CHECK_STEP(Query("w-1"), "answer 2: known w-1 pending signed t1 stalled node_unavailable");
  CHECK_STEP(Cancel("w-1"), "answer 3: too late w-1 pending signed t1 stalled node_unavailable");
  ReadsChain();
  CHECK_STEP(After(kFirstRetryMs), "broadcast t1 of batch 3");
  CHECK_STEP(Broadcasts(), "append 6: batch 3 accepted: t1");
  CheckPaidOnceAfterAll(*this);
}

BOOST_FIXTURE_TEST_CASE(a_refusal_after_silence_can_be_our_own_transaction, Broadcasting) {
  BroadcastsUnheard();
  Settle();
  After(kFirstRetryMs);
  Broadcasts(Because(Refusal::kMissingOrSpent));
  // The look at the coin shows that it is our own transaction that spends it.
  CHECK_STEP(LooksUp(), "append 6: batch 3 accepted: t1");
  CheckPaidOnceAfterAll(*this);
}

// Every refusal that there is.
BOOST_AUTO_TEST_CASE(no_refusal_and_no_silence_leads_to_other_coins) {
  for (int why = 0; why <= static_cast<int>(Refusal::kRejected); ++why) {
    BOOST_TEST_CONTEXT(StallCode(static_cast<Refusal>(why))) {
      Broadcasting play;
      play.Broadcasts(Because(static_cast<Refusal>(why)));
      CheckPaidOnceAfterAll(play);
    }
  }
}

// What was accepted can be thrown out of the mempool: the same bytes go again each minute.
BOOST_FIXTURE_TEST_CASE(what_is_not_confirmed_is_sent_again_each_minute, Broadcasting) {
  Settle();
  node.Evict();
  BOOST_TEST(TimeToBroadcast() == Policy{}.rebroadcast_interval_ms);
  CheckPaidOnceAfterAll(*this);
}

BOOST_AUTO_TEST_SUITE_END()

// --- signrawtransactionwithwallet

BOOST_AUTO_TEST_SUITE(evidence_on_signing_tests)

struct Signing : PlayAt {
  Signing() : PlayAt(Phase::kRequestDurable) {}
};

// Signing is deterministic: asking again gives the same bytes.
BOOST_FIXTURE_TEST_CASE(silence_means_that_a_signature_may_exist, Signing) {
  CHECK_STEP(SignsUnheard(), "read chain from 100");
  CHECK_STEP(Cancel("w-1"), "answer 2: too late w-1 pending reserved stalled node_unavailable");
  ReadsChain();
  CHECK_STEP(After(kFirstRetryMs), "sign batch 3 version 0");
  CHECK_STEP(Signs(), "append 5: batch 3 signed: t1");
  CheckPaidOnceAfterAll(*this);
}

// complete: false. A coin can be gone: it is looked up.
BOOST_FIXTURE_TEST_CASE(what_cannot_be_signed_is_for_an_operator, Signing) {
  CHECK_STEP(Signs(Because(Refusal::kCannotSign)), "look up c1 of batch 3");
  CHECK_STEP(LooksUp());
  CHECK_STEP(Query("w-1"), "answer 2: known w-1 pending reserved stalled cannot_sign");
  BOOST_TEST(!std::get<SendReply>(ReplyTo(2)).send->stalled->automatic);
  CheckPaidOnceAfterAll(*this);
}

BOOST_FIXTURE_TEST_CASE(a_coin_that_is_gone_after_the_request_leads_to_no_other, Signing) {
  Signs(Because(Refusal::kCannotSign));
  CHECK_STEP(LooksUp(std::vector<CoinStanding>{{samples::OutPointOf(1), false, std::nullopt}}),
             "read chain from 100");
  CHECK_STEP(After(kFirstRetryMs), "sign batch 3 version 0");
  CheckOnlyOneBatch(*this);
}

BOOST_AUTO_TEST_CASE(wallet_errors_stall_with_their_code_and_go_on_by_themselves) {
  for (Refusal why : {Refusal::kWalletLocked, Refusal::kWalletNotLoaded, Refusal::kWalletNotNamed,
                      Refusal::kKeypoolEmpty, Refusal::kInsufficientFunds}) {
    const std::string code(StallCode(why));
    BOOST_TEST_CONTEXT(code) {
      Signing play;
      CHECK_STEP(play.Signs(Because(why)));
      CHECK_STEP(play.Query("w-1"), "answer 2: known w-1 pending reserved stalled " + code);
      BOOST_TEST(std::get<SendReply>(play.ReplyTo(2)).send->stalled->automatic);
      CheckPaidOnceAfterAll(play);
    }
  }
}

BOOST_AUTO_TEST_CASE(no_refusal_to_sign_leads_to_other_coins) {
  for (int why = 0; why <= static_cast<int>(Refusal::kRejected); ++why) {
    BOOST_TEST_CONTEXT(StallCode(static_cast<Refusal>(why))) {
      Signing play;
      play.Signs(Because(static_cast<Refusal>(why)));
      CheckPaidOnceAfterAll(play);
    }
  }
}

// A reply that differs from what was asked for is thrown away.
BOOST_FIXTURE_TEST_CASE(a_signature_over_something_else_is_not_recorded, Signing) {
  auto other = *bitcoin::ParseTransaction(Asked<Sign>().unsigned_tx);
  other.outputs[0].script = samples::ScriptOf("mallory");
  const auto coins = ledger().FindBatch(3)->coins;
  CHECK_STEP(Signs(samples::BytesOf(samples::Signed(other, coins))));
  CHECK_STEP(Query("w-1"), "answer 2: known w-1 pending reserved stalled cannot_sign");
  CHECK_STEP(After(kFirstRetryMs), "sign batch 3 version 0");
  CHECK_STEP(Signs(Asked<Sign>().unsigned_tx));  // not signed at all
  CHECK_STEP(After(2 * kFirstRetryMs), "sign batch 3 version 0");
  CHECK_STEP(Signs(bitcoin::Bytes{1, 2, 3}));
  CheckPaidOnceAfterAll(*this);
}

// The driver gives each reply once; if one came twice all the same, it must do no harm.
BOOST_AUTO_TEST_CASE(a_reply_that_comes_twice_pays_once) {
  PlayAt play(Phase::kRequestDurable);
  const Sign asked = play.Asked<Sign>();
  const auto raw_tx = std::get<bitcoin::Bytes>(play.node.Sign(asked.unsigned_tx));
  play.Signs();
  play.Give(Signed{asked.batch, asked.version, raw_tx});
  play.Settle();
  play.Give(Signed{asked.batch, asked.version, raw_tx});
  play.Settle();
  CheckPaidOnceAfterAll(play);
}

BOOST_AUTO_TEST_SUITE_END()

// --- lockunspent: a courtesy

BOOST_AUTO_TEST_SUITE(evidence_on_locking_tests)

struct Locking : PlayAt {
  Locking() : PlayAt(Phase::kReservationDurable) {}
};

// -8: somebody has locked it, or it is spent.
BOOST_FIXTURE_TEST_CASE(a_lock_that_is_refused_for_a_coin_that_is_there_is_done_without, Locking) {
  CHECK_STEP(Locks(Because(Refusal::kRejected)), "look up c1 of batch 3");
  CHECK_STEP(LooksUp(), "append 4: batch 3 asks for a signature");
  CheckPaidOnceAfterAll(*this);
}

// Nothing was signed, so other coins may be chosen: here, the same send goes on with another.
BOOST_FIXTURE_TEST_CASE(before_the_request_a_coin_that_is_gone_is_replaced, Locking) {
  node.Fund(CoinOf(2, 500'000), 6);
  Locks(Because(Refusal::kRejected));
  CHECK_STEP(LooksUp(std::vector<CoinStanding>{{samples::OutPointOf(1), false, std::nullopt}}),
             "append 4: batch 3 dropped");
  CHECK_STEP(Durable(), "unlock c1");
  node.Mine();
  BOOST_TEST(Reconcile().find("reserves c1") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(silence_on_a_lock_is_asked_again, Locking) {
  CHECK_STEP(Locks(Unknown{"timeout"}), "read chain from 100");
  ReadsChain();
  CHECK_STEP(After(kFirstRetryMs), "lock c1 for batch 3");
  CheckPaidOnceAfterAll(*this);
}

BOOST_AUTO_TEST_CASE(no_refusal_to_lock_stops_a_send) {
  for (int why = 0; why <= static_cast<int>(Refusal::kRejected); ++why) {
    BOOST_TEST_CONTEXT(StallCode(static_cast<Refusal>(why))) {
      Locking play;
      play.Locks(Because(static_cast<Refusal>(why)));
      CheckPaidOnceAfterAll(play);
    }
  }
}

// After a restart the lock is asked for again although the signature was: it must not hold it up.
BOOST_AUTO_TEST_CASE(a_lock_that_is_refused_for_ever_does_not_hold_a_signature) {
  PlayAt play(Phase::kRequestDurable);
  play.Crash();
  play.ReadsChain();
  play.ReadsCoins();
  CHECK_STEP(play.ReadsSpends(), "lock c1 for batch 3");
  CHECK_STEP(play.Locks(Because(Refusal::kRejected)), "look up c1 of batch 3");
  play.LooksUp();
  CHECK_STEP(play.After(kFirstRetryMs), "sign batch 3 version 0");
}

// The look itself can fail.
BOOST_FIXTURE_TEST_CASE(a_look_that_fails_is_taken_again, Locking) {
  Locks(Because(Refusal::kRejected));
  CHECK_STEP(LooksUp(Unknown{"timeout"}));
  CHECK_STEP(After(kFirstRetryMs), "lock c1 for batch 3");
  Locks(Because(Refusal::kRejected));
  CHECK_STEP(LooksUp(Because(Refusal::kNotExecuted)));
  CheckPaidOnceAfterAll(*this);
}

BOOST_AUTO_TEST_SUITE_END()

// --- drafting: nothing is recorded, so anything can be done again

BOOST_AUTO_TEST_SUITE(evidence_on_drafting_tests)

struct Drafting : PlayAt {
  Drafting() : PlayAt(Phase::kRecordDurable) {}
};

// -4: the fee is higher than guessed.
BOOST_FIXTURE_TEST_CASE(coins_that_do_not_cover_are_chosen_again_for_more, Drafting) {
  for (int tries = 1; tries <= 5; ++tries) {
    CHECK_STEP(Drafts(Because(Refusal::kCoinsDoNotCover)),
               "draft " + std::to_string(tries + 1) + ": c1 to alice 50000");
  }
  CheckPaidOnceAfterAll(*this);
}

// What one draft lacked must not be asked of all others: with everything that could be added added,
// there is no coin for anybody.
BOOST_FIXTURE_TEST_CASE(what_one_draft_lacked_is_not_asked_of_the_next, Play) {
  FundWith({CoinOf(1, 60'000)});
  Start();
  Submit("w-1", {To("alice", 50'000)});
  Durable();
  while (IsAskedTo<DraftTransaction>()) Drafts(Because(Refusal::kCoinsDoNotCover));
  CHECK_STEP(Query("w-1"), "answer 2: known w-1 pending recorded stalled insufficient_funds");
  node.Mine();
  CheckPaidOnceAfterAll(*this);
}

BOOST_AUTO_TEST_CASE(every_refusal_to_draft_is_shown_and_tried_again) {
  for (Refusal why : {Refusal::kCannotBuild, Refusal::kNoFeeEstimate, Refusal::kInsufficientFunds,
                      Refusal::kKeypoolEmpty, Refusal::kWalletLocked, Refusal::kWalletNotLoaded,
                      Refusal::kWalletNotNamed, Refusal::kRejected, Refusal::kNotExecuted,
                      Refusal::kUnauthorized}) {
    const std::string code(StallCode(why));
    BOOST_TEST_CONTEXT(code) {
      Drafting play;
      play.Drafts(Because(why));
      CHECK_STEP(play.Query("w-1"), "answer 2: known w-1 pending recorded stalled " + code);
      CheckPaidOnceAfterAll(play);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(silence_on_a_draft_is_tried_again, Drafting) {
  CHECK_STEP(Drafts(Unknown{"timeout"}), "read chain from 100");
  CHECK_STEP(Query("w-1"), "answer 2: known w-1 pending recorded stalled node_unavailable");
  ReadsChain();
  CHECK_STEP(After(kFirstRetryMs), "draft 2: c1 to alice 50000");
  CheckPaidOnceAfterAll(*this);
}

// A draft that cheats is thrown away, whatever else it is.
BOOST_FIXTURE_TEST_CASE(a_draft_that_pays_somebody_else_is_thrown_away, Drafting) {
  Draft draft = HonestDraft();
  auto transaction = *bitcoin::ParseTransaction(draft.unsigned_tx);
  transaction.outputs[0].script = samples::ScriptOf("mallory");
  draft.unsigned_tx = samples::BytesOf(transaction);
  CHECK_STEP(Drafts(draft));
  CHECK_STEP(Query("w-1"), "answer 2: known w-1 pending recorded stalled bad_draft");
  CheckPaidOnceAfterAll(*this);
}

// The log follows the chain to another block than the draft was made on: a reorganisation may have
// opened a batch again behind our back.
BOOST_FIXTURE_TEST_CASE(a_draft_on_another_block_is_thrown_away, Drafting) {
  Draft draft = HonestDraft();
  draft.tip = samples::HashOf(12'345);
  CHECK_STEP(Drafts(draft), "read chain from 100");
  ReadsChain();
  CHECK_STEP(After(kFirstRetryMs - 1));
  CHECK_STEP(After(1), "draft 2: c1 to alice 50000");
  CheckPaidOnceAfterAll(*this);
}

BOOST_FIXTURE_TEST_CASE(a_draft_over_a_block_that_was_read_meanwhile_is_thrown_away, Drafting) {
  const Draft draft = HonestDraft();
  node.Mine();
  ChainHint();
  ReadsChain();
  Durable();
  BOOST_TEST(Drafts(draft).find("reserves") == std::string::npos);
  Settle();
  CheckPaidOnceAfterAll(*this);
}

// Not in a loop: the wallet may go on showing a coin that the chain has not.
BOOST_FIXTURE_TEST_CASE(a_coin_that_the_node_does_not_show_is_left, Drafting) {
  Draft draft;
  draft.missing = {samples::OutPointOf(1)};
  draft.tip = samples::BlockAt(100).hash;
  CHECK_STEP(Drafts(draft), "read chain from 100");
  ReadsChain();
  ReadsCoins();
  CHECK_STEP(ReadsSpends());
  CHECK_STEP(After(kFirstRetryMs), "draft 2: c1 to alice 50000");
  CheckPaidOnceAfterAll(*this);
}

BOOST_FIXTURE_TEST_CASE(a_fee_over_the_senders_limit_is_shown_and_tried_again, Play) {
  Start();
  SendContent content = Paying({To("alice", 50'000)});
  content.max_fee_sat = 10;
  Submit("w-1", content);
  Durable();
  CHECK_STEP(Drafts());
  CHECK_STEP(Query("w-1"), "answer 2: known w-1 pending recorded stalled fee_above_cap");
  CHECK_STEP(After(kFirstRetryMs), "draft 2: c1 to alice 50000");
}

BOOST_AUTO_TEST_CASE(a_fee_over_the_operators_cap_is_shown_and_tried_again) {
  Policy policy = WithWholeChange();
  policy.max_fee_sat = 100;
  Play play(policy);
  play.Start();
  play.Submit("w-1", {To("alice", 50'000)});
  play.Durable();
  CHECK_STEP(play.Drafts());
  CHECK_STEP(play.Query("w-1"), "answer 2: known w-1 pending recorded stalled fee_above_cap");
}

// A judgement of testmempoolaccept.
BOOST_FIXTURE_TEST_CASE(what_the_nodes_rules_forbid_is_for_an_operator, Drafting) {
  Draft draft = HonestDraft();
  draft.judgement = Because(Refusal::kPolicy);
  CHECK_STEP(Drafts(draft));
  CHECK_STEP(Query("w-1"), "answer 2: known w-1 pending recorded stalled node_refuses");
  BOOST_TEST(!std::get<SendReply>(ReplyTo(2)).send->stalled->automatic);
  CHECK_STEP(After(kFirstRetryMs), "draft 2: c1 to alice 50000");
  CheckPaidOnceAfterAll(*this);
}

BOOST_AUTO_TEST_SUITE_END()

// --- one bad send never spoils its neighbours

BOOST_AUTO_TEST_SUITE(evidence_on_neighbours_tests)

// w-0 is on its way with coin c1; w-1 to w-4 wait together and have c2.
struct Company : Play {
  Company() {
    FundWith({CoinOf(1, 100'000), CoinOf(2, 500'000), CoinOf(3, 600'000), CoinOf(4, 700'000),
              CoinOf(5, 800'000)});
    Start();
    Submit("w-0", {To("zoe", 10'000)});
  }

  void SubmitFour(const SendContent& third) {
    Submit("w-1", {To("alice", 50'000)});
    Submit("w-2", {To("bob", 60'000)});
    Submit("w-3", third);
    Submit("w-4", {To("dave", 70'000)});
  }

  void CheckNeighboursPaid() {
    Settle();
    for (int i = 0; i < 10; ++i) {
      Wake();
      Settle();
    }
    node.Mine();
    BOOST_TEST(node.PaymentsInChain(samples::OutputTo("alice", 50'000)) == 1);
    BOOST_TEST(node.PaymentsInChain(samples::OutputTo("bob", 60'000)) == 1);
    BOOST_TEST(node.PaymentsInChain(samples::OutputTo("dave", 70'000)) == 1);
  }
};

BOOST_FIXTURE_TEST_CASE(a_company_that_is_judged_bad_is_halved_until_the_bad_one_is_alone,
                        Company) {
  node.refused_scripts = {samples::ScriptOf("carol")};
  SubmitFour(Paying({To("carol", 60'000)}));
  CHECK_STEP(Drafts(), "append 7: batch 7 reserves c1 for w-0",
             "draft 2: c2 to alice 50000, bob 60000, carol 60000, dave 70000");
  CHECK_STEP(Drafts(), "draft 3: c2 to alice 50000, bob 60000");
  CHECK_STEP(Drafts(), "append 8: batch 8 reserves c2 for w-1,w-2",
             "draft 4: c3 to carol 60000, dave 70000");
  CHECK_STEP(Drafts(), "draft 5: c3 to carol 60000");
  CHECK_STEP(Drafts(), "draft 6: c3 to dave 70000");
  CheckNeighboursPaid();
  BOOST_TEST((View("w-3").stalled->code == "node_refuses"));
}

// The oldest of all is the bad one: it is tried first each time, and the others go on.
BOOST_FIXTURE_TEST_CASE(a_bad_send_at_the_head_of_the_queue_holds_nobody, Play) {
  FundWith({CoinOf(1, 100'000), CoinOf(2, 500'000), CoinOf(3, 600'000)});
  node.refused_scripts = {samples::ScriptOf("carol")};
  Start();
  Submit("w-1", {To("carol", 60'000)});
  Submit("w-2", {To("bob", 60'000)});
  Submit("w-3", {To("dave", 70'000)});
  Settle();
  for (int i = 0; i < 4; ++i) {
    Wake();
    Settle();
  }
  node.Mine();
  BOOST_TEST(node.PaymentsInChain(samples::OutputTo("bob", 60'000)) == 1);
  BOOST_TEST(node.PaymentsInChain(samples::OutputTo("dave", 70'000)) == 1);
}

BOOST_FIXTURE_TEST_CASE(a_send_whose_share_of_the_fee_is_too_high_is_left_out, Company) {
  SendContent stingy = Paying({To("carol", 60'000)});
  stingy.max_fee_sat = 1;
  SubmitFour(stingy);
  Drafts();
  CHECK_STEP(Drafts(), "draft 3: c2 to alice 50000, bob 60000, dave 70000");
  CheckNeighboursPaid();
  BOOST_TEST((View("w-3").stalled->code == "fee_above_cap"));
}

BOOST_FIXTURE_TEST_CASE(a_company_whose_fee_is_over_the_operators_cap_is_halved, Play) {
  Policy policy = WithWholeChange();
  policy.max_fee_sat = 2'300;  // one or two pay less, four do not
  Play play(policy);
  play.FundWith({CoinOf(1, 100'000), CoinOf(2, 500'000), CoinOf(3, 600'000), CoinOf(4, 700'000)});
  play.Start();
  play.Submit("w-0", {To("zoe", 10'000)});
  for (const char* id : {"w-1", "w-2", "w-3", "w-4"}) play.Submit(id, {To("alice", 50'000)});
  play.Settle();
  play.node.Mine();
  BOOST_TEST(play.node.PaymentsInChain(samples::OutputTo("alice", 50'000)) == 4);
}

// No coins for the large one: the small ones behind it are paid.
BOOST_FIXTURE_TEST_CASE(a_send_that_no_coins_suffice_for_does_not_hold_smaller_ones, Play) {
  Start();
  Submit("w-1", {To("alice", 5'000'000)});
  Submit("w-2", {To("bob", 60'000)});
  Settle();
  BOOST_TEST((View("w-2").state == SendState::kBroadcast));
  BOOST_TEST((View("w-1").stalled->code == "insufficient_funds"));
}

// Nor one for which they would suffice at a usual fee.
BOOST_FIXTURE_TEST_CASE(a_send_that_nobody_can_pay_the_fee_of_does_not_hold_larger_ones, Play) {
  Start();
  SendContent dear = Paying({To("alice", 10'000)});
  dear.fee = FeeChoice{std::nullopt, 10'000'000};  // 10,000 sat/vB
  Submit("w-1", dear);
  Submit("w-2", {To("bob", 60'000)});
  Settle();
  BOOST_TEST((View("w-1").stalled->code == "insufficient_funds"));
  BOOST_TEST((View("w-2").state == SendState::kBroadcast));
}

BOOST_FIXTURE_TEST_CASE(a_company_that_is_too_large_for_the_coins_is_made_smaller, Play) {
  FundWith({CoinOf(1, 100'000), CoinOf(2, 90'000)});
  Start();
  Submit("w-0", {To("zoe", 10'000)});
  for (const char* id : {"w-1", "w-2"}) Submit(id, {To("alice", 60'000)});
  CHECK_STEP(Drafts(), "append 5: batch 5 reserves c2 for w-0", "draft 2: c1 to alice 60000");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
