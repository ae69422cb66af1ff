#include "daemon/node_gateway.h"

#include <cassert>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "node/failure.h"

namespace sendonce::daemon {

namespace {

using Clock = std::chrono::steady_clock;

int64_t MicrosSince(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count();
}

template <typename T>
Metrics::RpcOutcome KindOf(const core::Outcome<T>& outcome) {
  if (std::holds_alternative<T>(outcome)) return Metrics::RpcOutcome::kAccepted;
  return std::holds_alternative<core::Refused>(outcome) ? Metrics::RpcOutcome::kRefused
                                                        : Metrics::RpcOutcome::kUnknown;
}

core::Refused QueueFull() {
  return {core::Refusal::kNotExecuted, 0, "too many calls are waiting for the node"};
}

// How each effect is called, on which connection, and what its reply is called. One row for each.
struct ReadChainCall {
  static constexpr std::string_view kName = "ReadChain";
  static auto Call(node::Bitcoind& node, const core::ReadChain& effect) {
    return node.ReadChain(effect);
  }
  static core::Command Reply(const core::ReadChain&, core::Outcome<core::ChainStep> outcome) {
    return core::ChainRead{std::move(outcome), {}, {}};
  }
};

struct ReadCoinsCall {
  static constexpr std::string_view kName = "ReadCoins";
  static auto Call(node::Bitcoind& node, const core::ReadCoins& effect) {
    return node.ReadCoins(effect);
  }
  static core::Command Reply(const core::ReadCoins& effect,
                             core::Outcome<node::Bitcoind::WalletCoins> outcome) {
    if (auto* read = std::get_if<node::Bitcoind::WalletCoins>(&outcome)) {
      return core::CoinsRead{std::move(read->coins), effect.above_height, std::move(read->locked)};
    }
    return core::CoinsRead{
        node::FailedAs<std::vector<core::WalletCoin>>(std::move(outcome)), effect.above_height, {}};
  }
};

struct ReadSpendsCall {
  static constexpr std::string_view kName = "ReadSpends";
  static auto Call(node::Bitcoind& node, const core::ReadSpends& effect) {
    return node.ReadSpends(effect);
  }
  static core::Command Reply(const core::ReadSpends&,
                             core::Outcome<std::vector<core::WalletSpend>> outcome) {
    return core::SpendsRead{std::move(outcome)};
  }
};

struct LookUpTransactionCall {
  static constexpr std::string_view kName = "LookUpTransaction";
  static auto Call(node::Bitcoind& node, const core::LookUpTransaction& effect) {
    return node.LookUpTransaction(effect);
  }
  static core::Command Reply(const core::LookUpTransaction& effect,
                             core::Outcome<core::FoundTransaction> outcome) {
    return core::TransactionLookedUp{effect.call, effect.txid, std::move(outcome), {}};
  }
};

struct LookUpCoinsCall {
  static constexpr std::string_view kName = "LookUpCoins";
  static auto Call(node::Bitcoind& node, const core::LookUpCoins& effect) {
    return node.LookUpCoins(effect);
  }
  static core::Command Reply(const core::LookUpCoins& effect,
                             core::Outcome<std::vector<core::CoinStanding>> outcome) {
    return core::CoinsLookedUp{effect.batch, std::move(outcome), effect.draft};
  }
};

struct DraftTransactionCall {
  static constexpr std::string_view kName = "DraftTransaction";
  static auto Call(node::Bitcoind& node, const core::DraftTransaction& effect) {
    return node.MakeDraft(effect);
  }
  static core::Command Reply(const core::DraftTransaction& effect,
                             core::Outcome<core::Draft> outcome) {
    return core::Drafted{effect.draft, std::move(outcome)};
  }
};

struct LockCoinsCall {
  static constexpr std::string_view kName = "LockCoins";
  static auto Call(node::Bitcoind& node, const core::LockCoins& effect) {
    return node.LockCoins(effect);
  }
  static core::Command Reply(const core::LockCoins& effect, core::Outcome<core::Done> outcome) {
    return core::CoinsLocked{effect.batch, std::move(outcome)};
  }
};

struct UnlockCoinsCall {
  static constexpr std::string_view kName = "UnlockCoins";
  static auto Call(node::Bitcoind& node, const core::UnlockCoins& effect) {
    return node.UnlockCoins(effect);
  }
  static core::Command Reply(const core::UnlockCoins& effect, core::Outcome<core::Done> outcome) {
    return core::CoinsUnlocked{effect.batch, std::move(outcome)};
  }
};

struct SignCall {
  static constexpr std::string_view kName = "Sign";
  static auto Call(node::Bitcoind& node, const core::Sign& effect) { return node.Sign(effect); }
  static core::Command Reply(const core::Sign& effect, core::Outcome<bitcoin::Bytes> outcome) {
    return core::Signed{effect.batch, effect.version, std::move(outcome)};
  }
};

struct BroadcastCall {
  static constexpr std::string_view kName = "Broadcast";
  static auto Call(node::Bitcoind& node, const core::Broadcast& effect) {
    return node.Broadcast(effect);
  }
  static core::Command Reply(const core::Broadcast& effect, core::Outcome<core::Done> outcome) {
    return core::Broadcasted{effect.batch, effect.txid, std::move(outcome)};
  }
};

}  // namespace

NodeGateway::NodeGateway(const node::RpcOptions& options, Callbacks callbacks,
                         Failpoints& failpoints, Metrics& metrics)
    : callbacks_(std::move(callbacks)),
      failpoints_(failpoints),
      metrics_(metrics),
      reading_(options),
      drafting_(options),
      paying_(options) {}

template <typename Row, typename EffectType>
void NodeGateway::Run(Lane& lane, EffectType effect) {
  const auto shared = std::make_shared<const EffectType>(std::move(effect));
  const bool posted = lane.worker.Post([this, &lane, shared] {
    failpoints_.Reach(std::string("call:").append(Row::kName));
    const auto start = Clock::now();
    auto outcome = Row::Call(lane.bitcoind, *shared);
    metrics_.CountRpc(Row::kName, KindOf(outcome), MicrosSince(start));
    failpoints_.Reach(std::string("called:").append(Row::kName));
    callbacks_.on_reply(Row::Reply(*shared, std::move(outcome)));
  });
  if (!posted) callbacks_.on_reply(Row::Reply(*shared, QueueFull()));
}

// Overloads choose the row and the lane.
struct NodeGateway::Caller {
  NodeGateway& gateway;

  void operator()(core::ReadChain& effect) const {
    gateway.Run<ReadChainCall>(gateway.reading_, std::move(effect));
  }
  void operator()(core::ReadCoins& effect) const {
    gateway.Run<ReadCoinsCall>(gateway.reading_, effect);
  }
  void operator()(core::ReadSpends& effect) const {
    gateway.Run<ReadSpendsCall>(gateway.reading_, effect);
  }
  void operator()(core::LookUpTransaction& effect) const {
    gateway.Run<LookUpTransactionCall>(gateway.reading_, effect);
  }
  void operator()(core::LookUpCoins& effect) const {
    gateway.Run<LookUpCoinsCall>(gateway.reading_, std::move(effect));
  }
  void operator()(core::DraftTransaction& effect) const {
    gateway.Run<DraftTransactionCall>(gateway.drafting_, std::move(effect));
  }
  void operator()(core::LockCoins& effect) const {
    gateway.Run<LockCoinsCall>(gateway.paying_, std::move(effect));
  }
  void operator()(core::Sign& effect) const {
    gateway.Run<SignCall>(gateway.paying_, std::move(effect));
  }
  void operator()(core::Broadcast& effect) const {
    gateway.Run<BroadcastCall>(gateway.paying_, std::move(effect));
  }
  void operator()(core::UnlockCoins& effect) const {
    gateway.Run<UnlockCoinsCall>(gateway.paying_, std::move(effect));
  }
  void operator()(core::Append&) const { assert(false && "not for the node"); }
  void operator()(core::FindPrunable&) const { assert(false && "not for the node"); }
  void operator()(core::Answer&) const { assert(false && "not for the node"); }
};

void NodeGateway::Execute(core::Effect effect) {
  std::visit(Caller{*this}, effect);
}

void NodeGateway::CheckRequirements() {
  const bool posted = reading_.worker.Post(
      [this] { callbacks_.on_requirements(reading_.bitcoind.CheckRequirements()); });
  if (!posted) callbacks_.on_requirements(QueueFull());
}

void NodeGateway::Stop() {
  reading_.worker.Stop();
  drafting_.worker.Stop();
  paying_.worker.Stop();
}

}  // namespace sendonce::daemon
