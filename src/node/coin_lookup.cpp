#include "node/coin_lookup.h"

#include <algorithm>
#include <map>

#include "node/failure.h"
#include "node/rpc_values.h"

namespace sendonce::node {

namespace {

using bitcoin::OutPoint;
using bitcoin::Transaction;
using bitcoin::Txid;
using core::CoinStanding;
using core::Outcome;

// The txid of the mempool's transaction that spends each coin.
using Spenders = std::vector<std::optional<Txid>>;

std::string GetTxOut(const OutPoint& coin, View view) {
  return JsonArray(
      {HashText(coin.txid), std::to_string(coin.vout), JsonBool(view == View::kChainAndMempool)});
}

std::optional<UnspentOutput> ReadUnspentOutput(const Json& reply) {
  const auto tip = ReadHash(reply["bestblock"]);
  const auto amount_sat = ReadAmount(reply["value"]);
  auto script = ReadHex(reply["scriptPubKey"]["hex"]);
  if (!tip || !amount_sat || !script) return std::nullopt;
  return UnspentOutput{*tip, {*amount_sat, std::move(*script)}};
}

std::optional<Spenders> TakeSpenders(const Json& reply, const std::vector<OutPoint>& coins) {
  if (!reply.IsArray() || reply.size() != coins.size()) return std::nullopt;
  Spenders spenders;
  for (size_t i = 0; i < coins.size(); ++i) {
    const Json entry = reply.At(i);
    const Json txid = entry["spendingtxid"];
    if (ReadOutPoint(entry) != coins[i] || txid.IsNull() == ReadHash(txid).has_value()) {
      return std::nullopt;
    }
    // With -txospenderindex (Bitcoin Core 31) a spender in a block is named, too, with that block.
    const bool is_in_block = !entry["blockhash"].IsNull();
    spenders.push_back(is_in_block ? std::nullopt : ReadHash(txid));
  }
  return spenders;
}

Outcome<Spenders> ReadSpenders(RpcClient& rpc, const std::vector<OutPoint>& coins) {
  auto reply = rpc.Call("gettxspendingprevout", JsonArray({OutPointsText(coins)}));
  const Json* result = std::get_if<Json>(&reply);
  if (!result) return FailedAs<Spenders>(std::move(reply));
  auto spenders = TakeSpenders(*result, coins);
  if (!spenders) return Malformed("gettxspendingprevout");
  return std::move(*spenders);
}

bool Spends(const Transaction& transaction, const OutPoint& coin) {
  return std::any_of(transaction.inputs.begin(), transaction.inputs.end(),
                     [&coin](const bitcoin::TxIn& input) { return input.prevout == coin; });
}

Outcome<Transaction> ReadMempoolTransaction(RpcClient& rpc, const Txid& txid) {
  auto reply = rpc.Call("getrawtransaction", JsonArray({HashText(txid), JsonBool(false)}));
  const auto* refused = std::get_if<core::Refused>(&reply);
  if (refused && refused->why == core::Refusal::kNotFound) return Moved("the mempool");
  const Json* result = std::get_if<Json>(&reply);
  if (!result) return FailedAs<Transaction>(std::move(reply));
  const auto bytes = ReadHex(*result);
  auto transaction = bytes ? bitcoin::ParseTransaction(*bytes) : std::nullopt;
  if (!transaction || bitcoin::TxidOf(*transaction) != txid) return Malformed("getrawtransaction");
  return std::move(*transaction);
}

// Each transaction is read once, however many of the coins it spends.
Outcome<core::Done> AddSpenders(RpcClient& rpc, const Spenders& spenders,
                                std::vector<CoinStanding>& standings) {
  std::map<Txid, Transaction> transactions;
  for (size_t i = 0; i < standings.size(); ++i) {
    if (!spenders[i]) continue;
    auto known = transactions.find(*spenders[i]);
    if (known == transactions.end()) {
      auto read = ReadMempoolTransaction(rpc, *spenders[i]);
      auto* transaction = std::get_if<Transaction>(&read);
      if (!transaction) return FailedAs<core::Done>(std::move(read));
      known = transactions.emplace(*spenders[i], std::move(*transaction)).first;
    }
    if (!Spends(known->second, standings[i].outpoint)) return Malformed("gettxspendingprevout");
    standings[i].unspent = false;
    standings[i].mempool_spender = known->second;
  }
  return core::Done{};
}

Outcome<core::Done> AddUnspent(RpcClient& rpc, const std::vector<OutPoint>& coins,
                               std::vector<CoinStanding>& standings) {
  auto read = ReadUnspentOutputs(rpc, coins, View::kChainAndMempool);
  const auto* outputs = std::get_if<std::vector<std::optional<UnspentOutput>>>(&read);
  if (!outputs) return FailedAs<core::Done>(std::move(read));
  for (size_t i = 0; i < standings.size(); ++i) standings[i].unspent = (*outputs)[i].has_value();
  return core::Done{};
}

}  // namespace

Outcome<std::vector<std::optional<UnspentOutput>>> ReadUnspentOutputs(
    RpcClient& rpc, const std::vector<OutPoint>& coins, View view) {
  std::vector<std::string> params;
  for (const OutPoint& coin : coins) params.push_back(GetTxOut(coin, view));
  auto replies = rpc.CallEach("gettxout", params);
  const auto* results = std::get_if<std::vector<Json>>(&replies);
  if (!results) {
    return FailedAs<std::vector<std::optional<UnspentOutput>>>(std::move(replies));
  }
  std::vector<std::optional<UnspentOutput>> outputs;
  for (const Json& result : *results) {
    auto output = ReadUnspentOutput(result);
    if (!output && !result.IsNull()) return Malformed("gettxout");
    outputs.push_back(std::move(output));
  }
  return outputs;
}

// The mempool is asked before and after gettxout: a transaction that enters or leaves it in between
// would otherwise make a coin look as if it were neither spent nor unspent.
Outcome<std::vector<CoinStanding>> ReadCoinStandings(RpcClient& rpc,
                                                     const std::vector<OutPoint>& coins) {
  std::vector<CoinStanding> standings;
  for (const OutPoint& coin : coins) standings.push_back({coin, false, std::nullopt});
  if (coins.empty()) return standings;
  auto before = ReadSpenders(rpc, coins);
  if (!std::holds_alternative<Spenders>(before)) {
    return FailedAs<std::vector<CoinStanding>>(std::move(before));
  }
  auto unspent = AddUnspent(rpc, coins, standings);
  if (!std::holds_alternative<core::Done>(unspent)) {
    return FailedAs<std::vector<CoinStanding>>(std::move(unspent));
  }
  auto after = ReadSpenders(rpc, coins);
  if (!std::holds_alternative<Spenders>(after)) {
    return FailedAs<std::vector<CoinStanding>>(std::move(after));
  }
  if (std::get<Spenders>(before) != std::get<Spenders>(after)) return Moved("the mempool");
  auto added = AddSpenders(rpc, std::get<Spenders>(after), standings);
  if (!std::holds_alternative<core::Done>(added)) {
    return FailedAs<std::vector<CoinStanding>>(std::move(added));
  }
  return standings;
}

}  // namespace sendonce::node
