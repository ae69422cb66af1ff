#include "daemon/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <cassert>
#include <mutex>

namespace sendonce::daemon {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;

// By core::Verdict.
constexpr std::array<const char*, 17> kVerdicts = {
    "created",          "known",      "fenced",         "id_reused",
    "id_cancelled",     "too_late",   "unknown_id",     "overloaded",
    "starting",         "not_paying", "stopping",       "cannot_bump",
    "fee_too_high",     "not_paid",   "no_transaction", "node_unavailable",
    "no_verdict_needed"};

constexpr std::array<const char*, 3> kRpcOutcomes = {"accepted", "refused", "unknown"};
constexpr std::array<const char*, 3> kSendOutcomes = {"pending", "sent", "never"};

const Histogram::BucketBoundaries kGroupRecords{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096};
const Histogram::BucketBoundaries kSeconds{0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02,
                                           0.05,   0.1,    0.2,    0.5,   1,     2,     5,    10};

template <typename Enum, size_t kSize>
std::string Label(const std::array<const char*, kSize>& names, Enum value) {
  const auto index = static_cast<size_t>(value);
  assert(index < kSize);
  return names[index];
}

double Seconds(int64_t us) {
  return static_cast<double>(us) / 1e6;
}

// Brings a counter up to a total that only grows.
void RaiseTo(Counter& counter, uint64_t total) {
  const double missing = static_cast<double>(total) - counter.Value();
  if (missing > 0) counter.Increment(missing);
}

}  // namespace

class Metrics::Families {
 public:
  Family<Counter>& NewCounters(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  }
  Counter& NewCounter(const char* name, const char* help) {
    return NewCounters(name, help).Add({});
  }

  Family<Gauge>& NewGauges(const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
  }
  Gauge& NewGauge(const char* name, const char* help) { return NewGauges(name, help).Add({}); }

  Family<Histogram>& NewHistograms(const char* name, const char* help) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
  }

  prometheus::Registry registry;  // before what is registered in it

  Family<Counter>& records =
      NewCounters("sendonce_records_total", "Durable records of the log, by type");
  Counter& pruned_sends =
      NewCounter("sendonce_pruned_sends_total", "Sends whose detail was pruned");
  Family<Counter>& verdicts =
      NewCounters("sendonce_replies_total", "What callers of /v1/sends were told");
  Family<Counter>& outcomes =
      NewCounters("sendonce_sends_total", "Sends that have reached an outcome");
  Counter& appends = NewCounter("sendonce_wal_appends_total", "Synced appends to the log");
  Histogram& group_records =
      NewHistograms("sendonce_wal_group_records", "Records of one append").Add({}, kGroupRecords);
  Histogram& append_seconds =
      NewHistograms("sendonce_wal_append_seconds", "Time of one append with its sync")
          .Add({}, kSeconds);
  Family<Counter>& rpc_calls =
      NewCounters("sendonce_rpc_calls_total", "Calls to bitcoind, by what came of them");
  Family<Histogram>& rpc_seconds =
      NewHistograms("sendonce_rpc_seconds", "Time of one call to bitcoind");
  Family<Counter>& http_replies =
      NewCounters("sendonce_http_replies_total", "Replies to callers, by HTTP status");

  std::mutex zmq_mutex;  // between reading a counter and raising it
  Counter& zmq_messages =
      NewCounter("sendonce_zmq_messages_total", "Well-formed notifications of bitcoind");
  Counter& zmq_malformed = NewCounter("sendonce_zmq_malformed_total",
                                      "Messages on the notification endpoint that make no sense");
  Counter& zmq_gaps = NewCounter("sendonce_zmq_gaps_total", "Gaps in a notification counter");
  Counter& zmq_connections =
      NewCounter("sendonce_zmq_connections_total", "Connections made to a notification endpoint");

  Gauge& open_sends = NewGauge("sendonce_open_sends", "Sends that are not final and not ended");
  Gauge& waiting_sends = NewGauge("sendonce_waiting_sends", "Open sends that are in no batch");
  Gauge& open_batches = NewGauge("sendonce_open_batches", "Batches that are watched");
  Gauge& waste = NewGauge("sendonce_selection_waste_sat",
                          "What the choice of coins has cost since the start, compared with "
                          "spending each at the long-term fee rate and without change");
  Gauge& open_alarms = NewGauge("sendonce_open_alarms", "Alarms that nobody has accepted");
  Gauge& durable_seq = NewGauge("sendonce_durable_seq", "The last durable record");
  Gauge& chain_height =
      NewGauge("sendonce_chain_height", "The block up to which the log follows the chain");
  Gauge& node_reachable = NewGauge("sendonce_node_reachable", "1 if bitcoind answers");
  Gauge& accepting = NewGauge("sendonce_accepting", "1 if new ids are recorded");
  Gauge& paying = NewGauge("sendonce_paying", "1 if nothing keeps it from paying");
  Gauge& oldest_pending = NewGauge("sendonce_oldest_pending_since_seconds",
                                   "Unix time of the oldest pending send; 0 if there is none");
  Family<Gauge>& pool_sat = NewGauges("sendonce_pool_sat", "The wallet's coins, in satoshi");
  Family<Gauge>& pool_coins = NewGauges("sendonce_pool_coins", "The wallet's coins, counted");
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {}

Metrics::~Metrics() = default;

void Metrics::CountRecord(const core::Record& record) {
  families_->records.Add({{"type", std::string(core::RecordName(record))}}).Increment();
  if (const auto* pruned = std::get_if<core::DetailPruned>(&record)) {
    for (const core::PrunedBatch& batch : pruned->batches) {
      families_->pruned_sends.Increment(static_cast<double>(batch.sends.size()));
    }
  }
}

void Metrics::CountVerdict(core::Verdict verdict) {
  families_->verdicts.Add({{"verdict", Label(kVerdicts, verdict)}}).Increment();
}

void Metrics::CountOutcome(core::SendOutcome outcome) {
  families_->outcomes.Add({{"outcome", Label(kSendOutcomes, outcome)}}).Increment();
}

void Metrics::CountAppend(size_t records, int64_t took_us) {
  families_->appends.Increment();
  families_->group_records.Observe(static_cast<double>(records));
  families_->append_seconds.Observe(Seconds(took_us));
}

void Metrics::CountRpc(std::string_view method, RpcOutcome outcome, int64_t took_us) {
  const std::string name(method);
  families_->rpc_calls.Add({{"method", name}, {"outcome", Label(kRpcOutcomes, outcome)}})
      .Increment();
  families_->rpc_seconds.Add({{"method", name}}, kSeconds).Observe(Seconds(took_us));
}

void Metrics::CountHttpReply(int status) {
  families_->http_replies.Add({{"status", std::to_string(status)}}).Increment();
}

void Metrics::SetZmqCounts(const node::ZmqCounts& counts) {
  const std::lock_guard lock(families_->zmq_mutex);
  RaiseTo(families_->zmq_messages, counts.messages);
  RaiseTo(families_->zmq_malformed, counts.malformed);
  RaiseTo(families_->zmq_gaps, counts.gaps);
  RaiseTo(families_->zmq_connections, counts.connections);
}

void Metrics::SetStatus(const core::StatusReply& status) {
  const auto number = [](auto value) { return static_cast<double>(value); };
  families_->open_sends.Set(number(status.open_sends));
  families_->waiting_sends.Set(number(status.waiting_sends));
  families_->open_batches.Set(number(status.open_batches));
  families_->open_alarms.Set(number(status.open_alarms));
  families_->waste.Set(static_cast<double>(status.waste_sat));
  families_->durable_seq.Set(number(status.durable_seq));
  families_->chain_height.Set(number(status.read_up_to.height));
  families_->node_reachable.Set(status.node.reachable ? 1 : 0);
  families_->accepting.Set(status.accepting ? 1 : 0);
  families_->paying.Set(status.paying_stalled ? 0 : 1);
  families_->oldest_pending.Set(number(status.oldest_pending_since_ms.value_or(0)) / 1e3);
}

void Metrics::SetFunds(const core::FundsReply& funds) {
  if (!funds.known) return;
  const auto set = [this](const char* kind, const core::CoinSum& sum) {
    families_->pool_sat.Add({{"kind", kind}}).Set(static_cast<double>(sum.amount_sat));
    families_->pool_coins.Add({{"kind", kind}}).Set(static_cast<double>(sum.coins));
  };
  set("spendable", funds.spendable);
  set("reserved", funds.reserved);
  set("waiting_for_confirmations", funds.waiting_for_confirmations);
}

std::string Metrics::Text() const {
  return prometheus::TextSerializer().Serialize(families_->registry.Collect());
}

}  // namespace sendonce::daemon
