// What a log holds after each of its records, to the last key and value: the states that the log of
// a story can be found in, and no others.

#ifndef SENDONCE_TEST_FAULT_LOG_STATES_H
#define SENDONCE_TEST_FAULT_LOG_STATES_H

#include <string>
#include <variant>
#include <vector>

#include "bitcoin/hash.h"
#include "sample.h"
#include "wal/log.h"

namespace sendonce::fault {

// Of a set of keys with their values, in whatever order they are added. A pair that is added twice
// is removed.
class ContentDigest {
 public:
  void Add(std::span<const uint8_t> key, const bitcoin::Hash256& value_hash);
  bool operator==(const ContentDigest&) const = default;

 private:
  bitcoin::Hash256 sum_;
};

// What is found in a place where a log was.
struct Whole {
  core::Seq last_seq = 0;
};
struct Refused {
  wal::Problem problem;
};
struct Wrong {  // it opens, and is not what was written
  std::string what;
};
using Finding = std::variant<Whole, Refused, Wrong>;

class LogStates {
 public:
  explicit LogStates(const wal::Story& story);

  core::Seq last_seq() const { return states_.size(); }

  // What is in the stopped log: whole if it holds exactly what the story's log held after its
  // record last_seq.
  Finding Compare(const std::filesystem::path& wal_directory, core::Seq last_seq) const;

  // Opens the log as the daemon does, closes it and compares; it must reach `at_least`, and its
  // anchor must then name its last record. Changes the files.
  Finding OpenAndCompare(const wal::Paths& paths, core::Seq at_least) const;

 private:
  struct State {
    ContentDigest content;
    bitcoin::Hash256 frame_hash;  // of the last record
  };
  std::vector<State> states_;  // by seq, from 1
};

}  // namespace sendonce::fault

#endif  // SENDONCE_TEST_FAULT_LOG_STATES_H
