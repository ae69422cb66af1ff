#include <chrono>
#include <random>
#include <stdexcept>

#include "bitcoin/byte_writer.h"
#include "bitcoin/transaction.h"
#include "core/machine.h"
#include "node/zmq_codec.h"
#include "scenario.h"

namespace sendonce::bench {

namespace {

constexpr size_t kCoinsPerBatch = 100;
constexpr bitcoin::Amount kCoinSat = 100'000;
constexpr size_t kDifferentTransactions = 10'000;
constexpr size_t kSignatureBytes = 72;
constexpr size_t kPublicKeyBytes = 33;
constexpr size_t kWitnessProgramBytes = 20;

bitcoin::OutPoint CoinNumber(uint64_t number) {
  bitcoin::Bytes bytes;
  bitcoin::AppendUint64(number, bytes);
  return {bitcoin::Sha256(bytes), 0};
}

bitcoin::Script WitnessScript(uint8_t owner) {
  bitcoin::Bytes program{0x00, kWitnessProgramBytes};
  program.resize(2 + kWitnessProgramBytes, owner);
  return bitcoin::Script{program};
}

// The usual: two inputs of native segwit, one payment and change.
bitcoin::Transaction Spending(const std::vector<bitcoin::OutPoint>& coins) {
  bitcoin::Transaction transaction;
  for (const auto& coin : coins) {
    bitcoin::TxIn input;
    input.prevout = coin;
    input.witness = {bitcoin::Bytes(kSignatureBytes, 0x30), bitcoin::Bytes(kPublicKeyBytes, 0x02)};
    transaction.inputs.push_back(input);
  }
  transaction.outputs = {{kCoinSat, WitnessScript(1)}, {kCoinSat / 2, WitnessScript(2)}};
  return transaction;
}

core::Batch BatchOf(core::BatchId id, uint64_t first_coin) {
  core::Batch batch;
  batch.id = id;
  std::vector<bitcoin::OutPoint> outpoints;
  for (uint64_t i = 0; i < kCoinsPerBatch; ++i) {
    outpoints.push_back(CoinNumber(first_coin + i));
    batch.coins.push_back({outpoints.back(), kCoinSat, WitnessScript(3)});
  }
  batch.core_coins = kCoinsPerBatch;
  core::Version version;
  const auto transaction = Spending(outpoints);
  version.unsigned_tx = bitcoin::SerializeWithoutWitness(transaction);
  version.raw_tx = bitcoin::SerializeTransaction(transaction);
  version.txid = bitcoin::TxidOf(transaction);
  version.signature_asked = true;
  version.accepted = true;
  batch.versions = {version};
  batch.seq = id;
  return batch;
}

core::Ledger LedgerWith(uint64_t coins) {
  core::Ledger::Contents contents;
  contents.last_seq = coins + 2;
  contents.chain.locator.emplace_back();
  for (uint64_t first = 0; first < coins; first += kCoinsPerBatch) {
    contents.batches.push_back(BatchOf(2 + first, first));
  }
  return core::Ledger(std::move(contents));
}

// The bodies of rawtx messages. One in `own_share` spends a reserved coin, all others spend what
// nobody here knows.
std::vector<bitcoin::Bytes> Messages(uint64_t coins, uint64_t own_share) {
  std::mt19937_64 random(1);
  std::vector<bitcoin::Bytes> messages;
  for (size_t i = 0; i < kDifferentTransactions; ++i) {
    const bool own = own_share > 0 && i % own_share == 0;
    const auto coin = CoinNumber(own ? random() % coins : coins + random());
    messages.push_back(
        bitcoin::SerializeTransaction(Spending({coin, CoinNumber(coins + random())})));
  }
  return messages;
}

// What the subscriber's thread does with the frames of a message.
std::optional<core::TransactionHint> Intake(node::CounterWatch& watch,
                                            const std::vector<node::Frame>& frames) {
  const auto notification = node::ParseNotification(frames);
  if (!notification || watch.IsGap(notification->topic, notification->counter)) {
    return std::nullopt;
  }
  const auto transaction = bitcoin::ParseTransaction(notification->body);
  if (!transaction) return std::nullopt;
  return core::TransactionHint(*transaction);
}

class Play {
 public:
  Play(uint64_t coins, uint64_t own_share)
      : machine_({}, LedgerWith(coins)), messages_(Messages(coins, own_share)) {}

  // Returns how long it took.
  double TakeSeconds(uint64_t count) {
    const auto begin = std::chrono::steady_clock::now();
    for (uint64_t i = 0; i < count; ++i) Take(static_cast<uint32_t>(i));
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }

  // How many of the different transactions spend a reserved coin. Not timed.
  uint64_t Matched() const {
    uint64_t matched = 0;
    for (const auto& message : messages_) {
      const auto transaction = bitcoin::ParseTransaction(message);
      for (const auto& input : transaction.value().inputs) {
        matched += machine_.ledger().BatchesSpending(input.prevout).size();
      }
    }
    return matched;
  }

 private:
  void Take(uint32_t counter) {
    static constexpr std::string_view kTopic = "rawtx";
    const node::Frame topic(reinterpret_cast<const uint8_t*>(kTopic.data()), kTopic.size());
    bitcoin::Bytes counter_bytes;
    bitcoin::AppendUint32(counter, counter_bytes);
    auto hint = Intake(watch_, {topic, messages_[counter % messages_.size()], counter_bytes});
    if (!hint) throw std::runtime_error("a message was not understood");
    machine_.Step(std::move(*hint), 1);
  }

  core::Machine machine_;
  node::CounterWatch watch_;
  const std::vector<bitcoin::Bytes> messages_;
};

Report Run(const Arguments& arguments) {
  const uint64_t coins = arguments.Whole("coins");
  const uint64_t count = arguments.Whole("transactions");
  if (coins < kCoinsPerBatch || coins % kCoinsPerBatch != 0 || count == 0) {
    throw UsageError("--coins is to be a multiple of 100, --transactions more than none");
  }
  Play play(coins, arguments.Whole("own"));
  const double seconds = play.TakeSeconds(count);
  Report report;
  report.Add("reserved_coins", static_cast<double>(coins));
  report.Add("transactions", static_cast<double>(count));
  report.Add("seconds", seconds);
  report.Add("transactions_per_s", static_cast<double>(count) / seconds);
  report.Add("different_transactions", kDifferentTransactions);
  report.Add("matched_transactions", static_cast<double>(play.Matched()));
  return report;
}

}  // namespace

Scenario ZmqIntakeScenario() {
  return {"zmq-intake",
          "transactions of ZMQ messages, parsed and matched against reserved coins, on one thread",
          "--transactions=1000000",
          {{"coins", "100000", "that are reserved, 100 for each open batch"},
           {"transactions", "1000000", "of two inputs and two outputs"},
           {"own", "100", "one in so many spends a reserved coin; 0: none"}},
          Run};
}

}  // namespace sendonce::bench
