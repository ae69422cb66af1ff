#include "core/machine.h"

#include <algorithm>
#include <cassert>

#include "core/adopter.h"
#include "core/builder.h"
#include "core/bumper.h"
#include "core/call_desk.h"
#include "core/coin_pool.h"
#include "core/follower.h"
#include "core/outbox.h"
#include "core/output_claims.h"
#include "core/payer.h"
#include "core/pruner.h"
#include "core/verdict_desk.h"
#include "core/views.h"

namespace sendonce::core {

namespace {

// A clock that is adjusted a little does not take time back.
constexpr Millis kToleratedStepBackMs = 1'000;

}  // namespace

// Each part has one subject; here they are put together and each command is handed to the part that
// it is for.
class Machine::Parts {
 public:
  Parts(const Policy& policy, Ledger contents)
      : policy_(policy),
        ledger_(std::move(contents)),
        outbox_(ledger_),
        follower_(policy_, ledger_, outbox_, pool_),
        payer_(policy_, ledger_, outbox_, follower_),
        funder_(policy_, ledger_, pool_),
        builder_(policy_, ledger_, outbox_, pool_, follower_, payer_, funder_, drafts_),
        adopter_(policy_, ledger_, outbox_, follower_, builder_, payer_),
        bumper_(policy_, ledger_, outbox_, pool_, follower_, payer_, funder_, drafts_),
        desk_(policy_, ledger_, outbox_, follower_, payer_, builder_, bumper_),
        verdicts_(ledger_, outbox_, follower_, payer_),
        pruner_(policy_, ledger_, outbox_, follower_) {}

  Effects Step(const Command& command, Millis now_ms) {
    if (now_ms + kToleratedStepBackMs < now_ms_) MakeAllDue(now_ms);
    now_ms_ = std::max(now_ms_, now_ms);
    std::visit(*this, command);
    AdvanceAll();
    return outbox_.Take();
  }

  Millis next_tick_ms() const {
    return std::min({follower_.next_due_ms(), payer_.next_due_ms(), builder_.next_due_ms(),
                     bumper_.next_due_ms(), desk_.next_due_ms(), verdicts_.next_due_ms(),
                     pruner_.next_due_ms()});
  }

  const Ledger& ledger() const { return ledger_; }
  bool node_reachable() const { return follower_.View().reachable; }
  const std::optional<Stall>& paying_stall() const { return follower_.building_stall(); }

  StatusReply Status() const {
    StatusReply status;
    status.node = follower_.View();
    status.paying_stalled = follower_.building_stall();
    status.accepting = desk_.accepting(now_ms_);
    status.wal_id = bitcoin::HexFromBytes(ledger_.created().wal_id);
    status.durable_seq = outbox_.durable_seq();
    status.read_up_to = ledger_.chain().tip();
    for (const auto& [id, send] : ledger_.sends()) {
      if (Ledger::IsOpen(send)) ++status.open_sends;
    }
    status.waiting_sends = ledger_.waiting().size();
    status.oldest_pending_since_ms = OldestPending();
    status.waste_sat = builder_.waste_sat();
    for (const auto& [id, batch] : ledger_.batches()) {
      if (Ledger::IsOpen(batch)) ++status.open_batches;
    }
    for (const auto& [number, alarm] : ledger_.alarms()) {
      if (!alarm.accepted_reason) ++status.open_alarms;
    }
    return status;
  }

  FundsReply Funds() const {
    FundsReply funds;
    funds.known = follower_.coins_known();
    funds.foreign_locks = follower_.foreign_locks();
    funds.spendable = pool_.Sum([&](const WalletCoin& coin) { return funder_.MaySpend(coin); });
    funds.waiting_for_confirmations = pool_.Sum([&](const WalletCoin& coin) {
      return !funder_.MaySpend(coin) && !ledger_.IsReserved(coin.coin.outpoint);
    });
    for (const auto& [id, batch] : ledger_.batches()) {
      if (!Ledger::IsOpen(batch) || batch.superseded || batch.confirmation) continue;
      funds.reservations.push_back(ReservationOf(batch));
      for (const Coin& coin : batch.coins) {
        funds.reserved.amount_sat += coin.amount_sat;
        ++funds.reserved.coins;
      }
    }
    return funds;
  }

  void operator()(const Submit& submit) { desk_.OnSubmit(submit, now_ms_); }
  void operator()(const Query& query) { desk_.OnQuery(query, now_ms_); }
  void operator()(const SubmitMany& submits) { desk_.OnSubmitMany(submits, now_ms_); }
  void operator()(const QueryMany& queries) { desk_.OnQueryMany(queries); }
  void operator()(const Cancel& cancel) { desk_.OnCancel(cancel, now_ms_); }
  void operator()(const GiveVerdict& verdict) {
    verdicts_.OnVerdict(verdict, desk_.Find(verdict.id, verdict.stored), now_ms_);
  }
  void operator()(const CallerGone& gone) {
    adopter_.OnCallerGone(gone.call);
    verdicts_.OnCallerGone(gone.call);
    desk_.OnCallerGone(gone.call);
  }
  void operator()(const StopAccepting&) {
    adopter_.Stop();
    verdicts_.Stop();
    desk_.StopAccepting();
  }
  void operator()(const Durable& durable) { outbox_.OnDurable(durable.seq); }
  void operator()(const Drafted& drafted) {
    builder_.OnDrafted(drafted, now_ms_);
    bumper_.OnDrafted(drafted, now_ms_);
  }
  void operator()(const CoinsLocked& locked) { payer_.OnCoinsLocked(locked, now_ms_); }
  void operator()(const CoinsUnlocked& reply) { payer_.OnCoinsUnlocked(reply, now_ms_); }
  void operator()(const Signed& reply) { payer_.OnSigned(reply, now_ms_); }
  void operator()(const Broadcasted& reply) { payer_.OnBroadcasted(reply, now_ms_); }
  void operator()(const CoinsLookedUp& reply) {
    if (reply.draft == 0) return payer_.OnCoinsLookedUp(reply, now_ms_);
    bumper_.OnCoinsLookedUp(reply, now_ms_);
  }
  void operator()(const CoinsRead& read) {
    follower_.OnCoinsRead(read, now_ms_);
    const bool is_read = std::holds_alternative<std::vector<WalletCoin>>(read.outcome);
    if (is_read) payer_.OnLocksRead(read.locked, now_ms_);
  }
  void operator()(const SpendsRead& read) { follower_.OnSpendsRead(read, now_ms_); }
  void operator()(const ChainHint&) { follower_.Want(); }
  void operator()(const Tick&) {}

  void operator()(const ChainRead& read) {
    const bool was_down = !follower_.View().reachable;
    const uint64_t reorganisations = follower_.reorganisations();
    const uint64_t restarts = follower_.node_restarts();
    follower_.OnChainRead(read, now_ms_);
    const auto* step = std::get_if<ChainStep>(&read.outcome);
    if (!step) return;
    // A node that came back, or was started again between two looks at it, may have lost its
    // mempool and its locks; a reorganisation may have thrown transactions out.
    const bool came_back = was_down || follower_.node_restarts() != restarts;
    const bool fell_back = follower_.reorganisations() != reorganisations;
    unasked_is_stale_ = unasked_is_stale_ || fell_back;
    if (came_back || fell_back) payer_.ScheduleAll(now_ms_);
  }

  void operator()(const TransactionHint& hint) {
    for (BatchId id : BatchesSpending(ledger_, hint.coins)) {
      const Batch& batch = *ledger_.FindBatch(id);
      const Version* version = FindVersion(batch, hint.txid);
      if (version && !ledger_.IsNews(batch, *version)) continue;
      // What a verdict has set aside is back: it is not sent, so that nothing else would show it.
      if (version && !ledger_.MayBeSent(batch, *version)) payer_.WantLook(id, now_ms_);
      payer_.Schedule(id, now_ms_);
    }
  }

  void operator()(const AskStatus& ask) { outbox_.Reply(ask.call, Status(), 0); }
  void operator()(const AskFunds& ask) { outbox_.Reply(ask.call, Funds(), 0); }

  void operator()(const Bump& bump) { desk_.OnBump(bump, now_ms_); }
  void operator()(const Adopt& adopt) {
    adopter_.OnAdopt(adopt, desk_.Find(adopt.id, adopt.stored));
  }
  void operator()(const TransactionLookedUp& reply) {
    if (reply.call == kMatchersCall) return follower_.OnSpendLookedUp(reply, now_ms_);
    const Seq before = ledger_.last_seq();
    adopter_.OnTransactionLookedUp(reply, now_ms_);
    if (ledger_.last_seq() == before) return;
    // What was adopted from the mempool is sent again like any other version, should it get lost.
    const Batch* batch = ledger_.FindBatchByTxid(reply.txid);
    if (!batch || !batch->versions.front().adopted || !Ledger::IsOpen(*batch)) return;
    payer_.Schedule(batch->id, now_ms_ + policy_.rebroadcast_interval_ms);
  }

  void operator()(const PrunableFound& reply) { pruner_.OnFound(reply, now_ms_); }

  void operator()(const AskAlarms& ask) {
    AlarmsReply reply;
    for (const bool accepted : {false, true}) {
      for (const auto& [number, alarm] : ledger_.alarms()) {
        if (alarm.accepted_reason.has_value() == accepted) reply.alarms.push_back(alarm);
      }
    }
    outbox_.Reply(ask.call, std::move(reply), ledger_.last_seq());
  }

  void operator()(const AcceptAlarm& accept) {
    const auto found = ledger_.alarms().find(accept.alarm);
    if (found == ledger_.alarms().end()) return outbox_.Reply(accept.call, AlarmReply{}, 0);
    if (!found->second.accepted_reason) {
      outbox_.Write(AlarmAccepted{accept.alarm, accept.reason}, now_ms_);
    }
    outbox_.Reply(accept.call, AlarmReply{ledger_.alarms().at(accept.alarm)}, ledger_.last_seq());
  }

 private:
  // The clock was set back: what was to happen at a time that is far away now is due. Those who
  // wait are answered early, as the contract allows.
  void MakeAllDue(Millis now_ms) {
    now_ms_ = now_ms;
    follower_.MakeDue(now_ms);
    builder_.MakeDue(now_ms);
    bumper_.MakeDue(now_ms);
    payer_.MakeDue(now_ms);
    desk_.EndWaits();
    verdicts_.MakeDue(now_ms);
    pruner_.MakeDue(now_ms);
  }

  void AdvanceAll() {
    follower_.Advance(now_ms_);
    desk_.Advance(now_ms_);
    verdicts_.Advance(now_ms_);
    for (const CallResult& result : verdicts_.TakeResults()) desk_.AnswerResult(result);
    bumper_.Advance(now_ms_);
    desk_.AnswerBumps();
    AdvancePaying();
    adopter_.Advance();
    pruner_.Advance(now_ms_);
    const auto touched = outbox_.TakeTouched();
    adopter_.OnTouched(touched);
    for (const CallResult& result : adopter_.TakeResults()) desk_.AnswerResult(result);
    desk_.OnTouched(touched);
  }

  // What the payer gives up the builder may pay at once in another way.
  void AdvancePaying() {
    DropStaleBatches();
    Seq before = 0;
    do {
      before = ledger_.last_seq();
      builder_.Advance(now_ms_);
      payer_.OnTouched(outbox_.TakeTouchedBatches(), now_ms_);
      payer_.Advance(now_ms_);
    } while (ledger_.last_seq() != before);
  }

  // After a reorganisation; but a log that was put back can hold what the wallet has signed, and
  // not know that: nothing is given up before the wallet was heard, and the blocks were read that
  // may hold it.
  void DropStaleBatches() {
    if (!unasked_is_stale_) return;
    if (!follower_.has_matched_spends() || !follower_.has_read_chain()) return;
    unasked_is_stale_ = false;
    payer_.DropUnasked(now_ms_);
  }

  std::optional<Millis> OldestPending() const {
    std::optional<Millis> oldest_ms;
    for (const auto& [id, send] : ledger_.sends()) {
      const SendState state = StateOf(send, ledger_.LiveBatchOf(send));
      if (OutcomeOf(state) != SendOutcome::kPending) continue;
      if (!oldest_ms || send.created_at_ms < *oldest_ms) oldest_ms = send.created_at_ms;
    }
    return oldest_ms;
  }

  Reservation ReservationOf(const Batch& batch) const {
    Reservation reservation;
    reservation.batch = batch.id;
    reservation.sends = batch.sends;
    reservation.coins = batch.coins;
    reservation.since_ms = batch.created_at_ms;
    const Send* send = batch.sends.empty() ? nullptr : ledger_.FindSend(batch.sends.front());
    reservation.reason = send ? std::string(StateName(StateOf(*send, &batch))) : "reserved";
    return reservation;
  }

  const Policy policy_;
  Ledger ledger_;
  Outbox outbox_;
  CoinPool pool_;
  Follower follower_;
  Payer payer_;
  DraftNumbers drafts_;
  Funder funder_;
  Builder builder_;
  Adopter adopter_;
  Bumper bumper_;
  CallDesk desk_;
  VerdictDesk verdicts_;
  Pruner pruner_;
  Millis now_ms_ = 0;
  bool unasked_is_stale_ = false;  // blocks have left the chain that their coins may rest on
};

Machine::Machine(const Policy& policy, Ledger ledger)
    : parts_(std::make_unique<Parts>(policy, std::move(ledger))) {}

Machine::~Machine() = default;

Effects Machine::Step(const Command& command, Millis now_ms) {
  return parts_->Step(command, now_ms);
}

Millis Machine::next_tick_ms() const {
  return parts_->next_tick_ms();
}

const std::optional<Stall>& Machine::paying_stall() const {
  return parts_->paying_stall();
}

bool Machine::node_reachable() const {
  return parts_->node_reachable();
}

StatusReply Machine::Status() const {
  return parts_->Status();
}

FundsReply Machine::Funds() const {
  return parts_->Funds();
}

const Ledger& Machine::ledger() const {
  return parts_->ledger();
}

}  // namespace sendonce::core
