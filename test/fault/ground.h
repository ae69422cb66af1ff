// What is on the faulty disk, and what of it is durable. The part of the fault injector that knows
// nothing of LevelDB.

#ifndef SENDONCE_TEST_FAULT_GROUND_H
#define SENDONCE_TEST_FAULT_GROUND_H

#include <array>
#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fault_env.h"

namespace sendonce::fault {

// A file or a folder, apart from its name.
struct Node {
  bool is_folder = false;
  std::string content;
  size_t flushed = 0;                               // bytes that the kernel has
  size_t synced = 0;                                // bytes that a sync has covered ...
  std::vector<std::pair<size_t, size_t>> doubtful;  // ... but for these [from, to)
};

// Bytes of a file are changed by the file's one writer only; everything else is guarded here.
class Ground {
 public:
  explicit Ground(const std::filesystem::path& root);

  void Inject(const Fault& fault);
  void Heal();
  uint64_t strikes() const;
  uint64_t count(Operation operation) const;
  uint64_t changes() const;
  void CutPowerAt(uint64_t nth);
  bool power_is_off() const;

  void OnChange(std::function<void()> look);

  void SlowDownSyncs(uint64_t ms);
  // Takes its time.
  void WaitForSync() const;

  // Counts the operation; what the disk answers if it fails.
  std::optional<Failure> Ask(Operation operation);

  // After the operation has succeeded on the real files:
  std::shared_ptr<Node> Created(const std::string& path);
  void MadeFolder(const std::string& path);
  void Renamed(const std::string& from, const std::string& to);
  void Removed(const std::string& path);
  void SyncedFolder(const std::string& folder);
  void Appended(Node& node, std::string_view bytes);
  void Flushed(Node& node);
  void Synced(Node& node);
  void FailedSync(Node& node);

  bool Exists(const std::string& path) const;

  Image ImageAfter(const Aftermath& aftermath) const;

 private:
  using NodesByName = std::map<std::string, std::shared_ptr<Node>>;

  // A change of names in one folder that is not durable yet.
  struct NameChange {
    std::string folder;
    std::string gone;   // empty: none
    std::string fresh;  // empty: none
    std::shared_ptr<Node> node;
  };

  static void Make(const NameChange& change, NodesByName& names);
  void Note(NameChange change);
  NodesByName NamesAfter(const Aftermath& aftermath) const;
  bool IsReachable(const std::string& path, const NodesByName& names) const;

  const std::string root_;
  std::function<void()> look_;
  mutable std::mutex mutex_;
  NodesByName live_;
  NodesByName durable_;
  std::vector<NameChange> unsynced_;
  std::array<uint64_t, kOperations> counts_{};
  uint64_t changes_ = 0;
  std::optional<Fault> fault_;
  uint64_t fault_counts_from_ = 0;
  uint64_t strikes_ = 0;
  std::optional<uint64_t> power_goes_at_;
  bool power_is_off_ = false;
  std::atomic<uint64_t> sync_ms_ = 0;
};

}  // namespace sendonce::fault

#endif  // SENDONCE_TEST_FAULT_GROUND_H
