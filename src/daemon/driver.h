// The driver: gives the core its commands and carries out its effects, and decides nothing
// (doc/architecture.md).

#ifndef SENDONCE_DAEMON_DRIVER_H
#define SENDONCE_DAEMON_DRIVER_H

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/machine.h"
#include "daemon/failpoints.h"
#include "daemon/hint_box.h"
#include "daemon/logger.h"
#include "daemon/mailbox.h"
#include "daemon/metrics.h"
#include "daemon/node_gateway.h"
#include "daemon/node_worker.h"
#include "daemon/options.h"
#include "daemon/wal_writer.h"
#include "daemon/zmq_listener.h"
#include "http/server.h"
#include "wal/log.h"

struct event;
struct event_base;

namespace sendonce::daemon {

// Not thread-safe: constructor, destructor and every function on the loop's thread.
class Driver final : public http::Server::Handler {
 public:
  // What belongs to the process and outlives the driver.
  struct Surroundings {
    event_base* base;
    wal::Log& log;
    std::filesystem::path wal_directory;
    Logger& logger;
    Metrics& metrics;
    Failpoints& failpoints;
    // Called on the first storage error of any kind, from any thread; must not return (G7).
    std::function<void(const std::string&)> stop_at_once;
  };

  Driver(const Surroundings& surroundings, const core::Policy& policy, core::Ledger ledger,
         const NodeOptions& node, const http::ServerOptions& http);
  ~Driver() override;

  // Listens and begins to reconcile. Returns why it could not listen, or nullopt.
  std::optional<std::string> Start();

  // No new ids; what waits is answered as it stands; then `stopped` is called once. What is
  // recorded goes on at the next start.
  void Stop(std::function<void()> stopped);

  void OnRouted(core::CallToken call, http::Routed routed) override;
  void OnCallerGone(core::CallToken call) override;
  http::ServiceStatus DescribeService() override;

 private:
  class RequestTaker;

  void Give(core::Command command);
  void Step(const core::Command& command);
  void FillIn(core::Command& command);
  std::optional<core::Send> FindStored(const core::SendId& id);
  bool IsExplained(const bitcoin::Txid& txid);
  void FindStoredBatches(core::TransactionLookedUp& found);
  void Execute(core::Effect& effect);
  void Append(core::Append append);
  void FindPrunable(const core::FindPrunable& what);
  void GiveAnswer(const core::Answer& answer);
  void OnDurable(const WalWriter::Written& written);
  void OnRequirements(const core::Outcome<node::Requirements>& outcome);
  void LookForRequirements();
  void NoteStall();
  void SetTimer();
  std::string MetricsText();
  template <typename T>
  T MustRead(wal::Result<T> result);

  Surroundings around_;
  core::Machine machine_;
  Mailbox mailbox_;
  event* timer_;
  WalWriter writer_;
  NodeWorker log_reader_;  // for what takes long to look up, and nobody waits for
  NodeGateway gateway_;
  HintBox hints_;
  ZmqListener zmq_;
  http::Server server_;
  // Records that are on their way to the disk, by name: for the failpoints.
  std::deque<std::pair<core::Seq, std::string_view>> appended_;
  core::Millis started_at_ms_;
  bool asking_requirements_ = false;
  bool stopping_ = false;
  std::string shown_stall_;
};

}  // namespace sendonce::daemon

#endif  // SENDONCE_DAEMON_DRIVER_H
