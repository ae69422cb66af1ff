#include "core/send.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "samples.h"

namespace sendonce::core {
namespace {

using samples::Paying;
using samples::To;

SendContent FullContent() {
  SendContent content = Paying({To("alice", 1'000), To("bob", 2'000)});
  content.fee = FeeChoice{6, std::nullopt};
  content.max_fee_sat = 500;
  content.batch = true;
  content.not_after_ms = 1'790'000'000'000;
  content.reference = "customer 4711";
  return content;
}

// The field that is named when `offered` is sent under the id of `stored`; "" if none.
std::string Named(const SendContent& stored, const SendContent& offered) {
  const auto field = DifferingField(stored, offered);
  // Which of the two was there first must not matter.
  BOOST_TEST((DifferingField(offered, stored) == field));
  // Of a content that was pruned the same is known, but for places within a field.
  const auto whole = DifferingField(DigestOf(stored), offered);
  BOOST_TEST((whole ? *whole : "") ==
             field.value_or("").substr(0, field.value_or("").find_first_of("[.")));
  return field.value_or("");
}

template <typename Change>
std::string NamedAfter(Change change) {
  SendContent offered = FullContent();
  change(offered);
  return Named(FullContent(), offered);
}

BOOST_AUTO_TEST_SUITE(send_tests)

BOOST_AUTO_TEST_CASE(an_id_is_1_to_128_characters_that_need_no_escape_in_a_path) {
  for (const char* id : {"a", "Z", "0", "...", ".a", "w-1001", "A.b_c:d~e-f"}) {
    BOOST_TEST(IsValidSendId(id), id);
  }
  BOOST_TEST(IsValidSendId(std::string(128, 'x')));
  BOOST_TEST(!IsValidSendId(std::string(129, 'x')));
}

BOOST_AUTO_TEST_CASE(clients_rewrite_dot_segments_so_they_are_no_ids) {
  for (const char* id : {"", ".", ".."}) BOOST_TEST(!IsValidSendId(id), id);
}

BOOST_AUTO_TEST_CASE(every_other_character_is_refused) {
  const std::string allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:~-";
  for (int c = 0; c < 256; ++c) {
    const char character = static_cast<char>(c);
    const bool is_allowed = allowed.find(character) != std::string::npos;
    BOOST_TEST(IsValidSendId(std::string("a") + character + "b") == is_allowed, "byte " << c);
  }
}

BOOST_AUTO_TEST_CASE(the_same_content_differs_in_no_field) {
  BOOST_TEST(Named(FullContent(), FullContent()) == "");
  BOOST_TEST(Named(Paying({To("alice", 1)}), Paying({To("alice", 1)})) == "");
}

// An address has more than one spelling (bech32 in upper case).
BOOST_AUTO_TEST_CASE(addresses_are_compared_by_script) {
  BOOST_TEST(NamedAfter([](SendContent& c) { c.outputs[1].address = "ANOTHER SPELLING"; }) == "");
}

BOOST_AUTO_TEST_CASE(the_field_is_named_as_the_caller_finds_it_in_his_body) {
  const auto bob = samples::ScriptOf("bob");
  BOOST_TEST(NamedAfter([&](SendContent& c) { c.outputs[0].script = bob; }) ==
             "outputs[0].address");
  BOOST_TEST(NamedAfter([](SendContent& c) { c.outputs[1].amount_sat += 1; }) ==
             "outputs[1].amount_sat");
  BOOST_TEST(NamedAfter([](SendContent& c) { c.fee->conf_target = 7; }) == "fee.conf_target");
  BOOST_TEST(NamedAfter([](SendContent& c) { c.max_fee_sat = 501; }) == "max_fee_sat");
  BOOST_TEST(NamedAfter([](SendContent& c) { c.batch = false; }) == "batch");
  BOOST_TEST(NamedAfter([](SendContent& c) { ++*c.not_after_ms; }) == "not_after");
  BOOST_TEST(NamedAfter([](SendContent& c) { *c.reference += "!"; }) == "reference");
}

BOOST_AUTO_TEST_CASE(a_fee_rate_is_compared_as_such) {
  SendContent stored = FullContent();
  stored.fee = FeeChoice{std::nullopt, 12'500};
  SendContent offered = stored;
  offered.fee->fee_rate_sat_kvb = 12'501;
  BOOST_TEST(Named(stored, offered) == "fee.rate_sat_vb");
  offered.fee = FeeChoice{6, std::nullopt};
  BOOST_TEST(Named(stored, offered) == "fee.conf_target");
}

BOOST_AUTO_TEST_CASE(outputs_are_compared_in_order) {
  BOOST_TEST(NamedAfter([](SendContent& c) { std::swap(c.outputs[0], c.outputs[1]); }) ==
             "outputs[0].address");
}

BOOST_AUTO_TEST_CASE(another_number_of_outputs_is_another_content) {
  BOOST_TEST(NamedAfter([](SendContent& c) { c.outputs.pop_back(); }) == "outputs");
  BOOST_TEST(NamedAfter([](SendContent& c) { c.outputs.push_back(To("carol", 1)); }) == "outputs");
}

// A retry that leaves a field out is not a repetition, also where the default means the same.
BOOST_AUTO_TEST_CASE(an_absent_field_is_not_its_default) {
  BOOST_TEST(NamedAfter([](SendContent& c) { c.fee.reset(); }) == "fee");
  BOOST_TEST(NamedAfter([](SendContent& c) { c.max_fee_sat.reset(); }) == "max_fee_sat");
  BOOST_TEST(NamedAfter([](SendContent& c) { c.batch.reset(); }) == "batch");
  BOOST_TEST(NamedAfter([](SendContent& c) { c.not_after_ms.reset(); }) == "not_after");
  BOOST_TEST(NamedAfter([](SendContent& c) { c.reference.reset(); }) == "reference");
  SendContent empty_reference = Paying({To("alice", 1)});
  empty_reference.reference = "";
  BOOST_TEST(Named(Paying({To("alice", 1)}), empty_reference) == "reference");
}

BOOST_AUTO_TEST_CASE(the_first_difference_is_the_one_that_is_named) {
  BOOST_TEST(NamedAfter([](SendContent& c) {
               c.outputs[1].amount_sat = 1;
               c.reference = "other";
             }) == "outputs[1].amount_sat");
}

BOOST_AUTO_TEST_CASE(the_total_is_the_sum_of_the_outputs) {
  BOOST_TEST(TotalAmountSat(FullContent()) == 3'000);
  BOOST_TEST(TotalAmountSat(Paying({To("alice", bitcoin::kMaxMoneySat)})) == bitcoin::kMaxMoneySat);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
