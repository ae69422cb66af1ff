#include "http/json_reader.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <utility>

#include "http/utf8.h"

namespace sendonce::http {

namespace {

constexpr size_t kMaxShownNameBytes = 64;

constexpr size_t kFewFields = 16;

std::string ShownName(std::string_view name) {
  return std::string(Utf8Prefix(name, kMaxShownNameBytes));
}

// The name of a field that stands there twice.
std::optional<std::string> DuplicateIn(const std::vector<JsonField>& fields) {
  if (fields.size() <= kFewFields) {
    for (size_t i = 1; i < fields.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (fields[i].name == fields[j].name) return fields[i].name;
      }
    }
    return std::nullopt;
  }
  std::vector<std::string_view> names;
  for (const JsonField& field : fields) names.push_back(field.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  return twice == names.end() ? std::nullopt : std::optional<std::string>(*twice);
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

void AppendUtf8(std::string& out, uint32_t code_point) {
  const auto put = [&out](uint32_t byte) { out += static_cast<char>(byte); };
  if (code_point < 0x80) return put(code_point);
  if (code_point < 0x800) {
    put(0xc0 | (code_point >> 6));
  } else if (code_point < 0x10000) {
    put(0xe0 | (code_point >> 12));
    put(0x80 | ((code_point >> 6) & 0x3f));
  } else {
    put(0xf0 | (code_point >> 18));
    put(0x80 | ((code_point >> 12) & 0x3f));
    put(0x80 | ((code_point >> 6) & 0x3f));
  }
  put(0x80 | (code_point & 0x3f));
}

// One value after the other, straight into what the caller gets. Each function that reads returns
// whether it could; if not, problem() says why. Recursion is bounded by JsonLimits::depth.
// REQUIRES: the text is UTF-8.
class Parser {
 public:
  Parser(std::string_view text, const JsonLimits& limits) : rest_(text), limits_(limits) {}

  bool ReadAll(JsonValue& value) {
    if (!ReadValue(value, 0)) return false;
    SkipSpace();
    return rest_.empty() || Fail("the text is not JSON");
  }

  const JsonProblem& problem() const { return problem_; }

 private:
  bool Fail(std::string detail, std::string field = "") {
    problem_ = {std::move(detail), std::move(field)};
    return false;
  }
  bool IsNoJson() { return Fail("the text is not JSON"); }

  // Puts what holds the value before the path of the key that stands twice.
  bool FailedBelow(const std::string& place) {
    if (problem_.field.empty()) return false;
    problem_.field = place + (problem_.field.front() == '[' ? "" : ".") + problem_.field;
    return false;
  }

  void SkipSpace() {
    const size_t end = rest_.find_first_not_of(" \t\n\r");
    rest_.remove_prefix(std::min(end, rest_.size()));
  }

  bool Take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Behind white space.
  bool TakeNext(char c) {
    SkipSpace();
    return Take(c);
  }

  bool ReadValue(JsonValue& value, size_t depth) {
    if (++values_ > limits_.values) return Fail("the JSON holds too many values");
    SkipSpace();
    if (rest_.empty()) return IsNoJson();
    switch (rest_.front()) {
      case '{':
      case '[':
        if (depth == limits_.depth) return Fail("the JSON is nested too deeply");
        return rest_.front() == '{' ? ReadObject(value, depth + 1) : ReadArray(value, depth + 1);
      case '"':
        value.kind = JsonValue::Kind::kString;
        return ReadString(value.text);
      case 't':
        value.boolean = true;
        return ReadWord("true", JsonValue::Kind::kBool, value);
      case 'f':
        return ReadWord("false", JsonValue::Kind::kBool, value);
      case 'n':
        return ReadWord("null", JsonValue::Kind::kNull, value);
      default:
        return ReadNumber(value);
    }
  }

  bool ReadWord(std::string_view word, JsonValue::Kind kind, JsonValue& value) {
    if (!rest_.starts_with(word)) return IsNoJson();
    rest_.remove_prefix(word.size());
    value.kind = kind;
    return true;
  }

  bool ReadArray(JsonValue& array, size_t depth) {
    array.kind = JsonValue::Kind::kArray;
    Take('[');
    if (TakeNext(']')) return true;
    do {
      JsonValue& item = array.items.emplace_back();
      if (!ReadValue(item, depth)) {
        return FailedBelow("[" + std::to_string(array.items.size() - 1) + "]");
      }
    } while (TakeNext(','));
    return Take(']') || IsNoJson();
  }

  bool ReadObject(JsonValue& object, size_t depth) {
    object.kind = JsonValue::Kind::kObject;
    Take('{');
    if (TakeNext('}')) return true;
    do {
      SkipSpace();
      JsonField& field = object.fields.emplace_back();
      if (!ReadString(field.name)) return false;
      if (!TakeNext(':')) return IsNoJson();
      if (!ReadValue(field.value, depth)) return FailedBelow(ShownName(field.name));
    } while (TakeNext(','));
    if (!Take('}')) return IsNoJson();
    const auto twice = DuplicateIn(object.fields);
    return !twice || Fail("the field stands there twice: write it once", ShownName(*twice));
  }

  bool ReadString(std::string& text) {
    if (!Take('"')) return IsNoJson();
    while (true) {
      const auto end = std::find_if(rest_.begin(), rest_.end(), [](char c) {
        return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
      });
      text.append(rest_.begin(), end);
      rest_.remove_prefix(static_cast<size_t>(end - rest_.begin()));
      if (Take('"')) return true;
      if (!Take('\\') || !ReadEscape(text)) return IsNoJson();
    }
  }

  // Behind the backslash.
  bool ReadEscape(std::string& text) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (Take('u')) return ReadUnicode(text);
    const size_t letter = rest_.empty() ? std::string_view::npos : kLetters.find(rest_.front());
    if (letter == std::string_view::npos) return false;
    text += kMeanings[letter];
    rest_.remove_prefix(1);
    return true;
  }

  // A character beyond the first 65,536 is written as two surrogates (RFC 8259, section 7).
  bool ReadUnicode(std::string& text) {
    auto code_point = ReadHex();
    if (!code_point || (*code_point >= 0xdc00 && *code_point < 0xe000)) return false;
    if (*code_point >= 0xd800 && *code_point < 0xdc00) {
      if (!Take('\\') || !Take('u')) return false;
      const auto low = ReadHex();
      if (!low || *low < 0xdc00 || *low >= 0xe000) return false;
      code_point = 0x10000 + ((*code_point - 0xd800) << 10) + (*low - 0xdc00);
    }
    AppendUtf8(text, *code_point);
    return true;
  }

  std::optional<uint32_t> ReadHex() {
    constexpr size_t kDigits = 4;
    if (rest_.size() < kDigits) return std::nullopt;
    uint32_t value = 0;
    const char* const end = rest_.data() + kDigits;
    const auto result = std::from_chars(rest_.data(), end, value, 16);
    if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
    rest_.remove_prefix(kDigits);
    return value;
  }

  bool ReadNumber(JsonValue& value) {
    const char* const start = rest_.data();
    Take('-');
    if (!Take('0') && !SkipDigits()) return IsNoJson();
    if (Take('.') && !SkipDigits()) return IsNoJson();
    if (Take('e') || Take('E')) {
      if (!Take('+')) Take('-');
      if (!SkipDigits()) return IsNoJson();
    }
    value.kind = JsonValue::Kind::kNumber;
    value.text.assign(start, rest_.data());
    return true;
  }

  // One at least.
  bool SkipDigits() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), IsDigit);
    const bool is_any = end != rest_.begin();
    rest_.remove_prefix(static_cast<size_t>(end - rest_.begin()));
    return is_any;
  }

  std::string_view rest_;
  const JsonLimits& limits_;
  size_t values_ = 0;
  JsonProblem problem_;
};

}  // namespace

std::variant<JsonValue, JsonProblem> ParseJson(std::string_view text, const JsonLimits& limits) {
  if (!IsUtf8(text)) return JsonProblem{"the text is not UTF-8", ""};
  JsonValue value;
  Parser parser(text, limits);
  if (!parser.ReadAll(value)) return parser.problem();
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
