// A response as a value, before anything is written to a socket.

#ifndef SENDONCE_HTTP_RESPONSE_H
#define SENDONCE_HTTP_RESPONSE_H

#include <string>
#include <string_view>

#include "http/headers.h"

namespace sendonce::http {

constexpr std::string_view kJsonType = "application/json";
constexpr std::string_view kProblemType = "application/problem+json";  // RFC 9457
constexpr std::string_view kPrometheusType = "text/plain; version=0.0.4; charset=utf-8";

struct Response {
  int status = 200;
  std::string content_type;
  std::string body;
  Headers headers;  // beyond Content-Type, Content-Length, Date and Connection
};

}  // namespace sendonce::http

#endif  // SENDONCE_HTTP_RESPONSE_H
