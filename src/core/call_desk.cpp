#include "core/call_desk.h"

#include <algorithm>
#include <cassert>

#include "core/may_pay.h"
#include "core/views.h"

namespace sendonce::core {

namespace {

constexpr Millis kNever = INT64_MAX;
constexpr const char* kUnknownText =
    "no request with this id is recorded; this is no permission to pay another way: a request of "
    "yours can still be on its way, DELETE the id first";

SendReply Without(Verdict verdict, std::string detail) {
  return {verdict, std::nullopt, "", std::move(detail)};
}

}  // namespace

CallDesk::CallDesk(const Policy& policy, Ledger& ledger, Outbox& outbox, Follower& follower,
                   Payer& payer, Builder& builder, Bumper& bumper)
    : policy_(policy),
      ledger_(ledger),
      outbox_(outbox),
      follower_(follower),
      payer_(payer),
      builder_(builder),
      bumper_(bumper) {
  for (const auto& [id, send] : ledger_.sends()) {
    if (send.content && send.content->not_after_ms && MayExpire(send)) {
      deadlines_.emplace(*send.content->not_after_ms, id);
    }
  }
}

const Send* CallDesk::Find(const SendId& id, const std::optional<Send>& stored) const {
  if (const Send* send = ledger_.FindSend(id)) return send;
  return stored ? &*stored : nullptr;
}

// While the log may not be the newest, or not this wallet's, nothing is promised: neither that an
// id is new nor that it will never be paid.
std::optional<SendReply> CallDesk::RefusalOfPromises() const {
  auto refusal = follower_.RefusalToPromise();
  if (!refusal) return std::nullopt;
  return Without(refusal->verdict, std::move(refusal->detail));
}

std::optional<SendReply> CallDesk::RefusalOfNew(Millis now_ms) const {
  if (stopping_) return Without(Verdict::kStopping, "sendonced is stopping");
  if (auto refusal = RefusalOfPromises()) return refusal;
  return Overload(now_ms);
}

// Before anything is recorded; what was accepted is kept.
std::optional<SendReply> CallDesk::Overload(Millis now_ms) const {
  const auto refuse = [](std::string detail, Millis retry_after_ms) {
    SendReply reply = Without(Verdict::kOverloaded, std::move(detail));
    reply.retry_after_ms = retry_after_ms;
    return reply;
  };
  if (ledger_.waiting().size() >= policy_.max_waiting_sends) {
    return refuse("too many sends are waiting to be paid", TimeToMakeRoomMs(now_ms));
  }
  // What has waited that long will wait about as long again, as far as anybody can tell.
  const Millis waited_ms = outbox_.WaitedMs(now_ms);
  if (waited_ms > policy_.max_commit_wait_ms) {
    return refuse(
        "the disk is slow: it has kept a record waiting for " + std::to_string(waited_ms) + " ms",
        waited_ms);
  }
  if (outbox_.unsynced() >= policy_.max_unsynced_records) {
    return refuse("too many records are waiting for the disk", waited_ms);
  }
  return std::nullopt;
}

// The time in which the queue moves on by one batch, if it takes each send as long as it has taken
// the first up to now.
Millis CallDesk::TimeToMakeRoomMs(Millis now_ms) const {
  const auto& waiting = ledger_.waiting();
  const Send* const first = ledger_.FindSend(waiting.begin()->second);
  const Millis waited_ms = std::max<Millis>(now_ms - first->created_at_ms, 0);
  const double batches =
      static_cast<double>(waiting.size()) / static_cast<double>(policy_.max_sends_per_batch);
  return static_cast<Millis>(static_cast<double>(waited_ms) / std::max(batches, 1.0));
}

bool CallDesk::accepting(Millis now_ms) const {
  return !RefusalOfNew(now_ms);
}

void CallDesk::OnSubmit(const Submit& submit, Millis now_ms) {
  Tell(Record(submit.id, submit.content, submit.stored, now_ms), submit.call, submit.wait, now_ms);
}

void CallDesk::OnQuery(const Query& query, Millis now_ms) {
  Tell(LookUp(query.id, query.stored), query.call, query.wait, now_ms);
}

// All records of the call are in one append, and the reply waits for the last that it rests on.
void CallDesk::OnSubmitMany(const SubmitMany& submits, Millis now_ms) {
  assert(submits.items.size() <= kMaxSendsInBulk);
  SendsReply all;
  all.replies.reserve(submits.items.size());
  Seq seq = 0;
  for (const SubmitMany::Item& item : submits.items) {
    all.replies.push_back(ReplyOf(Record(item.id, item.content, item.stored, now_ms)));
    seq = std::max(seq, SeqBehind(all.replies.back()));
  }
  outbox_.Reply(submits.call, std::move(all), seq);
}

void CallDesk::OnQueryMany(const QueryMany& queries) {
  assert(queries.items.size() <= kMaxSendsInBulk);
  SendsReply all;
  all.replies.reserve(queries.items.size());
  Seq seq = 0;
  for (const QueryMany::Item& item : queries.items) {
    all.replies.push_back(ReplyOf(LookUp(item.id, item.stored)));
    seq = std::max(seq, SeqBehind(all.replies.back()));
  }
  outbox_.Reply(queries.call, std::move(all), seq);
}

// Known ids are always answered from the log, also while nothing new is accepted.
CallDesk::Finding CallDesk::Record(const SendId& id, const SendContent& content,
                                   const std::optional<Send>& stored, Millis now_ms) {
  if (const Send* known = Find(id, stored)) return FindingOnKnown(*known, content);
  if (auto refusal = RefusalOfNew(now_ms)) {
    return {refusal->verdict,       nullptr, false, "", std::move(refusal->detail),
            refusal->retry_after_ms};
  }
  outbox_.Write(SendRecorded{id, content}, now_ms);
  if (content.not_after_ms) deadlines_.emplace(*content.not_after_ms, id);
  ExpireDue(now_ms);
  return {Verdict::kCreated, ledger_.FindSend(id), false, "", ""};
}

CallDesk::Finding CallDesk::FindingOnKnown(const Send& send, const SendContent& content) {
  const auto field = DifferingField(send, content);
  const bool was_submitted = send.content || send.pruned;
  if (!was_submitted || (field && send.ending == Ending::kCancelled)) {
    return {Verdict::kIdCancelled, &send, true, field.value_or(""),
            "the id was cancelled and is never paid; use another id for another payment"};
  }
  if (field) {
    return {Verdict::kIdReused, &send, true, *field,
            "the id is recorded with other content: " + *field +
                " differs; repeat a request unchanged, or use another id for another payment"};
  }
  return {Verdict::kKnown, &send, true, "", ""};
}

CallDesk::Finding CallDesk::LookUp(const SendId& id, const std::optional<Send>& stored) const {
  const Send* send = Find(id, stored);
  return {send ? Verdict::kKnown : Verdict::kUnknownId, send, false, "", send ? "" : kUnknownText};
}

// No transaction that may pay it exists, or none that can still confirm (R4 c). What only a verdict
// excludes ends by the verdict `never`, which looks for it first.
bool CallDesk::MayEnd(const Send& send) const {
  return Ledger::IsOpen(send) && IsExcludedByDepth(ledger_, send, policy_.conflict_depth);
}

// A send that R4 has moved no longer expires.
bool CallDesk::MayExpire(const Send& send) const {
  return Ledger::IsOpen(send) && MayPaySet(ledger_, send).empty();
}

void CallDesk::End(const Send& send, Ending ending, Millis now_ms) {
  const SendId id = send.id;
  builder_.Withdraw(id);
  const Batch* live = ledger_.LiveBatchOf(send);
  if (live && !SignatureAsked(*live)) payer_.Drop(live->id, now_ms);
  const std::vector<BatchId> batches = ledger_.FindSend(id)->batches;
  outbox_.Write(SendEnded{id, ending}, now_ms);
  for (BatchId batch : batches) payer_.Schedule(batch, now_ms);
}

void CallDesk::OnCancel(const Cancel& cancel, Millis now_ms) {
  const Send* send = Find(cancel.id, cancel.stored);
  // What a verdict has declared paid has ended, and counts as sent.
  if (send && OutcomeOf(StateOf(*send, ledger_.LiveBatchOf(*send))) == SendOutcome::kNever) {
    return Answer(*send, cancel.call, Verdict::kFenced, true);
  }
  if (send && (send->payment || !MayEnd(*send))) {
    const bool by_verdict =
        Ledger::IsOpen(*send) && CanNeverBePaid(ledger_, *send, policy_.conflict_depth);
    return Answer(*send, cancel.call, Verdict::kTooLate, true, "",
                  by_verdict ? "only a verdict excludes what was signed for the send: the verdict "
                               "`never` ends it (POST /v1/sends/{id}/verdict)"
                             : "a signature was asked for: the send is paid or will be; ask for it "
                               "again");
  }
  if (auto refusal = RefusalOfPromises()) {
    return outbox_.Reply(cancel.call, std::move(*refusal), 0);
  }
  if (send) {
    End(*send, Ending::kCancelled, now_ms);
  } else {
    outbox_.Write(SendEnded{cancel.id, Ending::kCancelled}, now_ms);
  }
  Answer(*ledger_.FindSend(cancel.id), cancel.call, Verdict::kFenced, false);
}

void CallDesk::AnswerResult(const CallResult& result) {
  if (const Send* send = Find(result.id, result.stored)) {
    return Answer(*send, result.call, result.verdict, result.replayed, "", result.detail);
  }
  outbox_.Reply(result.call, Without(result.verdict, result.detail), 0);
}

void CallDesk::OnBump(const Bump& bump, Millis now_ms) {
  const Send* send = Find(bump.id, bump.stored);
  if (!send) return outbox_.Reply(bump.call, Without(Verdict::kUnknownId, kUnknownText), 0);
  if (!Ledger::IsOpen(*send)) {
    return Answer(*send, bump.call, Verdict::kTooLate, true, "", "the send is paid, or has ended");
  }
  if (stopping_) {
    return outbox_.Reply(bump.call, Without(Verdict::kStopping, "sendonced is stopping"), 0);
  }
  if (auto refusal = RefusalOfPromises()) {
    return outbox_.Reply(bump.call, std::move(*refusal), 0);
  }
  bumper_.Ask(bump.call, bump.id, bump.fee_rate_sat_kvb, now_ms);
}

void CallDesk::AnswerBumps() {
  for (BumpWishes::Result& result : bumper_.TakeResults()) {
    const Send* send = ledger_.FindSend(result.id);
    if (send) {
      Answer(*send, result.call, result.verdict, false, "", std::move(result.detail));
    } else {
      outbox_.Reply(result.call, Without(result.verdict, std::move(result.detail)), 0);
    }
  }
}

// At once, or when a send that nothing was refused of has come far enough.
void CallDesk::Tell(Finding finding, CallToken call, const Wait& wait, Millis now_ms) {
  const Send* const send = finding.send;
  const bool is_refused =
      finding.verdict != Verdict::kCreated && finding.verdict != Verdict::kKnown;
  if (is_refused || wait.limit_ms <= 0 || stopping_ ||
      Satisfies(StateOf(*send, ledger_.LiveBatchOf(*send)), wait.until)) {
    SendReply reply = ReplyOf(std::move(finding));
    const Seq seq = SeqBehind(reply);
    return outbox_.Reply(call, std::move(reply), seq);
  }
  const Millis due_ms = now_ms + std::min(wait.limit_ms, kMaxWaitMs);
  waiters_[send->id].push_back({call, wait.until, due_ms, finding.verdict, finding.replayed});
  waiting_calls_[call] = send->id;
  wait_ends_.emplace(due_ms, call);
}

SendReply CallDesk::ReplyOf(Finding finding) const {
  SendReply reply{finding.verdict, std::nullopt, std::move(finding.field),
                  std::move(finding.detail), finding.retry_after_ms};
  if (finding.send) reply.send = View(*finding.send, finding.replayed);
  return reply;
}

// Nothing is said before the records that it rests on are durable: the send's, its batch's, and,
// where confirmations are counted, the block's; where detail is pruned, the record's that says so.
Seq CallDesk::SeqBehind(const SendReply& reply) const {
  if (!reply.send) return 0;
  Seq seq = reply.send->seq;
  if (reply.send->confirmations > 0) seq = std::max(seq, outbox_.chain_seq());
  if (reply.send->pruned_amount_sat) seq = std::max(seq, outbox_.pruned_seq());
  return seq;
}

void CallDesk::Answer(const Send& send, CallToken call, Verdict verdict, bool replayed,
                      std::string field, std::string detail) {
  Tell({verdict, &send, replayed, std::move(field), std::move(detail)}, call, {}, 0);
}

SendView CallDesk::View(const Send& send, bool replayed) const {
  const Batch* batch = ledger_.LiveBatchOf(send);
  SendView view = ViewOf(ledger_, send);
  view.replayed = replayed;
  if (view.outcome == SendOutcome::kPending) view.stalled = StallOf(send, batch);
  return view;
}

// What holds all holds the send, and may have held it before it was seen to hold all.
std::optional<Stall> CallDesk::StallOf(const Send& send, const Batch* batch) const {
  const auto own = OwnStallOf(send, batch);
  auto common = follower_.building_stall();
  if (!common) return own;
  if (own && own->code == common->code) {
    common->since_ms = std::min(common->since_ms, own->since_ms);
  }
  return common;
}

std::optional<Stall> CallDesk::OwnStallOf(const Send& send, const Batch* batch) const {
  if (auto stall = builder_.StallOf(send)) return stall;
  if (!batch) return std::nullopt;
  if (StateOf(send, batch) == SendState::kConflicted) {
    return Stall{"conflicted",
                 "a reserved coin is spent by a transaction that does not pay this send (see "
                 "/v1/alarms)",
                 batch->updated_at_ms, true};
  }
  return payer_.StallOf(batch->id);
}

void CallDesk::OnTouched(const std::vector<SendId>& sends) {
  if (waiters_.empty() && deadlines_.empty()) return;
  for (const SendId& id : sends) {
    const Send* send = ledger_.FindSend(id);
    if (!send) continue;
    ForgetDeadline(*send);
    const SendState state = StateOf(*send, ledger_.LiveBatchOf(*send));
    AnswerWaiters(*send, [&](const Waiter& waiter) { return Satisfies(state, waiter.until); });
  }
}

// A send that cannot end any more has no deadline.
void CallDesk::ForgetDeadline(const Send& send) {
  if (deadlines_.empty() || !send.content || !send.content->not_after_ms) return;
  if (!MayExpire(send)) {
    deadlines_.erase({*send.content->not_after_ms, send.id});
  }
}

template <typename Predicate>
void CallDesk::AnswerWaiters(const Send& send, Predicate is_ready) {
  const auto found = waiters_.find(send.id);
  if (found == waiters_.end()) return;
  std::erase_if(found->second, [&](const Waiter& waiter) {
    if (!is_ready(waiter)) return false;
    Answer(send, waiter.call, waiter.verdict, waiter.replayed);
    Forget(waiter);
    return true;
  });
  if (found->second.empty()) waiters_.erase(found);
}

void CallDesk::Forget(const Waiter& waiter) {
  waiting_calls_.erase(waiter.call);
  wait_ends_.erase({waiter.due_ms, waiter.call});
}

void CallDesk::OnCallerGone(CallToken call) {
  bumper_.OnCallerGone(call);
  const auto found = waiting_calls_.find(call);
  if (found == waiting_calls_.end()) return;
  const auto waiters = waiters_.find(found->second);
  std::erase_if(waiters->second, [&](const Waiter& waiter) {
    if (waiter.call != call) return false;
    wait_ends_.erase({waiter.due_ms, call});
    return true;
  });
  if (waiters->second.empty()) waiters_.erase(waiters);
  waiting_calls_.erase(found);
}

void CallDesk::StopAccepting() {
  stopping_ = true;
  bumper_.Stop();
  EndWaits();
}

// All who wait are answered as things stand, with the next Advance.
void CallDesk::EndWaits() {
  wait_ends_.clear();
  for (auto& [id, waiters] : waiters_) {
    for (Waiter& waiter : waiters) {
      waiter.due_ms = 0;
      wait_ends_.emplace(0, waiter.call);
    }
  }
}

// A send that waits at its deadline ends; for one whose signature was asked for it is too late.
void CallDesk::ExpireDue(Millis now_ms) {
  if (RefusalOfPromises()) return;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now_ms) {
    const SendId id = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    const Send* send = ledger_.FindSend(id);
    if (!send || !MayExpire(*send)) continue;
    End(*send, Ending::kExpired, now_ms);
  }
}

void CallDesk::Advance(Millis now_ms) {
  ExpireDue(now_ms);
  while (!wait_ends_.empty() && wait_ends_.begin()->first <= now_ms) {
    const SendId id = waiting_calls_.at(wait_ends_.begin()->second);
    const Send* send = ledger_.FindSend(id);
    assert(send && "a send that somebody waits for is open");
    AnswerWaiters(*send, [&](const Waiter& waiter) { return waiter.due_ms <= now_ms; });
  }
}

Millis CallDesk::next_due_ms() const {
  Millis due_ms = kNever;
  if (!wait_ends_.empty()) due_ms = std::min(due_ms, wait_ends_.begin()->first);
  if (!deadlines_.empty() && !RefusalOfPromises()) {
    due_ms = std::min(due_ms, deadlines_.begin()->first);
  }
  return due_ms;
}

}  // namespace sendonce::core
