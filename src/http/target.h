// The request target (RFC 9112, section 3.2, origin-form): path, query, percent-encoding (RFC
// 3986). Pure; safe from any thread.

#ifndef SENDONCE_HTTP_TARGET_H
#define SENDONCE_HTTP_TARGET_H

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sendonce::http {

// "/v1/sends/w-1?wait=5" gives "/v1/sends/w-1" and "wait=5". Nothing is decoded.
std::pair<std::string_view, std::string_view> SplitTarget(std::string_view target);

// The text with each %XX replaced, a plus sign left as it is; nullopt if an escape is not two
// hexadecimal digits.
std::optional<std::string> PercentDecode(std::string_view text);

// The parts between the slashes of a path that begins with one: "/v1/sends/" gives "v1", "sends"
// and "". Empty if it does not begin with one, or has more than `max_segments`.
std::vector<std::string_view> PathSegments(std::string_view path, size_t max_segments);

// name=value pairs in their order, decoded; a name without a value has an empty one. nullopt if an
// escape is malformed or there are more than `max_parameters`.
using Parameters = std::vector<std::pair<std::string, std::string>>;
std::optional<Parameters> ParseQuery(std::string_view query, size_t max_parameters);

}  // namespace sendonce::http

#endif  // SENDONCE_HTTP_TARGET_H
