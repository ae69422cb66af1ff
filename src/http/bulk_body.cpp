#include "http/bulk_body.h"

#include <algorithm>
#include <string>
#include <utility>

#include "http/send_body.h"

namespace sendonce::http {

namespace {

using Kind = JsonValue::Kind;

// The only field of the body: a list that is not too long.
std::variant<std::vector<JsonValue>, Problem> ReadList(std::string_view body, const char* name) {
  auto object = ReadObject(body, kBulkJsonLimits);
  if (auto* problem = std::get_if<Problem>(&object)) return std::move(*problem);
  JsonValue& fields = std::get<JsonValue>(object);
  if (auto unknown = UnknownField(fields, {name})) return UnknownFieldProblem(*unknown);
  if (fields.fields.empty()) return MissingFieldProblem(name);
  JsonValue& list = fields.fields.front().value;
  if (list.kind != Kind::kArray) {
    return Problem{ProblemCode::kBadParameter, "This is a list.", name};
  }
  if (list.items.size() > core::kMaxSendsInBulk) {
    return Problem{ProblemCode::kLimitExceeded,
                   "One call takes at most " + std::to_string(core::kMaxSendsInBulk) +
                       " of them: spread them over several calls. Nothing was recorded.",
                   name};
  }
  return std::move(list.items);
}

std::optional<Problem> ReadId(const JsonValue& value, core::SendId& id) {
  if (value.kind != Kind::kString || !core::IsValidSendId(value.text)) return BadIdProblem();
  id = value.text;
  return std::nullopt;
}

// Takes the id out of the element: what is left has to be the body of the single call.
std::optional<Problem> TakeId(JsonValue& element, core::SendId& id) {
  const auto found = std::find_if(element.fields.begin(), element.fields.end(),
                                  [](const JsonField& field) { return field.name == "id"; });
  if (found == element.fields.end()) return MissingFieldProblem("id");
  if (auto problem = ReadId(found->value, id)) return problem;
  element.fields.erase(found);
  return std::nullopt;
}

std::optional<Problem> ReadElement(JsonValue& element, bitcoin::Network network,
                                   core::SubmitMany::Item& item) {
  if (auto problem = ObjectProblem(element)) return problem;
  if (auto problem = TakeId(element, item.id)) return problem;
  auto content = ReadSendFields(element, network);
  if (auto* problem = std::get_if<Problem>(&content)) return std::move(*problem);
  item.content = std::move(std::get<core::SendContent>(content));
  return std::nullopt;
}

// Reads each element into an item of its own, with a function that may refuse it.
template <typename Bulk, typename Read>
std::variant<Bulk, Problem> ReadEach(std::string_view body, const char* name, Read read) {
  auto list = ReadList(body, name);
  if (auto* problem = std::get_if<Problem>(&list)) return std::move(*problem);
  std::vector<JsonValue>& elements = std::get<std::vector<JsonValue>>(list);
  Bulk bulk;
  auto& items = bulk.command.items;
  items.reserve(elements.size());
  for (size_t i = 0; i < elements.size(); ++i) {
    auto problem = read(elements[i], items.emplace_back());
    if (!problem) continue;
    items.pop_back();
    bulk.refused.push_back({i, std::move(*problem)});
  }
  return bulk;
}

}  // namespace

std::variant<BulkSubmit, Problem> ReadBulkSubmit(std::string_view body, bitcoin::Network network) {
  return ReadEach<BulkSubmit>(body, "sends", [&](JsonValue& element, auto& item) {
    return ReadElement(element, network, item);
  });
}

std::variant<BulkQuery, Problem> ReadBulkQuery(std::string_view body) {
  return ReadEach<BulkQuery>(
      body, "ids", [](JsonValue& element, auto& item) { return ReadId(element, item.id); });
}

}  // namespace sendonce::http
