#include "trace.h"

namespace sendonce::sim {

namespace {

template <typename T>
std::string OutcomeText(const core::Outcome<T>& outcome) {
  if (std::holds_alternative<T>(outcome)) return "accepted";
  if (const auto* refused = std::get_if<core::Refused>(&outcome))
    return "refused: " + refused->text;
  return "unknown: " + std::get<core::Unknown>(outcome).text;
}

std::string OfBatch(core::BatchId id) {
  return " of batch " + std::to_string(id);
}

class CommandWriter {
 public:
  explicit CommandWriter(core::Transcript& names) : names_(names) {}

  std::string operator()(const core::Submit& c) const {
    return "submit " + c.id + " " + std::to_string(c.content.outputs.front().amount_sat) +
           Call(c.call);
  }
  std::string operator()(const core::Query& c) const { return "query " + c.id + Call(c.call); }
  std::string operator()(const core::SubmitMany& c) const {
    std::string text = "submit many";
    for (const auto& item : c.items) text += " " + item.id;
    return text + Call(c.call);
  }
  std::string operator()(const core::QueryMany& c) const {
    return "query many: " + std::to_string(c.items.size()) + Call(c.call);
  }
  std::string operator()(const core::Cancel& c) const { return "cancel " + c.id + Call(c.call); }
  std::string operator()(const core::AskStatus& c) const { return "ask status" + Call(c.call); }
  std::string operator()(const core::AskFunds& c) const { return "ask funds" + Call(c.call); }
  std::string operator()(const core::AskAlarms& c) const { return "ask alarms" + Call(c.call); }
  std::string operator()(const core::AcceptAlarm& c) const {
    return "accept alarm " + std::to_string(c.alarm) + Call(c.call);
  }
  std::string operator()(const core::CallerGone& c) const { return "caller gone" + Call(c.call); }
  std::string operator()(const core::StopAccepting&) const { return "stop accepting"; }
  std::string operator()(const core::Bump& c) const {
    return "bump " + c.id + " to " + std::to_string(c.fee_rate_sat_kvb) + Call(c.call);
  }
  std::string operator()(const core::Adopt& c) const {
    return "adopt " + names_.NameOf(c.txid) + " for " + c.id + Call(c.call);
  }
  std::string operator()(const core::GiveVerdict& c) const {
    return "verdict on " + c.id + Call(c.call);
  }
  std::string operator()(const core::Durable& c) const {
    return "durable up to " + std::to_string(c.seq);
  }
  std::string operator()(const core::Drafted& c) const {
    return "drafted " + std::to_string(c.draft) + ": " + OutcomeText(c.outcome);
  }
  std::string operator()(const core::CoinsLocked& c) const {
    return "locked coins" + OfBatch(c.batch) + ": " + OutcomeText(c.outcome);
  }
  std::string operator()(const core::CoinsUnlocked& c) const {
    return "unlocked coins" + OfBatch(c.batch) + ": " + OutcomeText(c.outcome);
  }
  std::string operator()(const core::Signed& c) const {
    return "signed version " + std::to_string(c.version) + OfBatch(c.batch) + ": " +
           OutcomeText(c.outcome);
  }
  std::string operator()(const core::Broadcasted& c) const {
    return "broadcast " + names_.NameOf(c.txid) + OfBatch(c.batch) + ": " + OutcomeText(c.outcome);
  }
  std::string operator()(const core::CoinsLookedUp& c) const {
    std::string text = "looked up coins" + OfBatch(c.batch) + ": " + OutcomeText(c.outcome);
    const auto* standings = std::get_if<std::vector<core::CoinStanding>>(&c.outcome);
    if (!standings) return text;
    for (const core::CoinStanding& one : *standings) {
      text += " " + names_.NameOf(one.outpoint) + (one.unspent ? " unspent" : "");
      if (one.mempool_spender) text += " spent by " + names_.NameOf(*one.mempool_spender);
    }
    return text;
  }
  std::string operator()(const core::ChainRead& c) const {
    const auto* step = std::get_if<core::ChainStep>(&c.outcome);
    if (!step) return "chain read: " + OutcomeText(c.outcome);
    std::string text = "chain read from " + std::to_string(step->fork_height);
    if (!step->connected) text += " not connected";
    for (const core::ReadBlock& block : step->blocks) {
      text += "; block " + std::to_string(block.position.height);
      for (const auto& transaction : block.transactions) text += " " + names_.NameOf(transaction);
    }
    return text;
  }
  std::string operator()(const core::CoinsRead& c) const {
    std::string text = "coins read: " + OutcomeText(c.outcome);
    const auto* coins = std::get_if<std::vector<core::WalletCoin>>(&c.outcome);
    if (!coins) return text;
    for (const core::WalletCoin& coin : *coins) {
      text += " " + names_.NameOf(coin.coin.outpoint) + "@" + std::to_string(coin.height);
    }
    return text;
  }
  std::string operator()(const core::SpendsRead& c) const {
    return "spends read: " + OutcomeText(c.outcome);
  }
  std::string operator()(const core::TransactionLookedUp& c) const {
    return "looked up " + names_.NameOf(c.txid) + ": " + OutcomeText(c.outcome);
  }
  std::string operator()(const core::PrunableFound&) const { return "prunable found"; }
  std::string operator()(const core::TransactionHint& c) const {
    return "hint " + names_.NameOf(c.txid);
  }
  std::string operator()(const core::ChainHint&) const { return "chain hint"; }
  std::string operator()(const core::Tick&) const { return "tick"; }

 private:
  static std::string Call(core::CallToken call) { return " (call " + std::to_string(call) + ")"; }

  core::Transcript& names_;
};

}  // namespace

void Trace::World(const std::string& text) {
  if (out_) *out_ << "-- " << text << "\n";
}

void Trace::Given(const core::Command& command, core::Millis now_ms) {
  if (!out_) return;
  *out_ << "> " << std::visit(CommandWriter(names_), command) << "  [" << now_ms << " ms]\n";
}

void Trace::Emitted(const core::Effect& effect) {
  if (!out_) return;
  const std::string text = names_.TextOf(effect);
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    *out_ << "    " << text.substr(begin, end - begin) << "\n";
    begin = end + 1;
  }
}

}  // namespace sendonce::sim
