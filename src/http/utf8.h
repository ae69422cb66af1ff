// UTF-8 (RFC 3629): what is well formed. Pure; safe from any thread.

#ifndef SENDONCE_HTTP_UTF8_H
#define SENDONCE_HTTP_UTF8_H

#include <cstddef>
#include <string_view>

namespace sendonce::http {

// The length in bytes of the character that `text` begins with, or 0 if it begins with none: a
// stray or missing continuation byte, an overlong form, a surrogate, or beyond U+10FFFF. 0 for an
// empty text.
size_t Utf8CharacterLength(std::string_view text);

bool IsUtf8(std::string_view text);

// The longest prefix of at most `max_bytes` bytes that does not cut a character in two. REQUIRES:
// `text` is UTF-8.
std::string_view Utf8Prefix(std::string_view text, size_t max_bytes);

}  // namespace sendonce::http

#endif  // SENDONCE_HTTP_UTF8_H
