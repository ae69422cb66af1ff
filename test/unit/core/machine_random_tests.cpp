// Everything at once, by the dice: other users of the wallet who spend and bump, blocks that come
// and go, old transactions mined again, evictions, crashes, cancellations. Whatever happens, no two
// transactions that were ever signed for one id can stand in one chain (G2), nothing that was
// fenced is paid (G6), and when the world comes to rest everything that is not fenced is paid (G5).

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>
#include <set>

#include "core/views.h"
#include "machine_play.h"

namespace sendonce::core {
namespace {

using bitcoin::OutPoint;
using bitcoin::Transaction;
using bitcoin::TxOut;
using samples::CoinOf;
using samples::OutputTo;
using samples::To;

constexpr int kSeeds = 1'000;
constexpr int kEvents = 60;
constexpr int kMaxSends = 6;
constexpr int kPatience = 45;  // rounds at the end before somebody gives a verdict
constexpr uint32_t kCoins = 14;

Policy PolicyOfTheGame() {
  Policy policy;
  policy.conflict_depth = 40;  // deeper than any reorganisation of the game
  return policy;
}

class Game {
 public:
  explicit Game(uint32_t seed) : dice_(seed), play_(PolicyOfTheGame()) {
    std::vector<Coin> coins;
    for (uint32_t i = 1; i <= kCoins; ++i) coins.push_back(CoinOf(i, 90'000 + 20'000 * i));
    play_.FundWith(coins);
    play_.node.shows_old_coins = false;
    play_.Start();
  }

  void Play() {
    for (int i = 0; i < kEvents; ++i) {
      Event();
      Note();
      CheckNoSecondPayment();
    }
    CheckThatAllConflict();
    ComeToRest();
    CheckNoSecondPayment();
    CheckThatAllAreDone();
  }

 private:
  int Roll(int sides) { return static_cast<int>(dice_() % static_cast<uint32_t>(sides)); }

  static std::string NameOf(int number) { return "w-" + std::to_string(number); }
  static bitcoin::Amount AmountOf(int number) { return 50'000 + 70'000 * number; }
  static TxOut OutputOf(int number) {
    return OutputTo("payee" + std::to_string(number), AmountOf(number));
  }

  void Event() {
    switch (Roll(15)) {
      case 0:
      case 1:
        return Submit();
      case 2:
      case 3:
      case 4:
        return SettleSome();
      case 5:
        return play_.node.Mine();
      case 6:
        return TakeACoin(false);
      case 7:
        return TakeACoin(true);
      case 8:
        return BumpForeignly();
      case 9:
        return Reorganise();
      case 10:
        return Cancel();
      case 11:
        play_.Crash();
        return;
      case 12:
        return play_.node.Evict();
      case 13:
        return AcceptAlarms();
      default:
        play_.Wake();
        play_.ChainHint();
    }
  }

  // Somebody looks after it.
  void AcceptAlarms() {
    std::vector<Seq> open;
    for (const auto& [number, alarm] : play_.ledger().alarms()) {
      if (!alarm.accepted_reason) open.push_back(number);
    }
    for (Seq number : open) play_.AcceptAlarm(number);
  }

  void Submit() {
    if (sends_ == kMaxSends) return;
    const int number = sends_;
    play_.Submit(NameOf(number), {To("payee" + std::to_string(number), AmountOf(number))});
    play_.Durable();
    // Acknowledged, so that it has to be paid in the end; or refused, as just after a start.
    if (play_.log.FindSend(NameOf(number))) ++sends_;
  }

  void SettleSome() {
    for (int i = Roll(12); i >= 0; --i) play_.SettleOneStep();
  }

  // An operator, or a thief, spends a coin of the wallet, reserved or not.
  void TakeACoin(bool mined) {
    const auto coins = play_.node.CoinsInChain();
    if (coins.empty() || takings_ == 6) return;
    ++takings_;
    const Coin coin = coins[static_cast<size_t>(Roll(static_cast<int>(coins.size())))];
    const bitcoin::Amount rest_sat = coin.amount_sat * 9 / 10;
    std::vector<TxOut> outputs = {OutputTo("mallory", rest_sat / 10)};
    if (Roll(2) == 0) outputs.push_back(OutputTo("wallet", rest_sat - rest_sat / 10));
    const Transaction taking = samples::ByAnother({coin}, outputs);
    known_.push_back(taking);
    if (mined) {
      play_.node.MineOnly({taking});
    } else {
      play_.node.Broadcast(samples::BytesOf(taking));
    }
  }

  // bumpfee: the same coins and payments, or all payments but one, and less change.
  void BumpForeignly() {
    const auto& mempool = play_.node.mempool();
    if (mempool.empty() || bumps_ == 3) return;
    Transaction bumped = mempool[static_cast<size_t>(Roll(static_cast<int>(mempool.size())))];
    if (bumped.outputs.size() < 2 || bumped.outputs.back().amount_sat < 30'000) return;
    ++bumps_;
    bumped.outputs.back().amount_sat -= 20'000;
    if (bumped.outputs.size() > 2 && Roll(2) == 0) bumped.outputs.erase(bumped.outputs.begin());
    for (bitcoin::TxIn& input : bumped.inputs) input.witness = {{9, 9}};
    known_.push_back(bumped);
    play_.node.Broadcast(samples::BytesOf(bumped));
  }

  // The new chain's first block holds old transactions in any order.
  void Reorganise() {
    const int depth = std::min(1 + Roll(4), play_.node.height() - samples::kFirstHeight);
    if (depth <= 0) return;
    std::vector<Transaction> old = known_;
    std::shuffle(old.begin(), old.end(), dice_);
    play_.node.ReorganiseTo(depth, old);
  }

  void Cancel() {
    if (sends_ == 0) return;
    const SendId id = NameOf(Roll(sends_));
    play_.Cancel(id);
    if (play_.View(id).outcome == SendOutcome::kNever) never_.insert(id);
  }

  // The world knows every transaction from the moment of its signature.
  void Note() {
    const auto& signed_ever = play_.node.signed_ever();
    for (; signed_seen_ < signed_ever.size(); ++signed_seen_) {
      known_.push_back(signed_ever[signed_seen_]);
    }
  }

  static bool Pays(const Transaction& transaction, int number) {
    const auto& outputs = transaction.outputs;
    return std::find(outputs.begin(), outputs.end(), OutputOf(number)) != outputs.end();
  }

  void CheckNoSecondPayment() {
    for (int number = 0; number < sends_; ++number) {
      const int payments = play_.node.PaymentsInChain(OutputOf(number));
      BOOST_TEST_REQUIRE(payments <= (never_.contains(NameOf(number)) ? 0 : 1));
    }
  }

  // What has to be in a chain that holds the transaction.
  void AddWithAncestors(const Transaction& transaction, std::vector<Transaction>& line) const {
    if (std::find(line.begin(), line.end(), transaction) != line.end()) return;
    line.push_back(transaction);
    for (const bitcoin::TxIn& input : transaction.inputs) {
      for (const Transaction& parent : known_) {
        if (bitcoin::TxidOf(parent) == input.prevout.txid) AddWithAncestors(parent, line);
      }
    }
  }

  bool CanBothStand(const Transaction& a, const Transaction& b) const {
    std::vector<Transaction> line;
    AddWithAncestors(a, line);
    AddWithAncestors(b, line);
    std::set<OutPoint> spent;
    for (const Transaction& one : line) {
      for (const bitcoin::TxIn& input : one.inputs) {
        if (!spent.insert(input.prevout).second) return false;
      }
    }
    return true;
  }

  std::string TextOf(const Transaction& transaction) {
    std::string text = play_.transcript.NameOf(transaction) + " of";
    for (const auto& input : transaction.inputs)
      text += " " + play_.transcript.NameOf(input.prevout);
    return text;
  }

  void CheckThatAllConflict() {
    for (int number = 0; number < sends_; ++number) {
      std::vector<Transaction> paying;
      for (const Transaction& one : known_) {
        if (Pays(one, number)) paying.push_back(one);
      }
      for (size_t i = 0; i < paying.size(); ++i) {
        for (size_t j = i + 1; j < paying.size(); ++j) {
          if (paying[i] == paying[j]) continue;
          BOOST_TEST_REQUIRE(!CanBothStand(paying[i], paying[j]),
                             NameOf(number)
                                 << ": " << TextOf(paying[i]) << " and " << TextOf(paying[j]));
        }
      }
    }
  }

  // Where a parent of the only coin is gone, nothing but a verdict helps.
  void DecideWhatIsStuck() {
    for (int number = 0; number < sends_; ++number) {
      const SendView view = play_.View(NameOf(number));
      if (view.state != SendState::kConflicted) continue;
      play_.GiveVerdict(view.id, OperatorVerdict::kPayAgain);
      play_.Settle();
    }
  }

  // No more troubles; blocks come, and there is money.
  void ComeToRest() {
    play_.Settle();
    play_.node.shows_old_coins = true;
    for (uint32_t i = 0; i < 6; ++i) play_.node.Fund(CoinOf(kCoins + 1 + i, 1'000'000), 10);
    for (int i = 0; i < 60; ++i) {
      play_.After(15'000);
      play_.Reconcile();
      AcceptAlarms();
      Note();
      if (i == kPatience) DecideWhatIsStuck();
      play_.node.Mine();
    }
    play_.Reconcile();
  }

  void CheckThatAllAreDone() {
    for (int number = 0; number < sends_; ++number) {
      const SendView view = play_.View(NameOf(number));
      const bool done = view.outcome == SendOutcome::kNever || view.state == SendState::kFinal;
      BOOST_TEST_REQUIRE(done, view.id << " " << StateName(view.state)
                                       << (view.stalled ? ": " + view.stalled->detail : ""));
      const int payments = play_.node.PaymentsInChain(OutputOf(number));
      BOOST_TEST(payments == (view.outcome == SendOutcome::kNever ? 0 : 1));
    }
  }

  std::mt19937 dice_;
  class Play play_;
  std::vector<Transaction> known_;
  size_t signed_seen_ = 0;
  int sends_ = 0;
  int takings_ = 0;
  int bumps_ = 0;
  std::set<SendId> never_;
};

BOOST_AUTO_TEST_SUITE(machine_random_tests)

BOOST_AUTO_TEST_CASE(whatever_happens_nothing_is_paid_twice_and_all_is_paid_in_the_end) {
  for (uint32_t seed = 1; seed <= kSeeds; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      Game game(seed);
      game.Play();
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
