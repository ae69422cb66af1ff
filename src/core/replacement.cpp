#include "core/replacement.h"

#include <algorithm>
#include <cassert>

#include "core/may_pay.h"
#include "core/transaction_check.h"

namespace sendonce::core {

namespace {

bool SpendsOneOf(const Version& version, const std::vector<Coin>& coins) {
  const bitcoin::Transaction transaction = TransactionOf(version);
  return std::any_of(coins.begin(), coins.end(), [&](const Coin& coin) {
    return std::any_of(transaction.inputs.begin(), transaction.inputs.end(),
                       [&](const bitcoin::TxIn& input) { return input.prevout == coin.outpoint; });
  });
}

std::vector<Coin> CoreOf(const Batch& batch) {
  return {batch.coins.begin(), batch.coins.begin() + batch.core_coins};
}

// A version that is not signed yet is taken for a little smaller than it can become.
int64_t LeastVsize(const Batch& batch, const Version& version) {
  if (!version.raw_tx.empty()) return bitcoin::VsizeOf(TransactionOf(version));
  const bitcoin::Transaction transaction = TransactionOf(version);
  std::vector<Coin> spent;
  for (const bitcoin::TxIn& input : transaction.inputs) {
    const auto coin = std::find_if(batch.coins.begin(), batch.coins.end(),
                                   [&](const Coin& one) { return one.outpoint == input.prevout; });
    assert(coin != batch.coins.end() && "what a version of ours spends is reserved");
    spent.push_back(*coin);
  }
  return EstimatedSignedVsize(transaction, spent) - 1;
}

std::optional<std::string> ObjectionToVersions(const Ledger& ledger, const Batch& batch) {
  const std::vector<Coin> core = CoreOf(batch);
  for (const Version& version : batch.versions) {
    if (version.raw_tx.empty()) return "a version of its transaction is not signed yet";
    for (const bitcoin::OutPoint& change : ChangeOf(version)) {
      if (!ledger.IsReserved(change)) continue;
      return "its change is spent by another transaction of sendonce";
    }
    if (version.adopted && !SpendsOneOf(version, core)) {
      return "transaction " + bitcoin::DisplayHex(version.txid) +
             ", which sendonce did not make, pays too and would not be replaced";
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> ObjectionToReplacing(const Ledger& ledger, const Batch& batch) {
  if (!Ledger::IsOpen(batch) || batch.superseded) return "its sends are paid by another batch";
  if (batch.confirmation) return "a version of its transaction is confirmed";
  if (CurrentVersion(batch).raw_tx.empty()) return "its transaction is not signed yet";
  if (!batch.rivals.empty()) {
    return "transaction " + bitcoin::DisplayHex(batch.rivals.front().txid) +
           " spends a coin of it and does not pay the same";
  }
  const bool is_ours = std::all_of(batch.coins.begin(), batch.coins.end(),
                                   [](const Coin& coin) { return !coin.script.empty(); });
  if (!is_ours) return "its transaction was made outside, and is replaced there";
  return ObjectionToVersions(ledger, batch);
}

std::vector<SendId> SendsToPay(const Ledger& ledger, const Batch& batch) {
  std::vector<SendId> pays = ledger.LivingSends(batch);
  std::erase_if(pays, [&](const SendId& id) {
    const size_t index = IndexOfSend(batch, id);
    return std::any_of(batch.versions.begin(), batch.versions.end(), [&](const Version& version) {
      return !version.adopted && version.paid[index].empty();
    });
  });
  return pays;
}

bitcoin::FeeRate PresentFeeRate(const Batch& batch) {
  bitcoin::FeeRate highest = 0;
  for (const Version& version : batch.versions) {
    highest = std::max(highest, version.fee_sat * 1000 / LeastVsize(batch, version));
  }
  return highest;
}

bitcoin::FeeRate FeeRateAboveAll(const Batch& batch, int64_t vsize) {
  bitcoin::Amount highest_sat = 0;
  for (const Version& version : batch.versions)
    highest_sat = std::max(highest_sat, version.fee_sat);
  return (highest_sat * 1000 + vsize - 1) / vsize + kReplacementStepSatKvb;
}

std::vector<bitcoin::OutPoint> ChangesOf(const Batch& batch) {
  std::vector<bitcoin::OutPoint> changes;
  for (const Version& version : batch.versions) {
    if (version.raw_tx.empty()) continue;
    for (const bitcoin::OutPoint& change : ChangeOf(version)) changes.push_back(change);
  }
  return changes;
}

VersionReserved ReplacementOf(const Batch& batch, const std::vector<SendId>& pays,
                              const BatchReserved& checked) {
  assert(pays.size() == checked.paid.size());
  VersionReserved record;
  record.batch = batch.id;
  record.version = static_cast<uint32_t>(batch.versions.size());
  for (const Coin& coin : checked.coins) {
    const bool known = std::find(batch.coins.begin(), batch.coins.end(), coin) != batch.coins.end();
    if (!known) record.added.push_back(coin);
  }
  record.unsigned_tx = checked.unsigned_tx;
  record.paid.resize(batch.sends.size());
  for (size_t i = 0; i < pays.size(); ++i) {
    record.paid[IndexOfSend(batch, pays[i])] = checked.paid[i];
  }
  record.change_vout = checked.change_vout;
  record.fee_sat = checked.fee_sat;
  return record;
}

}  // namespace sendonce::core
