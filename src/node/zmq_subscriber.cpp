#include "node/zmq_subscriber.h"

#include <zmq.h>

#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include "bitcoin/transaction.h"
#include "node/zmq_codec.h"

namespace sendonce::node {

namespace {

// A notification is a transaction at most, a block full of it where a miner has made one; libzmq
// ends the connection of a peer that sends more.
constexpr int64_t kMaxFrameBytes = static_cast<int64_t>(bitcoin::kMaxBlockSize);
constexpr size_t kMaxFrames = 8;  // bitcoind sends 3; more are read to their end and not kept

constexpr int kReconnectMs = 100;
constexpr int kReconnectMaxMs = 2'000;
// So that a connection that is dead without having been closed is found out and made again.
constexpr int kHeartbeatMs = 10'000;
constexpr int kHeartbeatTimeoutMs = 20'000;

// Messages that are read in a row before the other socket gets its turn.
constexpr int kMaxMessagesInARow = 1'000;

struct ContextEnder {
  void operator()(void* context) const { zmq_ctx_term(context); }
};
using Context = std::unique_ptr<void, ContextEnder>;

struct SocketCloser {
  void operator()(void* socket) const { zmq_close(socket); }
};
using Socket = std::unique_ptr<void, SocketCloser>;

Socket MakeSocket(void* context, int type) {
  Socket made(zmq_socket(context, type));
  assert(made);
  return made;
}

template <typename T>
void SetOption(void* socket, int option, T value) {
  const int result = zmq_setsockopt(socket, option, &value, sizeof(value));
  assert(result == 0);
}

void SetOptions(void* socket) {
  SetOption<int>(socket, ZMQ_RCVHWM, kZmqReceiveHighWaterMark);
  SetOption<int64_t>(socket, ZMQ_MAXMSGSIZE, kMaxFrameBytes);
  SetOption<int>(socket, ZMQ_LINGER, 0);
  SetOption<int>(socket, ZMQ_RECONNECT_IVL, kReconnectMs);
  SetOption<int>(socket, ZMQ_RECONNECT_IVL_MAX, kReconnectMaxMs);
  SetOption<int>(socket, ZMQ_HEARTBEAT_IVL, kHeartbeatMs);
  SetOption<int>(socket, ZMQ_HEARTBEAT_TIMEOUT, kHeartbeatTimeoutMs);
  SetOption<int>(socket, ZMQ_IPV6, 1);
}

// One frame into `frame`. False: nothing to read now, or the context is shut down.
bool ReceiveFrame(void* socket, bitcoin::Bytes& frame, bool& more) {
  zmq_msg_t message;
  zmq_msg_init(&message);
  const int size = zmq_msg_recv(&message, socket, ZMQ_DONTWAIT);
  if (size >= 0) {
    const auto* data = static_cast<const uint8_t*>(zmq_msg_data(&message));
    frame.assign(data, data + size);
    more = zmq_msg_more(&message) != 0;
  }
  zmq_msg_close(&message);
  return size >= 0;
}

// A whole message, its frames up to kMaxFrames and one more to show that there were. False as for a
// frame; libzmq delivers the frames of a message together.
bool ReceiveMessage(void* socket, std::vector<bitcoin::Bytes>& frames) {
  frames.clear();
  bool more = true;
  while (more) {
    bitcoin::Bytes frame;
    if (!ReceiveFrame(socket, frame, more)) return false;
    if (frames.size() <= kMaxFrames) frames.push_back(std::move(frame));
  }
  return true;
}

// What connects to one endpoint: the socket, and the one on which libzmq tells of its connections.
struct Subscription {
  Socket messages;
  Socket events;
  std::vector<ZmqTopic> topics;
  CounterWatch counters;
};

// A monitor's message begins with the number of its event, in the byte order of the machine.
uint16_t EventIn(const std::vector<bitcoin::Bytes>& frames) {
  uint16_t event = 0;
  assert(!frames.empty() && frames[0].size() >= sizeof(event));
  std::memcpy(&event, frames[0].data(), sizeof(event));
  return event;
}

// Read by any thread, written by the receiver's.
struct TopicCounters {
  std::atomic<uint64_t> messages{0};
  std::atomic<uint64_t> gaps{0};
  std::atomic<bool> alive{false};
};

}  // namespace

class ZmqSubscriber::Receiver {
 public:
  Receiver(const ZmqEndpoints& endpoints, ZmqHandlers handlers);
  ~Receiver();

  const std::string& error() const { return error_; }
  ZmqCounts counts() const;
  ZmqTopicCounts counts_of(ZmqTopic topic) const;

 private:
  TopicCounters& CountersOf(ZmqTopic topic) { return topics_[static_cast<size_t>(topic)]; }
  void Subscribe(const std::string& endpoint, const std::vector<ZmqTopic>& topics);
  void Run();
  bool WaitForSomething();
  void TakeEvents(Subscription& subscription);
  void TakeMessages(Subscription& subscription);
  void TakeMessage(CounterWatch& counters, const std::vector<bitcoin::Bytes>& frames);
  void TakeBody(const Notification& notification);
  void TakeTooLarge();
  void TakeMalformed();
  void GiveChainHint();

  const ZmqHandlers handlers_;
  std::string error_;
  Context context_;
  std::vector<Subscription> subscriptions_;
  bool chain_hint_due_ = false;
  std::array<TopicCounters, 2> topics_;  // in the order of ZmqTopic
  std::atomic<uint64_t> malformed_{0};
  std::atomic<uint64_t> connections_{0};
  std::thread thread_;
};

ZmqSubscriber::Receiver::Receiver(const ZmqEndpoints& endpoints, ZmqHandlers handlers)
    : handlers_(std::move(handlers)), context_(zmq_ctx_new()) {
  assert(context_);
  if (endpoints.rawtx == endpoints.sequence) {
    Subscribe(endpoints.rawtx, {ZmqTopic::kRawTx, ZmqTopic::kSequence});
  } else {
    Subscribe(endpoints.rawtx, {ZmqTopic::kRawTx});
    Subscribe(endpoints.sequence, {ZmqTopic::kSequence});
  }
  if (error_.empty() && !subscriptions_.empty()) thread_ = std::thread([this] { Run(); });
}

// The shutdown ends the thread's wait; the sockets are closed after it and before the context.
ZmqSubscriber::Receiver::~Receiver() {
  zmq_ctx_shutdown(context_.get());
  if (thread_.joinable()) thread_.join();
}

void ZmqSubscriber::Receiver::Subscribe(const std::string& endpoint,
                                        const std::vector<ZmqTopic>& topics) {
  if (endpoint.empty()) return;
  Subscription made;
  made.messages = MakeSocket(context_.get(), ZMQ_SUB);
  made.events = MakeSocket(context_.get(), ZMQ_PAIR);
  made.topics = topics;
  SetOptions(made.messages.get());
  for (const ZmqTopic topic : topics) {
    const std::string_view name = NameOf(topic);
    zmq_setsockopt(made.messages.get(), ZMQ_SUBSCRIBE, name.data(), name.size());
  }
  const std::string events = "inproc://events-" + std::to_string(subscriptions_.size());
  zmq_socket_monitor(made.messages.get(), events.c_str(),
                     ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED);
  zmq_connect(made.events.get(), events.c_str());
  if (zmq_connect(made.messages.get(), endpoint.c_str()) != 0) {
    error_ = "cannot subscribe to " + endpoint + ": " + zmq_strerror(errno);
    return;
  }
  subscriptions_.push_back(std::move(made));
}

ZmqCounts ZmqSubscriber::Receiver::counts() const {
  ZmqCounts counts{0, malformed_, 0, connections_};
  for (const TopicCounters& topic : topics_) {
    counts.messages += topic.messages;
    counts.gaps += topic.gaps;
  }
  return counts;
}

ZmqTopicCounts ZmqSubscriber::Receiver::counts_of(ZmqTopic topic) const {
  const TopicCounters& counters = topics_[static_cast<size_t>(topic)];
  return {counters.messages, counters.gaps, counters.alive};
}

void ZmqSubscriber::Receiver::Run() {
  while (WaitForSomething()) {
    for (Subscription& subscription : subscriptions_) {
      TakeEvents(subscription);
      TakeMessages(subscription);
    }
    GiveChainHint();
  }
}

// False when the context is shut down.
bool ZmqSubscriber::Receiver::WaitForSomething() {
  std::vector<zmq_pollitem_t> items;
  for (const Subscription& subscription : subscriptions_) {
    items.push_back({subscription.messages.get(), 0, ZMQ_POLLIN, 0});
    items.push_back({subscription.events.get(), 0, ZMQ_POLLIN, 0});
  }
  const int ready = zmq_poll(items.data(), static_cast<int>(items.size()), -1);
  assert(ready >= 0 || errno == ETERM || errno == EINTR);
  return ready >= 0 || errno == EINTR;
}

// Only successful handshakes and ends of connections were asked for.
void ZmqSubscriber::Receiver::TakeEvents(Subscription& subscription) {
  std::vector<bitcoin::Bytes> frames;
  while (ReceiveMessage(subscription.events.get(), frames)) {
    const bool connected = EventIn(frames) == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
    for (const ZmqTopic topic : subscription.topics) CountersOf(topic).alive = connected;
    if (!connected) continue;
    ++connections_;
    subscription.counters.Forget();
    chain_hint_due_ = true;
  }
}

void ZmqSubscriber::Receiver::TakeMessages(Subscription& subscription) {
  std::vector<bitcoin::Bytes> frames;
  for (int i = 0; i < kMaxMessagesInARow; ++i) {
    if (!ReceiveMessage(subscription.messages.get(), frames)) return;
    TakeMessage(subscription.counters, frames);
  }
}

void ZmqSubscriber::Receiver::TakeMessage(CounterWatch& counters,
                                          const std::vector<bitcoin::Bytes>& frames) {
  const auto notification = ParseNotification({frames.begin(), frames.end()});
  if (!notification) return TakeMalformed();
  if (counters.IsGap(notification->topic, notification->counter)) {
    ++CountersOf(notification->topic).gaps;
    chain_hint_due_ = true;
  }
  TakeBody(*notification);
}

void ZmqSubscriber::Receiver::TakeBody(const Notification& notification) {
  if (notification.topic == ZmqTopic::kRawTx) {
    if (notification.body.size() > kMaxHintedTransactionBytes) return TakeTooLarge();
    const auto transaction = bitcoin::ParseTransaction(notification.body);
    if (!transaction) return TakeMalformed();
    ++CountersOf(notification.topic).messages;
    handlers_.on_transaction(core::TransactionHint(*transaction));
    return;
  }
  const auto event = ParseSequenceEvent(notification.body);
  if (!event) return TakeMalformed();
  ++CountersOf(notification.topic).messages;
  if (event->IsAboutBlock()) chain_hint_due_ = true;
}

// Not parsed: whether it is a transaction at all is not known.
void ZmqSubscriber::Receiver::TakeTooLarge() {
  ++CountersOf(ZmqTopic::kRawTx).messages;
  chain_hint_due_ = true;
}

void ZmqSubscriber::Receiver::TakeMalformed() {
  ++malformed_;
  chain_hint_due_ = true;
}

// One hint for all that one round brought.
void ZmqSubscriber::Receiver::GiveChainHint() {
  if (std::exchange(chain_hint_due_, false)) handlers_.on_chain({});
}

ZmqSubscriber::ZmqSubscriber(const ZmqEndpoints& endpoints, ZmqHandlers handlers)
    : receiver_(std::make_unique<Receiver>(endpoints, std::move(handlers))) {}

ZmqSubscriber::~ZmqSubscriber() = default;

const std::string& ZmqSubscriber::error() const {
  return receiver_->error();
}

ZmqCounts ZmqSubscriber::counts() const {
  return receiver_->counts();
}

ZmqTopicCounts ZmqSubscriber::counts_of(ZmqTopic topic) const {
  return receiver_->counts_of(topic);
}

}  // namespace sendonce::node
