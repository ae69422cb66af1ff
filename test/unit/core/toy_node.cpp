#include "toy_node.h"

#include <algorithm>
#include <cassert>

#include "samples.h"

namespace sendonce::core {

namespace {

bool IsOurs(const bitcoin::Script& script) {
  static const std::set<bitcoin::Script> ours = {
      samples::ScriptOf("wallet"), samples::ScriptOf("change"), samples::LegacyScriptOf("wallet")};
  return ours.contains(script);
}

// What a replacement has to pay more than all that it throws out, as bitcoind's
// -incrementalrelayfee of 1 sat/vB.
constexpr bitcoin::FeeRate kIncrementalRateSatKvb = 1'000;

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
  undo_.emplace_back();
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
  const auto show = [&](const Outputs& outputs) {
    for (const auto& [outpoint, output] : outputs) {
      if (!IsOurs(output.output.script) || locked_.contains(outpoint)) continue;
      if (mempool_spent_.contains(outpoint)) continue;
      const bool is_old = output.height > 0 && output.height <= effect.above_height.value_or(0);
      if (is_old && !shows_old_coins) continue;
      coins.push_back({{outpoint, output.output.amount_sat, output.output.script}, output.height});
    }
  };
  show(unspent_);
  show(fresh_);
  std::sort(coins.begin(), coins.end(), [](const WalletCoin& a, const WalletCoin& b) {
    return a.coin.outpoint < b.coin.outpoint;
  });
  return coins;
}

// Of the last block that the chain has in common with the one that ends there.
int32_t ToyNode::ForkBelow(const ChainPosition& position) const {
  const auto place = position.height - chain_.front().position.height;
  const bool is_here = place < std::ssize(chain_) &&
                       (place <= 0 || chain_[static_cast<size_t>(place)].position == position);
  return is_here ? position.height : ForkBelow(parents_.at(position.hash));
}

// As listsinceblock, which finds its way from a block that has left the chain.
std::vector<WalletSpend> ToyNode::ReadSpends(const core::ReadSpends& effect) const {
  std::vector<WalletSpend> spends;
  const auto note = [&](const bitcoin::Transaction& transaction, const bitcoin::Txid& txid,
                        int32_t confirmations) {
    if (SpendsFromWallet(transaction)) spends.push_back({txid, confirmations, false});
  };
  const int32_t since = ForkBelow(effect.since);
  for (size_t i = 0; i < chain_.size(); ++i) {
    const int32_t block_height = chain_[i].position.height;
    if (block_height <= since) continue;
    for (size_t j = 0; j < chain_[i].transactions.size(); ++j) {
      note(chain_[i].transactions[j], undo_[i].txids[j], height() - block_height + 1);
    }
  }
  for (size_t i = 0; i < mempool_.size(); ++i) note(mempool_[i], mempool_txids_[i], 0);
  for (const bitcoin::Txid& txid : spends_ever_) {
    if (!height_of_.contains(txid) && !IsInMempool(txid)) spends.push_back({txid, 0, false});
  }
  return spends;
}

std::vector<CoinStanding> ToyNode::LookUpCoins(const core::LookUpCoins& effect) const {
  std::vector<CoinStanding> standings;
  for (const bitcoin::OutPoint& outpoint : effect.coins) {
    CoinStanding standing{outpoint, FindUnspent(outpoint, true) != nullptr, std::nullopt};
    const auto spender = mempool_spent_.find(outpoint);
    if (spender != mempool_spent_.end()) standing.mempool_spender = FindInMempool(spender->second);
    standings.push_back(std::move(standing));
  }
  return standings;
}

Outcome<FoundTransaction> ToyNode::LookUpTransaction(const bitcoin::Txid& txid) const {
  FoundTransaction found;
  const auto describe = [&](const bitcoin::Transaction& transaction) {
    found.raw_tx = samples::BytesOf(transaction);
    found.fee_sat = FeeOf(transaction);
    for (uint32_t vout = 0; vout < transaction.outputs.size(); ++vout) {
      if (!IsOurs(transaction.outputs[vout].script)) found.sent_vouts.push_back(vout);
    }
    return found;
  };
  for (size_t i = 0; i < chain_.size(); ++i) {
    for (size_t j = 0; j < chain_[i].transactions.size(); ++j) {
      if (undo_[i].txids[j] != txid) continue;
      found.block = chain_[i].position;
      return describe(chain_[i].transactions[j]);
    }
  }
  if (const auto loose = FindInMempool(txid)) return describe(*loose);
  return Refused{Refusal::kNotFound, -5, "Invalid or non-wallet transaction id"};
}

Outcome<Draft> ToyNode::MakeDraft(const DraftTransaction& effect) const {
  Draft draft;
  draft.tip = chain_.back().position.hash;
  draft.change_scripts.assign(effect.split_sat.size() + 1, samples::ScriptOf("change"));
  draft.fee_rate_sat_kvb = effect.fee.fee_rate_sat_kvb.value_or(estimate_sat_kvb);
  bitcoin::Amount left_sat = 0;
  const int64_t change_vsize = bitcoin::OutputSize(samples::ScriptOf("change"));
  int64_t vsize = 11 + change_vsize;
  for (const Coin& coin : effect.coins) {
    if (!FindUnspent(coin.outpoint, !effect.replaces)) draft.missing.push_back(coin.outpoint);
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

// In the order of bitcoind's MemPoolAccept.
std::optional<Refused> ToyNode::Judge(const bitcoin::Transaction& transaction) const {
  for (const bitcoin::TxOut& output : transaction.outputs) {
    if (!refused_scripts.contains(output.script)) continue;
    return Refused{Refusal::kPolicy, -26, "scriptpubkey"};
  }
  for (const bitcoin::TxIn& input : transaction.inputs) {
    if (unspent_.contains(input.prevout) || fresh_.contains(input.prevout)) continue;
    return Refused{Refusal::kMissingOrSpent, -25, "bad-txns-inputs-missingorspent"};
  }
  const std::set<bitcoin::Txid> replaced = ReplacedBy(transaction);
  if (replaced.empty()) return std::nullopt;
  const int64_t vsize = bitcoin::VsizeOf(transaction);
  bitcoin::Amount needed_sat = bitcoin::FeeForVsize(kIncrementalRateSatKvb, vsize);
  for (const bitcoin::Txid& txid : replaced) {
    for (const bitcoin::TxIn& input : transaction.inputs) {
      if (input.prevout.txid != txid) continue;
      return Refused{Refusal::kPolicy, -26, "bad-txns-spends-conflicting-tx"};
    }
    const bitcoin::Transaction old = *FindInMempool(txid);
    needed_sat += FeeOf(old);
    // Of those that it spends the same coins as, it has to beat the rate as well.
    const bool is_cheaper = FeeOf(transaction) * bitcoin::VsizeOf(old) <= FeeOf(old) * vsize;
    if (is_cheaper && Conflict(old, transaction)) needed_sat = bitcoin::kMaxMoneySat;
  }
  if (FeeOf(transaction) >= needed_sat) return std::nullopt;
  return Refused{Refusal::kFeeTooLow, -26, "insufficient fee, rejecting replacement"};
}

Outcome<bitcoin::Bytes> ToyNode::Sign(const bitcoin::Bytes& unsigned_tx) {
  auto transaction = bitcoin::ParseTransaction(unsigned_tx).value();
  std::vector<Coin> coins;
  for (const bitcoin::TxIn& input : transaction.inputs) {
    const auto coin = WalletCoinAt(input.prevout);
    // What only the mempool spends can still be signed for.
    if (!coin || (!unspent_.contains(input.prevout) && !fresh_.contains(input.prevout))) {
      return Refused{Refusal::kCannotSign, 0, "Input not found or already spent"};
    }
    coins.push_back(*coin);
  }
  transaction = samples::Signed(std::move(transaction), coins);
  bitcoin::Bytes bytes = samples::BytesOf(transaction);
  if (signed_bytes_.insert(bytes).second) signed_.push_back(std::move(transaction));
  return bytes;
}

void ToyNode::LoseSignatures(const std::vector<bitcoin::Transaction>& lost) {
  for (const auto& transaction : lost) signed_bytes_.erase(samples::BytesOf(transaction));
}

void ToyNode::Lock(const std::vector<bitcoin::OutPoint>& coins) {
  locked_.insert(coins.begin(), coins.end());
}

void ToyNode::Unlock(const std::vector<bitcoin::OutPoint>& coins) {
  for (const bitcoin::OutPoint& coin : coins) locked_.erase(coin);
}

Outcome<Done> ToyNode::Broadcast(const bitcoin::Bytes& raw_tx) {
  auto transaction = bitcoin::ParseTransaction(raw_tx).value();
  const bitcoin::Txid txid = bitcoin::TxidOf(transaction);
  if (IsInMempool(txid)) return Done{};
  for (uint32_t vout = 0; vout < transaction.outputs.size(); ++vout) {
    if (!unspent_.contains({txid, vout})) continue;
    return Refused{Refusal::kAlreadyInChain, -27, "already in utxo"};
  }
  if (auto refused = Judge(transaction)) return *refused;
  for (const bitcoin::Txid& old : ReplacedBy(transaction)) RemoveFromMempool(old);
  AddToMempool({std::move(transaction), txid});
  return Done{};
}

// Those that conflict with it, and all that descends from them.
std::set<bitcoin::Txid> ToyNode::ReplacedBy(const bitcoin::Transaction& transaction) const {
  std::set<bitcoin::Txid> replaced;
  for (const bitcoin::TxIn& input : transaction.inputs) {
    const auto spender = mempool_spent_.find(input.prevout);
    if (spender != mempool_spent_.end()) replaced.insert(spender->second);
  }
  if (replaced.empty()) return replaced;
  // A child comes after its parents.
  for (size_t i = 0; i < mempool_.size(); ++i) {
    for (const bitcoin::TxIn& input : mempool_[i].inputs) {
      if (replaced.contains(input.prevout.txid)) replaced.insert(mempool_txids_[i]);
    }
  }
  return replaced;
}

// --- what happens in the world

void ToyNode::FundAt(const Coin& coin, int32_t height) {
  unspent_[coin.outpoint] = {{coin.amount_sat, coin.script}, height};
  outputs_ever_[coin.outpoint] = {coin.amount_sat, coin.script};
  mined_.insert(coin.outpoint);
}

void ToyNode::Fund(const Coin& coin, int32_t confirmations) {
  FundAt(coin, height() - confirmations + 1);
}

void ToyNode::FundStranger(Coin coin) {
  coin.script = samples::ScriptOf("stranger");
  FundAt(coin, height());
}

std::vector<bitcoin::Transaction> ToyNode::Mineable(
    const std::vector<bitcoin::Transaction>& candidates) const {
  std::vector<bitcoin::Transaction> mineable;
  std::set<bitcoin::OutPoint> made;
  std::set<bitcoin::OutPoint> spent;
  for (const auto& transaction : candidates) {
    const auto& inputs = transaction.inputs;
    const bool can_follow =
        std::all_of(inputs.begin(), inputs.end(), [&](const bitcoin::TxIn& input) {
          return !spent.contains(input.prevout) &&
                 (made.contains(input.prevout) || unspent_.contains(input.prevout));
        });
    if (!can_follow) continue;
    for (const bitcoin::TxIn& input : inputs) spent.insert(input.prevout);
    const bitcoin::Txid txid = bitcoin::TxidOf(transaction);
    for (uint32_t vout = 0; vout < transaction.outputs.size(); ++vout) made.insert({txid, vout});
    mineable.push_back(transaction);
  }
  return mineable;
}

std::vector<Coin> ToyNode::CoinsInChain() const {
  std::vector<Coin> coins;
  for (const auto& [outpoint, output] : unspent_) {
    if (!IsOurs(output.output.script)) continue;
    coins.push_back({outpoint, output.output.amount_sat, output.output.script});
  }
  return coins;
}

void ToyNode::Connect(const ChainPosition& position, std::vector<Known> transactions) {
  ReadBlock block{position, {}};
  Undo undo;
  parents_[position.hash] = chain_.back().position;
  for (Known& known : transactions) {
    for (const bitcoin::TxIn& input : known.transaction.inputs) {
      locked_.erase(input.prevout);
      const auto coin = unspent_.find(input.prevout);
      assert(coin != unspent_.end() && "a block is valid");
      undo.spent.emplace_back(*coin);
      unspent_.erase(coin);
    }
    Note(known.transaction, known.txid);
    height_of_[known.txid] = position.height;
    in_block_.insert({position.hash, known.txid});
    for (uint32_t vout = 0; vout < known.transaction.outputs.size(); ++vout) {
      unspent_[{known.txid, vout}] = {known.transaction.outputs[vout], position.height};
      mined_.insert({known.txid, vout});
    }
    undo.txids.push_back(known.txid);
    block.transactions.push_back(std::move(known.transaction));
  }
  chain_.push_back(std::move(block));
  undo_.push_back(std::move(undo));
}

void ToyNode::Append(const std::vector<bitcoin::Transaction>& transactions) {
  Connect(samples::BlockAt(height() + 1, branch_), KnownOf(transactions));
  RefillMempool(KnownMempool());
}

void ToyNode::MineOnly(const std::vector<bitcoin::Transaction>& transactions) {
  Append(transactions);
}

void ToyNode::Mine() {
  MineOnly(std::vector(mempool_));
}

void ToyNode::Mine(int blocks) {
  for (int i = 0; i < blocks; ++i) Mine();
}

// The transactions of the blocks, oldest first.
std::vector<ToyNode::Known> ToyNode::TakeBlocks(int depth) {
  std::vector<Known> taken;
  for (int i = 0; i < depth && chain_.size() > 1; ++i) {
    std::vector<Known> of_block;
    for (size_t j = 0; j < chain_.back().transactions.size(); ++j) {
      of_block.push_back({chain_.back().transactions[j], undo_.back().txids[j]});
    }
    for (const Known& known : of_block) {
      height_of_.erase(known.txid);
      for (uint32_t vout = 0; vout < known.transaction.outputs.size(); ++vout) {
        unspent_.erase({known.txid, vout});
      }
    }
    const auto& made_here = undo_.back().txids;
    for (const auto& coin : undo_.back().spent) {
      const auto maker = std::find(made_here.begin(), made_here.end(), coin.first.txid);
      if (maker == made_here.end()) unspent_.insert(coin);
    }
    taken.insert(taken.begin(), of_block.begin(), of_block.end());
    chain_.pop_back();
    undo_.pop_back();
  }
  return taken;
}

void ToyNode::ReorganiseTo(int depth, const std::vector<bitcoin::Transaction>& candidates) {
  const int32_t old_height = height();
  const std::vector<Known> loose = TakeBlocks(depth);
  GrowBeyond(old_height, Mineable(candidates), loose);
}

void ToyNode::Reorganise(int depth, const std::vector<bitcoin::Transaction>& transactions) {
  const int32_t old_height = height();
  const std::vector<Known> loose = TakeBlocks(depth);
  GrowBeyond(old_height, transactions, loose);
}

void ToyNode::GrowBeyond(int32_t old_height, const std::vector<bitcoin::Transaction>& transactions,
                         std::vector<Known> loose) {
  const std::vector<Known> old_mempool = KnownMempool();
  loose.insert(loose.end(), old_mempool.begin(), old_mempool.end());
  RefillMempool({});
  ++branch_;
  MineOnly(transactions);
  while (height() <= old_height) Append({});
  RefillMempool(loose);
}

void ToyNode::FallBack(int depth) {
  const auto count = std::min<ptrdiff_t>(depth, std::ssize(chain_) - 1);
  fell_from_.assign(chain_.end() - count, chain_.end());
  TakeBlocks(depth);
  RefillMempool(KnownMempool());
}

void ToyNode::CatchUp() {
  for (const ReadBlock& block : fell_from_) {
    assert(block.position.height == height() + 1);
    Connect(block.position, KnownOf(block.transactions));
  }
  fell_from_.clear();
  RefillMempool(KnownMempool());
}

// Those that can follow what is in the chain and one another, each looked at until none can.
void ToyNode::RefillMempool(const std::vector<Known>& candidates) {
  mempool_.clear();
  mempool_txids_.clear();
  fresh_.clear();
  mempool_spent_.clear();
  for (bool grows = !candidates.empty(); grows;) {
    grows = false;
    for (const Known& known : candidates) {
      if (IsInMempool(known.txid) || !CanFollow(known.transaction)) continue;
      AddToMempool(known);
      grows = true;
    }
  }
}

void ToyNode::AddToMempool(const Known& known) {
  for (const bitcoin::TxIn& input : known.transaction.inputs) {
    locked_.erase(input.prevout);  // the wallet forgets the lock once it knows the spender
    mempool_spent_[input.prevout] = known.txid;
  }
  for (uint32_t vout = 0; vout < known.transaction.outputs.size(); ++vout) {
    fresh_[{known.txid, vout}] = {known.transaction.outputs[vout], 0};
  }
  Note(known.transaction, known.txid);
  mempool_.push_back(known.transaction);
  mempool_txids_.push_back(known.txid);
}

void ToyNode::RemoveFromMempool(const bitcoin::Txid& txid) {
  const auto found = std::find(mempool_txids_.begin(), mempool_txids_.end(), txid);
  const auto place = mempool_.begin() + (found - mempool_txids_.begin());
  for (const bitcoin::TxIn& input : place->inputs) mempool_spent_.erase(input.prevout);
  for (uint32_t vout = 0; vout < place->outputs.size(); ++vout) fresh_.erase({txid, vout});
  mempool_.erase(place);
  mempool_txids_.erase(found);
}

// --- what is known

std::vector<ToyNode::Known> ToyNode::KnownOf(
    const std::vector<bitcoin::Transaction>& transactions) {
  std::vector<Known> known;
  for (const auto& one : transactions) known.push_back({one, bitcoin::TxidOf(one)});
  return known;
}

std::vector<ToyNode::Known> ToyNode::KnownMempool() const {
  std::vector<Known> known;
  for (size_t i = 0; i < mempool_.size(); ++i) known.push_back({mempool_[i], mempool_txids_[i]});
  return known;
}

const ToyNode::Output* ToyNode::FindUnspent(const bitcoin::OutPoint& outpoint,
                                            bool with_mempool) const {
  if (with_mempool && mempool_spent_.contains(outpoint)) return nullptr;
  const auto in_chain = unspent_.find(outpoint);
  if (in_chain != unspent_.end()) return &in_chain->second;
  const auto loose = fresh_.find(outpoint);
  return with_mempool && loose != fresh_.end() ? &loose->second : nullptr;
}

bool ToyNode::CanFollow(const bitcoin::Transaction& transaction) const {
  return std::all_of(
      transaction.inputs.begin(), transaction.inputs.end(),
      [&](const bitcoin::TxIn& input) { return FindUnspent(input.prevout, true) != nullptr; });
}

// Spent or not, there still or not: what was ever the wallet's.
std::optional<Coin> ToyNode::WalletCoinAt(const bitcoin::OutPoint& outpoint) const {
  const auto found = outputs_ever_.find(outpoint);
  if (found == outputs_ever_.end() || !IsOurs(found->second.script)) return std::nullopt;
  return Coin{outpoint, found->second.amount_sat, found->second.script};
}

bool ToyNode::SpendsFromWallet(const bitcoin::Transaction& transaction) const {
  return std::any_of(transaction.inputs.begin(), transaction.inputs.end(),
                     [&](const bitcoin::TxIn& input) { return !!WalletCoinAt(input.prevout); });
}

void ToyNode::Note(const bitcoin::Transaction& transaction, const bitcoin::Txid& txid) {
  if (!seen_.insert(txid).second) return;
  if (remembers_spends && SpendsFromWallet(transaction)) spends_ever_.insert(txid);
  for (uint32_t vout = 0; vout < transaction.outputs.size(); ++vout) {
    outputs_ever_[{txid, vout}] = transaction.outputs[vout];
  }
}

bitcoin::Amount ToyNode::FeeOf(const bitcoin::Transaction& transaction) const {
  bitcoin::Amount fee_sat = 0;
  for (const bitcoin::TxIn& input : transaction.inputs) {
    const auto spent = outputs_ever_.find(input.prevout);
    if (spent != outputs_ever_.end()) fee_sat += spent->second.amount_sat;
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
  for (const ReadBlock& block : chain_) {
    for (const auto& transaction : block.transactions) {
      payments += static_cast<int>(
          std::count(transaction.outputs.begin(), transaction.outputs.end(), output));
    }
  }
  return payments;
}

int32_t ToyNode::ConfirmationsOf(const bitcoin::Txid& txid) const {
  const auto found = height_of_.find(txid);
  return found == height_of_.end() ? 0 : height() - found->second + 1;
}

bool ToyNode::IsInMempool(const bitcoin::Txid& txid) const {
  return std::find(mempool_txids_.begin(), mempool_txids_.end(), txid) != mempool_txids_.end();
}

std::optional<bitcoin::Transaction> ToyNode::FindInMempool(const bitcoin::Txid& txid) const {
  const auto found = std::find(mempool_txids_.begin(), mempool_txids_.end(), txid);
  if (found == mempool_txids_.end()) return std::nullopt;
  return mempool_[static_cast<size_t>(found - mempool_txids_.begin())];
}

}  // namespace sendonce::core
