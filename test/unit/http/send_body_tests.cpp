#include "http/send_body.h"

#include <boost/test/unit_test.hpp>
#include <string>

BOOST_AUTO_TEST_SUITE(http_send_body)

using namespace sendonce;
using namespace sendonce::http;

namespace {

// BIP 173's example key on regtest, on the main network and on the test networks.
constexpr char kRegtestAddress[] = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
constexpr char kMainAddress[] = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
constexpr char kLegacyMainAddress[] = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa";
constexpr int64_t kSegwitDustSat = 294;

std::string Output(const std::string& amount, const std::string& address = kRegtestAddress) {
  return R"({"address":")" + address + R"(","amount_sat":)" + amount + "}";
}

// A body with these outputs and more fields behind them.
std::string Body(const std::string& outputs, const std::string& more = "") {
  return "{\"outputs\":[" + outputs + "]" + (more.empty() ? "" : "," + more) + "}";
}

std::string With(const std::string& more) {
  return Body(Output("150000"), more);
}

// "code field", or "none".
std::string Refusal(const std::string& body) {
  const auto result = ReadSendBody(body, bitcoin::Network::kRegtest);
  const auto* problem = std::get_if<Problem>(&result);
  if (!problem) return "none";
  BOOST_TEST(problem->detail.ends_with("."));
  return std::string(CodeText(problem->code)) + " " + problem->field;
}

core::SendContent Content(const std::string& body) {
  const auto result = ReadSendBody(body, bitcoin::Network::kRegtest);
  BOOST_REQUIRE(std::holds_alternative<core::SendContent>(result));
  return std::get<core::SendContent>(result);
}

}  // namespace

BOOST_AUTO_TEST_CASE(reads_the_least_and_leaves_the_rest_absent) {
  const core::SendContent content = Content(Body(Output("150000")));
  BOOST_REQUIRE(content.outputs.size() == 1u);
  BOOST_TEST(content.outputs[0].address == kRegtestAddress);
  BOOST_TEST(content.outputs[0].amount_sat == 150000);
  BOOST_TEST(bitcoin::HexFromBytes(content.outputs[0].script) ==
             "0014751e76e8199196d454941c45d1b3a323f1433bd6");
  BOOST_TEST(!content.fee);
  BOOST_TEST(!content.max_fee_sat);
  BOOST_TEST(!content.batch);
  BOOST_TEST(!content.not_after_ms);
  BOOST_TEST(!content.reference);
}

BOOST_AUTO_TEST_CASE(reads_every_field) {
  const core::SendContent content = Content(
      Body(Output("150000") + "," + Output("294"),
           R"("fee":{"conf_target":6},"max_fee_sat":20000,"batch":false,"not_after":1790000000000,)"
           R"("reference":"K\u00e4ufer 4711")"));
  BOOST_TEST(content.outputs.size() == 2u);
  BOOST_TEST(content.outputs[1].amount_sat == 294);
  BOOST_TEST(*content.fee->conf_target == 6);
  BOOST_TEST(!content.fee->fee_rate_sat_kvb);
  BOOST_TEST(*content.max_fee_sat == 20000);
  BOOST_TEST(!*content.batch);
  BOOST_TEST(*content.not_after_ms == 1790000000000);
  BOOST_TEST(*content.reference == "K\xc3\xa4ufer 4711");
}

BOOST_AUTO_TEST_CASE(reads_fee_rates_exactly) {
  const auto rate = [](const std::string& text) {
    return *Content(With("\"fee\":{\"rate_sat_vb\":" + text + "}")).fee->fee_rate_sat_kvb;
  };
  BOOST_TEST(rate("12.5") == 12500);
  BOOST_TEST(rate("1") == 1000);
  BOOST_TEST(rate("0.001") == 1);
  BOOST_TEST(rate("12.500") == 12500);
}

BOOST_AUTO_TEST_CASE(wants_an_object) {
  for (const char* body : {"", "[]", "null", "\"x\"", "7", "{", "{\"outputs\":[}", "{} {}"}) {
    BOOST_TEST(Refusal(body) == "bad_json ", body);
  }
  BOOST_TEST(Refusal(std::string(100'000, '[')) == "bad_json ");
  BOOST_TEST(Refusal("{\"outputs\":" + std::string(100, '[') + std::string(100, ']') + "}") ==
             "bad_json ");
  BOOST_TEST(Refusal(With("\"reference\":\"\xff\"")) == "bad_json ");
}

BOOST_AUTO_TEST_CASE(names_keys_that_stand_twice) {
  BOOST_TEST(Refusal(With("\"batch\":true,\"batch\":true")) == "bad_json batch");
  BOOST_TEST(Refusal(With("\"outputs\":[]")) == "bad_json outputs");
  BOOST_TEST(Refusal(Body(R"({"address":"a","amount_sat":1,"amount_sat":1})")) ==
             "bad_json outputs[0].amount_sat");
}

BOOST_AUTO_TEST_CASE(names_unknown_and_missing_fields) {
  BOOST_TEST(Refusal("{}") == "missing_field outputs");
  BOOST_TEST(Refusal(With("\"memo\":1")) == "unknown_field memo");
  BOOST_TEST(Refusal(With("\"Reference\":\"x\"")) == "unknown_field Reference");
  BOOST_TEST(Refusal(With("\"fee\":{\"conf_target\":6,\"x\":1}")) == "unknown_field fee.x");
  BOOST_TEST(Refusal(Body(R"({"address":"a","amount_sat":1,"label":"x"})")) ==
             "unknown_field outputs[0].label");
  BOOST_TEST(Refusal(Body(R"({"amount_sat":1})")) == "missing_field outputs[0].address");
  BOOST_TEST(Refusal(Body(Output("1000") + R"(,{"address":"a"})")) ==
             "missing_field outputs[1].amount_sat");
}

BOOST_AUTO_TEST_CASE(wants_a_list_of_outputs) {
  BOOST_TEST(Refusal(Body("")) == "bad_parameter outputs");
  BOOST_TEST(Refusal(R"({"outputs":{}})") == "bad_parameter outputs");
  BOOST_TEST(Refusal(R"({"outputs":null})") == "bad_parameter outputs");
  BOOST_TEST(Refusal(Body("[]")) == "bad_parameter outputs[0]");
  BOOST_TEST(Refusal(Body(Output("1000") + ",null")) == "bad_parameter outputs[1]");
}

BOOST_AUTO_TEST_CASE(limits_the_number_of_outputs) {
  const auto outputs = [](size_t count) {
    std::string text = Output("1000");
    for (size_t i = 1; i < count; ++i) text += "," + Output("1000");
    return Body(text);
  };
  BOOST_TEST(Content(outputs(100)).outputs.size() == 100u);
  BOOST_TEST(Refusal(outputs(101)) == "limit_exceeded outputs");
}

BOOST_AUTO_TEST_CASE(refuses_addresses_that_are_none_here) {
  const auto address = [](const std::string& text) {
    return Refusal(Body(Output("150000", text)));
  };
  BOOST_TEST(address("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt081") ==
             "bad_address outputs[0].address");
  BOOST_TEST(address("") == "bad_address outputs[0].address");
  BOOST_TEST(address("w-1\\u0000") == "bad_address outputs[0].address");
  BOOST_TEST(address(std::string(500'000, '1')) == "bad_address outputs[0].address");
  BOOST_TEST(Refusal(Body(R"({"address":7,"amount_sat":1000})")) ==
             "bad_address outputs[0].address");
  BOOST_TEST(Refusal(Body(R"({"address":null,"amount_sat":1000})")) ==
             "bad_address outputs[0].address");
}

BOOST_AUTO_TEST_CASE(says_that_an_address_is_of_another_network) {
  for (const char* address : {kMainAddress, kLegacyMainAddress}) {
    const auto result = ReadSendBody(Body(Output("150000", address)), bitcoin::Network::kRegtest);
    const Problem& problem = std::get<Problem>(result);
    BOOST_TEST(std::string(CodeText(problem.code)) == "bad_address");
    BOOST_TEST(problem.detail.find("another network") != std::string::npos);
    BOOST_TEST(problem.detail.find("regtest") != std::string::npos);
  }
  BOOST_TEST(std::holds_alternative<core::SendContent>(
      ReadSendBody(Body(Output("150000", kMainAddress)), bitcoin::Network::kMain)));
}

BOOST_AUTO_TEST_CASE(refuses_amounts_that_are_no_whole_number_of_satoshi) {
  for (const char* amount :
       {"150000.0", "0.00150000", "1e5", "1E5", "-0", "-150000", "\"150000\"", "true", "null",
        "[150000]", "{}", "9223372036854775808", "99999999999999999999999999"}) {
    BOOST_TEST(Refusal(Body(Output(amount))) == "bad_amount outputs[0].amount_sat", amount);
  }
  BOOST_TEST(Refusal(Body(Output("0150000"))) == "bad_json ");
  BOOST_TEST(Refusal(Body(Output("+150000"))) == "bad_json ");
}

BOOST_AUTO_TEST_CASE(refuses_dust) {
  const auto segwit = [](int64_t amount_sat) {
    return Refusal(Body(Output(std::to_string(amount_sat))));
  };
  BOOST_TEST(segwit(kSegwitDustSat) == "none");
  BOOST_TEST(segwit(kSegwitDustSat - 1) == "bad_amount outputs[0].amount_sat");
  BOOST_TEST(segwit(0) == "bad_amount outputs[0].amount_sat");
  const auto legacy = [](const std::string& amount) {
    return ReadSendBody(Body(Output(amount, kLegacyMainAddress)), bitcoin::Network::kMain);
  };
  BOOST_TEST(std::holds_alternative<core::SendContent>(legacy("546")));
  BOOST_TEST(std::get<Problem>(legacy("545")).detail.find("546") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(refuses_more_bitcoin_than_there_are) {
  const std::string all = "2100000000000000";
  BOOST_TEST(Refusal(Body(Output(all))) == "none");
  BOOST_TEST(Refusal(Body(Output("2100000000000001"))) == "bad_amount outputs[0].amount_sat");
  BOOST_TEST(Refusal(Body(Output("9223372036854775807"))) == "bad_amount outputs[0].amount_sat");
  BOOST_TEST(Refusal(Body(Output("2099999999999706") + "," + Output("294"))) == "none");
  BOOST_TEST(Refusal(Body(Output("2099999999999707") + "," + Output("294"))) ==
             "bad_amount outputs");
  std::string many = Output(all);
  for (int i = 1; i < 100; ++i) many += "," + Output(all);
  BOOST_TEST(Refusal(Body(many)) == "bad_amount outputs");
}

BOOST_AUTO_TEST_CASE(refuses_bad_fees) {
  const auto fee = [](const std::string& text) { return Refusal(With("\"fee\":" + text)); };
  for (const char* bad : {"6", "null", "[]", "{}", R"({"conf_target":6,"rate_sat_vb":1})"}) {
    BOOST_TEST(fee(bad) == "bad_fee fee", bad);
  }
  for (const char* bad :
       {"0", "1009", "-1", "6.0", "6e0", "\"6\"", "null", "9223372036854775808"}) {
    BOOST_TEST(fee("{\"conf_target\":" + std::string(bad) + "}") == "bad_fee fee.conf_target", bad);
  }
  BOOST_TEST(fee(R"({"conf_target":1})") == "none");
  BOOST_TEST(fee(R"({"conf_target":1008})") == "none");
  for (const char* bad : {"0", "0.000", "-1", "1e1", "1.0001", "\"12.5\"", "null", "2000000000"}) {
    BOOST_TEST(fee("{\"rate_sat_vb\":" + std::string(bad) + "}") == "bad_fee fee.rate_sat_vb", bad);
  }
}

BOOST_AUTO_TEST_CASE(refuses_bad_fee_caps) {
  for (const char* bad :
       {"0", "-1", "1.5", "20000.0", "2e4", "\"20000\"", "null", "2100000000000001"}) {
    BOOST_TEST(Refusal(With("\"max_fee_sat\":" + std::string(bad))) == "bad_fee max_fee_sat", bad);
  }
  BOOST_TEST(Refusal(With("\"max_fee_sat\":1")) == "none");
}

BOOST_AUTO_TEST_CASE(refuses_values_of_the_wrong_kind) {
  for (const char* bad : {"1", "\"true\"", "null", "{}"}) {
    BOOST_TEST(Refusal(With("\"batch\":" + std::string(bad))) == "bad_parameter batch", bad);
  }
  for (const char* bad :
       {"-1", "1.5", "1790000000000.0", "1e12", "\"1790000000000\"", "null", "253402300800000"}) {
    BOOST_TEST(Refusal(With("\"not_after\":" + std::string(bad))) == "bad_parameter not_after",
               bad);
  }
  BOOST_TEST(Refusal(With("\"not_after\":253402300799999")) == "none");
  for (const char* bad : {"1", "null", "[\"x\"]"}) {
    BOOST_TEST(Refusal(With("\"reference\":" + std::string(bad))) == "bad_parameter reference",
               bad);
  }
}

BOOST_AUTO_TEST_CASE(limits_the_reference_in_bytes) {
  const auto reference = [](const std::string& text) {
    return Refusal(With("\"reference\":\"" + text + "\""));
  };
  BOOST_TEST(reference("") == "none");
  BOOST_TEST(reference(std::string(256, 'r')) == "none");
  BOOST_TEST(reference(std::string(257, 'r')) == "limit_exceeded reference");
  std::string umlauts;
  for (int i = 0; i < 129; ++i) umlauts += "\\u00e4";
  BOOST_TEST(reference(umlauts) == "limit_exceeded reference");
}

// A body that is refused for ever must not depend on what an operator configures: a known id is
// answered from the log.
BOOST_AUTO_TEST_CASE(leaves_what_an_operator_can_choose_to_the_core) {
  BOOST_TEST(Refusal(With("\"fee\":{\"rate_sat_vb\":1000000}")) == "none");
  BOOST_TEST(Refusal(With("\"not_after\":1")) == "none");
}

BOOST_AUTO_TEST_CASE(reads_reasons) {
  const auto refusal = [](const std::string& body) {
    const auto result = ReadReasonBody(body);
    const auto* problem = std::get_if<Problem>(&result);
    return problem ? std::string(CodeText(problem->code)) + " " + problem->field : "none";
  };
  BOOST_TEST(std::get<std::string>(ReadReasonBody(R"({"reason":"our own sweep"})")) ==
             "our own sweep");
  BOOST_TEST(refusal("") == "bad_json ");
  BOOST_TEST(refusal("{}") == "missing_field reason");
  BOOST_TEST(refusal(R"({"reason":""})") == "bad_parameter reason");
  BOOST_TEST(refusal(R"({"reason":7})") == "bad_parameter reason");
  BOOST_TEST(refusal(R"({"reason":"x","by":"me"})") == "unknown_field by");
  BOOST_TEST(refusal("{\"reason\":\"" + std::string(1024, 'r') + "\"}") == "none");
  BOOST_TEST(refusal("{\"reason\":\"" + std::string(1025, 'r') + "\"}") == "limit_exceeded reason");
}

namespace {

const std::string kTxid(64, 'b');

// "code field", or "none".
template <class T>
std::string RefusalOf(const std::variant<T, Problem>& result) {
  const auto* problem = std::get_if<Problem>(&result);
  if (!problem) return "none";
  BOOST_TEST(problem->detail.ends_with("."));
  return std::string(CodeText(problem->code)) + " " + problem->field;
}

std::variant<AdoptBody, Problem> Adopt(const std::string& more) {
  return ReadAdoptBody(R"({"txid":")" + kTxid + "\"" + (more.empty() ? "" : "," + more) + "}",
                       bitcoin::Network::kRegtest);
}

std::string BumpRefusal(const std::string& rate) {
  return RefusalOf(ReadBumpBody("{\"rate_sat_vb\":" + rate + "}"));
}

}  // namespace

BOOST_AUTO_TEST_CASE(reads_a_rate_to_bump_to) {
  BOOST_TEST(std::get<bitcoin::FeeRate>(ReadBumpBody(R"({"rate_sat_vb":30})")) == 30'000);
  BOOST_TEST(std::get<bitcoin::FeeRate>(ReadBumpBody(R"({"rate_sat_vb":1.001})")) == 1'001);
  for (const char* rate : {"0", "-1", "\"30\"", "null", "1e2", "1.2345", "[30]"}) {
    BOOST_TEST(BumpRefusal(rate) == "bad_fee rate_sat_vb", rate);
  }
  BOOST_TEST(RefusalOf(ReadBumpBody("{}")) == "missing_field rate_sat_vb");
  BOOST_TEST(RefusalOf(ReadBumpBody(R"({"rate_sat_vb":30,"wait":1})")) == "unknown_field wait");
  BOOST_TEST(RefusalOf(ReadBumpBody("30")) == "bad_json ");
}

BOOST_AUTO_TEST_CASE(reads_what_to_adopt) {
  const AdoptBody bare = std::get<AdoptBody>(Adopt(""));
  BOOST_TEST(bitcoin::DisplayHex(bare.txid) == kTxid);
  BOOST_TEST(!bare.content);
  const AdoptBody whole = std::get<AdoptBody>(
      Adopt("\"outputs\":[" + Output("150000") + R"(],"reference":"customer 4711")"));
  BOOST_REQUIRE(whole.content);
  BOOST_TEST(whole.content->outputs[0].amount_sat == 150000);
  BOOST_TEST(*whole.content->reference == "customer 4711");
  BOOST_TEST(!whole.content->fee);
  BOOST_TEST(
      !std::get<AdoptBody>(Adopt("\"outputs\":[" + Output("150000") + "]")).content->reference);
}

BOOST_AUTO_TEST_CASE(refuses_what_can_not_be_adopted) {
  const auto network = bitcoin::Network::kRegtest;
  BOOST_TEST(RefusalOf(ReadAdoptBody("{}", network)) == "missing_field txid");
  for (const std::string txid : {"7", "null", "\"\"", "\"zz\"", R"("00")"}) {
    BOOST_TEST(RefusalOf(ReadAdoptBody("{\"txid\":" + txid + "}", network)) ==
               "bad_parameter txid");
  }
  const std::string short_txid = "{\"txid\":\"" + kTxid.substr(1) + "\"}";
  BOOST_TEST(RefusalOf(ReadAdoptBody(short_txid, network)) == "bad_parameter txid");
  BOOST_TEST(RefusalOf(Adopt(R"("reference":"r")")) == "missing_field outputs");
  BOOST_TEST(RefusalOf(Adopt(R"("outputs":[])")) == "bad_parameter outputs");
  BOOST_TEST(RefusalOf(Adopt(R"("outputs":null)")) == "bad_parameter outputs");
  BOOST_TEST(RefusalOf(Adopt("\"outputs\":[" + Output("1") + "]")) ==
             "bad_amount outputs[0].amount_sat");
  BOOST_TEST(RefusalOf(Adopt("\"outputs\":[" + Output("150000", kMainAddress) + "]")) ==
             "bad_address outputs[0].address");
  BOOST_TEST(RefusalOf(Adopt("\"outputs\":[" + Output("150000") + R"(],"reference":7)")) ==
             "bad_parameter reference");
  for (const std::string field : {"fee", "max_fee_sat", "batch", "not_after", "verdict"}) {
    BOOST_TEST(RefusalOf(Adopt("\"" + field + "\":1")) == "unknown_field " + field);
  }
}

BOOST_AUTO_TEST_CASE(reads_verdicts) {
  const auto read = [](const std::string& verdict) {
    const std::string body = "{\"verdict\":\"" + verdict + R"(","reason":"why"})";
    return std::get<VerdictBody>(ReadVerdictBody(body));
  };
  BOOST_TEST((read("pay_again").verdict == core::OperatorVerdict::kPayAgain));
  BOOST_TEST((read("never").verdict == core::OperatorVerdict::kNever));
  BOOST_TEST((read("paid").verdict == core::OperatorVerdict::kPaid));
  BOOST_TEST(read("paid").reason == "why");
}

BOOST_AUTO_TEST_CASE(refuses_verdicts_that_are_none_or_have_no_reason) {
  const auto refusal = [](const std::string& body) { return RefusalOf(ReadVerdictBody(body)); };
  BOOST_TEST(refusal("{}") == "missing_field verdict");
  BOOST_TEST(refusal(R"({"verdict":"paid"})") == "missing_field reason");
  BOOST_TEST(refusal(R"({"reason":"why"})") == "missing_field verdict");
  for (const char* verdict : {"\"\"", "\"pay-again\"", "\"Paid\"", "null", "3", "[\"paid\"]"}) {
    BOOST_TEST(refusal("{\"verdict\":" + std::string(verdict) + R"(,"reason":"why"})") ==
                   "bad_parameter verdict",
               verdict);
  }
  for (const char* reason : {"\"\"", "null", "1"}) {
    BOOST_TEST(refusal(R"({"verdict":"paid","reason":)" + std::string(reason) + "}") ==
                   "bad_parameter reason",
               reason);
  }
  BOOST_TEST(refusal(R"({"verdict":"paid","reason":")" + std::string(kMaxReasonBytes + 1, 'r') +
                     "\"}") == "limit_exceeded reason");
  BOOST_TEST(refusal(R"({"verdict":"paid","reason":"why","id":"w"})") == "unknown_field id");
}

BOOST_AUTO_TEST_SUITE_END()
