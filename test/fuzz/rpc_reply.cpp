// Replies of bitcoind's RPC server, and what follows from them. The first byte is how many replies
// were asked for, the next chooses a method, the rest is the body.

#include "node/rpc_codec.h"

#include <array>
#include <set>

#include "input.h"
#include "node/evidence.h"
#include "node/node_facts.h"
#include "node/rpc_values.h"
#include "node/wallet_actions.h"
#include "target.h"

namespace sendonce::fuzz {
namespace {

using core::Refusal;
using node::Json;
using node::RpcError;
using node::RpcReply;

constexpr uint64_t kFirstId = 7;

constexpr std::array<const char*, 6> kMethods = {
    "sendrawtransaction", "lockunspent", "fundrawtransaction",
    "gettransaction",     "gettxout",    "signrawtransactionwithwallet"};

bool IsObject(const RpcReply& reply) {
  return std::holds_alternative<Json>(reply) || std::holds_alternative<RpcError>(reply);
}

// R5: after a call that changes something, only what is known to leave the node as it was is a
// refusal; and a refusal is never "accepted".
void CheckError(const char* method, const RpcError& error) {
  const node::Failure failure = node::JudgeError(method, error);
  const auto* refused = std::get_if<core::Refused>(&failure);
  if (!refused) return;
  assert(refused->code == error.code);
  const bool broadcast = std::string_view(method) == "sendrawtransaction";
  const bool about_chain = broadcast && (error.code == -26 || error.code == -27);
  assert(refused->why != Refusal::kAlreadyInChain || about_chain);
  assert(refused->why != Refusal::kMissingOrSpent || broadcast);
  assert(refused->why != Refusal::kNotExecuted || error.code == -28);
}

// The reply to a batch: one of each id, in the order of the ids, and the same one by one.
void CheckBatch(const std::string& body, size_t count) {
  const auto replies = node::ParseBatchReply(body, kFirstId, count);
  const auto json = node::ParseJson(body);
  if (!replies) return;
  assert(json && json->IsArray() && json->size() == count && replies->size() == count);
  std::set<int64_t> ids;
  for (size_t i = 0; i < count; ++i) {
    const auto id = json->At(i)["id"].Integer();
    assert(id && *id >= static_cast<int64_t>(kFirstId) && ids.insert(*id).second);
    assert(*id < static_cast<int64_t>(kFirstId + count));
    assert(IsObject((*replies)[i]));
  }
}

void CheckReply(const std::string& body, const char* method) {
  const auto reply = node::ParseReply(body, kFirstId);
  if (!reply) return;
  assert(!node::ParseReply(body, kFirstId + 1));
  const auto json = node::ParseJson(body);
  assert(json && json->IsObject() && (*json)["id"].Integer() == kFirstId);
  if (const auto* error = std::get_if<RpcError>(&*reply)) {
    assert((*json)["error"].IsObject() && (*json)["result"].IsNull());
    CheckError(method, *error);
  } else {
    assert((*json)["error"].IsNull());
  }
}

void CheckValues(const Json& value) {
  if (const auto amount_sat = node::ReadAmount(value)) {
    assert(*amount_sat <= bitcoin::kMaxMoneySat && *amount_sat >= -bitcoin::kMaxMoneySat);
    const std::string text = bitcoin::BtcTextFromAmount(*amount_sat);
    assert(bitcoin::AmountFromBtcText(text) == amount_sat);
  }
  if (const auto hash = node::ReadHash(value)) {
    assert(node::ReadHash(*node::ParseJson(node::HashText(*hash))) == hash);
  }
  if (const auto bytes = node::ReadHex(value)) {
    assert(node::ReadHex(*node::ParseJson(node::HexText(*bytes))) == bytes);
  }
  if (const auto outpoint = node::ReadOutPoint(value)) {
    assert(node::ReadOutPoint(*node::ParseJson(node::OutPointText(*outpoint))) == outpoint);
  }
  if (const auto number = value.Integer()) {
    assert(std::to_string(*number) == value.NumberText() || value.NumberText() == "-0");
  }
  if (const auto text = value.String()) {
    assert(node::ParseJson(node::JsonString(*text))->String() == text);
  }
}

// One and one element deep: the replies that are read have their values there.
void CheckAllValues(const Json& value) {
  CheckValues(value);
  for (size_t i = 0; i < value.size(); ++i) CheckValues(value.At(i));
  for (const char* name : {"result", "value", "amount", "fee", "txid", "hex", "bestblock"}) {
    CheckValues(value[name]);
  }
}

void CheckFacts(const Json& value) {
  core::NodeFacts facts;
  if (node::TakeBlockchainInfo(value, facts)) assert(facts.tip.height >= 0);
  node::TakeWalletInfo(value, facts);
  if (node::TakeLabels(value, facts)) {
    for (const std::string& binding : facts.wallet_bindings) assert(binding.size() <= 1'000'000);
  }
  node::TakeUptime(value, 1'000'000'000, facts);
  const auto taken = node::TakeSigned(value);
  if (std::holds_alternative<bitcoin::Bytes>(taken)) assert(value["complete"].Bool() == true);
}

// 404 and the like carry a reply; without one nothing is known but for a few.
void CheckStatus(int status, const std::string& body) {
  const node::Failure failure = node::JudgeStatus(status, body);
  const auto* refused = std::get_if<core::Refused>(&failure);
  if (refused) assert(status == 401 || status == 403 || status == 503);
}

}  // namespace
}  // namespace sendonce::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sendonce::fuzz;
  Input input(data, size);
  const size_t count = input.Below(5);
  const char* method = kMethods[input.Below(kMethods.size())];
  const int status = static_cast<int>(input.Number(2));
  const std::string body = input.RestAsText();
  CheckBatch(body, count);
  CheckReply(body, method);
  CheckStatus(status, body);
  sendonce::node::JudgeRejectReason(body);
  sendonce::node::IsAboutSignatures(body);
  if (const auto json = sendonce::node::ParseJson(body)) {
    CheckAllValues(*json);
    CheckFacts(*json);
  }
  return 0;
}
