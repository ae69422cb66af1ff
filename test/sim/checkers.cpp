#include "checkers.h"

#include "violation.h"

namespace sendonce::sim {

Checkers::Checkers(const core::ToyNode& node, int32_t conflict_depth)
    : node_(node),
      payments_(node, book_, facts_, conflict_depth),
      promises_(node, book_, facts_, payments_) {}

void Checkers::IgnoreEffects() {
  checks_effects_ = false;
  promises_.BelieveAnswers();
}

void Checkers::OnEffect(const core::Effect& effect) {
  if (checks_effects_) CheckRest(effect);
  if (const auto* answer = std::get_if<core::Answer>(&effect)) promises_.OnAnswer(*answer);
}

void Checkers::CheckRest(const core::Effect& effect) const {
  bool rests = true;
  if (const auto* sign = std::get_if<core::Sign>(&effect)) rests = facts_.MayAskToSign(*sign);
  if (const auto* send = std::get_if<core::Broadcast>(&effect)) rests = facts_.MayBroadcast(*send);
  if (const auto* lock = std::get_if<core::LockCoins>(&effect)) {
    rests = facts_.AreCoinsOf(lock->batch, lock->coins);
  }
  if (const auto* unlock = std::get_if<core::UnlockCoins>(&effect)) {
    rests = facts_.AreCoinsOf(unlock->batch, unlock->coins);
  }
  if (const auto* send = std::get_if<core::Broadcast>(&effect))
    payments_.OnSending(send->txid, told_seq_);
  if (!rests) throw Violation("R1", "an effect leaves before the record that justifies it");
}

void Checkers::OnDurable(const core::Entry& entry) {
  payments_.OnRecord(entry);
  facts_.Take(entry);
}

void Checkers::OnRestart(const core::Ledger::Contents& loaded) {
  OnTold();
  promises_.OnCrash();
  promises_.CheckNothingIsLost();
  const auto difference = facts_.DifferenceTo(loaded);
  if (difference)
    throw Violation("recovery", "a start loads other than what the log folds to: " + *difference);
}

std::vector<bitcoin::Transaction> Checkers::OnPutBack(const Moment& then) {
  OnWorld();
  was_put_back_ = true;
  facts_ = then.facts;
  promises_.OnPutBack(then.promises);
  payments_.OnPutBack(then.never);
  std::vector<bitcoin::Transaction> lost;
  for (size_t place = 0; place < book_.all().size(); ++place) {
    const auto known = book_.all()[place];
    if (known.foreign || node_.HasSeen(known.txid)) continue;
    const core::Batch* batch = facts_.ledger().FindBatchByTxid(known.txid);
    const bool is_held = batch && !core::FindVersion(*batch, known.txid)->raw_tx.empty();
    if (is_held && known.lost) Note(known.transaction, false, {});
    if (is_held || known.lost) continue;
    book_.Lose(known.txid);
    lost.push_back(known.transaction);
  }
  return lost;
}

void Checkers::OnWorld() {
  const auto& signed_ever = node_.signed_ever();
  for (; signed_seen_ < signed_ever.size(); ++signed_seen_) {
    const auto& made = signed_ever[signed_seen_];
    Note(made, false, facts_.LikeSendsOf(made));
  }
  payments_.CheckChain();
}

void Checkers::OnForeign(const bitcoin::Transaction& transaction, const std::set<int>& like) {
  Note(transaction, true, like);
}

void Checkers::OnSplit(const bitcoin::Transaction& transaction) {
  const int place = book_.Add(transaction, true, {});
  if (place < 0) return;
  book_.NoteSplit(bitcoin::TxidOf(transaction));
  payments_.OnKnown(place);
}

void Checkers::Note(const bitcoin::Transaction& transaction, bool foreign,
                    const std::set<int>& like) {
  const int place = book_.Add(transaction, foreign, like);
  if (place >= 0) payments_.OnKnown(place);
}

}  // namespace sendonce::sim
