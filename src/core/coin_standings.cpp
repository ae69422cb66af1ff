#include "core/coin_standings.h"

#include <algorithm>
#include <utility>

namespace sendonce::core {

namespace {

bool Spends(const bitcoin::Transaction& transaction, const bitcoin::OutPoint& coin) {
  return std::any_of(transaction.inputs.begin(), transaction.inputs.end(),
                     [&](const bitcoin::TxIn& input) { return input.prevout == coin; });
}

// A rival in the chain spends the coin: it has not vanished.
bool IsTakenInChain(const Batch& batch, const bitcoin::OutPoint& coin) {
  return std::any_of(batch.rivals.begin(), batch.rivals.end(), [&](const Rival& rival) {
    return rival.block && Spends(*bitcoin::ParseTransaction(rival.raw_tx), coin);
  });
}

}  // namespace

CoinStandings::CoinStandings(Ledger& ledger, Outbox& outbox, Follower& follower)
    : ledger_(ledger), outbox_(outbox), follower_(follower) {}

bool CoinStandings::Note(BatchId batch, const std::vector<CoinStanding>& standings, Millis now_ms) {
  bool all_unspent = true;
  std::vector<bitcoin::OutPoint> vanished;
  for (const CoinStanding& standing : standings) {
    all_unspent = all_unspent && standing.unspent;
    if (standing.unspent) continue;
    if (!standing.mempool_spender) {
      follower_.NoteMissing(standing.outpoint);
      vanished.push_back(standing.outpoint);
      continue;
    }
    // It may be a version of another batch that the sends were in (R4').
    follower_.OnTransaction(*standing.mempool_spender, now_ms);
  }
  NoteGoneRivals(batch, standings, now_ms);
  NoteVanished(batch, std::move(vanished), now_ms);
  return all_unspent;
}

// A rival that was only in the mempool is gone when a coin that it spends is not spent by it there.
void CoinStandings::NoteGoneRivals(BatchId batch, const std::vector<CoinStanding>& standings,
                                   Millis now_ms) {
  std::vector<bitcoin::Txid> gone;
  for (const Rival& rival : ledger_.FindBatch(batch)->rivals) {
    if (rival.block) continue;
    const auto transaction = bitcoin::ParseTransaction(rival.raw_tx);
    const bool is_gone =
        std::any_of(standings.begin(), standings.end(), [&](const CoinStanding& one) {
          return Spends(*transaction, one.outpoint) &&
                 !(one.mempool_spender && bitcoin::TxidOf(*one.mempool_spender) == rival.txid);
        });
    if (is_gone) gone.push_back(rival.txid);
  }
  for (const bitcoin::Txid& txid : gone) outbox_.Write(RivalGone{batch, txid}, now_ms);
}

// One look says nothing: the block that was just read, or will be, may hold what spends the coins.
// Seen twice with a whole reconciliation between, on a node that is up to date, it is written down.
void CoinStandings::NoteVanished(BatchId batch, std::vector<bitcoin::OutPoint> vanished,
                                 Millis now_ms) {
  const Batch& known = *ledger_.FindBatch(batch);
  std::erase_if(vanished,
                [&](const bitcoin::OutPoint& coin) { return IsTakenInChain(known, coin); });
  Seen& seen = seen_[batch];
  const bool goes_on = seen.vanished == vanished;
  if (!goes_on) seen.round = follower_.rounds();
  seen.vanished = vanished;
  if (!SignatureAsked(known) || known.superseded || known.confirmation) return;
  if (known.vanished == vanished) return;
  const bool some_are_back =
      std::any_of(known.vanished.begin(), known.vanished.end(), [&](const bitcoin::OutPoint& coin) {
        return std::find(vanished.begin(), vanished.end(), coin) == vanished.end();
      });
  if (some_are_back) {
    outbox_.Write(CoinsVanished{batch, {}}, now_ms);
    return;
  }
  if (!goes_on || follower_.rounds() <= seen.round) {
    return follower_.WantWallet(now_ms);
  }
  if (follower_.building_stall()) return;
  outbox_.Write(CoinsVanished{batch, std::move(vanished)}, now_ms);
}

}  // namespace sendonce::core
