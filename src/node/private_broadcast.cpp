#include "node/private_broadcast.h"

#include "node/failure.h"

namespace sendonce::node {

namespace {

// From here on getprivatebroadcastinfo is an error unless -privatebroadcast is on (32.0); before,
// it answers always, and only transactions that it lists show that it is on.
constexpr int64_t kVersionThatTells = 320'000;

}  // namespace

core::Outcome<bool> ReadPrivateBroadcast(RpcClient& rpc) {
  auto reply = rpc.Call("getprivatebroadcastinfo", "[]");
  const auto* refused = std::get_if<core::Refused>(&reply);
  if (refused && refused->why == core::Refusal::kRejected) return false;
  const Json* queue = std::get_if<Json>(&reply);
  if (!queue) return FailedAs<bool>(std::move(reply));
  if (!(*queue)["transactions"].IsArray()) return Malformed("getprivatebroadcastinfo");
  if ((*queue)["transactions"].size() > 0) return true;
  auto network = rpc.Call("getnetworkinfo", "[]");
  const Json* info = std::get_if<Json>(&network);
  if (!info) return FailedAs<bool>(std::move(network));
  const auto version = (*info)["version"].Integer();
  if (!version) return Malformed("getnetworkinfo");
  return *version >= kVersionThatTells;
}

}  // namespace sendonce::node
