#include "core/matching.h"

#include <algorithm>
#include <cassert>
#include <optional>

namespace sendonce::core {

namespace {

bool PaysAnother(const OutputClaims& claims, uint32_t vout, const SendId& id) {
  const auto claim = claims.find(vout);
  return claim != claims.end() && claim->second != id;
}

// Takes outputs away one by one, so that none counts twice.
class OutputsLeft {
 public:
  OutputsLeft(const bitcoin::Transaction& transaction, const OutputClaims& claims)
      : outputs_(transaction.outputs), claims_(claims), taken_(transaction.outputs.size(), false) {}

  std::optional<uint32_t> Take(const SendId& id, const Payee& payee) {
    for (uint32_t vout = 0; vout < outputs_.size(); ++vout) {
      if (taken_[vout] || PaysAnother(claims_, vout, id)) continue;
      if (!SamePayee(outputs_[vout], payee)) continue;
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
  const OutputClaims& claims_;
  std::vector<bool> taken_;
};

// All outputs of the send or none.
std::vector<uint32_t> TakeAll(OutputsLeft& left, const Wish& wish) {
  std::vector<uint32_t> vouts;
  for (const Payee& payee : wish.content->outputs) {
    const auto vout = left.Take(wish.id, payee);
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
void MarkLikeSendsUnclear(Match& match, const std::vector<Wish>& wishes) {
  for (size_t i = 0; i < wishes.size(); ++i) {
    if (match.by_send[i] != PaymentMatch::kUnclear) continue;
    for (size_t j = 0; j < wishes.size(); ++j) {
      if (match.by_send[j] != PaymentMatch::kPaid) continue;
      if (!SharesAnOutput(*wishes[i].content, *wishes[j].content)) continue;
      match.by_send[j] = PaymentMatch::kUnclear;
      match.paid[j].clear();
    }
  }
}

Match MatchAsTwin(const Version& twin, const Batch& batch, const OutputClaims& claims) {
  Match match;
  match.same_but_for_signatures = true;
  match.paid = twin.paid;
  for (size_t i = 0; i < match.paid.size(); ++i) {
    auto& vouts = match.paid[i];
    const bool is_claimed = std::any_of(vouts.begin(), vouts.end(), [&](uint32_t vout) {
      return PaysAnother(claims, vout, batch.sends[i]);
    });
    if (is_claimed) vouts.clear();
    match.by_send.push_back(is_claimed      ? PaymentMatch::kUnclear
                            : vouts.empty() ? PaymentMatch::kNotPaid
                                            : PaymentMatch::kPaid);
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

const Version* FindTwin(const bitcoin::Transaction& transaction, const Batch& batch) {
  for (const Version& version : batch.versions) {
    const auto& bytes = version.unsigned_tx.empty() ? version.raw_tx : version.unsigned_tx;
    const auto parsed = bitcoin::ParseTransaction(bytes);
    assert(parsed && "the log holds only transactions that were parsed");
    if (bitcoin::SameButForSignatures(*parsed, transaction)) return &version;
  }
  return nullptr;
}

Match MatchTransaction(const bitcoin::Transaction& transaction, const Batch& batch,
                       const std::vector<Wish>& own, const Elsewhere& elsewhere) {
  assert(own.size() == batch.sends.size());
  const OutputClaims& claims = elsewhere.claims;
  if (const Version* twin = FindTwin(transaction, batch)) return MatchAsTwin(*twin, batch, claims);
  std::vector<Wish> wishes = own;
  wishes.insert(wishes.end(), elsewhere.wishes.begin(), elsewhere.wishes.end());
  Match match;
  OutputsLeft left(transaction, claims);
  for (const Wish& wish : wishes) match.paid.push_back(TakeAll(left, wish));
  for (size_t i = 0; i < wishes.size(); ++i) {
    match.by_send.push_back(match.paid[i].empty() ? JudgeUnpaid(left, *wishes[i].content)
                                                  : PaymentMatch::kPaid);
  }
  MarkLikeSendsUnclear(match, wishes);
  match.paid.resize(own.size());
  match.by_send.resize(own.size());
  return match;
}

}  // namespace sendonce::core
