// Power cuts at every change of the disk in random sessions of the log: each cut leaves images, and
// each image must be a log that holds all that was acknowledged, to the last key and value.

#ifndef SENDONCE_TEST_FAULT_POWER_CUTS_H
#define SENDONCE_TEST_FAULT_POWER_CUTS_H

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "fault_env.h"

namespace sendonce::fault {

// What the image of a cut may be.
enum class Mercy : uint8_t {
  kNone,         // it opens
  kMayBeRefused  // bytes that were never written stand in files: it opens, or is refused as damage
};

struct KindOfCut {
  const char* name = "";
  Bytes bytes = Bytes::kLost;
  Names names = Names::kLost;
  Mercy mercy = Mercy::kNone;
};

constexpr std::array<KindOfCut, 10> kKindsOfCut = {{
    {"dropped", Bytes::kLost, Names::kLost},
    {"dropped, some names", Bytes::kLost, Names::kSome},
    {"killed", Bytes::kFlushed, Names::kKept},
    {"kept, some names", Bytes::kKept, Names::kSome},
    {"torn", Bytes::kTorn, Names::kKept},
    {"torn, some names", Bytes::kTorn, Names::kSome},
    {"zeroed", Bytes::kZeroed, Names::kSome, Mercy::kMayBeRefused},
    {"garbled", Bytes::kGarbled, Names::kSome, Mercy::kMayBeRefused},
    {"any pages", Bytes::kPages, Names::kKept, Mercy::kMayBeRefused},
    {"any pages, some names", Bytes::kPages, Names::kSome, Mercy::kMayBeRefused},
}};

struct TallyOfCuts {
  uint64_t sessions = 0;
  uint64_t changes = 0;  // of the disk, each of them a moment at which the power went
  std::array<uint64_t, kKindsOfCut.size()> opened{};
  std::array<uint64_t, kKindsOfCut.size()> refused{};
  uint64_t unmade = 0;       // refused while the log was being made: nothing was acknowledged yet
  uint64_t in_recovery = 0;  // of cuts while an image was being opened; among those above
  std::map<std::string, uint64_t> sayings;  // what those said that were refused as damage
  std::vector<std::string> findings;

  uint64_t images() const;
};

class PowerCuts {
 public:
  // Images that are not what they should be are kept below `keep`, with the seed of their session
  // in the name: LevelDB's own thread takes part, so that a seed alone may not make them again.
  // Empty: none are kept.
  explicit PowerCuts(std::filesystem::path keep) : keep_(std::move(keep)) {}

  // One session of that seed: the log is made, written to, reopened; at each change of the disk the
  // images that differ in that session are looked at.
  void RunSession(uint64_t seed);

  const TallyOfCuts& tally() const { return tally_; }

 private:
  class Session;

  const std::filesystem::path keep_;
  TallyOfCuts tally_;
};

}  // namespace sendonce::fault

#endif  // SENDONCE_TEST_FAULT_POWER_CUTS_H
