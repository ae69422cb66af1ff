#include "promise_checker.h"

#include <algorithm>

#include "core/views.h"
#include "violation.h"

namespace sendonce::sim {

using core::SendId;
using core::SendOutcome;
using core::SendReply;
using core::SendView;
using core::Verdict;

namespace {

// What was pruned is known by a digest.
bool HasContent(const core::Send& send, const std::vector<core::Payee>& outputs) {
  if (send.content) return send.content->outputs == outputs;
  if (!send.pruned) return false;
  const auto expected = core::DigestOf(core::samples::Paying(outputs));
  return send.pruned->field_hashes[0] == expected.field_hashes[0];
}

}  // namespace

PromiseChecker::PromiseChecker(const core::ToyNode& node, const TransactionBook& book,
                               const DurableFacts& facts, PaymentChecker& payments)
    : node_(node), book_(book), facts_(facts), payments_(payments) {}

void PromiseChecker::OnCall(core::CallToken token, CallKind kind, const std::vector<int>& numbers,
                            int variant) {
  Call call{kind, numbers, {}, variant, stopping_};
  for (const int number : numbers) {
    Said& said = promises_.said[At(number)];
    if (kind == CallKind::kAdopt) said.adopted = true;
    call.before.push_back(said);
  }
  calls_.emplace(token, std::move(call));
  expected_.insert(token);
}

void PromiseChecker::OnCrash() {
  calls_.clear();
  expected_.clear();
  stopping_ = false;
}

void PromiseChecker::OnAnswer(const core::Answer& answer) {
  const auto found = calls_.find(answer.call);
  if (found == calls_.end()) throw Violation("G3", "an answer that nobody asked for");
  const Call call = std::move(found->second);
  calls_.erase(found);
  expected_.erase(answer.call);
  if (const auto* reply = std::get_if<SendReply>(&answer.reply)) {
    if (call.kind == CallKind::kAdopt) adoptions_[answer.call] = reply->verdict;
    if (!call.numbers.empty()) OnReply(call, 0, *reply);
  } else if (const auto* many = std::get_if<core::SendsReply>(&answer.reply)) {
    if (many->replies.size() != call.numbers.size()) throw Violation("G3", "replies are missing");
    for (size_t i = 0; i < many->replies.size(); ++i) OnReply(call, i, many->replies[i]);
  }
}

void PromiseChecker::OnReply(const Call& call, size_t place, const SendReply& reply) {
  const int number = call.numbers[place];
  Said& said = promises_.said[At(number)];
  const Said& before = call.before[place];
  if (reply.send) OnView(number, before, said, *reply.send);
  OnVerdict(call, before, said, reply);
}

void PromiseChecker::OnVerdict(const Call& call, const Said& before, Said& said,
                               const SendReply& reply) {
  const SendId id = reply.send ? reply.send->id : "the id";
  const bool says_never = reply.send && reply.send->outcome == SendOutcome::kNever;
  switch (reply.verdict) {
    case Verdict::kCreated:
      if (before.known || before.never || said.created) {
        throw Violation("G4", id + " is created a second time");
      }
      if (call.while_stopping) throw Violation("G3", id + " is new, and taken while it stops");
      said.created = true;
      OnSubmitKnown(call, id, said);
      return;
    case Verdict::kKnown:
      if (call.kind == CallKind::kSubmit) OnSubmitKnown(call, id, said);
      if (call.kind == CallKind::kVerdict) said.verdict_taken = true;
      return;
    case Verdict::kStopping:
      if (call.kind == CallKind::kSubmit && (before.known || before.never)) {
        throw Violation("G3", "what is known under an id is not told, because it stops");
      }
      return;
    case Verdict::kIdReused:
      if (said.adopted) return;  // a deadline is no part of what was adopted
      if (said.variant == call.variant) throw Violation("G4", id + " is refused its own content");
      if (reply.field !=
          (reply.send && reply.send->pruned_amount_sat ? "outputs" : "outputs[0].amount_sat")) {
        throw Violation("G4", id + " is refused for " + reply.field);
      }
      return;
    case Verdict::kUnknownId:
      if (before.known || before.never) throw Violation("G3", "an id that was known is unknown");
      return;
    case Verdict::kFenced:
    case Verdict::kIdCancelled:
      if (!says_never) throw Violation("G6", id + " is fenced, and not called never");
      return;
    case Verdict::kTooLate:
      if (call.kind == CallKind::kCancel && says_never) {
        throw Violation("G6", id + " is too late to be fenced, and called never");
      }
      return;
    default:
      return;
  }
}

void PromiseChecker::OnSubmitKnown(const Call& call, const SendId& id, Said& said) {
  said.known = true;
  if (said.variant && *said.variant != call.variant) {
    throw Violation("G4", id + " is taken with two contents");
  }
  said.variant = call.variant;
}

void PromiseChecker::OnView(int number, const Said& before, Said& said, const SendView& view) {
  const SendId id = IdOf(number);
  if (view.id != id) throw Violation("G3", "an answer about another id");
  if (!compares_) {
    said.known = true;
    return;
  }
  const auto state = facts_.StateAt(id, view.seq);
  if (!state || view.seq > facts_.ledger().last_seq()) {
    throw Violation("R1", "an answer about " + id + " leaves before its record is durable");
  }
  if (*state != view.state) {
    throw Violation("G3", id + " is called " + std::string(core::StateName(view.state)) +
                              ", the records say " + std::string(core::StateName(*state)));
  }
  if (view.outcome != core::OutcomeOf(view.state)) throw Violation("G3", id + ": wrong outcome");
  if (before.never && view.outcome != SendOutcome::kNever) {
    throw Violation("G6", id + " was never, and is not any more");
  }
  if (view.outcome == SendOutcome::kSent) CheckSent(number, view);
  if (view.pruned_amount_sat) CheckPruned(number, said, view);
  if (view.outcome == SendOutcome::kNever) {
    if (!facts_.HasEnded(id)) throw Violation("G6", id + " is never, and no record says so");
    payments_.OnNever(number);
    said.never = true;
  }
  said.known = said.known || !view.outputs.empty() || view.pruned_amount_sat;
}

void PromiseChecker::CheckPruned(int number, const Said& said, const SendView& view) const {
  const SendId id = IdOf(number);
  if (!facts_.ledger().FindSend(id)->pruned) {
    throw Violation("R1", id + " is called pruned before the record is durable");
  }
  if (!said.variant) return;
  const auto due_sat = core::TotalAmountSat(core::samples::Paying(PayeesOf(number, *said.variant)));
  if (*view.pruned_amount_sat != due_sat) throw Violation("G3", id + " was not of that amount");
}

// Of two like sends each has an output for itself.
void PromiseChecker::CheckOwnOutput(int number, const bitcoin::OutPoint& output) {
  if (promises_.paid_by.try_emplace(output, number).first->second == number) return;
  throw Violation("G2", IdOf(number) + " is sent by an output that pays another");
}

void PromiseChecker::CheckSent(int number, const SendView& view) {
  const SendId id = IdOf(number);
  const core::Send* send = facts_.ledger().FindSend(id);
  if (send && send->ending == core::Ending::kDeclaredPaid) return;  // whoever said so knows by what
  if (!view.txid) throw Violation("G3", id + " is sent, by nothing");
  const auto* known = book_.Find(*view.txid);
  if (!known || !known->pays.contains(number)) {
    throw Violation("G3", id + " is sent by a transaction that does not pay it");
  }
  if (!node_.HasSeen(*view.txid)) {
    throw Violation("G3", id + " is sent by a transaction that the node never had");
  }
  if (view.block && !node_.WasInBlock(view.block->hash, *view.txid)) {
    throw Violation("G3", id + " is called confirmed by a block that does not hold it");
  }
  for (const core::PayeeView& payee : view.outputs) {
    const auto& outputs = known->transaction.outputs;
    const bool is_paid = payee.vout && *payee.vout < outputs.size() &&
                         outputs[*payee.vout].amount_sat == payee.amount_sat;
    if (!is_paid) throw Violation("G3", id + " is sent, and an output is not there");
    CheckOwnOutput(number, {*view.txid, *payee.vout});
  }
}

std::optional<Verdict> PromiseChecker::AdoptionAnswer(core::CallToken call) const {
  const auto found = adoptions_.find(call);
  return found == adoptions_.end() ? std::nullopt : std::optional(found->second);
}

void PromiseChecker::CheckNothingIsLost() const {
  for (int number = 0; number < kMaxSends; ++number) {
    const Said& said = promises_.said[At(number)];
    const SendId id = IdOf(number);
    if ((said.known || said.never) && !facts_.IsRecorded(id)) {
      throw Violation("G1", id + " was acknowledged, and is lost");
    }
    if (said.never && !facts_.HasEnded(id)) throw Violation("G6", id + " was fenced: it is lost");
    if (!said.variant || !facts_.IsRecorded(id)) continue;
    const core::Send& send = *facts_.ledger().FindSend(id);
    if (!HasContent(send, PayeesOf(number, *said.variant)))
      throw Violation("G1", id + " was acknowledged with other content");
  }
}

void PromiseChecker::CheckAllAreAnswered() const {
  if (expected_.empty()) return;
  throw Violation("G5", "call " + std::to_string(*expected_.begin()) + " is not answered");
}

}  // namespace sendonce::sim
