#include "node/evidence.h"

#include <boost/test/unit_test.hpp>

namespace sendonce::node {

namespace {

using core::Refusal;

// nullopt: unknown.
std::optional<Refusal> WhyOf(const Failure& failure) {
  const auto* refused = std::get_if<core::Refused>(&failure);
  if (!refused) return std::nullopt;
  return refused->why;
}

std::optional<Refusal> Error(std::string_view method, int code, const char* message = "") {
  return WhyOf(JudgeError(method, {code, message}));
}

std::optional<Refusal> Broadcast(int code, const char* message) {
  return Error("sendrawtransaction", code, message);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(evidence_tests)

// --- HTTP

BOOST_AUTO_TEST_CASE(a_full_work_queue_is_not_executed) {
  const Failure failure = JudgeStatus(503, "Work queue depth exceeded");
  BOOST_CHECK(WhyOf(failure) == Refusal::kNotExecuted);
  BOOST_TEST(std::get<core::Refused>(failure).code == 503);
  BOOST_TEST(std::get<core::Refused>(failure).text == "HTTP 503 Work queue depth exceeded");
}

BOOST_AUTO_TEST_CASE(a_wrong_password_is_unauthorized) {
  BOOST_CHECK(WhyOf(JudgeStatus(401, "")) == Refusal::kUnauthorized);
}

BOOST_AUTO_TEST_CASE(an_address_or_method_that_is_not_allowed_is_unauthorized) {
  BOOST_CHECK(WhyOf(JudgeStatus(403, "")) == Refusal::kUnauthorized);
}

BOOST_AUTO_TEST_CASE(any_other_status_without_a_reply_is_unknown) {
  for (const int status : {200, 204, 301, 400, 404, 429, 500, 502, 504}) {
    BOOST_CHECK(!WhyOf(JudgeStatus(status, "x")));
  }
}

BOOST_AUTO_TEST_CASE(the_body_is_shown_in_one_line_and_cut) {
  const Failure failure = JudgeStatus(500, "a\nb" + std::string(10'000, 'c'));
  const std::string& text = std::get<core::Unknown>(failure).text;
  BOOST_TEST(text.starts_with("HTTP 500 a bc"));
  BOOST_TEST(text.ends_with("c... (cut: 10003 bytes)"));
  BOOST_TEST(text.size() < 1'100U);
}

// Judged as it came, shown cut.
BOOST_AUTO_TEST_CASE(a_message_is_shown_in_one_line_and_cut) {
  const std::string end = "Error: This wallet has no available keys";
  const Failure refused =
      JudgeError("getrawchangeaddress", {-4, "a\nb" + std::string(20'000'000, 'c') + end});
  BOOST_CHECK(WhyOf(refused) == Refusal::kKeypoolEmpty);
  const std::string& shown = std::get<core::Refused>(refused).text;
  BOOST_TEST(shown.starts_with("a bc"));
  BOOST_TEST(shown.ends_with("c... (cut: 20000043 bytes)"));
  BOOST_TEST(shown.size() < 1'100U);
  const Failure unknown = JudgeError("sendrawtransaction", {-1, std::string(20'000'000, 'c')});
  const std::string& text = std::get<core::Unknown>(unknown).text;
  BOOST_TEST(text.starts_with("sendrawtransaction: error -1, ccc"));
  BOOST_TEST(text.size() < 1'100U);
}

// --- any method

BOOST_AUTO_TEST_CASE(warming_up_is_not_executed) {
  BOOST_CHECK(Broadcast(-28, "Loading block index...") == Refusal::kNotExecuted);
  BOOST_CHECK(Error("getblockchaininfo", -28) == Refusal::kNotExecuted);
}

BOOST_AUTO_TEST_CASE(minus_6_is_not_enough_funds) {
  BOOST_CHECK(Error("fundrawtransaction", -6) == Refusal::kInsufficientFunds);
}

BOOST_AUTO_TEST_CASE(minus_12_is_an_empty_keypool) {
  BOOST_CHECK(Error("getrawchangeaddress", -12) == Refusal::kKeypoolEmpty);
  BOOST_CHECK(Error("getrawchangeaddress", -4, "Error: This wallet has no available keys") ==
              Refusal::kKeypoolEmpty);
}

BOOST_AUTO_TEST_CASE(minus_13_is_a_locked_wallet) {
  BOOST_CHECK(Error("signrawtransactionwithwallet", -13) == Refusal::kWalletLocked);
}

BOOST_AUTO_TEST_CASE(minus_18_is_a_wallet_that_is_not_loaded) {
  BOOST_CHECK(Error("listunspent", -18) == Refusal::kWalletNotLoaded);
  BOOST_CHECK(Error("lockunspent", -18) == Refusal::kWalletNotLoaded);
}

BOOST_AUTO_TEST_CASE(minus_19_is_a_wallet_that_is_not_named) {
  BOOST_CHECK(Error("getwalletinfo", -19) == Refusal::kWalletNotNamed);
}

BOOST_AUTO_TEST_CASE(minus_5_is_not_found) {
  BOOST_CHECK(Error("getrawtransaction", -5) == Refusal::kNotFound);
}

BOOST_AUTO_TEST_CASE(arguments_that_are_refused_before_anything_is_done) {
  for (const int code : {-3, -8, -22, -32700, -32600, -32601, -32602}) {
    BOOST_CHECK(Error("lockunspent", code) == Refusal::kRejected);
    BOOST_CHECK(Broadcast(code, "") == Refusal::kRejected);
  }
}

BOOST_AUTO_TEST_CASE(a_code_that_nobody_knows_is_unknown) {
  for (const int code : {0, 1, -2, -9, -10, -999, -32000}) {
    BOOST_CHECK(!Error("getblock", code));
    BOOST_CHECK(!Error("fundrawtransaction", code));
    BOOST_CHECK(!Broadcast(code, "bad-txns-inputs-missingorspent"));
  }
}

BOOST_AUTO_TEST_CASE(a_general_error_is_a_refusal_only_where_nothing_can_have_been_done) {
  for (const int code : {-1, -4, -32603}) {
    BOOST_CHECK(Error("getblock", code) == Refusal::kRejected);
    BOOST_CHECK(Error("signrawtransactionwithwallet", code) == Refusal::kRejected);
    BOOST_CHECK(!Error("lockunspent", code));
    BOOST_CHECK(!Broadcast(code, ""));
  }
}

BOOST_AUTO_TEST_CASE(code_and_words_of_the_node_are_kept) {
  const Failure failure = JudgeError("lockunspent", {-8, "Invalid parameter, unknown transaction"});
  BOOST_TEST(std::get<core::Refused>(failure).code == -8);
  BOOST_TEST(std::get<core::Refused>(failure).text == "Invalid parameter, unknown transaction");
  BOOST_TEST(std::get<core::Unknown>(JudgeError("getblock", {-999, "odd"})).text ==
             "getblock: error -999, odd");
}

// --- fundrawtransaction

BOOST_AUTO_TEST_CASE(minus_4_about_preselected_coins_asks_for_more_coins) {
  BOOST_CHECK(Error("fundrawtransaction", -4,
                    "The preselected coins total amount does not cover the transaction target. "
                    "Please allow other inputs to be automatically selected or include more coins "
                    "manually") == Refusal::kCoinsDoNotCover);
}

BOOST_AUTO_TEST_CASE(minus_4_of_any_other_kind_means_that_nothing_was_built) {
  for (const char* message : {"Transaction too large", "Transaction amount too small",
                              "Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)",
                              "Fee estimation failed. Fallbackfee is disabled.",
                              "Unable to find UTXO for external input"}) {
    BOOST_CHECK(Error("fundrawtransaction", -4, message) == Refusal::kCannotBuild);
  }
}

// --- sendrawtransaction

BOOST_AUTO_TEST_CASE(minus_27_is_in_the_chain) {
  BOOST_CHECK(Broadcast(-27, "Transaction outputs already in utxo set") ==
              Refusal::kAlreadyInChain);
}

BOOST_AUTO_TEST_CASE(minus_25_missing_or_spent_is_not_spendable_in_this_view) {
  BOOST_CHECK(Broadcast(-25, "bad-txns-inputs-missingorspent") == Refusal::kMissingOrSpent);
}

BOOST_AUTO_TEST_CASE(minus_25_about_the_fee_rate_is_our_cap) {
  BOOST_CHECK(
      Broadcast(-25, "Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)") ==
      Refusal::kOverOurCap);
}

BOOST_AUTO_TEST_CASE(minus_25_about_burnt_coins_is_our_cap) {
  BOOST_CHECK(
      Broadcast(-25, "Unspendable output exceeds maximum configured by user (maxburnamount)") ==
      Refusal::kOverOurCap);
}

BOOST_AUTO_TEST_CASE(minus_25_of_any_other_kind_is_unknown) {
  BOOST_CHECK(!Broadcast(-25, "Mempool internal error"));
  BOOST_CHECK(!Broadcast(-25, ""));
}

BOOST_AUTO_TEST_CASE(minus_26_for_the_minimum_fee_is_too_low) {
  BOOST_CHECK(Broadcast(-26, "min relay fee not met, 20 < 110") == Refusal::kFeeTooLow);
  BOOST_CHECK(Broadcast(-26, "mempool min fee not met, 141 < 500") == Refusal::kFeeTooLow);
}

BOOST_AUTO_TEST_CASE(minus_26_for_a_full_mempool_is_too_low) {
  BOOST_CHECK(Broadcast(-26, "mempool full") == Refusal::kFeeTooLow);
}

BOOST_AUTO_TEST_CASE(minus_26_for_the_replacement_rules_is_too_low) {
  for (const char* message :
       {"insufficient fee, rejecting replacement 00; new feerate 0.1 <= old feerate 0.2",
        "too many potential replacements, rejecting replacement 00; too many (101 > 100)",
        "replacement-adds-unconfirmed, replacement 00 adds unconfirmed input",
        "replacement-failed, insufficient feerate: does not improve feerate diagram",
        "bad-txns-spends-conflicting-tx, 00 spends conflicting transaction 11",
        "txn-mempool-conflict", "bip125-replacement-disallowed"}) {
    BOOST_TEST_CONTEXT(message) {
      BOOST_CHECK(Broadcast(-26, message) == Refusal::kFeeTooLow);
    }
  }
}

BOOST_AUTO_TEST_CASE(minus_26_for_anything_else_is_policy) {
  for (const char* message :
       {"dust", "dust, tx with dust output must be 0-fee", "scriptpubkey", "tx-size",
        "too-long-mempool-chain, too many unconfirmed ancestors [limit: 25]", "non-final",
        "mempool-script-verify-flag-failed (Witness program hash mismatch)", "",
        "a reason that says insufficient fee in the middle"}) {
    BOOST_TEST_CONTEXT(message) {
      BOOST_CHECK(Broadcast(-26, message) == Refusal::kPolicy);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_codes_of_a_broadcast_mean_nothing_elsewhere) {
  for (const int code : {-25, -26, -27}) BOOST_CHECK(!Error("lockunspent", code));
}

// --- testmempoolaccept

BOOST_AUTO_TEST_CASE(a_coin_that_is_gone) {
  BOOST_CHECK(JudgeRejectReason("missing-inputs") == Refusal::kMissingOrSpent);
  BOOST_CHECK(JudgeRejectReason("bad-txns-inputs-missingorspent") == Refusal::kMissingOrSpent);
}

BOOST_AUTO_TEST_CASE(a_transaction_that_is_known) {
  BOOST_CHECK(JudgeRejectReason("txn-already-known") == Refusal::kAlreadyInChain);
}

BOOST_AUTO_TEST_CASE(a_script_reason_is_all_that_an_unsigned_transaction_should_meet) {
  for (const char* reason :
       {"mandatory-script-verify-flag-failed (Witness program hash mismatch)",
        "non-mandatory-script-verify-flag (Witness program was passed an empty witness)",
        "mempool-script-verify-flag-failed (Invalid Schnorr signature)",
        "block-script-verify-flag-failed (Script failed an OP_EQUALVERIFY operation)"}) {
    BOOST_TEST_CONTEXT(reason) {
      BOOST_CHECK(IsAboutSignatures(reason));
    }
  }
  for (const char* reason : {"dust", "min relay fee not met", "scriptpubkey", "missing-inputs",
                             "bad-txns-nonstandard-inputs", "bad-witness-nonstandard"}) {
    BOOST_TEST_CONTEXT(reason) {
      BOOST_CHECK(!IsAboutSignatures(reason));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::node
