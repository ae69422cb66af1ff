#include "reference_content.h"

#include <algorithm>
#include <set>

#include "reference_sha256.h"

namespace sendonce::fuzz {

namespace {

using bitcoin::Bytes;
using node::Json;

constexpr uint64_t kAllMoneySat = 2'100'000'000'000'000;
constexpr size_t kMaxOutputs = 100;
constexpr uint64_t kYear9999EndMs = 253'402'300'799'999;
constexpr size_t kMaxReference = 256;

void Put(uint64_t number, size_t width, Bytes& to) {
  for (size_t i = 0; i < width; ++i) to.push_back(static_cast<uint8_t>(number >> 8 * i));
}

// As Bitcoin writes lengths.
void PutLength(size_t length, Bytes& to) {
  if (length < 0xfd) return Put(length, 1, to);
  Put(0xfd, 1, to);
  Put(length, 2, to);
}

void PutSized(const Bytes& bytes, Bytes& to) {
  PutLength(bytes.size(), to);
  to.insert(to.end(), bytes.begin(), bytes.end());
}

// Present or not, and the value.
void PutOptional(const std::optional<uint64_t>& value, Bytes& to) {
  Put(value ? 1 : 0, 4, to);
  Put(value.value_or(0), 8, to);
}

// Digits alone, and no leading zero (JSON has none), below 2^63.
std::optional<uint64_t> Digits(const Json& value) {
  const auto text = value.NumberText();
  if (!text || text->size() > 19) return std::nullopt;
  uint64_t number = 0;
  for (const char c : *text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<uint64_t>(c - '0');
  }
  if (number > INT64_MAX) return std::nullopt;
  return number;
}

// sat/vB with up to three decimals, as sat/kvB.
std::optional<uint64_t> Rate(const Json& value) {
  const auto text = value.NumberText();
  if (!text) return std::nullopt;
  const size_t point = std::min(text->find('.'), text->size());
  std::string decimals = point == text->size() ? "" : text->substr(point + 1);
  if (decimals.size() > 3) return std::nullopt;
  decimals.resize(3, '0');
  const std::string whole = text->substr(0, point);
  if (whole.size() > 10) return std::nullopt;
  uint64_t rate = 0;
  for (const char c : whole + decimals) {
    if (c < '0' || c > '9') return std::nullopt;
    rate = rate * 10 + static_cast<uint64_t>(c - '0');
  }
  if (rate == 0 || rate > 1'000'000'000'000) return std::nullopt;
  return rate;
}

class ContentReader {
 public:
  ContentReader(const Json& body, bitcoin::Network network) : body_(body), network_(network) {}

  std::optional<ReferenceContent> Read() {
    if (!body_.IsObject() || body_.Count("outputs") != 1) return std::nullopt;
    const bool good = Outputs() && Fee() && MaxFee() && Batch() && NotAfter() && Reference();
    return good ? std::optional(content_) : std::nullopt;
  }

 private:
  bool Has(std::string_view name) const { return body_.Count(name) > 0; }

  bool Outputs() {
    const Json outputs = body_["outputs"];
    if (!outputs.IsArray() || outputs.size() == 0 || outputs.size() > kMaxOutputs) return false;
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (!Output(outputs.At(i))) return false;
    }
    return content_.total_sat <= kAllMoneySat;
  }

  bool Output(const Json& output) {
    if (!output.IsObject() || output.Count("address") != 1 || output.Count("amount_sat") != 1) {
      return false;
    }
    const auto address = output["address"].String();
    const auto amount_sat = Digits(output["amount_sat"]);
    if (!address || !amount_sat || *amount_sat == 0 || *amount_sat > kAllMoneySat) return false;
    const auto script = bitcoin::DecodeAddress(*address, network_).script;
    if (!script || *amount_sat < DustSat(*script)) return false;
    Put(*amount_sat, 8, content_.fields[0]);
    PutSized(*script, content_.fields[0]);
    content_.total_sat += *amount_sat;
    return true;
  }

  // 3 sat for each byte of the output and of an input that spends it.
  static uint64_t DustSat(const bitcoin::Script& script) {
    const uint64_t size = 8 + 1 + script.size();
    const bool witness = bitcoin::WitnessProgramOf(script).has_value();
    return 3 * (size + (witness ? 32 + 4 + 1 + 107 / 4 + 4 : 32 + 4 + 1 + 107 + 4));
  }

  bool Fee() {
    if (!Has("fee")) return true;
    const Json fee = body_["fee"];
    const size_t targets = fee.Count("conf_target");
    if (!fee.IsObject() || targets + fee.Count("rate_sat_vb") != 1) return false;
    std::optional<uint64_t> target;
    std::optional<uint64_t> rate;
    if (targets == 1) {
      target = Digits(fee["conf_target"]);
      if (!target || *target < 1 || *target > 1008) return false;
    } else {
      rate = Rate(fee["rate_sat_vb"]);
      if (!rate) return false;
    }
    PutOptional(target, content_.fields[1]);
    PutOptional(rate, content_.fields[1]);
    return true;
  }

  bool MaxFee() {
    std::optional<uint64_t> cap;
    if (Has("max_fee_sat")) {
      cap = Digits(body_["max_fee_sat"]);
      if (!cap || *cap == 0 || *cap > kAllMoneySat) return false;
    }
    PutOptional(cap, content_.fields[2]);
    return true;
  }

  bool Batch() {
    std::optional<uint64_t> batch;
    if (Has("batch")) {
      const auto value = body_["batch"].Bool();
      if (!value) return false;
      batch = *value ? 1 : 0;
    }
    PutOptional(batch, content_.fields[3]);
    return true;
  }

  bool NotAfter() {
    std::optional<uint64_t> time_ms;
    if (Has("not_after")) {
      time_ms = Digits(body_["not_after"]);
      if (!time_ms || *time_ms > kYear9999EndMs) return false;
    }
    PutOptional(time_ms, content_.fields[4]);
    return true;
  }

  bool Reference() {
    std::optional<uint64_t> size;
    std::string text;
    if (Has("reference")) {
      const auto value = body_["reference"].String();
      if (!value || value->size() > kMaxReference) return false;
      text = *value;
      size = text.size();
    }
    PutOptional(size, content_.fields[5]);
    content_.fields[5].insert(content_.fields[5].end(), text.begin(), text.end());
    return true;
  }

  const Json& body_;
  const bitcoin::Network network_;
  ReferenceContent content_;
};

}  // namespace

std::optional<ReferenceContent> ReadReferenceContent(const Json& body, bitcoin::Network network) {
  return ContentReader(body, network).Read();
}

ReferenceDigest DigestOf(const ContentFields& fields) {
  ReferenceDigest digest;
  Bytes all;
  for (size_t i = 0; i < fields.size(); ++i) {
    PutSized(fields[i], all);
    const bitcoin::Hash256 hash = ReferenceSha256(fields[i]);
    for (size_t j = 0; j < 8; ++j) {
      digest.field_hashes[i] = digest.field_hashes[i] * 256 + hash.bytes[j];
    }
  }
  digest.hash = ReferenceSha256(all);
  return digest;
}

}  // namespace sendonce::fuzz
