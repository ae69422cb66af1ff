#include "node/drafter.h"

#include <algorithm>
#include <cassert>

#include "node/coin_lookup.h"
#include "node/failure.h"
#include "node/node_words.h"
#include "node/placeholder_signatures.h"
#include "node/rpc_values.h"

namespace sendonce::node {

namespace {

using core::Done;
using core::Draft;
using core::DraftTransaction;
using core::Outcome;
using core::Refusal;
using core::Refused;

constexpr uint32_t kReplaceableSequence = 0xfffffffd;  // BIP 125

// Which coins are missing, and at which block the others were found unspent. A coin that the node
// shows with another amount or script than the wallet did is Unknown.
Outcome<Done> TakeCoins(const std::vector<std::optional<UnspentOutput>>& found,
                        const std::vector<core::Coin>& coins, Draft& draft) {
  std::optional<bitcoin::BlockHash> tip;
  for (size_t i = 0; i < coins.size(); ++i) {
    if (!found[i]) {
      draft.missing.push_back(coins[i].outpoint);
      continue;
    }
    if (found[i]->output != bitcoin::TxOut{coins[i].amount_sat, coins[i].script}) {
      return Malformed("gettxout");
    }
    if (tip && *tip != found[i]->tip) return Moved("the chain");
    tip = found[i]->tip;
  }
  if (tip) draft.tip = *tip;
  return Done{};
}

// What is to be replaced spends its coins in the mempool.
Outcome<Done> LookUp(RpcClient& rpc, const DraftTransaction& effect, Draft& draft) {
  std::vector<bitcoin::OutPoint> outpoints;
  for (const core::Coin& coin : effect.coins) outpoints.push_back(coin.outpoint);
  const View view = effect.replaces ? View::kChain : View::kChainAndMempool;
  auto read = ReadUnspentOutputs(rpc, outpoints, view);
  const auto* found = std::get_if<std::vector<std::optional<UnspentOutput>>>(&read);
  if (!found) return FailedAs<Done>(std::move(read));
  return TakeCoins(*found, effect.coins, draft);
}

// "feerate" is missing where the node has seen too little; it is in BTC/kvB, whose digits are those
// of an amount.
Outcome<bitcoin::FeeRate> EstimateFeeRate(RpcClient& rpc, int conf_target,
                                          bitcoin::FeeRate fallback_sat_kvb) {
  auto reply = rpc.Call("estimatesmartfee",
                        JsonArray({std::to_string(conf_target), JsonString("economical")}));
  const Json* result = std::get_if<Json>(&reply);
  const auto* refused = std::get_if<Refused>(&reply);
  // Refused: estimation is switched off, with -blocksonly for example.
  const bool is_off = refused && refused->why == Refusal::kRejected;
  if (!result && !is_off) return FailedAs<bitcoin::FeeRate>(std::move(reply));
  const auto rate = result ? ReadAmount((*result)["feerate"]) : std::nullopt;
  if (rate && *rate > 0) return *rate;
  if (result && !(*result)["feerate"].IsNull()) return Malformed("estimatesmartfee");
  if (fallback_sat_kvb > 0) return fallback_sat_kvb;
  return Refused{Refusal::kNoFeeEstimate, 0,
                 "the node has no fee estimate for " + std::to_string(conf_target) +
                     " blocks and no fallback is configured"};
}

Outcome<bitcoin::FeeRate> FeeRateFor(RpcClient& rpc, const DraftTransaction& effect) {
  if (effect.fee.fee_rate_sat_kvb) return *effect.fee.fee_rate_sat_kvb;
  assert(effect.fee.conf_target);
  return EstimateFeeRate(rpc, *effect.fee.conf_target, effect.fallback_fee_rate_sat_kvb);
}

bitcoin::Transaction WithoutChange(const DraftTransaction& effect) {
  bitcoin::Transaction transaction;
  for (const core::Coin& coin : effect.coins) {
    transaction.inputs.push_back({coin.outpoint, {}, kReplaceableSequence, {}});
  }
  transaction.outputs = effect.outputs;
  return transaction;
}

// nullopt: it objects to nothing but the signatures.
Outcome<std::optional<Refused>> ReadJudgement(const Json& result) {
  const Json verdict = result.At(0);
  const auto allowed = verdict["allowed"].Bool();
  const auto reason = verdict["reject-reason"].String();
  if (!allowed || (!*allowed && !reason)) return Malformed("testmempoolaccept");
  if (*allowed || IsAboutSignatures(*reason)) return std::optional<Refused>();
  const Refusal why = JudgeRejectReason(*reason);
  if (why == Refusal::kMissingOrSpent) return Moved("a coin");
  return std::optional<Refused>(Refused{why, 0, NodeWords(*reason)});
}

Outcome<std::optional<Refused>> Judge(RpcClient& rpc, const bitcoin::Bytes& unsigned_tx,
                                      const std::vector<core::Coin>& coins) {
  const auto transaction = bitcoin::ParseTransaction(unsigned_tx);
  if (!transaction || transaction->inputs.size() != coins.size()) {
    return Malformed("fundrawtransaction");
  }
  const auto bytes = bitcoin::SerializeTransaction(WithPlaceholderSignatures(*transaction, coins));
  // maxfeerate 0: caps are the core's.
  auto reply = rpc.Call("testmempoolaccept", JsonArray({JsonArray({HexText(bytes)}), "0"}));
  const Json* result = std::get_if<Json>(&reply);
  if (!result) return FailedAs<std::optional<Refused>>(std::move(reply));
  return ReadJudgement(*result);
}

}  // namespace

Outcome<Draft> Drafter::MakeDraft(const DraftTransaction& effect) {
  assert(!effect.coins.empty());
  Draft draft;
  auto found = LookUp(rpc_, effect, draft);
  if (!std::holds_alternative<Done>(found)) return FailedAs<Draft>(std::move(found));
  if (!draft.missing.empty()) return draft;
  auto rate = FeeRateFor(rpc_, effect);
  if (!std::holds_alternative<bitcoin::FeeRate>(rate)) return FailedAs<Draft>(std::move(rate));
  draft.fee_rate_sat_kvb = std::get<bitcoin::FeeRate>(rate);
  auto change = ChangeFor(effect.split_sat.size() + 1);
  const auto* addresses = std::get_if<std::vector<ChangeAddress>>(&change);
  if (!addresses) return FailedAs<Draft>(std::move(change));
  for (const ChangeAddress& one : *addresses) draft.change_scripts.push_back(one.script);
  auto funded = Fund(effect, *addresses, draft.fee_rate_sat_kvb);
  if (!std::holds_alternative<Funded>(funded)) return FailedAs<Draft>(std::move(funded));
  draft.unsigned_tx = std::move(std::get<Funded>(funded).unsigned_tx);
  auto judgement = Judge(rpc_, draft.unsigned_tx, effect.coins);
  if (!std::holds_alternative<std::optional<Refused>>(judgement)) {
    return FailedAs<Draft>(std::move(judgement));
  }
  draft.judgement = std::get<std::optional<Refused>>(std::move(judgement));
  if (!draft.judgement) {
    const size_t used = std::min(std::get<Funded>(funded).change_outputs, spares_.size());
    spares_.erase(spares_.begin(), spares_.begin() + static_cast<ptrdiff_t>(used));
  }
  return draft;
}

core::Outcome<std::string> Drafter::SpareAddress(size_t index) {
  if (index < spares_.size()) return spares_[index];
  auto reply = rpc_.Call("getrawchangeaddress", JsonArray({JsonString("bech32")}));
  const Json* result = std::get_if<Json>(&reply);
  if (!result) return FailedAs<std::string>(std::move(reply));
  auto address = result->String();
  if (!address) return Malformed("getrawchangeaddress");
  spares_.push_back(*address);
  return *address;
}

// The wallet's word that the address is its own is asked for anew for each draft, by another RPC
// than the one that made it: change that went elsewhere would be gone.
Outcome<std::vector<Drafter::ChangeAddress>> Drafter::ChangeFor(size_t count) {
  using Addresses = std::vector<ChangeAddress>;
  Addresses addresses;
  std::vector<std::string> questions;
  for (size_t i = 0; i < count; ++i) {
    auto address = SpareAddress(i);
    const auto* text = std::get_if<std::string>(&address);
    if (!text) return FailedAs<Addresses>(std::move(address));
    addresses.push_back({*text, {}});
    questions.push_back(JsonArray({JsonString(*text)}));
  }
  auto replies = rpc_.CallEach("getaddressinfo", questions);
  const auto* infos = std::get_if<std::vector<Json>>(&replies);
  if (!infos) return FailedAs<Addresses>(std::move(replies));
  for (size_t i = 0; i < count; ++i) {
    auto script = ReadHex((*infos)[i]["scriptPubKey"]);
    if (!script || script->empty() || (*infos)[i]["ismine"].Bool() != true) {
      spares_.clear();
      return Malformed("getaddressinfo");
    }
    addresses[i].script = std::move(*script);
  }
  return addresses;
}

Outcome<Drafter::Funded> Drafter::Fund(const DraftTransaction& effect,
                                       const std::vector<ChangeAddress>& change,
                                       bitcoin::FeeRate rate) {
  bitcoin::Transaction transaction = WithoutChange(effect);
  for (size_t i = 0; i < effect.split_sat.size(); ++i) {
    transaction.outputs.push_back({effect.split_sat[i], change[i].script});
  }
  const size_t position = transaction.outputs.size();
  const auto bytes = bitcoin::SerializeTransaction(transaction);
  const std::string options = JsonObject({{"add_inputs", JsonBool(false)},
                                          {"changeAddress", JsonString(change.back().address)},
                                          {"changePosition", std::to_string(position)},
                                          {"lockUnspents", JsonBool(false)},
                                          {"fee_rate", bitcoin::SatVbTextFromFeeRate(rate)}});
  // The last: iswitness, so that the bytes are read in one way only.
  auto reply =
      rpc_.Call("fundrawtransaction", JsonArray({HexText(bytes), options, JsonBool(false)}));
  const Json* result = std::get_if<Json>(&reply);
  if (!result) return FailedAs<Funded>(std::move(reply));
  auto unsigned_tx = ReadHex((*result)["hex"]);
  const auto change_position = (*result)["changepos"].Integer();
  if (!unsigned_tx || !change_position) return Malformed("fundrawtransaction");
  const size_t last = *change_position >= 0 ? 1 : 0;
  return Funded{std::move(*unsigned_tx), effect.split_sat.size() + last};
}

}  // namespace sendonce::node
