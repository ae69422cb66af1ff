#include "transcript.h"

#include <string_view>
#include <vector>

#include "core/views.h"
#include "samples.h"

namespace sendonce::core {

namespace {

constexpr uint32_t kMaxNumberedCoin = 100;

template <typename Range, typename Name>
std::string Joined(const Range& range, std::string_view separator, Name name) {
  std::string text;
  for (const auto& item : range) {
    if (!text.empty()) text += separator;
    text += name(item);
  }
  return text;
}

std::string Joined(const std::vector<SendId>& ids) {
  return Joined(ids, ",", [](const SendId& id) { return id; });
}

std::string BatchText(BatchId id) {
  return "batch " + std::to_string(id);
}

std::string InBlock(const std::optional<ChainPosition>& block) {
  return block ? " in block " + std::to_string(block->height) : "";
}

std::string_view KindText(AlarmKind kind) {
  switch (kind) {
    case AlarmKind::kUnexplainedSpend:
      return "unexplained spend";
    case AlarmKind::kUnexplainedSpendAtStart:
      return "unexplained spend at start";
    case AlarmKind::kForeignVersion:
      return "foreign version";
    case AlarmKind::kRival:
      return "rival";
    case AlarmKind::kAmountDiffers:
      return "amount differs";
    case AlarmKind::kSecondPayment:
      return "second payment";
  }
  return "?";
}

std::string_view VerdictText(Verdict verdict) {
  switch (verdict) {
    case Verdict::kCreated:
      return "created";
    case Verdict::kKnown:
      return "known";
    case Verdict::kFenced:
      return "fenced";
    case Verdict::kIdReused:
      return "id reused";
    case Verdict::kIdCancelled:
      return "id cancelled";
    case Verdict::kTooLate:
      return "too late";
    case Verdict::kUnknownId:
      return "unknown id";
    case Verdict::kOverloaded:
      return "overloaded";
    case Verdict::kStarting:
      return "starting";
    case Verdict::kNotPaying:
      return "not paying";
    case Verdict::kStopping:
      return "stopping";
    case Verdict::kCannotBump:
      return "cannot bump";
    case Verdict::kFeeTooHigh:
      return "fee too high";
    case Verdict::kNotPaid:
      return "not paid";
    case Verdict::kNoTransaction:
      return "no transaction";
    case Verdict::kNodeUnavailable:
      return "node unavailable";
    case Verdict::kNoVerdictNeeded:
      return "no verdict needed";
  }
  return "?";
}

// P2WPKH of samples::ScriptOf: its name again.
std::string PayeeText(const bitcoin::TxOut& output) {
  std::string name;
  for (size_t i = 2; i < output.script.size() && output.script[i] != 0; ++i) {
    name += static_cast<char>(output.script[i]);
  }
  return name + " " + std::to_string(output.amount_sat);
}

bitcoin::Transaction Parsed(const bitcoin::Bytes& bytes) {
  return bitcoin::ParseTransaction(bytes).value();
}

}  // namespace

class Transcript::RecordWriter {
 public:
  RecordWriter(Transcript& names, Seq seq) : names_(names), seq_(seq) {}

  std::string operator()(const WalCreated&) const { return "the log begins"; }
  std::string operator()(const SendRecorded& r) const { return r.id + " recorded"; }
  std::string operator()(const SendEnded& r) const {
    return r.id + (r.ending == Ending::kCancelled ? " cancelled" : " expired");
  }
  std::string operator()(const BatchReserved& r) const {
    const std::string text =
        BatchText(seq_) + " reserves " + CoinsText(r.coins) + " for " + Joined(r.sends);
    return text + Joined(r.exclusions, "", [&](const Exclusion& exclusion) {
             return ", not " + names_.NameOf(exclusion.excluded) + " by " + ReasonText(exclusion);
           });
  }
  std::string operator()(const SignatureRequested& r) const {
    return BatchText(r.batch) + " asks for a signature";
  }
  std::string operator()(const VersionSigned& r) const {
    return BatchText(r.batch) + " signed: " + names_.NameOf(Parsed(r.raw_tx));
  }
  std::string operator()(const VersionAccepted& r) const {
    return BatchText(r.batch) + " accepted: " + names_.NameOf(r.txid);
  }
  std::string operator()(const VersionAdopted& r) const {
    return BatchText(r.batch) + " adopts " + names_.NameOf(Parsed(r.raw_tx));
  }
  std::string operator()(const RivalSeen& r) const {
    return BatchText(r.batch) + " has rival " + names_.NameOf(Parsed(r.raw_tx)) + InBlock(r.block);
  }
  std::string operator()(const RivalGone& r) const {
    return BatchText(r.batch) + " loses rival " + names_.NameOf(r.txid);
  }
  std::string operator()(const BatchConfirmed& r) const {
    return BatchText(r.batch) + " confirmed: " + names_.NameOf(r.txid) + InBlock(r.block);
  }
  std::string operator()(const BatchReopened& r) const { return BatchText(r.batch) + " reopened"; }
  std::string operator()(const BatchFinal& r) const { return BatchText(r.batch) + " final"; }
  std::string operator()(const BatchDropped& r) const { return BatchText(r.batch) + " dropped"; }
  std::string operator()(const ChainMoved& r) const {
    const auto height = r.blocks.empty() ? r.fork_height : r.blocks.back().height;
    return "chain from " + std::to_string(r.fork_height) + " to " + std::to_string(height);
  }
  std::string operator()(const AlarmRaised& r) const {
    return "alarm: " + std::string(KindText(r.kind)) + " " + names_.NameOf(r.txid);
  }
  std::string operator()(const AlarmAccepted& r) const {
    return "alarm " + std::to_string(r.alarm) + " accepted";
  }
  std::string operator()(const VersionReserved& r) const {
    std::string text = BatchText(r.batch) + " version " + std::to_string(r.version);
    if (!r.added.empty()) text += " adds " + CoinsText(r.added);
    return text;
  }
  std::string operator()(const VerdictGiven& r) const {
    const std::string_view names[] = {"?", "pay again", "never", "paid"};
    return r.id + " verdict: " + std::string(names[static_cast<size_t>(r.verdict)]);
  }
  std::string operator()(const PaymentAdopted& r) const {
    return r.id + " adopts " + names_.NameOf(Parsed(r.raw_tx));
  }
  std::string operator()(const CoinsVanished& r) const {
    if (r.coins.empty()) return BatchText(r.batch) + " has its coins back";
    return BatchText(r.batch) + " misses " +
           Joined(r.coins, ",", [&](const bitcoin::OutPoint& coin) { return names_.NameOf(coin); });
  }
  std::string operator()(const DetailPruned& r) const {
    return "prune " +
           Joined(r.batches, ",", [&](const PrunedBatch& batch) { return BatchText(batch.id); });
  }
  std::string operator()(const LocksReleased& r) const {
    return BatchText(r.batch) + " holds no locks";
  }

 private:
  std::string CoinsText(const std::vector<Coin>& coins) const {
    return Joined(coins, ",", [&](const Coin& coin) { return names_.NameOf(coin.outpoint); });
  }

  std::string ReasonText(const Exclusion& exclusion) const {
    switch (exclusion.reason) {
      case ExclusionReason::kSharedCoin:
        return names_.NameOf(exclusion.coin);
      case ExclusionReason::kDescendsFromRival:
        return names_.NameOf(exclusion.coin) + " of " + names_.NameOf(exclusion.rival);
      case ExclusionReason::kDeepRival:
        return "depth of " + names_.NameOf(exclusion.rival);
      case ExclusionReason::kVerdict:
        return "verdict";
    }
    return "?";
  }

  Transcript& names_;
  Seq seq_;
};

class Transcript::ReplyWriter {
 public:
  explicit ReplyWriter(Transcript& names) : names_(names) {}

  std::string operator()(const SendReply& reply) const {
    std::string text(VerdictText(reply.verdict));
    if (!reply.field.empty()) text += " (" + reply.field + ")";
    return reply.send ? text + " " + ViewText(*reply.send) : text;
  }
  std::string operator()(const SendsReply& all) const {
    return Joined(all.replies, ", ", [&](const SendReply& reply) { return (*this)(reply); });
  }
  std::string operator()(const StatusReply& reply) const {
    return "status: " + (reply.paying_stalled ? reply.paying_stalled->code : "ready") +
           (reply.accepting ? ", accepting" : ", not accepting");
  }
  std::string operator()(const FundsReply& reply) const {
    return "funds: " + SumText(reply.spendable) + " spendable, " + SumText(reply.reserved) +
           " reserved, " + SumText(reply.waiting_for_confirmations) + " waiting";
  }
  std::string operator()(const AlarmsReply& reply) const {
    return "alarms:" + Joined(reply.alarms, "", [](const Alarm& alarm) {
             return " " + std::to_string(alarm.number) +
                    (alarm.accepted_reason ? "(accepted)" : "");
           });
  }
  std::string operator()(const AlarmReply& reply) const {
    return reply.alarm ? "alarm " + std::to_string(reply.alarm->number) : "no such alarm";
  }

 private:
  std::string ViewText(const SendView& view) const {
    std::string text = view.id;
    text.append(" ").append(OutcomeName(view.outcome)).append(" ").append(StateName(view.state));
    if (view.txid) text += " " + names_.NameOf(*view.txid);
    if (view.confirmations > 0) text += " " + std::to_string(view.confirmations) + " deep";
    if (view.stalled) text += " stalled " + view.stalled->code;
    return text;
  }

  static std::string SumText(const CoinSum& sum) {
    return std::to_string(sum.amount_sat) + " in " + std::to_string(sum.coins);
  }

  Transcript& names_;
};

class Transcript::EffectWriter {
 public:
  explicit EffectWriter(Transcript& names) : names_(names) {}

  std::string operator()(const Append& append) const {
    return Joined(append.entries, "\n", [&](const Entry& entry) { return names_.TextOf(entry); });
  }
  std::string operator()(const ReadChain& effect) const {
    return "read chain from " + std::to_string(effect.locator.back().height);
  }
  std::string operator()(const ReadCoins& effect) const {
    if (!effect.above_height) return "read coins";
    return "read coins above " + std::to_string(*effect.above_height);
  }
  std::string operator()(const ReadSpends& effect) const {
    return "read spends since " + std::to_string(effect.since.height);
  }
  std::string operator()(const LookUpTransaction& effect) const {
    return "look up " + names_.NameOf(effect.txid);
  }
  std::string operator()(const LookUpCoins& effect) const {
    return "look up " + CoinsText(effect.coins) + " of " + BatchText(effect.batch);
  }
  std::string operator()(const DraftTransaction& effect) const {
    return "draft " + std::to_string(effect.draft) + ": " +
           Joined(effect.coins, ",",
                  [&](const Coin& coin) { return names_.NameOf(coin.outpoint); }) +
           " to " + Joined(effect.outputs, ", ", PayeeText) +
           (effect.split_sat.empty() ? "" : ", change split off: ") +
           Joined(effect.split_sat, ", ", [](bitcoin::Amount sat) { return std::to_string(sat); });
  }
  std::string operator()(const FindPrunable& effect) const {
    return "find prunable from " + std::to_string(effect.from.height) + " up to " +
           std::to_string(effect.up_to_height);
  }
  std::string operator()(const LockCoins& effect) const {
    return "lock " + CoinsText(effect.coins) + " for " + BatchText(effect.batch);
  }
  std::string operator()(const UnlockCoins& effect) const {
    return "unlock " + CoinsText(effect.coins);
  }
  std::string operator()(const Sign& effect) const {
    return "sign " + BatchText(effect.batch) + " version " + std::to_string(effect.version);
  }
  std::string operator()(const Broadcast& effect) const {
    return "broadcast " + names_.NameOf(Parsed(effect.raw_tx)) + " of " + BatchText(effect.batch);
  }
  std::string operator()(const Answer& answer) const {
    return "answer " + std::to_string(answer.call) + ": " +
           std::visit(ReplyWriter(names_), answer.reply);
  }

 private:
  std::string CoinsText(const std::vector<bitcoin::OutPoint>& coins) const {
    return Joined(coins, ",", [&](const bitcoin::OutPoint& coin) { return names_.NameOf(coin); });
  }

  Transcript& names_;
};

std::string Transcript::TextOf(const Effects& effects) {
  return Joined(effects, "\n", [&](const Effect& effect) { return TextOf(effect); });
}

std::string Transcript::TextOf(const Effect& effect) {
  return std::visit(EffectWriter(*this), effect);
}

std::string Transcript::TextOf(const Entry& entry) {
  return "append " + std::to_string(entry.seq) + ": " +
         std::visit(RecordWriter(*this, entry.seq), entry.record);
}

std::string Transcript::NameOf(const bitcoin::Txid& txid) {
  const auto [found, is_new] = names_.try_emplace(txid);
  if (is_new) found->second = "t" + std::to_string(names_.size());
  return found->second;
}

std::string Transcript::NameOf(const bitcoin::OutPoint& outpoint) {
  for (uint32_t number = 0; number < kMaxNumberedCoin; ++number) {
    if (outpoint == samples::OutPointOf(number)) return "c" + std::to_string(number);
  }
  return NameOf(outpoint.txid) + ":" + std::to_string(outpoint.vout);
}

std::string Transcript::NameOf(const bitcoin::Transaction& transaction) {
  return NameOf(bitcoin::TxidOf(transaction));
}

std::string Lines(std::initializer_list<std::string> lines) {
  return Joined(lines, "\n", [](const std::string& line) { return line; });
}

}  // namespace sendonce::core
