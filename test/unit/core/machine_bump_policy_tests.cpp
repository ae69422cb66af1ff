// Versions that nobody asked for: a higher fee where a batch does not confirm, and a version that
// leaves out those for whom the node refuses the one before it.

#include <boost/test/unit_test.hpp>

#include <algorithm>

#include "machine_sent.h"

namespace sendonce::core {
namespace {

using bitcoin::Transaction;
using samples::CoinOf;
using samples::OutputTo;
using samples::To;

bitcoin::Amount FeeOf(const Batch& batch, size_t version) {
  return batch.versions.at(version).fee_sat;
}

Policy RaisingAfter(int32_t blocks) {
  Policy policy = WithWholeChange();
  policy.bump_after_blocks = blocks;
  return policy;
}

// w-1, accepted, at 10 sat/vB: the fee is 1,410 sat or so.
struct Overdue : PlayAt {
  explicit Overdue(const Policy& policy = RaisingAfter(2), const SendContent& content = Content())
      : PlayAt(Phase::kAcceptanceDurable, policy, content) {}

  static SendContent Content() { return samples::Paying({To("alice", 50'000)}); }

  const Batch& TheBatch() const { return *ledger().FindBatch(3); }
  size_t Versions() const { return TheBatch().versions.size(); }

  void PassBlocks(int blocks) {
    for (int i = 0; i < blocks; ++i) {
      node.MineOnly({});
      Reconcile();
    }
  }
};

// Three sends in one batch, of which the node refuses one once it is signed: its policy has
// changed. Batch 7 pays w-0 to w-2 from c2.
struct Refused3 : Play {
  Refused3() {
    FundWith({CoinOf(1, 100'000), CoinOf(2, 900'000)});
    Start();
    Submit("first", {To("zoe", 10'000)});  // while it is drafted the others queue up
    for (const auto& [id, name] : kSends) Submit(id, {To(name, 60'000)});
    while (!IsAskedTo<Broadcast>() || Asked<Broadcast>().batch != TheBatch().id) SettleOneStep();
  }

  inline static const std::vector<std::pair<std::string, std::string>> kSends = {
      {"w-0", "alice"}, {"w-1", "bob"}, {"w-2", "carol"}};

  const Batch& TheBatch() const { return ledger().batches().rbegin()->second; }
  const Batch& BatchOf(const SendId& id) const {
    return *ledger().LiveBatchOf(*ledger().FindSend(id));
  }
  int Payments(const std::string& name) const {
    return node.PaymentsInChain(OutputTo(name, 60'000));
  }

  // Each draft comes to nothing so; all else is answered.
  void SettleWithout(const Outcome<Draft>& outcome) {
    while (IsAsked() || log.durable_seq() < log.last_seq()) {
      if (IsAskedTo<DraftTransaction>()) {
        Drafts(outcome);
      } else {
        SettleOneStep();
      }
    }
  }
};

BOOST_AUTO_TEST_SUITE(machine_bump_policy_tests)

// --- what does not confirm

BOOST_AUTO_TEST_CASE(nothing_is_raised_unless_it_is_switched_on) {
  Overdue play{WithWholeChange()};
  play.node.estimate_sat_kvb = 50'000;
  play.PassBlocks(20);
  BOOST_TEST(play.Versions() == 1U);
}

BOOST_AUTO_TEST_CASE(one_step_for_each_so_many_blocks) {
  Overdue play;
  play.node.estimate_sat_kvb = 50'000;
  play.PassBlocks(1);
  BOOST_TEST(play.Versions() == 1U);
  play.PassBlocks(1);
  BOOST_TEST(play.Versions() == 2U);
  play.PassBlocks(1);
  BOOST_TEST(play.Versions() == 2U);
  play.PassBlocks(1);
  BOOST_TEST(play.Versions() == 3U);
  for (size_t i = 0; i < 2; ++i) {
    BOOST_TEST(FeeOf(play.TheBatch(), i + 1) >= FeeOf(play.TheBatch(), i) * 124 / 100);
    BOOST_TEST(FeeOf(play.TheBatch(), i + 1) <= FeeOf(play.TheBatch(), i) * 126 / 100);
  }
  play.node.Mine();
  play.Reconcile();
  BOOST_TEST(play.node.PaymentsInChain(OutputTo("alice", 50'000)) == 1);
}

BOOST_AUTO_TEST_CASE(no_further_than_the_estimate) {
  Overdue play;
  play.node.estimate_sat_kvb = 11'500;
  play.PassBlocks(2);
  BOOST_TEST(play.Versions() == 2U);
  BOOST_TEST(FeeOf(play.TheBatch(), 1) * 100 / FeeOf(play.TheBatch(), 0) == 115);
  play.PassBlocks(6);
  BOOST_TEST(play.Versions() == 2U);
}

BOOST_AUTO_TEST_CASE(not_where_the_estimate_is_what_is_paid) {
  Overdue play;
  play.PassBlocks(6);
  BOOST_TEST(play.Versions() == 1U);
}

BOOST_AUTO_TEST_CASE(no_further_than_the_caps) {
  Policy policy = RaisingAfter(1);
  policy.max_fee_rate_sat_kvb = 12'000;
  Overdue play{policy};
  play.node.estimate_sat_kvb = 50'000;
  play.PassBlocks(5);
  BOOST_TEST(play.Versions() == 2U);
  BOOST_TEST(FeeOf(play.TheBatch(), 1) * 10 / FeeOf(play.TheBatch(), 0) == 12);
}

BOOST_AUTO_TEST_CASE(a_send_that_names_a_rate_is_left_alone) {
  SendContent content = Overdue::Content();
  content.fee = FeeChoice{std::nullopt, 10'000};
  Overdue play{RaisingAfter(1), content};
  play.node.estimate_sat_kvb = 50'000;
  play.PassBlocks(5);
  BOOST_TEST(play.Versions() == 1U);
}

BOOST_AUTO_TEST_CASE(
    an_estimate_that_the_coins_do_not_cover_does_not_keep_a_step_from_being_taken) {
  Overdue play;
  play.node.estimate_sat_kvb = 20'000'000;
  play.PassBlocks(2);
  BOOST_TEST(play.Versions() == 2U);
}

BOOST_AUTO_TEST_CASE(a_node_in_trouble_is_asked_again) {
  Overdue play;
  play.node.estimate_sat_kvb = 50'000;
  play.node.MineOnly({});
  play.Reconcile();
  play.node.MineOnly({});
  play.ChainHint();
  while (!play.IsAskedTo<LookUpCoins>()) play.SettleOneStep();
  play.LooksUp(Unknown{"timeout"});
  play.Settle();
  BOOST_TEST(play.Versions() == 1U);
  play.Wake();
  play.Settle();
  BOOST_TEST(play.Versions() == 2U);
}

// --- what is refused

BOOST_FIXTURE_TEST_CASE(the_one_who_is_refused_is_left_out, Refused3) {
  node.refused_scripts = {samples::ScriptOf("bob")};
  Settle();
  const Batch& batch = BatchOf("w-1");
  BOOST_TEST(batch.versions.size() == 2U);
  BOOST_TEST(NameOfState("w-0") == "broadcast");
  BOOST_TEST(NameOfState("w-1") == "conflicted");
  BOOST_TEST(NameOfState("w-2") == "broadcast");
  BOOST_TEST((batch.versions[1].fee_sat > batch.versions[0].fee_sat));
  node.Mine();
  Reconcile();
  BOOST_TEST(Payments("alice") == 1);
  BOOST_TEST(Payments("carol") == 1);
  // It is bound still: nothing but R4 pays it, and that waits for the node too.
  WakeAndSettle(5);
  BOOST_TEST(Payments("bob") == 0);
  node.refused_scripts.clear();
  for (int i = 0; i < 5 && Payments("bob") == 0; ++i) {
    WakeAndSettle(5);
    node.Mine();
    Reconcile();
  }
  BOOST_TEST(NameOfState("w-1") == "confirmed");
  for (const auto& [id, name] : kSends) BOOST_TEST(Payments(name) == 1);
  for (const Transaction& one : node.signed_ever()) {
    if (bitcoin::TxidOf(one) == batch.versions[0].txid) {
      BOOST_TEST(Conflict(one, *bitcoin::ParseTransaction(batch.versions[1].raw_tx)));
    }
  }
}

// And the version that pays them all can confirm instead: a miner may take what the node did not.
BOOST_FIXTURE_TEST_CASE(the_version_that_was_refused_confirms, Refused3) {
  node.refused_scripts = {samples::ScriptOf("bob")};
  Settle();
  const Batch& batch = BatchOf("w-1");
  node.MineOnly({*bitcoin::ParseTransaction(batch.versions[0].raw_tx)});
  Reconcile();
  for (const auto& [id, name] : kSends) {
    BOOST_TEST(NameOfState(id) == "confirmed");
    BOOST_TEST(Payments(name) == 1);
  }
}

// A later version was asked for, and whether it is signed nobody knows: when the one that leaves
// the send out is in the chain, no other version is, so the send need not wait for the rest of
// them.
BOOST_FIXTURE_TEST_CASE(the_one_left_out_goes_although_a_later_version_is_not_signed, Refused3) {
  node.refused_scripts = {samples::ScriptOf("bob")};
  Settle();
  const Batch& batch = BatchOf("w-1");
  Bump("w-0", 50'000);
  while (!IsAskedTo<core::Sign>()) SettleOneStep();
  BOOST_TEST_REQUIRE(batch.versions.size() == 3U);
  Signs(Unknown{"timeout"});
  node.MineOnly({*bitcoin::ParseTransaction(batch.versions[1].raw_tx)});
  node.refused_scripts.clear();
  Reconcile();
  BOOST_TEST(batch.versions[2].raw_tx.empty());
  for (int i = 0; i < 5 && Payments("bob") == 0; ++i) {
    WakeAndSettle(5);
    node.Mine();
    Reconcile();
  }
  for (const auto& [id, name] : kSends) BOOST_TEST(Payments(name) == 1);
}

// Some of it the wallet refuses to build, before the mempool is asked: dust.
BOOST_FIXTURE_TEST_CASE(the_one_whom_the_wallet_refuses_to_pay_is_left_out, Refused3) {
  node.refused_scripts = {samples::ScriptOf("bob")};
  const bitcoin::TxOut bobs = OutputTo("bob", 60'000);
  const auto pays_bob = [&](const DraftTransaction& draft) {
    return std::find(draft.outputs.begin(), draft.outputs.end(), bobs) != draft.outputs.end();
  };
  int refusals = 0;
  while (IsAsked() || log.durable_seq() < log.last_seq()) {
    if (IsAskedTo<DraftTransaction>() && pays_bob(Asked<DraftTransaction>())) {
      Drafts(Refused{Refusal::kCannotBuild, -4, "The transaction amount is too small"});
      ++refusals;
    } else {
      SettleOneStep();
    }
  }
  BOOST_TEST(refusals > 0);
  BOOST_TEST(NameOfState("w-0") == "broadcast");
  BOOST_TEST(NameOfState("w-1") == "conflicted");
  BOOST_TEST(NameOfState("w-2") == "broadcast");
}

BOOST_FIXTURE_TEST_CASE(several_are_left_out, Refused3) {
  node.refused_scripts = {samples::ScriptOf("alice"), samples::ScriptOf("carol")};
  Settle();
  BOOST_TEST(NameOfState("w-0") == "conflicted");
  BOOST_TEST(NameOfState("w-1") == "broadcast");
  BOOST_TEST(NameOfState("w-2") == "conflicted");
}

BOOST_FIXTURE_TEST_CASE(where_all_are_refused_it_waits_for_an_operator, Refused3) {
  for (const auto& [id, name] : kSends) node.refused_scripts.insert(samples::ScriptOf(name));
  Settle();
  WakeAndSettle(5);
  BOOST_TEST(BatchOf("w-1").versions.size() == 1U);
  BOOST_TEST(View("w-1").stalled->code == "node_refuses");
  BOOST_TEST(!View("w-1").stalled->automatic);
  node.refused_scripts.clear();
  WakeAndSettle(5);
  BOOST_TEST(NameOfState("w-1") == "broadcast");
  BOOST_TEST(BatchOf("w-1").versions.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(one_that_is_refused_alone_waits_for_an_operator, Play) {
  Start();
  Submit("w-1", {To("alice", 50'000)});
  while (!IsAskedTo<Broadcast>()) SettleOneStep();
  node.refused_scripts = {samples::ScriptOf("alice")};
  Settle();
  BOOST_TEST(View("w-1").stalled->code == "node_refuses");
  BOOST_TEST(ledger().FindBatch(3)->versions.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(killed_while_it_is_searched_for, Refused3) {
  node.refused_scripts = {samples::ScriptOf("bob")};
  while (!IsAskedTo<DraftTransaction>()) SettleOneStep();
  SettleOneStep();
  Crash();
  Settle();
  WakeAndSettle(3);
  BOOST_TEST(NameOfState("w-0") == "broadcast");
  BOOST_TEST(NameOfState("w-1") == "conflicted");
}

// What the node says of the fee, or of the coins, is not about whom it refuses.
BOOST_AUTO_TEST_CASE(a_search_that_the_fee_stops_is_begun_again_later) {
  constexpr Millis kSearchPauseMs = 600'000;
  for (const Refusal why :
       {Refusal::kCoinsDoNotCover, Refusal::kNoFeeEstimate, Refusal::kCannotBuild}) {
    BOOST_TEST_CONTEXT(StallCode(why)) {
      Refused3 play;
      play.node.refused_scripts = {samples::ScriptOf("bob")};
      const Millis begin_ms = play.now_ms();
      play.SettleWithout(Refused{why, -4, "not for that fee"});
      BOOST_TEST(play.now_ms() == begin_ms);
      play.After(kSearchPauseMs - 1);
      play.Settle();
      BOOST_TEST(play.BatchOf("w-1").versions.size() == 1U);
      BOOST_TEST(play.NameOfState("w-0") == "signed");
      play.After(1);
      play.Settle();
      BOOST_TEST(play.NameOfState("w-0") == "broadcast");
      BOOST_TEST(play.NameOfState("w-1") == "conflicted");
    }
  }
}

BOOST_FIXTURE_TEST_CASE(a_search_that_the_node_does_not_answer_goes_on, Refused3) {
  node.refused_scripts = {samples::ScriptOf("bob")};
  SettleWithout(Unknown{"timeout"});
  BOOST_TEST(BatchOf("w-1").versions.size() == 1U);
  WakeAndSettle(2);
  BOOST_TEST(NameOfState("w-0") == "broadcast");
  BOOST_TEST(NameOfState("w-1") == "conflicted");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
