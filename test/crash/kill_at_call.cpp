// Runs a program and kills it with SIGKILL just before one of its system calls: the nth that
// matters outside of the process, counted over all of its threads. That call is not executed.
//
//   kill-at-call PROGRAM [ARGUMENT...]
//
//   SENDONCE_KILL_AT_CALL=<n>   which call; without it nothing happens to the program
//   SENDONCE_KILL_AT_KIND=<k>   count calls of this kind alone, as it is written down
//   SENDONCE_CALLS=<file>       the kind of each call is written to the end of this file when it is
//                               about to be made: its name, and the file or socket that it is
//                               about, without folders and with 0 for each number
//   SENDONCE_CALLS_OF=all       count every system call, also those without effect (system_calls.h)
//
// The process that was started becomes the program, so that its number, its exit status and signals
// are the program's own; the one that watches it is an orphan and ends with it. A filter (seccomp)
// stops the program at the calls that are counted and lets all others through at full speed.

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "system_calls.h"

namespace {

constexpr size_t kMaxPath = 4096;
constexpr size_t kPage = 4096;

[[noreturn]] void Fail(const char* what) {
  std::fprintf(stderr, "kill-at-call: %s: %s\n", what, std::strerror(errno));
  std::_Exit(64);
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

bool CountsAll() {
  return Environment("SENDONCE_CALLS_OF") == "all";
}

// Returns the empty string if there is nothing to read any more.
std::string TargetOf(pid_t tid, uint64_t descriptor) {
  std::array<char, kMaxPath> target{};
  const std::string link =
      "/proc/" + std::to_string(tid) + "/fd/" + std::to_string(static_cast<int>(descriptor));
  const ssize_t length = readlink(link.c_str(), target.data(), target.size());
  return length > 0 ? std::string(target.data(), static_cast<size_t>(length)) : "";
}

// Read page by page: what is behind the text need not be there.
std::string TextAt(pid_t tid, uint64_t address) {
  std::string text;
  std::array<char, kPage> page{};
  while (text.size() < kMaxPath) {
    const size_t length = kPage - address % kPage;
    iovec local{page.data(), length};
    iovec remote{reinterpret_cast<void*>(address), length};
    if (process_vm_readv(tid, &local, 1, &remote, 1, 0) != static_cast<ssize_t>(length)) break;
    const size_t before_end = strnlen(page.data(), length);
    text.append(page.data(), before_end);
    if (before_end < length) break;
    address += length;
  }
  return text;
}

// Opened to be read: nobody notices that it is closed.
bool IsOnlyRead(pid_t tid, uint64_t descriptor) {
  const std::string path =
      "/proc/" + std::to_string(tid) + "/fdinfo/" + std::to_string(static_cast<int>(descriptor));
  FILE* info = std::fopen(path.c_str(), "re");
  if (!info) return true;
  unsigned flags = 0;
  const int read = std::fscanf(info, "pos: %*d flags: %o", &flags);
  std::fclose(info);
  return read == 1 && (flags & O_ACCMODE) == O_RDONLY;
}

bool StaysInside(const std::string& target) {
  return target.starts_with("anon_inode:") || target.starts_with("pipe:");
}

// What differs from run to run is left out.
std::string KindOf(int number, const std::string& target) {
  std::string kind = sendonce::crash::CallName(number) + ' ';
  for (const char c : target.substr(target.rfind('/') + 1)) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit || kind.back() != '0') kind += is_digit ? '0' : c;
  }
  if (kind.back() == ' ') kind.pop_back();
  return kind;
}

// The one that watches. Counts calls, and ends the program at the nth.
class Watcher {
 public:
  explicit Watcher(pid_t program) : program_(program) {
    const std::string nth = Environment("SENDONCE_KILL_AT_CALL");
    if (!nth.empty()) nth_ = std::stol(nth);
    kind_ = Environment("SENDONCE_KILL_AT_KIND");
    const std::string path = Environment("SENDONCE_CALLS");
    if (path.empty()) return;
    calls_ = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (calls_ < 0) Fail("cannot write the calls");
  }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;
  ~Watcher() {
    if (calls_ >= 0) close(calls_);
  }

  // Until nothing of the program is left.
  void Run() {
    int status = 0;
    pid_t tid = 0;
    while ((tid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
      if (tid > 0 && WIFSTOPPED(status)) OnStop(tid, status);
    }
  }

 private:
  void OnStop(pid_t tid, int status) {
    const int event = status >> 16;
    if (event == PTRACE_EVENT_SECCOMP) OnCall(tid);
    const bool is_signal = event == 0;
    ptrace(PTRACE_CONT, tid, 0, is_signal ? WSTOPSIG(status) : 0);
  }

  void OnCall(pid_t tid) {
    __ptrace_syscall_info call{};
    if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof call, &call) <= 0) return;  // it has just died
    const int number = static_cast<int>(call.seccomp.nr);
    std::array<uint64_t, 6> arguments{};
    std::copy_n(call.seccomp.args, arguments.size(), arguments.begin());
    const std::string target = Describe(tid, number, arguments);
    if (!Counts(tid, number, arguments, target)) return;
    const std::string kind = KindOf(number, target);
    Note(kind);
    if (!kind_.empty() && kind != kind_) return;
    if (++reached_ == nth_) kill(program_, SIGKILL);
  }

  static std::string Describe(pid_t tid, int number, const std::array<uint64_t, 6>& arguments) {
    const int path = sendonce::crash::PathArgument(number);
    if (path >= 0) return TextAt(tid, arguments[static_cast<size_t>(path)]);
    const int descriptor = sendonce::crash::DescriptorArgument(number);
    return descriptor < 0 ? "" : TargetOf(tid, arguments[static_cast<size_t>(descriptor)]);
  }

  static bool Counts(pid_t tid, int number, const std::array<uint64_t, 6>& arguments,
                     const std::string& target) {
    if (CountsAll()) return true;
    if (!sendonce::crash::HasEffect(number, arguments.data())) return false;
    if (number == SYS_close && IsOnlyRead(tid, arguments[0])) return false;
    return !StaysInside(target);
  }

  void Note(const std::string& kind) const {
    if (calls_ < 0) return;
    const std::string line = kind + "\n";
    if (write(calls_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
      kill(program_, SIGKILL);
      Fail("the calls cannot be written");
    }
  }

  pid_t program_;
  std::string kind_;
  long nth_ = 0;
  long reached_ = 0;
  int calls_ = -1;
};

sock_filter Statement(uint16_t code, uint32_t value) {
  return {code, 0, 0, value};
}

// From here on the calls that may count stop at whoever watches.
void InstallFilter() {
  std::vector<sock_filter> filter{Statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  if (!CountsAll()) {
    for (const int number : sendonce::crash::CallsWithoutEffect()) {
      filter.push_back({BPF_JMP | BPF_JEQ | BPF_K, 0, 1, static_cast<uint32_t>(number)});
      filter.push_back(Statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    }
  }
  filter.push_back(Statement(BPF_RET | BPF_K, SECCOMP_RET_TRACE));
  const sock_fprog program{static_cast<uint16_t>(filter.size()), filter.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) Fail("no_new_privs");
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) Fail("seccomp");
}

// Never returns in the watcher.
void StartWatcher(pid_t program, int ready) {
  const pid_t between = fork();
  if (between < 0) Fail("fork");
  if (between > 0) {
    waitpid(between, nullptr, 0);
    return;
  }
  if (fork() != 0) std::_Exit(0);
  const long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE;
  if (ptrace(PTRACE_SEIZE, program, 0, options) != 0) Fail("cannot watch the program");
  Watcher watcher(program);
  if (write(ready, "", 1) != 1) Fail("pipe");
  close(ready);
  watcher.Run();
  std::_Exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) Fail("no program to run");
  std::array<int, 2> ready{};
  if (pipe2(ready.data(), O_CLOEXEC) != 0) Fail("pipe");
  prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);  // where only ancestors may watch
  StartWatcher(getpid(), ready[1]);
  close(ready[1]);
  char byte = 0;
  if (read(ready[0], &byte, 1) != 1) Fail("nobody watches");
  InstallFilter();
  execv(argv[1], argv + 1);
  Fail(argv[1]);
}
