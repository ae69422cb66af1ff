#include "node/wallet_actions.h"

#include <algorithm>
#include <cassert>
#include <set>

#include "node/failure.h"
#include "node/node_words.h"
#include "node/rpc_values.h"
#include "node/wallet_reader.h"

namespace sendonce::node {

namespace {

using bitcoin::OutPoint;
using core::Done;
using core::Outcome;

// bitcoind refuses a maxfeerate of 1 BTC/kvB and more (ParseFeeRate in rpc/util.cpp).
constexpr bitcoin::FeeRate kHighestMaxFeeRateSatKvb = bitcoin::kSatPerBtc - 1;

// Of a transaction that can not be signed: how many inputs are named, and how much of each.
constexpr size_t kMaxNamedInputs = 3;
constexpr size_t kMaxInputBytes = kMaxNodeWordsBytes / 4;

// unlock, transactions, persistent.
Outcome<Done> CallLockUnspent(RpcClient& rpc, bool unlock, const std::vector<OutPoint>& coins) {
  std::vector<std::string> params = {JsonBool(unlock), OutPointsText(coins)};
  if (!unlock) params.push_back(JsonBool(true));
  auto reply = rpc.Call("lockunspent", JsonArray(params));
  const Json* result = std::get_if<Json>(&reply);
  if (!result) return FailedAs<Done>(std::move(reply));
  if (result->Bool() != true) return Malformed("lockunspent");
  return Done{};
}

std::string ErrorOf(const Json& error) {
  return error["txid"].String().value_or("?") + ":" + error["vout"].NumberText().value_or("?") +
         " " + error["error"].String().value_or("?");
}

// The errors of the first inputs, as the node words them, and how many more there are.
std::string ErrorsOf(const Json& reply) {
  std::string text = "the wallet can not sign every input";
  const Json errors = reply["errors"];
  const size_t named = std::min(errors.size(), kMaxNamedInputs);
  for (size_t i = 0; i < named; ++i) {
    text += "; " + NodeWords(ErrorOf(errors.At(i)), kMaxInputBytes);
  }
  if (errors.size() > named) text += "; and " + std::to_string(errors.size() - named) + " more";
  return text;
}

}  // namespace

Outcome<Done> LockCoins(RpcClient& rpc, const std::vector<OutPoint>& coins) {
  assert(!coins.empty());
  return CallLockUnspent(rpc, false, coins);
}

// lockunspent refuses all for one that is not locked. Without any it would unlock every coin of the
// wallet.
Outcome<Done> UnlockCoins(RpcClient& rpc, const std::vector<OutPoint>& coins) {
  auto read = ReadLockedCoins(rpc);
  const auto* list = std::get_if<std::vector<OutPoint>>(&read);
  if (!list) return FailedAs<Done>(std::move(read));
  const std::set<OutPoint> locked(list->begin(), list->end());
  std::vector<OutPoint> to_unlock;
  std::copy_if(coins.begin(), coins.end(), std::back_inserter(to_unlock),
               [&locked](const OutPoint& coin) { return locked.contains(coin); });
  if (to_unlock.empty()) return Done{};
  return CallLockUnspent(rpc, true, to_unlock);
}

Outcome<bitcoin::Bytes> TakeSigned(const Json& reply) {
  auto hex = ReadHex(reply["hex"]);
  const auto complete = reply["complete"].Bool();
  if (!hex || !complete) return Malformed("signrawtransactionwithwallet");
  if (!*complete) return core::Refused{core::Refusal::kCannotSign, 0, ErrorsOf(reply)};
  return std::move(*hex);
}

Outcome<bitcoin::Bytes> SignTransaction(RpcClient& rpc, const bitcoin::Bytes& unsigned_tx) {
  auto reply = rpc.Call("signrawtransactionwithwallet", JsonArray({HexText(unsigned_tx)}));
  const Json* result = std::get_if<Json>(&reply);
  if (!result) return FailedAs<bitcoin::Bytes>(std::move(reply));
  return TakeSigned(*result);
}

// hexstring, maxfeerate in BTC/kvB, maxburnamount.
Outcome<Done> BroadcastTransaction(RpcClient& rpc, const core::Broadcast& effect) {
  assert(effect.max_fee_rate_sat_kvb > 0);  // 0 would switch the node's check off
  const auto cap = std::min(effect.max_fee_rate_sat_kvb, kHighestMaxFeeRateSatKvb);
  auto reply = rpc.Call("sendrawtransaction",
                        JsonArray({HexText(effect.raw_tx), bitcoin::BtcTextFromAmount(cap), "0"}));
  const Json* result = std::get_if<Json>(&reply);
  if (!result) return FailedAs<Done>(std::move(reply));
  if (ReadHash(*result) != effect.txid) return Malformed("sendrawtransaction");
  return Done{};
}

}  // namespace sendonce::node
