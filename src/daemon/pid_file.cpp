#include "daemon/pid_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace sendonce::daemon {

std::variant<std::unique_ptr<PidFile>, std::string> PidFile::Write(std::filesystem::path path) {
  errno = 0;
  std::ofstream file(path, std::ios::trunc);
  file << ::getpid() << '\n';
  file.close();
  if (!file) {
    return "the pid file " + path.string() + " can not be written: " + std::strerror(errno);
  }
  return std::unique_ptr<PidFile>(new PidFile(std::move(path)));
}

PidFile::PidFile(std::filesystem::path path) : path_(std::move(path)) {}

PidFile::~PidFile() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

}  // namespace sendonce::daemon
