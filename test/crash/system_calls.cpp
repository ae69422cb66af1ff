#include "system_calls.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>

namespace sendonce::crash {

namespace {

// As x86-64 has them; elsewhere some of them are missing, and others are new and count.
constexpr std::array kWithoutEffect = {
    SYS_brk,
    SYS_mmap,
    SYS_munmap,
    SYS_mremap,
    SYS_mprotect,
    SYS_madvise,
    SYS_futex,
    SYS_epoll_create1,
    SYS_epoll_ctl,
    SYS_epoll_pwait,
    SYS_ppoll,
    SYS_pselect6,
    SYS_read,
    SYS_readv,
    SYS_pread64,
    SYS_preadv,
    SYS_recvfrom,
    SYS_recvmsg,
    SYS_lseek,
    SYS_fstat,
    SYS_newfstatat,
    SYS_statx,
    SYS_statfs,
    SYS_fstatfs,
    SYS_faccessat,
    SYS_readlinkat,
    SYS_getdents64,
    SYS_getcwd,
    SYS_getpid,
    SYS_getppid,
    SYS_gettid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_getrandom,
    SYS_getrusage,
    SYS_prlimit64,
    SYS_sysinfo,
    SYS_uname,
    SYS_prctl,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_rseq,
    SYS_set_robust_list,
    SYS_set_tid_address,
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_gettimeofday,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_sched_getparam,
    SYS_sched_getscheduler,
    SYS_sched_setscheduler,
    SYS_socket,
    SYS_setsockopt,
    SYS_getsockopt,
    SYS_getsockname,
    SYS_getpeername,
    SYS_eventfd2,
    SYS_pipe2,
    SYS_dup,
    SYS_ioctl,
    SYS_umask,
    SYS_execve,
    SYS_clone,
    SYS_clone3,
    SYS_restart_syscall,
    SYS_exit,
#ifdef __x86_64__
    SYS_arch_prctl,
    SYS_access,
    SYS_poll,
    SYS_select,
    SYS_epoll_wait,
    SYS_stat,
    SYS_lstat,
    SYS_readlink,
    SYS_time,
    SYS_pipe,
#endif
};

struct Call {
  int number;
  const char* name;
  int path;
  int descriptor;
};

constexpr std::array kCalls = {
    Call{SYS_write, "write", -1, 0},
    Call{SYS_writev, "writev", -1, 0},
    Call{SYS_pwrite64, "pwrite64", -1, 0},
    Call{SYS_sendto, "sendto", -1, 0},
    Call{SYS_sendmsg, "sendmsg", -1, 0},
    Call{SYS_sendfile, "sendfile", -1, 0},
    Call{SYS_fsync, "fsync", -1, 0},
    Call{SYS_fdatasync, "fdatasync", -1, 0},
    Call{SYS_ftruncate, "ftruncate", -1, 0},
    Call{SYS_fallocate, "fallocate", -1, 0},
    Call{SYS_fcntl, "fcntl", -1, 0},
    Call{SYS_fchmod, "fchmod", -1, 0},
    Call{SYS_close, "close", -1, 0},
    Call{SYS_connect, "connect", -1, 0},
    Call{SYS_bind, "bind", -1, 0},
    Call{SYS_listen, "listen", -1, 0},
    Call{SYS_accept4, "accept4", -1, 0},
    Call{SYS_shutdown, "shutdown", -1, 0},
    Call{SYS_openat, "openat", 1, -1},
    Call{SYS_renameat2, "renameat2", 3, -1},
    Call{SYS_unlinkat, "unlinkat", 1, -1},
    Call{SYS_mkdirat, "mkdirat", 1, -1},
    Call{SYS_tgkill, "tgkill", -1, -1},
    Call{SYS_kill, "kill", -1, -1},
    Call{SYS_exit_group, "exit_group", -1, -1},
#ifdef __x86_64__
    Call{SYS_open, "open", 0, -1},
    Call{SYS_rename, "rename", 1, -1},
    Call{SYS_unlink, "unlink", 0, -1},
    Call{SYS_mkdir, "mkdir", 0, -1},
    Call{SYS_rmdir, "rmdir", 0, -1},
    Call{SYS_chmod, "chmod", 0, -1},
#endif
};

const Call* Find(int number) {
  const auto* found = std::find_if(kCalls.begin(), kCalls.end(),
                                   [number](const Call& call) { return call.number == number; });
  return found == kCalls.end() ? nullptr : found;
}

bool OpensToWrite(uint64_t flags) {
  return (flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) != 0;
}

}  // namespace

std::span<const int> CallsWithoutEffect() {
  static const auto numbers = [] {
    std::array<int, kWithoutEffect.size()> copy{};
    std::copy(kWithoutEffect.begin(), kWithoutEffect.end(), copy.begin());
    return copy;
  }();
  return numbers;
}

std::string CallName(int number) {
  const Call* call = Find(number);
  return call ? call->name : "call " + std::to_string(number);
}

bool HasEffect(int number, const uint64_t* arguments) {
  switch (number) {
    case SYS_openat:
      return OpensToWrite(arguments[2]);
#ifdef __x86_64__
    case SYS_open:
      return OpensToWrite(arguments[1]);
#endif
    case SYS_fcntl:
      return arguments[1] == F_SETLK || arguments[1] == F_SETLKW;
    default:
      return true;
  }
}

int PathArgument(int number) {
  const Call* call = Find(number);
  return call ? call->path : -1;
}

int DescriptorArgument(int number) {
  const Call* call = Find(number);
  return call ? call->descriptor : -1;
}

}  // namespace sendonce::crash
