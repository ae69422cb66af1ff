// The JSON that callers send. What is taken keeps the limits, has no key twice, and means the same
// after it has been written and read again; and univalue, which reads bitcoind's replies, finds the
// same in it.

#include "http/json_reader.h"

#include <algorithm>
#include <set>

#include "http/json_writer.h"
#include "http/utf8.h"
#include "input.h"
#include "node/rpc_codec.h"
#include "target.h"

namespace sendonce::fuzz {
namespace {

using http::JsonValue;
using Kind = JsonValue::Kind;

void Write(const JsonValue& value, http::JsonWriter& json) {
  switch (value.kind) {
    case Kind::kNull:
      json.Null();
      return;
    case Kind::kBool:
      json.Bool(value.boolean);
      return;
    case Kind::kNumber:
      json.Number(value.text);
      return;
    case Kind::kString:
      json.String(value.text);
      return;
    case Kind::kArray:
      json.BeginArray();
      for (const JsonValue& item : value.items) Write(item, json);
      json.EndArray();
      return;
    case Kind::kObject:
      json.BeginObject();
      for (const auto& [name, field] : value.fields) {
        json.Key(name);
        Write(field, json);
      }
      json.EndObject();
  }
}

bool Same(const JsonValue& a, const JsonValue& b) {
  if (a.kind != b.kind || a.boolean != b.boolean || a.text != b.text) return false;
  if (a.items.size() != b.items.size() || a.fields.size() != b.fields.size()) return false;
  for (size_t i = 0; i < a.items.size(); ++i) {
    if (!Same(a.items[i], b.items[i])) return false;
  }
  for (size_t i = 0; i < a.fields.size(); ++i) {
    if (a.fields[i].name != b.fields[i].name) return false;
    if (!Same(a.fields[i].value, b.fields[i].value)) return false;
  }
  return true;
}

// Counted from the outside; how many values there are in all.
size_t CheckLimits(const JsonValue& value, const http::JsonLimits& limits, size_t depth) {
  assert(http::IsUtf8(value.text));
  if (value.kind == Kind::kArray || value.kind == Kind::kObject) assert(depth < limits.depth);
  size_t values = 1;
  for (const JsonValue& item : value.items) values += CheckLimits(item, limits, depth + 1);
  std::set<std::string> names;
  for (const auto& [name, field] : value.fields) {
    assert(http::IsUtf8(name) && names.insert(name).second);
    values += CheckLimits(field, limits, depth + 1);
  }
  return values;
}

void CheckInteger(const JsonValue& value, const node::Json& other) {
  const auto integer = http::PlainInteger(value);
  if (!integer) return;
  assert(*integer >= 0 && std::to_string(*integer) == value.text);
  assert(other.Integer() == integer);
}

void Compare(const JsonValue& value, const node::Json& other) {
  switch (value.kind) {
    case Kind::kNull:
      assert(other.IsNull());
      return;
    case Kind::kBool:
      assert(other.Bool() == value.boolean);
      return;
    case Kind::kNumber:
      assert(other.NumberText() == value.text);
      CheckInteger(value, other);
      return;
    case Kind::kString:
      assert(other.String() == value.text);
      return;
    case Kind::kArray:
      assert(other.IsArray() && other.size() == value.items.size());
      for (size_t i = 0; i < value.items.size(); ++i) Compare(value.items[i], other.At(i));
      return;
    case Kind::kObject:
      assert(other.IsObject());
      for (const auto& [name, field] : value.fields) {
        assert(other.Count(name) == 1);
        Compare(field, other[name]);
      }
  }
}

// univalue 1.1.1 reads an escaped character from U+20000 on, "\ud840\udc00", as another one (it
// has an "or" where there should be a sum). bitcoind writes none, so that is no harm to us.
bool HasHighCharacter(const JsonValue& value) {
  const auto is_high = [](const std::string& text) {
    for (size_t i = 0; i + 1 < text.size(); ++i) {
      const auto lead = static_cast<unsigned char>(text[i]);
      if (lead > 0xf0 || (lead == 0xf0 && static_cast<unsigned char>(text[i + 1]) >= 0xa0)) {
        return true;
      }
    }
    return false;
  };
  return is_high(value.text) ||
         std::any_of(value.items.begin(), value.items.end(), HasHighCharacter) ||
         std::any_of(value.fields.begin(), value.fields.end(), [&](const http::JsonField& field) {
           return is_high(field.name) || HasHighCharacter(field.value);
         });
}

void CheckTaken(const std::string& text, const JsonValue& value, const http::JsonLimits& limits) {
  assert(CheckLimits(value, limits, 0) <= limits.values);
  const auto other = node::ParseJson(text);
  assert(other.has_value());
  if (!HasHighCharacter(value)) Compare(value, *other);
  http::JsonWriter json;
  Write(value, json);
  const auto again = http::ParseJson(json.Take(), limits);
  assert(std::holds_alternative<JsonValue>(again) && Same(std::get<JsonValue>(again), value));
}

}  // namespace
}  // namespace sendonce::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sendonce::fuzz;
  using sendonce::http::JsonProblem;
  Input input(data, size);
  // Near the limits of a body of a single call, or small, so that short inputs reach them.
  const sendonce::http::JsonLimits few{3, 8};
  const sendonce::http::JsonLimits limits = input.Bool() ? few : sendonce::http::JsonLimits{};
  const std::string text = input.RestAsText();
  const auto parsed = sendonce::http::ParseJson(text, limits);
  if (const auto* problem = std::get_if<JsonProblem>(&parsed)) {
    assert(!problem->detail.empty());
    assert(sendonce::http::IsUtf8(problem->field));
  } else {
    CheckTaken(text, std::get<JsonValue>(parsed), limits);
  }
  return 0;
}
