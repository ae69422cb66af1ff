#include "http/json_reader.h"

#include <univalue.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <set>

#include "http/utf8.h"

namespace sendonce::http {

namespace {

constexpr size_t kMaxShownNameBytes = 64;

// Counts brackets and commas outside strings, before the parser builds anything: the text need not
// be JSON. One value more than the commas is the most that can be there, plus one for each bracket.
class Census {
 public:
  explicit Census(const JsonLimits& limits) : limits_(limits) {}

  // nullopt if the text keeps the limits.
  std::optional<std::string> Count(std::string_view text) {
    for (char c : text) {
      if (in_string_) {
        InString(c);
      } else {
        Outside(c);
      }
      if (depth_ > limits_.depth) return "the JSON is nested too deeply";
      if (values_ > limits_.values) return "the JSON holds too many values";
    }
    return std::nullopt;
  }

 private:
  void InString(char c) {
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      in_string_ = false;
    }
  }

  void Outside(char c) {
    if (c == '"') in_string_ = true;
    if (c == '{' || c == '[') ++depth_;
    if ((c == '}' || c == ']') && depth_ > 0) --depth_;
    if (c == '{' || c == '[' || c == ',') ++values_;
  }

  const JsonLimits& limits_;
  size_t depth_ = 0;
  size_t values_ = 1;
  bool in_string_ = false;
  bool escaped_ = false;
};

std::string ShownName(std::string_view name) {
  return std::string(Utf8Prefix(name, kMaxShownNameBytes));
}

// Turns the parser's tree into ours, and finds keys that stand twice (the parser keeps both).
// Recursion is bounded by JsonLimits::depth.
class Converter {
 public:
  JsonValue Convert(const UniValue& from, const std::string& path) {
    switch (from.getType()) {
      case UniValue::VNULL:
        return {};
      case UniValue::VBOOL:
        return Leaf(JsonValue::Kind::kBool, from.isTrue(), "");
      case UniValue::VNUM:
        return Leaf(JsonValue::Kind::kNumber, false, from.getValStr());
      case UniValue::VSTR:
        return Leaf(JsonValue::Kind::kString, false, from.getValStr());
      case UniValue::VARR:
        return ConvertArray(from, path);
      case UniValue::VOBJ:
        return ConvertObject(from, path);
    }
    assert(false && "UniValue has six types");
    return {};
  }

  const std::optional<std::string>& duplicate() const { return duplicate_; }

 private:
  static JsonValue Leaf(JsonValue::Kind kind, bool boolean, const std::string& text) {
    JsonValue value;
    value.kind = kind;
    value.boolean = boolean;
    value.text = text;
    return value;
  }

  JsonValue ConvertArray(const UniValue& from, const std::string& path) {
    JsonValue array;
    array.kind = JsonValue::Kind::kArray;
    array.items.reserve(from.size());
    for (size_t i = 0; i < from.size(); ++i) {
      array.items.push_back(Convert(from[i], path + "[" + std::to_string(i) + "]"));
    }
    return array;
  }

  JsonValue ConvertObject(const UniValue& from, const std::string& path) {
    JsonValue object;
    object.kind = JsonValue::Kind::kObject;
    object.fields.reserve(from.size());
    std::set<std::string_view> names;
    for (size_t i = 0; i < from.size(); ++i) {
      const std::string& name = from.getKeys()[i];
      const std::string field = path.empty() ? ShownName(name) : path + "." + ShownName(name);
      if (!names.insert(name).second && !duplicate_) duplicate_ = field;
      object.fields.push_back({name, Convert(from.getValues()[i], field)});
    }
    return object;
  }

  std::optional<std::string> duplicate_;
};

}  // namespace

std::variant<JsonValue, JsonProblem> ParseJson(std::string_view text, const JsonLimits& limits) {
  if (!IsUtf8(text)) return JsonProblem{"the text is not UTF-8", ""};
  if (auto excess = Census(limits).Count(text)) return JsonProblem{*excess, ""};
  UniValue parsed;
  if (!parsed.read(text.data(), text.size())) return JsonProblem{"the text is not JSON", ""};
  Converter converter;
  JsonValue value = converter.Convert(parsed, "");
  if (converter.duplicate()) {
    return JsonProblem{"the field stands there twice: write it once", *converter.duplicate()};
  }
  return value;
}

const JsonValue* FindField(const JsonValue& object, std::string_view name) {
  assert(object.kind == JsonValue::Kind::kObject);
  for (const JsonField& field : object.fields) {
    if (field.name == name) return &field.value;
  }
  return nullptr;
}

std::optional<std::string> UnknownField(const JsonValue& object,
                                        std::initializer_list<std::string_view> known) {
  assert(object.kind == JsonValue::Kind::kObject);
  for (const JsonField& field : object.fields) {
    if (std::find(known.begin(), known.end(), field.name) == known.end()) {
      return ShownName(field.name);
    }
  }
  return std::nullopt;
}

std::optional<int64_t> PlainInteger(const JsonValue& value) {
  if (value.kind != JsonValue::Kind::kNumber) return std::nullopt;
  int64_t integer = 0;
  const char* end = value.text.data() + value.text.size();
  const auto result = std::from_chars(value.text.data(), end, integer);
  if (value.text[0] == '-' || result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return integer;
}

}  // namespace sendonce::http
