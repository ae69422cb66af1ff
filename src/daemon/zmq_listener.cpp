#include "daemon/zmq_listener.h"

#include <utility>

namespace sendonce::daemon {

namespace {

std::string Choose(const ZmqEndpoint& wanted, const std::string& published) {
  switch (wanted.source) {
    case ZmqEndpoint::Source::kOff:
      return "";
    case ZmqEndpoint::Source::kGiven:
      return wanted.address;
    case ZmqEndpoint::Source::kAskNode:
      return published;
  }
  return "";
}

}  // namespace

ZmqListener::ZmqListener(ZmqEndpoint raw_tx, ZmqEndpoint sequence, node::ZmqHandlers handlers,
                         Logger& logger)
    : raw_tx_(std::move(raw_tx)),
      sequence_(std::move(sequence)),
      handlers_(std::move(handlers)),
      logger_(logger) {}

void ZmqListener::Listen(const node::ZmqEndpoints& published) {
  if (started_) return;
  started_ = true;
  endpoints_.rawtx = Choose(raw_tx_, published.rawtx);
  endpoints_.sequence = Choose(sequence_, published.sequence);
  if (endpoints_.rawtx.empty() || endpoints_.sequence.empty()) {
    logger_.Warning(LogCategory::kZmq,
                    "the node does not publish rawtx and sequence: all still works, but payments "
                    "are seen later; start bitcoind with -zmqpubrawtx=tcp://127.0.0.1:28332 "
                    "-zmqpubsequence=tcp://127.0.0.1:28332");
  }
  if (endpoints_.rawtx.empty() && endpoints_.sequence.empty()) return;
  subscriber_ = std::make_unique<node::ZmqSubscriber>(endpoints_, handlers_);
  if (!subscriber_->error().empty()) logger_.Warning(LogCategory::kZmq, subscriber_->error());
}

node::ZmqCounts ZmqListener::counts() const {
  return subscriber_ ? subscriber_->counts() : node::ZmqCounts{};
}

std::vector<http::ZmqTopicStatus> ZmqListener::Describe() const {
  std::vector<http::ZmqTopicStatus> topics;
  const auto describe = [&](node::ZmqTopic topic, const std::string& endpoint) {
    if (endpoint.empty()) return;
    const node::ZmqTopicCounts seen = subscriber_->counts_of(topic);
    topics.push_back(
        {std::string(node::NameOf(topic)), endpoint, seen.alive, seen.messages, seen.gaps});
  };
  describe(node::ZmqTopic::kRawTx, endpoints_.rawtx);
  describe(node::ZmqTopic::kSequence, endpoints_.sequence);
  return topics;
}

void ZmqListener::Stop() {
  subscriber_.reset();
}

}  // namespace sendonce::daemon
