#include "core/batch.h"

#include <algorithm>
#include <cassert>

namespace sendonce::core {

bool SignatureAsked(const Batch& batch) {
  return std::any_of(batch.versions.begin(), batch.versions.end(),
                     [](const Version& version) { return version.signature_asked; });
}

bool Accepted(const Batch& batch) {
  return batch.confirmation || std::any_of(batch.versions.begin(), batch.versions.end(),
                                           [](const Version& version) { return version.accepted; });
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
