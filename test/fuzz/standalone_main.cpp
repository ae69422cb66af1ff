// Runs a fuzz target on each file that is named: the regression run, with any compiler. The same
// command line means the same to libFuzzer.

#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

#include "target.h"

namespace {

bool RunFile(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> content{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) return false;
  // Exactly as large as the input, so that a sanitizer sees a byte read beyond it.
  const std::vector<uint8_t> bytes(content.begin(), content.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    // Said before it is run: if it aborts, this was it.
    std::fprintf(stderr, "Running: %s\n", argv[i]);
    if (!RunFile(argv[i])) {
      std::fprintf(stderr, "can not read %s\n", argv[i]);
      return 1;
    }
  }
  std::printf("Executed %d inputs\n", argc - 1);
  return 0;
}
