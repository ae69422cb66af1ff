// Everything that is read from bitcoind, against a node that says anything (scripted_rpc.h). The
// first byte chooses what is read, the rest are the node's lines. What comes out is what
// node/bitcoind.h promises, or not known.

#include <set>

#include "input.h"
#include "node/chain_reader.h"
#include "node/coin_lookup.h"
#include "node/drafter.h"
#include "node/requirements.h"
#include "node/transaction_lookup.h"
#include "node/wallet_actions.h"
#include "node/wallet_binding.h"
#include "node/wallet_reader.h"
#include "scripted_rpc.h"
#include "target.h"

namespace sendonce::fuzz {
namespace {

using bitcoin::OutPoint;
using core::Outcome;
using node::RpcClient;

constexpr int32_t kForkHeight = 100;

bitcoin::Hash256 HashOf(uint8_t number) {
  bitcoin::Hash256 hash;
  hash.bytes.fill(number);
  return hash;
}

std::vector<OutPoint> Coins() {
  return {{HashOf(1), 0}, {HashOf(2), 1}};
}

// --- each reader, and what holds of its result

void ReadChain(RpcClient& rpc) {
  const auto outcome = node::ReadChainStep(rpc, {{90, HashOf(0x90)}, {kForkHeight, HashOf(0xaa)}});
  const auto* step = std::get_if<core::ChainStep>(&outcome);
  if (!step || !step->connected) return;
  assert(step->fork_height == 90 || step->fork_height == kForkHeight);
  assert(step->blocks.size() <= core::kMaxBlocksPerRead);
  int32_t height = step->fork_height;
  for (const auto& block : step->blocks) {
    assert(block.position.height == ++height && !block.transactions.empty());
  }
  assert(height <= step->facts.tip.height && step->more == (height < step->facts.tip.height));
}

void ReadCoins(RpcClient& rpc, std::optional<int32_t> above_height) {
  const auto outcome = node::ReadWalletCoins(rpc, above_height);
  const auto* coins = std::get_if<std::vector<core::WalletCoin>>(&outcome);
  if (!coins) return;
  for (const auto& [coin, height] : *coins) {
    assert(height >= 0 && bitcoin::IsMoney(coin.amount_sat));
  }
}

void ReadSpends(RpcClient& rpc) {
  const auto outcome = node::ReadWalletSpends(rpc, HashOf(0xaa));
  const auto* spends = std::get_if<std::vector<core::WalletSpend>>(&outcome);
  if (!spends) return;
  std::set<bitcoin::Txid> seen;
  for (const auto& spend : *spends) assert(seen.insert(spend.txid).second && !spend.explained);
}

void LookUpCoins(RpcClient& rpc) {
  const auto outcome = node::ReadCoinStandings(rpc, Coins());
  const auto* standings = std::get_if<std::vector<core::CoinStanding>>(&outcome);
  if (!standings) return;
  assert(standings->size() == Coins().size());
  for (size_t i = 0; i < standings->size(); ++i) {
    const core::CoinStanding& standing = (*standings)[i];
    assert(standing.outpoint == Coins()[i]);
    assert(!standing.unspent || !standing.mempool_spender);
    if (!standing.mempool_spender) continue;
    const auto& inputs = standing.mempool_spender->inputs;
    assert(std::any_of(inputs.begin(), inputs.end(), [&](const bitcoin::TxIn& input) {
      return input.prevout == standing.outpoint;
    }));
  }
}

void LookUpTransaction(RpcClient& rpc, const bitcoin::Txid& txid) {
  const auto outcome = node::FindTransaction(rpc, txid);
  const auto* found = std::get_if<core::FoundTransaction>(&outcome);
  if (!found) return;
  const auto transaction = bitcoin::ParseTransaction(found->raw_tx);
  assert(transaction && bitcoin::TxidOf(*transaction) == txid && found->fee_sat >= 0);
  for (const uint32_t vout : found->sent_vouts) assert(vout < transaction->outputs.size());
  if (found->block) assert(found->block->height >= 0);
}

void MakeDraft(RpcClient& rpc, Input& input) {
  core::DraftTransaction effect;
  for (const OutPoint& outpoint : Coins()) {
    effect.coins.push_back({outpoint, 100'000, bitcoin::ScriptOf({0, bitcoin::Bytes(20, 7)})});
  }
  effect.outputs.push_back({50'000, bitcoin::ScriptOf({0, bitcoin::Bytes(20, 8)})});
  if (input.Bool()) effect.split_sat = {20'000};
  if (input.Bool()) effect.replaces = 5;
  if (input.Bool()) {
    effect.fee.conf_target = 6;
  } else {
    effect.fee.fee_rate_sat_kvb = 2'000;
  }
  node::Drafter drafter(rpc);
  const auto outcome = drafter.MakeDraft(effect);
  const auto* draft = std::get_if<core::Draft>(&outcome);
  if (!draft) return;
  // The rest of it the core checks byte by byte.
  if (!draft->missing.empty()) {
    assert(draft->unsigned_tx.empty());
    return;
  }
  assert(draft->fee_rate_sat_kvb >= 0);
}

// "Done" for what was said to be done, and for nothing else.
void Act(RpcClient& rpc, Input& input) {
  switch (input.Below(5)) {
    case 0:
      node::LockCoins(rpc, Coins());
      return;
    case 1:
      node::UnlockCoins(rpc, Coins());
      return;
    case 2:
      node::SignTransaction(rpc, {1, 2, 3});
      return;
    case 3: {
      core::Broadcast effect;
      effect.txid = HashOf(3);
      effect.raw_tx = {1, 2, 3};
      effect.max_fee_rate_sat_kvb = 1'000'000;
      const std::string line = Script().lines.empty() ? "" : Script().lines.front();
      const auto outcome = node::BroadcastTransaction(rpc, effect);
      const bool done = std::holds_alternative<core::Done>(outcome);
      assert(!done || line.find(bitcoin::DisplayHex(effect.txid)) != std::string::npos ||
             line.find('\\') != std::string::npos);
      return;
    }
    default:
      node::NewBindingAddress(rpc, {1, 2, 3});
  }
}

void Read(size_t what, RpcClient& rpc, Input& flags) {
  switch (what) {
    case 0:
      return ReadChain(rpc);
    case 1:
      return ReadCoins(rpc, std::nullopt);
    case 2:
      return ReadCoins(rpc, kForkHeight);
    case 3:
      return ReadSpends(rpc);
    case 4:
      return LookUpCoins(rpc);
    case 5:
      return LookUpTransaction(rpc, HashOf(3));
    case 6:
      return MakeDraft(rpc, flags);
    case 7:
      return Act(rpc, flags);
    case 8: {
      node::ReadRequirements(rpc);
      return;
    }
    default:
      node::SignProbeTransaction(rpc, "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080");
  }
}

}  // namespace
}  // namespace sendonce::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sendonce::fuzz;
  static sendonce::node::RpcClient rpc{sendonce::node::RpcOptions{}};
  Input input(data, size);
  const size_t what = input.Below(10);
  const uint8_t bits[3] = {input.Byte(), input.Byte(), input.Byte()};
  Input flags(bits, sizeof(bits));
  Script().lines.clear();
  Script().calls = 0;
  while (!input.empty()) Script().lines.push_back(input.Until('\n'));
  Read(what, rpc, flags);
  // The node is not asked without end.
  assert(Script().calls <= 64);
  return 0;
}
