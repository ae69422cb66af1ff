#include "node/rpc_values.h"

namespace sendonce::node {

std::optional<bitcoin::Amount> ReadAmount(const Json& value) {
  const auto text = value.NumberText();
  return text ? bitcoin::AmountFromBtcText(*text) : std::nullopt;
}

std::optional<bitcoin::Hash256> ReadHash(const Json& value) {
  const auto text = value.String();
  return text ? bitcoin::HashFromDisplayHex(*text) : std::nullopt;
}

std::optional<bitcoin::Bytes> ReadHex(const Json& value) {
  const auto text = value.String();
  return text ? bitcoin::BytesFromHex(*text) : std::nullopt;
}

std::optional<int32_t> ReadInt32(const Json& value) {
  const auto integer = value.Integer();
  if (!integer || *integer < INT32_MIN || *integer > INT32_MAX) return std::nullopt;
  return static_cast<int32_t>(*integer);
}

std::optional<bitcoin::OutPoint> ReadOutPoint(const Json& value) {
  const auto txid = ReadHash(value["txid"]);
  const auto vout = value["vout"].Integer();
  if (!txid || !vout || *vout < 0 || *vout > UINT32_MAX) return std::nullopt;
  return bitcoin::OutPoint{*txid, static_cast<uint32_t>(*vout)};
}

std::string HashText(const bitcoin::Hash256& hash) {
  return JsonString(bitcoin::DisplayHex(hash));
}

std::string HexText(const bitcoin::Bytes& bytes) {
  return JsonString(bitcoin::HexFromBytes(bytes));
}

std::string OutPointText(const bitcoin::OutPoint& outpoint) {
  return JsonObject({{"txid", HashText(outpoint.txid)}, {"vout", std::to_string(outpoint.vout)}});
}

std::string OutPointsText(const std::vector<bitcoin::OutPoint>& outpoints) {
  std::vector<std::string> texts;
  for (const bitcoin::OutPoint& outpoint : outpoints) texts.push_back(OutPointText(outpoint));
  return JsonArray(texts);
}

}  // namespace sendonce::node
