// The machine between a log and a node that a test plays by hand: each function gives one command
// and returns what the machine does on it, as text (transcript.h). Nothing happens by itself: an
// append is durable when the test says so, and the node answers, honestly unless it is told
// otherwise, when the test says so.

#ifndef SENDONCE_TEST_UNIT_CORE_MACHINE_PLAY_H
#define SENDONCE_TEST_UNIT_CORE_MACHINE_PLAY_H

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/machine.h"
#include "memory_log.h"
#include "samples.h"
#include "toy_node.h"
#include "transcript.h"

namespace sendonce::core {

// The default, but that change is never split: most transcripts are not about that.
Policy WithWholeChange();

class Play {
 public:
  // The node at block 100, its wallet with coin c1 of 1,000,000 sat. Nothing has been asked yet.
  explicit Play(const Policy& policy = WithWholeChange());

  // A wallet of these coins instead, each with six confirmations.
  void FundWith(const std::vector<Coin>& coins);

  // --- callers; calls are numbered from 1 in the order in which they are made

  std::string Submit(const SendId& id, const SendContent& content, Wait wait = {});
  std::string Submit(const SendId& id, const std::vector<Payee>& outputs, Wait wait = {});
  std::string Query(const SendId& id, Wait wait = {});
  std::string SubmitMany(const std::vector<std::pair<SendId, std::vector<Payee>>>& sends);
  std::string QueryMany(const std::vector<SendId>& ids);
  std::string Cancel(const SendId& id);
  std::string AskStatus() { return Give(core::AskStatus{++last_call_}); }
  std::string AskFunds() { return Give(core::AskFunds{++last_call_}); }
  std::string AskAlarms() { return Give(core::AskAlarms{++last_call_}); }
  std::string Bump(const SendId& id, bitcoin::FeeRate fee_rate_sat_kvb);
  std::string GiveVerdict(const SendId& id, OperatorVerdict verdict);
  std::string AdoptPayment(const SendId& id, const std::vector<Payee>& outputs,
                           const bitcoin::Txid& txid);
  std::string AcceptAlarm(Seq alarm);
  std::string CallerGone(CallToken call) { return Give(core::CallerGone{call}); }
  std::string Stop() { return Give(StopAccepting{}); }

  // --- the log

  // All that was appended is durable.
  std::string Durable();
  std::string DurableUpTo(Seq seq);

  // --- the node: an answer to the oldest question of that kind. REQUIRES: there is one. Without an
  // outcome it is an honest one.

  std::string ReadsChain();
  std::string ReadsChain(Outcome<ChainStep> outcome);
  std::string ReadsCoins();
  std::string ReadsCoins(Outcome<std::vector<WalletCoin>> outcome);
  std::string ReadsSpends();
  std::string ReadsSpends(Outcome<std::vector<WalletSpend>> outcome);
  std::string LooksUp();
  std::string LooksUp(Outcome<std::vector<CoinStanding>> outcome);
  std::string LooksUpTransaction();
  std::string LooksUpTransaction(Outcome<FoundTransaction> outcome);
  std::string Drafts();
  std::string Drafts(Outcome<Draft> outcome);
  std::string Locks(Outcome<Done> outcome = Done{});
  std::string Unlocks(Outcome<Done> outcome = Done{});
  std::string Signs();
  std::string Signs(Outcome<bitcoin::Bytes> outcome);
  std::string Broadcasts();
  std::string Broadcasts(Outcome<Done> outcome);
  // The log's answer, not the node's: honest, of what is durable.
  std::string Finds();
  // Carried out by the node, and the reply lost on the way.
  std::string SignsUnheard();
  std::string BroadcastsUnheard();
  // The honest answer, for a test that changes something in it.
  Draft HonestDraft();
  ChainStep HonestStep();

  // --- hints and time

  std::string Hint(const bitcoin::Transaction& transaction) {
    return Give(TransactionHint{transaction});
  }
  std::string ChainHint() { return Give(core::ChainHint{}); }
  std::string Tick() { return Give(core::Tick{}); }
  std::string After(Millis elapsed_ms);
  // Time passes until the machine wants to be woken; none if it waits for the node alone.
  std::string Wake();

  // --- many steps at once

  // Everything is durable and the node answers honestly until nothing is left to be answered.
  // Returns all of it. Time stands still.
  std::string Settle();
  // The first step of Settle, if there is one left.
  std::string SettleOneStep();
  // A reconciliation, honest.
  std::string Reconcile();
  // Time goes on, and the node answers whatever it is asked.
  void WakeAndSettle(int times);
  // So many blocks of the mempool; each is read, and all that follows is done.
  void MineAndSettle(int blocks);
  // The start: read the chain and the wallet; nothing is recorded.
  void Start();
  // kill -9, and a start from what was durable. What the node was asked and did not answer yet it
  // does not answer any more. Returns what the first step does.
  std::string Crash();

  // One command of any kind.
  std::string Give(const Command& command);

  // --- what can be looked at

  ToyNode node;
  MemoryLog log;
  Transcript transcript;
  const Machine& machine() const { return *machine_; }
  const Ledger& ledger() const { return machine_->ledger(); }
  Millis now_ms() const { return now_ms_; }
  // The reply to that call; REQUIRES: there was one.
  const Reply& ReplyTo(CallToken call) const { return replies_.at(call); }
  bool WasAnswered(CallToken call) const { return replies_.contains(call); }
  SendView View(const SendId& id);
  std::string NameOfState(const SendId& id);
  bool IsAsked() const { return !asked_.empty(); }
  template <typename EffectType>
  bool IsAskedTo() const;
  // The oldest question of that kind that is not answered yet. REQUIRES: there is one.
  template <typename EffectType>
  const EffectType& Asked() const;

 private:
  void Carry(const Effect& effect);
  std::string AnswerOldest();
  std::optional<Send> StoredOf(const SendId& id);
  template <typename EffectType>
  EffectType Take();

  Policy policy_;
  std::unique_ptr<Machine> machine_;
  std::deque<Effect> asked_;
  std::map<CallToken, Reply> replies_;
  CallToken last_call_ = 0;
  Millis now_ms_ = 1'000'000;
};

template <typename EffectType>
bool Play::IsAskedTo() const {
  for (const Effect& effect : asked_) {
    if (std::holds_alternative<EffectType>(effect)) return true;
  }
  return false;
}

template <typename EffectType>
const EffectType& Play::Asked() const {
  for (const Effect& effect : asked_) {
    if (const auto* found = std::get_if<EffectType>(&effect)) return *found;
  }
  throw std::logic_error("the node was not asked for that");
}

}  // namespace sendonce::core

#endif  // SENDONCE_TEST_UNIT_CORE_MACHINE_PLAY_H
