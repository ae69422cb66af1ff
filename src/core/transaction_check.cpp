#include "core/transaction_check.h"

#include <algorithm>

namespace sendonce::core {

namespace {

constexpr uint32_t kMaxReplaceableSequence = 0xfffffffd;  // BIP 125
constexpr uint32_t kSequenceLocktimeDisabled = 1U << 31;  // BIP 68

using Objection = std::optional<std::string>;

Objection ObjectionToInputs(const bitcoin::Transaction& transaction,
                            const std::vector<Coin>& coins) {
  if (transaction.inputs.size() != coins.size()) return "it does not spend exactly the coins";
  for (size_t i = 0; i < coins.size(); ++i) {
    const bitcoin::TxIn& input = transaction.inputs[i];
    if (input.prevout != coins[i].outpoint) return "it does not spend exactly the coins, in order";
    if (!input.script_sig.empty() || !input.witness.empty()) return "it carries a signature";
    if (input.sequence > kMaxReplaceableSequence) return "it does not signal replace-by-fee";
    if (!(input.sequence & kSequenceLocktimeDisabled)) return "an input has a relative lock time";
  }
  return std::nullopt;
}

Objection ObjectionToOutputs(const bitcoin::Transaction& transaction,
                             const std::vector<bitcoin::TxOut>& wanted) {
  const auto& outputs = transaction.outputs;
  if (outputs.size() < wanted.size()) return "an output is missing";
  if (outputs.size() > wanted.size() + kMaxChangeOutputs) {
    return "it has outputs that nobody asked for";
  }
  if (!std::equal(wanted.begin(), wanted.end(), outputs.begin())) {
    return "its outputs are not those of the sends, in order";
  }
  return std::nullopt;
}

bitcoin::Amount Sum(const std::vector<Coin>& coins) {
  bitcoin::Amount sum_sat = 0;
  for (const Coin& coin : coins) sum_sat += coin.amount_sat;
  return sum_sat;
}

// Each amount was checked to be money, and so was their sum: nothing overflows.
bitcoin::Amount Sum(const std::vector<bitcoin::TxOut>& outputs) {
  bitcoin::Amount sum_sat = 0;
  for (const bitcoin::TxOut& output : outputs) sum_sat += output.amount_sat;
  return sum_sat;
}

PaidVouts ConsecutiveVouts(const std::vector<const SendContent*>& contents) {
  PaidVouts paid;
  uint32_t vout = 0;
  for (const SendContent* content : contents) {
    auto& vouts = paid.emplace_back();
    for (size_t i = 0; i < content->outputs.size(); ++i) vouts.push_back(vout++);
  }
  return paid;
}

// The same for a transaction from the node and for one in a record: what can be said without
// knowing the change address.
Objection ObjectionToShape(const bitcoin::Transaction& transaction, const std::vector<Coin>& coins,
                           const std::vector<bitcoin::TxOut>& wanted) {
  if (transaction.lock_time != 0) return "it has a lock time";
  if (auto objection = ObjectionToInputs(transaction, coins)) return objection;
  if (auto objection = ObjectionToOutputs(transaction, wanted)) return objection;
  for (const bitcoin::TxOut& output : transaction.outputs) {
    if (!bitcoin::IsMoney(output.amount_sat)) return "an output is no amount of money";
  }
  const bitcoin::Amount spent_sat = Sum(transaction.outputs);
  if (!bitcoin::IsMoney(spent_sat) || spent_sat > Sum(coins)) return "it spends more than it has";
  return std::nullopt;
}

Objection ObjectionToChange(const std::vector<bitcoin::TxOut>& change, const Draft& draft,
                            const std::vector<bitcoin::Amount>& split_sat) {
  if (change.size() < split_sat.size()) return "a part of the change is missing";
  if (change.size() > split_sat.size() + 1) return "it has outputs that nobody asked for";
  for (size_t i = 0; i < change.size(); ++i) {
    if (i >= draft.change_scripts.size() || change[i].script != draft.change_scripts[i]) {
      return "its change goes to an address that was not asked for";
    }
    if (i < split_sat.size() && change[i].amount_sat != split_sat[i]) {
      return "its change is not split as asked";
    }
  }
  return std::nullopt;
}

int64_t OutputsVsize(const SendContent& content) {
  int64_t vsize = 0;
  for (const Payee& payee : content.outputs) vsize += bitcoin::OutputSize(payee.script);
  return vsize;
}

// Of what the send pays out; rounded down, and never more than 63 bits hold.
bitcoin::Amount PercentOf(bitcoin::Amount amount_sat, int64_t percent) {
  return amount_sat / 100 * percent + amount_sat % 100 * percent / 100;
}

Objection ObjectionToShare(bitcoin::Amount share_sat, const SendContent& content,
                           const Policy& policy) {
  if (content.max_fee_sat && share_sat > *content.max_fee_sat) return "is above max_fee_sat";
  const int64_t percent = policy.max_fee_share_percent;
  if (percent == 0 || share_sat <= PercentOf(TotalAmountSat(content), percent)) return std::nullopt;
  return "is above -maxfeeshare: " + std::to_string(percent) + " % of what it pays out";
}

}  // namespace

std::vector<bitcoin::TxOut> OutputsOf(const std::vector<const SendContent*>& contents) {
  std::vector<bitcoin::TxOut> outputs;
  for (const SendContent* content : contents) {
    for (const Payee& payee : content->outputs) {
      outputs.push_back({payee.amount_sat, payee.script});
    }
  }
  return outputs;
}

CheckedDraft CheckDraft(const Draft& draft, const std::vector<Coin>& coins,
                        const std::vector<const SendContent*>& contents,
                        const std::vector<bitcoin::Amount>& split_sat) {
  const auto transaction = bitcoin::ParseTransaction(draft.unsigned_tx);
  if (!transaction) return {std::nullopt, "it is malformed"};
  const auto wanted = OutputsOf(contents);
  if (auto objection = ObjectionToShape(*transaction, coins, wanted)) return {{}, *objection};
  const std::vector<bitcoin::TxOut> change(
      transaction->outputs.begin() + static_cast<ptrdiff_t>(wanted.size()),
      transaction->outputs.end());
  if (auto objection = ObjectionToChange(change, draft, split_sat)) return {{}, *objection};
  BatchReserved reservation;
  if (!change.empty()) reservation.change_vout = static_cast<uint32_t>(wanted.size());
  reservation.coins = coins;
  reservation.unsigned_tx = draft.unsigned_tx;
  reservation.paid = ConsecutiveVouts(contents);
  reservation.fee_sat = Sum(coins) - Sum(transaction->outputs);
  return {std::move(reservation), ""};
}

Objection ObjectionToUnsigned(const BatchReserved& record,
                              const std::vector<const SendContent*>& contents) {
  const auto transaction = bitcoin::ParseTransaction(record.unsigned_tx);
  if (!transaction) return "the unsigned transaction is malformed";
  const auto wanted = OutputsOf(contents);
  if (auto objection = ObjectionToShape(*transaction, record.coins, wanted)) return objection;
  const bool has_change = transaction->outputs.size() > wanted.size();
  if (has_change != record.change_vout.has_value()) return "the change is not as recorded";
  if (has_change && *record.change_vout != wanted.size()) return "the change is not as recorded";
  if (record.paid != ConsecutiveVouts(contents)) return "the payments are not as recorded";
  if (record.fee_sat != Sum(record.coins) - Sum(transaction->outputs)) {
    return "the fee is not as recorded";
  }
  return std::nullopt;
}

Objection ObjectionToSigned(const bitcoin::Bytes& unsigned_tx, const bitcoin::Bytes& raw_tx) {
  const auto asked = bitcoin::ParseTransaction(unsigned_tx);
  const auto got = bitcoin::ParseTransaction(raw_tx);
  if (!asked || !got) return "the signed transaction is malformed";
  if (!bitcoin::SameButForSignatures(*asked, *got)) {
    return "the signed transaction differs from the one that was given to sign";
  }
  for (const bitcoin::TxIn& input : got->inputs) {
    if (input.script_sig.empty() && input.witness.empty()) return "an input is not signed";
  }
  return std::nullopt;
}

int64_t EstimatedSignedVsize(const bitcoin::Transaction& transaction,
                             const std::vector<Coin>& coins) {
  int64_t vsize = 11;  // version, lock time, counts, segwit marker: 10.5 to 12
  for (const Coin& coin : coins) {
    vsize += bitcoin::EstimatedInputVsize(bitcoin::KindOf(coin.script));
  }
  for (const auto& output : transaction.outputs) vsize += bitcoin::OutputSize(output.script);
  return vsize;
}

std::optional<FeeObjection> ObjectionToFee(const BatchReserved& reservation,
                                           const std::vector<const SendContent*>& contents,
                                           const Policy& policy) {
  const auto transaction = bitcoin::ParseTransaction(reservation.unsigned_tx);
  const int64_t vsize = EstimatedSignedVsize(*transaction, reservation.coins);
  const bitcoin::Amount fee_sat = reservation.fee_sat;
  if (fee_sat > policy.max_fee_sat) {
    return FeeObjection{{}, "the fee of " + std::to_string(fee_sat) + " sat is above -maxtxfee"};
  }
  if (fee_sat > bitcoin::FeeForVsize(policy.max_fee_rate_sat_kvb, vsize)) {
    return FeeObjection{{}, "the fee of " + std::to_string(fee_sat) + " sat is above -maxfeerate"};
  }
  int64_t shared_vsize = vsize;
  for (const SendContent* content : contents) shared_vsize -= OutputsVsize(*content);
  const auto count = static_cast<int64_t>(contents.size());
  for (size_t i = 0; i < contents.size(); ++i) {
    const int64_t share_vsize = OutputsVsize(*contents[i]) + (shared_vsize + count - 1) / count;
    const bitcoin::Amount share_sat = (fee_sat * share_vsize + vsize - 1) / vsize;
    if (auto text = ObjectionToShare(share_sat, *contents[i], policy)) {
      return FeeObjection{i,
                          "its share of the fee, " + std::to_string(share_sat) + " sat, " + *text};
    }
  }
  return std::nullopt;
}

}  // namespace sendonce::core
