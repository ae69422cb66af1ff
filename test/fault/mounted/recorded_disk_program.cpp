// The server of a recorded disk (fuse_files.h); power-cuts-mounted starts it, and needs it as long
// as it lives itself.

#include <sys/prctl.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>

#include "fuse_files.h"
#include "recorded_disk.h"

namespace {

constexpr const char* kUsage =
    "Usage: recorded-disk FOLDER MEGABYTES [--ignore-flushes]\n"
    "Mounts in FOLDER a file \"disk\" of that size, in memory, that records what is done to it, "
    "and a\n"
    "file \"control\" (test/fault/mounted/recorded_disk.h). Ends when FOLDER is unmounted, or "
    "when\n"
    "the process that started it ends.\n"
    "  --ignore-flushes  a flush makes nothing durable: a planted bug\n";

int Serve(const char* folder, uint64_t megabytes, bool ignores_flushes) {
  sendonce::fault::RecordedDisk disk(megabytes << 20);
  if (ignores_flushes) disk.IgnoreFlushes();
  sendonce::fault::FuseFiles files(disk, folder);
  std::puts("mounted");
  std::fflush(stdout);
  files.Serve();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const bool ignores_flushes = argc == 4 && std::strcmp(argv[3], "--ignore-flushes") == 0;
  const std::string_view size = argc >= 3 ? argv[2] : "";
  uint64_t megabytes = 0;
  std::from_chars(size.data(), size.data() + size.size(), megabytes);
  if (megabytes == 0 || (argc != 3 && !ignores_flushes)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::signal(SIGINT, SIG_IGN);  // the one who started it cleans up first
  try {
    return Serve(argv[1], megabytes, ignores_flushes);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "recorded-disk: %s\n", error.what());
    return 1;
  }
}
