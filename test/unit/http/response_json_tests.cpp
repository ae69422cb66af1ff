#include "http/response_json.h"

#include <boost/test/unit_test.hpp>

#include "http/json_reader.h"
#include "sample.h"

BOOST_AUTO_TEST_SUITE(http_response_json)

using namespace sendonce;
using namespace sendonce::http;

namespace {

std::string Text(const core::SendView& send) {
  JsonWriter json;
  WriteSend(json, send);
  return json.Take();
}

// The string in that field of a JSON object, "" if it has none.
std::string FieldText(const std::string& object, std::string_view name) {
  const JsonValue value = std::get<JsonValue>(ParseJson(object));
  const JsonValue* field = FindField(value, name);
  return field ? field->text : "";
}

core::SendReply Refusal(core::Verdict verdict) {
  core::SendReply reply;
  reply.verdict = verdict;
  return reply;
}

}  // namespace

BOOST_AUTO_TEST_CASE(shows_a_send_that_was_just_recorded) {
  BOOST_TEST(Text(sample::RecordedSend()) == sample::RecordedSendJson());
}

BOOST_AUTO_TEST_CASE(shows_a_send_that_is_paid) {
  core::SendView send = sample::RecordedSend();
  send.outcome = core::SendOutcome::kSent;
  send.state = core::SendState::kConfirmed;
  send.replayed = true;
  send.outputs[0].vout = 1;
  send.reference = "K\xc3\xa4ufer \"4711\"";
  send.txid = sample::Hash('b');
  send.txids = {sample::Hash('a'), sample::Hash('b')};
  send.fee_sat = 705;
  send.batch_size = 3;
  send.confirmations = 2;
  send.block = core::ChainPosition{210, sample::Hash('c')};
  BOOST_TEST(
      Text(send) ==
      R"({"id":"w-1001","outcome":"sent","state":"confirmed","replayed":true,)"
      R"("stalled":null,"outputs":[{"address":"bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080",)"
      R"("amount_sat":150000,"vout":1}],"reference":")"
      "K\xc3\xa4ufer "
      R"(\"4711\"","txid":")" +
          sample::Hex('b') + R"(","txids":[")" + sample::Hex('a') + R"(",")" + sample::Hex('b') +
          R"("],"fee_sat":705,"batch_size":3,"confirmations":2,"block_hash":")" + sample::Hex('c') +
          R"(","block_height":210,"created_at":1790000000000,)"
          R"("updated_at":1790000000001,"seq":17})");
}

BOOST_AUTO_TEST_CASE(shows_what_a_send_is_stalled_by) {
  core::SendView send = sample::RecordedSend();
  send.stalled = core::Stall{"insufficient_funds", "0 of 150,705 sat", 1790000000005, true};
  BOOST_TEST(
      Text(send).find(R"("stalled":{"code":"insufficient_funds","detail":"0 of 150,705 sat",)"
                      R"("since":1790000000005,"retry":"automatic"})") != std::string::npos);
  send.stalled->automatic = false;
  BOOST_TEST(Text(send).find(R"("retry":"operator")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(shows_an_id_that_was_burnt_without_content) {
  core::SendView send;
  send.id = "w-9";
  send.outcome = core::SendOutcome::kNever;
  send.state = core::SendState::kCancelled;
  BOOST_TEST(Text(send).find(R"("outcome":"never","state":"cancelled","replayed":false,)"
                             R"("stalled":null,"outputs":[],"reference":"")") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(names_every_outcome_and_state) {
  BOOST_TEST(OutcomeText(core::SendOutcome::kPending) == "pending");
  BOOST_TEST(OutcomeText(core::SendOutcome::kSent) == "sent");
  BOOST_TEST(OutcomeText(core::SendOutcome::kNever) == "never");
  const std::pair<core::SendState, const char*> states[] = {
      {core::SendState::kRecorded, "recorded"},     {core::SendState::kReserved, "reserved"},
      {core::SendState::kSigned, "signed"},         {core::SendState::kBroadcast, "broadcast"},
      {core::SendState::kConfirmed, "confirmed"},   {core::SendState::kFinal, "final"},
      {core::SendState::kConflicted, "conflicted"}, {core::SendState::kCancelled, "cancelled"},
      {core::SendState::kExpired, "expired"}};
  for (const auto& [state, text] : states) BOOST_TEST(StateText(state) == text);
}

BOOST_AUTO_TEST_CASE(successes_carry_the_send) {
  const std::pair<core::Verdict, int> verdicts[] = {
      {core::Verdict::kCreated, 201}, {core::Verdict::kKnown, 200}, {core::Verdict::kFenced, 200}};
  for (const auto& [verdict, status] : verdicts) {
    const Response response = SendResponse(sample::KnownReply(verdict));
    BOOST_TEST(response.status == status);
    BOOST_TEST(response.content_type == "application/json");
    BOOST_TEST(response.body == sample::RecordedSendJson());
  }
}

BOOST_AUTO_TEST_CASE(refusals_have_a_code_and_say_what_to_do) {
  struct Row {
    core::Verdict verdict;
    int status;
    const char* code;
  };
  const Row rows[] = {{core::Verdict::kIdReused, 409, "id_reused"},
                      {core::Verdict::kIdCancelled, 409, "id_cancelled"},
                      {core::Verdict::kTooLate, 409, "too_late"},
                      {core::Verdict::kUnknownId, 404, "unknown_id"},
                      {core::Verdict::kOverloaded, 503, "overloaded"},
                      {core::Verdict::kStarting, 503, "starting"},
                      {core::Verdict::kNotPaying, 503, "not_paying"},
                      {core::Verdict::kStopping, 503, "stopping"},
                      {core::Verdict::kCannotBump, 409, "cannot_bump"},
                      {core::Verdict::kFeeTooHigh, 422, "bad_fee"},
                      {core::Verdict::kNotPaid, 422, "not_paid"},
                      {core::Verdict::kNoTransaction, 404, "unknown_transaction"},
                      {core::Verdict::kNodeUnavailable, 503, "node_unavailable"},
                      {core::Verdict::kNoVerdictNeeded, 409, "no_verdict_needed"}};
  for (const Row& row : rows) {
    const Response response = SendResponse(Refusal(row.verdict));
    BOOST_TEST(response.status == row.status);
    BOOST_TEST(FieldText(response.body, "code") == row.code);
    BOOST_TEST(FieldText(response.body, "detail").size() > 20u);
    BOOST_TEST(response.body.find("\"send\"") == std::string::npos);
    BOOST_TEST(FindHeader(response.headers, "Retry-After").has_value() == (row.status == 503));
  }
  BOOST_TEST(FieldText(SendResponse(Refusal(core::Verdict::kFeeTooHigh)).body, "field") ==
             "rate_sat_vb");
}

BOOST_AUTO_TEST_CASE(a_reused_id_names_the_field_and_shows_the_send) {
  core::SendReply reply = sample::KnownReply(core::Verdict::kIdReused);
  reply.field = "outputs[0].amount_sat";
  reply.detail = "the amount differs";
  const Response response = SendResponse(reply);
  BOOST_TEST(FieldText(response.body, "field") == "outputs[0].amount_sat");
  BOOST_TEST(FieldText(response.body, "detail") == "the amount differs");
  BOOST_TEST(response.body.ends_with(",\"send\":" + sample::RecordedSendJson() + "}"));
}

BOOST_AUTO_TEST_CASE(shows_the_status) {
  core::StatusReply reply;
  reply.node = {true,  "",  "regtest", "/Satoshi:29.0.0/", {101, sample::Hash('1')},
                false, "w", true};
  reply.paying_stalled = core::Stall{"wallet_locked", "unlock it", 5, true};
  reply.accepting = true;
  reply.wal_id = "00ff";
  reply.durable_seq = 42;
  reply.read_up_to = {100, sample::Hash('2')};
  reply.open_sends = 7;
  reply.waiting_sends = 3;
  reply.oldest_pending_since_ms = 1790000000000;
  reply.open_batches = 2;
  reply.open_alarms = 1;
  ServiceStatus service;
  service.version = "0.1.0";
  service.uptime_ms = 1234;
  service.zmq = {{"rawtx", "tcp://127.0.0.1:28332", true, 9, 1}};
  service.wal_path = "/data/wal";
  service.wal_anchor_seq = 40;
  BOOST_TEST(
      StatusResponse(reply, service).body ==
      R"({"version":"0.1.0","uptime_ms":1234,"paying":false,"stalled":{"code":"wallet_locked",)"
      R"("detail":"unlock it","since":5,"retry":"automatic"},"paused":false,"accepting":true,)"
      R"("node":{"reachable":true,"problem":null,"chain":"regtest",)"
      R"("subversion":"/Satoshi:29.0.0/","block_height":101,"block_hash":")" +
          sample::Hex('1') +
          R"(","initial_block_download":false},"wallet":{"name":"w","locked":true},)"
          R"("zmq":[{"topic":"rawtx","endpoint":"tcp://127.0.0.1:28332","alive":true,)"
          R"("messages":9,"gaps":1}],"wal":{"id":"00ff","path":"/data/wal","durable_seq":42,)"
          R"("anchor_seq":40,"read_up_to_height":100,"read_up_to_hash":")" +
          sample::Hex('2') +
          R"("},"backlog":{"open_sends":7,"waiting_sends":3,"open_batches":2,)"
          R"("oldest_pending_since":1790000000000},"open_alarms":1})");
}

BOOST_AUTO_TEST_CASE(pays_unless_stalled_or_paused) {
  core::StatusReply reply;
  ServiceStatus service;
  const auto paying = [&] {
    return StatusResponse(reply, service).body.find("\"paying\":true") != std::string::npos;
  };
  BOOST_TEST(paying());
  service.paused = true;
  BOOST_TEST(!paying());
  service.paused = false;
  reply.paying_stalled = core::Stall{};
  BOOST_TEST(!paying());
}

BOOST_AUTO_TEST_CASE(shows_the_funds) {
  core::FundsReply reply;
  reply.known = true;
  reply.spendable = {500, 2};
  reply.reserved = {300, 1};
  reply.waiting_for_confirmations = {200, 3};
  core::Reservation reservation;
  reservation.batch = 9;
  reservation.sends = {"a", "b"};
  reservation.coins = {{{sample::Hash('d'), 4}, 300, {}}};
  reservation.since_ms = 77;
  reservation.reason = "signed";
  reply.reservations = {reservation};
  reply.foreign_locks = {{sample::Hash('e'), 5}};
  BOOST_TEST(FundsResponse(reply).body ==
             R"({"known":true,"spendable":{"amount_sat":500,"coins":2},)"
             R"("reserved":{"amount_sat":300,"coins":1},)"
             R"("waiting_for_confirmations":{"amount_sat":200,"coins":3},)"
             R"("reservations":[{"batch":9,"ids":["a","b"],"coins":[{"txid":")" +
                 sample::Hex('d') +
                 R"(","vout":4,"amount_sat":300}],"since":77,"reason":"signed"}],)"
                 R"("foreign_locks":[{"txid":")" +
                 sample::Hex('e') + R"(","vout":5}]})");
}

BOOST_AUTO_TEST_CASE(funds_that_are_not_known_are_not_zero) {
  BOOST_TEST(FundsResponse({}).body ==
             R"({"known":false,"spendable":null,"reserved":{"amount_sat":0,"coins":0},)"
             R"("waiting_for_confirmations":null,"reservations":[],"foreign_locks":[]})");
}

BOOST_AUTO_TEST_CASE(shows_alarms) {
  core::Alarm open;
  open.number = 12;
  open.raised = {core::AlarmKind::kRival, sample::Hash('e'), 9, "a rival"};
  open.raised_at_ms = 5;
  core::Alarm accepted;
  accepted.number = 3;
  accepted.raised = {core::AlarmKind::kUnexplainedSpend, sample::Hash('f'), std::nullopt, "x"};
  accepted.raised_at_ms = 1;
  accepted.accepted_reason = "our own sweep";
  accepted.accepted_at_ms = 2;
  const std::string open_json = R"({"number":12,"kind":"rival","txid":")" + sample::Hex('e') +
                                R"(","batch":9,"detail":"a rival","raised_at":5,"accepted":null})";
  const std::string accepted_json =
      R"({"number":3,"kind":"unexplained_spend","txid":")" + sample::Hex('f') +
      R"(","batch":null,"detail":"x","raised_at":1,"accepted":{"at":2,"reason":"our own sweep"}})";
  BOOST_TEST(AlarmsResponse({{open, accepted}}).body ==
             "{\"alarms\":[" + open_json + "," + accepted_json + "]}");
  BOOST_TEST(AlarmResponse({accepted}).body == accepted_json);
  BOOST_TEST(AlarmsResponse({}).body == "{\"alarms\":[]}");
  BOOST_TEST(AlarmResponse({}).status == 404);
  BOOST_TEST(FieldText(AlarmResponse({}).body, "code") == "not_found");
}

BOOST_AUTO_TEST_CASE(answers_probes) {
  BOOST_TEST(HealthResponse().status == 200);
  BOOST_TEST(HealthResponse().body == R"({"alive":true})");
  BOOST_TEST(ReadyResponse(std::nullopt).status == 200);
  BOOST_TEST(ReadyResponse(std::nullopt).body == R"({"ready":true,"stalled":null})");
  const Response stalled = ReadyResponse(core::Stall{"node_unavailable", "d", 5, true});
  BOOST_TEST(stalled.status == 503);
  BOOST_TEST(FieldText(stalled.body, "ready").empty());
  BOOST_TEST(stalled.body.find("\"code\":\"node_unavailable\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(results_of_a_bulk_call_are_in_the_order_of_its_list) {
  core::SendsReply reply;
  reply.replies = {sample::KnownReply(core::Verdict::kCreated, "w-1"),
                   sample::KnownReply(core::Verdict::kKnown, "w-2"),
                   sample::KnownReply(core::Verdict::kIdReused, "w-3")};
  const std::vector<RefusedElement> refused = {{0, {ProblemCode::kBadId, "A.", "id"}},
                                               {2, {ProblemCode::kBadFee, "B.", "fee"}},
                                               {5, {ProblemCode::kBadJson, "C.", ""}}};
  const Response response = BulkResponse(reply, refused);
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.content_type == kJsonType);
  const JsonValue document = std::get<JsonValue>(ParseJson(response.body));
  std::string told;
  for (const JsonValue& result : FindField(document, "results")->items) {
    const JsonValue* send = FindField(result, "send");
    const JsonValue* code = FindField(result, "code");
    told += " " + FindField(result, "status")->text + (code ? " " + code->text : "") +
            (send ? " " + FindField(*send, "id")->text : "") + ";";
  }
  BOOST_TEST(told ==
             " 400 bad_id; 201 w-1; 422 bad_fee; 200 w-2; 409 id_reused w-3; 400 bad_json;");
}

BOOST_AUTO_TEST_CASE(a_result_is_the_send_or_the_problem_document) {
  core::SendsReply reply;
  reply.replies = {sample::KnownReply(core::Verdict::kCreated)};
  BOOST_TEST(BulkResponse(reply, {}).body ==
             R"({"results":[{"status":201,"send":)" + sample::RecordedSendJson() + "}]}");
  BOOST_TEST(BulkResponse({}, {}).body == R"({"results":[]})");
  reply.replies = {Refusal(core::Verdict::kUnknownId)};
  const std::string unknown = SendResponse(reply.replies[0]).body;
  const Problem problem{ProblemCode::kBadId, "A.", "id"};
  BOOST_TEST(BulkResponse(reply, {{0, problem}}).body ==
             R"({"results":[)" + ProblemResponse(problem).body + "," + unknown + "]}");
}

BOOST_AUTO_TEST_SUITE_END()
