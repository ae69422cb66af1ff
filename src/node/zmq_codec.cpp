#include "node/zmq_codec.h"

#include <algorithm>

namespace sendonce::node {

namespace {

constexpr ZmqTopic kTopics[] = {ZmqTopic::kRawTx, ZmqTopic::kSequence};

constexpr size_t kFrames = 3;
constexpr size_t kCounterSize = 4;
constexpr size_t kHashSize = 32;
constexpr size_t kMempoolSequenceSize = 8;

std::string_view TextOf(Frame frame) {
  return {reinterpret_cast<const char*>(frame.data()), frame.size()};
}

std::optional<ZmqTopic> TopicFrom(Frame frame) {
  for (const ZmqTopic topic : kTopics) {
    if (TextOf(frame) == NameOf(topic)) return topic;
  }
  return std::nullopt;
}

std::optional<SequenceEvent::Kind> KindFrom(uint8_t label) {
  using Kind = SequenceEvent::Kind;
  switch (label) {
    case 'C':
      return Kind::kBlockConnected;
    case 'D':
      return Kind::kBlockDisconnected;
    case 'A':
      return Kind::kTransactionAdded;
    case 'R':
      return Kind::kTransactionRemoved;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string_view NameOf(ZmqTopic topic) {
  return topic == ZmqTopic::kRawTx ? "rawtx" : "sequence";
}

std::optional<Notification> ParseNotification(const std::vector<Frame>& frames) {
  if (frames.size() != kFrames || frames[2].size() != kCounterSize) return std::nullopt;
  const auto topic = TopicFrom(frames[0]);
  if (!topic) return std::nullopt;
  uint32_t counter = 0;
  for (size_t i = kCounterSize; i > 0; --i) counter = counter << 8 | frames[2][i - 1];
  return Notification{*topic, frames[1], counter};
}

// The hash stands there as people read it, the reverse of how it is serialised.
std::optional<SequenceEvent> ParseSequenceEvent(Frame body) {
  if (body.size() <= kHashSize) return std::nullopt;
  const auto kind = KindFrom(body[kHashSize]);
  if (!kind) return std::nullopt;
  SequenceEvent event;
  event.kind = *kind;
  const size_t rest = event.IsAboutBlock() ? 0 : kMempoolSequenceSize;
  if (body.size() != kHashSize + 1 + rest) return std::nullopt;
  std::reverse_copy(body.begin(), body.begin() + kHashSize, event.hash.bytes.begin());
  return event;
}

bool CounterWatch::IsGap(ZmqTopic topic, uint32_t counter) {
  const auto [last, is_first] = last_.try_emplace(topic, counter);
  const bool follows = counter == last->second + 1;
  last->second = counter;
  return !is_first && !follows;
}

void CounterWatch::Forget() {
  last_.clear();
}

}  // namespace sendonce::node
