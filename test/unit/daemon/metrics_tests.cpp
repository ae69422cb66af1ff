#include "daemon/metrics.h"

#include <boost/test/unit_test.hpp>

namespace sendonce::daemon {
namespace {

void CheckLine(const Metrics& metrics, const std::string& line) {
  const std::string text = metrics.Text();
  BOOST_TEST(("\n" + text).find("\n" + line + "\n") != std::string::npos, "no line \"" << line
                                                                                       << "\" in:\n"
                                                                                       << text);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(metrics_tests)

BOOST_AUTO_TEST_CASE(records_by_type) {
  Metrics metrics;
  metrics.CountRecord(core::WalCreated{});
  metrics.CountRecord(core::SendRecorded{});
  metrics.CountRecord(core::SendRecorded{});
  metrics.CountRecord(core::SignatureRequested{});
  metrics.CountRecord(core::BatchFinal{});
  metrics.CountRecord(core::AlarmAccepted{});
  CheckLine(metrics, "sendonce_records_total{type=\"WalCreated\"} 1");
  CheckLine(metrics, "sendonce_records_total{type=\"SendRecorded\"} 2");
  CheckLine(metrics, "sendonce_records_total{type=\"SignatureRequested\"} 1");
  CheckLine(metrics, "sendonce_records_total{type=\"BatchFinal\"} 1");
  CheckLine(metrics, "sendonce_records_total{type=\"AlarmAccepted\"} 1");
}

BOOST_AUTO_TEST_CASE(replies_and_outcomes) {
  Metrics metrics;
  metrics.CountVerdict(core::Verdict::kCreated);
  metrics.CountVerdict(core::Verdict::kTooLate);
  metrics.CountVerdict(core::Verdict::kStopping);
  metrics.CountVerdict(core::Verdict::kNoVerdictNeeded);
  metrics.CountOutcome(core::SendOutcome::kSent);
  metrics.CountOutcome(core::SendOutcome::kNever);
  metrics.CountHttpReply(201);
  metrics.CountHttpReply(201);
  CheckLine(metrics, "sendonce_replies_total{verdict=\"created\"} 1");
  CheckLine(metrics, "sendonce_replies_total{verdict=\"too_late\"} 1");
  CheckLine(metrics, "sendonce_replies_total{verdict=\"no_verdict_needed\"} 1");
  CheckLine(metrics, "sendonce_replies_total{verdict=\"stopping\"} 1");
  CheckLine(metrics, "sendonce_sends_total{outcome=\"sent\"} 1");
  CheckLine(metrics, "sendonce_sends_total{outcome=\"never\"} 1");
  CheckLine(metrics, "sendonce_http_replies_total{status=\"201\"} 2");
}

BOOST_AUTO_TEST_CASE(appends_and_calls) {
  Metrics metrics;
  metrics.CountAppend(3, 1'500);
  metrics.CountAppend(1, 1'500);
  metrics.CountRpc("getblock", Metrics::RpcOutcome::kUnknown, 2'000'000);
  CheckLine(metrics, "sendonce_wal_appends_total 2");
  CheckLine(metrics, "sendonce_wal_group_records_sum 4");
  CheckLine(metrics, "sendonce_wal_group_records_bucket{le=\"1\"} 1");
  CheckLine(metrics, "sendonce_wal_append_seconds_sum 0.003");
  CheckLine(metrics, "sendonce_rpc_calls_total{method=\"getblock\",outcome=\"unknown\"} 1");
  CheckLine(metrics, "sendonce_rpc_seconds_sum{method=\"getblock\"} 2");
}

BOOST_AUTO_TEST_CASE(zmq_counts_are_taken_over_and_not_added_up) {
  Metrics metrics;
  metrics.SetZmqCounts({10, 1, 2, 3});
  metrics.SetZmqCounts({15, 1, 2, 4});
  CheckLine(metrics, "sendonce_zmq_messages_total 15");
  CheckLine(metrics, "sendonce_zmq_malformed_total 1");
  CheckLine(metrics, "sendonce_zmq_gaps_total 2");
  CheckLine(metrics, "sendonce_zmq_connections_total 4");
}

BOOST_AUTO_TEST_CASE(status_and_funds) {
  Metrics metrics;
  core::StatusReply status;
  status.open_sends = 5;
  status.waiting_sends = 4;
  status.open_alarms = 1;
  status.node.reachable = true;
  status.durable_seq = 17;
  status.read_up_to.height = 101;
  status.oldest_pending_since_ms = 1'790'000'000'500;
  metrics.SetStatus(status);
  CheckLine(metrics, "sendonce_open_sends 5");
  CheckLine(metrics, "sendonce_waiting_sends 4");
  CheckLine(metrics, "sendonce_open_alarms 1");
  CheckLine(metrics, "sendonce_node_reachable 1");
  CheckLine(metrics, "sendonce_durable_seq 17");
  CheckLine(metrics, "sendonce_chain_height 101");
  CheckLine(metrics, "sendonce_accepting 0");
  CheckLine(metrics, "sendonce_paying 1");
  CheckLine(metrics, "sendonce_oldest_pending_since_seconds 1790000000.5");
  status.paying_stalled = core::Stall{};
  status.oldest_pending_since_ms.reset();
  metrics.SetStatus(status);
  CheckLine(metrics, "sendonce_paying 0");
  CheckLine(metrics, "sendonce_oldest_pending_since_seconds 0");

  core::FundsReply funds;
  funds.spendable = {2'100'000'000'000'000, 3};
  metrics.SetFunds(funds);
  BOOST_TEST(metrics.Text().find("sendonce_pool_sat{") == std::string::npos);
  funds.known = true;
  metrics.SetFunds(funds);
  CheckLine(metrics, "sendonce_pool_sat{kind=\"spendable\"} 2100000000000000");
  CheckLine(metrics, "sendonce_pool_coins{kind=\"spendable\"} 3");
  CheckLine(metrics, "sendonce_pool_coins{kind=\"reserved\"} 0");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::daemon
