#include "node/rpc_codec.h"

#include <univalue.h>

#include <algorithm>
#include <charconv>

namespace sendonce::node {

namespace {

template <typename Integer>
std::optional<Integer> IntegerFromText(const std::string& text) {
  Integer value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::string Joined(const std::vector<std::string>& parts) {
  std::string joined;
  for (const std::string& part : parts) {
    if (!joined.empty()) joined += ',';
    joined += part;
  }
  return joined;
}

std::optional<RpcError> ReadError(const Json& error) {
  const auto code = error["code"].Integer();
  auto message = error["message"].String();
  if (!code || !message || *code < INT32_MIN || *code > INT32_MAX) return std::nullopt;
  return RpcError{static_cast<int>(*code), std::move(*message)};
}

std::optional<uint64_t> IdOf(const Json& reply) {
  const auto text = reply["id"].NumberText();
  return text ? IntegerFromText<uint64_t>(*text) : std::nullopt;
}

std::optional<RpcReply> ReadReply(const Json& reply) {
  if (reply.Count("id") != 1 || reply.Count("result") > 1 || reply.Count("error") > 1 ||
      reply.Count("result") + reply.Count("error") == 0) {
    return std::nullopt;
  }
  const Json result = reply["result"];
  const Json error = reply["error"];
  if (error.IsNull()) return RpcReply(result);
  if (!result.IsNull()) return std::nullopt;
  auto read = ReadError(error);
  if (!read) return std::nullopt;
  return RpcReply(std::move(*read));
}

}  // namespace

Json::Json() : value_(&NullUniValue) {}

Json::Json(std::shared_ptr<const UniValue> document, const UniValue* value)
    : document_(std::move(document)), value_(value) {}

bool Json::IsNull() const {
  return value_->isNull();
}

bool Json::IsArray() const {
  return value_->isArray();
}

bool Json::IsObject() const {
  return value_->isObject();
}

size_t Json::size() const {
  return IsArray() ? value_->size() : 0;
}

Json Json::At(size_t index) const {
  if (index >= size()) return Json();
  return Json(document_, &(*value_)[index]);
}

Json Json::operator[](std::string_view name) const {
  if (!IsObject()) return Json();
  const auto& keys = value_->getKeys();
  const auto found = std::find(keys.begin(), keys.end(), name);
  if (found == keys.end()) return Json();
  return Json(document_, &value_->getValues()[static_cast<size_t>(found - keys.begin())]);
}

size_t Json::Count(std::string_view name) const {
  if (!IsObject()) return 0;
  const auto& keys = value_->getKeys();
  return static_cast<size_t>(std::count(keys.begin(), keys.end(), name));
}

std::optional<bool> Json::Bool() const {
  if (!value_->isBool()) return std::nullopt;
  return value_->isTrue();
}

std::optional<std::string> Json::String() const {
  if (!value_->isStr()) return std::nullopt;
  return value_->getValStr();
}

std::optional<std::string> Json::NumberText() const {
  if (!value_->isNum()) return std::nullopt;
  return value_->getValStr();
}

std::optional<int64_t> Json::Integer() const {
  if (!value_->isNum()) return std::nullopt;
  return IntegerFromText<int64_t>(value_->getValStr());
}

std::optional<Json> ParseJson(std::string_view text) {
  auto document = std::make_shared<UniValue>();
  if (!document->read(text.data(), text.size())) return std::nullopt;
  const UniValue* value = document.get();
  return Json(std::move(document), value);
}

std::string JsonString(std::string_view text) {
  return UniValue(std::string(text)).write();
}

std::string JsonBool(bool value) {
  return value ? "true" : "false";
}

std::string JsonArray(const std::vector<std::string>& elements) {
  return '[' + Joined(elements) + ']';
}

std::string JsonObject(const std::vector<std::pair<std::string, std::string>>& members) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : members) parts.push_back(JsonString(name) + ':' + value);
  return '{' + Joined(parts) + '}';
}

std::string RequestText(uint64_t id, std::string_view method, std::string_view params) {
  return JsonObject({{"jsonrpc", JsonString("1.0")},
                     {"id", std::to_string(id)},
                     {"method", JsonString(method)},
                     {"params", std::string(params)}});
}

std::optional<RpcReply> ParseReply(std::string_view body, uint64_t id) {
  const auto reply = ParseJson(body);
  if (!reply || IdOf(*reply) != id) return std::nullopt;
  return ReadReply(*reply);
}

std::optional<std::vector<RpcReply>> ParseBatchReply(std::string_view body, uint64_t first_id,
                                                     size_t count) {
  const auto replies = ParseJson(body);
  if (!replies || !replies->IsArray() || replies->size() != count) return std::nullopt;
  std::vector<std::optional<RpcReply>> found(count);
  for (size_t i = 0; i < count; ++i) {
    const Json reply = replies->At(i);
    const auto id = IdOf(reply);
    if (!id || *id < first_id || *id - first_id >= count) return std::nullopt;
    auto& slot = found[*id - first_id];
    if (slot || !(slot = ReadReply(reply))) return std::nullopt;
  }
  std::vector<RpcReply> ordered;
  for (auto& reply : found) ordered.push_back(std::move(*reply));
  return ordered;
}

}  // namespace sendonce::node
