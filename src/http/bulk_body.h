// The bodies of bulk calls. Each element is read as the body of the single call is, and refused
// alone; what is wrong with the body as a whole refuses the call. Pure; safe from any thread.

#ifndef SENDONCE_HTTP_BULK_BODY_H
#define SENDONCE_HTTP_BULK_BODY_H

#include <cstddef>
#include <string_view>
#include <variant>
#include <vector>

#include "bitcoin/address.h"
#include "core/commands.h"
#include "http/json_reader.h"
#include "http/problem.h"

namespace sendonce::http {

// Of the whole body; an element in it has the depth that a body of the single call has.
constexpr JsonLimits kBulkJsonLimits{10, 65'536};

// An element that goes no further, with what the single call would have been answered with.
struct RefusedElement {
  size_t position = 0;  // in the list
  Problem problem;
};

// `refused` is in the order of the list, and the items of the command are all the others, in that
// order too.
struct BulkSubmit {
  core::SubmitMany command;
  std::vector<RefusedElement> refused;
};

struct BulkQuery {
  core::QueryMany command;
  std::vector<RefusedElement> refused;
};

// {"sends": [{"id": "...", <the fields of a send>}, ...]}
std::variant<BulkSubmit, Problem> ReadBulkSubmit(std::string_view body, bitcoin::Network network);

// {"ids": ["...", ...]}
std::variant<BulkQuery, Problem> ReadBulkQuery(std::string_view body);

}  // namespace sendonce::http

#endif  // SENDONCE_HTTP_BULK_BODY_H
