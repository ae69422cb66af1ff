#include "log_disk.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "violation.h"

namespace sendonce::sim {

namespace {

template <typename T>
T Must(wal::Result<T> result) {
  if (const auto* problem = std::get_if<wal::Problem>(&result)) {
    throw Violation("G1", "the log does not open, or cannot be read: " + problem->text());
  }
  return std::move(std::get<T>(result));
}

void Must(const std::optional<wal::Problem>& problem) {
  if (problem) throw Violation("G1", "the log cannot be written: " + problem->text());
}

// The anchor lies in a folder of its own, so that its syncs serve nobody else.
wal::Paths PathsBelow(const std::filesystem::path& root) {
  return {root / "wal", root / "apart" / "anchor"};
}

// More changes of the disk than one append makes.
constexpr int kMaxChanges = 8;

}  // namespace

std::filesystem::path LogDisk::RootOf(int life) const {
  return folder_ / std::to_string(life);
}

std::filesystem::path LogDisk::CopyOf(int copy) const {
  return folder_ / ("copy" + std::to_string(copy));
}

LogDisk::LogDisk(const std::filesystem::path& folder, const core::Entry& first) : folder_(folder) {
  std::filesystem::remove_all(folder_);
  std::filesystem::create_directories(RootOf(0) / "apart");
  env_ = std::make_unique<fault::FaultEnv>(RootOf(0));
  log_ = Must(wal::Log::Create(PathsBelow(RootOf(0)), first, env_->substitutes()));
  fresh_ = {first};
}

LogDisk::~LogDisk() {
  log_.reset();
  env_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void LogDisk::Append(const std::vector<core::Entry>& entries) {
  waiting_.insert(waiting_.end(), entries.begin(), entries.end());
}

void LogDisk::Sync(size_t count) {
  if (count == 0) return;
  Must(log_->Append(std::span(waiting_).first(count)));
  TakeUpTo(log_->last_seq());
}

void LogDisk::TakeUpTo(core::Seq seq) {
  const auto end = std::find_if(waiting_.begin(), waiting_.end(),
                                [&](const core::Entry& entry) { return entry.seq > seq; });
  fresh_.insert(fresh_.end(), waiting_.begin(), end);
  waiting_.erase(waiting_.begin(), end);
}

// In the middle of writing what waits, or beside it; then the log is opened again from what is
// left.
void LogDisk::Crash(Dice& dice) {
  constexpr std::array kBytes = {fault::Bytes::kLost, fault::Bytes::kFlushed, fault::Bytes::kKept,
                                 fault::Bytes::kTorn};
  constexpr std::array kNames = {fault::Names::kLost, fault::Names::kKept, fault::Names::kSome};
  const core::Seq acknowledged = log_->last_seq();
  if (!waiting_.empty() && dice.OneIn(2)) {
    env_->CutPowerAt(static_cast<uint64_t>(1 + dice.Roll(kMaxChanges)));
    log_->Append(waiting_);
  }
  const fault::Aftermath aftermath{kBytes[static_cast<size_t>(dice.Roll(kBytes.size()))],
                                   kNames[static_cast<size_t>(dice.Roll(kNames.size()))], dice()};
  const auto next = RootOf(life_ + 1);
  env_->WriteImage(next, aftermath);
  log_.reset();
  env_.reset();
  std::filesystem::remove_all(RootOf(life_++));
  env_ = std::make_unique<fault::FaultEnv>(next);
  log_ = Must(wal::Log::Open(PathsBelow(next), env_->substitutes()));
  if (log_->last_seq() < acknowledged) throw Violation("G1", "synced records are gone");
  TakeUpTo(log_->last_seq());
  waiting_.clear();
}

std::vector<core::Entry> LogDisk::TakeDurable() {
  return std::exchange(fresh_, {});
}

core::Ledger::Contents LogDisk::Load() const {
  return Must(log_->Load());
}

std::optional<core::Send> LogDisk::FindSend(const core::SendId& id) const {
  return Must(log_->FindSend(id));
}

std::optional<core::Batch> LogDisk::FindBatch(core::BatchId id) const {
  return Must(log_->FindBatch(id));
}

std::vector<core::BatchId> LogDisk::FindBatchesByTxid(const bitcoin::Txid& txid) const {
  return Must(log_->FindBatchesByTxid(txid));
}

std::vector<core::Batch> LogDisk::ConfirmedAbove(int32_t height) const {
  return Must(log_->ConfirmedAbove(height)).batches;
}

core::PrunableFound LogDisk::FindPrunable(const core::FindPrunable& what) const {
  return Must(log_->FindPrunable(what));
}

void LogDisk::CopyAside(int copy) {
  Must(log_->SyncAnchor());
  env_->WriteImage(CopyOf(copy), {fault::Bytes::kLost, fault::Names::kLost, 0});
}

bool LogDisk::PutBack(int copy, bool with_its_anchor) {
  Must(log_->SyncAnchor());
  const auto next = RootOf(life_ + 1);
  env_->WriteImage(next, {fault::Bytes::kLost, fault::Names::kLost, 0});
  const auto whole = std::filesystem::copy_options::recursive;
  for (const char* part : {"wal", "apart"}) {
    if (part == std::string("apart") && !with_its_anchor) continue;
    std::filesystem::remove_all(next / part);
    std::filesystem::copy(CopyOf(copy) / part, next / part, whole);
  }
  auto env = std::make_unique<fault::FaultEnv>(next);
  auto opened = wal::Log::Open(PathsBelow(next), env->substitutes());
  if (std::holds_alternative<wal::Problem>(opened)) {
    env.reset();
    std::filesystem::remove_all(next);
    return false;
  }
  log_.reset();
  log_ = std::move(std::get<0>(opened));
  env_ = std::move(env);
  std::filesystem::remove_all(RootOf(life_++));
  waiting_.clear();
  fresh_.clear();
  return true;
}

}  // namespace sendonce::sim
