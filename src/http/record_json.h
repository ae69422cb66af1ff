// The log's records as readable JSON, for GET /v1/sends/{id}/history and for reading a log offline.
// Raw transactions, scripts and ids in hexadecimal, txids and block hashes as bitcoind prints them.
// Pure; safe from any thread.

#ifndef SENDONCE_HTTP_RECORD_JSON_H
#define SENDONCE_HTTP_RECORD_JSON_H

#include <string>
#include <string_view>
#include <vector>

#include "core/records.h"
#include "http/json_writer.h"
#include "http/response.h"

namespace sendonce::http {

// "unexplained_spend", ... Stable.
std::string_view AlarmKindText(core::AlarmKind kind);

// {"seq":..,"at":..,"type":"SendRecorded", and the record's own fields}
void WriteRecord(JsonWriter& json, const core::Logged& logged);

// The same on one line, without a line end.
std::string RecordJson(const core::Logged& logged);

// What stands in the log in the place of a pruned record: {"seq":..,"type":..,"pruned":true,
// "frame_hash":..}, on one line. `type`: its number in doc/wal-format.md.
std::string PrunedRecordJson(core::Seq seq, uint8_t type, const bitcoin::Hash256& frame_hash);

// 200 with the records in the order given; 404 `unknown_id` if there are none, and there never were
// any that are pruned.
Response HistoryResponse(const std::vector<core::Logged>& records, bool pruned);

}  // namespace sendonce::http

#endif  // SENDONCE_HTTP_RECORD_JSON_H
