#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

#include "scenario.h"

namespace sendonce::bench {

namespace {

struct Freed {
  void operator()(event_base* base) const { event_base_free(base); }
  void operator()(evhttp* server) const { evhttp_free(server); }
  void operator()(event* item) const { event_free(item); }
};
template <typename Thing>
using Owned = std::unique_ptr<Thing, Freed>;

struct Answerer {
  std::string body;
  double answers = 0;
};

void Answer(evhttp_request* request, void* context) {
  auto& answerer = *static_cast<Answerer*>(context);
  ++answerer.answers;
  evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", "application/json");
  evbuffer* body = evhttp_request_get_output_buffer(request);
  evbuffer_add(body, answerer.body.data(), answerer.body.size());
  evhttp_send_reply(request, HTTP_OK, "OK", nullptr);
}

void StopAtEnd(evutil_socket_t input, short, void* base) {
  char byte = 0;
  if (read(input, &byte, 1) <= 0) event_base_loopexit(static_cast<event_base*>(base), nullptr);
}

// Runs until the standard input ends, so that it never outlives the script that started it.
Report Run(const Arguments& arguments) {
  Answerer answerer{std::string(arguments.Whole("bytes"), 'x'), 0};
  const Owned<event_base> base(event_base_new());
  const Owned<evhttp> server(evhttp_new(base.get()));
  evhttp_set_gencb(server.get(), Answer, &answerer);
  const auto port = static_cast<uint16_t>(arguments.Whole("port"));
  if (evhttp_bind_socket(server.get(), "127.0.0.1", port) != 0) {
    throw std::runtime_error("cannot listen on port " + arguments.Text("port"));
  }
  const Owned<event> end(
      event_new(base.get(), STDIN_FILENO, EV_READ | EV_PERSIST, StopAtEnd, base.get()));
  if (event_add(end.get(), nullptr) != 0) throw std::runtime_error("the input is to be a pipe");
  event_base_dispatch(base.get());
  Report report;
  report.Add("answers", answerer.answers);
  return report;
}

}  // namespace

Scenario ConstantServerScenario() {
  return {"constant-server",
          "answers everything with the same bytes, by evhttp on one thread, until its input ends",
          "--port=8553 --bytes=600",
          {{"port", "8553", "on 127.0.0.1"}, {"bytes", "600", "length of the body"}},
          Run};
}

}  // namespace sendonce::bench
