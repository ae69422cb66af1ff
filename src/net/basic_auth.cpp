#include "net/basic_auth.h"

#include <cstddef>
#include <cstdint>

namespace sendonce::net {

namespace {

constexpr char kBase64Digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Three bytes give four digits; what is missing of them is shown as '=' (RFC 4648).
std::string Base64(std::string_view bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view group = bytes.substr(i, 3);
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k) {
      bits = bits << 8 | (k < group.size() ? static_cast<unsigned char>(group[k]) : 0U);
    }
    for (size_t k = 0; k < 4; ++k) {
      text += k <= group.size() ? kBase64Digits[bits >> (18 - 6 * k) & 63] : '=';
    }
  }
  return text;
}

}  // namespace

std::string BasicAuthorization(std::string_view credentials) {
  return "Basic " + Base64(credentials);
}

}  // namespace sendonce::net
