#include "node/wallet_binding.h"

#include "node/failure.h"
#include "node/node_facts.h"
#include "node/rpc_values.h"
#include "node/wallet_actions.h"

namespace sendonce::node {

namespace {

using core::Done;
using core::Outcome;

constexpr bitcoin::Amount kProbeInputSat = 2'000;
constexpr bitcoin::Amount kProbeOutputSat = 1'000;

Outcome<bitcoin::Script> ReadScriptOf(RpcClient& rpc, const std::string& address) {
  auto reply = rpc.Call("getaddressinfo", JsonArray({JsonString(address)}));
  const Json* result = std::get_if<Json>(&reply);
  if (!result) return FailedAs<bitcoin::Script>(std::move(reply));
  auto script = ReadHex((*result)["scriptPubKey"]);
  if (!script) return Malformed("getaddressinfo");
  return std::move(*script);
}

// A hash of something that is no transaction: no transaction with this id can ever exist.
bitcoin::OutPoint ImpossibleOutPoint(const bitcoin::Script& script) {
  return {bitcoin::Sha256(script), 0};
}

}  // namespace

Outcome<std::string> NewBindingAddress(RpcClient& rpc, const core::WalId& wal_id) {
  auto reply = rpc.Call("getnewaddress",
                        JsonArray({JsonString(BindingLabel(wal_id)), JsonString("bech32")}));
  const Json* result = std::get_if<Json>(&reply);
  if (!result) return FailedAs<std::string>(std::move(reply));
  auto address = result->String();
  if (!address || address->empty()) return Malformed("getnewaddress");
  return std::move(*address);
}

Outcome<Done> SignProbeTransaction(RpcClient& rpc, const std::string& address) {
  auto read = ReadScriptOf(rpc, address);
  const auto* script = std::get_if<bitcoin::Script>(&read);
  if (!script) return FailedAs<Done>(std::move(read));
  bitcoin::Transaction probe;
  probe.inputs.push_back({ImpossibleOutPoint(*script), {}, 0, {}});
  probe.outputs.push_back({kProbeOutputSat, *script});
  const bitcoin::OutPoint& spent = probe.inputs.front().prevout;
  const std::string previous = JsonObject({{"txid", HashText(spent.txid)},
                                           {"vout", std::to_string(spent.vout)},
                                           {"scriptPubKey", HexText(*script)},
                                           {"amount", bitcoin::BtcTextFromAmount(kProbeInputSat)}});
  auto reply =
      rpc.Call("signrawtransactionwithwallet",
               JsonArray({HexText(bitcoin::SerializeTransaction(probe)), JsonArray({previous})}));
  const Json* result = std::get_if<Json>(&reply);
  if (!result) return FailedAs<Done>(std::move(reply));
  auto taken = TakeSigned(*result);
  if (!std::holds_alternative<bitcoin::Bytes>(taken)) return FailedAs<Done>(std::move(taken));
  return Done{};
}

}  // namespace sendonce::node
