#include "machine_play.h"

#include <algorithm>
#include <stdexcept>

#include "core/pruning.h"
#include "core/views.h"

namespace sendonce::core {

namespace {

// A machine that goes on asking while everything is answered honestly is in a loop.
constexpr int kMaxStepsToSettle = 1'000;

bool AsksTheNode(const Effect& effect) {
  return !std::holds_alternative<Append>(effect) && !std::holds_alternative<Answer>(effect);
}

void AddLines(std::string& text, const std::string& more) {
  if (!text.empty() && !more.empty()) text += "\n";
  text += more;
}

}  // namespace

Policy WithWholeChange() {
  Policy policy;
  policy.target_coins = 0;
  return policy;
}

Play::Play(const Policy& policy)
    : policy_(policy), machine_(std::make_unique<Machine>(policy, Ledger(log.Load()))) {
  node.Fund(samples::CoinOf(1, 1'000'000), 6);
}

void Play::FundWith(const std::vector<Coin>& coins) {
  node = ToyNode();
  for (const Coin& coin : coins) node.Fund(coin, 6);
}

// --- one step

std::string Play::Give(const Command& command) {
  const Effects effects = machine_->Step(command, now_ms_);
  for (const Effect& effect : effects) Carry(effect);
  // Whatever is due has just been done: a driver that is to wake it at once would never sleep.
  if (machine_->next_tick_ms() <= now_ms_) throw std::logic_error("the machine does not sleep");
  return transcript.TextOf(effects);
}

void Play::Carry(const Effect& effect) {
  if (const auto* append = std::get_if<Append>(&effect)) {
    log.Append(append->entries);
  } else if (const auto* answer = std::get_if<Answer>(&effect)) {
    if (!replies_.emplace(answer->call, answer->reply).second) {
      throw std::logic_error("a call was answered twice");
    }
  } else if (AsksTheNode(effect)) {
    asked_.push_back(effect);
  }
}

template <typename EffectType>
EffectType Play::Take() {
  const auto found = std::find_if(asked_.begin(), asked_.end(), [](const Effect& effect) {
    return std::holds_alternative<EffectType>(effect);
  });
  if (found == asked_.end()) throw std::logic_error("the node was not asked for that");
  EffectType effect = std::get<EffectType>(std::move(*found));
  asked_.erase(found);
  return effect;
}

// --- callers

std::string Play::Submit(const SendId& id, const SendContent& content, Wait wait) {
  return Give(core::Submit{++last_call_, id, content, wait, StoredOf(id)});
}

std::string Play::Submit(const SendId& id, const std::vector<Payee>& outputs, Wait wait) {
  return Submit(id, samples::Paying(outputs), wait);
}

std::string Play::Query(const SendId& id, Wait wait) {
  return Give(core::Query{++last_call_, id, wait, StoredOf(id)});
}

std::string Play::SubmitMany(const std::vector<std::pair<SendId, std::vector<Payee>>>& sends) {
  core::SubmitMany many{++last_call_, {}};
  for (const auto& [id, outputs] : sends) {
    many.items.push_back({id, samples::Paying(outputs), StoredOf(id)});
  }
  return Give(many);
}

std::string Play::QueryMany(const std::vector<SendId>& ids) {
  core::QueryMany many{++last_call_, {}};
  for (const SendId& id : ids) many.items.push_back({id, StoredOf(id)});
  return Give(many);
}

// As the driver looks it up.
std::optional<Send> Play::StoredOf(const SendId& id) {
  return ledger().FindSend(id) ? std::nullopt : log.FindSend(id);
}

std::string Play::Cancel(const SendId& id) {
  return Give(core::Cancel{++last_call_, id, StoredOf(id)});
}

std::string Play::AdoptPayment(const SendId& id, const std::vector<Payee>& outputs,
                               const bitcoin::Txid& txid) {
  return Give(core::Adopt{++last_call_, id, samples::Paying(outputs), txid, StoredOf(id)});
}

std::string Play::Bump(const SendId& id, bitcoin::FeeRate fee_rate_sat_kvb) {
  return Give(core::Bump{++last_call_, id, fee_rate_sat_kvb, StoredOf(id)});
}

std::string Play::GiveVerdict(const SendId& id, OperatorVerdict verdict) {
  return Give(core::GiveVerdict{++last_call_, id, verdict, "looked at", StoredOf(id)});
}

std::string Play::AcceptAlarm(Seq alarm) {
  return Give(core::AcceptAlarm{++last_call_, alarm, "looked at"});
}

SendView Play::View(const SendId& id) {
  Query(id);
  const CallToken call = last_call_;
  if (!WasAnswered(call)) Durable();
  return std::get<SendReply>(ReplyTo(call)).send.value();
}

std::string Play::NameOfState(const SendId& id) {
  return std::string(StateName(View(id).state));
}

// --- the log

std::string Play::Durable() {
  return DurableUpTo(log.last_seq());
}

std::string Play::DurableUpTo(Seq seq) {
  log.Sync(seq);
  return Give(core::Durable{seq});
}

// --- the node

std::string Play::ReadsChain() {
  return ReadsChain(HonestStep());
}
std::string Play::ReadsChain(Outcome<ChainStep> outcome) {
  Take<ReadChain>();
  ChainRead read{std::move(outcome), {}, {}};
  log.FillIn(read);
  return Give(read);
}

std::string Play::ReadsCoins() {
  return ReadsCoins(node.ReadCoins(Asked<ReadCoins>()));
}
std::string Play::ReadsCoins(Outcome<std::vector<WalletCoin>> outcome) {
  const ReadCoins asked = Take<ReadCoins>();
  return Give(CoinsRead{std::move(outcome), asked.above_height, node.locked()});
}

std::string Play::ReadsSpends() {
  return ReadsSpends(node.ReadSpends(Asked<ReadSpends>()));
}
std::string Play::ReadsSpends(Outcome<std::vector<WalletSpend>> outcome) {
  Take<ReadSpends>();
  if (auto* spends = std::get_if<std::vector<WalletSpend>>(&outcome)) {
    for (WalletSpend& spend : *spends) spend.explained = log.ExplainsSpend(spend.txid);
  }
  return Give(SpendsRead{std::move(outcome)});
}

std::string Play::LooksUp() {
  return LooksUp(node.LookUpCoins(Asked<LookUpCoins>()));
}
std::string Play::LooksUp(Outcome<std::vector<CoinStanding>> outcome) {
  const auto effect = Take<LookUpCoins>();
  return Give(CoinsLookedUp{effect.batch, std::move(outcome), effect.draft});
}

std::string Play::LooksUpTransaction() {
  return LooksUpTransaction(node.LookUpTransaction(Asked<LookUpTransaction>().txid));
}
std::string Play::LooksUpTransaction(Outcome<FoundTransaction> outcome) {
  const auto effect = Take<LookUpTransaction>();
  return Give(TransactionLookedUp{effect.call, effect.txid, std::move(outcome), {}});
}

std::string Play::Drafts() {
  return Drafts(node.MakeDraft(Asked<DraftTransaction>()));
}
std::string Play::Drafts(Outcome<Draft> outcome) {
  const auto effect = Take<DraftTransaction>();
  return Give(Drafted{effect.draft, std::move(outcome)});
}

std::string Play::Locks(Outcome<Done> outcome) {
  const auto effect = Take<LockCoins>();
  if (std::holds_alternative<Done>(outcome)) node.Lock(effect.coins);
  return Give(CoinsLocked{effect.batch, std::move(outcome)});
}

std::string Play::Unlocks(Outcome<Done> outcome) {
  const auto effect = Take<UnlockCoins>();
  if (std::holds_alternative<Done>(outcome)) node.Unlock(effect.coins);
  return Give(CoinsUnlocked{effect.batch, std::move(outcome)});
}

std::string Play::Signs() {
  return Signs(node.Sign(Asked<Sign>().unsigned_tx));
}
std::string Play::Signs(Outcome<bitcoin::Bytes> outcome) {
  const auto effect = Take<Sign>();
  return Give(core::Signed{effect.batch, effect.version, std::move(outcome)});
}

std::string Play::Broadcasts() {
  return Broadcasts(node.Broadcast(Asked<Broadcast>().raw_tx));
}
std::string Play::Broadcasts(Outcome<Done> outcome) {
  const auto effect = Take<Broadcast>();
  return Give(Broadcasted{effect.batch, effect.txid, std::move(outcome)});
}

std::string Play::SignsUnheard() {
  node.Sign(Asked<Sign>().unsigned_tx);
  return Signs(Unknown{"timeout"});
}

std::string Play::BroadcastsUnheard() {
  node.Broadcast(Asked<Broadcast>().raw_tx);
  return Broadcasts(Unknown{"timeout"});
}

std::string Play::Finds() {
  const auto effect = Take<FindPrunable>();
  PrunableFound reply;
  reply.next = effect.from;
  for (const auto& [id, batch] : log.batches()) {
    std::vector<Send> sends;
    for (const SendId& send : batch.sends) sends.push_back(*log.FindSend(send));
    if (!HadSimpleLife(batch, sends)) continue;
    const int32_t height = batch.confirmation->block.height;
    if (height < effect.from.height || height > effect.up_to_height) continue;
    reply.next = {height, id + 1};
    reply.found.push_back({batch, std::move(sends), log.RecordsAbout(id), {}});
  }
  return Give(reply);
}

Draft Play::HonestDraft() {
  return std::get<Draft>(node.MakeDraft(Asked<DraftTransaction>()));
}

ChainStep Play::HonestStep() {
  return node.ReadChain(Asked<ReadChain>());
}

// --- time

std::string Play::After(Millis elapsed_ms) {
  now_ms_ += elapsed_ms;
  return Tick();
}

std::string Play::Wake() {
  if (machine_->next_tick_ms() < INT64_MAX) now_ms_ = machine_->next_tick_ms();
  return Tick();
}

// --- many steps at once

std::string Play::AnswerOldest() {
  const Effect& oldest = asked_.front();
  if (std::holds_alternative<ReadChain>(oldest)) return ReadsChain();
  if (std::holds_alternative<ReadCoins>(oldest)) return ReadsCoins();
  if (std::holds_alternative<ReadSpends>(oldest)) return ReadsSpends();
  if (std::holds_alternative<LookUpCoins>(oldest)) return LooksUp();
  if (std::holds_alternative<LookUpTransaction>(oldest)) return LooksUpTransaction();
  if (std::holds_alternative<DraftTransaction>(oldest)) return Drafts();
  if (std::holds_alternative<LockCoins>(oldest)) return Locks();
  if (std::holds_alternative<UnlockCoins>(oldest)) return Unlocks();
  if (std::holds_alternative<Sign>(oldest)) return Signs();
  if (std::holds_alternative<FindPrunable>(oldest)) return Finds();
  return Broadcasts();
}

std::string Play::SettleOneStep() {
  if (log.durable_seq() < log.last_seq()) return Durable();
  return asked_.empty() ? "" : AnswerOldest();
}

std::string Play::Settle() {
  std::string text;
  for (int steps = 0; steps < kMaxStepsToSettle; ++steps) {
    if (asked_.empty() && log.durable_seq() == log.last_seq()) return text;
    AddLines(text, SettleOneStep());
  }
  throw std::logic_error("the machine does not settle:\n" + text);
}

std::string Play::Reconcile() {
  std::string text = ChainHint();
  AddLines(text, Settle());
  return text;
}

void Play::WakeAndSettle(int times) {
  for (int i = 0; i < times; ++i) {
    Wake();
    Settle();
  }
}

void Play::MineAndSettle(int blocks) {
  for (int i = 0; i < blocks; ++i) {
    node.Mine();
    Reconcile();
    WakeAndSettle(1);
  }
}

void Play::Start() {
  Tick();
  Settle();
}

std::string Play::Crash() {
  log.LoseUnsynced();
  asked_.clear();
  machine_ = std::make_unique<Machine>(policy_, Ledger(log.Load()));
  return Tick();
}

}  // namespace sendonce::core
