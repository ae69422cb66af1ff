// Calls to bitcoind's RPC server over one connection, with the three outcomes of R5.

#ifndef SENDONCE_NODE_RPC_CLIENT_H
#define SENDONCE_NODE_RPC_CLIENT_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/outcome.h"
#include "net/http_client.h"
#include "node/evidence.h"
#include "node/rpc_codec.h"

namespace sendonce::node {

// Where the node's RPC server is and how it lets us in.
struct RpcOptions {
  std::string host = "127.0.0.1";  // a name is looked up anew for each connection, blocking
  uint16_t port = 0;
  std::string cookie_file;  // changes whenever the node starts
  std::string user;         // not empty: user and password are used, never the cookie
  std::string password;
  std::optional<std::string> wallet;  // absent: the one that is loaded, with each call
  int64_t connect_timeout_ms = 5'000;
  int64_t call_timeout_ms = 60'000;  // for one HTTP exchange, to the last byte
};

// A reply that is longer is unknown. 100,000 coins in one listunspent are about 60 MB.
constexpr size_t kMaxReplyBytes = 256'000'000;

// Requests in one HTTP exchange; CallEach makes as many exchanges as it needs.
constexpr size_t kMaxCallsPerExchange = 200;

// Not thread-safe but for Interrupt. Blocking.
class RpcClient {
 public:
  explicit RpcClient(const RpcOptions& options);

  // One call; `params` is JSON text. Never sent twice, but for one case: after HTTP 401, which
  // means that the node did nothing, with another cookie than before. The cookie file is read for
  // the first call, and again after each failed one.
  core::Outcome<Json> Call(std::string_view method, std::string_view params);

  // The same method for each of the params, in order, in few exchanges. The first refusal or
  // unknown among them is the outcome of all. REQUIRES: the method has no effect on the node.
  core::Outcome<std::vector<Json>> CallEach(std::string_view method,
                                            const std::vector<std::string>& params);

  const std::string& host() const { return options_.host; }

  // Any thread: the running call, and every later one, ends at once with Unknown.
  void Interrupt() { http_.Interrupt(); }

 private:
  std::variant<net::HttpResponse, Failure> Exchange(const std::string& body);
  std::variant<net::HttpResponse, Failure> ExchangeOnce(const std::string& body);
  std::optional<Failure> LoadCredentials();

  const RpcOptions options_;
  const std::string target_;
  net::HttpClient http_;
  std::string credentials_;  // "user:password"; empty: to be loaded
  uint64_t last_id_ = 0;
};

}  // namespace sendonce::node

#endif  // SENDONCE_NODE_RPC_CLIENT_H
