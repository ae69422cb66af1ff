#include "node/wallet_reader.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "node/failure.h"
#include "node/rpc_values.h"

namespace sendonce::node {

namespace {

using core::Outcome;
using core::WalletCoin;
using core::WalletSpend;

// Blocks that may come while the wallet is read; more, and it has to be asked again.
constexpr int32_t kMaxNewBlocks = 10;
constexpr int32_t kAllConfirmations = 9'999'999;

// minconf, maxconf, addresses (all), include_unsafe: what a stranger has not confirmed yet is shown
// as waiting; whether it is spent is for the core to say.
std::string ListUnspent(int32_t max_confirmations) {
  return JsonArray({"0", std::to_string(max_confirmations), "[]", "true"});
}

Outcome<int32_t> ReadHeight(RpcClient& rpc) {
  auto reply = rpc.Call("getblockcount", "[]");
  const Json* result = std::get_if<Json>(&reply);
  if (!result) return FailedAs<int32_t>(std::move(reply));
  const auto height = ReadInt32(*result);
  if (!height || *height < 0) return Malformed("getblockcount");
  return *height;
}

std::optional<WalletCoin> ReadCoin(const Json& entry, int32_t tip_height) {
  const auto outpoint = ReadOutPoint(entry);
  const auto amount_sat = ReadAmount(entry["amount"]);
  auto script = ReadHex(entry["scriptPubKey"]);
  const auto confirmations = ReadInt32(entry["confirmations"]);
  if (!outpoint || !amount_sat || !bitcoin::IsMoney(*amount_sat) || !script || !confirmations) {
    return std::nullopt;
  }
  if (*confirmations < 0 || *confirmations - 1 > tip_height) return std::nullopt;
  const int32_t height = *confirmations > 0 ? tip_height - *confirmations + 1 : 0;
  return WalletCoin{{*outpoint, *amount_sat, std::move(*script)}, height};
}

Outcome<std::vector<WalletCoin>> ReadCoinList(const Json& entries, int32_t tip_height) {
  if (!entries.IsArray()) return Malformed("listunspent");
  std::vector<WalletCoin> coins;
  for (size_t i = 0; i < entries.size(); ++i) {
    const Json entry = entries.At(i);
    const auto spendable = entry["spendable"].Bool();
    const auto solvable = entry["solvable"].Bool();
    if (!spendable || !solvable) return Malformed("listunspent");
    if (!*spendable || !*solvable) continue;
    auto coin = ReadCoin(entry, tip_height);
    if (!coin) return Malformed("listunspent");
    coins.push_back(std::move(*coin));
  }
  return coins;
}

// blockhash, target_confirmations, include_watchonly, include_removed, include_change.
std::string ListSinceBlock(const bitcoin::BlockHash& since) {
  return JsonArray({HashText(since), "1", "false", "false", "false"});
}

}  // namespace

// bitcoind counts confirmations from the last block that the wallet has processed, which the
// chain's height afterwards is not below: so no coin is taken for deeper than it is.
Outcome<std::vector<WalletCoin>> ReadWalletCoins(RpcClient& rpc,
                                                 std::optional<int32_t> above_height) {
  auto before = ReadHeight(rpc);
  const int32_t* first_height = std::get_if<int32_t>(&before);
  if (!first_height) return FailedAs<std::vector<WalletCoin>>(std::move(before));
  int32_t max_confirmations = kAllConfirmations;
  if (above_height) {
    const int32_t blocks = std::max(0, *first_height - *above_height);
    max_confirmations = std::min(blocks, kAllConfirmations - kMaxNewBlocks) + kMaxNewBlocks;
  }
  auto reply = rpc.Call("listunspent", ListUnspent(max_confirmations));
  const Json* entries = std::get_if<Json>(&reply);
  if (!entries) return FailedAs<std::vector<WalletCoin>>(std::move(reply));
  auto after = ReadHeight(rpc);
  const int32_t* last_height = std::get_if<int32_t>(&after);
  if (!last_height) return FailedAs<std::vector<WalletCoin>>(std::move(after));
  if (above_height && *last_height - *first_height > kMaxNewBlocks) return Moved("the chain");
  return ReadCoinList(*entries, *last_height);
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
