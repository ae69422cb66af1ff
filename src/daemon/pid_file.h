// The file that holds our process id, as bitcoind's -pid has it.

#ifndef SENDONCE_DAEMON_PID_FILE_H
#define SENDONCE_DAEMON_PID_FILE_H

#include <filesystem>
#include <memory>
#include <string>
#include <variant>

namespace sendonce::daemon {

// Removed when this goes. It is no lock (the WAL has one): an old file that a killed process left
// behind is overwritten.
class PidFile {
 public:
  // The text says why it could not be written.
  static std::variant<std::unique_ptr<PidFile>, std::string> Write(std::filesystem::path path);

  ~PidFile();
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

 private:
  explicit PidFile(std::filesystem::path path);

  std::filesystem::path path_;
};

}  // namespace sendonce::daemon

#endif  // SENDONCE_DAEMON_PID_FILE_H
