#include "http/record_json.h"

#include <cassert>

#include "http/response_json.h"

namespace sendonce::http {

namespace {

std::string_view EndingText(core::Ending ending) {
  switch (ending) {
    case core::Ending::kNone:
      return "none";
    case core::Ending::kCancelled:
      return "cancelled";
    case core::Ending::kExpired:
      return "expired";
    case core::Ending::kDeclaredPaid:
      return "declared_paid";
  }
  assert(false && "every ending has a name");
  return "";
}

std::string_view VerdictText(core::OperatorVerdict verdict) {
  switch (verdict) {
    case core::OperatorVerdict::kPayAgain:
      return "pay_again";
    case core::OperatorVerdict::kNever:
      return "never";
    case core::OperatorVerdict::kPaid:
      return "paid";
  }
  assert(false && "every verdict has a name");
  return "";
}

std::string_view ExclusionText(core::ExclusionReason reason) {
  switch (reason) {
    case core::ExclusionReason::kSharedCoin:
      return "shared_coin";
    case core::ExclusionReason::kDescendsFromRival:
      return "descends_from_rival";
    case core::ExclusionReason::kDeepRival:
      return "deep_rival";
    case core::ExclusionReason::kVerdict:
      return "verdict";
  }
  assert(false && "every reason has a name");
  return "";
}

void WriteOutPoint(JsonWriter& json, const bitcoin::OutPoint& outpoint) {
  json.Key("txid").String(bitcoin::DisplayHex(outpoint.txid));
  json.Key("vout").Unsigned(outpoint.vout);
}

void WritePosition(JsonWriter& json, const core::ChainPosition& position) {
  json.BeginObject();
  json.Key("height").Integer(position.height);
  json.Key("hash").String(bitcoin::DisplayHex(position.hash));
  json.EndObject();
}

void WriteIds(JsonWriter& json, const std::vector<core::SendId>& ids) {
  json.BeginArray();
  for (const core::SendId& id : ids) json.String(id);
  json.EndArray();
}

void WriteCoins(JsonWriter& json, const std::vector<core::Coin>& coins) {
  json.BeginArray();
  for (const core::Coin& coin : coins) {
    json.BeginObject();
    WriteOutPoint(json, coin.outpoint);
    json.Key("amount_sat").Integer(coin.amount_sat);
    json.Key("script").String(bitcoin::HexFromBytes(coin.script));
    json.EndObject();
  }
  json.EndArray();
}

void WriteVouts(JsonWriter& json, const std::vector<uint32_t>& vouts) {
  json.BeginArray();
  for (uint32_t vout : vouts) json.Unsigned(vout);
  json.EndArray();
}

void WritePaid(JsonWriter& json, const core::PaidVouts& paid) {
  json.BeginArray();
  for (const std::vector<uint32_t>& vouts : paid) WriteVouts(json, vouts);
  json.EndArray();
}

void WriteTxids(JsonWriter& json, const std::vector<bitcoin::Txid>& txids) {
  json.BeginArray();
  for (const bitcoin::Txid& txid : txids) json.String(bitcoin::DisplayHex(txid));
  json.EndArray();
}

// Only what the reason rests on: the other fields mean nothing (core/batch.h).
void WriteProof(JsonWriter& json, const core::Exclusion& exclusion) {
  const bool by_coin = exclusion.reason == core::ExclusionReason::kSharedCoin ||
                       exclusion.reason == core::ExclusionReason::kDescendsFromRival;
  const bool by_rival = exclusion.reason == core::ExclusionReason::kDescendsFromRival ||
                        exclusion.reason == core::ExclusionReason::kDeepRival;
  if (by_coin) {
    WriteOutPoint(json.Key("coin").BeginObject(), exclusion.coin);
    json.EndObject();
  }
  if (by_rival) json.Key("rival_txid").String(bitcoin::DisplayHex(exclusion.rival));
}

void WriteExclusions(JsonWriter& json, const std::vector<core::Exclusion>& exclusions) {
  json.BeginArray();
  for (const core::Exclusion& exclusion : exclusions) {
    json.BeginObject();
    json.Key("id").String(exclusion.send);
    json.Key("excluded_txid").String(bitcoin::DisplayHex(exclusion.excluded));
    json.Key("reason").String(ExclusionText(exclusion.reason));
    WriteProof(json, exclusion);
    json.EndObject();
  }
  json.EndArray();
}

void WritePayees(JsonWriter& json, const std::vector<core::Payee>& payees) {
  json.BeginArray();
  for (const core::Payee& payee : payees) {
    json.BeginObject();
    json.Key("address").String(payee.address);
    json.Key("script").String(bitcoin::HexFromBytes(payee.script));
    json.Key("amount_sat").Integer(payee.amount_sat);
    json.EndObject();
  }
  json.EndArray();
}

void WriteFee(JsonWriter& json, const core::FeeChoice& fee) {
  json.BeginObject();
  if (fee.conf_target) json.Key("conf_target").Integer(*fee.conf_target);
  if (fee.fee_rate_sat_kvb) {
    json.Key("rate_sat_vb").Number(bitcoin::SatVbTextFromFeeRate(*fee.fee_rate_sat_kvb));
  }
  json.EndObject();
}

// The fields as the caller wrote them: one that is absent here was absent there.
void WriteContent(JsonWriter& json, const core::SendContent& content) {
  WritePayees(json.Key("outputs"), content.outputs);
  if (content.fee) WriteFee(json.Key("fee"), *content.fee);
  if (content.max_fee_sat) json.Key("max_fee_sat").Integer(*content.max_fee_sat);
  if (content.batch) json.Key("batch").Bool(*content.batch);
  if (content.not_after_ms) json.Key("not_after").Integer(*content.not_after_ms);
  if (content.reference) json.Key("reference").String(*content.reference);
}

// The fields of each record.
struct FieldWriter {
  JsonWriter& json;

  void operator()(const core::WalCreated& record) const {
    json.Key("wal_id").String(bitcoin::HexFromBytes(record.wal_id));
    json.Key("chain").String(bitcoin::ChainName(record.network));
    json.Key("genesis").String(bitcoin::DisplayHex(record.genesis));
    json.Key("wallet").String(record.wallet_name);
    json.Key("binding_address").String(record.binding_address);
    WritePosition(json.Key("tip"), record.tip);
    json.Key("work").String(bitcoin::HexFromBytes(record.work));
    WriteTxids(json.Key("spends_before"), record.spends_before);
  }

  void operator()(const core::SendRecorded& record) const {
    json.Key("id").String(record.id);
    WriteContent(json, record.content);
  }

  void operator()(const core::SendEnded& record) const {
    json.Key("id").String(record.id);
    json.Key("ending").String(EndingText(record.ending));
  }

  void operator()(const core::BatchReserved& record) const {
    WriteIds(json.Key("ids"), record.sends);
    WriteCoins(json.Key("coins"), record.coins);
    WriteTransaction(record);
    WriteExclusions(json.Key("exclusions"), record.exclusions);
  }

  void operator()(const core::SignatureRequested& record) const {
    json.Key("batch").Unsigned(record.batch);
    json.Key("version").Unsigned(record.version);
  }

  void operator()(const core::VersionSigned& record) const {
    json.Key("batch").Unsigned(record.batch);
    json.Key("version").Unsigned(record.version);
    json.Key("raw_tx").String(bitcoin::HexFromBytes(record.raw_tx));
  }

  void operator()(const core::VersionAccepted& record) const {
    WriteBatchAndTxid(record.batch, record.txid);
  }

  void operator()(const core::VersionAdopted& record) const {
    json.Key("batch").Unsigned(record.batch);
    json.Key("raw_tx").String(bitcoin::HexFromBytes(record.raw_tx));
    WritePaid(json.Key("paid_vouts"), record.paid);
  }

  void operator()(const core::RivalSeen& record) const {
    json.Key("batch").Unsigned(record.batch);
    json.Key("raw_tx").String(bitcoin::HexFromBytes(record.raw_tx));
    if (record.block) WritePosition(json.Key("block"), *record.block);
  }

  void operator()(const core::RivalGone& record) const {
    WriteBatchAndTxid(record.batch, record.txid);
  }

  void operator()(const core::BatchConfirmed& record) const {
    WriteBatchAndTxid(record.batch, record.txid);
    WritePosition(json.Key("block"), record.block);
  }

  void operator()(const core::BatchReopened& record) const {
    json.Key("batch").Unsigned(record.batch);
    WritePosition(json.Key("block"), record.block);
  }

  void operator()(const core::BatchFinal& record) const {
    json.Key("batch").Unsigned(record.batch);
  }

  void operator()(const core::BatchDropped& record) const {
    json.Key("batch").Unsigned(record.batch);
  }

  void operator()(const core::ChainMoved& record) const {
    json.Key("fork_height").Integer(record.fork_height);
    json.Key("blocks").BeginArray();
    for (const core::ChainPosition& block : record.blocks) WritePosition(json, block);
    json.EndArray();
    json.Key("work").String(bitcoin::HexFromBytes(record.work));
  }

  void operator()(const core::AlarmRaised& record) const {
    json.Key("kind").String(AlarmKindText(record.kind));
    json.Key("txid").String(bitcoin::DisplayHex(record.txid));
    if (record.batch) json.Key("batch").Unsigned(*record.batch);
    json.Key("detail").String(record.detail);
  }

  void operator()(const core::AlarmAccepted& record) const {
    json.Key("alarm").Unsigned(record.alarm);
    json.Key("reason").String(record.reason);
  }

  void operator()(const core::VersionReserved& record) const {
    json.Key("batch").Unsigned(record.batch);
    json.Key("version").Unsigned(record.version);
    WriteCoins(json.Key("added_coins"), record.added);
    WriteTransaction(record);
  }

  void operator()(const core::VerdictGiven& record) const {
    json.Key("id").String(record.id);
    json.Key("verdict").String(VerdictText(record.verdict));
    WriteTxids(json.Key("excluded_txids"), record.excluded);
    json.Key("reason").String(record.reason);
  }

  void operator()(const core::PaymentAdopted& record) const {
    json.Key("id").String(record.id);
    WriteContent(json, record.content);
    json.Key("raw_tx").String(bitcoin::HexFromBytes(record.raw_tx));
    WriteVouts(json.Key("vouts"), record.vouts);
    json.Key("fee_sat").Integer(record.fee_sat);
  }

  void operator()(const core::LocksReleased& record) const {
    json.Key("batch").Unsigned(record.batch);
  }

  void operator()(const core::CoinsVanished& record) const {
    json.Key("batch").Unsigned(record.batch);
    json.Key("coins").BeginArray();
    for (const bitcoin::OutPoint& coin : record.coins) {
      json.BeginObject();
      WriteOutPoint(json, coin);
      json.EndObject();
    }
    json.EndArray();
  }

  void operator()(const core::DetailPruned& record) const {
    json.Key("batches").BeginArray();
    for (const core::PrunedBatch& batch : record.batches) WritePrunedBatch(batch);
    json.EndArray();
  }

 private:
  void WritePrunedBatch(const core::PrunedBatch& batch) const {
    json.BeginObject();
    json.Key("batch").Unsigned(batch.id);
    json.Key("txid").String(bitcoin::DisplayHex(batch.payment.txid));
    json.Key("block");
    WritePosition(json, batch.payment.block);
    json.Key("records").BeginArray();
    for (core::Seq seq : batch.records) json.Unsigned(seq);
    json.EndArray();
    json.Key("sends").BeginArray();
    for (const core::PrunedSend& send : batch.sends) {
      json.BeginObject();
      json.Key("id").String(send.id);
      json.Key("content_hash").String(bitcoin::HexFromBytes(send.content.hash.bytes));
      json.Key("amount_sat").Integer(send.content.amount_sat);
      json.EndObject();
    }
    json.EndArray();
    json.EndObject();
  }

  // What the transaction of a reservation, of a batch or of a version, is.
  void WriteTransaction(const auto& record) const {
    json.Key("unsigned_tx").String(bitcoin::HexFromBytes(record.unsigned_tx));
    WritePaid(json.Key("paid_vouts"), record.paid);
    if (record.change_vout) json.Key("change_vout").Unsigned(*record.change_vout);
    json.Key("fee_sat").Integer(record.fee_sat);
  }

  void WriteBatchAndTxid(core::BatchId batch, const bitcoin::Txid& txid) const {
    json.Key("batch").Unsigned(batch);
    json.Key("txid").String(bitcoin::DisplayHex(txid));
  }
};

}  // namespace

std::string_view AlarmKindText(core::AlarmKind kind) {
  switch (kind) {
    case core::AlarmKind::kUnexplainedSpend:
      return "unexplained_spend";
    case core::AlarmKind::kUnexplainedSpendAtStart:
      return "unexplained_spend_at_start";
    case core::AlarmKind::kForeignVersion:
      return "foreign_version";
    case core::AlarmKind::kRival:
      return "rival";
    case core::AlarmKind::kAmountDiffers:
      return "amount_differs";
    case core::AlarmKind::kSecondPayment:
      return "second_payment";
  }
  assert(false && "every kind has a name");
  return "";
}

void WriteRecord(JsonWriter& json, const core::Logged& logged) {
  json.BeginObject();
  json.Key("seq").Unsigned(logged.seq);
  json.Key("at").Integer(logged.at_ms);
  json.Key("type").String(core::RecordName(logged.record));
  std::visit(FieldWriter{json}, logged.record);
  json.EndObject();
}

std::string RecordJson(const core::Logged& logged) {
  JsonWriter json;
  WriteRecord(json, logged);
  return json.Take();
}

std::string PrunedRecordJson(core::Seq seq, uint8_t type, const bitcoin::Hash256& frame_hash) {
  JsonWriter json;
  json.BeginObject();
  json.Key("seq").Unsigned(seq);
  json.Key("type").Unsigned(type);
  json.Key("pruned").Bool(true);
  json.Key("frame_hash").String(bitcoin::HexFromBytes(frame_hash.bytes));
  json.EndObject();
  return json.Take();
}

Response HistoryResponse(const std::vector<core::Logged>& records, bool pruned) {
  if (records.empty() && !pruned) {
    core::SendReply unknown;
    unknown.verdict = core::Verdict::kUnknownId;
    return SendResponse(unknown);
  }
  JsonWriter json;
  json.BeginObject().Key("records").BeginArray();
  for (const core::Logged& logged : records) WriteRecord(json, logged);
  json.EndArray();
  if (pruned) json.Key("pruned").Bool(true);
  json.EndObject();
  return {200, std::string(kJsonType), json.Take(), {}};
}

}  // namespace sendonce::http
