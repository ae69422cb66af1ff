#include "wal/anchor.h"

#include <charconv>
#include <span>

namespace sendonce::wal {

namespace {

constexpr size_t kMaxAnchorBytes = 1'024;
constexpr std::string_view kFormatLine = "sendonce anchor 1\n";

std::string HexOfText(std::string_view text) {
  const bitcoin::Bytes bytes(text.begin(), text.end());
  return bitcoin::HexFromBytes(bitcoin::Sha256(bytes).bytes);
}

// The text between `label` and the end of the line, taken off the front of `rest`; nullopt if the
// line is another one.
std::optional<std::string_view> TakeLine(std::string_view& rest, std::string_view label) {
  const size_t end = rest.find('\n');
  if (end == std::string_view::npos || !rest.starts_with(label)) return std::nullopt;
  const std::string_view value = rest.substr(label.size(), end - label.size());
  rest.remove_prefix(end + 1);
  return value;
}

template <size_t N>
bool ParseHex(std::string_view hex, std::array<uint8_t, N>& value) {
  const auto bytes = bitcoin::BytesFromHex(hex);
  if (!bytes || bytes->size() != N) return false;
  std::copy(bytes->begin(), bytes->end(), value.begin());
  return true;
}

bool ParseSeq(std::string_view text, core::Seq& seq) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seq);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string EncodeAnchor(const Anchor& anchor) {
  std::string text(kFormatLine);
  text += "wal " + bitcoin::HexFromBytes(anchor.wal_id) + "\n";
  text += "seq " + std::to_string(anchor.seq) + "\n";
  text += "hash " + bitcoin::HexFromBytes(anchor.frame_hash.bytes) + "\n";
  return text + "checksum " + HexOfText(text) + "\n";
}

std::optional<Anchor> DecodeAnchor(std::string_view text) {
  if (!text.starts_with(kFormatLine)) return std::nullopt;
  std::string_view rest = text.substr(kFormatLine.size());
  const auto wal_id = TakeLine(rest, "wal ");
  const auto seq = wal_id ? TakeLine(rest, "seq ") : std::nullopt;
  const auto hash = seq ? TakeLine(rest, "hash ") : std::nullopt;
  Anchor anchor;
  if (!hash || !ParseHex(*wal_id, anchor.wal_id) || !ParseSeq(*seq, anchor.seq) ||
      !ParseHex(*hash, anchor.frame_hash.bytes)) {
    return std::nullopt;
  }
  // The checksum and the one way of writing each value are checked in one comparison.
  if (EncodeAnchor(anchor) != text) return std::nullopt;
  return anchor;
}

std::variant<Anchor, FileMissing, AnchorDamaged, DiskError> ReadAnchor(
    Disk& disk, const std::filesystem::path& file) {
  auto content = disk.ReadFile(file, kMaxAnchorBytes);
  if (auto* error = std::get_if<DiskError>(&content)) return *error;
  if (std::holds_alternative<FileMissing>(content)) return FileMissing{};
  const auto anchor = DecodeAnchor(std::get<std::string>(content));
  if (!anchor) return AnchorDamaged{};
  return *anchor;
}

std::optional<DiskError> WriteAnchor(Disk& disk, const std::filesystem::path& file,
                                     const Anchor& anchor) {
  std::filesystem::path fresh = file;
  fresh += ".new";
  if (auto error = disk.WriteFile(fresh, EncodeAnchor(anchor))) return error;
  if (auto error = disk.RenameFile(fresh, file)) return error;
  return disk.SyncFolder(FolderOf(file));
}

}  // namespace sendonce::wal
