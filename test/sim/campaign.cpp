#include "campaign.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstring>
#include <iostream>
#include <stdexcept>
#include <vector>

#include "violation.h"

namespace sendonce::sim {

namespace {

constexpr auto kProgressInterval = std::chrono::seconds(10);
constexpr useconds_t kLookMicros = 5'000;
constexpr size_t kMaxText = 400;

// What a process has in common with the one that began it.
struct Shared {
  std::atomic<uint64_t> seed = 0;  // that it is at
  std::atomic<uint64_t> done = 0;
  std::atomic<bool> violated = false;
  char text[kMaxText] = {};
  ScheduleResult sums;
};

class Campaign {
 public:
  Campaign(const Options& options, bool shows_progress)
      : options_(options),
        shows_progress_(shows_progress),
        jobs_(static_cast<size_t>(std::max(options.jobs, 1))) {
    void* memory = mmap(nullptr, jobs_ * sizeof(Shared), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("mmap");
    shared_ = static_cast<Shared*>(memory);
    for (size_t job = 0; job < jobs_; ++job) new (&shared_[job]) Shared;
  }
  ~Campaign() { munmap(shared_, jobs_ * sizeof(Shared)); }
  Campaign(const Campaign&) = delete;
  Campaign& operator=(const Campaign&) = delete;

  CampaignResult Run() {
    std::cout.flush();
    for (size_t job = 0; job < jobs_; ++job) Begin(job);
    CampaignResult result;
    while (running_ > 0) {
      LookAfterThem(result);
      if (running_ > 0) usleep(kLookMicros);
      if (shows_progress_) ShowProgress();
    }
    for (size_t job = 0; job < jobs_; ++job) {
      result.schedules += shared_[job].done;
      result.sums += shared_[job].sums;
    }
    return result;
  }

 private:
  void Begin(size_t job) {
    const pid_t pid = fork();
    if (pid < 0) throw std::runtime_error("fork");
    if (pid == 0) {
      if (!shows_progress_) BeQuiet();
      _exit(Work(job) ? 0 : 1);
    }
    pids_.push_back(pid);
    ++running_;
  }

  static void BeQuiet() {
    const int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere >= 0) dup2(nowhere, STDERR_FILENO);
  }

  // Every jobs-th seed. False: a guarantee does not hold.
  bool Work(size_t job) {
    Shared& shared = shared_[job];
    ScheduleOptions schedule = options_.schedule;
    if (!schedule.log_folder.empty()) schedule.log_folder /= "sim-" + std::to_string(getpid());
    for (uint64_t i = job; i < options_.count; i += jobs_) {
      shared.seed = options_.first_seed + i;
      try {
        shared.sums += RunSchedule(shared.seed, schedule, nullptr);
      } catch (const std::exception& problem) {
        std::strncpy(shared.text, problem.what(), kMaxText - 1);
        shared.violated = true;
        return false;
      }
      ++shared.done;
    }
    return true;
  }

  void LookAfterThem(CampaignResult& result) {
    for (size_t job = 0; job < jobs_; ++job) {
      int status = 0;
      if (pids_[job] == 0 || waitpid(pids_[job], &status, WNOHANG) != pids_[job]) continue;
      pids_[job] = 0;
      --running_;
      if (WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;
      if (result.finding) continue;
      result.finding = {shared_[job].seed, TextOf(job, status)};
      StopTheOthers();
    }
  }

  std::string TextOf(size_t job, int status) const {
    if (shared_[job].violated) return shared_[job].text;
    if (!WIFSIGNALED(status)) return "the process ended by itself";
    return std::string("the process died, signal ") + strsignal(WTERMSIG(status));
  }

  void StopTheOthers() {
    for (const pid_t pid : pids_) {
      if (pid != 0) kill(pid, SIGKILL);
    }
  }

  void ShowProgress() {
    const auto now = std::chrono::steady_clock::now();
    if (now - shown_at_ < kProgressInterval) return;
    shown_at_ = now;
    uint64_t done = 0;
    for (size_t job = 0; job < jobs_; ++job) done += shared_[job].done;
    const auto passed = std::chrono::duration<double>(now - began_at_).count();
    std::cout << done << " of " << options_.count << " schedules, "
              << static_cast<uint64_t>(static_cast<double>(done) / passed) << " a second"
              << std::endl;
  }

  const Options& options_;
  const bool shows_progress_;
  const size_t jobs_;
  Shared* shared_ = nullptr;
  std::vector<pid_t> pids_;
  size_t running_ = 0;
  const std::chrono::steady_clock::time_point began_at_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point shown_at_ = began_at_;
};

}  // namespace

CampaignResult RunCampaign(const Options& options, bool shows_progress) {
  return Campaign(options, shows_progress).Run();
}

}  // namespace sendonce::sim
