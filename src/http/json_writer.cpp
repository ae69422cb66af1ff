#include "http/json_writer.h"

#include <algorithm>
#include <cassert>
#include <charconv>

#include "http/utf8.h"

namespace sendonce::http {

namespace {

constexpr size_t kUsualBytes = 1'024;                               // of an answer: for speed alone
constexpr std::string_view kReplacementCharacter = "\xef\xbf\xbd";  // U+FFFD

void AppendControl(std::string& out, char c) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += "\\u00";
  out += kDigits[(c >> 4) & 0xf];
  out += kDigits[c & 0xf];
}

// Stands for itself in a string.
bool IsPlain(char c) {
  return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

// `c` is ASCII.
void AppendEscaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    default:
      if (c < 0x20 || c == 0x7f) return AppendControl(out, c);
      out += c;
  }
}

template <typename T>
std::string_view Decimal(T value, char (&buffer)[24]) {
  const auto result = std::to_chars(buffer, buffer + sizeof(buffer), value);
  assert(result.ec == std::errc());
  return std::string_view(buffer, static_cast<size_t>(result.ptr - buffer));
}

}  // namespace

JsonWriter::JsonWriter() {
  text_.reserve(kUsualBytes);
}

JsonWriter& JsonWriter::BeginObject() {
  return Begin('{');
}
JsonWriter& JsonWriter::EndObject() {
  return End('}');
}
JsonWriter& JsonWriter::BeginArray() {
  return Begin('[');
}
JsonWriter& JsonWriter::EndArray() {
  return End(']');
}

JsonWriter& JsonWriter::Key(std::string_view name) {
  assert(depth_ > 0);
  Separate();
  AppendQuoted(name);
  text_ += ':';
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::String(std::string_view text) {
  Separate();
  AppendQuoted(text);
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::Integer(int64_t value) {
  char buffer[24];
  return Raw(Decimal(value, buffer));
}

JsonWriter& JsonWriter::Unsigned(uint64_t value) {
  char buffer[24];
  return Raw(Decimal(value, buffer));
}

JsonWriter& JsonWriter::Bool(bool value) {
  return Raw(value ? "true" : "false");
}

JsonWriter& JsonWriter::Null() {
  return Raw("null");
}

JsonWriter& JsonWriter::Number(std::string_view text) {
  assert(!text.empty());
  return Raw(text);
}

std::string JsonWriter::Take() {
  assert(depth_ == 0 && needs_comma_);
  return std::move(text_);
}

JsonWriter& JsonWriter::Raw(std::string_view text) {
  Separate();
  text_ += text;
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::Begin(char bracket) {
  Separate();
  text_ += bracket;
  needs_comma_ = false;
  ++depth_;
  return *this;
}

JsonWriter& JsonWriter::End(char bracket) {
  assert(depth_ > 0);
  --depth_;
  text_ += bracket;
  needs_comma_ = true;
  return *this;
}

void JsonWriter::Separate() {
  if (needs_comma_) text_ += ',';
}

void JsonWriter::AppendQuoted(std::string_view text) {
  text_ += '"';
  while (!text.empty()) {
    const auto special = std::find_if_not(text.begin(), text.end(), IsPlain);
    const auto plain = static_cast<size_t>(special - text.begin());
    text_ += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const size_t length = Utf8CharacterLength(text);
    if (length == 0) {
      text_ += kReplacementCharacter;
    } else if (length == 1) {
      AppendEscaped(text_, text[0]);
    } else {
      text_ += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  text_ += '"';
}

}  // namespace sendonce::http
