#include "daemon/initializer.h"

#include <sys/random.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/ledger.h"
#include "daemon/application.h"
#include "node/bitcoind.h"
#include "wal/start.h"

namespace sendonce::daemon {

namespace {

core::WalId RandomWalId() {
  core::WalId id{};
  const ssize_t drawn = getrandom(id.data(), id.size(), 0);
  assert(drawn == static_cast<ssize_t>(id.size()) && "up to 256 bytes come whole");
  return id;
}

core::Millis NowMs() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

int Refuse(const std::string& sentence) {
  std::fprintf(stderr, "sendonced init: %s\n", sentence.c_str());
  return kExitRefused;
}

// The node's words, where it has any.
template <typename T>
std::string Explain(const core::Outcome<T>& outcome) {
  if (const auto* refused = std::get_if<core::Refused>(&outcome)) return refused->text;
  return std::get<core::Unknown>(outcome).text;
}

std::optional<std::string> ObjectionTo(const core::NodeFacts& facts, bitcoin::Network network) {
  if (facts.chain != bitcoin::ChainName(network)) {
    return "the node is on chain '" + facts.chain + "', not '" +
           std::string(bitcoin::ChainName(network)) + "': choose with -chain=" + facts.chain;
  }
  if (facts.initial_block_download || facts.wallet_scanning ||
      facts.wallet_height < facts.tip.height) {
    return "the node or its wallet is still behind the chain: wait until getblockchaininfo says "
           "initialblockdownload false and getwalletinfo says scanning false, and try again";
  }
  if (!facts.wallet_has_private_keys) {
    return "wallet '" + facts.wallet_name +
           "' has no private keys and cannot sign: name another with -rpcwallet";
  }
  if (facts.wallet_locked) {
    return "wallet '" + facts.wallet_name +
           "' is locked: unlock it with bitcoin-cli walletpassphrase and try again";
  }
  return std::nullopt;
}

std::string BoundAlready(const core::NodeFacts& facts) {
  std::string ids;
  for (const std::string& id : facts.wallet_bindings) ids += " sendonce:" + id;
  return "wallet '" + facts.wallet_name + "' is bound already (labels" + ids +
         "); two payers on one wallet pay twice. Use that WAL, or another wallet. If you are sure "
         "that no "
         "such WAL exists (an init that was interrupted), list the address with bitcoin-cli "
         "getaddressesbylabel, clear its label with bitcoin-cli setlabel <address> \"\", and try "
         "again";
}

// Everything that init does to one node, in order; each step returns the problem that ends it.
class Initialization {
 public:
  explicit Initialization(const Options& options)
      : options_(options), node_(std::make_unique<node::Bitcoind>(options.node.rpc)) {}

  std::optional<std::string> CheckNode() {
    const auto requirements = node_->CheckRequirements();
    const auto* checked = std::get_if<node::Requirements>(&requirements);
    if (!checked) return "cannot use the node: " + Explain(requirements);
    if (!checked->unmet.empty()) return checked->unmet.front();
    if (auto problem = ReadFacts()) return problem;
    if (auto problem = ObjectionTo(facts_, options_.network)) return problem;
    if (!facts_.wallet_bindings.empty()) return BoundAlready(facts_);
    NameTheWallet();
    return std::nullopt;
  }

  std::optional<std::string> Bind() {
    created_.wal_id = RandomWalId();
    auto address = node_->NewBinding(created_.wal_id);
    if (!std::holds_alternative<std::string>(address)) {
      return "cannot bind the wallet: " + Explain(address);
    }
    created_.binding_address = std::get<std::string>(address);
    if (auto problem = ReadFacts()) return problem;
    // Two that bind at once both see two bindings, and both refuse.
    const std::vector<std::string> only_ours{bitcoin::HexFromBytes(created_.wal_id)};
    if (facts_.wallet_bindings != only_ours) return BoundAlready(facts_);
    const auto probe = node_->SignProbe(created_.binding_address);
    if (!std::holds_alternative<core::Done>(probe)) {
      return "the wallet cannot sign: " + Explain(probe) + ". " + BoundAlready(facts_);
    }
    return std::nullopt;
  }

  // Following begins this far below the tip, so that a reorganisation finds a block that was read.
  std::optional<std::string> ChooseFirstBlock() {
    constexpr int32_t kFirstBlockDepth = 100;
    const auto block = node_->ReadBlockAt(std::max(0, facts_.tip.height - kFirstBlockDepth));
    const auto* position = std::get_if<core::ChainPosition>(&block);
    if (!position) return "cannot read the chain: " + Explain(block);
    created_.tip = *position;
    return std::nullopt;
  }

  // The wallet's spends up to now are nobody's business but the operator's: they are explained once
  // and for all.
  std::optional<std::string> NoteSpendsBefore() {
    const auto spends = node_->ReadSpends({created_.tip});
    const auto* list = std::get_if<std::vector<core::WalletSpend>>(&spends);
    if (!list) return "cannot read the wallet's spends: " + Explain(spends);
    for (const core::WalletSpend& spend : *list) created_.spends_before.push_back(spend.txid);
    return std::nullopt;
  }

  core::WalCreated Created() {
    created_.network = options_.network;
    created_.genesis = facts_.genesis;
    created_.wallet_name = facts_.wallet_name;

    created_.work = facts_.work;
    return created_;
  }

 private:
  // From here on it is this one, whichever is loaded.
  void NameTheWallet() {
    node::RpcOptions rpc = options_.node.rpc;
    rpc.wallet = facts_.wallet_name;
    node_ = std::make_unique<node::Bitcoind>(rpc);
  }

  std::optional<std::string> ReadFacts() {
    auto facts = node_->ReadFacts();
    if (!std::holds_alternative<core::NodeFacts>(facts)) {
      return "cannot use the node: " + Explain(facts);
    }
    facts_ = std::move(std::get<core::NodeFacts>(facts));
    return std::nullopt;
  }

  const Options& options_;
  std::unique_ptr<node::Bitcoind> node_;
  core::NodeFacts facts_;
  core::WalCreated created_;
};

}  // namespace

int Initialize(const Options& options, const wal::Substitutes& files) {
  const wal::Paths paths{options.paths.wal_directory, options.paths.anchor_file};
  // Looked at before the wallet is touched; Log::Create looks again.
  if (const auto problem = wal::ProblemOfNewPaths(paths)) return Refuse(problem->text());
  Initialization initialization(options);
  if (auto problem = initialization.CheckNode()) return Refuse(*problem);
  if (auto problem = initialization.Bind()) return Refuse(*problem);
  if (auto problem = initialization.ChooseFirstBlock()) return Refuse(*problem);
  if (auto problem = initialization.NoteSpendsBefore()) return Refuse(*problem);
  const core::WalCreated created = initialization.Created();
  core::Ledger ledger;
  const core::Entry first = ledger.Apply(created, NowMs());
  const auto made = wal::Log::Create(paths, first, files);
  if (const auto* problem = std::get_if<wal::Problem>(&made)) return Refuse(problem->text());
  const std::string chain(bitcoin::ChainName(options.network));
  std::printf("WAL %s made in %s\nbound to wallet '%s' on chain %s, followed from block %d\n",
              bitcoin::HexFromBytes(created.wal_id).c_str(), paths.wal_directory.c_str(),
              created.wallet_name.c_str(), chain.c_str(), created.tip.height);
  return kExitOk;
}

}  // namespace sendonce::daemon
