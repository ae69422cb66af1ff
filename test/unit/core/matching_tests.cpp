#include "core/matching.h"

#include <boost/test/unit_test.hpp>
#include <ostream>

#include "samples.h"

namespace sendonce::core {

std::ostream& operator<<(std::ostream& out, PaymentMatch match) {
  switch (match) {
    case PaymentMatch::kPaid:
      return out << "paid";
    case PaymentMatch::kAmountDiffers:
      return out << "amount differs";
    case PaymentMatch::kNotPaid:
      return out << "not paid";
    case PaymentMatch::kUnclear:
      return out << "unclear";
  }
  return out;
}

namespace {

using bitcoin::Transaction;
using bitcoin::TxOut;
using samples::BytesOf;
using samples::OutputTo;
using samples::Paying;
using samples::Spending;
using samples::To;
using Matches = std::vector<PaymentMatch>;
using Vouts = std::vector<uint32_t>;

constexpr auto kPaid = PaymentMatch::kPaid;
constexpr auto kAmountDiffers = PaymentMatch::kAmountDiffers;
constexpr auto kNotPaid = PaymentMatch::kNotPaid;
constexpr auto kUnclear = PaymentMatch::kUnclear;

// A batch whose version 0 pays the sends in order and change behind them, from one coin.
class Paid {
 public:
  explicit Paid(std::vector<SendContent> contents, Coin coin = samples::CoinOf(10, 1'000'000))
      : contents_(std::move(contents)), coin_(std::move(coin)) {
    std::vector<TxOut> outputs;
    Version version;
    for (const SendContent& content : contents_) {
      batch_.sends.push_back("w-" + std::to_string(batch_.sends.size() + 1));
      auto& vouts = version.paid.emplace_back();
      for (const Payee& payee : content.outputs) {
        vouts.push_back(static_cast<uint32_t>(outputs.size()));
        outputs.push_back({payee.amount_sat, payee.script});
      }
    }
    outputs.push_back(OutputTo("change", 500'000));
    version0_ = Spending({coin_}, outputs);
    version.unsigned_tx = BytesOf(version0_);
    version.txid = bitcoin::TxidOf(version0_);
    batch_.coins = {coin_};
    batch_.versions.push_back(std::move(version));
  }

  Match With(const Transaction& transaction, const Elsewhere& elsewhere = {}) const {
    std::vector<Wish> wishes;
    for (size_t i = 0; i < contents_.size(); ++i) {
      wishes.push_back({batch_.sends[i], &contents_[i]});
    }
    return MatchTransaction(transaction, batch_, wishes, elsewhere);
  }

  // What another transaction on the same coin pays.
  Matches WithOutputs(const std::vector<TxOut>& outputs) const {
    const Match match = With(Spending({coin_}, outputs));
    BOOST_TEST(!match.same_but_for_signatures);
    // What is not paid has no outputs, what is paid has one for each of the send's.
    for (size_t i = 0; i < match.by_send.size(); ++i) {
      const size_t wanted = match.by_send[i] == kPaid ? contents_[i].outputs.size() : 0;
      BOOST_TEST(match.paid[i].size() == wanted);
    }
    return match.by_send;
  }

  Transaction SignedBy(uint8_t signer) const { return samples::Signed(version0_, {coin_}, signer); }

  Batch& batch() { return batch_; }
  const Coin& coin() const { return coin_; }

 private:
  std::vector<SendContent> contents_;
  Coin coin_;
  Transaction version0_;
  Batch batch_;
};

Paid AliceAndBob() {
  return Paid({Paying({To("alice", 1'000)}), Paying({To("bob", 2'000)})});
}

BOOST_AUTO_TEST_SUITE(matching_tests)

BOOST_AUTO_TEST_CASE(our_own_bytes_signed_by_whomever_are_ours) {
  const Paid paid = AliceAndBob();
  for (uint8_t signer : {1, 2}) {
    const Match match = paid.With(paid.SignedBy(signer));
    BOOST_TEST(match.same_but_for_signatures);
    BOOST_TEST(match.PaysAll());
    BOOST_TEST((match.paid == PaidVouts{{0}, {1}}));
  }
}

// A third party can change the signature of a legacy input, and so the txid (the high-S form).
BOOST_AUTO_TEST_CASE(a_malleated_legacy_spend_is_ours_under_another_txid) {
  const Paid paid({Paying({To("alice", 1'000)})}, samples::LegacyCoinOf(10, 1'000'000));
  const Transaction original = paid.SignedBy(1);
  const Transaction malleated = paid.SignedBy(2);
  BOOST_TEST((bitcoin::TxidOf(original) != bitcoin::TxidOf(malleated)));
  BOOST_TEST(paid.With(malleated).same_but_for_signatures);
  BOOST_TEST(paid.With(malleated).PaysAll());
}

// A version that left a send out (R3) does not pay it, though the send's contents would match.
BOOST_AUTO_TEST_CASE(a_twin_pays_what_its_version_pays_and_nothing_else) {
  Paid paid = AliceAndBob();
  paid.batch().versions.front().paid[1].clear();
  const Match match = paid.With(paid.SignedBy(1));
  BOOST_TEST(match.same_but_for_signatures);
  BOOST_TEST((match.by_send == Matches{kPaid, kNotPaid}));
  BOOST_TEST(match.PaysAny());
  BOOST_TEST(!match.PaysAll());
}

BOOST_AUTO_TEST_CASE(an_adopted_version_is_recognised_by_its_raw_transaction) {
  Paid paid = AliceAndBob();
  const Transaction bumped =
      Spending({paid.coin()},
               {OutputTo("alice", 1'000), OutputTo("bob", 2'000), OutputTo("change", 400'000)});
  Version adopted;
  adopted.raw_tx = BytesOf(samples::Signed(bumped, {paid.coin()}));
  adopted.txid = bitcoin::TxidOf(bumped);
  adopted.paid = {{0}, {1}};
  paid.batch().versions.push_back(adopted);
  BOOST_TEST(paid.With(samples::Signed(bumped, {paid.coin()}, 2)).same_but_for_signatures);
}

// An operator's `bumpfee`: the same payments, less change, another txid (R7).
BOOST_AUTO_TEST_CASE(a_bump_that_takes_the_fee_from_the_change_pays_everybody) {
  BOOST_TEST((AliceAndBob().WithOutputs({OutputTo("alice", 1'000), OutputTo("bob", 2'000),
                                         OutputTo("change", 400'000)}) == Matches{kPaid, kPaid}));
}

BOOST_AUTO_TEST_CASE(payments_are_found_wherever_they_stand) {
  const Paid paid = AliceAndBob();
  const Match match =
      paid.With(Spending({paid.coin()}, {OutputTo("change", 400'000), OutputTo("bob", 2'000),
                                         OutputTo("mallory", 7), OutputTo("alice", 1'000)}));
  BOOST_TEST(match.PaysAll());
  BOOST_TEST((match.paid == PaidVouts{{3}, {1}}));
}

// `bumpfee` with `outputs` can drop a payee: paid for the one, a rival for the other.
BOOST_AUTO_TEST_CASE(a_bump_that_drops_a_payee_is_judged_send_by_send) {
  BOOST_TEST((AliceAndBob().WithOutputs({OutputTo("alice", 1'000), OutputTo("change", 500'000)}) ==
              Matches{kPaid, kNotPaid}));
}

BOOST_AUTO_TEST_CASE(a_transaction_that_pays_nobody_is_a_rival) {
  const Paid paid = AliceAndBob();
  const Match match = paid.With(Spending({paid.coin()}, {OutputTo("mallory", 900'000)}));
  BOOST_TEST((match.by_send == Matches{kNotPaid, kNotPaid}));
  BOOST_TEST(!match.PaysAny());
}

// Never paid again by rule: a person must judge.
BOOST_AUTO_TEST_CASE(another_amount_to_the_same_script_is_neither_paid_nor_unpaid) {
  for (bitcoin::Amount amount_sat : {999, 1'001}) {
    BOOST_TEST(
        (AliceAndBob().WithOutputs({OutputTo("alice", amount_sat), OutputTo("bob", 2'000)}) ==
         Matches{kAmountDiffers, kPaid}));
  }
}

BOOST_AUTO_TEST_CASE(a_send_of_several_outputs_is_paid_by_all_of_them_or_not_at_all) {
  const Paid paid({Paying({To("alice", 1'000), To("bob", 2'000)})});
  BOOST_TEST(
      (paid.WithOutputs({OutputTo("bob", 2'000), OutputTo("alice", 1'000)}) == Matches{kPaid}));
  BOOST_TEST((paid.WithOutputs({OutputTo("alice", 1'000)}) == Matches{kAmountDiffers}));
}

BOOST_AUTO_TEST_CASE(no_output_counts_twice) {
  const Paid paid({Paying({To("alice", 1'000), To("alice", 1'000)})});
  BOOST_TEST(
      (paid.WithOutputs({OutputTo("alice", 1'000), OutputTo("alice", 1'000)}) == Matches{kPaid}));
  BOOST_TEST((paid.WithOutputs({OutputTo("alice", 1'000)}) == Matches{kUnclear}));
}

// Two sends of one amount to one address, and one output: nobody can say whose.
BOOST_AUTO_TEST_CASE(of_two_like_sends_and_one_output_neither_counts_as_paid) {
  const Paid paid({Paying({To("alice", 1'000)}), Paying({To("alice", 1'000)})});
  BOOST_TEST((paid.WithOutputs({OutputTo("alice", 1'000)}) == Matches{kUnclear, kUnclear}));
  BOOST_TEST((paid.WithOutputs({OutputTo("alice", 1'000), OutputTo("alice", 1'000)}) ==
              Matches{kPaid, kPaid}));
}

BOOST_AUTO_TEST_CASE(the_doubt_stays_with_those_that_share_an_output) {
  const Paid paid(
      {Paying({To("alice", 1'000)}), Paying({To("bob", 2'000)}), Paying({To("alice", 1'000)})});
  BOOST_TEST((paid.WithOutputs({OutputTo("alice", 1'000), OutputTo("bob", 2'000)}) ==
              Matches{kUnclear, kPaid, kUnclear}));
}

// The second wants what the first was given, and more of it is not there.
BOOST_AUTO_TEST_CASE(a_send_that_shares_one_of_its_outputs_brings_the_doubt_too) {
  const Paid paid({Paying({To("alice", 1'000)}), Paying({To("alice", 1'000), To("bob", 2'000)})});
  BOOST_TEST((paid.WithOutputs({OutputTo("alice", 1'000), OutputTo("bob", 2'000)}) ==
              Matches{kUnclear, kUnclear}));
}

BOOST_AUTO_TEST_CASE(an_output_that_pays_another_id_pays_nobody_here) {
  const Paid paid({Paying({To("alice", 1'000)})});
  const auto one = Spending({paid.coin()}, {OutputTo("alice", 1'000)});
  const auto two = Spending({paid.coin()}, {OutputTo("alice", 1'000), OutputTo("alice", 1'000)});
  BOOST_TEST((paid.With(one, {{{0, "elsewhere"}}, {}}).by_send == Matches{kUnclear}));
  BOOST_TEST((paid.With(one, {{{0, "w-1"}}, {}}).by_send == Matches{kPaid}));
  const Match match = paid.With(two, {{{0, "elsewhere"}}, {}});
  BOOST_TEST((match.by_send == Matches{kPaid}));
  BOOST_TEST((match.paid == PaidVouts{{1}}));
}

BOOST_AUTO_TEST_CASE(our_own_bytes_do_not_pay_with_an_output_that_pays_another_id) {
  const Paid paid = AliceAndBob();
  const Match match = paid.With(paid.SignedBy(1), {{{0, "elsewhere"}}, {}});
  BOOST_TEST(match.same_but_for_signatures);
  BOOST_TEST((match.by_send == Matches{kUnclear, kPaid}));
  BOOST_TEST((match.paid == PaidVouts{{}, {1}}));
}

BOOST_AUTO_TEST_CASE(a_send_of_another_batch_that_wants_the_same_brings_the_doubt_too) {
  const Paid paid({Paying({To("alice", 1'000)})});
  const SendContent wanted = Paying({To("alice", 1'000)});
  const Elsewhere elsewhere{{}, {{"elsewhere", &wanted}}};
  const auto one = Spending({paid.coin()}, {OutputTo("alice", 1'000)});
  const auto two = Spending({paid.coin()}, {OutputTo("alice", 1'000), OutputTo("alice", 1'000)});
  BOOST_TEST((paid.With(one, elsewhere).by_send == Matches{kUnclear}));
  BOOST_TEST((paid.With(two, elsewhere).by_send == Matches{kPaid}));
}

BOOST_AUTO_TEST_CASE(what_spends_other_coins_too_is_matched_all_the_same) {
  const Paid paid = AliceAndBob();
  const auto match = paid.With(Spending({samples::CoinOf(11, 5'000), paid.coin()},
                                        {OutputTo("alice", 1'000), OutputTo("bob", 2'000)}));
  BOOST_TEST(match.PaysAll());
  BOOST_TEST(!match.same_but_for_signatures);
}

// Consolidation and split batches pay nobody: only their own bytes are theirs.
BOOST_AUTO_TEST_CASE(a_batch_without_sends_is_paid_in_full_by_anything) {
  const Paid paid(std::vector<SendContent>{});
  BOOST_TEST(paid.With(paid.SignedBy(1)).same_but_for_signatures);
  const Match other = paid.With(Spending({paid.coin()}, {OutputTo("mallory", 1)}));
  BOOST_TEST(!other.PaysAny());
  BOOST_TEST(!other.same_but_for_signatures);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
