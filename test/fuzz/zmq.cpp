// bitcoind's ZMQ messages: frames, each with a length of two bytes before it, as many as the input
// holds, message by message; and a naive count of gaps beside the real one.

#include "node/zmq_codec.h"

#include <algorithm>

#include "bitcoin/transaction.h"
#include "input.h"
#include "target.h"

namespace sendonce::fuzz {
namespace {

using bitcoin::Bytes;
using node::SequenceEvent;
using node::ZmqTopic;

bool IsTopic(const Bytes& frame) {
  const std::string text = TextOf(frame);
  return text == "rawtx" || text == "sequence";
}

uint32_t CounterOf(const Bytes& frame) {
  return static_cast<uint32_t>(frame[0]) | static_cast<uint32_t>(frame[1]) << 8 |
         static_cast<uint32_t>(frame[2]) << 16 | static_cast<uint32_t>(frame[3]) << 24;
}

// A block's hash and a letter; or a transaction's, a letter, and the mempool's number in 8 bytes.
void CheckEvent(node::Frame body) {
  const auto event = node::ParseSequenceEvent(body);
  const bool block = body.size() == 33 && (body[32] == 'C' || body[32] == 'D');
  const bool transaction = body.size() == 41 && (body[32] == 'A' || body[32] == 'R');
  assert(event.has_value() == (block || transaction));
  if (!event) return;
  assert(event->IsAboutBlock() == block);
  // Published in the order in which people read it.
  Bytes reversed(body.begin(), body.begin() + 32);
  std::reverse(reversed.begin(), reversed.end());
  assert(std::equal(reversed.begin(), reversed.end(), event->hash.bytes.begin()));
}

class Watch {
 public:
  void See(ZmqTopic topic, uint32_t counter) {
    auto& last = last_[topic == ZmqTopic::kRawTx ? 0 : 1];
    const bool gap = last && static_cast<uint32_t>(*last + 1) != counter;
    assert(real_.IsGap(topic, counter) == gap);
    last = counter;
  }

  void Forget() {
    real_.Forget();
    last_[0].reset();
    last_[1].reset();
  }

 private:
  node::CounterWatch real_;
  std::optional<uint32_t> last_[2];
};

void CheckMessage(const std::vector<Bytes>& frames, Watch& watch) {
  const std::vector<node::Frame> views(frames.begin(), frames.end());
  const auto message = node::ParseNotification(views);
  const bool expected = frames.size() == 3 && IsTopic(frames[0]) && frames[2].size() == 4;
  assert(message.has_value() == expected);
  if (!message) return;
  assert(node::NameOf(message->topic) == TextOf(frames[0]));
  assert(message->counter == CounterOf(frames[2]));
  assert(message->body.data() == frames[1].data() && message->body.size() == frames[1].size());
  watch.See(message->topic, message->counter);
  if (message->topic == ZmqTopic::kSequence) CheckEvent(message->body);
}

}  // namespace
}  // namespace sendonce::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sendonce::fuzz;
  Input input(data, size);
  Watch watch;
  while (!input.empty()) {
    const size_t count = input.Below(5);
    if (count == 4) {
      watch.Forget();
      continue;
    }
    std::vector<Bytes> frames;
    for (size_t i = 0; i < count; ++i) frames.push_back(input.SizedBytes());
    CheckMessage(frames, watch);
  }
  return 0;
}
