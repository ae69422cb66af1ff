// A request as a value, after the last of its bytes has been read.

#ifndef SENDONCE_HTTP_REQUEST_H
#define SENDONCE_HTTP_REQUEST_H

#include <string>

#include "http/headers.h"

namespace sendonce::http {

struct Request {
  std::string method;  // "GET", "PUT", ...; "unknown" for what HTTP does not define
  std::string path;    // as on the wire: percent-encoded, begins with a slash
  std::string query;   // without the question mark
  Headers headers;
  std::string body;
};

}  // namespace sendonce::http

#endif  // SENDONCE_HTTP_REQUEST_H
