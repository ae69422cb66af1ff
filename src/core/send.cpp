#include "core/send.h"

#include <algorithm>
#include <cassert>

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
