// What happens around the daemon without its doing: blocks come and go, other users of the wallet
// spend and bump, depositors take their deposits back, transactions are malleated and evicted, the
// node falls behind, dies and is started again, its operator looks after it.

#ifndef SENDONCE_TEST_SIM_WORLD_H
#define SENDONCE_TEST_SIM_WORLD_H

#include <string>
#include <vector>

#include "checkers.h"
#include "dice.h"
#include "node_calls.h"
#include "trace.h"
#include "weights.h"

namespace sendonce::sim {

class World {
 public:
  enum class Wallet : uint8_t {
    kUsual,
    kSmallCoins,  // most sends need several
    kFewCoins,    // most spend another's change
    kTinyCoins,   // each needs several, and so do many bumps
  };
  struct Limits {
    int32_t deepest_reorganisation = 6;
    bool has_legacy_coins = false;
    Wallet wallet = Wallet::kUsual;
    // Other users take coins that are reserved before any others, and so many.
    bool takes_reserved_coins = false;
    int most_takings = 6;
  };

  World(core::ToyNode& node, Condition& condition, Checkers& checkers, Trace& trace, Dice& dice,
        const Limits& limits);

  // Things happen in a mixture of their own.
  void DrawWeights() { weights_.Draw(dice_, 0); }

  // Coins for the wallet, and strangers who have some.
  void Begin();

  // One event, by the dice. Each is possible at any time; some have no effect.
  void Happen();

  // Somebody pays some sends of a batch from some of its coins alone, in full or in part.
  void Split();

  // No more troubles: the node is up, up to date and unlocked, there is money.
  void ComeToRest();
  void Mine();
  // So many blocks that what is finished may be pruned.
  void LetAgesPass(int blocks);

  // Pays the send from the wallet, without sendonce.
  bitcoin::Txid PayByHand(int number);
  // What pays the send and is in no block never will be: coins of it go elsewhere, by hand.
  void ClearUp(int number);
  // From another wallet.
  void PayFromElsewhere(int number);

  // What only the wallet has goes to the node again, by hand; the node may refuse it.
  void SendAgain(const bitcoin::Transaction& transaction);
  bool IsThere(const bitcoin::Txid& txid) const;  // in chain or mempool
  // No reorganisation takes it back.
  bool IsDeep(const bitcoin::Txid& txid) const {
    return node_.ConfirmationsOf(txid) > limits_.deepest_reorganisation;
  }

  int32_t height() const { return node_.height(); }

 private:
  void MineSome();
  void MineMany();
  void MineOld();
  void TakeACoin(bool mined);
  void Take() { TakeACoin(false); }
  void TakeInABlock() { TakeACoin(true); }
  void BumpForeignly();
  void PayInPart();
  bool Bump(bitcoin::Transaction& transaction, std::set<int>& like, bitcoin::Txid& replaced);
  void SendBumped(bitcoin::Transaction bumped, const bitcoin::Txid& replaced,
                  const std::set<int>& like, const std::string& what);
  void Malleate();
  void Deposit();
  void Reorganise();
  void Supplant();
  void FallBack();
  void CatchUp();
  void Evict();
  void Restart();
  void Stop();
  void SwitchWallet();
  void LockByHand();
  void UnlockAll();

  bitcoin::Transaction SpendByHand(const core::Coin& coin,
                                   const std::vector<bitcoin::TxOut>& outputs,
                                   const std::set<int>& like = {});
  std::vector<core::Coin> CoinsToTake() const;
  std::vector<core::Coin> SomeCoinsOf(const core::Batch& batch);
  std::vector<bitcoin::TxOut> SomePaymentsOf(const core::Batch& batch);
  bitcoin::Amount AddCoins(const core::Batch& batch, const std::vector<bitcoin::TxOut>& outputs,
                           std::vector<core::Coin>& coins) const;
  void Know(const bitcoin::Transaction& transaction, const std::set<int>& like = {});
  std::set<int> LikeSendsOf(const bitcoin::Transaction& transaction) const;
  bool MayTakeBlocks(int depth) const;

  core::ToyNode& node_;
  Condition& condition_;
  Checkers& checkers_;
  Trace& trace_;
  Dice& dice_;
  const Limits limits_;
  Weights weights_;
  int32_t highest_ = 0;
  int takings_ = 0;
  int splits_ = 0;
  int bumps_ = 0;
  uint32_t coins_made_ = 0;
  std::vector<core::Coin> strangers_;
};

}  // namespace sendonce::sim

#endif  // SENDONCE_TEST_SIM_WORLD_H
