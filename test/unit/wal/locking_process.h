// Another process with a log open, as far as locks tell.

#ifndef SENDONCE_TEST_UNIT_WAL_LOCKING_PROCESS_H
#define SENDONCE_TEST_UNIT_WAL_LOCKING_PROCESS_H

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <stdexcept>

namespace sendonce::wal {

// Takes the lock that LevelDB takes for writing, in a process of its own, until destroyed.
class LockingProcess {
 public:
  explicit LockingProcess(const std::filesystem::path& wal_directory) {
    int pipe[2];
    if (::pipe(pipe) != 0) throw std::runtime_error("pipe");
    pid_ = ::fork();
    if (pid_ == 0) TakeAndWait(wal_directory / "LOCK", pipe[1]);
    ::close(pipe[1]);
    char got = 'n';
    if (::read(pipe[0], &got, 1) == 1) has_lock_ = got == 'y';
    ::close(pipe[0]);
  }
  ~LockingProcess() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  LockingProcess(const LockingProcess&) = delete;
  LockingProcess& operator=(const LockingProcess&) = delete;

  bool has_lock() const { return has_lock_; }
  pid_t pid() const { return pid_; }

 private:
  [[noreturn]] static void TakeAndWait(const std::filesystem::path& file, int told) {
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    const int descriptor = ::open(file.c_str(), O_RDWR);
    const char got = descriptor >= 0 && ::fcntl(descriptor, F_SETLK, &lock) == 0 ? 'y' : 'n';
    if (::write(told, &got, 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }

  pid_t pid_ = -1;
  bool has_lock_ = false;
};

}  // namespace sendonce::wal

#endif  // SENDONCE_TEST_UNIT_WAL_LOCKING_PROCESS_H
