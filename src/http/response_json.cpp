#include "http/response_json.h"

#include <cassert>

#include "http/problem.h"
#include "http/record_json.h"

namespace sendonce::http {

namespace {

Response JsonResponse(int status, JsonWriter& json) {
  return {status, std::string(kJsonType), json.Take(), {}};
}

void WriteStall(JsonWriter& json, const std::optional<core::Stall>& stall) {
  if (!stall) {
    json.Null();
    return;
  }
  json.BeginObject();
  json.Key("code").String(stall->code);
  json.Key("detail").String(stall->detail);
  json.Key("since").Integer(stall->since_ms);
  json.Key("retry").String(stall->automatic ? "automatic" : "operator");
  json.EndObject();
}

void WriteOutputs(JsonWriter& json, const std::vector<core::PayeeView>& outputs) {
  json.BeginArray();
  for (const core::PayeeView& output : outputs) {
    json.BeginObject();
    json.Key("address").String(output.address);
    json.Key("amount_sat").Integer(output.amount_sat);
    json.Key("vout");
    output.vout ? json.Unsigned(*output.vout) : json.Null();
    json.EndObject();
  }
  json.EndArray();
}

void WritePayment(JsonWriter& json, const core::SendView& send) {
  json.Key("txid");
  send.txid ? json.String(bitcoin::DisplayHex(*send.txid)) : json.Null();
  json.Key("txids").BeginArray();
  for (const bitcoin::Txid& txid : send.txids) json.String(bitcoin::DisplayHex(txid));
  json.EndArray();
  json.Key("fee_sat");
  send.fee_sat ? json.Integer(*send.fee_sat) : json.Null();
  json.Key("batch_size");
  send.batch_size ? json.Unsigned(*send.batch_size) : json.Null();
}

void WriteConfirmation(JsonWriter& json, const core::SendView& send) {
  assert(send.confirmations >= 0);
  json.Key("confirmations").Integer(send.confirmations);
  json.Key("block_hash");
  send.block ? json.String(bitcoin::DisplayHex(send.block->hash)) : json.Null();
  json.Key("block_height");
  send.block ? json.Integer(send.block->height) : json.Null();
}

// What a refusal says if the core gives no words of its own.
std::string_view DefaultDetail(core::Verdict verdict) {
  switch (verdict) {
    case core::Verdict::kIdReused:
      return "This id is recorded with other content; nothing was changed. Repeat the content that "
             "was sent first, or take a new id for a new payment.";
    case core::Verdict::kIdCancelled:
      return "This id was cancelled and will never be paid. Take a new id for a new payment.";
    case core::Verdict::kTooLate:
      return "A signature was asked for: this send can no longer be cancelled and may be paid. Ask "
             "again for its outcome.";
    case core::Verdict::kUnknownId:
      return "No send is recorded under this id. That is no permission to refund or to pay another "
             "way, because a submit can still be on its way: DELETE the id first.";
    case core::Verdict::kOverloaded:
      return "Too many sends wait to be paid; nothing was recorded. Repeat this request, with the "
             "same id, later.";
    case core::Verdict::kStarting:
      return "The log has not been compared with the wallet and the chain yet; nothing was "
             "recorded. Repeat this request, with the same id, in a moment.";
    case core::Verdict::kNotPaying:
      return "New sends are refused until an operator has acted (GET /v1/status says what is "
             "wrong); nothing was recorded.";
    case core::Verdict::kStopping:
      return "The service is stopping; nothing was recorded. Repeat this request, with the same "
             "id, when it is back.";
    case core::Verdict::kCannotBump:
      return "There is no transaction of this send that could be replaced now; nothing was "
             "changed.";
    case core::Verdict::kFeeTooHigh:
      return "This rate is above what the service, or the send itself, allows; nothing was "
             "changed.";
    case core::Verdict::kNotPaid:
      return "This transaction does not pay this send, or pays another one with the same output; "
             "nothing was recorded.";
    case core::Verdict::kNoTransaction:
      return "Neither the wallet with the chain nor with the mempool shows this transaction; "
             "nothing "
             "was recorded.";
    case core::Verdict::kNodeUnavailable:
      return "The node has to be asked, and gives no answer; nothing was recorded. Repeat this "
             "request, with the same id, later.";
    case core::Verdict::kNoVerdictNeeded:
      return "The rules decide about this send, so there is nothing to decide for an operator; "
             "nothing was recorded.";
    case core::Verdict::kCreated:
    case core::Verdict::kKnown:
    case core::Verdict::kFenced:
      break;
  }
  assert(false && "not a refusal");
  return "";
}

ProblemCode CodeOf(core::Verdict verdict) {
  switch (verdict) {
    case core::Verdict::kIdReused:
      return ProblemCode::kIdReused;
    case core::Verdict::kIdCancelled:
      return ProblemCode::kIdCancelled;
    case core::Verdict::kTooLate:
      return ProblemCode::kTooLate;
    case core::Verdict::kUnknownId:
      return ProblemCode::kUnknownId;
    case core::Verdict::kOverloaded:
      return ProblemCode::kOverloaded;
    case core::Verdict::kStarting:
      return ProblemCode::kStarting;
    case core::Verdict::kNotPaying:
      return ProblemCode::kNotPaying;
    case core::Verdict::kStopping:
      return ProblemCode::kStopping;
    case core::Verdict::kCannotBump:
      return ProblemCode::kCannotBump;
    case core::Verdict::kFeeTooHigh:
      return ProblemCode::kBadFee;
    case core::Verdict::kNotPaid:
      return ProblemCode::kNotPaid;
    case core::Verdict::kNoTransaction:
      return ProblemCode::kUnknownTransaction;
    case core::Verdict::kNodeUnavailable:
      return ProblemCode::kNodeUnavailable;
    case core::Verdict::kNoVerdictNeeded:
      return ProblemCode::kNoVerdictNeeded;
    case core::Verdict::kCreated:
    case core::Verdict::kKnown:
    case core::Verdict::kFenced:
      break;
  }
  assert(false && "not a refusal");
  return ProblemCode::kBadRequest;
}

// The field at fault, where the verdict itself names one.
std::string FieldOf(const core::SendReply& reply) {
  return reply.verdict == core::Verdict::kFeeTooHigh ? "rate_sat_vb" : reply.field;
}

bool Succeeded(core::Verdict verdict) {
  return verdict == core::Verdict::kCreated || verdict == core::Verdict::kKnown ||
         verdict == core::Verdict::kFenced;
}

Problem ProblemOf(const core::SendReply& reply) {
  const std::string detail =
      reply.detail.empty() ? std::string(DefaultDetail(reply.verdict)) : reply.detail;
  return {CodeOf(reply.verdict), detail, FieldOf(reply), reply.retry_after_ms};
}

int StatusOfSuccess(core::Verdict verdict) {
  return verdict == core::Verdict::kCreated ? 201 : 200;
}

// One of a bulk call.
void WriteResult(JsonWriter& json, const core::SendReply& reply) {
  if (!Succeeded(reply.verdict)) return WriteProblem(json, ProblemOf(reply), reply.send);
  assert(reply.send);
  json.BeginObject();
  json.Key("status").Integer(StatusOfSuccess(reply.verdict));
  WriteSend(json.Key("send"), *reply.send);
  json.EndObject();
}

void WritePosition(JsonWriter& json, std::string_view height_key, std::string_view hash_key,
                   const core::ChainPosition& position) {
  json.Key(height_key).Integer(position.height);
  json.Key(hash_key).String(bitcoin::DisplayHex(position.hash));
}

void WriteNode(JsonWriter& json, const core::NodeView& node) {
  json.BeginObject();
  json.Key("reachable").Bool(node.reachable);
  json.Key("problem");
  node.problem.empty() ? json.Null() : json.String(node.problem);
  json.Key("chain").String(node.chain);
  json.Key("subversion").String(node.subversion);
  WritePosition(json, "block_height", "block_hash", node.tip);
  json.Key("initial_block_download").Bool(node.initial_block_download);
  json.EndObject();
}

void WriteWallet(JsonWriter& json, const core::NodeView& node) {
  json.BeginObject();
  json.Key("name").String(node.wallet_name);
  json.Key("locked").Bool(node.wallet_locked);
  json.EndObject();
}

void WriteTopics(JsonWriter& json, const std::vector<ZmqTopicStatus>& topics) {
  json.BeginArray();
  for (const ZmqTopicStatus& topic : topics) {
    json.BeginObject();
    json.Key("topic").String(topic.name);
    json.Key("endpoint").String(topic.endpoint);
    json.Key("alive").Bool(topic.alive);
    json.Key("messages").Unsigned(topic.messages);
    json.Key("gaps").Unsigned(topic.gaps);
    json.EndObject();
  }
  json.EndArray();
}

void WriteWal(JsonWriter& json, const core::StatusReply& reply, const ServiceStatus& service) {
  json.BeginObject();
  json.Key("id").String(reply.wal_id);
  json.Key("path").String(service.wal_path);
  json.Key("durable_seq").Unsigned(reply.durable_seq);
  json.Key("anchor_seq").Unsigned(service.wal_anchor_seq);
  WritePosition(json, "read_up_to_height", "read_up_to_hash", reply.read_up_to);
  json.EndObject();
}

void WriteBacklog(JsonWriter& json, const core::StatusReply& reply) {
  json.BeginObject();
  json.Key("open_sends").Unsigned(reply.open_sends);
  json.Key("waiting_sends").Unsigned(reply.waiting_sends);
  json.Key("open_batches").Unsigned(reply.open_batches);
  json.Key("oldest_pending_since");
  reply.oldest_pending_since_ms ? json.Integer(*reply.oldest_pending_since_ms) : json.Null();
  json.EndObject();
}

// null: not known yet, which is not zero.
void WriteSum(JsonWriter& json, const core::CoinSum& sum, bool known) {
  if (!known) {
    json.Null();
    return;
  }
  json.BeginObject();
  json.Key("amount_sat").Integer(sum.amount_sat);
  json.Key("coins").Unsigned(sum.coins);
  json.EndObject();
}

void WriteOutPoint(JsonWriter& json, const bitcoin::OutPoint& coin) {
  json.Key("txid").String(bitcoin::DisplayHex(coin.txid));
  json.Key("vout").Unsigned(coin.vout);
}

void WriteCoins(JsonWriter& json, const std::vector<core::Coin>& coins) {
  json.BeginArray();
  for (const core::Coin& coin : coins) {
    json.BeginObject();
    WriteOutPoint(json, coin.outpoint);
    json.Key("amount_sat").Integer(coin.amount_sat);
    json.EndObject();
  }
  json.EndArray();
}

void WriteReservation(JsonWriter& json, const core::Reservation& reservation) {
  json.BeginObject();
  json.Key("batch").Unsigned(reservation.batch);
  json.Key("ids").BeginArray();
  for (const core::SendId& id : reservation.sends) json.String(id);
  json.EndArray();
  WriteCoins(json.Key("coins"), reservation.coins);
  json.Key("since").Integer(reservation.since_ms);
  json.Key("reason").String(reservation.reason);
  json.EndObject();
}

void WriteAcceptance(JsonWriter& json, const core::Alarm& alarm) {
  if (!alarm.accepted_reason) {
    json.Null();
    return;
  }
  json.BeginObject();
  json.Key("at").Integer(alarm.accepted_at_ms);
  json.Key("reason").String(*alarm.accepted_reason);
  json.EndObject();
}

void WriteAlarm(JsonWriter& json, const core::Alarm& alarm) {
  json.BeginObject();
  json.Key("number").Unsigned(alarm.number);
  json.Key("kind").String(AlarmKindText(alarm.raised.kind));
  json.Key("txid").String(bitcoin::DisplayHex(alarm.raised.txid));
  json.Key("batch");
  alarm.raised.batch ? json.Unsigned(*alarm.raised.batch) : json.Null();
  json.Key("detail").String(alarm.raised.detail);
  json.Key("raised_at").Integer(alarm.raised_at_ms);
  WriteAcceptance(json.Key("accepted"), alarm);
  json.EndObject();
}

}  // namespace

std::string_view OutcomeText(core::SendOutcome outcome) {
  switch (outcome) {
    case core::SendOutcome::kPending:
      return "pending";
    case core::SendOutcome::kSent:
      return "sent";
    case core::SendOutcome::kNever:
      return "never";
  }
  assert(false && "every outcome has a name");
  return "";
}

std::string_view StateText(core::SendState state) {
  switch (state) {
    case core::SendState::kRecorded:
      return "recorded";
    case core::SendState::kReserved:
      return "reserved";
    case core::SendState::kSigned:
      return "signed";
    case core::SendState::kBroadcast:
      return "broadcast";
    case core::SendState::kConfirmed:
      return "confirmed";
    case core::SendState::kFinal:
      return "final";
    case core::SendState::kConflicted:
      return "conflicted";
    case core::SendState::kCancelled:
      return "cancelled";
    case core::SendState::kExpired:
      return "expired";
  }
  assert(false && "every state has a name");
  return "";
}

void WriteSend(JsonWriter& json, const core::SendView& send) {
  json.BeginObject();
  json.Key("id").String(send.id);
  json.Key("outcome").String(OutcomeText(send.outcome));
  json.Key("state").String(StateText(send.state));
  json.Key("replayed").Bool(send.replayed);
  WriteStall(json.Key("stalled"), send.stalled);
  WriteOutputs(json.Key("outputs"), send.outputs);
  json.Key("reference").String(send.reference);
  if (send.pruned_amount_sat) {
    json.Key("pruned").Bool(true);
    json.Key("amount_sat").Integer(*send.pruned_amount_sat);
  }
  WritePayment(json, send);
  WriteConfirmation(json, send);
  json.Key("created_at").Integer(send.created_at_ms);
  json.Key("updated_at").Integer(send.updated_at_ms);
  json.Key("seq").Unsigned(send.seq);
  json.EndObject();
}

Response SendResponse(const core::SendReply& reply) {
  if (!Succeeded(reply.verdict)) return ProblemResponse(ProblemOf(reply), reply.send);
  assert(reply.send);
  JsonWriter json;
  WriteSend(json, *reply.send);
  return JsonResponse(StatusOfSuccess(reply.verdict), json);
}

Response BulkResponse(const core::SendsReply& reply, const std::vector<RefusedElement>& refused) {
  JsonWriter json;
  json.BeginObject().Key("results").BeginArray();
  auto next = reply.replies.begin();
  size_t position = 0;
  for (const RefusedElement& element : refused) {
    for (; position < element.position; ++position) WriteResult(json, *next++);
    WriteProblem(json, element.problem);
    ++position;
  }
  for (; next != reply.replies.end(); ++next) WriteResult(json, *next);
  json.EndArray().EndObject();
  return JsonResponse(200, json);
}

Response StatusResponse(const core::StatusReply& reply, const ServiceStatus& service) {
  JsonWriter json;
  json.BeginObject();
  json.Key("version").String(service.version);
  json.Key("uptime_ms").Integer(service.uptime_ms);
  json.Key("paying").Bool(!reply.paying_stalled && !service.paused);
  WriteStall(json.Key("stalled"), reply.paying_stalled);
  json.Key("paused").Bool(service.paused);
  json.Key("accepting").Bool(reply.accepting);
  WriteNode(json.Key("node"), reply.node);
  WriteWallet(json.Key("wallet"), reply.node);
  WriteTopics(json.Key("zmq"), service.zmq);
  WriteWal(json.Key("wal"), reply, service);
  WriteBacklog(json.Key("backlog"), reply);
  json.Key("open_alarms").Unsigned(reply.open_alarms);
  json.EndObject();
  return JsonResponse(200, json);
}

Response FundsResponse(const core::FundsReply& reply) {
  JsonWriter json;
  json.BeginObject();
  json.Key("known").Bool(reply.known);
  WriteSum(json.Key("spendable"), reply.spendable, reply.known);
  WriteSum(json.Key("reserved"), reply.reserved, true);
  WriteSum(json.Key("waiting_for_confirmations"), reply.waiting_for_confirmations, reply.known);
  json.Key("reservations").BeginArray();
  for (const core::Reservation& reservation : reply.reservations) {
    WriteReservation(json, reservation);
  }
  json.EndArray();
  json.Key("foreign_locks").BeginArray();
  for (const bitcoin::OutPoint& coin : reply.foreign_locks) {
    WriteOutPoint(json.BeginObject(), coin);
    json.EndObject();
  }
  json.EndArray().EndObject();
  return JsonResponse(200, json);
}

Response AlarmsResponse(const core::AlarmsReply& reply) {
  JsonWriter json;
  json.BeginObject().Key("alarms").BeginArray();
  for (const core::Alarm& alarm : reply.alarms) WriteAlarm(json, alarm);
  json.EndArray().EndObject();
  return JsonResponse(200, json);
}

Response AlarmResponse(const core::AlarmReply& reply) {
  if (!reply.alarm) {
    return ProblemResponse({ProblemCode::kNotFound,
                            "There is no alarm of this number: GET /v1/alarms lists all.", ""});
  }
  JsonWriter json;
  WriteAlarm(json, *reply.alarm);
  return JsonResponse(200, json);
}

Response HealthResponse() {
  JsonWriter json;
  json.BeginObject().Key("alive").Bool(true).EndObject();
  return JsonResponse(200, json);
}

Response ReadyResponse(const std::optional<core::Stall>& paying_stalled) {
  JsonWriter json;
  json.BeginObject().Key("ready").Bool(!paying_stalled);
  WriteStall(json.Key("stalled"), paying_stalled);
  json.EndObject();
  return JsonResponse(paying_stalled ? 503 : 200, json);
}

}  // namespace sendonce::http
