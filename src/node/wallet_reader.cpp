#include "node/wallet_reader.h"

#include <optional>
#include <unordered_set>

#include "node/failure.h"
#include "node/rpc_values.h"

namespace sendonce::node {

namespace {

using core::Outcome;
using core::WalletCoin;
using core::WalletSpend;

// minconf, maxconf, addresses (all), include_unsafe: what a stranger has not confirmed yet is shown
// as waiting; whether it is spent is for the core to say.
constexpr char kListUnspent[] = "[0,9999999,[],true]";

std::optional<WalletCoin> ReadCoin(const Json& entry) {
  const auto outpoint = ReadOutPoint(entry);
  const auto amount_sat = ReadAmount(entry["amount"]);
  auto script = ReadHex(entry["scriptPubKey"]);
  const auto confirmations = ReadInt32(entry["confirmations"]);
  if (!outpoint || !amount_sat || !bitcoin::IsMoney(*amount_sat) || !script || !confirmations) {
    return std::nullopt;
  }
  return WalletCoin{{*outpoint, *amount_sat, std::move(*script)}, *confirmations};
}

// blockhash, target_confirmations, include_watchonly, include_removed, include_change.
std::string ListSinceBlock(const bitcoin::BlockHash& since) {
  return JsonArray({HashText(since), "1", "false", "false", "false"});
}

}  // namespace

Outcome<std::vector<WalletCoin>> ReadWalletCoins(RpcClient& rpc) {
  auto reply = rpc.Call("listunspent", kListUnspent);
  const Json* entries = std::get_if<Json>(&reply);
  if (!entries) return FailedAs<std::vector<WalletCoin>>(std::move(reply));
  if (!entries->IsArray()) return Malformed("listunspent");
  std::vector<WalletCoin> coins;
  for (size_t i = 0; i < entries->size(); ++i) {
    const Json entry = entries->At(i);
    const auto spendable = entry["spendable"].Bool();
    const auto solvable = entry["solvable"].Bool();
    if (!spendable || !solvable) return Malformed("listunspent");
    if (!*spendable || !*solvable) continue;
    auto coin = ReadCoin(entry);
    if (!coin) return Malformed("listunspent");
    coins.push_back(std::move(*coin));
  }
  return coins;
}

Outcome<std::vector<bitcoin::OutPoint>> ReadLockedCoins(RpcClient& rpc) {
  auto reply = rpc.Call("listlockunspent", "[]");
  const Json* result = std::get_if<Json>(&reply);
  if (!result) return FailedAs<std::vector<bitcoin::OutPoint>>(std::move(reply));
  if (!result->IsArray()) return Malformed("listlockunspent");
  std::vector<bitcoin::OutPoint> locked;
  for (size_t i = 0; i < result->size(); ++i) {
    const auto outpoint = ReadOutPoint(result->At(i));
    if (!outpoint) return Malformed("listlockunspent");
    locked.push_back(*outpoint);
  }
  return locked;
}

// An entry for each output that is not change; a transaction that pays nobody but the wallet's own
// change has none, and is no payment.
Outcome<std::vector<WalletSpend>> ReadWalletSpends(RpcClient& rpc,
                                                   const bitcoin::BlockHash& since) {
  auto reply = rpc.Call("listsinceblock", ListSinceBlock(since));
  const Json* result = std::get_if<Json>(&reply);
  if (!result) return FailedAs<std::vector<WalletSpend>>(std::move(reply));
  const Json entries = (*result)["transactions"];
  if (!entries.IsArray()) return Malformed("listsinceblock");
  std::vector<WalletSpend> spends;
  std::unordered_set<bitcoin::Txid, bitcoin::Hash256Hasher> seen;
  for (size_t i = 0; i < entries.size(); ++i) {
    const Json entry = entries.At(i);
    const auto category = entry["category"].String();
    const auto txid = ReadHash(entry["txid"]);
    const auto confirmations = ReadInt32(entry["confirmations"]);
    if (!category || !txid || !confirmations) return Malformed("listsinceblock");
    if (*category != "send" || !seen.insert(*txid).second) continue;
    spends.push_back(WalletSpend{*txid, *confirmations, false});
  }
  return spends;
}

}  // namespace sendonce::node
