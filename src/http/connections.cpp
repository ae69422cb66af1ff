#include "http/connections.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "http/evhttp_exchange.h"
#include "http/framing_scanner.h"
#include "http/headers.h"
#include "http/problem.h"

namespace sendonce::http {

namespace {

// What evhttp may hold of one connection: a whole request, and the framing of a chunked body. A
// client that sends on while its request is being answered is not read beyond this.
constexpr size_t kMaxInputBytes = kMaxHeaderBytes + kMaxBodyBytes + 65'536;

constexpr int64_t kMinSweepIntervalMs = 5;
constexpr int64_t kMaxSweepIntervalMs = 1'000;

// Where a connection stands. The time in each phase is limited as a total.
enum class Phase {
  kReceiving,  // bytes of a request are on their way
  kServing,    // the listener has the request, for as long as it takes
  kReplying,   // the response is on its way out
  kIdle,       // open, between requests
};

int64_t NowMs() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

timeval TimevalFromMs(int64_t ms) {
  timeval tv;
  tv.tv_sec = ms / 1'000;
  tv.tv_usec = ms % 1'000 * 1'000;
  return tv;
}

struct EventDeleter {
  void operator()(event* e) const { event_free(e); }
};
using Event = std::unique_ptr<event, EventDeleter>;

// Best effort and without waiting: the socket is closed next. What has arrived is taken first,
// because closing over unread bytes resets the connection, and the peer may lose our words.
void SayAtOnce(evutil_socket_t fd, const std::string& text) {
  char discarded[4'096];
  [[maybe_unused]] const ssize_t taken = recv(fd, discarded, sizeof(discarded), MSG_DONTWAIT);
  [[maybe_unused]] const ssize_t sent =
      send(fd, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

// Replies are written whole: nothing is gained by waiting for more of them.
void DisableNagle(evutil_socket_t fd) {
  const int on = 1;
  [[maybe_unused]] const int result = setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

// Shows the scanner what has just been added to the end of a buffer.
void ScanAdded(evbuffer* buffer, size_t added, FramingScanner& scanner) {
  constexpr int kPieces = 8;
  evbuffer_iovec pieces[kPieces];
  evbuffer_ptr at;
  evbuffer_ptr_set(buffer, &at, evbuffer_get_length(buffer) - added, EVBUFFER_PTR_SET);
  while (added > 0) {
    const int count = std::min(
        evbuffer_peek(buffer, static_cast<ev_ssize_t>(added), &at, pieces, kPieces), kPieces);
    size_t shown = 0;
    for (int i = 0; i < count && shown < added; ++i) {
      const size_t size = std::min(pieces[i].iov_len, added - shown);
      scanner.Take({static_cast<const char*>(pieces[i].iov_base), size});
      shown += size;
    }
    assert(shown > 0);
    added -= shown;
    evbuffer_ptr_set(buffer, &at, shown, EVBUFFER_PTR_ADD);
  }
}

// 0 if no status line stands there.
int StatusAtFrontOf(evbuffer* buffer) {
  constexpr size_t kStatusAt = sizeof("HTTP/1.1 ") - 1;
  char line[kStatusAt + 4] = {};
  const ev_ssize_t copied = evbuffer_copyout(buffer, line, kStatusAt + 3);
  return copied == kStatusAt + 3 ? std::atoi(line + kStatusAt) : 0;
}

uint16_t PortOf(evutil_socket_t fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  const int result = getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  assert(result == 0);
  if (address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  }
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

}  // namespace

// evhttp owns the connections; here each is watched. What libevent 2.1's evhttp lacks (it counts no
// connections, limits no total times, and does not look for the end of a connection while a request
// is being answered) is made up for like this:
// - The bufferevent of each connection is made here (evhttp_set_bevcb). evhttp makes its
//   evhttp_connection right after that and hands it to the bufferevent as callback argument, where
//   we find it in the same turn of the loop, before a byte can be read. From then on evhttp tells
//   us of the connection's end, whatever ended it, exactly once (closecb).
// - Callbacks on its two buffers tell when the first byte of a request comes in and when the last
//   byte of a reply goes out; a timer closes those that are late.
// - While a request is being answered its reading stays enabled, without a read callback: the end
//   of the connection is seen, and what else arrives is kept, within kMaxInputBytes, for later.
// - The HTML pages with which evhttp refuses what it can not read are replaced before they leave.
class Connections::Evhttp {
 public:
  Evhttp(event_base* base, Listener& listener, const ServerLimits& limits);
  ~Evhttp();

  std::optional<std::string> Listen(const std::string& address, uint16_t port);
  uint16_t port() const { return PortOf(evhttp_bound_socket_get_fd(bound_)); }
  void Respond(Exchange exchange, const Response& response, int64_t delay_ms);
  void Stop(std::function<void()> drained);
  ServerCounters counters() const;

 private:
  struct Connection {
    Evhttp* owner = nullptr;
    evhttp_connection* evcon = nullptr;
    bufferevent* bev = nullptr;
    evbuffer_cb_entry* input_callback = nullptr;
    evbuffer_cb_entry* output_callback = nullptr;
    Phase phase = Phase::kReceiving;
    int64_t since_ms = 0;
    bool silent = true;       // not a byte has come yet
    bool writing = false;     // what enters the output now is ours, not evhttp's
    bool error_page = false;  // evhttp has written something: see ReplaceErrorPages
    bool last_one = false;    // the connection ends with its next response
    uint64_t requests = 0;    // that evhttp has read
    FramingScanner scanner;   // has read what evhttp was given

    // While phase is kServing:
    Exchange exchange = 0;
    evhttp_request* request = nullptr;
    bool announced = false;  // the listener knows of the exchange
  };

  struct DelayedResponse {
    Exchange exchange = 0;
    Response response;
  };

  static Evhttp* Self(void* arg) { return static_cast<Evhttp*>(arg); }
  static bufferevent* OnAccepted(event_base* base, void* arg);
  static void OnInput(evbuffer* buffer, const evbuffer_cb_info* info, void* arg);
  static void OnOutput(evbuffer* buffer, const evbuffer_cb_info* info, void* arg);
  static void OnClosed(evhttp_connection* evcon, void* arg);

  template <void (Evhttp::*Method)()>
  Event NewEvent(short what);
  void ConfigureHttp();
  void StartSweeping();

  void AdoptNew();
  void Accept(bool accept);
  void Adopt(bufferevent* bev);
  void Refuse(Connection& connection);
  void Forget(Connection& connection);
  void Close(const std::vector<evhttp_connection*>& evcons);
  int64_t LimitMs(Phase phase) const;
  void Sweep();

  void Serve(evhttp_request* raw);
  void WatchForEnd(Connection& connection);
  void Send(Connection& connection, const Response& response);
  void SendDelayed();
  void ScheduleDelayed();
  void ReplaceErrorPages();
  void ReplaceErrorPage(Connection& connection);
  void ReportDrained();

  event_base* const base_;
  Listener& listener_;
  const ServerLimits limits_;
  evhttp* const http_;
  evhttp_bound_socket* bound_ = nullptr;
  std::unordered_map<evhttp_connection*, std::unique_ptr<Connection>> connections_;
  std::unordered_map<Exchange, Connection*> exchanges_;
  std::vector<bufferevent*> new_bevs_;  // accepted, not adopted yet; we hold a reference to each
  std::vector<evhttp_connection*> error_pages_;  // where Connection::error_page is set
  std::multimap<int64_t, DelayedResponse> delayed_;
  Exchange last_exchange_ = 0;
  ServerCounters counters_;
  bool stopping_ = false;
  bool destroying_ = false;
  std::function<void()> drained_;
  Event adopt_event_;
  Event sweep_event_;
  Event delayed_event_;
  Event error_page_event_;
  Event drained_event_;
};

Connections::Evhttp::Evhttp(event_base* base, Listener& listener, const ServerLimits& limits)
    : base_(base),
      listener_(listener),
      limits_(limits),
      http_(evhttp_new(base)),
      adopt_event_(NewEvent<&Evhttp::AdoptNew>(0)),
      sweep_event_(NewEvent<&Evhttp::Sweep>(EV_PERSIST)),
      delayed_event_(NewEvent<&Evhttp::SendDelayed>(0)),
      error_page_event_(NewEvent<&Evhttp::ReplaceErrorPages>(0)),
      drained_event_(NewEvent<&Evhttp::ReportDrained>(0)) {
  ConfigureHttp();
  StartSweeping();
}

Connections::Evhttp::~Evhttp() {
  destroying_ = true;
  AdoptNew();
  evhttp_free(http_);
  assert(connections_.empty() && exchanges_.empty());
}

template <void (Connections::Evhttp::*Method)()>
Event Connections::Evhttp::NewEvent(short what) {
  const auto callback = [](evutil_socket_t, short, void* arg) { (Self(arg)->*Method)(); };
  Event made(event_new(base_, -1, what, callback, this));
  assert(made);
  return made;
}

void Connections::Evhttp::ConfigureHttp() {
  assert(http_);
  evhttp_set_max_body_size(http_, kMaxBodyBytes);
  evhttp_set_max_headers_size(http_, kMaxHeaderBytes);
  // Takes in the rest of a body that is too large, so that the client gets to read the refusal.
  evhttp_set_flags(http_, EVHTTP_SERVER_LINGERING_CLOSE);
  evhttp_set_allowed_methods(http_, 0xffff);  // every method comes here, for a refusal of ours
  evhttp_set_bevcb(http_, OnAccepted, this);
  evhttp_set_gencb(
      http_, [](evhttp_request* raw, void* arg) { Self(arg)->Serve(raw); }, this);
}

void Connections::Evhttp::StartSweeping() {
  const int64_t shortest_ms =
      std::min({limits_.request_timeout_ms, limits_.reply_timeout_ms, limits_.idle_timeout_ms});
  const timeval interval =
      TimevalFromMs(std::clamp(shortest_ms / 4, kMinSweepIntervalMs, kMaxSweepIntervalMs));
  event_add(sweep_event_.get(), &interval);
}

std::optional<std::string> Connections::Evhttp::Listen(const std::string& address, uint16_t port) {
  assert(!bound_);
  bound_ = evhttp_bind_socket_with_handle(http_, address.c_str(), port);
  if (bound_) return std::nullopt;
  return "can not listen on " + address + " port " + std::to_string(port) + ": " +
         std::strerror(errno);
}

// --- connections come and go

bufferevent* Connections::Evhttp::OnAccepted(event_base* base, void* arg) {
  // Without BEV_OPT_CLOSE_ON_FREE: evhttp_connection_free then closes the socket itself.
  bufferevent* const bev = bufferevent_socket_new(base, -1, 0);
  assert(bev);
  bufferevent_setwatermark(bev, EV_READ, 0, kMaxInputBytes);
  bufferevent_incref(bev);
  Self(arg)->new_bevs_.push_back(bev);
  event_active(Self(arg)->adopt_event_.get(), 0, 0);
  if (Self(arg)->new_bevs_.size() == kMaxNewConnections) Self(arg)->Accept(false);
  return bev;
}

void Connections::Evhttp::AdoptNew() {
  for (bufferevent* bev : std::exchange(new_bevs_, {})) {
    Adopt(bev);
    bufferevent_decref(bev);
  }
  Accept(true);
}

// libevent accepts for as long as somebody comes, before anything else has its turn.
void Connections::Evhttp::Accept(bool accept) {
  if (!bound_) return;
  evconnlistener* const listener = evhttp_bound_socket_get_listener(bound_);
  if (accept) {
    evconnlistener_enable(listener);
  } else {
    evconnlistener_disable(listener);
  }
}

void Connections::Evhttp::Adopt(bufferevent* bev) {
  bufferevent_event_cb on_event = nullptr;
  void* evcon = nullptr;
  bufferevent_getcb(bev, nullptr, nullptr, &on_event, &evcon);
  if (!on_event) return;  // evhttp could not make a connection of it and has let it go
  auto made = std::make_unique<Connection>();
  Connection& connection = *made;
  connection.owner = this;
  connection.evcon = static_cast<evhttp_connection*>(evcon);
  assert(evhttp_connection_get_bufferevent(connection.evcon) == bev);
  connection.bev = bev;
  connection.since_ms = NowMs();
  connection.input_callback = evbuffer_add_cb(bufferevent_get_input(bev), OnInput, &connection);
  connection.output_callback = evbuffer_add_cb(bufferevent_get_output(bev), OnOutput, &connection);
  evhttp_connection_set_closecb(connection.evcon, OnClosed, &connection);
  DisableNagle(bufferevent_getfd(bev));
  connections_.emplace(connection.evcon, std::move(made));
  ++counters_.connections_accepted;
  if (connections_.size() > limits_.max_connections) Refuse(connection);
}

void Connections::Evhttp::Refuse(Connection& connection) {
  ++counters_.connections_refused;
  const Problem problem{ProblemCode::kOverloaded,
                        "Too many connections are open. Repeat this request, with the same id, "
                        "later.",
                        ""};
  SayAtOnce(bufferevent_getfd(connection.bev), LastWords(ProblemResponse(problem)));
  Close({connection.evcon});
}

void Connections::Evhttp::Close(const std::vector<evhttp_connection*>& evcons) {
  for (evhttp_connection* evcon : evcons) {
    assert(connections_.contains(evcon));
    evhttp_connection_free(evcon);
  }
}

void Connections::Evhttp::OnClosed(evhttp_connection*, void* arg) {
  Connection* const connection = static_cast<Connection*>(arg);
  connection->owner->Forget(*connection);
}

// evhttp frees the connection and its bufferevent right after this.
void Connections::Evhttp::Forget(Connection& connection) {
  evbuffer_remove_cb_entry(bufferevent_get_input(connection.bev), connection.input_callback);
  evbuffer* const output = bufferevent_get_output(connection.bev);
  evbuffer_remove_cb_entry(output, connection.output_callback);
  counters_.unsent_bytes -= evbuffer_get_length(output);
  // If it was the network that ended it, evhttp has taken the request off the connection and left
  // it to us; otherwise it frees the request with the connection.
  if (connection.request && !evhttp_request_get_connection(connection.request)) {
    evhttp_request_free(connection.request);
  }
  const Exchange exchange = connection.exchange;
  const bool tell = connection.announced && !destroying_;
  exchanges_.erase(exchange);
  connections_.erase(connection.evcon);  // `connection` is gone
  if (stopping_ && connections_.empty()) event_active(drained_event_.get(), 0, 0);
  if (tell) listener_.OnEnded(exchange);
}

// --- time

void Connections::Evhttp::OnInput(evbuffer* input, const evbuffer_cb_info* info, void* arg) {
  Connection* const connection = static_cast<Connection*>(arg);
  if (info->n_added == 0) return;
  ScanAdded(input, info->n_added, connection->scanner);
  connection->silent = false;
  if (connection->phase != Phase::kIdle) return;
  connection->phase = Phase::kReceiving;
  connection->since_ms = NowMs();
}

void Connections::Evhttp::OnOutput(evbuffer* output, const evbuffer_cb_info* info, void* arg) {
  Connection* const connection = static_cast<Connection*>(arg);
  connection->owner->counters_.unsent_bytes += info->n_added;
  connection->owner->counters_.unsent_bytes -= info->n_deleted;
  if (info->n_added > 0 && !connection->writing && !connection->error_page) {
    connection->error_page = true;
    connection->owner->error_pages_.push_back(connection->evcon);
    event_active(connection->owner->error_page_event_.get(), 0, 0);
  }
  const bool all_out = info->n_deleted > 0 && evbuffer_get_length(output) == 0;
  if (!all_out || connection->phase != Phase::kReplying) return;
  const bool next_is_here = evbuffer_get_length(bufferevent_get_input(connection->bev)) > 0;
  connection->phase = next_is_here ? Phase::kReceiving : Phase::kIdle;
  connection->since_ms = NowMs();
}

int64_t Connections::Evhttp::LimitMs(Phase phase) const {
  switch (phase) {
    case Phase::kReceiving:
      return limits_.request_timeout_ms;
    case Phase::kServing:
      return INT64_MAX;
    case Phase::kReplying:
      return limits_.reply_timeout_ms;
    case Phase::kIdle:
      return stopping_ ? 0 : limits_.idle_timeout_ms;
  }
  assert(false && "every phase has a limit");
  return 0;
}

void Connections::Evhttp::Sweep() {
  const int64_t now_ms = NowMs();
  std::vector<evhttp_connection*> late;
  for (const auto& [evcon, connection] : connections_) {
    if (now_ms - connection->since_ms >= LimitMs(connection->phase)) late.push_back(evcon);
  }
  if (!stopping_) counters_.connections_timed_out += late.size();
  Close(late);
}

// --- requests and responses

void Connections::Evhttp::Serve(evhttp_request* raw) {
  Connection& connection = *connections_.at(evhttp_request_get_connection(raw));
  assert(!connection.request);
  ++counters_.requests;
  connection.phase = Phase::kServing;
  connection.request = raw;
  connection.exchange = ++last_exchange_;
  exchanges_.emplace(connection.exchange, &connection);
  Request request = RequestOf(raw);
  connection.last_one = !BodyWasRead(raw) || AsksToClose(request.headers);
  const auto ambiguous = connection.scanner.ambiguous_request();
  const bool is_ambiguous = ++connection.requests >= ambiguous.value_or(UINT64_MAX);
  if (const auto problem =
          is_ambiguous ? std::optional(AmbiguousProblem()) : WireProblem(raw, request)) {
    connection.last_one = true;
    return Send(connection, ProblemResponse(*problem));
  }
  const Exchange exchange = connection.exchange;
  connection.announced = true;
  listener_.OnRequest(exchange, std::move(request));
  const auto unanswered = exchanges_.find(exchange);
  if (unanswered != exchanges_.end()) WatchForEnd(*unanswered->second);
}

// evhttp has disabled reading; with its own read callback it would abort on what arrives now.
void Connections::Evhttp::WatchForEnd(Connection& connection) {
  bufferevent_data_cb on_write = nullptr;
  bufferevent_event_cb on_event = nullptr;
  void* arg = nullptr;
  bufferevent_getcb(connection.bev, nullptr, &on_write, &on_event, &arg);
  bufferevent_setcb(connection.bev, nullptr, on_write, on_event, arg);
  bufferevent_enable(connection.bev, EV_READ);
}

void Connections::Evhttp::Respond(Exchange exchange, const Response& response, int64_t delay_ms) {
  const auto found = exchanges_.find(exchange);
  if (found == exchanges_.end()) return;
  if (delay_ms <= 0) return Send(*found->second, response);
  // The listener is done with it: it is not told if the client does not wait for this.
  found->second->announced = false;
  delayed_.emplace(NowMs() + delay_ms, DelayedResponse{exchange, response});
  ScheduleDelayed();
}

void Connections::Evhttp::Send(Connection& connection, const Response& response) {
  evhttp_request* const raw = std::exchange(connection.request, nullptr);
  assert(raw && connection.phase == Phase::kServing);
  exchanges_.erase(connection.exchange);
  connection.announced = false;
  connection.phase = Phase::kReplying;
  connection.since_ms = NowMs();
  connection.writing = true;
  SendReply(raw, response, connection.last_one || stopping_);
  connection.writing = false;
}

void Connections::Evhttp::ScheduleDelayed() {
  if (delayed_.empty()) return;
  const timeval wait = TimevalFromMs(std::max<int64_t>(delayed_.begin()->first - NowMs(), 0));
  event_add(delayed_event_.get(), &wait);
}

void Connections::Evhttp::SendDelayed() {
  const int64_t now_ms = NowMs();
  while (!delayed_.empty() && delayed_.begin()->first <= now_ms) {
    const DelayedResponse due = std::move(delayed_.begin()->second);
    delayed_.erase(delayed_.begin());
    Respond(due.exchange, due.response, 0);
  }
  ScheduleDelayed();
}

void Connections::Evhttp::ReplaceErrorPages() {
  for (evhttp_connection* evcon : std::exchange(error_pages_, {})) {
    const auto found = connections_.find(evcon);
    if (found != connections_.end()) ReplaceErrorPage(*found->second);
  }
}

// In the turn of the loop in which evhttp wrote it, before the socket is looked at again: nothing
// of it has left. evhttp closes the connection after each of these pages.
void Connections::Evhttp::ReplaceErrorPage(Connection& connection) {
  connection.error_page = false;
  evbuffer* const output = bufferevent_get_output(connection.bev);
  evbuffer_unfreeze(output, 1);  // the bufferevent keeps its front for itself
  const int status = StatusAtFrontOf(output);
  if (status >= 400) {  // else it is 100 Continue
    const std::string text = LastWords(RefusalOfStatus(status));
    connection.writing = true;
    evbuffer_drain(output, evbuffer_get_length(output));
    evbuffer_add(output, text.data(), text.size());
    connection.writing = false;
    connection.phase = Phase::kReplying;
    connection.since_ms = NowMs();
  }
  evbuffer_freeze(output, 1);
}

// --- the end

void Connections::Evhttp::Stop(std::function<void()> drained) {
  assert(!stopping_);
  AdoptNew();
  stopping_ = true;
  drained_ = std::move(drained);
  if (bound_) evhttp_del_accept_socket(http_, std::exchange(bound_, nullptr));
  std::vector<evhttp_connection*> idle;
  for (const auto& [evcon, connection] : connections_) {
    if (connection->phase == Phase::kIdle || connection->silent) idle.push_back(evcon);
  }
  Close(idle);
  if (connections_.empty()) event_active(drained_event_.get(), 0, 0);
}

void Connections::Evhttp::ReportDrained() {
  if (drained_) std::exchange(drained_, nullptr)();
}

ServerCounters Connections::Evhttp::counters() const {
  ServerCounters counters = counters_;
  counters.connections_open = connections_.size();
  counters.calls_in_flight = exchanges_.size();
  return counters;
}

// --- the public face

Connections::Connections(event_base* base, Listener& listener, const ServerLimits& limits)
    : evhttp_(std::make_unique<Evhttp>(base, listener, limits)) {}

Connections::~Connections() = default;

std::optional<std::string> Connections::Listen(const std::string& address, uint16_t port) {
  return evhttp_->Listen(address, port);
}

uint16_t Connections::port() const {
  return evhttp_->port();
}

void Connections::Respond(Exchange exchange, const Response& response, int64_t delay_ms) {
  evhttp_->Respond(exchange, response, delay_ms);
}

void Connections::Stop(std::function<void()> drained) {
  evhttp_->Stop(std::move(drained));
}

ServerCounters Connections::counters() const {
  return evhttp_->counters();
}

}  // namespace sendonce::http
