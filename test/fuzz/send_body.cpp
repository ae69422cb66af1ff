// Bodies of submits. A second reader (reference_content.h) takes exactly what the first one takes,
// and both mean the same by it: the same bytes to hash, the same hash, and of two bodies the same
// verdict on whether they are the same content. The input is two bodies with a zero byte between.

#include "http/send_body.h"

#include "input.h"
#include "reference_content.h"
#include "target.h"

namespace sendonce::fuzz {
namespace {

using bitcoin::Network;
using core::SendContent;
using http::Problem;

constexpr std::array<const char*, 6> kFieldNames = {"outputs", "fee",       "max_fee_sat",
                                                    "batch",   "not_after", "reference"};

struct BothContents {
  SendContent content;
  ReferenceContent reference;
};

// A body that names something twice or that the API does not know is refused before the reference
// would look at it.
bool IsRefusedAsJson(const Problem& problem) {
  return problem.code == http::ProblemCode::kBadJson ||
         problem.code == http::ProblemCode::kUnknownField;
}

void CheckProblem(const Problem& problem) {
  assert(!problem.detail.empty());
  const http::Response response = http::ProblemResponse(problem);
  assert(response.status >= 400 && response.status < 500);
  assert(std::holds_alternative<http::JsonValue>(http::ParseJson(response.body)));
}

void CheckDigest(const BothContents& both) {
  const core::ContentDigest digest = core::DigestOf(both.content);
  const ReferenceDigest reference = DigestOf(both.reference.fields);
  assert(digest.hash == reference.hash && digest.field_hashes == reference.field_hashes);
  assert(static_cast<uint64_t>(digest.amount_sat) == both.reference.total_sat);
  assert(core::TotalAmountSat(both.content) == digest.amount_sat);
}

// univalue reads some escaped pairs of surrogates as another character (json.cpp says which).
bool HasEscapedSurrogates(const std::string& body) {
  return body.find("\\ud") != std::string::npos || body.find("\\uD") != std::string::npos;
}

std::optional<BothContents> ReadBoth(const std::string& body, Network network) {
  auto read = http::ReadSendBody(body, network);
  if (HasEscapedSurrogates(body)) return std::nullopt;
  const auto json = node::ParseJson(body);
  const auto reference = json ? ReadReferenceContent(*json, network) : std::nullopt;
  if (const auto* problem = std::get_if<Problem>(&read)) {
    CheckProblem(*problem);
    assert(!reference || IsRefusedAsJson(*problem));
    return std::nullopt;
  }
  assert(reference.has_value());
  BothContents both{std::move(std::get<SendContent>(read)), *reference};
  CheckDigest(both);
  return both;
}

// The name of the field that a path like "outputs[1].address" begins with.
std::string FirstName(const std::string& path) {
  return path.substr(0, path.find_first_of(".["));
}

void CheckPair(const BothContents& a, const BothContents& b) {
  std::string expected;
  for (size_t i = 0; i < kFieldNames.size() && expected.empty(); ++i) {
    if (a.reference.fields[i] != b.reference.fields[i]) expected = kFieldNames[i];
  }
  const auto named = core::DifferingField(a.content, b.content);
  const auto pruned = core::DifferingField(core::DigestOf(a.content), b.content);
  assert(named.has_value() == !expected.empty());
  assert(FirstName(named.value_or("")) == expected);
  assert(pruned.value_or("") == expected);
}

void CheckOtherBodies(const std::string& body, Network network) {
  const auto bump = http::ReadBumpBody(body);
  if (const auto* rate = std::get_if<bitcoin::FeeRate>(&bump)) {
    assert(*rate > 0 && *rate <= bitcoin::kMaxFeeRateSatKvb);
  }
  const auto adopt = http::ReadAdoptBody(body, network);
  if (const auto* taken = std::get_if<http::AdoptBody>(&adopt)) {
    assert(!taken->content || !taken->content->outputs.empty());
  }
  const auto verdict = http::ReadVerdictBody(body);
  if (const auto* given = std::get_if<http::VerdictBody>(&verdict)) {
    assert(!given->reason.empty() && given->reason.size() <= http::kMaxReasonBytes);
  }
  const auto reason = http::ReadReasonBody(body);
  if (const auto* text = std::get_if<std::string>(&reason)) {
    assert(!text->empty() && text->size() <= http::kMaxReasonBytes);
  }
}

}  // namespace
}  // namespace sendonce::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sendonce::fuzz;
  Input input(data, size);
  const auto network = input.Bool() ? Network::kMain : Network::kRegtest;
  const std::string first_body = input.Until('\0');
  const std::string second_body = input.RestAsText();
  const auto first = ReadBoth(first_body, network);
  const auto second = ReadBoth(second_body, network);
  if (first && second) CheckPair(*first, *second);
  CheckOtherBodies(first_body, network);
  return 0;
}
