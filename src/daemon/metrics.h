// Counts for GET /metrics. Nothing is decided by them.

#ifndef SENDONCE_DAEMON_METRICS_H
#define SENDONCE_DAEMON_METRICS_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/answers.h"
#include "core/records.h"
#include "node/zmq_subscriber.h"

namespace sendonce::daemon {

// Thread-safe; every function is cheap enough for each send, but Text.
class Metrics {
 public:
  enum class RpcOutcome : uint8_t { kAccepted, kRefused, kUnknown };

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // sendonce_records_total{type}, by core::RecordName: sends recorded,
  // batches confirmed, alarms raised and so on. When it is durable.
  // And sendonce_pruned_sends_total: sends whose detail was pruned.
  void CountRecord(const core::Record& record);

  // sendonce_replies_total{verdict}: what callers of /v1/sends were told.
  void CountVerdict(core::Verdict verdict);

  // sendonce_sends_total{outcome}: a send has reached `sent` or `never`.
  void CountOutcome(core::SendOutcome outcome);

  // sendonce_wal_appends_total, sendonce_wal_group_records (histogram), sendonce_wal_append_seconds
  // (histogram).
  void CountAppend(size_t records, int64_t took_us);

  // sendonce_rpc_calls_total{method,outcome}, sendonce_rpc_seconds{method} (histogram). `method` is
  // one of our own constants, never text from outside.
  void CountRpc(std::string_view method, RpcOutcome outcome, int64_t took_us);

  // sendonce_http_replies_total{status}.
  void CountHttpReply(int status);

  // sendonce_zmq_messages_total, sendonce_zmq_malformed_total, sendonce_zmq_gaps_total,
  // sendonce_zmq_connections_total: brought up to what the subscriber has counted since its start.
  // REQUIRES: one subscriber for the life of this object.
  void SetZmqCounts(const node::ZmqCounts& counts);

  // Gauges: sendonce_open_sends, sendonce_waiting_sends, sendonce_open_batches,
  // sendonce_open_alarms, sendonce_durable_seq, sendonce_chain_height, sendonce_node_reachable,
  // sendonce_accepting, sendonce_paying, sendonce_oldest_pending_since_seconds (0: none).
  void SetStatus(const core::StatusReply& status);

  // Gauges: sendonce_pool_sat{kind} and sendonce_pool_coins{kind} with kind spendable, reserved,
  // waiting_for_confirmations. No effect while funds are not known.
  void SetFunds(const core::FundsReply& funds);

  // All of it in Prometheus' text format 0.0.4.
  std::string Text() const;

 private:
  class Families;
  std::unique_ptr<Families> families_;
};

}  // namespace sendonce::daemon

#endif  // SENDONCE_DAEMON_METRICS_H
