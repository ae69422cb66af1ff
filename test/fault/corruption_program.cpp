// make corruption: every bit, every length, every file, every mixture; and what it comes to.

#include <cstdio>
#include <string>
#include <string_view>

#include "corruption.h"
#include "program_options.h"

namespace {

using sendonce::fault::Corruption;
using sendonce::fault::MakeSpecimens;
using sendonce::fault::Sample;
using sendonce::fault::Specimen;
using sendonce::fault::TakeArguments;
using sendonce::fault::TakeNumber;
using sendonce::fault::TakeText;
using sendonce::fault::TallyOfDamage;

constexpr const char* kUsage =
    "Usage: corruption [--of=log|tables|lagging|mixed] [--stride=N] [--first=N] [--help]\n"
    "Spoils a small log in every way: each bit flipped, each file cut to each length, each file\n"
    "missing, files of two days mixed; opens it as sendonced does, reads everything, and says "
    "what\n"
    "was refused and what was harmless. LevelDB's files LOCK and LOG hold nothing and are left "
    "out.\n"
    "  --of=...       only that log (default: all)\n"
    "  --stride=N     only each Nth bit and length, from --first on (default 1 and 0)\n"
    "Exit status 0 if nothing opened that was not what had been written.\n";

struct Arguments {
  std::string of;
  Sample sample;
};

bool Take(std::string_view argument, Arguments& arguments) {
  return TakeText(argument, "--of=", arguments.of) ||
         TakeNumber(argument, "--first=", arguments.sample.first) ||
         (TakeNumber(argument, "--stride=", arguments.sample.stride) &&
          arguments.sample.stride > 0);
}

unsigned long long Number(uint64_t number) {
  return number;
}

void Spoil(Corruption& corruption, const Specimen& specimen, const Sample& sample) {
  for (const auto& [file, content] : specimen.files) {
    if (!content) continue;
    std::printf("%s: %s, %zu bytes\n", specimen.name.c_str(), file.c_str(), content->size());
    std::fflush(stdout);
    corruption.FlipBits(specimen, file, sample);
    corruption.Truncate(specimen, file, sample);
    corruption.Remove(specimen, file);
  }
}

void PrintRow(const std::string& about, const TallyOfDamage& tally) {
  std::printf("%-58s %9llu %9llu %9llu %9llu\n", about.c_str(), Number(tally.refused_at_start),
              Number(tally.refused_when_read), Number(tally.harmless),
              Number(tally.shorter_in_lag));
}

void Report(const Corruption& corruption) {
  std::printf("%-58s %9s %9s %9s %9s\n", "damage", "refused", "when read", "harmless", "in lag");
  for (const auto& [about, tally] : corruption.tallies()) PrintRow(about, tally);
  PrintRow("all", corruption.sum());
  std::printf("refusals said:\n");
  for (const auto& [saying, count] : corruption.sayings()) {
    std::printf("%9llu %s\n", Number(count), saying.c_str());
  }
  for (const std::string& finding : corruption.findings())
    std::printf("FOUND %s\n", finding.c_str());
  std::printf("%llu damaged logs, %zu wrong\n",
              Number(corruption.sum().all() + corruption.findings().size()),
              corruption.findings().size());
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  const auto take = [&](std::string_view argument) { return Take(argument, arguments); };
  if (const auto status = TakeArguments(argc, argv, kUsage, take)) return *status;
  const auto all = MakeSpecimens();
  Corruption corruption(all.story);
  for (const Specimen* specimen : {&all.log_file, &all.tables, &all.lagging}) {
    if (!arguments.of.empty() && arguments.of != specimen->name) continue;
    Spoil(corruption, *specimen, arguments.sample);
  }
  if (arguments.of.empty() || arguments.of == "mixed") {
    for (const Specimen* today : {&all.log_file, &all.tables}) {
      corruption.Mix(*today, all.yesterday);
      corruption.Mix(*today, all.before);
    }
  }
  Report(corruption);
  return corruption.findings().empty() ? 0 : 1;
}
