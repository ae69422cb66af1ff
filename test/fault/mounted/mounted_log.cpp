// The log on a recorded disk that is mounted: lives a random life there, or looks at what a cut has
// left of it. power-cuts-mounted drives it.

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "log_states.h"
#include "omitted_syncs.h"
#include "random_life.h"
#include "wal/offline.h"

namespace {

using sendonce::core::Seq;
using sendonce::fault::Finding;
using sendonce::fault::LogStates;
using sendonce::fault::OmittedSyncs;
using sendonce::fault::RandomLife;
using sendonce::fault::Refused;
using sendonce::fault::Whole;
using sendonce::fault::Wrong;
namespace wal = sendonce::wal;

constexpr const char* kUsage =
    "Usage: mounted-log live SEED FOLDER CONTROL [log|table|folder|anchor]\n"
    "       mounted-log look SEED FOLDER\n"
    "live: the random life of that seed is lived by a log in FOLDER, which is made as the daemon "
    "makes\n"
    "its own. For each acknowledgement a line \"POSITION SEQ\": at the latest when the recorded "
    "disk\n"
    "whose control file is CONTROL had recorded so much, the records up to SEQ were acknowledged. "
    "The\n"
    "last argument names a sync that is left out, a planted bug.\n"
    "look: for each line of the input, a number of records, opens the log in FOLDER as the daemon "
    "does;\n"
    "it must hold so many at least. A line each: \"whole SEQ\", \"refused WHY\" or \"wrong "
    "WHAT\".\n";

// As the daemon does by default.
wal::Paths PathsIn(const std::filesystem::path& folder) {
  return {folder / "wal", folder / "anchor"};
}

[[noreturn]] void Fail(const std::string& sentence) {
  std::fprintf(stderr, "mounted-log: %s\n", sentence.c_str());
  std::exit(1);
}

uint64_t RecordedEvents(const std::string& control) {
  const int file = ::open(control.c_str(), O_RDONLY | O_CLOEXEC);
  std::string status(128, '\0');
  const ssize_t size = file < 0 ? -1 : ::read(file, status.data(), status.size());
  if (size <= 0) Fail("cannot read " + control + ": " + std::generic_category().message(errno));
  ::close(file);
  status.resize(static_cast<size_t>(size));
  const auto level_ends = status.find(' ');
  if (level_ends == std::string::npos) Fail("what " + control + " says is no position");
  return std::strtoull(status.c_str() + level_ends, nullptr, 10);
}

// Somebody else on the same disk, who never syncs: files come and go beside the log, so that what
// the file system writes for a sync of ours holds more than that.
class Neighbour {
 public:
  Neighbour(uint64_t seed, std::filesystem::path folder)
      : random_(seed), folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
  }

  void DoSomething() {
    const auto file = AnyFile();
    switch (random_() % 4) {
      case 0:
        std::filesystem::remove(file);
        break;
      case 1:
        if (std::filesystem::exists(file)) std::filesystem::rename(file, AnyFile());
        break;
      default:
        std::ofstream(file, std::ios::app) << std::string(random_() % 20'000, 'n');
    }
  }

 private:
  std::filesystem::path AnyFile() { return folder_ / std::to_string(random_() % 8); }

  std::mt19937_64 random_;
  const std::filesystem::path folder_;
};

int Live(uint64_t seed, const std::filesystem::path& folder, const std::string& control,
         const OmittedSyncs* omitted) {
  RandomLife life(seed);
  wal::Substitutes files;
  files.write_buffer_bytes = life.write_buffer_bytes();
  if (omitted) files = omitted->substitutes(files.write_buffer_bytes);
  std::filesystem::create_directories(folder);
  Neighbour neighbour(seed, folder.parent_path() / "neighbour");
  const auto problem = life.Live(PathsIn(folder), files, [&](Seq seq) {
    // After the acknowledgement: a cut behind this position is a cut behind that.
    std::printf("%llu %llu\n", static_cast<unsigned long long>(RecordedEvents(control)),
                static_cast<unsigned long long>(seq));
    neighbour.DoSomething();
  });
  if (problem) Fail("the log failed by itself: " + problem->text());
  return 0;
}

Finding Look(const LogStates& states, const wal::Paths& paths, Seq at_least) {
  auto finding = states.OpenAndCompare(paths, at_least);
  if (!std::holds_alternative<Whole>(finding)) return finding;
  const auto verified = wal::Verify(paths);
  if (const auto* problem = std::get_if<wal::Problem>(&verified)) return Refused{*problem};
  const auto& texts = std::get<wal::Verification>(verified).findings.texts;
  if (!texts.empty()) return Wrong{"verify: " + texts[0]};
  return finding;
}

int LookAtAll(uint64_t seed, const std::filesystem::path& folder) {
  const LogStates states(RandomLife(seed).story());
  for (Seq at_least = 0; std::cin >> at_least;) {
    const auto finding = Look(states, PathsIn(folder), at_least);
    if (const auto* whole = std::get_if<Whole>(&finding)) {
      std::cout << "whole " << whole->last_seq << std::endl;
    } else if (const auto* refused = std::get_if<Refused>(&finding)) {
      std::cout << "refused " << refused->problem.text() << std::endl;
    } else {
      std::cout << "wrong " << std::get<Wrong>(finding).what << std::endl;
    }
  }
  return 0;
}

std::optional<uint64_t> NumberIn(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto seed = words.size() >= 3 ? NumberIn(words[1]) : std::nullopt;
  const auto omitted = words.size() == 5 ? OmittedSyncs::Of(words[4]) : nullptr;
  const bool is_live = seed && words[0] == "live" && (words.size() == 4 || omitted);
  const bool is_look = seed && words[0] == "look" && words.size() == 3;
  if (is_live) return Live(*seed, words[2], words[3], omitted.get());
  if (is_look) return LookAtAll(*seed, words[2]);
  std::fputs(kUsage, stderr);
  return 2;
}
