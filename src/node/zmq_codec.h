// bitcoind's ZMQ messages (doc/zmq.md in bitcoin): frames into notifications, and gaps in their
// counters. Pure; safe from any thread, a CounterWatch from one at a time.

#ifndef SENDONCE_NODE_ZMQ_CODEC_H
#define SENDONCE_NODE_ZMQ_CODEC_H

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "bitcoin/hash.h"

namespace sendonce::node {

enum class ZmqTopic { kRawTx, kSequence };

std::string_view NameOf(ZmqTopic topic);

using Frame = std::span<const uint8_t>;

// A message of three frames: topic, body, and a counter of the topic's messages in four bytes, low
// byte first.
struct Notification {
  ZmqTopic topic = ZmqTopic::kRawTx;
  Frame body;  // in the frames that were parsed
  uint32_t counter = 0;
};

// nullopt for another number of frames, another topic, or a counter of another size. The body is
// not looked at.
std::optional<Notification> ParseNotification(const std::vector<Frame>& frames);

// The body of a "sequence" message.
struct SequenceEvent {
  enum class Kind {
    kBlockConnected,      // 'C'
    kBlockDisconnected,   // 'D'
    kTransactionAdded,    // 'A', to the mempool
    kTransactionRemoved,  // 'R', from it, but not because it was mined
  };
  Kind kind = Kind::kBlockConnected;
  bitcoin::Hash256 hash;  // of the block or transaction

  bool IsAboutBlock() const {
    return kind == Kind::kBlockConnected || kind == Kind::kBlockDisconnected;
  }
};

// nullopt for a kind that is not known or a size that does not belong to it.
std::optional<SequenceEvent> ParseSequenceEvent(Frame body);

// Whether each counter is the one before plus one; after 2^32 - 1 comes 0.
class CounterWatch {
 public:
  // True if messages of the topic were lost, or the node has started again, between the one before
  // and this one. The first of a topic is no gap.
  bool IsGap(ZmqTopic topic, uint32_t counter);

  // A new connection: what comes next is the first again.
  void Forget();

 private:
  std::map<ZmqTopic, uint32_t> last_;
};

}  // namespace sendonce::node

#endif  // SENDONCE_NODE_ZMQ_CODEC_H
