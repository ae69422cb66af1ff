#include "core/batch.h"

#include <algorithm>
#include <cassert>

namespace sendonce::core {

namespace {

bitcoin::Transaction TransactionOf(const Version& version) {
  auto transaction =
      bitcoin::ParseTransaction(version.raw_tx.empty() ? version.unsigned_tx : version.raw_tx);
  assert(transaction && "what is in the log was checked");
  return std::move(*transaction);
}

}  // namespace

std::vector<bitcoin::OutPoint> ChangeOf(const Version& version) {
  if (!version.change_vout) return {};
  const size_t outputs = TransactionOf(version).outputs.size();
  std::vector<bitcoin::OutPoint> change;
  for (uint32_t vout = *version.change_vout; vout < outputs; ++vout) {
    change.push_back({version.txid, vout});
  }
  return change;
}

std::vector<bitcoin::Amount> SplitOf(const Version& version) {
  if (!version.change_vout) return {};
  const bitcoin::Transaction transaction = TransactionOf(version);
  std::vector<bitcoin::Amount> split_sat;
  for (size_t vout = *version.change_vout; vout + 1 < transaction.outputs.size(); ++vout) {
    split_sat.push_back(transaction.outputs[vout].amount_sat);
  }
  return split_sat;
}

bool SignatureAsked(const Batch& batch) {
  return std::any_of(batch.versions.begin(), batch.versions.end(),
                     [](const Version& version) { return version.signature_asked; });
}

bool ExplainsSpend(const Batch& batch, const bitcoin::Txid& txid) {
  const Version* version = FindVersion(batch, txid);
  return version && version->signature_asked;
}

bool MustLeaveTogether(const Batch& batch) {
  if (batch.confirmation) return false;
  return std::any_of(batch.versions.begin(), batch.versions.end(), [](const Version& version) {
    return version.signature_asked && version.raw_tx.empty();
  });
}

bool Accepted(const Batch& batch) {
  return batch.confirmation || std::any_of(batch.versions.begin(), batch.versions.end(),
                                           [](const Version& version) { return version.accepted; });
}

bool AcceptedOurOwn(const Batch& batch) {
  return std::any_of(batch.versions.begin(), batch.versions.end(),
                     [](const Version& version) { return version.accepted && !version.adopted; });
}

bool IsKnownAs(const Version& version, const bitcoin::Txid& txid) {
  return version.txid == txid || version.former_txid == txid;
}

std::optional<bitcoin::Txid> FormerTxidOf(const Version& version) {
  if (version.raw_tx.empty() || version.unsigned_tx.empty()) return std::nullopt;
  const auto before = bitcoin::ParseTransaction(version.unsigned_tx);
  if (!before || bitcoin::TxidOf(*before) == version.txid) return std::nullopt;
  return bitcoin::TxidOf(*before);
}

bool IsNamedByVerdict(const Send& send, const Version& version) {
  const auto& named = send.excluded_by_verdict;
  return std::any_of(named.begin(), named.end(),
                     [&](const bitcoin::Txid& txid) { return IsKnownAs(version, txid); });
}

const Version* FindVersion(const Batch& batch, const bitcoin::Txid& txid) {
  for (const Version& version : batch.versions) {
    if (version.txid == txid) return &version;
  }
  return nullptr;
}

const Version& CurrentVersion(const Batch& batch) {
  assert(!batch.versions.empty());
  if (batch.confirmation) {
    const Version* confirmed = FindVersion(batch, batch.confirmation->txid);
    assert(confirmed && "a confirmation names a version of its batch");
    return *confirmed;
  }
  for (auto version = batch.versions.rbegin(); version != batch.versions.rend(); ++version) {
    if (!version->raw_tx.empty()) return *version;
  }
  return batch.versions.back();
}

const Version* ShownVersion(const Batch& batch, const SendId& id) {
  const size_t index = IndexOfSend(batch, id);
  const auto rank = [&](const Version& version) {
    if (batch.confirmation && batch.confirmation->txid == version.txid) return 3;
    return version.accepted ? 2 : version.raw_tx.empty() ? 0 : 1;
  };
  const Version* shown = nullptr;
  for (const Version& version : batch.versions) {
    if (version.paid[index].empty()) continue;
    if (!shown || rank(version) >= rank(*shown)) shown = &version;
  }
  return shown;
}

size_t IndexOfSend(const Batch& batch, const SendId& id) {
  const auto found = std::find(batch.sends.begin(), batch.sends.end(), id);
  assert(found != batch.sends.end());
  return static_cast<size_t>(found - batch.sends.begin());
}

}  // namespace sendonce::core
