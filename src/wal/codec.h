// The bytes of records and of the snapshots that the indexes hold (doc/wal-format.md). Pure; safe
// from any thread.
//
// Every value has exactly one encoding. Decoding takes exactly that: every byte is consumed, each
// length fits what is there, each enumerator is one that exists; anything else gives nullopt. It
// judges no meaning (that an id is valid, that a transaction parses): core::Ledger::Objection does.

#ifndef SENDONCE_WAL_CODEC_H
#define SENDONCE_WAL_CODEC_H

#include <optional>
#include <span>

#include "bitcoin/bytes.h"
#include "core/alarm.h"
#include "core/batch.h"
#include "core/effects.h"
#include "core/records.h"
#include "core/send.h"

namespace sendonce::wal {

// A byte for the type, numbered as in core/records.h, and the fields. The version of this format
// stands in the frame around it (wal/frame.h).
bitcoin::Bytes EncodeRecord(const core::Record& record);
std::optional<core::Record> DecodeRecord(std::span<const uint8_t> bytes);

// Snapshots begin with a byte for the version of their format. There is a second one, only for
// sends whose detail was pruned and for chains below which something was.
constexpr uint8_t kSnapshotFormat = 1;
constexpr uint8_t kPrunedSnapshotFormat = 2;

bitcoin::Bytes EncodeSend(const core::Send& send);
std::optional<core::Send> DecodeSend(std::span<const uint8_t> bytes);

bitcoin::Bytes EncodeBatch(const core::Batch& batch);
std::optional<core::Batch> DecodeBatch(std::span<const uint8_t> bytes);

bitcoin::Bytes EncodeAlarm(const core::Alarm& alarm);
std::optional<core::Alarm> DecodeAlarm(std::span<const uint8_t> bytes);

// A chain without a block is none: nullopt.
bitcoin::Bytes EncodeChain(const core::ChainState& chain);
std::optional<core::ChainState> DecodeChain(std::span<const uint8_t> bytes);

}  // namespace sendonce::wal

#endif  // SENDONCE_WAL_CODEC_H
