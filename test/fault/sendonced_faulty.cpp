// sendonced with a disk that can fail and points at which it dies: the same daemon, with something
// in place of the nothing that sendonced puts between itself and the operating system. Told what to
// do by the environment, so that options and configuration are those of the real one:
//
//   SENDONCE_DISK=<folder>        files below it are on the faulty disk (test/fault/fault_env.h)
//   SENDONCE_AT=<point>[#n]       the point (daemon/failpoints.h), the nth time it is reached
//   SENDONCE_THEN=kill            what happens there: the process is killed with SIGKILL,
//                 cut             the power is cut: what is not synced is lost; what is found after
//                 it is written to SENDONCE_IMAGE, a new folder, and the process is killed,
//                 <operation>     from there on each append, sync, flush or rename fails with EIO
//
// Without SENDONCE_AT it is sendonced.

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
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

class Trouble final : public sendonce::daemon::Failpoints {
 public:
  Trouble(FaultEnv* disk, std::string at, std::string then, std::string image)
      : disk_(disk), then_(std::move(then)), image_(std::move(image)) {
    const size_t mark = at.find('#');
    point_ = at.substr(0, mark);
    if (mark != std::string::npos) nth_ = std::stoi(at.substr(mark + 1));
    if (then_ != "kill" && !disk_) Misuse("SENDONCE_DISK is needed for " + then_);
    if (then_ != "kill" && then_ != "cut" && !OperationNamed(then_)) Misuse("unknown: " + then_);
  }

  void Reach(std::string_view point) override {
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
  int nth_ = 1;
  std::atomic<int> reached_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  std::unique_ptr<FaultEnv> disk;
  const std::string folder = Environment("SENDONCE_DISK");
  if (!folder.empty()) disk = std::make_unique<FaultEnv>(folder);
  std::unique_ptr<sendonce::daemon::Failpoints> failpoints =
      std::make_unique<sendonce::daemon::NoFailpoints>();
  const std::string at = Environment("SENDONCE_AT");
  if (!at.empty()) {
    failpoints = std::make_unique<Trouble>(disk.get(), at, Environment("SENDONCE_THEN"),
                                           Environment("SENDONCE_IMAGE"));
  }
  sendonce::wal::Substitutes files;
  if (disk) files = disk->substitutes();
  return sendonce::daemon::RunSendonced({argv + 1, argv + argc}, {*failpoints, files});
}
