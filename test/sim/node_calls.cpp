#include "node_calls.h"

#include <stdexcept>
#include <utility>

namespace sendonce::sim {

namespace {

using core::Command;
using core::Done;
using core::Outcome;
using core::Refusal;
using core::Refused;

[[noreturn]] void NotForTheNode() {
  throw std::logic_error("not for the node");
}

class HonestReply {
 public:
  HonestReply(core::ToyNode& node, const Condition& condition)
      : node_(node), condition_(condition) {}

  Command operator()(const core::ReadChain& effect) const {
    core::ChainStep step = node_.ReadChain(effect);
    step.facts.wallet_locked = condition_.wallet_locked;
    return core::ChainRead{std::move(step), {}, {}};
  }
  Command operator()(const core::ReadCoins& effect) const {
    return core::CoinsRead{node_.ReadCoins(effect), effect.above_height, node_.locked()};
  }
  Command operator()(const core::ReadSpends& effect) const {
    return core::SpendsRead{node_.ReadSpends(effect)};
  }
  Command operator()(const core::LookUpTransaction& effect) const {
    return core::TransactionLookedUp{
        effect.call, effect.txid, node_.LookUpTransaction(effect.txid), {}};
  }
  Command operator()(const core::LookUpCoins& effect) const {
    return core::CoinsLookedUp{effect.batch, node_.LookUpCoins(effect), effect.draft};
  }
  Command operator()(const core::DraftTransaction& effect) const {
    return core::Drafted{effect.draft, node_.MakeDraft(effect)};
  }
  Command operator()(const core::LockCoins& effect) const {
    node_.Lock(effect.coins);
    return core::CoinsLocked{effect.batch, Done{}};
  }
  Command operator()(const core::UnlockCoins& effect) const {
    node_.Unlock(effect.coins);
    return core::CoinsUnlocked{effect.batch, Done{}};
  }
  Command operator()(const core::Sign& effect) const {
    return core::Signed{effect.batch, effect.version, node_.Sign(effect.unsigned_tx)};
  }
  Command operator()(const core::Broadcast& effect) const {
    return core::Broadcasted{effect.batch, effect.txid, node_.Broadcast(effect.raw_tx)};
  }
  Command operator()(const core::Append&) const { NotForTheNode(); }
  Command operator()(const core::FindPrunable&) const { NotForTheNode(); }
  Command operator()(const core::Answer&) const { NotForTheNode(); }

 private:
  core::ToyNode& node_;
  const Condition& condition_;
};

template <typename T>
Outcome<T> As(const Failure& failure) {
  return std::visit([](const auto& one) { return Outcome<T>(one); }, failure);
}

class Failing {
 public:
  explicit Failing(const Failure& failure) : failure_(failure) {}

  Command operator()(const core::ReadChain&) const {
    return core::ChainRead{As<core::ChainStep>(failure_), {}, {}};
  }
  Command operator()(const core::ReadCoins& effect) const {
    return core::CoinsRead{As<std::vector<core::WalletCoin>>(failure_), effect.above_height, {}};
  }
  Command operator()(const core::ReadSpends&) const {
    return core::SpendsRead{As<std::vector<core::WalletSpend>>(failure_)};
  }
  Command operator()(const core::LookUpTransaction& effect) const {
    return core::TransactionLookedUp{
        effect.call, effect.txid, As<core::FoundTransaction>(failure_), {}};
  }
  Command operator()(const core::LookUpCoins& effect) const {
    return core::CoinsLookedUp{effect.batch, As<std::vector<core::CoinStanding>>(failure_),
                               effect.draft};
  }
  Command operator()(const core::DraftTransaction& effect) const {
    return core::Drafted{effect.draft, As<core::Draft>(failure_)};
  }
  Command operator()(const core::LockCoins& effect) const {
    return core::CoinsLocked{effect.batch, As<Done>(failure_)};
  }
  Command operator()(const core::UnlockCoins& effect) const {
    return core::CoinsUnlocked{effect.batch, As<Done>(failure_)};
  }
  Command operator()(const core::Sign& effect) const {
    return core::Signed{effect.batch, effect.version, As<bitcoin::Bytes>(failure_)};
  }
  Command operator()(const core::Broadcast& effect) const {
    return core::Broadcasted{effect.batch, effect.txid, As<Done>(failure_)};
  }
  Command operator()(const core::Append&) const { NotForTheNode(); }
  Command operator()(const core::FindPrunable&) const { NotForTheNode(); }
  Command operator()(const core::Answer&) const { NotForTheNode(); }

 private:
  const Failure& failure_;
};

template <typename T>
bool Is(const core::Effect& effect) {
  return std::holds_alternative<T>(effect);
}

bool NeedsTheWallet(const core::Effect& effect) {
  return !Is<core::LookUpCoins>(effect) && !Is<core::Broadcast>(effect);
}

}  // namespace

Command Carry(core::ToyNode& node, const Condition& condition, const core::Effect& effect) {
  if (condition.down) {
    return FailedReply(effect, Refused{Refusal::kNotExecuted, 0, "connection refused"});
  }
  if (condition.wallet_unloaded && NeedsTheWallet(effect)) {
    return FailedReply(effect, Refused{Refusal::kWalletNotLoaded, -18, "wallet is not loaded"});
  }
  if (condition.wallet_locked && Is<core::Sign>(effect)) {
    return FailedReply(effect, Refused{Refusal::kWalletLocked, -13, "passphrase first"});
  }
  return std::visit(HonestReply(node, condition), effect);
}

Command FailedReply(const core::Effect& effect, const Failure& failure) {
  return std::visit(Failing(failure), effect);
}

std::optional<Refused> WhimOf(const core::Effect& effect, int roll) {
  if (Is<core::Broadcast>(effect)) {
    if (roll % 3 == 0) return Refused{Refusal::kFeeTooLow, -26, "mempool full"};
    if (roll % 3 == 1) return Refused{Refusal::kMissingOrSpent, -25, "bad-txns-inputs-missing"};
    return Refused{Refusal::kPolicy, -26, "too-long-mempool-chain"};
  }
  if (Is<core::DraftTransaction>(effect)) {
    if (roll % 3 == 0) return Refused{Refusal::kNoFeeEstimate, 0, "no estimate"};
    if (roll % 3 == 1) return Refused{Refusal::kKeypoolEmpty, -12, "keypool ran out"};
    return Refused{Refusal::kCannotBuild, -4, "too many ancestors"};
  }
  if (Is<core::Sign>(effect)) return Refused{Refusal::kCannotSign, 0, "not complete"};
  if (Is<core::LockCoins>(effect)) {
    return Refused{Refusal::kRejected, -8, "expected unspent output"};
  }
  return std::nullopt;
}

bool ChangesTheNode(const core::Effect& effect) {
  return Is<core::LockCoins>(effect) || Is<core::UnlockCoins>(effect) || Is<core::Sign>(effect) ||
         Is<core::Broadcast>(effect);
}

size_t LaneOf(const core::Effect& effect) {
  if (Is<core::FindPrunable>(effect)) return 3;
  if (ChangesTheNode(effect)) return 2;
  return Is<core::DraftTransaction>(effect) ? 1 : 0;
}

}  // namespace sendonce::sim
