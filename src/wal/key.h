// The keys of the database (doc/wal-format.md). Numbers are big-endian, so that the order of keys
// is the order of numbers. Pure; safe from any thread.

#ifndef SENDONCE_WAL_KEY_H
#define SENDONCE_WAL_KEY_H

#include <optional>
#include <span>
#include <string>

#include "bitcoin/bytes.h"
#include "core/batch.h"
#include "core/commands.h"
#include "core/send.h"

namespace sendonce::wal {

using Key = bitcoin::Bytes;

Key FrameKey(core::Seq seq);                                  // 'r' seq
Key SendKey(const core::SendId& id);                          // 's' id
Key BatchKey(core::BatchId batch);                            // 'b' batch
Key OpenSendKey(const core::SendId& id);                      // 'o' 's' id
Key OpenBatchKey(core::BatchId batch);                        // 'o' 'b' batch
Key ConfirmedKey(int32_t height, core::BatchId batch);        // 'h' height batch
Key TxidKey(const bitcoin::Txid& txid, core::BatchId batch);  // 't' txid batch
Key SendHistoryKey(const core::SendId& id, core::Seq seq);    // 'i' 's' id 0 seq
Key BatchHistoryKey(core::BatchId batch, core::Seq seq);      // 'i' 'b' batch seq
Key AlarmKey(core::Seq number);                               // 'a' number
Key ChainKey();                                               // 'c'

// What all keys of a kind, and no others, begin with.
Key FramePrefix();
Key OpenSendPrefix();
Key OpenBatchPrefix();
Key ConfirmedPrefix();
Key TxidPrefix(const bitcoin::Txid& txid);
Key SendHistoryPrefix(const core::SendId& id);
Key BatchHistoryPrefix(core::BatchId batch);
Key AlarmPrefix();

bool HasPrefix(std::span<const uint8_t> key, std::span<const uint8_t> prefix);

// What a ConfirmedKey names; nullopt if the key is of another length.
std::optional<core::PruneCursor> PlaceOfConfirmed(std::span<const uint8_t> key);

// The eight bytes at the end of a key as a number, where a kind's keys end in one; nullopt if the
// key is shorter.
std::optional<uint64_t> NumberAtEnd(std::span<const uint8_t> key);

// For a person: the kind and what it names, like "send w-1001" or "open mark of batch 17"; of a key
// of no kind, its bytes in hexadecimal.
std::string DescribeKey(std::span<const uint8_t> key);

}  // namespace sendonce::wal

#endif  // SENDONCE_WAL_KEY_H
