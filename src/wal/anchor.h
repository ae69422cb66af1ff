// The anchor: how far the log had come, kept outside the database, at best on another disk. LevelDB
// drops a torn tail in silence, and a WAL folder that was copied back looks as whole as it was that
// day; against the anchor the log can not quietly become shorter.
//
// It is written after the records that it names are durable, so it may lag (kAnchorIntervalMs in
// wal/log.h says by how much) and never leads.

#ifndef SENDONCE_WAL_ANCHOR_H
#define SENDONCE_WAL_ANCHOR_H

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "bitcoin/hash.h"
#include "core/records.h"
#include "wal/disk.h"

namespace sendonce::wal {

struct Anchor {
  core::WalId wal_id{};
  core::Seq seq = 0;
  bitcoin::Hash256 frame_hash;  // of the record at seq (wal/frame.h)

  bool operator==(const Anchor&) const = default;
};

// Text of five lines, the last one a SHA-256 of the others (doc/wal-format.md).
std::string EncodeAnchor(const Anchor& anchor);

// Inverse of EncodeAnchor; nullopt for any other text.
std::optional<Anchor> DecodeAnchor(std::string_view text);

// The file exists and is no anchor: torn, changed, or of another format.
struct AnchorDamaged {};

std::variant<Anchor, FileMissing, AnchorDamaged, DiskError> ReadAnchor(
    Disk& disk, const std::filesystem::path& file);

// Replaces the file: written beside it as "<file>.new", synced, renamed, folder synced. When it
// returns without an error the new anchor is durable; after an error or a power cut the file holds
// the old one or the new one, never part of one.
std::optional<DiskError> WriteAnchor(Disk& disk, const std::filesystem::path& file,
                                     const Anchor& anchor);

}  // namespace sendonce::wal

#endif  // SENDONCE_WAL_ANCHOR_H
