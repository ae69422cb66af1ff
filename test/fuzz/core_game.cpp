#include "core_game.h"

#include <algorithm>
#include <cassert>
#include <tuple>

#include "samples.h"

namespace sendonce::fuzz {

using bitcoin::Transaction;
using core::Done;
using core::Effect;
using core::Outcome;
using core::Refusal;
using core::Refused;
using core::SendContent;
using core::SendId;
using core::Unknown;

namespace samples = core::samples;

namespace {

constexpr size_t kIds = 5;
constexpr size_t kVariants = 3;  // contents of an id
constexpr uint32_t kCoins = 8;
constexpr int kMaxStepsToSettle = 2'000;
constexpr int kRoundsToFinish = 6;
constexpr size_t kMaxKnown = 24;

core::Policy PolicyOf(Input& input) {
  core::Policy policy;
  policy.conflict_depth = 40;  // deeper than any reorganisation of the game
  policy.finality = 3;
  policy.max_fee_sat = 10'000;
  policy.target_coins = input.Below(4);
  policy.bump_after_blocks = static_cast<int32_t>(input.Below(3));
  policy.max_sends_per_batch = 1 + input.Below(4);
  return policy;
}

struct OutputOrder {
  bool operator()(const bitcoin::TxOut& a, const bitcoin::TxOut& b) const {
    return std::tie(a.amount_sat, a.script) < std::tie(b.amount_sat, b.script);
  }
};

// The first amount of an id and of one of its contents: no two are alike, so that an output tells
// whom it pays.
bitcoin::Amount AmountOf(const SendId& id, size_t variant) {
  return 50'000 + 10'000 * (id.back() - '0') + 1'000 * static_cast<bitcoin::Amount>(variant);
}

}  // namespace

CoreGame::CoreGame(Input& input)
    : input_(input),
      policy_(PolicyOf(input)),
      model_(policy_),
      machine_(std::make_unique<core::Machine>(policy_, core::Ledger(log_.Load()))) {
  for (uint32_t i = 1; i <= kCoins; ++i) node_.Fund(samples::CoinOf(i, 60'000 + 30'000 * i), 6);
  Give(core::Tick{});
  if (input_.Bool()) Settle();
}

void CoreGame::Move() {
  switch (input_.Below(16)) {
    case 0:
    case 1:
      Submit();
      break;
    case 2:
      SubmitMany();
      break;
    case 3:
      AskForOne();
      break;
    case 4:
      AskForService();
      break;
    case 5:
    case 6:
      Sync();
      break;
    case 7:
    case 8:
    case 9:
      AnswerNode();
      break;
    case 10:
      RepeatReply();
      break;
    case 11:
      Chain();
      CheckPayments();
      break;
    case 12:
      Strangers();
      CheckPayments();
      break;
    case 13:
      PassTime();
      break;
    case 14:
      Decide();
      break;
    default:
      Crash();
  }
  Remember();
}

// --- callers

SendId CoreGame::Id() {
  return "w-" + std::to_string(input_.Below(kIds));
}

SendContent CoreGame::Content(const SendId& id) {
  const size_t variant = input_.Below(kVariants);
  SendContent content = samples::Paying({samples::To("payee " + id, AmountOf(id, variant))});
  if (input_.Bool()) content.reference = "r";
  const size_t more = input_.Below(8);
  if (more == 1) content.max_fee_sat = 1 + 100 * static_cast<bitcoin::Amount>(input_.Byte());
  if (more == 2) content.not_after_ms = now_ms_ + 100 * static_cast<core::Millis>(input_.Byte());
  if (more == 3) content.batch = input_.Bool();
  if (more == 4) content.fee = core::FeeChoice{1 + static_cast<int>(input_.Below(10)), {}};
  if (more == 5) {
    content.fee = core::FeeChoice{{}, 1'000 * (1 + static_cast<int64_t>(input_.Byte()))};
  }
  if (more == 6) content.outputs.push_back(samples::To("second " + id, 5'000));
  return content;
}

core::CallToken CoreGame::Call(const SendId& id, std::optional<SendContent> submitted) {
  calls_[++last_call_].push_back({id, std::move(submitted)});
  return last_call_;
}

// As the driver looks it up.
std::optional<core::Send> CoreGame::StoredOf(const SendId& id) const {
  return machine_->ledger().FindSend(id) ? std::nullopt : log_.FindSend(id);
}

void CoreGame::Submit() {
  const SendId id = Id();
  core::Submit submit;
  submit.id = id;
  submit.content = Content(id);
  submit.wait.limit_ms = 1'000 * static_cast<core::Millis>(input_.Below(3));
  submit.stored = StoredOf(id);
  submit.call = Call(id, submit.content);
  Give(submit);
}

void CoreGame::SubmitMany() {
  core::SubmitMany many;
  many.call = ++last_call_;
  auto& asked = calls_[many.call];
  const size_t count = input_.Below(4);
  for (size_t i = 0; i < count; ++i) {
    const SendId id = Id();
    const SendContent content = Content(id);
    asked.push_back({id, content});
    many.items.push_back({id, content, StoredOf(id)});
  }
  Give(many);
}

void CoreGame::AskForOne() {
  const SendId id = Id();
  switch (input_.Below(5)) {
    case 0:
    case 1:
      return Give(core::Query{Call(id), id, {1'000, core::Until::kConfirmed}, StoredOf(id)});
    case 2:
      return Give(core::Cancel{Call(id), id, StoredOf(id)});
    case 3:
      return Give(core::Bump{Call(id), id, 1'000 * (1 + static_cast<int64_t>(input_.Byte())),
                             StoredOf(id)});
    default: {
      core::QueryMany many{Call(id), {{id, StoredOf(id)}}};
      return Give(many);
    }
  }
}

void CoreGame::AskForService() {
  switch (input_.Below(5)) {
    case 0:
      return Give(core::AskStatus{++last_call_});
    case 1:
      return Give(core::AskFunds{++last_call_});
    case 2:
      return Give(core::AskAlarms{++last_call_});
    case 3:
      return Give(core::CallerGone{input_.Below(last_call_ + 1)});
    default:
      if (input_.Byte() != 0xff) return;
      stopped_ = true;
      return Give(core::StopAccepting{});
  }
}

// Somebody who looks after it; or who decides what the rules leave open.
void CoreGame::Decide() {
  const size_t what = input_.Below(8);
  if (what < 6) {
    std::vector<core::Seq> open;
    for (const auto& [number, alarm] : machine_->ledger().alarms()) {
      if (!alarm.accepted_reason) open.push_back(number);
    }
    for (const core::Seq number : open) Give(core::AcceptAlarm{++last_call_, number, "looked at"});
    return;
  }
  const SendId id = Id();
  peaceful_ = false;
  if (what == 6) {
    const auto verdict = static_cast<core::OperatorVerdict>(1 + input_.Below(3));
    return Give(core::GiveVerdict{Call(id), id, verdict, "looked at", StoredOf(id)});
  }
  const auto transaction = Known();
  if (!transaction) return;
  Give(core::Adopt{Call(id), id, Content(id), bitcoin::TxidOf(*transaction), StoredOf(id)});
}

// --- the log

void CoreGame::Sync() {
  const core::Seq waiting = log_.last_seq() - log_.durable_seq();
  if (waiting == 0) return;
  const core::Seq up_to =
      input_.Bool() ? log_.last_seq() : log_.durable_seq() + 1 + input_.Below(waiting);
  log_.Sync(up_to);
  model_.Synced(up_to);
  Give(core::Durable{up_to});
}

void CoreGame::Crash() {
  log_.LoseUnsynced();
  model_.Crashed();
  asked_.clear();
  calls_.clear();
  replies_.clear();
  stopped_ = false;
  machine_ = std::make_unique<core::Machine>(policy_, core::Ledger(log_.Load()));
  Give(core::Tick{});
}

// --- the node

void CoreGame::AnswerNode() {
  if (!asked_.empty()) AnswerAt(input_.Below(asked_.size()));
}

void CoreGame::AnswerAt(size_t index) {
  const Effect effect = asked_[index];
  asked_.erase(asked_.begin() + static_cast<ptrdiff_t>(index));
  std::visit([&](const auto& one) { Answer(one); }, effect);
}

// A reply that comes once more, long after.
void CoreGame::RepeatReply() {
  if (replies_.empty()) return;
  const core::Command again = replies_[input_.Below(replies_.size())];
  Give(again);
}

template <typename T>
Outcome<T> CoreGame::Distort(Outcome<T> honest) {
  if (honest_) return honest;
  switch (input_.Below(8)) {
    case 0:
      return Unknown{"timeout"};
    case 1:
      peaceful_ = false;
      return Refused{
          static_cast<Refusal>(input_.Below(static_cast<size_t>(Refusal::kRejected) + 1)), -1,
          "refused"};
    default:
      return honest;
  }
}

template <typename Command, typename T>
void CoreGame::Reply(Command command, Outcome<T> honest) {
  command.outcome = Distort(std::move(honest));
  replies_.push_back(command);
  Give(command);
}

void CoreGame::Answer(const core::ReadChain& effect) {
  core::ChainRead read{Distort(Outcome<core::ChainStep>(node_.ReadChain(effect))), {}, {}};
  log_.FillIn(read);
  Give(read);
}

void CoreGame::Answer(const core::ReadCoins& effect) {
  core::CoinsRead read;
  read.above_height = effect.above_height;
  read.locked = node_.locked();
  read.outcome = Distort(Outcome<std::vector<core::WalletCoin>>(node_.ReadCoins(effect)));
  Give(read);
}

void CoreGame::Answer(const core::ReadSpends& effect) {
  auto spends = node_.ReadSpends(effect);
  for (core::WalletSpend& spend : spends) spend.explained = log_.ExplainsSpend(spend.txid);
  core::SpendsRead read;
  read.outcome = Distort(Outcome<std::vector<core::WalletSpend>>(std::move(spends)));
  Give(read);
}

void CoreGame::Answer(const core::LookUpTransaction& effect) {
  core::TransactionLookedUp reply;
  reply.call = effect.call;
  reply.txid = effect.txid;
  Outcome<core::FoundTransaction> found = Refused{Refusal::kNotFound, 0, "not there"};
  if (const auto transaction = node_.FindInMempool(effect.txid)) {
    core::FoundTransaction shown;
    shown.raw_tx = samples::BytesOf(*transaction);
    for (uint32_t i = 0; i < transaction->outputs.size(); ++i) shown.sent_vouts.push_back(i);
    found = shown;
  }
  for (const auto& [id, batch] : log_.batches()) {
    if (core::FindVersion(batch, effect.txid)) reply.stored_batches.push_back(batch);
  }
  Reply(reply, std::move(found));
}

void CoreGame::Answer(const core::LookUpCoins& effect) {
  core::CoinsLookedUp reply;
  reply.batch = effect.batch;
  reply.draft = effect.draft;
  Reply(reply, Outcome<std::vector<core::CoinStanding>>(node_.LookUpCoins(effect)));
}

// A draft is the node's word, and can be anything.
void CoreGame::Answer(const core::DraftTransaction& effect) {
  auto outcome = node_.MakeDraft(effect);
  if (auto* draft = std::get_if<core::Draft>(&outcome); draft && !honest_) {
    const size_t lie = input_.Below(16);
    if (lie == 1 && !draft->unsigned_tx.empty()) {
      draft->unsigned_tx[input_.Number(2) % draft->unsigned_tx.size()] ^= 1 + input_.Byte() % 255;
    }
    if (lie == 2) draft->tip = samples::HashOf(77);
    if (lie == 3) draft->change_scripts.pop_back();
    if (lie == 4) draft->fee_rate_sat_kvb = static_cast<int64_t>(input_.Number(8));
    if (lie == 5) draft->unsigned_tx.clear();
    if (lie == 6) draft->missing = {effect.coins.front().outpoint};
  }
  Reply(core::Drafted{effect.draft, Unknown{}}, std::move(outcome));
}

void CoreGame::Answer(const core::LockCoins& effect) {
  node_.Lock(effect.coins);
  Reply(core::CoinsLocked{effect.batch, Unknown{}}, Outcome<Done>(Done{}));
}

void CoreGame::Answer(const core::UnlockCoins& effect) {
  node_.Unlock(effect.coins);
  Reply(core::CoinsUnlocked{effect.batch, Unknown{}}, Outcome<Done>(Done{}));
}

void CoreGame::Answer(const core::Sign& effect) {
  auto outcome = node_.Sign(effect.unsigned_tx);
  if (auto* raw_tx = std::get_if<bitcoin::Bytes>(&outcome); raw_tx && !honest_) {
    const size_t lie = input_.Below(8);
    if (lie == 1) (*raw_tx)[input_.Number(2) % raw_tx->size()] ^= 1 + input_.Byte() % 255;
    if (lie == 2) *raw_tx = effect.unsigned_tx;
  }
  Reply(core::Signed{effect.batch, effect.version, Unknown{}}, std::move(outcome));
}

void CoreGame::Answer(const core::Broadcast& effect) {
  // Refused before the node has seen it, or carried out and the reply lost.
  const bool arrives = honest_ || input_.Bool();
  auto outcome = arrives ? node_.Broadcast(effect.raw_tx) : Outcome<Done>(Unknown{"timeout"});
  Reply(core::Broadcasted{effect.batch, effect.txid, Unknown{}}, std::move(outcome));
}

void CoreGame::Answer(const core::FindPrunable& effect) {
  core::PrunableFound found;
  found.next = effect.from;
  Give(found);
}

// --- the world

std::optional<Transaction> CoreGame::Known() {
  if (known_.empty()) return std::nullopt;
  return known_[input_.Below(known_.size())];
}

void CoreGame::Remember() {
  const auto& signed_ever = node_.signed_ever();
  for (; signed_seen_ < signed_ever.size(); ++signed_seen_) {
    known_.push_back(signed_ever[signed_seen_]);
  }
}

void CoreGame::Chain() {
  switch (input_.Below(6)) {
    case 0:
    case 1:
      node_.Mine();
      return;
    case 2:
      node_.MineOnly({});
      return;
    case 3:
      node_.Evict();
      return;
    case 4: {
      // The new blocks hold old transactions in any order.
      const int depth =
          std::min(1 + static_cast<int>(input_.Below(3)), node_.height() - samples::kFirstHeight);
      if (depth <= 0) return;
      peaceful_ = false;
      std::vector<Transaction> old = known_;
      if (!old.empty()) {
        std::rotate(old.begin(), old.begin() + static_cast<ptrdiff_t>(input_.Below(old.size())),
                    old.end());
      }
      return node_.ReorganiseTo(depth, old);
    }
    default:
      return Give(core::ChainHint{});
  }
}

// An operator, or a thief, spends a coin; or bumps a transaction of ours, and may leave somebody
// out.
void CoreGame::Strangers() {
  if (known_.size() >= kMaxKnown) return;
  peaceful_ = false;
  const size_t what = input_.Below(4);
  const auto coins = node_.CoinsInChain();
  if (what < 2 && !coins.empty()) {
    const core::Coin coin = coins[input_.Below(coins.size())];
    const Transaction taking = samples::Signed(
        samples::Spending({coin}, {samples::OutputTo("mallory", coin.amount_sat / 2),
                                   samples::OutputTo("wallet", coin.amount_sat / 4)}),
        {coin}, 9);
    known_.push_back(taking);
    if (what == 0) return node_.MineOnly({taking});
    node_.Broadcast(samples::BytesOf(taking));
    return;
  }
  const auto& mempool = node_.mempool();
  if (mempool.empty()) return;
  Transaction bumped = mempool[input_.Below(mempool.size())];
  if (bumped.outputs.size() < 2 || bumped.outputs.back().amount_sat < 20'000) return;
  bumped.outputs.back().amount_sat -= 10'000;
  if (bumped.outputs.size() > 2 && what == 2) bumped.outputs.erase(bumped.outputs.begin());
  for (bitcoin::TxIn& input : bumped.inputs) input.witness = {{9, 9}};
  known_.push_back(bumped);
  node_.Broadcast(samples::BytesOf(bumped));
}

void CoreGame::PassTime() {
  const size_t how = input_.Below(3);
  if (how == 0) now_ms_ += static_cast<core::Millis>(input_.Byte());
  if (how == 1) now_ms_ += 100 * static_cast<core::Millis>(input_.Byte());
  if (how == 2) now_ms_ = std::max(now_ms_, std::min(machine_->next_tick_ms(), now_ms_ + 600'000));
  Give(core::Tick{});
}

// --- between the core and all that

void CoreGame::Give(const core::Command& command) {
  const core::Effects effects = machine_->Step(command, now_ms_);
  for (const Effect& effect : effects) Carry(effect);
  // Whatever was due has just been done: a driver that is to wake it at once would never sleep.
  assert(machine_->next_tick_ms() > now_ms_);
}

void CoreGame::Carry(const Effect& effect) {
  if (const auto* append = std::get_if<core::Append>(&effect)) {
    log_.Append(append->entries);
    for (const core::Entry& entry : append->entries) model_.Appended(entry);
    return;
  }
  if (const auto* answer = std::get_if<core::Answer>(&effect)) return Told(*answer);
  if (const auto* sign = std::get_if<core::Sign>(&effect)) model_.Check(*sign);
  if (const auto* broadcast = std::get_if<core::Broadcast>(&effect)) model_.Check(*broadcast);
  if (const auto* lock = std::get_if<core::LockCoins>(&effect)) model_.Check(*lock);
  asked_.push_back(effect);
}

// Each call is answered once, about what it asked for, in the order in which it asked.
void CoreGame::Told(const core::Answer& answer) {
  assert(answer.call > 0 && answer.call <= last_call_);
  const auto call = calls_.find(answer.call);
  const auto* one = std::get_if<core::SendReply>(&answer.reply);
  const auto* many = std::get_if<core::SendsReply>(&answer.reply);
  if (!one && !many) return;
  assert(call != calls_.end());
  const std::vector<Asked> asked = std::move(call->second);
  calls_.erase(call);
  const std::vector<core::SendReply> replies = many ? many->replies : std::vector{*one};
  assert(replies.size() == asked.size());
  for (size_t i = 0; i < replies.size(); ++i) {
    const auto& submitted = asked[i].submitted;
    model_.CheckAnswer(asked[i].id, submitted ? &*submitted : nullptr, replies[i]);
  }
}

// G2 and G6 on the chain itself.
void CoreGame::CheckPayments() const {
  std::map<bitcoin::TxOut, int, OutputOrder> payments;
  for (const Transaction& transaction : node_.InChain()) {
    for (const bitcoin::TxOut& output : transaction.outputs) ++payments[output];
  }
  for (size_t i = 0; i < kIds; ++i) {
    const SendId id = "w-" + std::to_string(i);
    if (model_.decided().contains(id)) continue;
    int paid = 0;
    for (size_t variant = 0; variant < kVariants; ++variant) {
      paid += payments[samples::OutputTo("payee " + id, AmountOf(id, variant))];
    }
    assert(paid <= (model_.never().contains(id) ? 0 : 1));
  }
}

// Everything is durable and the node answers honestly until nothing is left to be answered.
void CoreGame::Settle() {
  honest_ = true;
  for (int steps = 0; steps < kMaxStepsToSettle; ++steps) {
    if (log_.durable_seq() < log_.last_seq()) {
      log_.Sync(log_.last_seq());
      model_.Synced(log_.last_seq());
      Give(core::Durable{log_.last_seq()});
    } else if (!asked_.empty()) {
      AnswerAt(0);
    } else {
      honest_ = false;
      return;
    }
  }
  assert(!"the machine does not settle");
}

void CoreGame::Finish() {
  Settle();
  CheckPayments();
  if (!peaceful_ || stopped_) return;
  for (uint32_t i = 1; i <= 4; ++i) node_.Fund(samples::CoinOf(kCoins + i, 500'000), 10);
  for (int round = 0; round < kRoundsToFinish; ++round) {
    now_ms_ += 60'000;
    Give(core::ChainHint{});
    Settle();
    node_.Mine();
    Remember();
  }
  Give(core::ChainHint{});
  Settle();
  CheckPayments();
  CheckAllPaid();
}

// G5, where nothing but lost replies, lies and crashes was in the way. What was asked for at a fee
// of the caller's own may be more than he or we want to pay.
void CoreGame::CheckAllPaid() const {
  for (size_t i = 0; i < kIds; ++i) {
    const auto send = log_.FindSend("w-" + std::to_string(i));
    if (!send || !send->content || send->ending != core::Ending::kNone) continue;
    if (send->content->fee || send->content->max_fee_sat) continue;
    const core::Payee& payee = send->content->outputs.front();
    assert(node_.PaymentsInChain({payee.amount_sat, payee.script}) == 1);
  }
}

}  // namespace sendonce::fuzz
