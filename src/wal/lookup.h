// Look-ups in the database, decoded: what wal/log.h and wal/offline.h answer from. A value that
// does not decode is a Problem that names it.
//
// Safe from any thread; each blocks on the disk.

#ifndef SENDONCE_WAL_LOOKUP_H
#define SENDONCE_WAL_LOOKUP_H

#include <optional>
#include <span>
#include <vector>

#include "core/ledger.h"
#include "wal/database.h"
#include "wal/frame.h"
#include "wal/log.h"
#include "wal/problem.h"

namespace sendonce::wal {

// "... is damaged", with the way out.
Problem DamagedValue(std::span<const uint8_t> key);

// nullopt if there is no record at that place.
Result<std::optional<core::Logged>> LookUpRecord(const Database::View& view, core::Seq seq);

// The record as its frame holds it, or a Problem that names it.
Result<core::Logged> DecodeLogged(std::span<const uint8_t> key, std::span<const uint8_t> value);

// The first record of the log; a Problem if it is none of WalCreated, or missing.
Result<core::WalCreated> LookUpCreated(const Database::View& view);

// The position of the last record, 0 in an empty log.
Result<core::Seq> LookUpLastSeq(const Database::View& view);

Result<std::optional<core::Send>> LookUpSend(const Database& database, const core::SendId& id);

Result<std::optional<core::Batch>> LookUpBatch(const Database& database, core::BatchId id);

Result<core::Ledger::Contents> LookUpContents(const Database::View& view);

Result<History> LookUpHistory(const Database::View& view, const core::SendId& id);

Result<std::vector<core::BatchId>> LookUpBatchesByTxid(const Database::View& view,
                                                       const bitcoin::Txid& txid);

// What would stand in the place of these records; a Problem if one of them is missing, or pruned.
Result<std::vector<Stub>> LookUpStubs(const Database::View& view,
                                      const std::vector<core::Seq>& records);

Result<core::PrunableFound> LookUpPrunable(const Database::View& view,
                                           const core::FindPrunable& what);

Result<Confirmed> LookUpConfirmedAbove(const Database::View& view, int32_t height);

}  // namespace sendonce::wal

#endif  // SENDONCE_WAL_LOOKUP_H
