// bitcoind as the core knows it: for each effect of core/effects.h one call, and what came of it as
// one of three outcomes (R5). doc/node-interface.md lists every RPC behind it.

#ifndef SENDONCE_NODE_BITCOIND_H
#define SENDONCE_NODE_BITCOIND_H

#include <string>
#include <vector>

#include "core/commands.h"
#include "core/effects.h"
#include "core/outcome.h"
#include "node/drafter.h"
#include "node/requirements.h"
#include "node/rpc_client.h"

namespace sendonce::node {

// Not thread-safe but for Interrupt: each thread that talks to the node has one of its own (one
// connection each). Every method blocks until the node has answered or the time is up, and may use
// several RPCs, each with its own call_timeout_ms.
//
// No method tries again by itself, with one exception: after HTTP 401, which means that the node
// did nothing, the cookie file is read again, and if it has changed the request is sent once more.
//
// What the wallet is asked after its facts it answers as the same wallet: ReadCoins and ReadSpends
// are Unknown if it carries other bindings by then than ReadFacts or ReadChain has seen last.
//
// The first refused or unknown RPC of a method is the outcome of the method. A reply that is not
// what bitcoind documents (a field missing, an amount that is none, a block that does not parse) is
// Unknown.
class Bitcoind {
 public:
  struct WalletCoins {
    std::vector<core::WalletCoin> coins;
    std::vector<bitcoin::OutPoint> locked;
  };

  explicit Bitcoind(const RpcOptions& options);
  Bitcoind(const Bitcoind&) = delete;
  Bitcoind& operator=(const Bitcoind&) = delete;

  // --- no effect on the node

  core::Outcome<core::NodeFacts> ReadFacts();

  // Facts, the highest block of the locator that is in the node's best chain, and what follows on
  // it. The blocks link to each other and to that block by their previous hash, whatever happened
  // between the calls; a chain that moved under the call in another way than by growing is Unknown:
  // ask again. REQUIRES: the locator is not empty.
  core::Outcome<core::ChainStep> ReadChain(const core::ReadChain& effect);

  // Only coins that the wallet says it can spend and solve. (It says so of coins that it cannot
  // sign for, too: see SignProbe.) Slow without a height: the node reads its whole wallet, seconds
  // for 100,000 coins. With a height some of the coins in the blocks up to it can be among them.
  // The locks are read behind the coins: a coin that is locked in between is among both.
  core::Outcome<WalletCoins> ReadCoins(const core::ReadCoins& effect);

  // Each txid once; negative confirmations are the depth of what conflicts with it, as bitcoind
  // counts. If the given block has left the chain, from its fork with the chain. `explained` is
  // false.
  core::Outcome<std::vector<core::WalletSpend>> ReadSpends(const core::ReadSpends& effect);

  // kNotFound: the wallet does not know it, or it is neither in the best chain nor in the mempool.
  // The bytes are those of a transaction with that txid.
  core::Outcome<core::FoundTransaction> LookUpTransaction(const core::LookUpTransaction& effect);

  // One standing for each coin, in order. A mempool that changed for these coins in between is
  // Unknown. "Neither spent in the mempool nor unspent" is no proof of anything (R4).
  core::Outcome<std::vector<core::CoinStanding>> LookUpCoins(const core::LookUpCoins& effect);

  // A coin is missing if the chain or the mempool has spent it; for a replacement, if the chain
  // has. Takes a change address from the wallet's keypool (drafts that fail share one), and has no
  // effect but that. Coins that are missing are all that is said then: unsigned_tx is empty.
  // Sequence 0xfffffffd (BIP 125), lock time 0. Change, if there is any, is the last output. If the
  // node refuses a fee estimate and there is no fallback: kNoFeeEstimate.
  core::Outcome<core::Draft> MakeDraft(const core::DraftTransaction& effect);

  // --- effects

  // Persistent. Coins that are locked already stay locked and are no error.
  core::Outcome<core::Done> LockCoins(const core::LockCoins& effect);

  // Coins that are not locked, or not the wallet's any more, are no error.
  core::Outcome<core::Done> UnlockCoins(const core::UnlockCoins& effect);

  // The bytes that the wallet returned, complete by its own word and otherwise unchecked.
  core::Outcome<bitcoin::Bytes> Sign(const core::Sign& effect);

  // Done: the node has it in its mempool, since now or before, and named the txid of the effect.
  core::Outcome<core::Done> Broadcast(const core::Broadcast& effect);

  // --- for `sendonced init` and the check at start

  // The block of the node's best chain at that height.
  core::Outcome<core::ChainPosition> ReadBlockAt(int32_t height);

  core::Outcome<Requirements> CheckRequirements();

  // A new native segwit address of the wallet whose label is "sendonce:" and the id in hexadecimal:
  // from here on NodeFacts::wallet_bindings holds it. Durable in the wallet when it returns.
  core::Outcome<std::string> NewBinding(const core::WalId& wal_id);

  // Has the wallet sign a made-up transaction that spends an output which does not exist and pays
  // to the same address of the wallet. Done: it can sign for its own addresses. Nothing valid can
  // ever come of the signature.
  core::Outcome<core::Done> SignProbe(const std::string& address);

  // Any thread: the running call, and every later one, ends at once with Unknown.
  void Interrupt();

 private:
  template <typename T>
  core::Outcome<T> OfTheSameWallet(core::Outcome<T> read);

  RpcClient rpc_;
  Drafter drafter_;
  std::vector<std::string> bindings_;  // of the wallet, as its facts were read last
};

}  // namespace sendonce::node

#endif  // SENDONCE_NODE_BITCOIND_H
