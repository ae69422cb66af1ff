// Strict JSON (RFC 8259) as callers send it: UTF-8 only, no key twice, numbers kept as they were
// written (money never passes through a floating-point number), and bounds on nesting and on the
// number of values that hold before anything is built. Pure; safe from any thread.

#ifndef SENDONCE_HTTP_JSON_READER_H
#define SENDONCE_HTTP_JSON_READER_H

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sendonce::http {

struct JsonField;

struct JsonValue {
  enum class Kind { kNull, kBool, kNumber, kString, kArray, kObject };

  Kind kind = Kind::kNull;
  bool boolean = false;
  std::string text;  // kString: its characters in UTF-8; kNumber: as it was written
  std::vector<JsonValue> items;
  std::vector<JsonField> fields;  // as they were written, each name once
};

struct JsonField {
  std::string name;
  JsonValue value;
};

struct JsonLimits {
  size_t depth = 8;       // arrays and objects in one another
  size_t values = 4'096;  // of every kind, at every depth
};

struct JsonProblem {
  std::string detail;  // a sentence for a person
  std::string field;   // the path of a key that stands twice ("outputs[1].address"), else empty
};

// The whole of `text` as one value. Memory is bounded by the limits and by the size of the text.
std::variant<JsonValue, JsonProblem> ParseJson(std::string_view text,
                                               const JsonLimits& limits = {});

// The field of that name, or nullptr. REQUIRES: `object` is one.
const JsonValue* FindField(const JsonValue& object, std::string_view name);

// The name of the first field that is none of these, shortened for showing. REQUIRES: `object` is
// one.
std::optional<std::string> UnknownField(const JsonValue& object,
                                        std::initializer_list<std::string_view> known);

// The value of a number written with digits alone: no sign, point or exponent. nullopt for anything
// else, and beyond 63 bits.
std::optional<int64_t> PlainInteger(const JsonValue& value);

}  // namespace sendonce::http

#endif  // SENDONCE_HTTP_JSON_READER_H
