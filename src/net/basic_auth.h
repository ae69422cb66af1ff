// HTTP Basic authentication (RFC 7617), as bitcoind and sendonced ask for it. Pure.

#ifndef SENDONCE_NET_BASIC_AUTH_H
#define SENDONCE_NET_BASIC_AUTH_H

#include <string>
#include <string_view>

namespace sendonce::net {

// The value of an Authorization header for "user:password", which is also what a cookie file holds.
std::string BasicAuthorization(std::string_view credentials);

}  // namespace sendonce::net

#endif  // SENDONCE_NET_BASIC_AUTH_H
