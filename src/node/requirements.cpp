#include "node/requirements.h"

#include <algorithm>
#include <array>
#include <set>

#include "node/failure.h"
#include "node/private_broadcast.h"

namespace sendonce::node {

namespace {

using core::Outcome;
using core::Refusal;
using core::Refused;

constexpr std::array<std::string_view, 27> kMethods = {
    "estimatesmartfee",
    "fundrawtransaction",
    "getaddressinfo",
    "getblock",
    "getblockchaininfo",
    "getblockcount",
    "getblockhash",
    "getblockheader",
    "getmempoolentry",
    "getnetworkinfo",
    "getnewaddress",
    "getrawchangeaddress",
    "getrawtransaction",
    "gettransaction",
    "gettxout",
    "gettxspendingprevout",
    "getwalletinfo",
    "help",
    "listlabels",
    "listlockunspent",
    "listsinceblock",
    "listunspent",
    "lockunspent",
    "sendrawtransaction",
    "signrawtransactionwithwallet",
    "testmempoolaccept",
    "uptime",
};

// Arguments that came later than the RPC that takes them.
struct Argument {
  const char* method;
  const char* name;
};
constexpr Argument kArguments[] = {{"lockunspent", "persistent"},
                                   {"sendrawtransaction", "maxburnamount"}};

constexpr std::array<std::string_view, 3> kAllInterfaces = {
    "tcp://0.0.0.0:", "tcp://*:", "tcp://[::]:"};

std::string Bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

std::string ConnectableEndpoint(const std::string& address, const std::string& rpc_host) {
  for (const std::string_view all : kAllInterfaces) {
    if (!address.starts_with(all)) continue;
    return "tcp://" + Bracketed(rpc_host) + ":" + address.substr(all.size());
  }
  return address;
}

Outcome<std::string> ReadHelp(RpcClient& rpc, const std::string& params) {
  auto reply = rpc.Call("help", params);
  const Json* result = std::get_if<Json>(&reply);
  if (!result) return FailedAs<std::string>(std::move(reply));
  auto text = result->String();
  if (!text) return Malformed("help");
  return std::move(*text);
}

Outcome<core::Done> CheckMethods(RpcClient& rpc, std::vector<std::string>& unmet) {
  auto help = ReadHelp(rpc, "[]");
  const auto* text = std::get_if<std::string>(&help);
  if (!text) return FailedAs<core::Done>(std::move(help));
  for (const std::string& method : MissingMethods(*text)) {
    unmet.push_back("the node has no RPC '" + method +
                    "': it needs Bitcoin Core 26 or later, built with its wallet");
  }
  return core::Done{};
}

Outcome<core::Done> CheckArguments(RpcClient& rpc, std::vector<std::string>& unmet) {
  for (const Argument& argument : kArguments) {
    auto help = ReadHelp(rpc, JsonArray({JsonString(argument.method)}));
    const auto* text = std::get_if<std::string>(&help);
    if (!text) return FailedAs<core::Done>(std::move(help));
    if (text->find(argument.name) != std::string::npos) continue;
    unmet.push_back("the node's RPC '" + std::string(argument.method) + "' has no argument '" +
                    argument.name + "': it needs Bitcoin Core 26 or later");
  }
  return core::Done{};
}

Outcome<core::Done> CheckWallet(RpcClient& rpc, std::vector<std::string>& unmet) {
  auto reply = rpc.Call("getwalletinfo", "[]");
  const Json* info = std::get_if<Json>(&reply);
  if (!info) return FailedAs<core::Done>(std::move(reply));
  if (!(*info)["lastprocessedblock"]["height"].Integer()) {
    unmet.push_back(
        "the node does not say how far its wallet has followed the chain: it needs Bitcoin Core 26 "
        "or later");
  }
  if ((*info)["private_keys_enabled"].Bool() != true) {
    unmet.push_back(
        "the wallet has no private keys and can not sign: name another one with -rpcwallet");
  }
  return core::Done{};
}

Outcome<core::Done> CheckBroadcast(RpcClient& rpc, std::vector<std::string>& unmet) {
  auto reply = ReadPrivateBroadcast(rpc);
  const bool* is_private = std::get_if<bool>(&reply);
  if (!is_private) return FailedAs<core::Done>(std::move(reply));
  if (*is_private) unmet.push_back("the node runs with -privatebroadcast: start it without");
  return core::Done{};
}

Outcome<core::Done> ReadZmqEndpoints(RpcClient& rpc, ZmqEndpoints& endpoints) {
  auto reply = rpc.Call("getzmqnotifications", "[]");
  const auto* refused = std::get_if<Refused>(&reply);
  if (refused && refused->why == Refusal::kRejected) return core::Done{};  // built without ZMQ
  const Json* result = std::get_if<Json>(&reply);
  if (!result) return FailedAs<core::Done>(std::move(reply));
  if (!result->IsArray()) return Malformed("getzmqnotifications");
  endpoints = TakeZmqEndpoints(*result, rpc.host());
  return core::Done{};
}

}  // namespace

std::vector<std::string> MissingMethods(std::string_view help_text) {
  std::set<std::string_view> listed;
  while (!help_text.empty()) {
    const std::string_view line = help_text.substr(0, help_text.find('\n'));
    listed.insert(line.substr(0, line.find(' ')));
    help_text.remove_prefix(std::min(line.size() + 1, help_text.size()));
  }
  std::vector<std::string> missing;
  for (const std::string_view method : kMethods) {
    if (!listed.contains(method)) missing.emplace_back(method);
  }
  return missing;
}

ZmqEndpoints TakeZmqEndpoints(const Json& reply, const std::string& rpc_host) {
  ZmqEndpoints endpoints;
  for (size_t i = 0; i < reply.size(); ++i) {
    const auto type = reply.At(i)["type"].String();
    const auto address = reply.At(i)["address"].String();
    if (!type || !address) continue;
    if (*type == "pubrawtx") endpoints.rawtx = ConnectableEndpoint(*address, rpc_host);
    if (*type == "pubsequence") endpoints.sequence = ConnectableEndpoint(*address, rpc_host);
  }
  return endpoints;
}

Outcome<Requirements> ReadRequirements(RpcClient& rpc) {
  Requirements requirements;
  for (const auto check : {CheckMethods, CheckArguments, CheckWallet, CheckBroadcast}) {
    auto checked = check(rpc, requirements.unmet);
    if (!std::holds_alternative<core::Done>(checked)) {
      return FailedAs<Requirements>(std::move(checked));
    }
    if (check == CheckMethods && !requirements.unmet.empty()) return requirements;
  }
  auto zmq = ReadZmqEndpoints(rpc, requirements.zmq);
  if (!std::holds_alternative<core::Done>(zmq)) return FailedAs<Requirements>(std::move(zmq));
  return requirements;
}

}  // namespace sendonce::node
