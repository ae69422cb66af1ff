#include "node/zmq_subscriber.h"

#include <zmq.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "bitcoin/transaction.h"

namespace sendonce::node {

namespace {

using bitcoin::Bytes;

constexpr std::chrono::seconds kPatience{600};  // a test that waits longer has failed

// What bitcoind is to a subscriber: a socket that publishes.
class Publisher {
 public:
  explicit Publisher(const std::string& endpoint = "tcp://127.0.0.1:*")
      : context_(zmq_ctx_new()), socket_(zmq_socket(context_, ZMQ_XPUB)) {
    const int linger = 0;
    zmq_setsockopt(socket_, ZMQ_LINGER, &linger, sizeof(linger));
    BOOST_REQUIRE_EQUAL(zmq_bind(socket_, endpoint.c_str()), 0);
  }
  ~Publisher() {
    zmq_close(socket_);
    zmq_ctx_term(context_);
  }
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  std::string endpoint() const {
    char text[256];
    size_t size = sizeof(text);
    BOOST_REQUIRE_EQUAL(zmq_getsockopt(socket_, ZMQ_LAST_ENDPOINT, text, &size), 0);
    return text;
  }

  // Waits for the next subscription and returns its topic.
  std::string AwaitSubscription() {
    const int timeout_ms = static_cast<int>(std::chrono::milliseconds(kPatience).count());
    zmq_setsockopt(socket_, ZMQ_RCVTIMEO, &timeout_ms, sizeof(timeout_ms));
    char text[256];
    const int size = zmq_recv(socket_, text, sizeof(text), 0);
    BOOST_REQUIRE(size > 0);
    return std::string(text + 1, static_cast<size_t>(size) - 1);
  }

  void Send(const std::vector<Bytes>& frames) {
    for (size_t i = 0; i < frames.size(); ++i) {
      zmq_send(socket_, frames[i].data(), frames[i].size(),
               i + 1 < frames.size() ? ZMQ_SNDMORE : 0);
    }
  }

  void Send(const std::string& topic, const Bytes& body, uint32_t counter) {
    Send({Bytes(topic.begin(), topic.end()),
          body,
          {static_cast<uint8_t>(counter), static_cast<uint8_t>(counter >> 8),
           static_cast<uint8_t>(counter >> 16), static_cast<uint8_t>(counter >> 24)}});
  }

 private:
  void* context_;
  void* socket_;
};

// Counts the hints and lets the test wait for them.
class Listener {
 public:
  ZmqHandlers Handlers() {
    return {[this](core::TransactionHint hint) {
              const std::lock_guard lock(mutex_);
              transactions_.push_back(std::move(hint));
              changed_.notify_all();
            },
            [this](core::ChainHint) {
              const std::lock_guard lock(mutex_);
              ++chain_hints_;
              changed_.notify_all();
            }};
  }

  std::vector<core::TransactionHint> AwaitTransactions(size_t count) {
    std::unique_lock lock(mutex_);
    BOOST_REQUIRE(
        changed_.wait_for(lock, kPatience, [&] { return transactions_.size() >= count; }));
    return transactions_;
  }

  int AwaitChainHints(int count) {
    std::unique_lock lock(mutex_);
    BOOST_REQUIRE(changed_.wait_for(lock, kPatience, [&] { return chain_hints_ >= count; }));
    return chain_hints_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<core::TransactionHint> transactions_;
  int chain_hints_ = 0;
};

bitcoin::Transaction TransactionNo(uint8_t number) {
  bitcoin::Transaction transaction;
  transaction.inputs.push_back({{bitcoin::Txid{{number}}, 0}, {}, 0, {}});
  transaction.outputs.push_back({number, {0x51}});
  return transaction;
}

Bytes RawNo(uint8_t number) {
  return bitcoin::SerializeTransaction(TransactionNo(number));
}

bool IsAbout(const core::TransactionHint& hint, const bitcoin::Transaction& transaction) {
  return hint.txid == bitcoin::TxidOf(transaction) &&
         hint.coins == std::vector{transaction.inputs.at(0).prevout};
}

Bytes BlockBody(char label) {
  Bytes body(32, 7);
  body.push_back(static_cast<uint8_t>(label));
  return body;
}

// One publisher for both topics, connected and subscribed to; the connection was one chain hint.
struct Fixture {
  Fixture() {
    publisher.AwaitSubscription();
    publisher.AwaitSubscription();
    listener.AwaitChainHints(1);
  }

  // The transaction ends what the test sends: when it is there, all before it has been taken.
  void SendLast(uint32_t counter) {
    publisher.Send("rawtx", RawNo(99), counter);
    transactions = listener.AwaitTransactions(expected_transactions + 1);
    BOOST_CHECK(IsAbout(transactions.back(), TransactionNo(99)));
  }

  Publisher publisher;
  Listener listener;
  ZmqSubscriber subscriber{{publisher.endpoint(), publisher.endpoint()}, listener.Handlers()};
  size_t expected_transactions = 0;
  std::vector<core::TransactionHint> transactions;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(zmq_subscriber_tests)

BOOST_FIXTURE_TEST_CASE(transactions_are_passed_on_in_order, Fixture) {
  BOOST_TEST(subscriber.error() == "");
  for (uint8_t i = 0; i < 5; ++i) publisher.Send("rawtx", RawNo(i), i);
  expected_transactions = 5;
  SendLast(5);
  for (uint8_t i = 0; i < 5; ++i) BOOST_CHECK(IsAbout(transactions[i], TransactionNo(i)));
  const ZmqCounts counts = subscriber.counts();
  BOOST_TEST(counts.messages == 6U);
  BOOST_TEST(counts.gaps == 0U);
  BOOST_TEST(counts.malformed == 0U);
  BOOST_TEST(counts.connections == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_block_that_comes_or_goes_is_a_chain_hint, Fixture) {
  publisher.Send("sequence", BlockBody('C'), 0);
  listener.AwaitChainHints(2);
  publisher.Send("sequence", BlockBody('D'), 1);
  listener.AwaitChainHints(3);
  BOOST_TEST(subscriber.counts().gaps == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_gap_in_a_counter_is_a_chain_hint, Fixture) {
  publisher.Send("rawtx", RawNo(1), 3);
  publisher.Send("rawtx", RawNo(2), 5);
  expected_transactions = 2;
  SendLast(6);
  listener.AwaitChainHints(2);
  BOOST_TEST(subscriber.counts().gaps == 1U);
}

BOOST_FIXTURE_TEST_CASE(what_makes_no_sense_is_a_chain_hint_and_nothing_else, Fixture) {
  publisher.Send("rawtx", {1, 2, 3}, 0);
  publisher.Send("sequence", {1, 2, 3}, 0);
  publisher.Send({{'r', 'a', 'w', 't', 'x'}});
  publisher.Send({{'r', 'a', 'w', 't', 'x'}, RawNo(1), {1}});
  publisher.Send(std::vector<Bytes>(100, Bytes{'r', 'a', 'w', 't', 'x'}));
  SendLast(1);
  listener.AwaitChainHints(2);
  BOOST_TEST(subscriber.counts().malformed == 5U);
  BOOST_TEST(subscriber.counts().messages == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_transaction_that_is_too_large_is_a_chain_hint, Fixture) {
  bitcoin::Transaction large = TransactionNo(1);
  large.inputs[0].script_sig.resize(kMaxHintedTransactionBytes - 65);
  const Bytes largest = bitcoin::SerializeTransaction(large);
  BOOST_REQUIRE(largest.size() == kMaxHintedTransactionBytes);
  large.inputs[0].script_sig.push_back(0);
  publisher.Send("rawtx", largest, 0);
  publisher.Send("rawtx", bitcoin::SerializeTransaction(large), 1);
  listener.AwaitChainHints(2);
  expected_transactions = 1;
  SendLast(2);
  BOOST_CHECK(transactions.size() == 2U);
  BOOST_TEST(subscriber.counts().messages == 3U);
  BOOST_TEST(subscriber.counts().malformed == 0U);
  BOOST_TEST(subscriber.counts().gaps == 0U);
}

// As when a block comes: all at once, many more than wait in the socket.
BOOST_FIXTURE_TEST_CASE(more_than_can_wait_is_read_in_time, Fixture) {
  constexpr uint32_t kMany = 40 * kZmqReceiveHighWaterMark;
  for (uint32_t i = 0; i < kMany; ++i) publisher.Send("rawtx", RawNo(1), i);
  expected_transactions = kMany;
  SendLast(kMany);
  BOOST_TEST(subscriber.counts().gaps == 0U);
}

BOOST_FIXTURE_TEST_CASE(transactions_that_enter_or_leave_the_mempool_are_no_chain_hint, Fixture) {
  Bytes body = BlockBody('R');
  body.resize(41);
  publisher.Send("sequence", body, 0);
  SendLast(0);
  BOOST_TEST(subscriber.counts().messages == 2U);
  BOOST_TEST(listener.AwaitChainHints(1) == 1);
}

BOOST_AUTO_TEST_CASE(topics_may_come_from_two_endpoints) {
  Publisher rawtx;
  Publisher sequence;
  Listener listener;
  const ZmqSubscriber subscriber({rawtx.endpoint(), sequence.endpoint()}, listener.Handlers());
  BOOST_TEST(rawtx.AwaitSubscription() == "rawtx");
  BOOST_TEST(sequence.AwaitSubscription() == "sequence");
  rawtx.Send("rawtx", RawNo(1), 7);
  listener.AwaitTransactions(1);
  const int before = listener.AwaitChainHints(1);
  sequence.Send("sequence", BlockBody('C'), 9);
  listener.AwaitChainHints(before + 1);
  BOOST_TEST(subscriber.counts().gaps == 0U);
}

BOOST_AUTO_TEST_CASE(each_topic_has_counts_of_its_own) {
  Publisher rawtx;
  Publisher sequence;
  Listener listener;
  const ZmqSubscriber subscriber({rawtx.endpoint(), sequence.endpoint()}, listener.Handlers());
  BOOST_TEST(rawtx.AwaitSubscription() == "rawtx");
  BOOST_TEST(sequence.AwaitSubscription() == "sequence");
  const int before = listener.AwaitChainHints(1);
  sequence.Send("sequence", BlockBody('C'), 1);
  sequence.Send("sequence", BlockBody('C'), 5);
  sequence.Send("sequence", BlockBody('C'), 9);
  listener.AwaitChainHints(before + 1);
  rawtx.Send("rawtx", RawNo(1), 7);
  listener.AwaitTransactions(1);
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (subscriber.counts_of(ZmqTopic::kSequence).messages < 3) {
    BOOST_REQUIRE(std::chrono::steady_clock::now() < until);
    std::this_thread::yield();
  }
  BOOST_TEST(subscriber.counts_of(ZmqTopic::kSequence).gaps == 2U);
  BOOST_TEST(subscriber.counts_of(ZmqTopic::kRawTx).messages == 1U);
  BOOST_TEST(subscriber.counts_of(ZmqTopic::kRawTx).gaps == 0U);
  BOOST_TEST(subscriber.counts().gaps == 2U);
  BOOST_TEST(subscriber.counts().messages == 4U);
}

BOOST_AUTO_TEST_CASE(a_topic_is_alive_while_it_is_connected) {
  Listener listener;
  auto publisher = std::make_unique<Publisher>();
  const ZmqSubscriber subscriber({publisher->endpoint(), ""}, listener.Handlers());
  publisher->AwaitSubscription();
  listener.AwaitChainHints(1);
  BOOST_TEST(subscriber.counts_of(ZmqTopic::kRawTx).alive);
  BOOST_TEST(!subscriber.counts_of(ZmqTopic::kSequence).alive);
  publisher.reset();
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (subscriber.counts_of(ZmqTopic::kRawTx).alive) {
    BOOST_REQUIRE(std::chrono::steady_clock::now() < until);
    std::this_thread::yield();
  }
}

BOOST_AUTO_TEST_CASE(a_topic_without_an_endpoint_is_left_out) {
  Publisher rawtx;
  Listener listener;
  const ZmqSubscriber subscriber({rawtx.endpoint(), ""}, listener.Handlers());
  BOOST_TEST(rawtx.AwaitSubscription() == "rawtx");
  rawtx.Send("rawtx", RawNo(1), 7);
  listener.AwaitTransactions(1);
}

BOOST_AUTO_TEST_CASE(each_new_connection_is_a_chain_hint_and_starts_the_counters_anew) {
  Listener listener;
  auto publisher = std::make_unique<Publisher>();
  const std::string endpoint = publisher->endpoint();
  const ZmqSubscriber subscriber({endpoint, endpoint}, listener.Handlers());
  publisher->AwaitSubscription();
  publisher->AwaitSubscription();
  publisher->Send("rawtx", RawNo(1), 41);
  listener.AwaitTransactions(1);
  const int before = listener.AwaitChainHints(1);
  publisher.reset();
  publisher = std::make_unique<Publisher>(endpoint);
  publisher->AwaitSubscription();
  publisher->AwaitSubscription();
  listener.AwaitChainHints(before + 1);
  publisher->Send("rawtx", RawNo(2), 3);
  listener.AwaitTransactions(2);
  BOOST_TEST(subscriber.counts().gaps == 0U);
  BOOST_TEST(subscriber.counts().connections == 2U);
}

BOOST_AUTO_TEST_CASE(an_endpoint_that_is_none_is_said) {
  Listener listener;
  const ZmqSubscriber subscriber({"nonsense", "tcp://127.0.0.1:1"}, listener.Handlers());
  BOOST_TEST(subscriber.error().find("nonsense") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_endpoints_nothing_runs) {
  Listener listener;
  const ZmqSubscriber subscriber({}, listener.Handlers());
  BOOST_TEST(subscriber.error() == "");
  BOOST_TEST(subscriber.counts().connections == 0U);
}

BOOST_AUTO_TEST_CASE(a_subscriber_that_nobody_answers_ends_at_once) {
  Listener listener;
  const ZmqSubscriber subscriber({"tcp://127.0.0.1:1", "tcp://127.0.0.1:1"}, listener.Handlers());
  BOOST_TEST(subscriber.counts().connections == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::node
