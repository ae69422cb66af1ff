#include "http/record_json.h"

#include <boost/test/unit_test.hpp>

#include "sample.h"

BOOST_AUTO_TEST_SUITE(http_record_json)

using namespace sendonce;
using namespace sendonce::http;
using sample::Hash;
using sample::Hex;
using sample::Raw;

namespace {

// The record's own fields, after seq, time and name.
std::string Fields(const core::Record& record) {
  const std::string text = RecordJson({7, 99, record});
  const std::string head =
      R"({"seq":7,"at":99,"type":")" + std::string(core::RecordName(record)) + "\"";
  BOOST_REQUIRE(text.starts_with(head));
  return text.substr(head.size());
}

std::string Position(int height, char digit) {
  return R"({"height":)" + std::to_string(height) + R"(,"hash":")" + Hex(digit) + "\"}";
}

}  // namespace

BOOST_AUTO_TEST_CASE(shows_the_creation_of_a_log) {
  core::WalCreated record;
  record.wal_id[0] = 0xab;
  record.genesis = Hash('1');
  record.wallet_name = "hot";
  record.binding_address = "bcrt1q";
  record.tip = {5, Hash('2')};
  record.work[31] = 0x0c;
  record.spends_before = {Hash('3')};
  BOOST_TEST(Fields(record) == R"(,"wal_id":"ab)" + std::string(30, '0') +
                                   R"(","chain":"regtest","genesis":")" + Hex('1') +
                                   R"(","wallet":"hot","binding_address":"bcrt1q","tip":)" +
                                   Position(5, '2') + R"(,"work":")" + std::string(62, '0') +
                                   R"(0c","spends_before":[")" + Hex('3') + "\"]}");
}

BOOST_AUTO_TEST_CASE(shows_a_request_as_it_was_written) {
  core::SendRecorded record;
  record.id = "w-1";
  record.content.outputs = {{"addr", Raw("0014ff"), 150000}};
  BOOST_TEST(
      Fields(record) ==
      R"(,"id":"w-1","outputs":[{"address":"addr","script":"0014ff","amount_sat":150000}]})");
  record.content.fee = core::FeeChoice{6, std::nullopt};
  record.content.max_fee_sat = 20000;
  record.content.batch = false;
  record.content.not_after_ms = 1790000000000;
  record.content.reference = "r";
  BOOST_TEST(
      Fields(record) ==
      R"(,"id":"w-1","outputs":[{"address":"addr","script":"0014ff","amount_sat":150000}],)"
      R"("fee":{"conf_target":6},"max_fee_sat":20000,"batch":false,"not_after":1790000000000,)"
      R"("reference":"r"})");
  record.content.fee = core::FeeChoice{std::nullopt, 12500};
  BOOST_TEST(Fields(record).find(R"("fee":{"rate_sat_vb":12.5})") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(shows_endings) {
  BOOST_TEST(Fields(core::SendEnded{"w-1", core::Ending::kCancelled}) ==
             R"(,"id":"w-1","ending":"cancelled"})");
  BOOST_TEST(Fields(core::SendEnded{"w-1", core::Ending::kExpired}) ==
             R"(,"id":"w-1","ending":"expired"})");
  BOOST_TEST(Fields(core::SendEnded{"w-1", core::Ending::kDeclaredPaid}) ==
             R"(,"id":"w-1","ending":"declared_paid"})");
}

BOOST_AUTO_TEST_CASE(shows_a_reservation_and_why_it_may_be) {
  core::BatchReserved record;
  record.sends = {"a", "b"};
  record.coins = {{{Hash('4'), 1}, 500, Raw("51")}};
  record.unsigned_tx = Raw("0200");
  record.paid = {{0}, {1, 2}};
  record.change_vout = 3;
  record.fee_sat = 100;
  record.exclusions = {
      {"a", Hash('5'), core::ExclusionReason::kSharedCoin, {Hash('6'), 0}, {}},
      {"a", Hash('5'), core::ExclusionReason::kDescendsFromRival, {Hash('6'), 2}, Hash('7')},
      {"b", Hash('5'), core::ExclusionReason::kDeepRival, {}, Hash('7')},
      {"b", Hash('5'), core::ExclusionReason::kVerdict, {}, {}}};
  const std::string excluded = R"(,"excluded_txid":")" + Hex('5') + R"(","reason":)";
  BOOST_TEST(Fields(record) ==
             R"(,"ids":["a","b"],"coins":[{"txid":")" + Hex('4') +
                 R"(","vout":1,"amount_sat":500,"script":"51"}],"unsigned_tx":"0200",)"
                 R"("paid_vouts":[[0],[1,2]],"change_vout":3,"fee_sat":100,"exclusions":[)"
                 R"({"id":"a")" +
                 excluded + R"("shared_coin","coin":{"txid":")" + Hex('6') +
                 R"(","vout":0}},{"id":"a")" + excluded +
                 R"("descends_from_rival","coin":{"txid":")" + Hex('6') +
                 R"(","vout":2},"rival_txid":")" + Hex('7') + R"("},{"id":"b")" + excluded +
                 R"("deep_rival","rival_txid":")" + Hex('7') + R"("},{"id":"b")" + excluded +
                 R"("verdict"}]})");
}

BOOST_AUTO_TEST_CASE(shows_what_became_of_a_batch) {
  BOOST_TEST(Fields(core::SignatureRequested{4, 1}) == R"(,"batch":4,"version":1})");
  BOOST_TEST(Fields(core::VersionSigned{4, 1, Raw("beef")}) ==
             R"(,"batch":4,"version":1,"raw_tx":"beef"})");
  BOOST_TEST(Fields(core::VersionAccepted{4, Hash('8')}) ==
             R"(,"batch":4,"txid":")" + Hex('8') + "\"}");
  BOOST_TEST(Fields(core::VersionAdopted{4, Raw("beef"), {{2}}}) ==
             R"(,"batch":4,"raw_tx":"beef","paid_vouts":[[2]]})");
  BOOST_TEST(Fields(core::RivalSeen{4, Raw("beef"), std::nullopt}) ==
             R"(,"batch":4,"raw_tx":"beef"})");
  BOOST_TEST(Fields(core::RivalSeen{4, Raw("beef"), core::ChainPosition{9, Hash('9')}}) ==
             R"(,"batch":4,"raw_tx":"beef","block":)" + Position(9, '9') + "}");
  BOOST_TEST(Fields(core::RivalGone{4, Hash('8')}) == R"(,"batch":4,"txid":")" + Hex('8') + "\"}");
  BOOST_TEST(Fields(core::BatchConfirmed{4, Hash('8'), {9, Hash('9')}}) ==
             R"(,"batch":4,"txid":")" + Hex('8') + R"(","block":)" + Position(9, '9') + "}");
  BOOST_TEST(Fields(core::BatchReopened{4, {9, Hash('9')}}) ==
             R"(,"batch":4,"block":)" + Position(9, '9') + "}");
  BOOST_TEST(Fields(core::BatchFinal{4}) == R"(,"batch":4})");
  BOOST_TEST(Fields(core::BatchDropped{4}) == R"(,"batch":4})");
}

BOOST_AUTO_TEST_CASE(shows_a_version_that_replaces_others) {
  core::VersionReserved record;
  record.batch = 4;
  record.version = 1;
  record.added = {{{Hash('4'), 1}, 500, Raw("51")}};
  record.unsigned_tx = Raw("0200");
  record.paid = {{0}, {}};
  record.fee_sat = 100;
  const std::string head = R"(,"batch":4,"version":1,"added_coins":[{"txid":")" + Hex('4') +
                           R"(","vout":1,"amount_sat":500,"script":"51"}],)"
                           R"("unsigned_tx":"0200","paid_vouts":[[0],[]],)";
  BOOST_TEST(Fields(record) == head + R"("fee_sat":100})");
  record.change_vout = 1;
  BOOST_TEST(Fields(record) == head + R"("change_vout":1,"fee_sat":100})");
}

BOOST_AUTO_TEST_CASE(shows_what_operators_decided) {
  BOOST_TEST(Fields(core::VerdictGiven{
                 "w-1", core::OperatorVerdict::kPayAgain, {Hash('1'), Hash('2')}, "lost"}) ==
             R"(,"id":"w-1","verdict":"pay_again","excluded_txids":[")" + Hex('1') + "\",\"" +
                 Hex('2') + R"("],"reason":"lost"})");
  BOOST_TEST(Fields(core::VerdictGiven{"w-1", core::OperatorVerdict::kNever, {}, "r"}) ==
             R"(,"id":"w-1","verdict":"never","excluded_txids":[],"reason":"r"})");
  BOOST_TEST(Fields(core::VerdictGiven{"w-1", core::OperatorVerdict::kPaid, {}, "r"}) ==
             R"(,"id":"w-1","verdict":"paid","excluded_txids":[],"reason":"r"})");
  core::PaymentAdopted adopted{"w-1", {}, Raw("beef"), {1, 0}, 141};
  adopted.content.outputs = {{"addr", Raw("0014ff"), 150000}};
  adopted.content.reference = "old";
  BOOST_TEST(Fields(adopted) ==
             R"(,"id":"w-1","outputs":[{"address":"addr","script":"0014ff","amount_sat":150000}],)"
             R"("reference":"old","raw_tx":"beef","vouts":[1,0],"fee_sat":141})");
  BOOST_TEST(Fields(core::LocksReleased{4}) == R"(,"batch":4})");
  BOOST_TEST(Fields(core::CoinsVanished{4, {}}) == R"(,"batch":4,"coins":[]})");
}

BOOST_AUTO_TEST_CASE(shows_the_chain_and_alarms) {
  core::ChainMoved moved;
  moved.fork_height = 8;
  moved.blocks = {{9, Hash('9')}, {10, Hash('a')}};
  BOOST_TEST(Fields(moved) == R"(,"fork_height":8,"blocks":[)" + Position(9, '9') + "," +
                                  Position(10, 'a') + R"(],"work":")" + std::string(64, '0') +
                                  "\"}");
  BOOST_TEST(Fields(core::AlarmRaised{core::AlarmKind::kAmountDiffers, Hash('b'), 4, "d"}) ==
             R"(,"kind":"amount_differs","txid":")" + Hex('b') + R"(","batch":4,"detail":"d"})");
  BOOST_TEST(Fields(core::AlarmRaised{core::AlarmKind::kUnexplainedSpendAtStart, Hash('b'),
                                      std::nullopt, "d"}) ==
             R"(,"kind":"unexplained_spend_at_start","txid":")" + Hex('b') + R"(","detail":"d"})");
  BOOST_TEST(AlarmKindText(core::AlarmKind::kForeignVersion) == "foreign_version");
  BOOST_TEST(AlarmKindText(core::AlarmKind::kSecondPayment) == "second_payment");
  BOOST_TEST(Fields(core::AlarmAccepted{4, "why"}) == R"(,"alarm":4,"reason":"why"})");
}

BOOST_AUTO_TEST_CASE(a_history_is_a_list_of_records) {
  const core::Logged first{7, 99, core::BatchFinal{4}};
  const core::Logged second{8, 99, core::BatchDropped{5}};
  const Response response = HistoryResponse({first, second}, false);
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.body ==
             "{\"records\":[" + RecordJson(first) + "," + RecordJson(second) + "]}");
  BOOST_TEST(HistoryResponse({}, false).status == 404);
  BOOST_TEST(HistoryResponse({}, false).body.find("\"unknown_id\"") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
