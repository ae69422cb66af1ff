// Damage to a log's files: each damaged copy is opened as the daemon does, and everything in it is
// read. It is refused, or nothing that is read differs from what was written; no log that opens is
// shorter than its anchor says, or other than it was.

#ifndef SENDONCE_TEST_FAULT_CORRUPTION_H
#define SENDONCE_TEST_FAULT_CORRUPTION_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bitcoin/hash.h"
#include "log_states.h"
#include "specimen.h"
#include "temporary_folder.h"

namespace sendonce::fault {

struct TallyOfDamage {
  uint64_t refused_at_start = 0;
  uint64_t refused_when_read = 0;  // it starts; who reads what is damaged gets a Problem
  uint64_t harmless = 0;           // all is read as it was written
  uint64_t shorter_in_lag = 0;  // it starts and ends behind the anchor, but before its last record

  uint64_t all() const { return refused_at_start + refused_when_read + harmless + shorter_in_lag; }
};

// Which of the bits, bytes or lengths are tried: `first`, `first + stride`, ...
struct Sample {
  uint64_t first = 0;
  uint64_t stride = 1;
};

class Corruption {
 public:
  explicit Corruption(const wal::Story& story);

  // Every bit of the file in turn. `file` is a path of the specimen's image.
  void FlipBits(const Specimen& specimen, const std::string& file, const Sample& sample);

  // The file is cut to every length below its own.
  void Truncate(const Specimen& specimen, const std::string& file, const Sample& sample);

  void Remove(const Specimen& specimen, const std::string& file);

  // Each file as in one or in the other, in every combination; also missing where it is missing.
  void Mix(const Specimen& today, const Specimen& older);

  // By "<specimen> <file>, <damage>".
  const std::map<std::string, TallyOfDamage>& tallies() const { return tallies_; }
  TallyOfDamage sum() const;
  // What refusals said, numbers and names of files left out, and how often.
  const std::map<std::string, uint64_t>& sayings() const { return sayings_; }
  // Damage that opens with other content, or a refusal that does not help.
  const std::vector<std::string>& findings() const { return findings_; }

 private:
  void Look(const Image& image, core::Seq anchored, TallyOfDamage& tally, const std::string& about);
  void Hear(const wal::Problem& problem, const std::string& about);
  // Nothing if all is read as it was written.
  Finding Read(const wal::Log& log) const;

  const wal::Story& story_;
  const LogStates states_;
  const wal::TemporaryFolder folder_;
  bitcoin::Hash256 answers_;  // of the undamaged log to everything that can be asked
  std::map<std::string, TallyOfDamage> tallies_;
  std::map<std::string, uint64_t> sayings_;
  std::vector<std::string> findings_;
};

}  // namespace sendonce::fault

#endif  // SENDONCE_TEST_FAULT_CORRUPTION_H
