#include "daemon/driver.h"

#include "config.h"

#include <event2/event.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>

namespace sendonce::daemon {

namespace {

// Between two ticks at least and at most: neither a busy loop nor a missed wake-up can last.
constexpr core::Millis kMinTickMs = 5;
constexpr core::Millis kMaxTickMs = 1'000;

core::Millis NowMs() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

// What a routed request becomes: a command of the core, or an answer of the driver's own.
class Driver::RequestTaker {
 public:
  RequestTaker(Driver& driver, core::CallToken call) : driver_(driver), call_(call) {}

  void operator()(http::HistoryRequest& request) const {
    const wal::History history = driver_.MustRead(driver_.around_.log.FindHistory(request.id));
    driver_.server_.ReplyHistory(call_, history.records, history.pruned);
  }
  void operator()(http::MetricsRequest&) const {
    driver_.server_.ReplyMetrics(call_, driver_.MetricsText());
  }
  void operator()(http::HealthRequest&) const { driver_.server_.ReplyHealth(call_); }
  void operator()(http::ReadyRequest&) const {
    driver_.server_.ReplyReady(call_, driver_.machine_.paying_stall());
  }
  void operator()(http::BulkSubmit& bulk) const { driver_.Give(std::move(bulk.command)); }
  void operator()(http::BulkQuery& bulk) const { driver_.Give(std::move(bulk.command)); }
  template <typename CoreCommand>
  void operator()(CoreCommand& command) const {
    driver_.Give(std::move(command));
  }

 private:
  Driver& driver_;
  core::CallToken call_;
};

Driver::Driver(const Surroundings& surroundings, const core::Policy& policy, core::Ledger ledger,
               const NodeOptions& node, const http::ServerOptions& http)
    : around_(surroundings),
      machine_(policy, std::move(ledger)),
      mailbox_(around_.base),
      timer_(evtimer_new(
          around_.base,
          [](evutil_socket_t, short, void* self) {
            static_cast<Driver*>(self)->Give(core::Tick{});
          },
          this)),
      writer_(around_.log, {[this](const WalWriter::Written& written) {
                              mailbox_.Post([this, written] { OnDurable(written); });
                            },
                            around_.stop_at_once}),
      log_reader_(1, [] {}),
      gateway_(node.rpc,
               {[this](core::Command reply) {
                  mailbox_.Post([this, reply = std::move(reply)] { Give(reply); });
                },
                [this](core::Outcome<node::Requirements> outcome) {
                  mailbox_.Post([this, outcome = std::move(outcome)] { OnRequirements(outcome); });
                }},
               around_.failpoints, around_.metrics),
      hints_([this](Mailbox::Letter letter) { mailbox_.Post(std::move(letter)); },
             [this](core::Command hint) { Give(std::move(hint)); }),
      zmq_(node.zmq_raw_tx, node.zmq_sequence,
           {[this](core::TransactionHint hint) { hints_.Put(std::move(hint)); },
            [this](core::ChainHint hint) { hints_.Put(hint); }},
           around_.logger),
      server_(around_.base, *this, http),
      started_at_ms_(NowMs()) {
  assert(timer_);
}

Driver::~Driver() {
  zmq_.Stop();
  gateway_.Stop();
  log_reader_.Stop();
  writer_.Stop();
  event_free(timer_);
}

std::optional<std::string> Driver::Start() {
  if (auto problem = server_.Listen()) return problem;
  Give(core::Tick{});
  return std::nullopt;
}

void Driver::Stop(std::function<void()> stopped) {
  if (stopping_) return;
  stopping_ = true;
  Give(core::StopAccepting{});
  server_.Stop(std::move(stopped));
}

void Driver::OnRouted(core::CallToken call, http::Routed routed) {
  std::visit(RequestTaker(*this, call), routed);
}

void Driver::OnCallerGone(core::CallToken call) {
  Give(core::CallerGone{call});
}

void Driver::Give(core::Command command) {
  FillIn(command);
  Step(command);
  if (std::holds_alternative<core::ChainRead>(command)) LookForRequirements();
}

void Driver::Step(const core::Command& command) {
  for (core::Effect& effect : machine_.Step(command, NowMs())) Execute(effect);
  NoteStall();
  SetTimer();
}

// The core holds only what is open; what the log holds beyond that is added here, where the core
// asks for it in its commands.
void Driver::FillIn(core::Command& command) {
  if (auto* submit = std::get_if<core::Submit>(&command)) {
    submit->stored = FindStored(submit->id);
  } else if (auto* query = std::get_if<core::Query>(&command)) {
    query->stored = FindStored(query->id);
  } else if (auto* submits = std::get_if<core::SubmitMany>(&command)) {
    for (core::SubmitMany::Item& item : submits->items) item.stored = FindStored(item.id);
  } else if (auto* queries = std::get_if<core::QueryMany>(&command)) {
    for (core::QueryMany::Item& item : queries->items) item.stored = FindStored(item.id);
  } else if (auto* cancel = std::get_if<core::Cancel>(&command)) {
    cancel->stored = FindStored(cancel->id);
  } else if (auto* bump = std::get_if<core::Bump>(&command)) {
    bump->stored = FindStored(bump->id);
  } else if (auto* adopt = std::get_if<core::Adopt>(&command)) {
    adopt->stored = FindStored(adopt->id);
  } else if (auto* verdict = std::get_if<core::GiveVerdict>(&command)) {
    verdict->stored = FindStored(verdict->id);
  } else if (auto* found = std::get_if<core::TransactionLookedUp>(&command)) {
    FindStoredBatches(*found);
  } else if (auto* spends = std::get_if<core::SpendsRead>(&command)) {
    auto* list = std::get_if<std::vector<core::WalletSpend>>(&spends->outcome);
    if (!list) return;
    for (core::WalletSpend& spend : *list) spend.explained = IsExplained(spend.txid);
  } else if (auto* read = std::get_if<core::ChainRead>(&command)) {
    const auto* step = std::get_if<core::ChainStep>(&read->outcome);
    if (!step || !step->connected) return;
    // A chain with less work than was seen is not followed (R10): nothing of it is looked up.
    if (step->facts.work < machine_.ledger().chain().work) return;
    // At the tip too: a crash can have left confirmations above it.
    if (step->fork_height > machine_.ledger().chain().tip().height) return;
    // Nor below what was pruned.
    if (step->fork_height < machine_.ledger().chain().pruned_up_to.value_or(INT32_MIN)) return;
    wal::Confirmed confirmed = MustRead(around_.log.ConfirmedAbove(step->fork_height));
    read->stored_batches = std::move(confirmed.batches);
    read->stored_sends = std::move(confirmed.sends);
  }
}

std::optional<core::Send> Driver::FindStored(const core::SendId& id) {
  if (machine_.ledger().FindSend(id)) return std::nullopt;
  return MustRead(around_.log.FindSend(id));
}

void Driver::FindStoredBatches(core::TransactionLookedUp& found) {
  for (core::BatchId id : MustRead(around_.log.FindBatchesByTxid(found.txid))) {
    if (machine_.ledger().FindBatch(id)) continue;
    if (auto batch = MustRead(around_.log.FindBatch(id))) {
      found.stored_batches.push_back(std::move(*batch));
    } else {
      found.pruned = true;
    }
  }
}

// By a batch that the core has given up or finished. What was pruned was paid.
bool Driver::IsExplained(const bitcoin::Txid& txid) {
  for (core::BatchId id : MustRead(around_.log.FindBatchesByTxid(txid))) {
    const auto batch = MustRead(around_.log.FindBatch(id));
    if (!batch || core::ExplainsSpend(*batch, txid)) return true;
  }
  return false;
}

template <typename T>
T Driver::MustRead(wal::Result<T> result) {
  if (const auto* problem = std::get_if<wal::Problem>(&result)) {
    around_.stop_at_once(problem->text());
  }
  return std::move(std::get<T>(result));
}

void Driver::Execute(core::Effect& effect) {
  if (auto* append = std::get_if<core::Append>(&effect)) {
    Append(std::move(*append));
  } else if (const auto* answer = std::get_if<core::Answer>(&effect)) {
    GiveAnswer(*answer);
  } else if (const auto* what = std::get_if<core::FindPrunable>(&effect)) {
    FindPrunable(*what);
  } else {
    gateway_.Execute(std::move(effect));
  }
}

void Driver::FindPrunable(const core::FindPrunable& what) {
  const bool posted = log_reader_.Post([this, what] {
    mailbox_.Post([this, found = MustRead(around_.log.FindPrunable(what))] { Give(found); });
  });
  assert(posted && "asked for once at a time");
}

void Driver::Append(core::Append append) {
  for (const core::Entry& entry : append.entries) {
    around_.failpoints.Reach(std::string("append:").append(core::RecordName(entry.record)));
    around_.metrics.CountRecord(entry.record);
    appended_.emplace_back(entry.seq, core::RecordName(entry.record));
    if (const auto* alarm = std::get_if<core::AlarmRaised>(&entry.record)) {
      around_.logger.Warning(LogCategory::kCore, "alarm " + std::to_string(entry.seq) + ": " +
                                                     alarm->detail + ": " +
                                                     bitcoin::DisplayHex(alarm->txid));
    } else if (around_.logger.Debugs(LogCategory::kCore)) {
      around_.logger.Debug(LogCategory::kCore, "record " + std::to_string(entry.seq) + " " +
                                                   std::string(core::RecordName(entry.record)));
    }
  }
  writer_.Append(std::move(append.entries));
}

void Driver::OnDurable(const WalWriter::Written& written) {
  around_.metrics.CountAppend(written.records, written.took_us);
  for (; !appended_.empty() && appended_.front().first <= written.last_seq; appended_.pop_front()) {
    around_.failpoints.Reach(std::string("durable:").append(appended_.front().second));
  }
  Give(core::Durable{written.last_seq});
}

void Driver::GiveAnswer(const core::Answer& answer) {
  around_.failpoints.Reach("answer");
  if (const auto* reply = std::get_if<core::SendReply>(&answer.reply)) {
    around_.metrics.CountVerdict(reply->verdict);
  } else if (const auto* many = std::get_if<core::SendsReply>(&answer.reply)) {
    for (const core::SendReply& one : many->replies) around_.metrics.CountVerdict(one.verdict);
  }
  server_.Reply(answer.call, answer.reply);
}

// What the node offers is asked for once it has been reached.
void Driver::LookForRequirements() {
  if (asking_requirements_ || zmq_.listening() || stopping_) return;
  if (!machine_.node_reachable()) return;
  asking_requirements_ = true;
  gateway_.CheckRequirements();
}

void Driver::OnRequirements(const core::Outcome<node::Requirements>& outcome) {
  asking_requirements_ = false;
  const auto* requirements = std::get_if<node::Requirements>(&outcome);
  if (!requirements || stopping_) return;
  for (const std::string& sentence : requirements->unmet) {
    around_.logger.Warning(LogCategory::kNode, sentence);
  }
  zmq_.Listen(requirements->zmq);
}

void Driver::NoteStall() {
  const auto& stall = machine_.paying_stall();
  const std::string shown = stall ? stall->code + ": " + stall->detail : "";
  if (shown == shown_stall_) return;
  shown_stall_ = shown;
  if (stall) {
    around_.logger.Info(LogCategory::kCore, "nothing new is paid now: " + shown);
  } else {
    around_.logger.Info(LogCategory::kCore, "ready to pay");
  }
}

void Driver::SetTimer() {
  const core::Millis wait_ms =
      std::clamp<core::Millis>(machine_.next_tick_ms() - NowMs(), kMinTickMs, kMaxTickMs);
  const timeval wait{static_cast<time_t>(wait_ms / 1000),
                     static_cast<suseconds_t>(wait_ms % 1000 * 1000)};
  evtimer_add(timer_, &wait);
}

http::ServiceStatus Driver::DescribeService() {
  http::ServiceStatus status;
  status.version = PACKAGE_VERSION;
  status.uptime_ms = NowMs() - started_at_ms_;
  status.zmq = zmq_.Describe();
  status.wal_path = around_.wal_directory.string();
  status.wal_anchor_seq = around_.log.anchored_seq();
  return status;
}

std::string Driver::MetricsText() {
  around_.metrics.SetStatus(machine_.Status());
  around_.metrics.SetFunds(machine_.Funds());
  around_.metrics.SetZmqCounts(zmq_.counts());
  return around_.metrics.Text();
}

}  // namespace sendonce::daemon
