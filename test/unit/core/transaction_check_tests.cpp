#include "core/transaction_check.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "samples.h"

namespace sendonce::core {
namespace {

using bitcoin::Transaction;
using samples::BytesOf;
using samples::CoinOf;
using samples::OutputTo;
using samples::Paying;
using samples::ScriptOf;
using samples::Spending;
using samples::To;

// Two sends, three outputs, 60,000 sat; two coins of 100,000 sat; change of 139,000, so a fee of
// 1,000.
struct Asked {
  std::vector<SendContent> sends = {Paying({To("alice", 10'000), To("bob", 20'000)}),
                                    Paying({To("carol", 30'000)})};
  std::vector<Coin> coins = {CoinOf(1, 100'000), CoinOf(2, 100'000)};
  Transaction honest = Spending(coins, {OutputTo("alice", 10'000), OutputTo("bob", 20'000),
                                        OutputTo("carol", 30'000), OutputTo("change", 139'000)});

  std::vector<const SendContent*> Contents() const {
    std::vector<const SendContent*> contents;
    for (const SendContent& send : sends) contents.push_back(&send);
    return contents;
  }

  CheckedDraft Check(const Transaction& transaction,
                     std::vector<bitcoin::Script> change_scripts = {ScriptOf("change")}) const {
    Draft draft;
    draft.unsigned_tx = BytesOf(transaction);
    draft.change_scripts = std::move(change_scripts);
    return CheckDraft(draft, coins, Contents());
  }

  // What is said to the honest draft after `change` was made to it. The record's own check must say
  // the same.
  template <typename Change>
  std::string ProblemAfter(Change change) const {
    Transaction draft = honest;
    change(draft);
    const CheckedDraft checked = Check(draft);
    BOOST_TEST((checked.reservation.has_value() == checked.problem.empty()));
    BatchReserved record = *Check(honest).reservation;
    record.unsigned_tx = BytesOf(draft);
    BOOST_TEST(ObjectionToUnsigned(record, Contents()).has_value(), "the record passed");
    return checked.problem;
  }

  std::string FeeProblem(const BatchReserved& reservation, const Policy& policy) const {
    const auto objection = ObjectionToFee(reservation, Contents(), policy);
    if (!objection) return "";
    return (objection->index ? "send " + std::to_string(*objection->index) + ": " : "") +
           objection->text;
  }
};

BOOST_AUTO_TEST_SUITE(transaction_check_tests)

BOOST_FIXTURE_TEST_CASE(an_honest_draft_becomes_the_reservation, Asked) {
  const CheckedDraft checked = Check(honest);
  BOOST_REQUIRE(checked.reservation);
  BOOST_TEST(checked.problem == "");
  BOOST_TEST((checked.reservation->coins == coins));
  BOOST_TEST((checked.reservation->unsigned_tx == BytesOf(honest)));
  BOOST_TEST((checked.reservation->paid == PaidVouts{{0, 1}, {2}}));
  BOOST_TEST((checked.reservation->change_vout == 3U));
  BOOST_TEST(checked.reservation->fee_sat == 1'000);
  BOOST_TEST(checked.reservation->sends.empty());
  BOOST_TEST(!ObjectionToUnsigned(*checked.reservation, Contents()));
}

// Change below dust goes to the fee.
BOOST_FIXTURE_TEST_CASE(a_draft_without_change_is_honest_too, Asked) {
  honest.outputs.pop_back();
  const CheckedDraft checked = Check(honest);
  BOOST_REQUIRE(checked.reservation);
  BOOST_TEST(!checked.reservation->change_vout);
  BOOST_TEST(checked.reservation->fee_sat == 140'000);
  BOOST_TEST(!ObjectionToUnsigned(*checked.reservation, Contents()));
}

BOOST_FIXTURE_TEST_CASE(the_outputs_of_all_sends_stand_in_order, Asked) {
  const auto outputs = OutputsOf(Contents());
  BOOST_TEST(
      (outputs == std::vector<bitcoin::TxOut>{OutputTo("alice", 10'000), OutputTo("bob", 20'000),
                                              OutputTo("carol", 30'000)}));
}

// --- each way in which the node, or whoever answers in its place, could cheat

BOOST_FIXTURE_TEST_CASE(bytes_that_are_no_transaction, Asked) {
  Draft draft;
  draft.change_scripts = {ScriptOf("change")};
  for (const bitcoin::Bytes& bytes : {bitcoin::Bytes{}, bitcoin::Bytes{1, 2, 3}}) {
    draft.unsigned_tx = bytes;
    BOOST_TEST(CheckDraft(draft, coins, Contents()).problem == "it is malformed");
  }
  draft.unsigned_tx = BytesOf(honest);
  draft.unsigned_tx.push_back(0);
  BOOST_TEST(CheckDraft(draft, coins, Contents()).problem == "it is malformed");
}

BOOST_FIXTURE_TEST_CASE(an_output_more_than_was_asked_for, Asked) {
  BOOST_TEST(ProblemAfter([](Transaction& draft) {
               draft.outputs.push_back(OutputTo("mallory", 1));
             }) == "it has outputs that nobody asked for");
}

BOOST_FIXTURE_TEST_CASE(an_output_in_front_of_ours, Asked) {
  BOOST_TEST(ProblemAfter([](Transaction& draft) {
               draft.outputs.insert(draft.outputs.begin(), OutputTo("mallory", 1));
               draft.outputs.pop_back();
             }) == "its outputs are not those of the sends, in order");
}

BOOST_FIXTURE_TEST_CASE(an_output_less, Asked) {
  BOOST_TEST(ProblemAfter([](Transaction& draft) { draft.outputs.resize(2); }) ==
             "an output is missing");
  BOOST_TEST(ProblemAfter([](Transaction& draft) { draft.outputs.erase(draft.outputs.begin()); }) ==
             "its outputs are not those of the sends, in order");
}

BOOST_FIXTURE_TEST_CASE(outputs_in_another_order, Asked) {
  BOOST_TEST(ProblemAfter([](Transaction& draft) {
               std::swap(draft.outputs[0], draft.outputs[1]);
             }) == "its outputs are not those of the sends, in order");
}

BOOST_FIXTURE_TEST_CASE(an_output_of_one_satoshi_more_or_less, Asked) {
  for (int difference : {-1, 1}) {
    BOOST_TEST(ProblemAfter([&](Transaction& draft) {
                 draft.outputs[2].amount_sat += difference;
               }) == "its outputs are not those of the sends, in order");
  }
}

BOOST_FIXTURE_TEST_CASE(an_output_to_another_script, Asked) {
  BOOST_TEST(ProblemAfter([](Transaction& draft) {
               draft.outputs[0].script = ScriptOf("mallory");
             }) == "its outputs are not those of the sends, in order");
}

BOOST_FIXTURE_TEST_CASE(change_to_another_address, Asked) {
  honest.outputs[3].script = ScriptOf("mallory");
  BOOST_TEST(Check(honest).problem == "its change goes to an address that was not asked for");
}

BOOST_FIXTURE_TEST_CASE(change_where_no_address_was_asked_for, Asked) {
  BOOST_TEST(Check(honest, {}).problem == "its change goes to an address that was not asked for");
}

BOOST_FIXTURE_TEST_CASE(a_coin_more, Asked) {
  BOOST_TEST(ProblemAfter([](Transaction& draft) {
               draft.inputs.push_back({samples::OutPointOf(3), {}, 0xfffffffd, {}});
             }) == "it does not spend exactly the coins");
}

BOOST_FIXTURE_TEST_CASE(a_coin_less, Asked) {
  honest.outputs.back().amount_sat -= 100'000;
  BOOST_TEST(ProblemAfter([](Transaction& draft) { draft.inputs.pop_back(); }) ==
             "it does not spend exactly the coins");
}

BOOST_FIXTURE_TEST_CASE(another_coin, Asked) {
  BOOST_TEST(ProblemAfter([](Transaction& draft) {
               draft.inputs[1].prevout = samples::OutPointOf(3);
             }) == "it does not spend exactly the coins, in order");
  BOOST_TEST(ProblemAfter([](Transaction& draft) { draft.inputs[1].prevout.vout = 1; }) ==
             "it does not spend exactly the coins, in order");
}

BOOST_FIXTURE_TEST_CASE(coins_in_another_order, Asked) {
  BOOST_TEST(ProblemAfter([](Transaction& draft) {
               std::swap(draft.inputs[0], draft.inputs[1]);
             }) == "it does not spend exactly the coins, in order");
}

BOOST_FIXTURE_TEST_CASE(a_coin_twice, Asked) {
  BOOST_TEST(ProblemAfter([](Transaction& draft) { draft.inputs[1] = draft.inputs[0]; }) ==
             "it does not spend exactly the coins, in order");
}

BOOST_FIXTURE_TEST_CASE(a_draft_that_is_signed, Asked) {
  BOOST_TEST(ProblemAfter([](Transaction& draft) { draft.inputs[0].witness = {{1}}; }) ==
             "it carries a signature");
  BOOST_TEST(ProblemAfter([](Transaction& draft) { draft.inputs[1].script_sig = {1}; }) ==
             "it carries a signature");
}

// BIP 125 signals with a sequence below 0xfffffffe; BIP 68 reads one below 2^31 as a lock.
BOOST_FIXTURE_TEST_CASE(a_sequence_that_does_not_signal_or_that_locks, Asked) {
  for (uint32_t sequence : {0xffffffffU, 0xfffffffeU}) {
    BOOST_TEST(ProblemAfter([&](Transaction& draft) { draft.inputs[1].sequence = sequence; }) ==
               "it does not signal replace-by-fee");
  }
  for (uint32_t sequence : {0U, 144U, 0x00400001U, 0x7fffffffU}) {
    BOOST_TEST(ProblemAfter([&](Transaction& draft) { draft.inputs[1].sequence = sequence; }) ==
               "an input has a relative lock time");
  }
}

BOOST_FIXTURE_TEST_CASE(a_lock_time, Asked) {
  for (uint32_t lock_time : {1U, 500'000'000U}) {
    BOOST_TEST(ProblemAfter([&](Transaction& draft) { draft.lock_time = lock_time; }) ==
               "it has a lock time");
  }
}

BOOST_FIXTURE_TEST_CASE(more_than_the_coins_bring, Asked) {
  BOOST_TEST(ProblemAfter([](Transaction& draft) { draft.outputs[3].amount_sat = 140'001; }) ==
             "it spends more than it has");
  honest.outputs[3].amount_sat = 140'000;
  BOOST_TEST(Check(honest).reservation->fee_sat == 0);
}

// --- change in several parts

struct Split : Asked {
  Split() {
    honest.outputs[3].amount_sat = 50'000;
    honest.outputs.push_back(OutputTo("second", 60'000));
    honest.outputs.push_back(OutputTo("third", 29'000));
  }

  CheckedDraft CheckSplit() const {
    Draft draft;
    draft.unsigned_tx = BytesOf(honest);
    draft.change_scripts = {ScriptOf("change"), ScriptOf("second"), ScriptOf("third")};
    return CheckDraft(draft, coins, Contents(), {50'000, 60'000});
  }
};

BOOST_FIXTURE_TEST_CASE(change_in_parts_is_all_behind_the_payments, Split) {
  const CheckedDraft checked = CheckSplit();
  BOOST_TEST(checked.problem == "");
  BOOST_REQUIRE(checked.reservation);
  BOOST_TEST((checked.reservation->change_vout == 3U));
  BOOST_TEST(checked.reservation->fee_sat == 1'000);
  BOOST_TEST(!ObjectionToUnsigned(*checked.reservation, Contents()));
}

BOOST_FIXTURE_TEST_CASE(what_is_left_behind_the_parts_can_be_too_little_for_an_output, Split) {
  honest.outputs.pop_back();
  BOOST_TEST(CheckSplit().problem == "");
}

BOOST_FIXTURE_TEST_CASE(each_part_is_there_with_its_amount_and_its_address, Split) {
  honest.outputs[4].amount_sat += 1;
  BOOST_TEST(CheckSplit().problem == "its change is not split as asked");
  honest.outputs[4] = OutputTo("mallory", 60'000);
  BOOST_TEST(CheckSplit().problem == "its change goes to an address that was not asked for");
  honest.outputs.resize(4);
  BOOST_TEST(CheckSplit().problem == "a part of the change is missing");
}

BOOST_FIXTURE_TEST_CASE(nothing_stands_behind_what_is_left, Split) {
  honest.outputs.push_back(OutputTo("third", 10));
  BOOST_TEST(CheckSplit().problem == "it has outputs that nobody asked for");
}

// --- the record, whoever wrote it

BOOST_FIXTURE_TEST_CASE(a_record_says_what_its_transaction_does, Asked) {
  const BatchReserved good = *Check(honest).reservation;
  const auto problem_after = [&](auto change) {
    BatchReserved record = good;
    change(record);
    return ObjectionToUnsigned(record, Contents()).value_or("");
  };
  BOOST_TEST(problem_after([](BatchReserved&) {}) == "");
  BOOST_TEST(problem_after([](BatchReserved& r) { r.unsigned_tx.pop_back(); }) ==
             "the unsigned transaction is malformed");
  BOOST_TEST(problem_after([](BatchReserved& r) { r.fee_sat += 1; }) ==
             "the fee is not as recorded");
  BOOST_TEST(problem_after([](BatchReserved& r) { r.coins[0].amount_sat += 1; }) ==
             "the fee is not as recorded");
  BOOST_TEST(problem_after([](BatchReserved& r) { r.change_vout.reset(); }) ==
             "the change is not as recorded");
  BOOST_TEST(problem_after([](BatchReserved& r) { r.change_vout = 2; }) ==
             "the change is not as recorded");
  BOOST_TEST(problem_after([](BatchReserved& r) { r.paid[1] = {1}; }) ==
             "the payments are not as recorded");
  BOOST_TEST(problem_after([](BatchReserved& r) { r.paid.pop_back(); }) ==
             "the payments are not as recorded");
  BOOST_TEST(problem_after([](BatchReserved& r) { r.coins.pop_back(); }) ==
             "it does not spend exactly the coins");
}

// --- what comes back from the signer

BOOST_FIXTURE_TEST_CASE(the_same_with_signatures_is_signed, Asked) {
  const auto unsigned_tx = BytesOf(honest);
  BOOST_TEST(!ObjectionToSigned(unsigned_tx, BytesOf(samples::Signed(honest, coins))));
  const std::vector<Coin> mixed = {coins[0], samples::LegacyCoinOf(2, 100'000)};
  BOOST_TEST(!ObjectionToSigned(unsigned_tx, BytesOf(samples::Signed(honest, mixed))));
}

BOOST_FIXTURE_TEST_CASE(a_signed_reply_differs_in_nothing_else, Asked) {
  const auto unsigned_tx = BytesOf(honest);
  const auto problem_after = [&](auto change) {
    Transaction reply = samples::Signed(honest, coins);
    change(reply);
    return ObjectionToSigned(unsigned_tx, BytesOf(reply)).value_or("");
  };
  const std::string differs = "the signed transaction differs from the one that was given to sign";
  BOOST_TEST(problem_after([](Transaction& t) { t.version = 1; }) == differs);
  BOOST_TEST(problem_after([](Transaction& t) { t.lock_time = 1; }) == differs);
  BOOST_TEST(problem_after([](Transaction& t) { t.inputs[0].sequence = 0xfffffffe; }) == differs);
  BOOST_TEST(problem_after([](Transaction& t) { t.inputs[0].prevout.vout = 1; }) == differs);
  BOOST_TEST(problem_after([](Transaction& t) { t.inputs.pop_back(); }) == differs);
  BOOST_TEST(problem_after([](Transaction& t) { t.outputs[0].amount_sat += 1; }) == differs);
  BOOST_TEST(problem_after([](Transaction& t) { t.outputs[3].script = ScriptOf("mallory"); }) ==
             differs);
  BOOST_TEST(problem_after([](Transaction& t) { t.outputs.pop_back(); }) == differs);
  BOOST_TEST(problem_after([](Transaction& t) { std::swap(t.outputs[0], t.outputs[1]); }) ==
             differs);
}

BOOST_FIXTURE_TEST_CASE(a_reply_with_an_input_unsigned_is_not_signed, Asked) {
  const auto unsigned_tx = BytesOf(honest);
  Transaction reply = samples::Signed(honest, coins);
  reply.inputs[1].witness.clear();
  BOOST_TEST(ObjectionToSigned(unsigned_tx, BytesOf(reply)).value() == "an input is not signed");
  BOOST_TEST(ObjectionToSigned(unsigned_tx, unsigned_tx).value() == "an input is not signed");
  BOOST_TEST(ObjectionToSigned(unsigned_tx, {}).value() == "the signed transaction is malformed");
  BOOST_TEST(ObjectionToSigned({}, BytesOf(reply)).value() ==
             "the signed transaction is malformed");
}

// --- the fee

BOOST_FIXTURE_TEST_CASE(a_fee_up_to_the_caps_may_be_paid, Asked) {
  const BatchReserved reservation = *Check(honest).reservation;
  Policy policy;
  BOOST_TEST(FeeProblem(reservation, policy) == "");
  policy.max_fee_sat = 1'000;
  BOOST_TEST(FeeProblem(reservation, policy) == "");
  policy.max_fee_sat = 999;
  BOOST_TEST(FeeProblem(reservation, policy) == "the fee of 1000 sat is above -maxtxfee");
}

// 2 P2WPKH inputs and 4 P2WPKH outputs are 271 vbytes signed: 1,000 sat are 3.69 sat/vB.
BOOST_FIXTURE_TEST_CASE(the_rate_is_capped_as_well, Asked) {
  const BatchReserved reservation = *Check(honest).reservation;
  Policy policy;
  policy.max_fee_rate_sat_kvb = 3'800;
  BOOST_TEST(FeeProblem(reservation, policy) == "");
  policy.max_fee_rate_sat_kvb = 3'600;
  BOOST_TEST(FeeProblem(reservation, policy) == "the fee of 1000 sat is above -maxfeerate");
}

// The share is the fee for the vsize of the send's own outputs and an equal part of the rest. Of
// 271 vbytes 93 are outputs of the sends: the first bears 62 + 89, the second 31 + 89.
BOOST_FIXTURE_TEST_CASE(a_send_pays_no_more_than_its_own_limit, Asked) {
  const BatchReserved reservation = *Check(honest).reservation;
  const auto problem_with = [&](size_t index, bitcoin::Amount max_fee_sat) {
    sends[0].max_fee_sat.reset();
    sends[1].max_fee_sat.reset();
    sends[index].max_fee_sat = max_fee_sat;
    return FeeProblem(reservation, Policy{});
  };
  BOOST_TEST(problem_with(0, 600) == "");
  BOOST_TEST(problem_with(0, 500).starts_with("send 0: its share of the fee, "));
  BOOST_TEST(problem_with(1, 480) == "");
  BOOST_TEST(problem_with(1, 400).starts_with("send 1: its share of the fee, "));
  BOOST_TEST(problem_with(1, 0).starts_with("send 1: its share of the fee, "));
}

BOOST_FIXTURE_TEST_CASE(a_send_that_is_alone_bears_the_whole_fee, Asked) {
  sends.resize(1);
  honest = Spending(
      coins, {OutputTo("alice", 10'000), OutputTo("bob", 20'000), OutputTo("change", 169'000)});
  const BatchReserved reservation = *Check(honest).reservation;
  sends[0].max_fee_sat = 1'000;
  BOOST_TEST(FeeProblem(reservation, Policy{}) == "");
  sends[0].max_fee_sat = 999;
  BOOST_TEST(FeeProblem(reservation, Policy{}) ==
             "send 0: its share of the fee, 1000 sat, is above max_fee_sat");
}

// 1,000 sat for the one, who pays out 30,000: 3.33 %.
BOOST_FIXTURE_TEST_CASE(a_share_is_capped_in_proportion_to_what_is_paid_out, Asked) {
  sends.resize(1);
  honest = Spending(
      coins, {OutputTo("alice", 10'000), OutputTo("bob", 20'000), OutputTo("change", 169'000)});
  const BatchReserved reservation = *Check(honest).reservation;
  Policy policy;
  policy.max_fee_share_percent = 4;
  BOOST_TEST(FeeProblem(reservation, policy) == "");
  policy.max_fee_share_percent = 3;
  BOOST_TEST(FeeProblem(reservation, policy) ==
             "send 0: its share of the fee, 1000 sat, is above -maxfeeshare: 3 % of what it pays "
             "out");
  policy.max_fee_share_percent = 0;
  BOOST_TEST(FeeProblem(reservation, policy) == "");
}

BOOST_AUTO_TEST_CASE(a_percentage_of_all_the_money_there_is_does_not_overflow) {
  SendContent content = samples::Paying({samples::To("alice", bitcoin::kMaxMoneySat)});
  const std::vector<Coin> coins = {samples::CoinOf(1, bitcoin::kMaxMoneySat)};
  BatchReserved reservation;
  reservation.coins = coins;
  reservation.unsigned_tx = samples::BytesOf(Spending(coins, OutputsOf({&content})));
  Policy policy;
  policy.max_fee_share_percent = 10'000;
  BOOST_TEST(!ObjectionToFee(reservation, {&content}, policy));
}

// The shares together are never less than the fee: rounding is in favour of the limit.
BOOST_FIXTURE_TEST_CASE(the_shares_cover_the_fee, Asked) {
  const BatchReserved reservation = *Check(honest).reservation;
  bitcoin::Amount shares_sat = 0;
  for (size_t i = 0; i < sends.size(); ++i) {
    bitcoin::Amount limit_sat = 0;
    for (SendContent& send : sends) send.max_fee_sat.reset();
    for (sends[i].max_fee_sat = 0; FeeProblem(reservation, Policy{}) != "";
         sends[i].max_fee_sat = ++limit_sat) {
    }
    shares_sat += limit_sat;
  }
  BOOST_TEST(shares_sat >= reservation.fee_sat);
  BOOST_TEST(shares_sat <= reservation.fee_sat + 10);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
