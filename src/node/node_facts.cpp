#include "node/node_facts.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "node/failure.h"
#include "node/node_words.h"
#include "node/private_broadcast.h"
#include "node/rpc_values.h"

namespace sendonce::node {

namespace {

using core::NodeFacts;
using core::Outcome;

constexpr std::string_view kLabelPrefix = "sendonce:";
constexpr size_t kMaxSubversionBytes = 256;  // MAX_SUBVERSION_LENGTH in bitcoind's net.h
constexpr int64_t kMaxUptimeS = INT64_MAX / 1'000;

// "0" or an object with the progress.
std::optional<bool> ReadScanning(const Json& scanning) {
  if (scanning.IsObject()) return true;
  if (scanning.Bool() == false) return false;
  return std::nullopt;
}

// A wallet without a passphrase has no such field; 0 says locked.
std::optional<bool> ReadLocked(const Json& unlocked_until) {
  if (unlocked_until.IsNull()) return false;
  const auto until_s = unlocked_until.Integer();
  if (!until_s) return std::nullopt;
  return *until_s == 0;
}

std::optional<core::ChainWork> ReadWork(const Json& value) {
  const auto bytes = ReadHex(value);
  core::ChainWork work{};
  if (!bytes || bytes->size() != work.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), work.begin());
  return work;
}

bool TakeGenesis(const Json& reply, NodeFacts& facts) {
  const auto hash = ReadHash(reply);
  if (hash) facts.genesis = *hash;
  return hash.has_value();
}

bool TakeNetworkInfo(const Json& reply, NodeFacts& facts) {
  auto subversion = reply["subversion"].String();
  if (subversion) facts.subversion = NodeWords(*subversion, kMaxSubversionBytes);
  return subversion.has_value();
}

bool TakeUptimeNow(const Json& reply, NodeFacts& facts) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return TakeUptime(reply, std::chrono::duration_cast<std::chrono::milliseconds>(now).count(),
                    facts);
}

struct Question {
  const char* method;
  const char* params;
  bool (*take)(const Json& reply, NodeFacts& facts);
};

constexpr Question kQuestions[] = {
    {"getblockchaininfo", "[]", TakeBlockchainInfo}, {"getblockhash", "[0]", TakeGenesis},
    {"getnetworkinfo", "[]", TakeNetworkInfo},       {"uptime", "[]", TakeUptimeNow},
    {"getwalletinfo", "[]", TakeWalletInfo},         {"listlabels", "[]", TakeLabels},
};

}  // namespace

std::string BindingLabel(const core::WalId& wal_id) {
  return std::string(kLabelPrefix) + bitcoin::HexFromBytes(wal_id);
}

bool TakeBlockchainInfo(const Json& reply, NodeFacts& facts) {
  auto chain = reply["chain"].String();
  const auto height = ReadInt32(reply["blocks"]);
  const auto hash = ReadHash(reply["bestblockhash"]);
  const auto work = ReadWork(reply["chainwork"]);
  const auto initial = reply["initialblockdownload"].Bool();
  if (!chain || !height || *height < 0 || !hash || !work || !initial) return false;
  facts.chain = std::move(*chain);
  facts.tip = {*height, *hash};
  facts.work = *work;
  facts.initial_block_download = *initial;
  return true;
}

bool TakeWalletInfo(const Json& reply, NodeFacts& facts) {
  auto name = reply["walletname"].String();
  const auto private_keys = reply["private_keys_enabled"].Bool();
  const auto locked = ReadLocked(reply["unlocked_until"]);
  const auto scanning = ReadScanning(reply["scanning"]);
  const auto height = ReadInt32(reply["lastprocessedblock"]["height"]);
  if (!name || !private_keys || !locked || !scanning || !height) return false;
  facts.wallet_name = std::move(*name);
  facts.wallet_has_private_keys = *private_keys;
  facts.wallet_locked = *locked;
  facts.wallet_scanning = *scanning;
  facts.wallet_height = *height;
  return true;
}

bool TakeLabels(const Json& reply, NodeFacts& facts) {
  if (!reply.IsArray()) return false;
  facts.wallet_bindings.clear();
  for (size_t i = 0; i < reply.size(); ++i) {
    const auto label = reply.At(i).String();
    if (!label) return false;
    if (!label->starts_with(kLabelPrefix)) continue;
    const auto id = bitcoin::BytesFromHex(label->substr(kLabelPrefix.size()));
    if (id && id->size() == std::tuple_size_v<core::WalId>) {
      facts.wallet_bindings.push_back(bitcoin::HexFromBytes(*id));
    }
  }
  return true;
}

bool TakeUptime(const Json& reply, core::Millis now_ms, NodeFacts& facts) {
  const auto uptime_s = reply.Integer();
  if (!uptime_s || *uptime_s < 0 || *uptime_s > kMaxUptimeS) return false;
  facts.started_at_ms = now_ms - *uptime_s * 1'000;
  return true;
}

Outcome<std::vector<std::string>> ReadBindings(RpcClient& rpc) {
  NodeFacts facts;
  auto reply = rpc.Call("listlabels", "[]");
  const Json* labels = std::get_if<Json>(&reply);
  if (!labels) return FailedAs<std::vector<std::string>>(std::move(reply));
  if (!TakeLabels(*labels, facts)) return Malformed("listlabels");
  return facts.wallet_bindings;
}

Outcome<NodeFacts> ReadNodeFacts(RpcClient& rpc) {
  NodeFacts facts;
  for (const Question& question : kQuestions) {
    auto reply = rpc.Call(question.method, question.params);
    const Json* result = std::get_if<Json>(&reply);
    if (!result) return FailedAs<NodeFacts>(std::move(reply));
    if (!question.take(*result, facts)) return Malformed(question.method);
  }
  auto is_private = ReadPrivateBroadcast(rpc);
  if (!std::holds_alternative<bool>(is_private)) return FailedAs<NodeFacts>(std::move(is_private));
  facts.private_broadcast = std::get<bool>(is_private);
  return facts;
}

}  // namespace sendonce::node
