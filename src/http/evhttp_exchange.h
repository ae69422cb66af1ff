// One request of libevent's evhttp, and the reply to it, as values.
//
// Not thread-safe: on the thread that runs the loop. Nothing blocks.

#ifndef SENDONCE_HTTP_EVHTTP_EXCHANGE_H
#define SENDONCE_HTTP_EVHTTP_EXCHANGE_H

#include <optional>
#include <string>

#include "http/problem.h"
#include "http/request.h"
#include "http/response.h"

struct evhttp_request;

namespace sendonce::http {

// REQUIRES, here and below: evhttp has handed the request to its callback and it was not answered.
Request RequestOf(evhttp_request* raw);

// What evhttp lets through although it is not HTTP/1.0 or 1.1 with a target in origin-form and one
// plain length of the body.
std::optional<Problem> WireProblem(const evhttp_request* raw, const Request& request);

// For a request that FramingScanner found ambiguous.
Problem AmbiguousProblem();

// True if evhttp has read the body of such a request. It reads none for other methods, and would
// take one that is there for the next request.
bool BodyWasRead(const evhttp_request* raw);

// Gives the response to evhttp, which writes it as the loop runs and then frees the request.
void SendReply(evhttp_request* raw, const Response& response, bool close_after_it);

// A whole reply as text, with which a connection ends.
std::string LastWords(const Response& response);

// The reply in place of the HTML page with which evhttp refuses what it can not read, by the status
// that it chose.
Response RefusalOfStatus(int status);

}  // namespace sendonce::http

#endif  // SENDONCE_HTTP_EVHTTP_EXCHANGE_H
