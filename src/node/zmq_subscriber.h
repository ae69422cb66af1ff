// bitcoind's ZMQ notifications as hints (R6): they make us look earlier, and nothing rests on them.
// Anybody on the host can bind the port while the node is down, so what they bring is not trusted;
// every loss, and every chance of one, is a ChainHint.

#ifndef SENDONCE_NODE_ZMQ_SUBSCRIBER_H
#define SENDONCE_NODE_ZMQ_SUBSCRIBER_H

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/commands.h"
#include "node/zmq_codec.h"

namespace sendonce::node {

// ZeroMQ endpoints to connect to, such as "tcp://127.0.0.1:28332" or "ipc:///run/bitcoind/zmq". The
// two may be the same. Empty: that topic is not subscribed to.
struct ZmqEndpoints {
  std::string rawtx;
  std::string sequence;

  bool operator==(const ZmqEndpoints&) const = default;
};

// Called on the subscriber's thread, one at a time, in the order of the messages. They must not
// block: while they do, messages queue up to kZmqReceiveHighWaterMark, then at the node, and are
// then lost (which shows as a gap, which is a ChainHint).
struct ZmqHandlers {
  std::function<void(core::TransactionHint)> on_transaction;
  // A block came or went, a counter had a gap, a message made no sense, a transaction was too
  // large, or a connection was made or made again (counters restart with the node, so a loss can be
  // invisible).
  std::function<void(core::ChainHint)> on_chain;
};

// Since the start of the subscriber.
struct ZmqCounts {
  uint64_t messages = 0;     // well formed, or too large to look
  uint64_t malformed = 0;    // not a message of bitcoind, or a transaction that does not parse
  uint64_t gaps = 0;         // how often a counter was not the one before plus one
  uint64_t connections = 0;  // made, first ones included
};

// The same for one topic.
struct ZmqTopicCounts {
  uint64_t messages = 0;
  uint64_t gaps = 0;
  bool alive = false;  // there is a connection now
};

// The weight that bitcoind takes for standard (MAX_STANDARD_TX_WEIGHT in its src/policy/policy.h),
// and a byte weighs one at least: larger ones come in blocks only, and none is ours.
constexpr size_t kMaxHintedTransactionBytes = 400'000;

// Messages that wait in each socket for the handlers. Beyond it the socket is not read, and the
// node holds them back or drops them. bitcoind's have three frames, each of at most a block's size:
// such messages take 20 * 3 * 4 MB = 240 MB at most. (Of one message libzmq bounds each frame, but
// not their number.)
constexpr int kZmqReceiveHighWaterMark = 20;

class ZmqSubscriber {
 public:
  // Starts a thread, which connects by itself, and again whenever a connection is lost, for as long
  // as the object lives. An endpoint that ZeroMQ does not understand: see error().
  ZmqSubscriber(const ZmqEndpoints& endpoints, ZmqHandlers handlers);

  // Stops the thread and waits for it: no handler runs when it returns. Not to be called from a
  // handler.
  ~ZmqSubscriber();
  ZmqSubscriber(const ZmqSubscriber&) = delete;
  ZmqSubscriber& operator=(const ZmqSubscriber&) = delete;

  // Why there is no subscription, for a person; empty if there is one, or none was asked for. Set
  // in the constructor and never changed.
  const std::string& error() const;

  // Any thread.
  ZmqCounts counts() const;
  ZmqTopicCounts counts_of(ZmqTopic topic) const;

 private:
  class Receiver;
  std::unique_ptr<Receiver> receiver_;
};

}  // namespace sendonce::node

#endif  // SENDONCE_NODE_ZMQ_SUBSCRIBER_H
