#include "http/send_body.h"

#include <optional>

#include "http/json_reader.h"

namespace sendonce::http {

namespace {

using Kind = JsonValue::Kind;
using MaybeProblem = std::optional<Problem>;

Problem BadParameter(std::string field, std::string detail) {
  return {ProblemCode::kBadParameter, std::move(detail), std::move(field)};
}

std::string Path(const std::string& parent, std::string_view name) {
  return parent.empty() ? std::string(name) : parent + "." + std::string(name);
}

MaybeProblem ReadAddress(const JsonValue& value, const std::string& field, bitcoin::Network network,
                         core::Payee& payee) {
  const auto refuse = [&](std::string detail) {
    return Problem{ProblemCode::kBadAddress, std::move(detail), field};
  };
  if (value.kind != Kind::kString) return refuse("An address is a string.");
  if (value.text.size() > kMaxAddressBytes) return refuse("This is too long for an address.");
  const bitcoin::AddressDecoding decoding = bitcoin::DecodeAddress(value.text, network);
  if (decoding.error == bitcoin::AddressError::kOtherNetwork) {
    return refuse("This address belongs to another network: this service pays on \"" +
                  std::string(bitcoin::ChainName(network)) + "\".");
  }
  if (!decoding.script) return refuse("This is not an address: check it for a typing error.");
  payee.address = value.text;
  payee.script = *decoding.script;
  return std::nullopt;
}

// REQUIRES: payee.script is set.
MaybeProblem ReadAmount(const JsonValue& value, const std::string& field, core::Payee& payee) {
  const auto refuse = [&](std::string detail) {
    return Problem{ProblemCode::kBadAmount, std::move(detail), field};
  };
  const std::optional<int64_t> amount_sat = PlainInteger(value);
  if (!amount_sat) {
    return refuse("An amount is a whole number of satoshi, written with digits alone: 150000.");
  }
  if (!bitcoin::IsMoney(*amount_sat)) return refuse("There are only 21 million bitcoin.");
  const bitcoin::Amount dust_sat = bitcoin::DustThresholdSat(payee.script);
  if (*amount_sat < dust_sat || *amount_sat == 0) {
    return refuse("This is dust, which no node relays: the least for this address is " +
                  std::to_string(dust_sat) + " sat.");
  }
  payee.amount_sat = *amount_sat;
  return std::nullopt;
}

MaybeProblem ReadOutput(const JsonValue& value, const std::string& path, bitcoin::Network network,
                        core::Payee& payee) {
  if (value.kind != Kind::kObject) {
    return BadParameter(path, "An output is an object with \"address\" and \"amount_sat\".");
  }
  if (auto name = UnknownField(value, {"address", "amount_sat"}))
    return UnknownFieldProblem(Path(path, *name));
  const JsonValue* address = FindField(value, "address");
  const JsonValue* amount = FindField(value, "amount_sat");
  if (!address) return MissingFieldProblem(Path(path, "address"));
  if (!amount) return MissingFieldProblem(Path(path, "amount_sat"));
  if (auto problem = ReadAddress(*address, Path(path, "address"), network, payee)) return problem;
  return ReadAmount(*amount, Path(path, "amount_sat"), payee);
}

MaybeProblem CheckTotal(const std::vector<core::Payee>& payees) {
  bitcoin::Amount total_sat = 0;
  for (const core::Payee& payee : payees) {
    total_sat += payee.amount_sat;
    if (!bitcoin::IsMoney(total_sat)) {
      return Problem{ProblemCode::kBadAmount, "The outputs add up to more than 21 million bitcoin.",
                     "outputs"};
    }
  }
  return std::nullopt;
}

MaybeProblem ReadOutputs(const JsonValue& value, bitcoin::Network network,
                         std::vector<core::Payee>& payees) {
  if (value.kind != Kind::kArray || value.items.empty()) {
    return BadParameter("outputs", "A send needs a list of one output or more.");
  }
  if (value.items.size() > core::kMaxOutputsPerSend) {
    return Problem{ProblemCode::kLimitExceeded,
                   "A send has at most " + std::to_string(core::kMaxOutputsPerSend) +
                       " outputs: spread them over several sends.",
                   "outputs"};
  }
  payees.resize(value.items.size());
  for (size_t i = 0; i < value.items.size(); ++i) {
    const std::string path = "outputs[" + std::to_string(i) + "]";
    if (auto problem = ReadOutput(value.items[i], path, network, payees[i])) return problem;
  }
  return CheckTotal(payees);
}

MaybeProblem ReadConfTarget(const JsonValue& value, core::FeeChoice& fee) {
  const std::optional<int64_t> target = PlainInteger(value);
  if (!target || *target < 1 || *target > core::kMaxConfTarget) {
    return Problem{ProblemCode::kBadFee,
                   "A target is a whole number of blocks, from 1 to " +
                       std::to_string(core::kMaxConfTarget) + ".",
                   "fee.conf_target"};
  }
  fee.conf_target = static_cast<int>(*target);
  return std::nullopt;
}

MaybeProblem ReadFeeRate(const JsonValue& value, const std::string& field,
                         bitcoin::FeeRate& fee_rate_sat_kvb) {
  std::optional<bitcoin::FeeRate> rate_sat_kvb;
  if (value.kind == Kind::kNumber) rate_sat_kvb = bitcoin::FeeRateFromSatVbText(value.text);
  if (!rate_sat_kvb || *rate_sat_kvb == 0) {
    return Problem{ProblemCode::kBadFee,
                   "A rate is a number of satoshi per virtual byte, above 0, with at most three "
                   "decimals and no exponent: 12.5.",
                   field};
  }
  fee_rate_sat_kvb = *rate_sat_kvb;
  return std::nullopt;
}

MaybeProblem ReadFee(const JsonValue& value, core::SendContent& content) {
  if (value.kind != Kind::kObject) {
    return Problem{ProblemCode::kBadFee,
                   "The fee is an object with either \"conf_target\" or \"rate_sat_vb\".", "fee"};
  }
  if (auto name = UnknownField(value, {"conf_target", "rate_sat_vb"})) {
    return UnknownFieldProblem(Path("fee", *name));
  }
  const JsonValue* target = FindField(value, "conf_target");
  const JsonValue* rate = FindField(value, "rate_sat_vb");
  if ((target == nullptr) == (rate == nullptr)) {
    return Problem{ProblemCode::kBadFee, "Give either \"conf_target\" or \"rate_sat_vb\".", "fee"};
  }
  core::FeeChoice& fee = content.fee.emplace();
  if (target) return ReadConfTarget(*target, fee);
  return ReadFeeRate(*rate, "fee.rate_sat_vb", fee.fee_rate_sat_kvb.emplace());
}

MaybeProblem ReadMaxFee(const JsonValue& value, core::SendContent& content) {
  const std::optional<int64_t> max_fee_sat = PlainInteger(value);
  if (!max_fee_sat || *max_fee_sat == 0 || !bitcoin::IsMoney(*max_fee_sat)) {
    return Problem{ProblemCode::kBadFee,
                   "The highest fee is a whole number of satoshi above 0, written with digits "
                   "alone: 20000.",
                   "max_fee_sat"};
  }
  content.max_fee_sat = *max_fee_sat;
  return std::nullopt;
}

MaybeProblem ReadBatch(const JsonValue& value, core::SendContent& content) {
  if (value.kind != Kind::kBool) return BadParameter("batch", "Write true or false.");
  content.batch = value.boolean;
  return std::nullopt;
}

MaybeProblem ReadNotAfter(const JsonValue& value, core::SendContent& content) {
  const std::optional<int64_t> not_after_ms = PlainInteger(value);
  if (!not_after_ms || *not_after_ms > kMaxNotAfterMs) {
    return BadParameter("not_after", "A time is a whole number of milliseconds since 1970.");
  }
  content.not_after_ms = *not_after_ms;
  return std::nullopt;
}

MaybeProblem ReadReference(const JsonValue& value, core::SendContent& content) {
  if (value.kind != Kind::kString) return BadParameter("reference", "A reference is a string.");
  if (value.text.size() > core::kMaxReferenceBytes) {
    return Problem{
        ProblemCode::kLimitExceeded,
        "A reference has at most " + std::to_string(core::kMaxReferenceBytes) + " bytes of UTF-8.",
        "reference"};
  }
  content.reference = value.text;
  return std::nullopt;
}

struct OptionalField {
  std::string_view name;
  MaybeProblem (*read)(const JsonValue& value, core::SendContent& content);
};

constexpr OptionalField kOptionalFields[] = {
    {"fee", ReadFee},
    {"max_fee_sat", ReadMaxFee},
    {"batch", ReadBatch},
    {"not_after", ReadNotAfter},
    {"reference", ReadReference},
};

struct VerdictName {
  std::string_view name;
  core::OperatorVerdict verdict;
};

constexpr VerdictName kVerdictNames[] = {
    {"pay_again", core::OperatorVerdict::kPayAgain},
    {"never", core::OperatorVerdict::kNever},
    {"paid", core::OperatorVerdict::kPaid},
};

MaybeProblem ReadFields(const JsonValue& body, bitcoin::Network network,
                        core::SendContent& content) {
  if (auto name = UnknownField(
          body, {"outputs", "fee", "max_fee_sat", "batch", "not_after", "reference"})) {
    return UnknownFieldProblem(*name);
  }
  const JsonValue* outputs = FindField(body, "outputs");
  if (!outputs) return MissingFieldProblem("outputs");
  if (auto problem = ReadOutputs(*outputs, network, content.outputs)) return problem;
  for (const OptionalField& field : kOptionalFields) {
    const JsonValue* value = FindField(body, field.name);
    if (!value) continue;
    if (auto problem = field.read(*value, content)) return problem;
  }
  return std::nullopt;
}

MaybeProblem ReadReason(const JsonValue& body, std::string& reason) {
  const JsonValue* value = FindField(body, "reason");
  if (!value) return MissingFieldProblem("reason");
  if (value->kind != Kind::kString || value->text.empty()) {
    return BadParameter("reason", "Say in a sentence why this is in order.");
  }
  if (value->text.size() > kMaxReasonBytes) {
    return Problem{ProblemCode::kLimitExceeded,
                   "A reason has at most " + std::to_string(kMaxReasonBytes) + " bytes of UTF-8.",
                   "reason"};
  }
  reason = value->text;
  return std::nullopt;
}

MaybeProblem ReadTxid(const JsonValue& body, bitcoin::Txid& txid) {
  const JsonValue* value = FindField(body, "txid");
  if (!value) return MissingFieldProblem("txid");
  std::optional<bitcoin::Txid> read;
  if (value->kind == Kind::kString) read = bitcoin::HashFromDisplayHex(value->text);
  if (!read) return BadParameter("txid", "A txid is a string of 64 hexadecimal digits.");
  txid = *read;
  return std::nullopt;
}

MaybeProblem ReadAdoptFields(const JsonValue& body, bitcoin::Network network, AdoptBody& adopt) {
  if (auto name = UnknownField(body, {"txid", "outputs", "reference"}))
    return UnknownFieldProblem(*name);
  if (auto problem = ReadTxid(body, adopt.txid)) return problem;
  const JsonValue* outputs = FindField(body, "outputs");
  const JsonValue* reference = FindField(body, "reference");
  if (!outputs && !reference) return std::nullopt;
  if (!outputs) return MissingFieldProblem("outputs");
  core::SendContent& content = adopt.content.emplace();
  if (auto problem = ReadOutputs(*outputs, network, content.outputs)) return problem;
  return reference ? ReadReference(*reference, content) : std::nullopt;
}

MaybeProblem ReadVerdict(const JsonValue& body, core::OperatorVerdict& verdict) {
  const JsonValue* value = FindField(body, "verdict");
  if (!value) return MissingFieldProblem("verdict");
  for (const VerdictName& one : kVerdictNames) {
    if (value->kind != Kind::kString || value->text != one.name) continue;
    verdict = one.verdict;
    return std::nullopt;
  }
  return BadParameter("verdict", "Write \"pay_again\", \"never\" or \"paid\".");
}

}  // namespace

std::variant<core::SendContent, Problem> ReadSendBody(std::string_view body,
                                                      bitcoin::Network network) {
  auto object = ReadObject(body);
  if (auto* problem = std::get_if<Problem>(&object)) return std::move(*problem);
  return ReadSendFields(std::get<JsonValue>(object), network);
}

std::variant<core::SendContent, Problem> ReadSendFields(const JsonValue& object,
                                                        bitcoin::Network network) {
  core::SendContent content;
  if (auto problem = ReadFields(object, network, content)) return std::move(*problem);
  return content;
}

std::variant<std::string, Problem> ReadReasonBody(std::string_view body) {
  auto object = ReadObject(body);
  if (auto* problem = std::get_if<Problem>(&object)) return std::move(*problem);
  const JsonValue& fields = std::get<JsonValue>(object);
  if (auto name = UnknownField(fields, {"reason"})) return UnknownFieldProblem(*name);
  std::string reason;
  if (auto problem = ReadReason(fields, reason)) return std::move(*problem);
  return reason;
}

std::variant<bitcoin::FeeRate, Problem> ReadBumpBody(std::string_view body) {
  auto object = ReadObject(body);
  if (auto* problem = std::get_if<Problem>(&object)) return std::move(*problem);
  const JsonValue& fields = std::get<JsonValue>(object);
  if (auto name = UnknownField(fields, {"rate_sat_vb"})) return UnknownFieldProblem(*name);
  const JsonValue* rate = FindField(fields, "rate_sat_vb");
  if (!rate) return MissingFieldProblem("rate_sat_vb");
  bitcoin::FeeRate fee_rate_sat_kvb = 0;
  if (auto problem = ReadFeeRate(*rate, "rate_sat_vb", fee_rate_sat_kvb)) {
    return std::move(*problem);
  }
  return fee_rate_sat_kvb;
}

std::variant<AdoptBody, Problem> ReadAdoptBody(std::string_view body, bitcoin::Network network) {
  auto object = ReadObject(body);
  if (auto* problem = std::get_if<Problem>(&object)) return std::move(*problem);
  const JsonValue& fields = std::get<JsonValue>(object);
  AdoptBody adopt;
  if (auto problem = ReadAdoptFields(fields, network, adopt)) return std::move(*problem);
  return adopt;
}

std::variant<VerdictBody, Problem> ReadVerdictBody(std::string_view body) {
  auto object = ReadObject(body);
  if (auto* problem = std::get_if<Problem>(&object)) return std::move(*problem);
  const JsonValue& fields = std::get<JsonValue>(object);
  if (auto name = UnknownField(fields, {"verdict", "reason"})) return UnknownFieldProblem(*name);
  VerdictBody given;
  if (auto problem = ReadVerdict(fields, given.verdict)) return std::move(*problem);
  if (auto problem = ReadReason(fields, given.reason)) return std::move(*problem);
  return given;
}

std::variant<JsonValue, Problem> ReadObject(std::string_view body, const JsonLimits& limits) {
  auto parsed = ParseJson(body, limits);
  if (const auto* problem = std::get_if<JsonProblem>(&parsed)) {
    return Problem{ProblemCode::kBadJson, "The body can not be read: " + problem->detail + ".",
                   problem->field};
  }
  JsonValue& value = std::get<JsonValue>(parsed);
  if (auto problem = ObjectProblem(value)) return std::move(*problem);
  return std::move(value);
}

std::optional<Problem> ObjectProblem(const JsonValue& value) {
  if (value.kind == Kind::kObject) return std::nullopt;
  return Problem{ProblemCode::kBadJson, "The body must be a JSON object.", ""};
}

Problem MissingFieldProblem(std::string field) {
  return {ProblemCode::kMissingField, "This field is required.", std::move(field)};
}

Problem UnknownFieldProblem(std::string field) {
  return {ProblemCode::kUnknownField,
          "There is no such field here: leave it out, or look for a misspelling.",
          std::move(field)};
}

Problem BadIdProblem() {
  return {ProblemCode::kBadId,
          "An id has 1 to " + std::to_string(core::kMaxIdLength) +
              " of A-Z a-z 0-9 . _ : ~ - and is neither \".\" nor \"..\".",
          "id"};
}

}  // namespace sendonce::http
