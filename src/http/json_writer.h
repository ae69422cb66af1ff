// Writes JSON (RFC 8259) straight into a string: answers are built on the loop thread, so they are
// written once and not through a tree.

#ifndef SENDONCE_HTTP_JSON_WRITER_H
#define SENDONCE_HTTP_JSON_WRITER_H

#include <cstdint>
#include <string>
#include <string_view>

namespace sendonce::http {

// Not thread-safe. Calls come in the order of the text. REQUIRES: a Key before each value in an
// object and nowhere else; each Begin has its End.
class JsonWriter {
 public:
  JsonWriter();

  JsonWriter& BeginObject();
  JsonWriter& EndObject();
  JsonWriter& BeginArray();
  JsonWriter& EndArray();

  JsonWriter& Key(std::string_view name);

  // Whatever the bytes are, the result is valid: what is not UTF-8 (a text of the node) becomes
  // U+FFFD.
  JsonWriter& String(std::string_view text);
  JsonWriter& Integer(int64_t value);
  JsonWriter& Unsigned(uint64_t value);
  JsonWriter& Bool(bool value);
  JsonWriter& Null();

  // REQUIRES: `text` is a JSON number.
  JsonWriter& Number(std::string_view text);

  // The finished text. REQUIRES: one complete value was written; the writer is not used again.
  std::string Take();

 private:
  JsonWriter& Raw(std::string_view text);
  JsonWriter& Begin(char bracket);
  JsonWriter& End(char bracket);
  void Separate();
  void AppendQuoted(std::string_view text);

  std::string text_;
  bool needs_comma_ = false;
  int depth_ = 0;
};

}  // namespace sendonce::http

#endif  // SENDONCE_HTTP_JSON_WRITER_H
