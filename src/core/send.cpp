#include "core/send.h"

#include <algorithm>
#include <cassert>

#include "bitcoin/byte_writer.h"

namespace sendonce::core {

namespace {

bool IsIdCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == ':' || c == '~' || c == '-';
}

std::optional<std::string> DifferingOutput(const std::vector<Payee>& stored,
                                           const std::vector<Payee>& offered) {
  for (size_t i = 0; i < std::min(stored.size(), offered.size()); ++i) {
    const std::string path = "outputs[" + std::to_string(i) + "].";
    if (stored[i].script != offered[i].script) return path + "address";
    if (stored[i].amount_sat != offered[i].amount_sat) return path + "amount_sat";
  }
  if (stored.size() != offered.size()) return "outputs";
  return std::nullopt;
}

std::optional<std::string> DifferingFee(const std::optional<FeeChoice>& stored,
                                        const std::optional<FeeChoice>& offered) {
  if (stored.has_value() != offered.has_value()) return "fee";
  if (!stored || *stored == *offered) return std::nullopt;
  return stored->conf_target != offered->conf_target ? "fee.conf_target" : "fee.rate_sat_vb";
}

constexpr std::array<const char*, kContentFields> kFieldNames = {
    "outputs", "fee", "max_fee_sat", "batch", "not_after", "reference"};

template <class T>
void AppendOptional(const std::optional<T>& value, bitcoin::Bytes& to) {
  bitcoin::AppendUint32(value.has_value() ? 1 : 0, to);
  bitcoin::AppendUint64(static_cast<uint64_t>(value.value_or(T())), to);
}

// What DifferingField compares, field by field; nothing else, so not the text of the addresses.
std::array<bitcoin::Bytes, kContentFields> FieldBytes(const SendContent& content) {
  std::array<bitcoin::Bytes, kContentFields> fields;
  for (const Payee& payee : content.outputs) {
    bitcoin::AppendUint64(static_cast<uint64_t>(payee.amount_sat), fields[0]);
    bitcoin::AppendSizedBytes(payee.script, fields[0]);
  }
  if (content.fee) {
    AppendOptional(content.fee->conf_target, fields[1]);
    AppendOptional(content.fee->fee_rate_sat_kvb, fields[1]);
  }
  AppendOptional(content.max_fee_sat, fields[2]);
  AppendOptional(content.batch, fields[3]);
  AppendOptional(content.not_after_ms, fields[4]);
  AppendOptional(content.reference ? std::optional(content.reference->size()) : std::nullopt,
                 fields[5]);
  const std::string reference = content.reference.value_or("");
  fields[5].insert(fields[5].end(), reference.begin(), reference.end());
  return fields;
}

uint64_t FirstBytesOf(const bitcoin::Hash256& hash) {
  uint64_t number = 0;
  for (size_t i = 0; i < sizeof(number); ++i) number = number << 8 | hash.bytes[i];
  return number;
}

}  // namespace

bool IsValidSendId(std::string_view id) {
  if (id.empty() || id.size() > kMaxIdLength || id == "." || id == "..") return false;
  return std::all_of(id.begin(), id.end(), IsIdCharacter);
}

std::optional<std::string> DifferingField(const SendContent& stored, const SendContent& offered) {
  if (auto field = DifferingOutput(stored.outputs, offered.outputs)) return field;
  if (auto field = DifferingFee(stored.fee, offered.fee)) return field;
  if (stored.max_fee_sat != offered.max_fee_sat) return "max_fee_sat";
  if (stored.batch != offered.batch) return "batch";
  if (stored.not_after_ms != offered.not_after_ms) return "not_after";
  if (stored.reference != offered.reference) return "reference";
  return std::nullopt;
}

ContentDigest DigestOf(const SendContent& content) {
  ContentDigest digest;
  bitcoin::Bytes all;
  const auto fields = FieldBytes(content);
  for (size_t i = 0; i < fields.size(); ++i) {
    digest.field_hashes[i] = FirstBytesOf(bitcoin::Sha256(fields[i]));
    bitcoin::AppendSizedBytes(fields[i], all);
  }
  digest.hash = bitcoin::Sha256(all);
  uint64_t total_sat = 0;  // a log that somebody else wrote may hold any amounts
  for (const Payee& payee : content.outputs) total_sat += static_cast<uint64_t>(payee.amount_sat);
  digest.amount_sat = static_cast<bitcoin::Amount>(total_sat);
  return digest;
}

std::optional<std::string> DifferingField(const ContentDigest& stored, const SendContent& offered) {
  const ContentDigest other = DigestOf(offered);
  if (other.hash == stored.hash) return std::nullopt;
  for (size_t i = 0; i < kContentFields; ++i) {
    if (other.field_hashes[i] != stored.field_hashes[i]) return kFieldNames[i];
  }
  return kFieldNames[0];
}

std::optional<std::string> DifferingField(const Send& stored, const SendContent& offered) {
  if (stored.content) return DifferingField(*stored.content, offered);
  if (stored.pruned) return DifferingField(*stored.pruned, offered);
  return std::nullopt;
}

bitcoin::Amount TotalAmountSat(const SendContent& content) {
  bitcoin::Amount total_sat = 0;
  for (const Payee& payee : content.outputs) {
    assert(bitcoin::IsMoney(payee.amount_sat));
    total_sat += payee.amount_sat;
    assert(bitcoin::IsMoney(total_sat));
  }
  return total_sat;
}

}  // namespace sendonce::core
