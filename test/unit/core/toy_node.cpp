#include "toy_node.h"

#include <algorithm>
#include <cassert>

#include "samples.h"

namespace sendonce::core {

namespace {

bool IsOurs(const bitcoin::Script& script) {
  return script == samples::ScriptOf("wallet") || script == samples::ScriptOf("change") ||
         script == samples::LegacyScriptOf("wallet");
}

bool IsIn(const std::vector<bitcoin::Transaction>& transactions,
          const bitcoin::Transaction& wanted) {
  return std::find(transactions.begin(), transactions.end(), wanted) != transactions.end();
}

}  // namespace

bool Conflict(const bitcoin::Transaction& a, const bitcoin::Transaction& b) {
  return std::any_of(a.inputs.begin(), a.inputs.end(), [&](const bitcoin::TxIn& one) {
    return std::any_of(b.inputs.begin(), b.inputs.end(),
                       [&](const bitcoin::TxIn& other) { return one.prevout == other.prevout; });
  });
}

ToyNode::ToyNode() {
  const WalCreated created = samples::LogBeginning();
  facts.chain = "regtest";
  facts.genesis = created.genesis;
  facts.subversion = "/Toy:1/";
  facts.wallet_name = created.wallet_name;
  facts.wallet_has_private_keys = true;
  facts.wallet_bindings = {bitcoin::HexFromBytes(created.wal_id)};
  chain_.push_back({created.tip, {}});
}

// --- what the core asks

NodeFacts ToyNode::FactsNow() const {
  NodeFacts now = facts;
  now.tip = chain_.back().position;
  now.work = samples::WorkOf(static_cast<uint32_t>(now.tip.height));
  now.wallet_height = now.tip.height;
  return now;
}

ChainStep ToyNode::ReadChain(const core::ReadChain& effect) const {
  ChainStep step;
  step.facts = FactsNow();
  for (auto known = effect.locator.rbegin(); known != effect.locator.rend(); ++known) {
    const auto found = std::find_if(chain_.begin(), chain_.end(), [&](const ReadBlock& block) {
      return block.position == *known;
    });
    if (found == chain_.end()) continue;
    step.connected = true;
    step.fork_height = known->height;
    const auto left = static_cast<size_t>(chain_.end() - found - 1);
    const auto count = static_cast<ptrdiff_t>(std::min(left, kMaxBlocksPerRead));
    step.blocks.assign(found + 1, found + 1 + count);
    step.more = left > kMaxBlocksPerRead;
    break;
  }
  return step;
}

std::vector<WalletCoin> ToyNode::ReadCoins(const core::ReadCoins& effect) const {
  std::vector<WalletCoin> coins;
  for (const auto& [outpoint, output] : Unspent(true)) {
    if (!IsOurs(output.output.script) || locked_.contains(outpoint)) continue;
    const bool is_old = output.height > 0 && output.height <= effect.above_height.value_or(0);
    if (is_old && !shows_old_coins) continue;
    coins.push_back({{outpoint, output.output.amount_sat, output.output.script}, output.height});
  }
  return coins;
}

std::vector<WalletSpend> ToyNode::ReadSpends(const core::ReadSpends& effect) const {
  std::vector<WalletSpend> spends;
  const auto note = [&](const bitcoin::Transaction& transaction, int32_t confirmations) {
    const bool ours =
        std::any_of(transaction.inputs.begin(), transaction.inputs.end(),
                    [&](const bitcoin::TxIn& input) { return !!WalletCoinAt(input.prevout); });
    if (ours) spends.push_back({bitcoin::TxidOf(transaction), confirmations, false});
  };
  for (const ReadBlock& block : chain_) {
    if (block.position.height <= effect.since.height) continue;
    for (const auto& transaction : block.transactions) {
      note(transaction, height() - block.position.height + 1);
    }
  }
  for (const auto& transaction : mempool_) note(transaction, 0);
  return spends;
}

std::vector<CoinStanding> ToyNode::LookUpCoins(const core::LookUpCoins& effect) const {
  const Outputs unspent = Unspent(true);
  std::vector<CoinStanding> standings;
  for (const bitcoin::OutPoint& outpoint : effect.coins) {
    CoinStanding standing{outpoint, unspent.contains(outpoint), std::nullopt};
    for (const auto& transaction : mempool_) {
      for (const bitcoin::TxIn& input : transaction.inputs) {
        if (input.prevout == outpoint) standing.mempool_spender = transaction;
      }
    }
    standings.push_back(std::move(standing));
  }
  return standings;
}

Outcome<Draft> ToyNode::MakeDraft(const DraftTransaction& effect) const {
  Draft draft;
  draft.tip = chain_.back().position.hash;
  draft.change_scripts.assign(effect.split_sat.size() + 1, samples::ScriptOf("change"));
  draft.fee_rate_sat_kvb = effect.fee.fee_rate_sat_kvb.value_or(estimate_sat_kvb);
  const Outputs unspent = Unspent(!effect.replaces);
  bitcoin::Amount left_sat = 0;
  const int64_t change_vsize = bitcoin::OutputSize(samples::ScriptOf("change"));
  int64_t vsize = 11 + change_vsize;
  for (const Coin& coin : effect.coins) {
    if (!unspent.contains(coin.outpoint)) draft.missing.push_back(coin.outpoint);
    left_sat += coin.amount_sat;
    vsize += bitcoin::EstimatedInputVsize(bitcoin::KindOf(coin.script));
  }
  if (!draft.missing.empty()) return draft;
  for (const bitcoin::TxOut& output : effect.outputs) {
    left_sat -= output.amount_sat;
    vsize += bitcoin::OutputSize(output.script);
  }
  std::vector<bitcoin::TxOut> outputs = effect.outputs;
  for (const bitcoin::Amount part_sat : effect.split_sat) {
    outputs.push_back({part_sat, samples::ScriptOf("change")});
    left_sat -= part_sat;
    vsize += change_vsize;
  }
  left_sat -= bitcoin::FeeForVsize(draft.fee_rate_sat_kvb, vsize);
  if (left_sat < 0) return Refused{Refusal::kCoinsDoNotCover, -4, "do not cover"};
  if (left_sat >= bitcoin::DustThresholdSat(samples::ScriptOf("change"))) {
    outputs.push_back({left_sat, samples::ScriptOf("change")});
  }
  const bitcoin::Transaction transaction = samples::Spending(effect.coins, outputs);
  draft.unsigned_tx = samples::BytesOf(transaction);
  draft.judgement = Judge(transaction);
  return draft;
}

std::optional<Refused> ToyNode::Judge(const bitcoin::Transaction& transaction) const {
  for (const bitcoin::TxOut& output : transaction.outputs) {
    if (!refused_scripts.contains(output.script)) continue;
    return Refused{Refusal::kPolicy, -26, "scriptpubkey"};
  }
  return MayReplace(transaction);
}

Outcome<bitcoin::Bytes> ToyNode::Sign(const bitcoin::Bytes& unsigned_tx) {
  auto transaction = bitcoin::ParseTransaction(unsigned_tx).value();
  // What only the mempool spends can still be signed for.
  Outputs signable = Unspent(false);
  signable.merge(Unspent(true));
  std::vector<Coin> coins;
  for (const bitcoin::TxIn& input : transaction.inputs) {
    const auto coin = WalletCoinAt(input.prevout);
    if (!coin || !signable.contains(input.prevout)) {
      return Refused{Refusal::kCannotSign, 0, "Input not found or already spent"};
    }
    coins.push_back(*coin);
  }
  transaction = samples::Signed(std::move(transaction), coins);
  if (!IsIn(signed_, transaction)) signed_.push_back(transaction);
  return samples::BytesOf(transaction);
}

void ToyNode::Lock(const std::vector<bitcoin::OutPoint>& coins) {
  locked_.insert(coins.begin(), coins.end());
}

void ToyNode::Unlock(const std::vector<bitcoin::OutPoint>& coins) {
  for (const bitcoin::OutPoint& coin : coins) locked_.erase(coin);
}

Outcome<Done> ToyNode::Broadcast(const bitcoin::Bytes& raw_tx) {
  const auto transaction = bitcoin::ParseTransaction(raw_tx).value();
  if (IsIn(mempool_, transaction)) return Done{};
  if (IsIn(InChain(), transaction)) {
    const bitcoin::Txid txid = bitcoin::TxidOf(transaction);
    for (const auto& [outpoint, output] : Unspent(false)) {
      if (outpoint.txid == txid) return Refused{Refusal::kAlreadyInChain, -27, "already in utxo"};
    }
  }
  if (auto refused = Judge(transaction)) return *refused;
  std::vector<bitcoin::Transaction> kept = {transaction};
  for (const auto& old : mempool_) {
    if (!Conflict(old, transaction)) kept.push_back(old);
  }
  RefillMempool(kept);
  if (IsIn(mempool_, transaction)) return Done{};
  return Refused{Refusal::kMissingOrSpent, -25, "bad-txns-inputs-missingorspent"};
}

std::optional<Refused> ToyNode::MayReplace(const bitcoin::Transaction& transaction) const {
  for (const auto& old : mempool_) {
    if (!Conflict(old, transaction) || FeeOf(old) < FeeOf(transaction)) continue;
    return Refused{Refusal::kFeeTooLow, -26, "insufficient fee, rejecting replacement"};
  }
  return std::nullopt;
}

// --- what happens in the world

void ToyNode::Fund(const Coin& coin, int32_t confirmations) {
  funded_.push_back(coin);
  ours_[coin.outpoint] = coin;
  funded_height_[coin.outpoint] = height() - confirmations + 1;
}

void ToyNode::FundStranger(Coin coin) {
  coin.script = samples::ScriptOf("stranger");
  funded_.push_back(coin);
  funded_height_[coin.outpoint] = height();
}

std::vector<bitcoin::Transaction> ToyNode::Mineable(
    const std::vector<bitcoin::Transaction>& candidates) const {
  std::vector<bitcoin::Transaction> mineable;
  Outputs outputs = Unspent(false);
  for (const auto& transaction : candidates) {
    if (!CanFollow(transaction, outputs)) continue;
    Apply(transaction, height() + 1, outputs);
    mineable.push_back(transaction);
  }
  return mineable;
}

std::vector<Coin> ToyNode::CoinsInChain() const {
  std::vector<Coin> coins;
  for (const auto& [outpoint, output] : Unspent(false)) {
    if (!IsOurs(output.output.script)) continue;
    coins.push_back({outpoint, output.output.amount_sat, output.output.script});
  }
  return coins;
}

void ToyNode::Append(const std::vector<bitcoin::Transaction>& transactions) {
  chain_.push_back({samples::BlockAt(height() + 1, branch_), transactions});
  for (const auto& transaction : transactions) NoteOurs(transaction);
  const auto old_mempool = mempool_;
  RefillMempool(old_mempool);
}

void ToyNode::MineOnly(const std::vector<bitcoin::Transaction>& transactions) {
  Outputs outputs = Unspent(false);
  for (const auto& transaction : transactions) {
    assert(CanFollow(transaction, outputs) && "a block is valid");
    Apply(transaction, height() + 1, outputs);
  }
  Append(transactions);
}

void ToyNode::Mine() {
  MineOnly(std::vector(mempool_));
}

void ToyNode::Mine(int blocks) {
  for (int i = 0; i < blocks; ++i) Mine();
}

std::vector<bitcoin::Transaction> ToyNode::TakeBlocks(int depth) {
  std::vector<bitcoin::Transaction> taken;
  for (int i = 0; i < depth && chain_.size() > 1; ++i) {
    const auto& transactions = chain_.back().transactions;
    taken.insert(taken.begin(), transactions.begin(), transactions.end());
    chain_.pop_back();
  }
  return taken;
}

void ToyNode::ReorganiseTo(int depth, const std::vector<bitcoin::Transaction>& candidates) {
  ToyNode below = *this;
  below.TakeBlocks(depth);
  Reorganise(depth, below.Mineable(candidates));
}

void ToyNode::Reorganise(int depth, const std::vector<bitcoin::Transaction>& transactions) {
  const int32_t old_height = height();
  std::vector<bitcoin::Transaction> loose = TakeBlocks(depth);
  loose.insert(loose.end(), mempool_.begin(), mempool_.end());
  mempool_.clear();
  ++branch_;
  MineOnly(transactions);
  while (height() <= old_height) Append({});
  RefillMempool(loose);
}

void ToyNode::FallBack(int depth) {
  TakeBlocks(depth);
  const auto old_mempool = mempool_;
  RefillMempool(old_mempool);
}

// Those that can follow what is in the chain and one another, each looked at until none can.
void ToyNode::RefillMempool(const std::vector<bitcoin::Transaction>& candidates) {
  mempool_.clear();
  Outputs outputs = Unspent(false);
  for (bool grows = true; grows;) {
    grows = false;
    for (const auto& transaction : candidates) {
      if (IsIn(mempool_, transaction) || !CanFollow(transaction, outputs)) continue;
      Apply(transaction, 0, outputs);
      NoteOurs(transaction);
      mempool_.push_back(transaction);
      grows = true;
    }
  }
}

// --- looking through all of it

void ToyNode::Apply(const bitcoin::Transaction& transaction, int32_t height, Outputs& outputs) {
  for (const bitcoin::TxIn& input : transaction.inputs) outputs.erase(input.prevout);
  const bitcoin::Txid txid = bitcoin::TxidOf(transaction);
  for (uint32_t vout = 0; vout < transaction.outputs.size(); ++vout) {
    outputs[{txid, vout}] = {transaction.outputs[vout], height};
  }
}

ToyNode::Outputs ToyNode::Unspent(bool with_mempool) const {
  Outputs outputs;
  for (const Coin& coin : funded_) {
    outputs[coin.outpoint] = {{coin.amount_sat, coin.script}, funded_height_.at(coin.outpoint)};
  }
  for (const ReadBlock& block : chain_) {
    for (const auto& transaction : block.transactions) {
      Apply(transaction, block.position.height, outputs);
    }
  }
  if (!with_mempool) return outputs;
  for (const auto& transaction : mempool_) Apply(transaction, 0, outputs);
  return outputs;
}

bool ToyNode::CanFollow(const bitcoin::Transaction& transaction, const Outputs& outputs) const {
  return std::all_of(transaction.inputs.begin(), transaction.inputs.end(),
                     [&](const bitcoin::TxIn& input) { return outputs.contains(input.prevout); });
}

// Spent or not, there still or not: what was ever the wallet's.
std::optional<Coin> ToyNode::WalletCoinAt(const bitcoin::OutPoint& outpoint) const {
  const auto found = ours_.find(outpoint);
  return found == ours_.end() ? std::nullopt : std::optional(found->second);
}

void ToyNode::NoteOurs(const bitcoin::Transaction& transaction) {
  const bitcoin::Txid txid = bitcoin::TxidOf(transaction);
  for (uint32_t vout = 0; vout < transaction.outputs.size(); ++vout) {
    const bitcoin::TxOut& output = transaction.outputs[vout];
    if (!IsOurs(output.script)) continue;
    const bitcoin::OutPoint outpoint{txid, vout};
    ours_[outpoint] = Coin{outpoint, output.amount_sat, output.script};
  }
}

// What it leaves, as far as the wallet can see.
bitcoin::Amount ToyNode::FeeOf(const bitcoin::Transaction& transaction) const {
  bitcoin::Amount fee_sat = 0;
  for (const bitcoin::TxIn& input : transaction.inputs) {
    if (const auto coin = WalletCoinAt(input.prevout)) fee_sat += coin->amount_sat;
  }
  for (const bitcoin::TxOut& output : transaction.outputs) fee_sat -= output.amount_sat;
  return fee_sat;
}

std::vector<bitcoin::Transaction> ToyNode::InChain() const {
  std::vector<bitcoin::Transaction> all;
  for (const ReadBlock& block : chain_) {
    all.insert(all.end(), block.transactions.begin(), block.transactions.end());
  }
  return all;
}

int ToyNode::PaymentsInChain(const bitcoin::TxOut& output) const {
  int payments = 0;
  for (const auto& transaction : InChain()) {
    payments += static_cast<int>(
        std::count(transaction.outputs.begin(), transaction.outputs.end(), output));
  }
  return payments;
}

std::optional<bitcoin::Transaction> ToyNode::FindInMempool(const bitcoin::Txid& txid) const {
  for (const auto& transaction : mempool_) {
    if (bitcoin::TxidOf(transaction) == txid) return transaction;
  }
  return std::nullopt;
}

}  // namespace sendonce::core
