#include "node_operations.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "dice.h"
#include "samples.h"
#include "toy_node.h"

namespace sendonce::sim {

namespace {

using bitcoin::Amount;
using bitcoin::OutPoint;
using bitcoin::Transaction;
using core::Coin;
namespace samples = core::samples;

constexpr uint32_t kCoins = 8;
constexpr Amount kFeeStepSat = 1'500;
constexpr int kMaxReorganisation = 3;

std::string Quoted(const std::string& text) {
  return "\"" + text + "\"";
}

std::string ListOf(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + Quoted(name);
  return "[" + text + "]";
}

template <typename T>
std::string AnswerOf(const core::Outcome<T>& outcome) {
  if (std::holds_alternative<T>(outcome)) return "accepted";
  const auto* refused = std::get_if<core::Refused>(&outcome);
  switch (refused->why) {
    case core::Refusal::kAlreadyInChain:
      return "in chain";
    case core::Refusal::kMissingOrSpent:
      return "missing";
    case core::Refusal::kFeeTooLow:
      return "fee too low";
    case core::Refusal::kCannotSign:
      return "cannot sign";
    default:
      return "refused";
  }
}

class Operations {
 public:
  Operations(uint64_t seed, std::ostream& out) : dice_(seed), out_(out) {}

  void Run(int count) {
    for (uint32_t i = 1; i <= kCoins; ++i) Fund(i);
    for (int i = 0; i < count; ++i) {
      Operate();
      ShowAll();
    }
  }

 private:
  void Operate() {
    switch (dice_.Roll(12)) {
      case 0:
      case 1:
      case 2:
        return Sign();
      case 3:
      case 4:
      case 5:
      case 6:
        return Broadcast();
      case 7:
        return Lock();
      case 8:
        return Mine();
      case 9:
        return MineOne();
      default:
        return Reorganise();
    }
  }

  void Fund(uint32_t number) {
    const Coin coin = samples::CoinOf(number, 100'000 + 20'000 * static_cast<Amount>(number));
    node_.Fund(coin, 6);
    coins_.push_back(coin);
    names_[coin.outpoint] = "c" + std::to_string(number);
    out_ << R"({"op": "fund", "coin": )" << Quoted(NameOf(coin.outpoint)) << R"(, "amount": )"
         << coin.amount_sat << "}\n";
  }

  // One or two coins, which may be spent already; to a stranger, and change.
  void Sign() {
    std::vector<Coin> spent = {dice_.Pick(coins_)};
    const Coin second = dice_.Pick(coins_);
    if (dice_.OneIn(3) && second.outpoint != spent[0].outpoint) spent.push_back(second);
    Amount left_sat = -kFeeStepSat * (1 + dice_.Roll(8));
    for (const Coin& coin : spent) left_sat += coin.amount_sat;
    if (left_sat < 40'000) return;
    const Amount paid_sat = 10'000 + static_cast<Amount>(transactions_.size());
    const Transaction unsigned_tx =
        samples::Spending(spent, {samples::OutputTo("stranger", paid_sat),
                                  samples::OutputTo("wallet", left_sat - paid_sat)});
    const auto outcome = node_.Sign(samples::BytesOf(unsigned_tx));
    std::vector<std::string> names;
    for (const Coin& coin : spent) names.push_back(Quoted(NameOf(coin.outpoint)));
    out_ << R"({"op": "sign", "tx": "t)" << transactions_.size() << R"(", "inputs": [)" << names[0]
         << (names.size() > 1 ? ", " + names[1] : "") << R"(], "outputs": [)" << paid_sat << ", "
         << left_sat - paid_sat << R"(], "answer": )" << Quoted(AnswerOf(outcome)) << "}\n";
    if (std::holds_alternative<bitcoin::Bytes>(outcome)) Keep(samples::Signed(unsigned_tx, spent));
  }

  void Keep(const Transaction& made) {
    const bitcoin::Txid txid = bitcoin::TxidOf(made);
    const std::string name = "t" + std::to_string(transactions_.size());
    transactions_.push_back(made);
    txids_[txid] = name;
    for (uint32_t vout = 0; vout < 2; ++vout) {
      names_[{txid, vout}] = name + ":" + std::to_string(vout);
    }
    coins_.push_back({{txid, 1}, made.outputs[1].amount_sat, made.outputs[1].script});
  }

  void Broadcast() {
    if (transactions_.empty()) return;
    const Transaction& one = dice_.Pick(transactions_);
    const auto outcome = node_.Broadcast(samples::BytesOf(one));
    out_ << R"({"op": "broadcast", "tx": )" << Quoted(NameOf(one)) << R"(, "answer": )"
         << Quoted(AnswerOf(outcome)) << "}\n";
  }

  // A coin that is spent is another matter (doc/node-interface.md).
  void Lock() {
    const Coin& coin = dice_.Pick(coins_);
    if (!node_.LookUpCoins({0, {coin.outpoint}, 0})[0].unspent) return;
    const auto locked = node_.locked();
    const bool unlock = std::find(locked.begin(), locked.end(), coin.outpoint) != locked.end();
    unlock ? node_.Unlock({coin.outpoint}) : node_.Lock({coin.outpoint});
    out_ << R"({"op": ")" << (unlock ? "unlock" : "lock") << R"(", "coin": )"
         << Quoted(NameOf(coin.outpoint)) << "}\n";
  }

  void Mine() {
    node_.Mine();
    out_ << R"({"op": "mine"})"
         << "\n";
  }

  void MineOne() {
    if (transactions_.empty()) return;
    const auto mineable = node_.Mineable({dice_.Pick(transactions_)});
    if (mineable.empty()) return;
    node_.MineOnly(mineable);
    out_ << R"({"op": "mine one", "tx": )" << Quoted(NameOf(mineable[0])) << "}\n";
  }

  void Reorganise() {
    const int depth = 1 + dice_.Roll(kMaxReorganisation);
    if (node_.height() - samples::kFirstHeight < depth) return;
    std::vector<Transaction> old = transactions_;
    std::shuffle(old.begin(), old.end(), dice_);
    old.resize(std::min<size_t>(old.size(), 2));
    const int32_t old_height = node_.height();
    node_.ReorganiseTo(depth, old);
    std::vector<std::string> mined;
    for (const Transaction& one : old) {
      const int32_t confirmations = node_.ConfirmationsOf(bitcoin::TxidOf(one));
      if (node_.height() - confirmations + 1 == old_height - depth + 1)
        mined.push_back(NameOf(one));
    }
    std::string text;
    for (const std::string& name : mined) text += (text.empty() ? "" : ", ") + Quoted(name);
    out_ << R"({"op": "reorganise", "depth": )" << depth << R"(, "txs": [)" << text << "]}\n";
  }

  // What the daemon can ask, of everything.
  void ShowAll() {
    std::vector<std::string> mempool;
    for (const Transaction& one : node_.mempool()) mempool.push_back(NameOf(one));
    std::vector<std::string> coins;
    for (const auto& coin : node_.ReadCoins({})) coins.push_back(NameOf(coin.coin.outpoint));
    out_ << R"({"op": "mempool", "answer": )" << ListOf(mempool) << "}\n"
         << R"({"op": "coins", "answer": )" << ListOf(coins) << "}\n";
    const Coin& coin = dice_.Pick(coins_);
    const auto standing = node_.LookUpCoins({0, {coin.outpoint}, 0})[0];
    std::string answer = standing.unspent ? "unspent" : "absent";
    if (standing.mempool_spender) answer = "spent by " + NameOf(*standing.mempool_spender);
    out_ << R"({"op": "look up", "coin": )" << Quoted(NameOf(coin.outpoint)) << R"(, "answer": )"
         << Quoted(answer) << "}\n";
  }

  std::string NameOf(const OutPoint& outpoint) const { return names_.at(outpoint); }
  std::string NameOf(const Transaction& transaction) const {
    return txids_.at(bitcoin::TxidOf(transaction));
  }

  Dice dice_;
  std::ostream& out_;
  core::ToyNode node_;
  std::vector<Coin> coins_;
  std::vector<Transaction> transactions_;
  std::map<OutPoint, std::string> names_;
  std::map<bitcoin::Txid, std::string> txids_;
};

}  // namespace

void PrintNodeOperations(uint64_t seed, int operations, std::ostream& out) {
  Operations(seed, out).Run(operations);
}

}  // namespace sendonce::sim
