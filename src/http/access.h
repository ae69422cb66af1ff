// Who may ask: a caller on this machine who can read the cookie file, and no web page (doc/http-
// api.md, "Access"). Pure; safe from any thread.

#ifndef SENDONCE_HTTP_ACCESS_H
#define SENDONCE_HTTP_ACCESS_H

#include <optional>
#include <string>
#include <string_view>

#include "bitcoin/hash.h"
#include "http/problem.h"
#include "http/request.h"

namespace sendonce::http {

// The value of an Authorization header for "user:password" (RFC 7617).
std::string BasicAuthorization(std::string_view credentials);

// What a request must prove. Holds no more than a hash of it.
class Credentials {
 public:
  // REQUIRES: `credentials` is "user:password".
  explicit Credentials(std::string_view credentials);

  // True if the request carries them. The time it takes does not depend on how much of them is
  // right.
  bool Match(const Headers& headers) const;

 private:
  bitcoin::Hash256 expected_;
};

// Refuses (403) a Host that is not local or not `bind_address`, which a page whose name was made to
// point here would send (DNS rebinding), and an Origin that is not this service itself.
std::optional<Problem> CheckSite(const Headers& headers, std::string_view bind_address);

// Refuses what a page of another site could send without asking first: a body whose type is not
// application/json (415); and a body where none belongs (400).
std::optional<Problem> CheckBody(const Request& request);

// The addresses that need no credentials: /healthz and /readyz, for probes.
bool IsPublic(std::string_view path);

}  // namespace sendonce::http

#endif  // SENDONCE_HTTP_ACCESS_H
