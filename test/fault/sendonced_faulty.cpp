// sendonced with a disk that can fail and points at which it dies: the same daemon, with something
// in place of the nothing that sendonced puts between itself and the operating system. Told what to
// do by the environment, so that options and configuration are those of the real one:
//
//   SENDONCE_DISK=<folder>        files below it are on the faulty disk (test/fault/fault_env.h)
//   SENDONCE_SYNC_MS=<ms>         each sync of that disk takes so long
//   SENDONCE_AT=<point>[#n]       the point (daemon/failpoints.h), the nth time it is reached
//   SENDONCE_THEN=kill            what happens there: the process is killed with SIGKILL,
//                 cut             the power is cut: what is not synced is lost; what is found after
//                 it is written to SENDONCE_IMAGE, a new folder, and the process is killed,
//                 <operation>     from there on each append, sync, flush or rename fails with EIO;
//                                 with SENDONCE_IMAGE the power is cut once that has stopped it
//   SENDONCE_TRACE=<file>         each point is written to the end of this file, in a line of its
//                                 own, when it is reached: a test learns which points there are
//   SENDONCE_CLOCK=<file>         the wall clock is ahead by the seconds that stand there, each
//                                 time that it is read; by none while there is no such file
//
// With none of them it is sendonced.

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "daemon/application.h"
#include "fault_env.h"

namespace {

using sendonce::fault::FaultEnv;
using sendonce::fault::Operation;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

[[noreturn]] void Misuse(const std::string& sentence) {
  std::fprintf(stderr, "sendonced-faulty: %s\n", sentence.c_str());
  std::_Exit(64);
}

[[noreturn]] void Die() {
  kill(getpid(), SIGKILL);
  std::abort();
}

std::optional<Operation> OperationNamed(const std::string& name) {
  if (name == "append") return Operation::kAppend;
  if (name == "sync") return Operation::kSync;
  if (name == "flush") return Operation::kFlush;
  if (name == "rename") return Operation::kRename;
  return std::nullopt;
}

// Lines are whole, and in the file when the call returns: what happens at the point comes after it.
class Trace {
 public:
  explicit Trace(const std::string& path) {
    if (path.empty()) return;
    descriptor_ = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (descriptor_ < 0) Misuse("cannot write the trace to " + path);
  }
  ~Trace() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;

  void Note(std::string_view point) const {
    if (descriptor_ < 0) return;
    const std::string line = std::string(point) + '\n';
    const ssize_t written = write(descriptor_, line.data(), line.size());
    if (written != static_cast<ssize_t>(line.size())) Misuse("the trace cannot be written");
  }

 private:
  int descriptor_ = -1;
};

int64_t ClockAheadSeconds() {
  const char* path = std::getenv("SENDONCE_CLOCK");
  std::FILE* file = path ? std::fopen(path, "re") : nullptr;
  if (!file) return 0;
  long long ahead_s = 0;
  const int found = std::fscanf(file, "%lld", &ahead_s);
  std::fclose(file);
  if (found != 1) Misuse("no seconds in " + std::string(path));
  return ahead_s;
}

// Reached on several threads, and gone through by one at a time: while the power is being cut, no
// answer leaves that the image does not hold.
class Trouble final : public sendonce::daemon::Failpoints {
 public:
  explicit Trouble(FaultEnv* disk)
      : disk_(disk),
        then_(Environment("SENDONCE_THEN")),
        image_(Environment("SENDONCE_IMAGE")),
        trace_(Environment("SENDONCE_TRACE")) {
    const std::string at = Environment("SENDONCE_AT");
    const size_t mark = at.find('#');
    point_ = at.substr(0, mark);
    if (point_.empty()) return;
    if (mark != std::string::npos) nth_ = std::stoi(at.substr(mark + 1));
    if (then_ != "kill" && !disk_) Misuse("SENDONCE_DISK is needed for " + then_);
    if (then_ != "kill" && then_ != "cut" && !OperationNamed(then_)) Misuse("unknown: " + then_);
  }

  void Reach(std::string_view point) override {
    const std::lock_guard guard(mutex_);
    trace_.Note(point);
    if (point == "failed" && !image_.empty()) disk_->WriteImage(image_, {});
    if (point != point_ || ++reached_ != nth_) return;
    if (then_ == "kill") Die();
    if (then_ == "cut") {
      disk_->WriteImage(image_, {});
      Die();
    }
    disk_->Inject({*OperationNamed(then_), 1, true, sendonce::fault::Failure::kEio});
  }

 private:
  FaultEnv* disk_;
  std::string point_;
  std::string then_;
  std::string image_;
  const Trace trace_;
  std::mutex mutex_;
  int nth_ = 1;
  int reached_ = 0;
};

}  // namespace

// In the place of the C library's, for all libraries of the process.
extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
  if (syscall(SYS_clock_gettime, clock, now) != 0) return -1;
  if (clock == CLOCK_REALTIME) now->tv_sec += static_cast<time_t>(ClockAheadSeconds());
  return 0;
}

int main(int argc, char** argv) {
  std::unique_ptr<FaultEnv> disk;
  const std::string folder = Environment("SENDONCE_DISK");
  if (!folder.empty()) disk = std::make_unique<FaultEnv>(folder);
  const std::string sync_ms = Environment("SENDONCE_SYNC_MS");
  if (disk && !sync_ms.empty()) disk->SlowDownSyncs(std::stoull(sync_ms));
  Trouble trouble(disk.get());
  sendonce::wal::Substitutes files;
  if (disk) files = disk->substitutes();
  return sendonce::daemon::RunSendonced({argv + 1, argv + argc}, {trouble, files});
}
