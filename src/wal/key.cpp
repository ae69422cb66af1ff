#include "wal/key.h"

#include <algorithm>
#include <cassert>
#include <string_view>

namespace sendonce::wal {

namespace {

// Builds a key from its parts.
class KeyParts {
 public:
  explicit KeyParts(std::string_view kind) : key_(kind.begin(), kind.end()) {}

  KeyParts& Text(std::string_view text) {
    key_.insert(key_.end(), text.begin(), text.end());
    return *this;
  }

  KeyParts& Number(uint64_t number, int width = 8) {
    for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) {
      key_.push_back(static_cast<uint8_t>((number >> shift) & 0xff));
    }
    return *this;
  }

  KeyParts& Hash(const bitcoin::Hash256& hash) {
    key_.insert(key_.end(), hash.bytes.begin(), hash.bytes.end());
    return *this;
  }

  operator Key() const { return key_; }

 private:
  Key key_;
};

uint64_t NumberIn(std::span<const uint8_t> bytes) {
  uint64_t number = 0;
  for (uint8_t byte : bytes) number = number << 8 | byte;
  return number;
}

std::string NumberText(std::span<const uint8_t> bytes) {
  return std::to_string(NumberIn(bytes));
}

// Ids are printable (core::IsValidSendId); a damaged key need not be.
std::string IdText(std::span<const uint8_t> bytes) {
  const std::string text(bytes.begin(), bytes.end());
  return core::IsValidSendId(text) ? text : "0x" + bitcoin::HexFromBytes(bytes);
}

std::string TxidText(std::span<const uint8_t> bytes) {
  bitcoin::Txid txid;
  std::copy(bytes.begin(), bytes.end(), txid.bytes.begin());
  return bitcoin::DisplayHex(txid);
}

// The kinds that have two letters: what follows them is an id or a batch.
std::optional<std::string> DescribeTwoLetterKey(char kind, std::span<const uint8_t> rest) {
  if (rest.empty()) return std::nullopt;
  const bool is_send = rest[0] == 's';
  if (!is_send && rest[0] != 'b') return std::nullopt;
  rest = rest.subspan(1);
  if (kind == 'o' && is_send) return "open mark of send " + IdText(rest);
  if (kind == 'o' && rest.size() == 8) return "open mark of batch " + NumberText(rest);
  if (kind == 'i' && is_send && rest.size() > 9) {
    return "history of send " + IdText(rest.first(rest.size() - 9)) + ": record " +
           NumberText(rest.last(8));
  }
  if (kind == 'i' && !is_send && rest.size() == 16) {
    return "history of batch " + NumberText(rest.first(8)) + ": record " + NumberText(rest.last(8));
  }
  return std::nullopt;
}

std::optional<std::string> DescribeKnownKey(std::span<const uint8_t> key) {
  if (key.empty()) return std::nullopt;
  const char kind = static_cast<char>(key[0]);
  const auto rest = key.subspan(1);
  if (kind == 'r' && rest.size() == 8) return "record " + NumberText(rest);
  if (kind == 's') return "send " + IdText(rest);
  if (kind == 'b' && rest.size() == 8) return "batch " + NumberText(rest);
  if (kind == 'h' && rest.size() == 12) {
    return "batch " + NumberText(rest.last(8)) + " confirmed at height " +
           NumberText(rest.first(4));
  }
  if (kind == 't' && rest.size() == 40) {
    return "transaction " + TxidText(rest.first(32)) + " of batch " + NumberText(rest.last(8));
  }
  if (kind == 'a' && rest.size() == 8) return "alarm " + NumberText(rest);
  if (kind == 'c' && rest.empty()) return "chain";
  return DescribeTwoLetterKey(kind, rest);
}

}  // namespace

Key FrameKey(core::Seq seq) {
  return KeyParts("r").Number(seq);
}

Key SendKey(const core::SendId& id) {
  return KeyParts("s").Text(id);
}

Key BatchKey(core::BatchId batch) {
  return KeyParts("b").Number(batch);
}

Key OpenSendKey(const core::SendId& id) {
  return KeyParts("os").Text(id);
}

Key OpenBatchKey(core::BatchId batch) {
  return KeyParts("ob").Number(batch);
}

Key ConfirmedKey(int32_t height, core::BatchId batch) {
  return KeyParts("h").Number(static_cast<uint32_t>(height), 4).Number(batch);
}

Key TxidKey(const bitcoin::Txid& txid, core::BatchId batch) {
  return KeyParts("t").Hash(txid).Number(batch);
}

// An id holds no zero byte, so the zero behind it keeps "a" and "ab" apart.
Key SendHistoryKey(const core::SendId& id, core::Seq seq) {
  return KeyParts("is").Text(id).Number(0, 1).Number(seq);
}

Key BatchHistoryKey(core::BatchId batch, core::Seq seq) {
  return KeyParts("ib").Number(batch).Number(seq);
}

Key AlarmKey(core::Seq number) {
  return KeyParts("a").Number(number);
}

Key ChainKey() {
  return KeyParts("c");
}

Key FramePrefix() {
  return KeyParts("r");
}

Key OpenSendPrefix() {
  return KeyParts("os");
}

Key OpenBatchPrefix() {
  return KeyParts("ob");
}

Key ConfirmedPrefix() {
  return KeyParts("h");
}

Key TxidPrefix(const bitcoin::Txid& txid) {
  return KeyParts("t").Hash(txid);
}

Key SendHistoryPrefix(const core::SendId& id) {
  return KeyParts("is").Text(id).Number(0, 1);
}

Key BatchHistoryPrefix(core::BatchId batch) {
  return KeyParts("ib").Number(batch);
}

Key AlarmPrefix() {
  return KeyParts("a");
}

bool HasPrefix(std::span<const uint8_t> key, std::span<const uint8_t> prefix) {
  return key.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), key.begin());
}

std::optional<core::PruneCursor> PlaceOfConfirmed(std::span<const uint8_t> key) {
  if (key.size() != ConfirmedKey(0, 0).size()) return std::nullopt;
  return core::PruneCursor{static_cast<int32_t>(NumberIn(key.subspan(1, 4))),
                           NumberIn(key.last(8))};
}

std::optional<uint64_t> NumberAtEnd(std::span<const uint8_t> key) {
  if (key.size() < 8) return std::nullopt;
  return NumberIn(key.last(8));
}

std::string DescribeKey(std::span<const uint8_t> key) {
  if (auto known = DescribeKnownKey(key)) return *known;
  return "unknown key 0x" + bitcoin::HexFromBytes(key);
}

}  // namespace sendonce::wal
