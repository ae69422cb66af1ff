// Bodies of bulk calls: each element is taken exactly if the body of the single call would be, and
// with the same content; and the order and the number of them are kept.

#include "http/bulk_body.h"

#include "http/json_writer.h"
#include "http/send_body.h"
#include "input.h"
#include "target.h"

namespace sendonce::fuzz {
namespace {

using bitcoin::Network;
using http::JsonValue;
using http::Problem;

// The list that a body consists of; nullptr if it is of another form.
const JsonValue* ListIn(const std::variant<JsonValue, http::JsonProblem>& parsed,
                        std::string_view name) {
  const auto* body = std::get_if<JsonValue>(&parsed);
  if (!body || body->kind != JsonValue::Kind::kObject || body->fields.size() != 1) return nullptr;
  const auto& field = body->fields.front();
  return field.name == name && field.value.kind == JsonValue::Kind::kArray ? &field.value : nullptr;
}

// The element without its id, as the caller of the single call would have it; and the id.
std::optional<std::pair<std::string, JsonValue>> Single(JsonValue element) {
  if (element.kind != JsonValue::Kind::kObject) return std::nullopt;
  std::optional<std::string> id;
  std::vector<http::JsonField> rest;
  for (auto& field : element.fields) {
    if (field.name != "id") {
      rest.push_back(std::move(field));
    } else if (field.value.kind == JsonValue::Kind::kString) {
      id = field.value.text;
    }
  }
  if (!id || !core::IsValidSendId(*id)) return std::nullopt;
  element.fields = std::move(rest);
  return std::pair(*id, std::move(element));
}

// Whether the element is taken, and as what.
bool IsTaken(const JsonValue& element, const core::SubmitMany::Item* item) {
  const auto single = Single(element);
  if (!single) return false;
  const auto read = http::ReadSendFields(single->second, Network::kRegtest);
  const auto* content = std::get_if<core::SendContent>(&read);
  if (!content) return false;
  assert(item != nullptr && item->id == single->first);
  assert(core::DigestOf(item->content) == core::DigestOf(*content));
  return true;
}

template <typename Bulk, typename Taken>
void CheckEach(const Bulk& bulk, const std::vector<JsonValue>& elements, Taken taken) {
  const auto& items = bulk.command.items;
  assert(items.size() + bulk.refused.size() == elements.size());
  size_t next_item = 0;
  size_t next_refused = 0;
  for (size_t i = 0; i < elements.size(); ++i) {
    const auto* item = next_item < items.size() ? &items[next_item] : nullptr;
    if (taken(elements[i], item)) {
      ++next_item;
      continue;
    }
    assert(next_refused < bulk.refused.size() && bulk.refused[next_refused].position == i);
    ++next_refused;
  }
  assert(next_item == items.size());
}

void CheckSubmits(const std::string& body) {
  const auto read = http::ReadBulkSubmit(body, Network::kRegtest);
  const auto parsed = http::ParseJson(body, http::kBulkJsonLimits);
  const JsonValue* list = ListIn(parsed, "sends");
  const auto* bulk = std::get_if<http::BulkSubmit>(&read);
  assert((bulk != nullptr) == (list != nullptr && list->items.size() <= core::kMaxSendsInBulk));
  if (bulk) CheckEach(*bulk, list->items, IsTaken);
}

void CheckQueries(const std::string& body) {
  const auto read = http::ReadBulkQuery(body);
  const auto parsed = http::ParseJson(body, http::kBulkJsonLimits);
  const JsonValue* list = ListIn(parsed, "ids");
  const auto* bulk = std::get_if<http::BulkQuery>(&read);
  assert((bulk != nullptr) == (list != nullptr && list->items.size() <= core::kMaxSendsInBulk));
  if (!bulk) return;
  CheckEach(*bulk, list->items, [](const JsonValue& element, const core::QueryMany::Item* item) {
    if (element.kind != JsonValue::Kind::kString || !core::IsValidSendId(element.text))
      return false;
    assert(item != nullptr && item->id == element.text);
    return true;
  });
}

}  // namespace
}  // namespace sendonce::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string body(data, data + size);
  sendonce::fuzz::CheckSubmits(body);
  sendonce::fuzz::CheckQueries(body);
  return 0;
}
