#include "core/exclusion.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "samples.h"

namespace sendonce::core {
namespace {

using bitcoin::OutPoint;
using bitcoin::Transaction;
using bitcoin::TxidOf;
using samples::CoinOf;
using samples::OutputTo;
using samples::Spending;

constexpr int32_t kConflictDepth = 100;

const Coin kCoin0 = CoinOf(10, 100'000);
const Coin kCoin1 = CoinOf(11, 100'000);
const Coin kCoin2 = CoinOf(12, 100'000);

// Output 0 of that transaction, as a coin to spend.
Coin OutputOf(const Transaction& transaction) {
  return {{TxidOf(transaction), 0}, transaction.outputs[0].amount_sat, samples::ScriptOf("wallet")};
}

RivalEvidence InChain(const Transaction& rival, int32_t depth) {
  return {rival, false, depth};
}

// (a) The batch spends a coin that T itself spends.
Exclusion BySharedCoin(const Transaction& excluded, const OutPoint& coin) {
  return {"w-1", TxidOf(excluded), ExclusionReason::kSharedCoin, coin, {}};
}

// (b) The batch spends an output of X.
Exclusion ByDescent(const Transaction& excluded, const Transaction& rival) {
  return {"w-1", TxidOf(excluded), ExclusionReason::kDescendsFromRival, OutputOf(rival).outpoint,
          TxidOf(rival)};
}

// (c) X is deep.
Exclusion ByDepth(const Transaction& excluded, const Transaction& rival) {
  return {"w-1", TxidOf(excluded), ExclusionReason::kDeepRival, {}, TxidOf(rival)};
}

// Why it does not hold; "" if it holds.
std::string Objection(const Exclusion& exclusion, const std::vector<Coin>& batch_coins,
                      const Transaction& excluded,
                      const std::optional<RivalEvidence>& rival = std::nullopt) {
  return ObjectionToExclusion(exclusion, batch_coins, excluded, rival, false, kConflictDepth)
      .value_or("");
}

// T spends coins 0 and 1 and pays alice; X takes coin 0 for somebody else, with an output to us.
struct OnePaidOneRival {
  Transaction paid = Spending({kCoin0, kCoin1}, {OutputTo("alice", 150'000)});
  Transaction rival = Spending({kCoin0}, {OutputTo("wallet", 90'000)});
};

BOOST_AUTO_TEST_SUITE(exclusion_tests)

// --- (a)

BOOST_FIXTURE_TEST_CASE(a_coin_spent_by_both_excludes_at_any_depth, OnePaidOneRival) {
  BOOST_TEST(Objection(BySharedCoin(paid, kCoin1.outpoint), {kCoin1, kCoin2}, paid) == "");
}

BOOST_FIXTURE_TEST_CASE(a_coin_that_the_batch_does_not_spend_excludes_nothing, OnePaidOneRival) {
  BOOST_TEST(Objection(BySharedCoin(paid, kCoin1.outpoint), {kCoin2}, paid) ==
             "the batch does not spend the shared coin");
}

BOOST_FIXTURE_TEST_CASE(a_coin_that_the_excluded_does_not_spend_excludes_nothing, OnePaidOneRival) {
  BOOST_TEST(Objection(BySharedCoin(paid, kCoin2.outpoint), {kCoin2}, paid) ==
             "the excluded transaction does not spend it");
}

BOOST_FIXTURE_TEST_CASE(another_output_of_the_same_transaction_is_another_coin, OnePaidOneRival) {
  Coin neighbour = kCoin1;
  neighbour.outpoint.vout = 1;
  BOOST_TEST(Objection(BySharedCoin(paid, neighbour.outpoint), {neighbour}, paid) ==
             "the excluded transaction does not spend it");
}

// --- (b)

BOOST_FIXTURE_TEST_CASE(spending_a_rivals_output_excludes_at_any_depth, OnePaidOneRival) {
  BOOST_TEST(Objection(ByDescent(paid, rival), {OutputOf(rival)}, paid, InChain(rival, 0)) == "");
}

BOOST_FIXTURE_TEST_CASE(a_rival_that_the_log_does_not_know_is_no_evidence, OnePaidOneRival) {
  BOOST_TEST(Objection(ByDescent(paid, rival), {OutputOf(rival)}, paid, std::nullopt) ==
             "the log knows no such rival");
}

BOOST_FIXTURE_TEST_CASE(evidence_of_another_rival_does_not_count, OnePaidOneRival) {
  const Transaction other = Spending({kCoin0}, {OutputTo("wallet", 80'000)});
  BOOST_TEST(Objection(ByDescent(paid, rival), {OutputOf(rival)}, paid, InChain(other, 3)) ==
             "the evidence is of another");
}

BOOST_FIXTURE_TEST_CASE(a_transaction_does_not_exclude_itself, OnePaidOneRival) {
  Exclusion itself = ByDescent(paid, paid);
  BOOST_TEST(Objection(itself, {OutputOf(paid)}, paid, InChain(paid, 3)) ==
             "a transaction does not exclude itself");
}

BOOST_FIXTURE_TEST_CASE(a_rival_that_pays_the_send_is_none, OnePaidOneRival) {
  RivalEvidence paying = InChain(rival, 3);
  paying.pays_the_send = true;
  BOOST_TEST(Objection(ByDescent(paid, rival), {OutputOf(rival)}, paid, paying) ==
             "the rival pays the send itself");
}

BOOST_FIXTURE_TEST_CASE(a_rival_shares_a_coin_with_the_excluded, OnePaidOneRival) {
  const Transaction elsewhere = Spending({kCoin2}, {OutputTo("wallet", 90'000)});
  BOOST_TEST(Objection(ByDescent(paid, elsewhere), {OutputOf(elsewhere)}, paid,
                       InChain(elsewhere, 3)) == "rival and excluded share no coin");
}

BOOST_FIXTURE_TEST_CASE(the_batch_spends_the_output_that_the_record_names, OnePaidOneRival) {
  BOOST_TEST(Objection(ByDescent(paid, rival), {kCoin2}, paid, InChain(rival, 3)) ==
             "the batch does not spend the rival's output");
}

BOOST_FIXTURE_TEST_CASE(the_output_is_the_rivals_own, OnePaidOneRival) {
  Exclusion exclusion = ByDescent(paid, rival);
  exclusion.coin = kCoin2.outpoint;
  BOOST_TEST(Objection(exclusion, {kCoin2}, paid, InChain(rival, 3)) ==
             "the coin is no output of the rival");
}

// --- (c)

BOOST_FIXTURE_TEST_CASE(a_rival_of_conflict_depth_excludes_whatever_the_batch_spends,
                        OnePaidOneRival) {
  BOOST_TEST(Objection(ByDepth(paid, rival), {kCoin2}, paid, InChain(rival, kConflictDepth)) == "");
}

BOOST_FIXTURE_TEST_CASE(one_block_less_is_not_deep_enough, OnePaidOneRival) {
  for (int32_t depth : {0, 1, kConflictDepth - 1}) {
    BOOST_TEST(Objection(ByDepth(paid, rival), {kCoin2}, paid, InChain(rival, depth)) ==
               "the rival is not deep enough");
  }
}

BOOST_FIXTURE_TEST_CASE(a_deep_rival_is_held_to_what_makes_a_rival, OnePaidOneRival) {
  const Transaction elsewhere = Spending({kCoin2}, {OutputTo("wallet", 90'000)});
  BOOST_TEST(Objection(ByDepth(paid, elsewhere), {kCoin2}, paid,
                       InChain(elsewhere, kConflictDepth)) == "rival and excluded share no coin");
  RivalEvidence paying = InChain(rival, kConflictDepth);
  paying.pays_the_send = true;
  BOOST_TEST(Objection(ByDepth(paid, rival), {kCoin2}, paid, paying) ==
             "the rival pays the send itself");
  BOOST_TEST(Objection(ByDepth(paid, rival), {kCoin2}, paid) == "the log knows no such rival");
  BOOST_TEST(Objection(ByDepth(paid, paid), {kCoin2}, paid, InChain(paid, kConflictDepth)) ==
             "a transaction does not exclude itself");
}

// --- (d)

BOOST_FIXTURE_TEST_CASE(a_verdict_that_is_not_in_the_log_excludes_nothing, OnePaidOneRival) {
  Exclusion exclusion = BySharedCoin(paid, kCoin1.outpoint);
  exclusion.reason = ExclusionReason::kVerdict;
  BOOST_TEST(Objection(exclusion, {kCoin1}, paid, InChain(rival, kConflictDepth)) ==
             "no verdict in the log names the transaction");
}

BOOST_FIXTURE_TEST_CASE(a_reason_that_is_none_excludes_nothing, OnePaidOneRival) {
  for (int number : {0, 5, 255}) {
    Exclusion exclusion = BySharedCoin(paid, kCoin1.outpoint);
    exclusion.reason = static_cast<ExclusionReason>(number);
    BOOST_TEST(Objection(exclusion, {kCoin1}, paid) == "unknown reason");
  }
}

// --- the three double payments that the model checker found in a looser wording (protocol.md)

// V1: the rival takes only a coin that a bump added. It excludes the bumped version and not the
// first: both payments and the rival can be in one chain.
BOOST_AUTO_TEST_CASE(a_rival_on_an_added_coin_excludes_only_the_versions_that_spend_it) {
  const Transaction version0 = Spending({kCoin0}, {OutputTo("alice", 50'000)});
  const Transaction version1 = Spending({kCoin0, kCoin1}, {OutputTo("alice", 50'000)});
  const Transaction rival = Spending({kCoin1}, {OutputTo("wallet", 90'000)});
  const std::vector<Coin> rebuilt = {OutputOf(rival)};
  BOOST_TEST(Objection(ByDescent(version1, rival), rebuilt, version1, InChain(rival, 1)) == "");
  BOOST_TEST(Objection(ByDescent(version0, rival), rebuilt, version0, InChain(rival, 1)) ==
             "rival and excluded share no coin");
}

// V2: two rivals in a row, the first reorganised away. What excludes the second batch does not
// exclude the first.
BOOST_AUTO_TEST_CASE(a_second_rival_excludes_the_second_batch_and_not_the_first) {
  const Transaction first_batch = Spending({kCoin0}, {OutputTo("alice", 50'000)});
  const Transaction first_rival = Spending({kCoin0}, {OutputTo("wallet", 90'000)});
  const Transaction second_batch =
      Spending({OutputOf(first_rival), kCoin1}, {OutputTo("alice", 50'000)});
  const Transaction second_rival = Spending({kCoin1}, {OutputTo("wallet", 80'000)});
  const std::vector<Coin> third = {OutputOf(second_rival)};
  BOOST_TEST(Objection(ByDescent(second_batch, second_rival), third, second_batch,
                       InChain(second_rival, 1)) == "");
  BOOST_TEST(Objection(ByDescent(first_batch, second_rival), third, first_batch,
                       InChain(second_rival, 1)) == "rival and excluded share no coin");
  // Sharing a coin with the last batch only is the same mistake.
  BOOST_TEST(Objection(BySharedCoin(second_batch, kCoin1.outpoint), {kCoin1}, second_batch) == "");
  BOOST_TEST(Objection(BySharedCoin(first_batch, kCoin1.outpoint), {kCoin1}, first_batch) ==
             "the excluded transaction does not spend it");
}

// V3: the version of a batch that the send was in before takes a coin of the batch that it is in
// now. It pays the send, so nothing may be built from it.
BOOST_AUTO_TEST_CASE(a_version_of_a_former_batch_is_no_rival_to_a_later_one) {
  const Transaction first_batch = Spending({kCoin0, kCoin1}, {OutputTo("alice", 50'000)});
  const Transaction second_batch = Spending({kCoin1, kCoin2}, {OutputTo("alice", 50'000)});
  RivalEvidence returned = InChain(first_batch, 1);
  returned.pays_the_send = true;
  BOOST_TEST(Objection(ByDescent(second_batch, first_batch), {OutputOf(first_batch)}, second_batch,
                       returned) == "the rival pays the send itself");
  BOOST_TEST(Objection(ByDescent(first_batch, first_batch), {OutputOf(first_batch)}, first_batch,
                       returned) == "a transaction does not exclude itself");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
