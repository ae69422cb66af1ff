#include "core/matching.h"

#include <algorithm>
#include <cassert>
#include <optional>

namespace sendonce::core {

namespace {

// Takes outputs away one by one, so that none counts twice.
class OutputsLeft {
 public:
  explicit OutputsLeft(const bitcoin::Transaction& transaction)
      : outputs_(transaction.outputs), taken_(transaction.outputs.size(), false) {}

  std::optional<uint32_t> Take(const Payee& payee) {
    for (uint32_t vout = 0; vout < outputs_.size(); ++vout) {
      if (taken_[vout] || !SamePayee(outputs_[vout], payee)) continue;
      taken_[vout] = true;
      return vout;
    }
    return std::nullopt;
  }

  void GiveBack(const std::vector<uint32_t>& vouts) {
    for (uint32_t vout : vouts) taken_[vout] = false;
  }

  // In another amount, or taken by another send that asks for the same.
  bool HasScript(const bitcoin::Script& script) const {
    return std::any_of(outputs_.begin(), outputs_.end(),
                       [&](const bitcoin::TxOut& output) { return output.script == script; });
  }
  bool HasPayee(const Payee& payee) const {
    return std::any_of(outputs_.begin(), outputs_.end(),
                       [&](const bitcoin::TxOut& output) { return SamePayee(output, payee); });
  }

 private:
  static bool SamePayee(const bitcoin::TxOut& output, const Payee& payee) {
    return output.amount_sat == payee.amount_sat && output.script == payee.script;
  }

  const std::vector<bitcoin::TxOut>& outputs_;
  std::vector<bool> taken_;
};

// All outputs of the send or none.
std::vector<uint32_t> TakeAll(OutputsLeft& left, const SendContent& content) {
  std::vector<uint32_t> vouts;
  for (const Payee& payee : content.outputs) {
    const auto vout = left.Take(payee);
    if (!vout) {
      left.GiveBack(vouts);
      return {};
    }
    vouts.push_back(*vout);
  }
  return vouts;
}

PaymentMatch JudgeUnpaid(const OutputsLeft& left, const SendContent& content) {
  const auto& outputs = content.outputs;
  if (std::all_of(outputs.begin(), outputs.end(),
                  [&](const Payee& payee) { return left.HasPayee(payee); })) {
    return PaymentMatch::kUnclear;
  }
  const bool touched = std::any_of(outputs.begin(), outputs.end(), [&](const Payee& payee) {
    return left.HasScript(payee.script);
  });
  return touched ? PaymentMatch::kAmountDiffers : PaymentMatch::kNotPaid;
}

bool SharesAnOutput(const SendContent& a, const SendContent& b) {
  return std::any_of(a.outputs.begin(), a.outputs.end(), [&](const Payee& payee) {
    return std::any_of(b.outputs.begin(), b.outputs.end(), [&](const Payee& other) {
      return payee.script == other.script && payee.amount_sat == other.amount_sat;
    });
  });
}

// Where one of several sends that ask for the same output got none, nobody can say which of them
// was paid.
void MarkLikeSendsUnclear(Match& match, const std::vector<const SendContent*>& contents) {
  for (size_t i = 0; i < contents.size(); ++i) {
    if (match.by_send[i] != PaymentMatch::kUnclear) continue;
    for (size_t j = 0; j < contents.size(); ++j) {
      if (match.by_send[j] != PaymentMatch::kPaid) continue;
      if (!SharesAnOutput(*contents[i], *contents[j])) continue;
      match.by_send[j] = PaymentMatch::kUnclear;
      match.paid[j].clear();
    }
  }
}

// The version whose unsigned form this is, if any.
const Version* FindTwin(const bitcoin::Transaction& transaction, const Batch& batch) {
  for (const Version& version : batch.versions) {
    const auto& bytes = version.unsigned_tx.empty() ? version.raw_tx : version.unsigned_tx;
    const auto parsed = bitcoin::ParseTransaction(bytes);
    assert(parsed && "the log holds only transactions that were parsed");
    if (bitcoin::SameButForSignatures(*parsed, transaction)) return &version;
  }
  return nullptr;
}

Match MatchAsTwin(const Version& twin) {
  Match match;
  match.same_but_for_signatures = true;
  match.paid = twin.paid;
  for (const auto& vouts : twin.paid) {
    match.by_send.push_back(vouts.empty() ? PaymentMatch::kNotPaid : PaymentMatch::kPaid);
  }
  return match;
}

}  // namespace

bool Match::PaysAll() const {
  return std::all_of(by_send.begin(), by_send.end(),
                     [](PaymentMatch one) { return one == PaymentMatch::kPaid; });
}

bool Match::PaysAny() const {
  return std::any_of(by_send.begin(), by_send.end(),
                     [](PaymentMatch one) { return one == PaymentMatch::kPaid; });
}

Match MatchTransaction(const bitcoin::Transaction& transaction, const Batch& batch,
                       const std::vector<const SendContent*>& contents) {
  assert(contents.size() == batch.sends.size());
  if (const Version* twin = FindTwin(transaction, batch)) return MatchAsTwin(*twin);
  Match match;
  OutputsLeft left(transaction);
  for (const SendContent* content : contents) match.paid.push_back(TakeAll(left, *content));
  for (size_t i = 0; i < contents.size(); ++i) {
    match.by_send.push_back(match.paid[i].empty() ? JudgeUnpaid(left, *contents[i])
                                                  : PaymentMatch::kPaid);
  }
  MarkLikeSendsUnclear(match, contents);
  return match;
}

}  // namespace sendonce::core
