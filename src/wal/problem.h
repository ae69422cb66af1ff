// What went wrong with the log, for a person. A value: nothing in wal/ throws.

#ifndef SENDONCE_WAL_PROBLEM_H
#define SENDONCE_WAL_PROBLEM_H

#include <string>
#include <variant>

namespace sendonce::wal {

// Both are whole sentences without a line break; `what` names the file, `way_out` says what a
// person can do about it.
struct Problem {
  std::string what;
  std::string way_out;

  std::string text() const { return what + " " + way_out; }

  bool operator==(const Problem&) const = default;
};

template <class T>
using Result = std::variant<T, Problem>;

}  // namespace sendonce::wal

#endif  // SENDONCE_WAL_PROBLEM_H
