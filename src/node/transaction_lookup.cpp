#include "node/transaction_lookup.h"

#include <optional>
#include <set>
#include <utility>

#include "node/failure.h"
#include "node/rpc_values.h"

namespace sendonce::node {

namespace {

using bitcoin::Txid;
using core::FoundTransaction;
using core::Outcome;
using core::Refusal;
using core::Refused;

Refused NotThere(const Txid& txid) {
  return {
      Refusal::kNotFound, 0,
      "transaction " + bitcoin::DisplayHex(txid) + " is neither in the chain nor in the mempool"};
}

Outcome<bool> IsInMempool(RpcClient& rpc, const Txid& txid) {
  auto reply = rpc.Call("getmempoolentry", JsonArray({HashText(txid)}));
  const auto* refused = std::get_if<Refused>(&reply);
  if (refused && refused->why == Refusal::kNotFound) return false;
  const Json* entry = std::get_if<Json>(&reply);
  if (!entry) return FailedAs<bool>(std::move(reply));
  if (!entry->IsObject()) return Malformed("getmempoolentry");
  return true;
}

// An entry for each output that is not change, of the category "send" if the wallet has spent for
// it; one that it pays to itself is there twice, as "receive" too.
std::optional<std::vector<uint32_t>> ReadSentVouts(const Json& details, size_t outputs) {
  if (!details.IsArray()) return std::nullopt;
  std::set<uint32_t> vouts;
  for (size_t i = 0; i < details.size(); ++i) {
    const Json detail = details.At(i);
    const auto category = detail["category"].String();
    const auto vout = detail["vout"].Integer();
    if (!category || !vout || *vout < 0 || static_cast<uint64_t>(*vout) >= outputs) {
      return std::nullopt;
    }
    if (*category == "send") vouts.insert(static_cast<uint32_t>(*vout));
  }
  return std::vector<uint32_t>(vouts.begin(), vouts.end());
}

// Negative as the wallet writes it. One that it did not pay alone can have any sign, and is not
// known.
bitcoin::Amount ReadFee(const Json& value) {
  const auto fee_sat = ReadAmount(value);
  return fee_sat && *fee_sat < 0 ? -*fee_sat : 0;
}

std::optional<core::ChainPosition> ReadBlock(const Json& transaction) {
  const auto height = ReadInt32(transaction["blockheight"]);
  const auto hash = ReadHash(transaction["blockhash"]);
  if (!height || *height < 0 || !hash) return std::nullopt;
  return core::ChainPosition{*height, *hash};
}

Outcome<FoundTransaction> TakeTransaction(const Json& result, const Txid& txid) {
  auto raw_tx = ReadHex(result["hex"]);
  const auto transaction = raw_tx ? bitcoin::ParseTransaction(*raw_tx) : std::nullopt;
  if (!transaction || bitcoin::TxidOf(*transaction) != txid) return Malformed("gettransaction");
  auto vouts = ReadSentVouts(result["details"], transaction->outputs.size());
  if (!vouts) return Malformed("gettransaction");
  FoundTransaction found;
  found.raw_tx = std::move(*raw_tx);
  found.sent_vouts = std::move(*vouts);
  found.fee_sat = ReadFee(result["fee"]);
  return found;
}

// Neither in the mempool before the wallet was asked nor in a block then. If it is in the mempool
// now, its block has left the chain in between.
Outcome<FoundTransaction> IsStillMissing(RpcClient& rpc, const Txid& txid) {
  auto in_mempool = IsInMempool(rpc, txid);
  const bool* is_there = std::get_if<bool>(&in_mempool);
  if (!is_there) return FailedAs<FoundTransaction>(std::move(in_mempool));
  if (*is_there) return Moved("the mempool");
  return NotThere(txid);
}

}  // namespace

// The mempool is asked first: the wallet has processed every block when it answers, so what left
// the mempool for a block in between shows as confirmed.
Outcome<FoundTransaction> FindTransaction(RpcClient& rpc, const Txid& txid) {
  auto in_mempool = IsInMempool(rpc, txid);
  if (!std::holds_alternative<bool>(in_mempool)) {
    return FailedAs<FoundTransaction>(std::move(in_mempool));
  }
  // The last: include_watchonly.
  auto reply = rpc.Call("gettransaction", JsonArray({HashText(txid), JsonBool(true)}));
  const Json* result = std::get_if<Json>(&reply);
  if (!result) return FailedAs<FoundTransaction>(std::move(reply));
  const auto confirmations = ReadInt32((*result)["confirmations"]);
  if (!confirmations) return Malformed("gettransaction");
  if (*confirmations < 0) return NotThere(txid);
  if (*confirmations == 0 && !std::get<bool>(in_mempool)) return IsStillMissing(rpc, txid);
  auto taken = TakeTransaction(*result, txid);
  auto* found = std::get_if<FoundTransaction>(&taken);
  if (!found || *confirmations == 0) return taken;
  found->block = ReadBlock(*result);
  if (!found->block) return Malformed("gettransaction");
  return taken;
}

}  // namespace sendonce::node
