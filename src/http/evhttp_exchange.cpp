#include "http/evhttp_exchange.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>

#include <cassert>
#include <memory>

#include "http/limits.h"
#include "http/target.h"

namespace sendonce::http {

namespace {

struct EvbufferDeleter {
  void operator()(evbuffer* buffer) const { evbuffer_free(buffer); }
};
using Evbuffer = std::unique_ptr<evbuffer, EvbufferDeleter>;

// libevent has a number for a method that it does not know which its own enumeration has not: an
// int, for that reason.
std::string MethodText(int command) {
  switch (command) {
    case EVHTTP_REQ_GET:
      return "GET";
    case EVHTTP_REQ_PUT:
      return "PUT";
    case EVHTTP_REQ_POST:
      return "POST";
    case EVHTTP_REQ_DELETE:
      return "DELETE";
    case EVHTTP_REQ_PATCH:
      return "PATCH";
    case EVHTTP_REQ_OPTIONS:
      return "OPTIONS";
    case EVHTTP_REQ_HEAD:
      return "HEAD";
    default:
      return "unknown";
  }
}

bool SpeaksHttp1(const evhttp_request* raw) {
  return raw->major == 1 && (raw->minor == 0 || raw->minor == 1);
}

// evhttp would answer in whatever version, and as the proxy, that it was asked as, and leave the
// connection open after CONNECT. The method only matters to it for that.
void AnswerAsOurselves(evhttp_request* raw) {
  if (!SpeaksHttp1(raw)) raw->major = raw->minor = 1;
  raw->flags &= ~EVHTTP_PROXY_REQUEST;
  if (evhttp_request_get_command(raw) == EVHTTP_REQ_CONNECT) raw->type = EVHTTP_REQ_OPTIONS;
}

Headers HeadersOf(evhttp_request* raw) {
  Headers headers;
  const evkeyvalq* list = evhttp_request_get_input_headers(raw);
  for (const evkeyval* header = list->tqh_first; header; header = header->next.tqe_next) {
    headers.emplace_back(header->key, header->value);
  }
  return headers;
}

std::string BodyOf(evhttp_request* raw) {
  evbuffer* const buffer = evhttp_request_get_input_buffer(raw);
  std::string body(evbuffer_get_length(buffer), '\0');
  const ev_ssize_t copied = evbuffer_copyout(buffer, body.data(), body.size());
  assert(copied == static_cast<ev_ssize_t>(body.size()));
  return body;
}

}  // namespace

Request RequestOf(evhttp_request* raw) {
  const auto [path, query] = SplitTarget(evhttp_request_get_uri(raw));
  return {MethodText(evhttp_request_get_command(raw)), std::string(path), std::string(query),
          HeadersOf(raw), BodyOf(raw)};
}

std::optional<Problem> WireProblem(const evhttp_request* raw, const Request& request) {
  const auto refuse = [](std::string detail) {
    return Problem{ProblemCode::kBadRequest, std::move(detail), ""};
  };
  if (!SpeaksHttp1(raw)) return refuse("This service speaks HTTP/1.1.");
  if (!request.path.starts_with('/')) return refuse("Ask for a path that begins with a slash.");
  if (auto objection = FramingObjection(request.headers)) return refuse(*objection);
  return std::nullopt;
}

Problem AmbiguousProblem() {
  return {ProblemCode::kBadRequest,
          "This could be read in two ways: lines end with CR and LF, and are not folded; the "
          "size of a chunk is hexadecimal digits alone (RFC 9112).",
          ""};
}

bool BodyWasRead(const evhttp_request* raw) {
  switch (evhttp_request_get_command(raw)) {
    case EVHTTP_REQ_GET:
    case EVHTTP_REQ_PUT:
    case EVHTTP_REQ_POST:
    case EVHTTP_REQ_DELETE:
    case EVHTTP_REQ_PATCH:
    case EVHTTP_REQ_OPTIONS:
      return true;
    default:
      return false;
  }
}

void SendReply(evhttp_request* raw, const Response& response, bool close_after_it) {
  AnswerAsOurselves(raw);
  evkeyvalq* const headers = evhttp_request_get_output_headers(raw);
  for (const auto& [name, value] : response.headers) {
    evhttp_add_header(headers, name.c_str(), value.c_str());
  }
  evhttp_add_header(headers, "Content-Type", response.content_type.c_str());
  evhttp_add_header(headers, "Content-Length", std::to_string(response.body.size()).c_str());
  if (close_after_it) evhttp_add_header(headers, "Connection", "close");
  const Evbuffer body(evbuffer_new());
  assert(body);
  // RFC 9110, section 9.3.2: the reply to HEAD says how long its body would be, and has none.
  if (evhttp_request_get_command(raw) != EVHTTP_REQ_HEAD) {
    evbuffer_add(body.get(), response.body.data(), response.body.size());
  }
  const std::string phrase(StatusPhrase(response.status));
  evhttp_send_reply(raw, response.status, phrase.c_str(), body.get());
}

std::string LastWords(const Response& response) {
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + " " +
                     std::string(StatusPhrase(response.status)) + "\r\n";
  for (const auto& [name, value] : response.headers) text += name + ": " + value + "\r\n";
  return text + "Content-Type: " + response.content_type +
         "\r\nContent-Length: " + std::to_string(response.body.size()) +
         "\r\nConnection: close\r\n\r\n" + response.body;
}

Response RefusalOfStatus(int status) {
  if (status == 413) {
    return ProblemResponse({ProblemCode::kTooLarge,
                            "A body has at most " + std::to_string(kMaxBodyBytes) + " bytes.", ""});
  }
  return ProblemResponse({ProblemCode::kBadRequest,
                          "This is not HTTP/1.1 (RFC 9112), or its request line and headers have "
                          "more than " +
                              std::to_string(kMaxHeaderBytes) + " bytes.",
                          ""});
}

}  // namespace sendonce::http
