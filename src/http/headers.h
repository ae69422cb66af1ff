// Header fields (RFC 9110, section 5). Pure; safe from any thread.

#ifndef SENDONCE_HTTP_HEADERS_H
#define SENDONCE_HTTP_HEADERS_H

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sendonce::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

// ASCII only, as HTTP means it.
bool EqualIgnoringCase(std::string_view a, std::string_view b);

bool AllDigits(std::string_view text);

size_t CountHeaders(const Headers& headers, std::string_view name);

// The value of the header of that name, in any case; nullopt if there is none or more than one.
std::optional<std::string_view> FindHeader(const Headers& headers, std::string_view name);

// Whether the connection is to end with this request: "close" is among what Connection lists (RFC
// 9112, section 9.6).
bool AsksToClose(const Headers& headers);

// Why these headers could be read in two ways by two parties, or nullopt: names that are no tokens,
// a length that is not plain digits, twice or beside Transfer-Encoding, and any encoding but
// "chunked" (RFC 9112, sections 5.1, 6.1 and 6.3).
std::optional<std::string> FramingObjection(const Headers& headers);

}  // namespace sendonce::http

#endif  // SENDONCE_HTTP_HEADERS_H
