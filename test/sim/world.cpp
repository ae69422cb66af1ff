#include "world.h"

#include <algorithm>

namespace sendonce::sim {

using bitcoin::Amount;
using bitcoin::Transaction;
using bitcoin::TxIn;
using bitcoin::TxOut;
using core::Coin;
namespace samples = core::samples;

namespace {

constexpr uint32_t kStrangers = 2;
constexpr int kMaxBumps = 3;
constexpr int kMaxSplits = 5;
constexpr Amount kHandFeeSat = 12'000;

// Other signatures than the wallet's for sendonce.
void SignForeignly(Transaction& transaction) {
  for (TxIn& input : transaction.inputs) {
    if (!input.witness.empty()) input.witness = {{9, 9}};
    if (!input.script_sig.empty()) input.script_sig = {9, 9};
  }
}

std::vector<Transaction> TransactionsOf(const TransactionBook& book) {
  std::vector<Transaction> transactions;
  for (const auto& known : book.all()) {
    if (!known.lost) transactions.push_back(known.transaction);
  }
  return transactions;
}

// `count` coins, each by `step_sat` larger than the one before.
struct Purse {
  uint32_t count;
  Amount least_sat;
  Amount step_sat;
};

Purse PurseOf(World::Wallet wallet) {
  switch (wallet) {
    case World::Wallet::kSmallCoins:
      return {14, 57'000, 7'000};
    case World::Wallet::kFewCoins:
      return {2, 700'000, 200'000};
    case World::Wallet::kTinyCoins:
      return {26, 61'000, 700};
    default:
      return {9, 120'000, 30'000};
  }
}

}  // namespace

World::World(core::ToyNode& node, Condition& condition, Checkers& checkers, Trace& trace,
             Dice& dice, const Limits& limits)
    : node_(node),
      condition_(condition),
      checkers_(checkers),
      trace_(trace),
      dice_(dice),
      limits_(limits),
      weights_{3, 3, 1, 1, 2, 2, 2, 1, 1, 1, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1} {}

void World::Begin() {
  node_.shows_old_coins = false;
  const Purse purse = PurseOf(limits_.wallet);
  for (uint32_t i = 1; i <= purse.count; ++i) {
    const bool legacy = limits_.has_legacy_coins && i % 2 == 0;
    const Amount amount_sat = purse.least_sat + purse.step_sat * static_cast<Amount>(i - 1);
    node_.Fund(legacy ? samples::LegacyCoinOf(i, amount_sat) : samples::CoinOf(i, amount_sat), 6);
  }
  coins_made_ = purse.count;
  for (uint32_t i = 0; i < kStrangers; ++i) {
    Coin coin = samples::CoinOf(++coins_made_, 400'000);
    node_.FundStranger(coin);
    coin.script = samples::ScriptOf("stranger");
    strangers_.push_back(coin);
  }
}

void World::Happen() {
  // As often as the weight at the same place says.
  static constexpr void (World::*kEvents[])() = {
      &World::MineSome,   &World::Mine,         &World::MineMany,      &World::MineOld,
      &World::Take,       &World::TakeInABlock, &World::BumpForeignly, &World::PayInPart,
      &World::Malleate,   &World::Deposit,      &World::Reorganise,    &World::Supplant,
      &World::Evict,      &World::Restart,      &World::Stop,          &World::SwitchWallet,
      &World::LockByHand, &World::UnlockAll,    &World::FallBack,      &World::CatchUp};
  highest_ = std::max(highest_, node_.height());
  (this->*kEvents[weights_.Roll(dice_)])();
  highest_ = std::max(highest_, node_.height());
  checkers_.OnWorld();
}

// --- blocks

void World::Mine() {
  if (condition_.behind) return;
  if (trace_.on()) trace_.World("a block of all " + std::to_string(node_.mempool().size()));
  node_.Mine();
}

void World::LetAgesPass(int blocks) {
  if (trace_.on()) trace_.World(std::to_string(blocks) + " blocks");
  node_.Mine(blocks);
  highest_ = std::max(highest_, node_.height());
  checkers_.OnWorld();
}

// A miner takes what he likes.
void World::MineSome() {
  if (condition_.behind) return;
  std::vector<Transaction> chosen = node_.mempool();
  std::erase_if(chosen, [&](const Transaction&) { return dice_.OneIn(2); });
  chosen = node_.Mineable(chosen);
  if (trace_.on()) trace_.World("a block of " + std::to_string(chosen.size()));
  node_.MineOnly(chosen);
}

void World::MineMany() {
  for (int blocks = 3 + dice_.Roll(12); blocks > 0; --blocks) Mine();
}

// Whatever was ever signed is in somebody's hands.
void World::MineOld() {
  if (condition_.behind || checkers_.book().all().empty()) return;
  const auto& known = dice_.Pick(checkers_.book().all());
  if (known.lost) return;
  const Transaction old = known.transaction;
  const auto mineable = node_.Mineable({old});
  if (mineable.empty()) return;
  if (trace_.on()) trace_.World("an old transaction is mined: " + trace_.NameOf(old));
  node_.MineOnly(mineable);
}

bool World::MayTakeBlocks(int depth) const {
  const int32_t lowest = std::max(samples::kFirstHeight, highest_ - limits_.deepest_reorganisation);
  return depth > 0 && node_.height() - depth >= lowest;
}

// The new chain's first block holds old transactions in any order.
void World::Reorganise() {
  const int depth = 1 + dice_.Roll(limits_.deepest_reorganisation);
  if (condition_.behind || !MayTakeBlocks(depth)) return;
  std::vector<Transaction> old = TransactionsOf(checkers_.book());
  std::shuffle(old.begin(), old.end(), dice_);
  if (dice_.OneIn(3)) old.clear();
  if (trace_.on()) trace_.World("a reorganisation, " + std::to_string(depth) + " deep");
  node_.ReorganiseTo(depth, old);
}

// A reorganisation in which somebody takes a coin that a transaction in the last blocks has spent:
// its change, and what was built on that, is gone for good.
void World::Supplant() {
  const int depth = 1 + dice_.Roll(limits_.deepest_reorganisation);
  if (condition_.behind || !MayTakeBlocks(depth) || takings_ == limits_.most_takings) return;
  std::vector<Transaction> fresh;
  for (const auto& known : checkers_.book().all()) {
    const int32_t confirmations = node_.ConfirmationsOf(known.txid);
    const bool is_fresh = confirmations > 0 && confirmations <= depth;
    if (is_fresh && node_.SpendsFromWallet(known.transaction)) fresh.push_back(known.transaction);
  }
  if (fresh.empty()) return;
  ++takings_;
  Transaction taking = dice_.Pick(fresh);
  taking.inputs.resize(1);
  taking.outputs = {samples::OutputTo("mallory", 20'000)};
  SignForeignly(taking);
  Know(taking);
  if (trace_.on()) trace_.World("a reorganisation, with " + trace_.NameOf(taking));
  node_.ReorganiseTo(depth, {taking});
}

void World::FallBack() {
  const int depth = 1 + dice_.Roll(3);
  if (condition_.behind || !MayTakeBlocks(depth)) return;
  if (trace_.on()) trace_.World("the node is " + std::to_string(depth) + " blocks behind");
  condition_.behind = true;
  node_.FallBack(depth);
}

void World::CatchUp() {
  if (!condition_.behind) return;
  trace_.World("the node has caught up");
  condition_.behind = false;
  node_.CatchUp();
}

// --- other users

void World::Know(const Transaction& transaction, const std::set<int>& like) {
  checkers_.OnForeign(transaction, like);
}

// What takes the place of this transaction is for the same ones, if it can be.
std::set<int> World::LikeSendsOf(const Transaction& transaction) const {
  std::set<int> like;
  const auto* known = checkers_.book().Find(bitcoin::TxidOf(transaction));
  if (!known) return like;
  for (const auto* sends : {&known->pays, &known->parts}) {
    std::copy_if(sends->begin(), sends->end(), std::inserter(like, like.end()), IsLike);
  }
  return like;
}

Transaction World::SpendByHand(const Coin& coin, const std::vector<TxOut>& outputs,
                               const std::set<int>& like) {
  const Transaction spend = samples::Signed(samples::Spending({coin}, outputs), {coin}, 9);
  Know(spend, like);
  return spend;
}

std::vector<Coin> World::CoinsToTake() const {
  auto coins = node_.CoinsInChain();
  if (!limits_.takes_reserved_coins) return coins;
  auto reserved = coins;
  std::erase_if(reserved, [&](const Coin& coin) {
    return !checkers_.facts().ledger().IsReserved(coin.outpoint);
  });
  return reserved.empty() ? coins : reserved;
}

// An operator, or a thief, spends a coin of the wallet, reserved or not.
void World::TakeACoin(bool mined) {
  const auto coins = CoinsToTake();
  if (coins.empty() || takings_ == limits_.most_takings || (mined && condition_.behind)) return;
  ++takings_;
  const Coin coin = dice_.Pick(coins);
  const Amount rest_sat = coin.amount_sat * 9 / 10;
  std::vector<TxOut> outputs = {samples::OutputTo("mallory", rest_sat / 10)};
  if (dice_.OneIn(2)) outputs.push_back(samples::OutputTo("wallet", rest_sat - rest_sat / 10));
  const Transaction taking = SpendByHand(coin, outputs);
  if (trace_.on()) {
    trace_.World("somebody spends " + trace_.NameOf(coin.outpoint) + " by " +
                 trace_.NameOf(taking) + (mined ? ", in a block" : ""));
  }
  if (mined) {
    node_.MineOnly({taking});
  } else {
    node_.Broadcast(samples::BytesOf(taking));
  }
}

// Those of a batch that are in the chain; at least one of them stays out of it. If it has been
// given more, often those alone.
std::vector<Coin> World::SomeCoinsOf(const core::Batch& batch) {
  const bool has_more = batch.coins.size() > batch.core_coins;
  std::vector<Coin> coins(
      batch.coins.begin() + (has_more && !dice_.OneIn(3) ? batch.core_coins : 0),
      batch.coins.end());
  std::erase_if(coins, [&](const Coin& coin) { return !node_.IsUnspentInChain(coin.outpoint); });
  std::shuffle(coins.begin(), coins.end(), dice_);
  const size_t most = std::min(coins.size(), batch.coins.size() - 1);
  if (most > 0) coins.resize(1 + static_cast<size_t>(dice_.Roll(static_cast<int>(most))));
  return coins;
}

// Payments for some of the batch's sends, seldom in full to the last satoshi. What is like another
// stays out: by which of them it counts nobody could tell.
std::vector<TxOut> World::SomePaymentsOf(const core::Batch& batch) {
  std::vector<TxOut> outputs;
  for (const core::SendId& id : batch.sends) {
    const auto& content = checkers_.facts().ledger().FindSend(id)->content;
    if (!content || IsLike(NumberOf(id)) || dice_.OneIn(4)) continue;
    for (const core::Payee& payee : content->outputs) {
      outputs.push_back({payee.amount_sat, payee.script});
    }
  }
  if (!outputs.empty() && dice_.OneIn(5)) outputs.front().amount_sat -= 10'000;
  return outputs;
}

// What the payments need beyond these coins comes from others of the wallet. Returns what is left.
Amount World::AddCoins(const core::Batch& batch, const std::vector<TxOut>& outputs,
                       std::vector<Coin>& coins) const {
  Amount rest_sat = -kHandFeeSat;
  for (const Coin& coin : coins) rest_sat += coin.amount_sat;
  for (const TxOut& output : outputs) rest_sat -= output.amount_sat;
  for (const Coin& coin : node_.CoinsInChain()) {
    if (rest_sat >= 0) break;
    if (std::find(batch.coins.begin(), batch.coins.end(), coin) != batch.coins.end()) continue;
    if (checkers_.facts().ledger().IsReserved(coin.outpoint)) continue;
    coins.push_back(coin);
    rest_sat += coin.amount_sat;
  }
  return rest_sat;
}

void World::Split() {
  std::vector<core::BatchId> several;
  for (const auto& [id, batch] : checkers_.facts().ledger().batches()) {
    if (batch.coins.size() > 1) several.push_back(id);
    if (batch.coins.size() > batch.core_coins) several.insert(several.end(), 3, id);
  }
  if (several.empty() || splits_ == kMaxSplits) return;
  const core::Batch& batch = *checkers_.facts().ledger().FindBatch(dice_.Pick(several));
  auto coins = SomeCoinsOf(batch);
  auto outputs = SomePaymentsOf(batch);
  if (coins.empty() || coins.size() == batch.coins.size() || outputs.empty()) return;
  const Amount rest_sat = AddCoins(batch, outputs, coins);
  if (rest_sat < 0) return;
  if (rest_sat > 10'000) outputs.push_back(samples::OutputTo("wallet", rest_sat));
  ++splits_;
  const Transaction split = samples::Signed(samples::Spending(coins, outputs), coins, 9);
  checkers_.OnSplit(split);
  const bool mined = !condition_.behind && dice_.OneIn(2);
  if (trace_.on()) {
    trace_.World("somebody splits batch " + std::to_string(batch.id) + " by " +
                 trace_.NameOf(split) + (mined ? ", in a block" : ""));
  }
  if (mined) {
    node_.MineOnly(node_.Mineable({split}));
  } else {
    node_.Broadcast(samples::BytesOf(split));
  }
}

void World::ClearUp(int number) {
  for (const int place : std::vector(checkers_.book().PayersOf(number))) {
    const Transaction payer = checkers_.book().all()[static_cast<size_t>(place)].transaction;
    if (node_.Mineable({payer}).empty()) continue;
    const auto coins = node_.CoinsInChain();
    const auto coin = std::find_if(coins.begin(), coins.end(), [&](const Coin& one) {
      return one.outpoint == payer.inputs.front().prevout;
    });
    if (coin == coins.end()) continue;
    const Transaction away =
        SpendByHand(*coin, {samples::OutputTo("wallet", coin->amount_sat - kHandFeeSat)});
    if (trace_.on())
      trace_.World("instead of " + trace_.NameOf(payer) + ": " + trace_.NameOf(away));
    node_.MineOnly({away});
  }
}

bitcoin::Txid World::PayByHand(int number) {
  const auto coins = node_.CoinsInChain();
  std::vector<TxOut> outputs;
  Amount needed_sat = 10'000;
  for (const core::Payee& payee : PayeesOf(number, 0)) {
    outputs.push_back({payee.amount_sat, payee.script});
    needed_sat += payee.amount_sat;
  }
  const auto coin = std::find_if(coins.begin(), coins.end(),
                                 [&](const Coin& one) { return one.amount_sat >= needed_sat; });
  if (coin == coins.end()) return {};
  const Transaction payment = SpendByHand(*coin, outputs);
  if (trace_.on()) trace_.World(IdOf(number) + " is paid by hand: " + trace_.NameOf(payment));
  node_.Broadcast(samples::BytesOf(payment));
  checkers_.OnWorld();
  return bitcoin::TxidOf(payment);
}

void World::PayFromElsewhere(int number) {
  Coin coin = samples::CoinOf(++coins_made_, 1'000'000);
  node_.FundStranger(coin);
  coin.script = samples::ScriptOf("stranger");
  std::vector<TxOut> outputs;
  for (const core::Payee& payee : PayeesOf(number, 0)) {
    outputs.push_back({payee.amount_sat, payee.script});
  }
  const Transaction payment =
      SpendByHand(coin, outputs, IsLike(number) ? std::set{number} : std::set<int>{});
  if (trace_.on())
    trace_.World(IdOf(number) + " is paid from elsewhere: " + trace_.NameOf(payment));
  checkers_.payments().OnPaidFromElsewhere(number, bitcoin::TxidOf(payment));
  node_.Broadcast(samples::BytesOf(payment));
}

bool World::IsThere(const bitcoin::Txid& txid) const {
  return node_.ConfirmationsOf(txid) > 0 || node_.FindInMempool(txid);
}

void World::SendAgain(const Transaction& transaction) {
  if (condition_.down) return;
  if (trace_.on()) trace_.World("sent again by hand: " + trace_.NameOf(transaction));
  node_.Broadcast(samples::BytesOf(transaction));
  checkers_.OnWorld();
}

// One of the mempool that leaves change, with less of it.
bool World::Bump(Transaction& transaction, std::set<int>& like, bitcoin::Txid& replaced) {
  const auto& mempool = node_.mempool();
  if (mempool.empty() || bumps_ == kMaxBumps) return false;
  transaction = dice_.Pick(mempool);
  replaced = bitcoin::TxidOf(transaction);
  like = LikeSendsOf(transaction);
  TxOut& change = transaction.outputs.back();
  if (transaction.outputs.size() < 2 || change.amount_sat < 30'000) return false;
  if (change.script != samples::ScriptOf("change")) return false;
  ++bumps_;
  change.amount_sat -= 20'000;
  return true;
}

void World::SendBumped(Transaction bumped, const bitcoin::Txid& replaced, const std::set<int>& like,
                       const std::string& what) {
  SignForeignly(bumped);
  checkers_.payments().OnReplaced(replaced, bitcoin::TxidOf(bumped));
  Know(bumped, like);
  if (trace_.on()) trace_.World(what + trace_.NameOf(bumped));
  node_.Broadcast(samples::BytesOf(bumped));
}

// Somebody gives a payee less than he was to have (R7): a sum, or one output of two.
void World::PayInPart() {
  Transaction bumped;
  std::set<int> like;
  bitcoin::Txid replaced;
  if (!Bump(bumped, like, replaced)) return;
  const size_t payees = bumped.outputs.size() - 1;
  const auto place = static_cast<size_t>(dice_.Roll(static_cast<int>(payees)));
  if (payees > 1 && dice_.OneIn(3)) {
    bumped.outputs.erase(bumped.outputs.begin() + static_cast<ptrdiff_t>(place));
  } else {
    bumped.outputs[place].amount_sat -= 10'000;
  }
  SendBumped(std::move(bumped), replaced, like, "somebody pays in part by ");
}

// bumpfee: the same coins and payments, or all payments but those of one send, and less change.
void World::BumpForeignly() {
  Transaction bumped;
  std::set<int> like;
  bitcoin::Txid replaced;
  if (!Bump(bumped, like, replaced)) return;
  if (bumped.outputs.size() > 2 && dice_.OneIn(2)) {
    const bool two = bumped.outputs[1].script == samples::ScriptOf("payee2b") ||
                     bumped.outputs[1].script == samples::ScriptOf("payee5b");
    if (two && bumped.outputs.size() == 3) return;
    bumped.outputs.erase(bumped.outputs.begin(), bumped.outputs.begin() + (two ? 2 : 1));
  }
  SendBumped(std::move(bumped), replaced, like, "somebody bumps it to ");
}

// The same payment under another name, straight into a block (BIP 62).
void World::Malleate() {
  const auto& mempool = node_.mempool();
  if (condition_.behind || mempool.empty()) return;
  Transaction other = dice_.Pick(mempool);
  const std::set<int> like = LikeSendsOf(other);
  const auto* const known = checkers_.book().Find(bitcoin::TxidOf(other));
  const bool splits = known && known->splits;
  bool changed = false;
  for (TxIn& input : other.inputs) {
    if (input.script_sig.empty()) continue;
    input.script_sig.push_back(1);
    changed = true;
  }
  const auto mineable = node_.Mineable({other});
  if (!changed || mineable.empty()) return;
  splits ? checkers_.OnSplit(other) : Know(other, like);
  if (trace_.on()) trace_.World("malleated and mined: " + trace_.NameOf(other));
  node_.MineOnly(mineable);
}

// With a second transaction in the depositor's pocket that takes it back in a reorganisation.
void World::Deposit() {
  if (strangers_.empty() || condition_.behind) return;
  const Coin coin = strangers_.back();
  strangers_.pop_back();
  const Transaction back = samples::Spending({coin}, {samples::OutputTo("mallory", 350'000)});
  const Transaction deposit = samples::Spending({coin}, {samples::OutputTo("wallet", 390'000)});
  const auto mineable = node_.Mineable({deposit});
  if (mineable.empty()) return;
  Know(samples::Signed(back, {coin}, 7));
  const Transaction made = samples::Signed(deposit, {coin}, 7);
  Know(made);
  if (trace_.on()) trace_.World("a deposit: " + trace_.NameOf(made));
  node_.MineOnly({made});
}

// --- the node and its operator

void World::Evict() {
  trace_.World("the mempool is empty");
  node_.Evict();
}

void World::Restart() {
  trace_.World("the node is started again");
  condition_.down = false;
  node_.facts.started_at_ms += 100'000;
  if (dice_.OneIn(2)) node_.Evict();
}

void World::Stop() {
  condition_.down = !condition_.down;
  trace_.World(condition_.down ? "the node is down" : "the node is back");
}

void World::SwitchWallet() {
  bool& one = dice_.OneIn(2) ? condition_.wallet_locked : condition_.wallet_unloaded;
  one = !one;
  trace_.World(one ? "the wallet is locked or unloaded" : "the wallet is back");
}

void World::LockByHand() {
  const auto coins = node_.CoinsInChain();
  if (!coins.empty()) node_.Lock({dice_.Pick(coins).outpoint});
}

void World::UnlockAll() {
  trace_.World("all locks are gone");
  node_.Unlock(node_.locked());
}

void World::ComeToRest() {
  trace_.World("the world comes to rest");
  CatchUp();
  condition_ = {};
  node_.shows_old_coins = true;
  for (int i = 0; i < 5; ++i) node_.Fund(samples::CoinOf(++coins_made_, 1'000'000), 10);
  checkers_.OnWorld();
}

}  // namespace sendonce::sim
