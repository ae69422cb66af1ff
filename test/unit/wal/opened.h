// Short ways to say, in a test, that a log must open, or must not.

#ifndef SENDONCE_TEST_UNIT_WAL_OPENED_H
#define SENDONCE_TEST_UNIT_WAL_OPENED_H

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>

#include "sample.h"
#include "wal/log.h"

namespace sendonce::wal {

// The value; the test ends here if it is a Problem.
template <class T>
T Must(Result<T> result) {
  if (const auto* problem = std::get_if<Problem>(&result)) {
    BOOST_FAIL(problem->text());
  }
  return std::move(std::get<T>(result));
}

inline void Must(const std::optional<Problem>& problem) {
  if (problem) BOOST_FAIL(problem->text());
}

// What a refusal says; the test ends here if it is none.
template <class T>
std::string Refusal(const Result<T>& result) {
  const auto* problem = std::get_if<Problem>(&result);
  BOOST_REQUIRE_MESSAGE(problem, "a Problem was expected");
  BOOST_TEST(!problem->way_out.empty());
  return problem->what;
}

inline bool Says(const std::string& text, const std::string& part) {
  const bool says = text.find(part) != std::string::npos;
  if (!says) BOOST_TEST_MESSAGE("\"" << part << "\" is not in: " << text);
  return says;
}

// A log that holds the story, its anchor included, and is closed again.
inline void WriteStory(const Paths& paths, const Story& story,
                       const Substitutes& substitutes = {}) {
  const auto log = Must(Log::Create(paths, story.entries().front(), substitutes));
  Must(log->Append(story.EntriesAfter(1)));
  Must(log->SyncAnchor());
}

}  // namespace sendonce::wal

#endif  // SENDONCE_TEST_UNIT_WAL_OPENED_H
